/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "agent/cli/cli.h"
#include "base/version.h"

static const char default_socket[] = "/run/tallyman/api.sock";

struct option_row {
        const char *name;
        size_t offset; /* into struct cli: a const char *, or a bool where it takes no value */
        enum cli_option bit;
        bool has_value;
};

static const struct option_row option_rows[] = {
        { "--sku", offsetof(struct cli, sku), CLI_OPT_SKU, true },
        { "--location", offsetof(struct cli, location), CLI_OPT_LOCATION, true },
        { "--from", offsetof(struct cli, from), CLI_OPT_FROM, true },
        { "--limit", offsetof(struct cli, limit), CLI_OPT_LIMIT, true },
        { "--all", offsetof(struct cli, all), CLI_OPT_ALL, false },
        { "--by", offsetof(struct cli, by), CLI_OPT_BY, true },
        { "--note", offsetof(struct cli, note), CLI_OPT_NOTE, true },
        { "--db", offsetof(struct cli, db), CLI_OPT_DB, true },
        { "--jsonl", offsetof(struct cli, jsonl), CLI_OPT_JSONL, false },
        { "--socket", offsetof(struct cli, socket), 0, true },
        { "--json", offsetof(struct cli, json), 0, false },
};

struct parse {
        struct cli *cli;
        const struct cli_verb *verbs;
        size_t n_verbs;
        const struct cli_verb *verb;
        unsigned seen; /* enum cli_option */
        bool help, only_words;
};

static void help_all(const struct parse *parse) {
        printf("usage: tally [--socket PATH] [--json] VERB ...\n\n");
        for (size_t i = 0; i < parse->n_verbs; i++)
                printf("  %-11s %s\n", parse->verbs[i].name, parse->verbs[i].line);
        printf("\n  --json      for programs: the API's JSON\n"
               "  --socket    tallyd's socket; default $TALLY_SOCKET, then %s\n"
               "  --help      also after a verb\n"
               "  --version\n\n"
               "Exit status: 0 done, 1 failed or refused, 2 wrong usage.\n",
               default_socket);
}

static void help_verb(const struct cli_verb *verb) {
        printf("usage: tally %s%s%s [--json]\n\n%s.\n%s", verb->name, *verb->synopsis ? " " : "",
               verb->synopsis, verb->line, verb->more ? verb->more : "");
}

static int usage_error(const struct parse *parse, const char *words, const char *what) {
        cli_error("%s%s", words, what);
        if (parse->verb)
                fprintf(stderr, "usage: tally %s%s%s\n", parse->verb->name,
                        *parse->verb->synopsis ? " " : "", parse->verb->synopsis);
        else
                fprintf(stderr, "'tally --help' lists the verbs\n");
        return CLI_USAGE;
}

static const struct option_row *find_option(const char *name, size_t len) {
        for (size_t i = 0; i < ARRAY_LEN(option_rows); i++)
                if (strlen(option_rows[i].name) == len &&
                    strncmp(option_rows[i].name, name, len) == 0)
                        return &option_rows[i];
        return NULL;
}

/* "--name VALUE" or "--name=VALUE". */
static int take_option(struct parse *parse, char **argv, int *at) {
        const char *text = argv[*at], *value = strchr(text, '=');
        const struct option_row *row =
                find_option(text, value ? (size_t)(value - text) : strlen(text));
        char *field;

        if (!row)
                return usage_error(parse, "unknown option ", text);
        field = (char *)parse->cli + row->offset;
        parse->seen |= row->bit;
        if (!row->has_value) {
                if (value)
                        return usage_error(parse, "no value goes with ", row->name);
                *(bool *)(void *)field = true;
                return CLI_OK;
        }
        value = value ? value + 1 : argv[*at + 1] ? argv[++*at] : NULL;
        if (!value)
                return usage_error(parse, "a value is missing after ", row->name);
        *(const char **)(void *)field = value;
        return CLI_OK;
}

static int take_verb(struct parse *parse, const char *name) {
        for (size_t i = 0; i < parse->n_verbs; i++)
                if (strcmp(parse->verbs[i].name, name) == 0) {
                        parse->verb = &parse->verbs[i];
                        return CLI_OK;
                }
        return usage_error(parse, "unknown verb ", name);
}

static int take_word(struct parse *parse, char **argv, int *at) {
        char *text = argv[*at];

        if (!parse->only_words && strcmp(text, "--") == 0) {
                parse->only_words = true;
                return CLI_OK;
        }
        if (!parse->only_words && strcmp(text, "--help") == 0) {
                parse->help = true;
                return CLI_OK;
        }
        if (!parse->only_words && strncmp(text, "--", 2) == 0)
                return take_option(parse, argv, at);
        if (!parse->verb)
                return take_verb(parse, text);
        parse->cli->words[parse->cli->n_words++] = text;
        return CLI_OK;
}

static int check(const struct parse *parse) {
        const struct cli_verb *verb = parse->verb;

        if (!verb)
                return usage_error(parse, "a verb is missing", "");
        for (size_t i = 0; i < ARRAY_LEN(option_rows); i++)
                if (option_rows[i].bit & parse->seen & ~verb->options)
                        return usage_error(parse, "this verb does not take ", option_rows[i].name);
        if (parse->cli->n_words < verb->min_words)
                return usage_error(parse, "something is missing", "");
        if (parse->cli->n_words > verb->max_words)
                return usage_error(parse, "too much: ", parse->cli->words[verb->max_words]);
        return CLI_OK;
}

int cli_parse(struct cli *cli, const struct cli_verb *verbs, size_t n_verbs, int argc, char **argv,
              const struct cli_verb **ret_verb) {
        struct parse parse = { .cli = cli, .verbs = verbs, .n_verbs = n_verbs };
        const char *environment = getenv("TALLY_SOCKET");

        *ret_verb = NULL;
        cli->socket = environment && *environment ? environment : default_socket;
        cli->words = argv; /* words move to the front, over what was read already */
        if (argc == 2 && strcmp(argv[1], "--version") == 0) {
                printf("tally %s\n", TALLYMAN_VERSION);
                return CLI_OK;
        }
        for (int at = 1; at < argc; at++) {
                int status = take_word(&parse, argv, &at);

                if (status != CLI_OK)
                        return status;
        }
        if (parse.help) {
                if (parse.verb)
                        help_verb(parse.verb);
                else
                        help_all(&parse);
                return CLI_OK;
        }
        *ret_verb = parse.verb;
        return check(&parse);
}
