/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "agent/api_request.h"
#include "agent/printing.h"

/* What writes is answered after the commit of its turn: 200 means that it is durable. */

static int field_error(struct jsonr_error *error, const char *words) {
        (void)snprintf(error->text, sizeof(error->text), "%s", words);
        return JSONR_E_FIELD;
}

/* ---- scans ----------------------------------------------------------------------------------- */

/* Each character is the byte of the same number (DESIGN 4). -EINVAL: a character over U+00FF. */
static int latin1_bytes(struct slice utf8, struct bytes *out) {
        for (size_t i = 0; i < utf8.len; i++) {
                uint8_t c = utf8.bytes[i];

                if (c < 0x80)
                        bytes_append_char(out, (char)c);
                else if ((c == 0xC2 || c == 0xC3) && i + 1 < utf8.len)
                        bytes_append_char(out,
                                          (char)(uint8_t)((c & 3) << 6 | (utf8.bytes[++i] & 0x3F)));
                else
                        return -EINVAL;
        }
        return bytes_error(out);
}

/* The scan's bytes out of {"code":…[,"enc":"latin1"]}; a code may hold a NUL (\u0000). */
static int scan_bytes(const json_t *body, struct bytes *out, struct jsonr_error *error) {
        const json_t *code = json_object_get(body, "code");
        char enc[16] = "";
        struct slice text;
        int r = jsonr_opt_string(body, "enc", enc, sizeof(enc), error);

        if (r != 0)
                return r;
        if (!json_is_string(code))
                return field_error(error, "code must be a text");
        if (enc[0] && strcmp(enc, "latin1") != 0)
                return field_error(error, "enc must be latin1 or absent");
        text = (struct slice) { (const uint8_t *)json_string_value(code),
                                json_string_length(code) };
        if (!enc[0]) {
                bytes_append(out, text.bytes, text.len);
                return bytes_error(out);
        }
        r = latin1_bytes(text, out);
        return r == -EINVAL ? field_error(error, "code has a character over U+00FF, not in latin1")
                            : r;
}

static void on_scan_done(void *userdata, enum feedback feedback, struct station *station) {
        struct api_request *request = userdata;
        struct jsonw w = jsonw_to(&request->answer);

        jsonw_object(&w, NULL);
        jsonw_string(&w, "feedback", feedback_name(feedback));
        api_write_screen(&w, "screen", station_screen(station));
        jsonw_object_end(&w);
        api_answer(request, 200);
}

/* 0, or the request is refused. */
static int read_scan(struct api_request *request, struct bytes *ret_scan) {
        CLEANUP(jsonr_unref) json_t *body = api_body(request);
        struct jsonr_error error;
        int r;

        if (!body)
                return -EINVAL;
        r = scan_bytes(body, ret_scan, &error);
        if (r < 0)
                api_refuse(request, 503, "no_memory", "try again in a moment", "out of memory");
        else if (r > 0)
                api_refuse(request, 400, "bad_field", "send {\"code\":\"…\"}", "%s", error.text);
        return r;
}

void api_post_scan(struct api_request *request) {
        CLEANUP(bytes_fini) struct bytes scan = { 0 };
        const char *name = request->url.segments[3];
        struct station *station = agent_station(request->agent, name);

        if (!station) {
                api_refuse(request, 404, "no_station", "tally status names the stations",
                           "no station %s", name);
                return;
        }
        if (read_scan(request, &scan) == 0)
                station_scan(station, bytes_slice(&scan), on_scan_done, request);
}

/* ---- what waits for a commit ----------------------------------------------------------------- */

static void on_committed(void *userdata, int result) {
        struct api_request *request = userdata;
        struct jsonw w = jsonw_to(&request->answer);

        if (result < 0) {
                api_refuse_ledger(request, result);
                return;
        }
        jsonw_object(&w, NULL);
        jsonw_bool(&w, "ok", true);
        jsonw_object_end(&w);
        api_answer(request, 200);
}

/* Ends a handler that wrote into the open turn with result @r. */
static void answer_after_commit(struct api_request *request, int r) {
        struct turn *turn = request->agent->turn;

        if (r == 0)
                r = turn_after(turn, on_committed, request);
        if (r == 0)
                return;
        turn_fail(turn, r);
        api_refuse_ledger(request, r);
}

/* ---- exceptions ------------------------------------------------------------------------------ */

/* The words of DESIGN 7. What an action does to stock is done, and recorded, by scans of whoever
 * does it. */
static const char *const actions[] = {
        "restock", "scrap", "recount", "reverse", "reprint", "ignore", "reassign", "done",
};

static bool is_action(const char *word) {
        for (size_t i = 0; i < ARRAY_LEN(actions); i++)
                if (strcmp(word, actions[i]) == 0)
                        return true;
        return false;
}

