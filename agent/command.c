/* SPDX-License-Identifier: MIT */
#include "agent/command.h"

#include <errno.h>
#include <stdio.h>
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/version.h"

struct command {
        char id[ID_SIZE];
        json_int_t number; /* where the id is one, it is answered as one */
        bool is_number;
        char verb[ID_SIZE];
};

static int command_read(struct slice payload, struct command *ret, struct jsonr_error *error) {
        json_t *json CLEANUP(jsonr_unref) = NULL;
        int r;

        if (payload.len > COMMAND_BYTES_MAX) {
                (void)snprintf(error->text, sizeof(error->text), "longer than %d bytes",
                               (int)COMMAND_BYTES_MAX);
                return JSONR_E_SYNTAX;
        }
        r = jsonr_parse(payload, &json, error);
        ret->is_number = r == 0 && json_is_integer(json_object_get(json, "id"));
        ret->number = json_integer_value(json_object_get(json, "id"));
        if (r == 0 && !ret->is_number)
                r = jsonr_string(json, "id", ret->id, sizeof(ret->id), error);
        if (r == 0)
                r = jsonr_string(json, "verb", ret->verb, sizeof(ret->verb), error);
        return r;
}

static void command_ping(struct jsonw *w, const struct command_facts *facts) {
        jsonw_object(w, "result");
        jsonw_string(w, "version", TALLYMAN_VERSION);
        jsonw_string(w, "epoch", facts->epoch);
        jsonw_uint(w, "seq", facts->seq);
        jsonw_uint(w, "acked", facts->acked);
        jsonw_object_end(w);
}

int command_answer(struct slice payload, const struct command_facts *facts,
                   struct bytes *ret_reply) {
        struct jsonw w = jsonw_to(ret_reply);
        struct command command = { .id = "" };
        struct jsonr_error error;
        bool ping;
        int r;

        r = command_read(payload, &command, &error);
        if (r < 0)
                return r;
        ping = r == 0 && strcmp(command.verb, "ping") == 0;
        jsonw_object(&w, NULL);
        if (command.is_number)
                jsonw_int(&w, "id", command.number);
        else
                jsonw_string(&w, "id", command.id);
        jsonw_bool(&w, "ok", ping);
        if (ping)
                command_ping(&w, facts);
        else
                jsonw_string(&w, "error", r > 0 ? error.text : "not in this version");
        jsonw_object_end(&w);
        return bytes_error(ret_reply);
}
