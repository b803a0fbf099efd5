/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "agent/cli/cli.h"
#include "agent/ledger/ledger.h"
#include "base/jsonw.h"

enum { VERIFY_STEP_EVENTS = 10000 };

static void put_findings(const json_t *answer) {
        const json_t *line;
        size_t at;

        if (json_is_true(json_object_get(answer, "ok")))
                printf("ok: %lld events, the chain is whole, every unit is accounted for, figures "
                       "agree\n",
                       (long long)cli_int(answer, "events"));
        else
                printf("NOT OK: %lld findings in %lld events; keep the file, call support\n",
                       (long long)cli_int(answer, "n_findings"),
                       (long long)cli_int(answer, "events"));
        json_array_foreach(json_object_get(answer, "findings"), at, line) {
                printf("  ");
                cli_put(json_string_value(line));
                putchar('\n');
        }
}

static int finish(struct cli *cli, json_t *answer) {
        bool ok = json_is_true(json_object_get(answer, "ok"));

        if (cli->json)
                cli_print_json(answer);
        else
                put_findings(answer);
        json_decref(answer);
        return ok ? CLI_OK : CLI_FAILED;
}

/* The same answer as the API's. NULL: no memory. */
static json_t *findings_json(const struct ledger_findings *findings) {
        const char *line = bytes_str(&findings->text);
        json_t *answer = json_pack("{s:b, s:I, s:I, s:[]}", "ok", findings->n_findings == 0,
                                   "events", (json_int_t)findings->n_events, "n_findings",
                                   (json_int_t)findings->n_findings, "findings");

        while (answer && *line) {
                size_t len = strcspn(line, "\n");
                json_t *text = json_stringn(line, len);

                /* A damaged line may be no UTF-8: what was found there is said without quoting
                 * it. */
                if (!text)
                        text = json_string("(a finding whose text cannot be shown)");
                if (json_array_append_new(json_object_get(answer, "findings"), text) < 0) {
                        json_decref(answer);
                        return NULL;
                }
                line += len + (line[len] == '\n');
        }
        return answer;
}

static int verify_ledger(struct cli *cli, struct ledger *ledger) {
        struct ledger_verify *verify = NULL;
        json_t *answer = NULL;
        int r = ledger_verify_new(ledger, &verify);

        if (r == 0)
                do
                        r = ledger_verify_step(verify, VERIFY_STEP_EVENTS);
                while (r > 0);
        if (r == 0)
                answer = findings_json(ledger_verify_findings(verify));
        ledger_verify_free(verify);
        if (answer)
                return finish(cli, answer);
        cli_error("%s: %s", cli->db,
                  r < 0 && r != -ENOMEM ? ledger_error(ledger) : "out of memory");
        return CLI_FAILED;
}

static int verify_file(struct cli *cli) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        struct ledger *ledger;
        int r = ledger_open_readonly(cli->db, &ledger, &error), status;

        if (r != 0) {
                cli_error("%s%s", bytes_str(&error),
                          r == LEDGER_E_LOCKED ? "; tallyd uses it: leave out --db" : "");
                return CLI_FAILED;
        }
        status = verify_ledger(cli, ledger);
        ledger_close(ledger);
        return status;
}

int verb_verify(struct cli *cli) {
        json_t *answer;

        if (cli->db)
                return verify_file(cli);
        answer = cli_request(cli, "/api/v1/verify", NULL);
        return answer ? finish(cli, answer) : CLI_FAILED;
}
