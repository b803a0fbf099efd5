/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * tally: the command line for people. Talks to tallyd's API over its Unix socket, decodes codes,
 * checks a stopped gateway's ledger. Knows no rule of the warehouse: it asks and shows.
 */

#include <jansson.h>
#include <stdbool.h>
#include "base/bytes.h"

/* Exit status of every verb. */
enum { CLI_OK, CLI_FAILED, CLI_USAGE };

enum cli_option {
        CLI_OPT_SKU = 1 << 0,
        CLI_OPT_LOCATION = 1 << 1,
        CLI_OPT_FROM = 1 << 2,
        CLI_OPT_LIMIT = 1 << 3,
        CLI_OPT_ALL = 1 << 4,
        CLI_OPT_BY = 1 << 5,
        CLI_OPT_NOTE = 1 << 6,
        CLI_OPT_DB = 1 << 7,
        CLI_OPT_JSONL = 1 << 8,
};

struct cli {
        const char *socket;
        bool json;
        /* The verb's options; NULL or false where absent. */
        const char *sku, *location, *from, *limit, *by, *note, *db;
        bool all, jsonl;
        char **words; /* what is no option, the verb left out */
        int n_words;
};

struct cli_verb {
        const char *name;
        const char *synopsis; /* what follows the name */
        const char *line;     /* what it does, in one */
        const char *more;     /* further help, or NULL */
        unsigned options;     /* enum cli_option */
        int min_words, max_words;
        int (*run)(struct cli *cli);
};

/* ---- args.c ---------------------------------------------------------------------------------- */

/*
 * Sorts argv into @cli and finds the verb. CLI_OK with *ret_verb; *ret_verb NULL: help or version
 * was printed; CLI_USAGE: said what is wrong.
 */
MUST_CHECK int cli_parse(struct cli *cli, const struct cli_verb *verbs, size_t n_verbs, int argc,
                         char **argv, const struct cli_verb **ret_verb);

/* ---- escape.c -------------------------------------------------------------------------------- */

/* C escapes (\x1d \035 \n \\ \u00e9 …) to bytes, \u as UTF-8.
 * -EINVAL: an unknown or broken one. */
MUST_CHECK int cli_unescape(const char *text, struct bytes *out);

/* ---- http.c ---------------------------------------------------------------------------------- */

/* "/api/v1/orders/" and @name, escaped, appended. -ENOMEM */
MUST_CHECK int cli_path(struct bytes *out, const char *prefix, const char *name);
/* "?name=value" or "&name=value"; nothing when @value is NULL. */
MUST_CHECK int cli_path_param(struct bytes *out, const char *name, const char *value);

/*
 * One request; @body NULL for a GET. The answer, a new reference, or NULL: what is wrong was said.
 * A refusal's own JSON goes to standard output with --json.
 */
json_t *cli_request(struct cli *cli, const char *path, const struct bytes *body);

/* ---- print.c --------------------------------------------------------------------------------- */

/* "tally: words" on standard error. */
void cli_error(const char *format, ...) PRINTF_LIKE(1, 2);

/* Indented on a terminal, compact otherwise, with a line break. */
void cli_print_json(const json_t *json);

/* Text from outside (scans, names): what would steer a terminal is shown as \xHH. */
void cli_put(const char *text);

enum cli_colour { CLI_PLAIN, CLI_GREEN, CLI_RED, CLI_YELLOW };
/* @text padded to @width, coloured on a terminal. */
void cli_put_word(const char *text, int width, enum cli_colour colour);

/* A member as text for people: strings as they are, numbers, yes/no, "" when absent. */
void cli_text(const json_t *object, const char *key, struct bytes *out);
const char *cli_string(const json_t *object, const char *key); /* "" when absent */
json_int_t cli_int(const json_t *object, const char *key);     /* 0 when absent */

/* A column shows one member of each row's object; NULL ends the columns. */
struct cli_column {
        const char *title;
        const char *key;
        bool right;
};
/* @rows: an array of objects. Says @nothing when it is empty. */
void cli_table(const json_t *rows, const struct cli_column *columns, const char *nothing);

/* ---- verbs ----------------------------------------------------------------------------------- */

int verb_status(struct cli *cli);
int verb_devices(struct cli *cli);
int verb_scan(struct cli *cli);
int verb_ack(struct cli *cli);
int verb_resolve(struct cli *cli);
int verb_reprint(struct cli *cli);
int verb_stock(struct cli *cli);
int verb_orders(struct cli *cli);
int verb_log(struct cli *cli);
int verb_exceptions(struct cli *cli);
int verb_jobs(struct cli *cli);
int verb_verify(struct cli *cli);
int verb_decode(struct cli *cli);
int verb_profile(struct cli *cli);