struct decision {
        char action[ID_SIZE];
        char by[ID_SIZE];
        char note[256];
};

static int decision_read(const json_t *body, bool with_action, struct decision *ret,
                         struct jsonr_error *error) {
        int r = jsonr_string(body, "by", ret->by, sizeof(ret->by), error);

        if (r == 0 && ret->by[0] == '\0')
                return field_error(error, "by must name a person");
        if (r == 0)
                r = jsonr_opt_string(body, "note", ret->note, sizeof(ret->note), error);
        if (r == 0 && with_action)
                r = jsonr_string(body, "action", ret->action, sizeof(ret->action), error);
        if (r == 0 && with_action && !is_action(ret->action))
                return field_error(error,
                                   "action must be restock, scrap, recount, reverse, reprint, "
                                   "ignore, reassign or done");
        return r;
}

/* false: refused already. */
static bool read_decision(struct api_request *request, bool with_action, struct decision *ret) {
        CLEANUP(jsonr_unref) json_t *body = api_body(request);
        struct jsonr_error error;

        *ret = (struct decision) { .action = "" };
        if (!body)
                return false;
        if (decision_read(body, with_action, ret, &error) == 0)
                return true;
        api_refuse(request, 400, "bad_field", "", "%s", error.text);
        return false;
}

/* The exception that the address names, not resolved yet; false: refused already. */
static bool find_exception(struct api_request *request, struct ledger_exception *ret) {
        const char *id = request->url.segments[3];
        int r = ledger_exception(request->agent->ledger, id, ret);

        if (r == -ENOENT)
                api_refuse(request, 404, "no_exception", "tally exceptions --all lists them",
                           "no exception %s", id);
        else if (r < 0)
                api_refuse_ledger(request, r);
        else if (ret->state == EXCEPTION_RESOLVED)
                api_refuse(request, 409, "resolved", "", "%s was resolved by %s: %s", id,
                           ret->last.by, ret->last.action);
        else
                return true;
        return false;
}

static int append_decision(struct agent *agent, const struct ledger_exception *exception,
                           enum exception_state state, const struct decision *decision) {
        struct event event = { .type = EVENT_EXCEPTION };
        struct exception_change *change = &event.exception;
        int r;

        *change = exception->last;
        change->state = state;
        memcpy(change->action, decision->action, sizeof(change->action));
        memcpy(change->by, decision->by, sizeof(change->by));
        memcpy(change->note, decision->note, sizeof(change->note));
        r = turn_begin(agent->turn);
        return r < 0 ? r : ledger_append(agent->ledger, &event);
}

void api_post_ack(struct api_request *request) {
        struct ledger_exception exception;
        struct decision decision;

        if (!read_decision(request, false, &decision) || !find_exception(request, &exception))
                return;
        answer_after_commit(
                request, append_decision(request->agent, &exception, EXCEPTION_ACKED, &decision));
}

/* What a decision sets going at once. */
static int carry_out(struct agent *agent, const struct ledger_exception *exception,
                     const struct decision *decision) {
        const char *group = exception->last.group;
        int r;

        if ((exception->last.kind != EXCEPTION_PRINT_UNCERTAIN &&
             exception->last.kind != EXCEPTION_PRINTER_FAULT) ||
            strcmp(decision->action, "reprint") != 0 || strncmp(group, "job ", 4) != 0)
                return 0;
        r = printing_reprint(agent, strtoull(group + 4, NULL, 10), decision->by);
        return r == -EBUSY ? 0 : r; /* somebody was faster: it prints already */
}

void api_post_resolve(struct api_request *request) {
        struct ledger_exception exception;
        struct decision decision;
        int r;

        if (!read_decision(request, true, &decision) || !find_exception(request, &exception))
                return;
        r = append_decision(request->agent, &exception, EXCEPTION_RESOLVED, &decision);
        if (r == 0)
                r = carry_out(request->agent, &exception, &decision);
        answer_after_commit(request, r);
}

/* ---- labels ---------------------------------------------------------------------------------- */

void api_post_reprint(struct api_request *request) {
        const char *name = request->url.segments[3];
        struct decision decision;
        char *end;
        unsigned long long job = strtoull(name, &end, 10);
        int r;

        if (!read_decision(request, false, &decision))
                return;
        r = *end || end == name ? -ENOENT
                                : printing_reprint(request->agent, job, decision.by);
        if (r == -ENOENT)
                api_refuse(request, 404, "no_job", "tally jobs lists them", "no job %s", name);
        else if (r == -EBUSY)
                api_refuse(request, 409, "waits", "", "job %s waits or is being printed", name);
        else
                answer_after_commit(request, r);
}
