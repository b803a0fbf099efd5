/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "agent/cli/cli.h"
#include "base/jsonw.h"

/* ---- scan ------------------------------------------------------------------------------------ */

static void put_feedback(const json_t *answer) {
        const char *feedback = cli_string(answer, "feedback");
        const json_t *screen = json_object_get(answer, "screen");
        const char *message = cli_string(screen, "message"),
                   *next = cli_string(screen, "instruction");

        cli_put_word(feedback, 11,
                     strcmp(feedback, "good") == 0  ? CLI_GREEN
                     : strcmp(feedback, "bad") == 0 ? CLI_RED
                                                    : CLI_YELLOW);
        cli_put(message);
        if (*message && *next)
                printf("; ");
        cli_put(next);
        putchar('\n');
}

/* CLI_OK: good or attention. */
static int scan_one(struct cli *cli, const char *path, const char *code) {
        CLEANUP(bytes_fini) struct bytes scan = { 0 };
        CLEANUP(bytes_fini) struct bytes body = { 0 };
        struct jsonw w = jsonw_to(&body);
        json_t *answer;
        bool bad;

        if (cli_unescape(code, &scan) < 0) {
                cli_error("%s: a broken escape; a backslash itself is \\\\", code);
                return CLI_USAGE;
        }
        jsonw_object(&w, NULL);
        jsonw_scan(&w, "code", bytes_slice(&scan));
        jsonw_object_end(&w);
        if (bytes_error(&body) < 0) {
                cli_error("out of memory");
                return CLI_FAILED;
        }
        answer = cli_request(cli, path, &body);
        if (!answer)
                return CLI_FAILED;
        if (cli->json)
                cli_print_json(answer);
        else
                put_feedback(answer);
        bad = strcmp(cli_string(answer, "feedback"), "bad") == 0;
        json_decref(answer);
        return bad ? CLI_FAILED : CLI_OK;
}

int verb_scan(struct cli *cli) {
        CLEANUP(bytes_fini) struct bytes path = { 0 };
        int worst = CLI_OK;

        if (cli_path(&path, "/api/v1/stations/", cli->words[0]) == 0)
                bytes_append_str(&path, "/scan");
        if (bytes_error(&path) < 0) {
                cli_error("out of memory");
                return CLI_FAILED;
        }
        for (int i = 1; i < cli->n_words; i++) {
                int status = scan_one(cli, bytes_str(&path), cli->words[i]);

                (void)fflush(stdout); /* each as it is answered */
                worst = status > worst ? status : worst;
        }
        return worst;
}

/* ---- decisions ------------------------------------------------------------------------------- */

/* POSTs {"by","note","action"} to "{prefix}{words[0]}/{verb}". */
static int decide(struct cli *cli, const char *prefix, const char *verb, const char *action,
                  const char *done) {
        CLEANUP(bytes_fini) struct bytes path = { 0 };
        CLEANUP(bytes_fini) struct bytes body = { 0 };
        struct jsonw w = jsonw_to(&body);
        json_t *answer;

        if (!cli->by || !*cli->by) {
                cli_error("say who decides: --by NAME");
                return CLI_USAGE;
        }
        if (cli_path(&path, prefix, cli->words[0]) == 0)
                bytes_append_str(&path, verb);
        jsonw_object(&w, NULL);
        jsonw_string(&w, "by", cli->by);
        jsonw_opt_string(&w, "note", cli->note);
        jsonw_opt_string(&w, "action", action);
        jsonw_object_end(&w);
        if (bytes_error(&path) < 0 || bytes_error(&body) < 0) {
                cli_error("out of memory");
                return CLI_FAILED;
        }
        answer = cli_request(cli, bytes_str(&path), &body);
        if (!answer)
                return CLI_FAILED;
        if (cli->json)
                cli_print_json(answer);
        else {
                cli_put(cli->words[0]);
                printf(" %s\n", done);
        }
        json_decref(answer);
        return CLI_OK;
}

int verb_ack(struct cli *cli) {
        return decide(cli, "/api/v1/exceptions/", "/ack", NULL, "acknowledged");
}

int verb_resolve(struct cli *cli) {
        return decide(cli, "/api/v1/exceptions/", "/resolve", cli->words[1], "resolved");
}

int verb_reprint(struct cli *cli) {
        return decide(cli, "/api/v1/jobs/", "/reprint", NULL, "queued again");
}
