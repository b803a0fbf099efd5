/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include "agent/cli/cli.h"

static const char more_code[] =
        "CODE may hold C escapes: \\x1d is the GS between GS1 elements, \\\\ a backslash.\n";

static const struct cli_verb verbs[] = {
        { "status", "", "the gateway, its connection, its stations and devices", NULL, 0, 0, 0,
          verb_status },
        { "devices", "", "scanners and printers, and what is wrong with them", NULL, 0, 0, 0,
          verb_devices },
        { "scan", "STATION CODE...", "scan codes at a station, as its scanner would", more_code, 0,
          2, 4096, verb_scan },
        { "stock", "[--sku SKU] [--location LOCATION]", "what is where", NULL,
          CLI_OPT_SKU | CLI_OPT_LOCATION, 0, 0, verb_stock },
        { "orders", "ORDER", "an order and its lines", NULL, 0, 1, 1, verb_orders },
        { "log", "[--from SEQ] [--limit N]", "events of the log, the newest without --from", NULL,
          CLI_OPT_FROM | CLI_OPT_LIMIT, 0, 0, verb_log },
        { "exceptions", "[--all] [--limit N]",
          "what a person has to decide; --all: and what was decided", NULL,
          CLI_OPT_ALL | CLI_OPT_LIMIT, 0, 0, verb_exceptions },
        { "ack", "ID --by NAME", "say that somebody looks after an exception", NULL,
          CLI_OPT_BY | CLI_OPT_NOTE, 1, 1, verb_ack },
        { "resolve", "ID ACTION --by NAME [--note TEXT]", "close an exception with a decision",
          "ACTION: restock scrap recount reverse reprint ignore reassign done\n",
          CLI_OPT_BY | CLI_OPT_NOTE, 2, 2, verb_resolve },
        { "jobs", "[--limit N]", "labels that wait, and what became of the last ones", NULL,
          CLI_OPT_LIMIT, 0, 0, verb_jobs },
        { "reprint", "JOB --by NAME", "print a label once more", NULL, CLI_OPT_BY, 1, 1,
          verb_reprint },
        { "verify", "[--db FILE]", "prove the log's chain, the double entry and the figures",
          "--db reads a ledger file itself, while tallyd is stopped.\n", CLI_OPT_DB, 0, 0,
          verb_verify },
        { "decode", "CODE | --jsonl", "what a code is; needs no gateway",
          "CODE may hold C escapes: \\x1d is the GS between GS1 elements, \\\\ a backslash.\n"
          "--jsonl reads a line {\"scan\":\"]E0...\"} or \"]E0...\" each from standard input and "
          "answers\n"
          "a line of JSON each.\n",
          CLI_OPT_JSONL, 0, 1, verb_decode },
        { "profile",
          "check FILE... | list | show NAME | propose | identify DEVICE | identify PORT PROFILE",
          "what is known of scanner and printer models",
          "check reads files of firmware-profiles/ and says what is wrong with them; list and show "
          "tell of\n"
          "those that are there; propose shows what is plugged into this machine and its profile, "
          "or\n"
          "proposes one; identify says what a device of the gateway says of itself, or one on a "
          "port\n"
          "that no agent has open, like serial:/dev/ttyACM0.\n",
          0, 1, 256, verb_profile },
};

int main(int argc, char **argv) {
        const struct cli_verb *verb;
        struct cli cli = { 0 };
        int status;

        (void)setlocale(LC_CTYPE, ""); /* widths of table cells */
        status = cli_parse(&cli, verbs, ARRAY_LEN(verbs), argc, argv, &verb);
        if (status == CLI_OK && verb)
                status = verb->run(&cli);
        if (fflush(stdout) != 0 || ferror(stdout)) {
                cli_error("cannot write the answer: %s", strerror(errno));
                status = CLI_FAILED;
        }
        return status;
}
