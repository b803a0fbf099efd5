/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "agent/api_request.h"

/*
 * GET /api/v1/verify reads the whole log, which takes seconds where there are a million events. It
 * runs in slices between scans: after each slice everything that is more urgent goes first. One at
 * a time, so that nobody can make the gateway do nothing else.
 */

enum {
        VERIFY_SLICE_EVENTS =
                200, /* about 2 ms: a scan that comes meanwhile waits no longer than a slice */
        VERIFY_PRIORITY = 60, /* after everything else */
};

struct api_verify {
        struct ledger_verify *run; /* NULL: none under way */
        struct api_request *request;
        sd_event_source *slice;
};

static void verify_end(struct api_verify *verify) {
        ledger_verify_free(TAKE(verify->run));
        verify->request = NULL;
}

static void write_findings(struct bytes *out, const struct ledger_findings *findings) {
        struct jsonw w = jsonw_to(out);
        const char *line = bytes_str(&findings->text);

        jsonw_object(&w, NULL);
        jsonw_bool(&w, "ok", findings->n_findings == 0);
        jsonw_uint(&w, "events", findings->n_events);
        jsonw_uint(&w, "n_findings", findings->n_findings);
        jsonw_array(&w, "findings");
        while (*line) {
                size_t len = strcspn(line, "\n");
                char text[512];

                (void)snprintf(text, sizeof(text), "%.*s", (int)len, line);
                jsonw_string(&w, NULL, text);
                line += len + (line[len] == '\n');
        }
        jsonw_array_end(&w);
        jsonw_object_end(&w);
}

static int on_slice(sd_event_source *source, void *userdata) {
        struct api_verify *verify = userdata;
        struct api_request *request = verify->request;
        int r = ledger_verify_step(verify->run, VERIFY_SLICE_EVENTS);

        if (r > 0) {
                r = sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
                if (r >= 0)
                        return 0;
        }
        if (r == 0)
                write_findings(&request->answer, ledger_verify_findings(verify->run));
        verify_end(verify);
        if (r < 0)
                api_refuse_ledger(request, r);
        else
                api_answer(request, 200);
        return 0;
}

void api_get_verify(struct api_request *request) {
        struct api_verify *verify = api_verifier(request->api);
        int r;

        if (verify->run) {
                api_refuse(request, 409, "busy", "try again when it is done",
                           "a verification is under way already");
                return;
        }
        r = ledger_verify_new(request->agent->ledger, &verify->run);
        if (r >= 0)
                r = sd_event_source_set_enabled(verify->slice, SD_EVENT_ONESHOT);
        if (r < 0) {
                verify_end(verify);
                api_refuse_ledger(request, r);
                return;
        }
        verify->request = request;
}

int api_verify_new(struct agent *agent, struct api_verify **ret) {
        struct api_verify *verify = calloc(1, sizeof(*verify));
        int r;

        if (!verify)
                return -ENOMEM;
        r = sd_event_add_defer(agent->event, &verify->slice, on_slice, verify);
        if (r >= 0)
                r = sd_event_source_set_priority(verify->slice, VERIFY_PRIORITY);
        if (r >= 0)
                r = sd_event_source_set_enabled(verify->slice, SD_EVENT_OFF);
        if (r < 0) {
                api_verify_free(verify);
                return r;
        }
        *ret = verify;
        return 0;
}

void api_verify_free(struct api_verify *verify) {
        if (!verify)
                return;
        verify_end(verify); /* its request is refused with all others */
        sd_event_source_disable_unref(verify->slice);
        free(verify);
}
