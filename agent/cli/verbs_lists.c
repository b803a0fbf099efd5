/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "agent/cli/cli.h"

/* A GET whose path may have had no memory; shows rows as a table unless --json. */
static int show_list(struct cli *cli, int path_result, const struct bytes *path, const char *name,
                     const struct cli_column *columns, const char *nothing) {
        json_t *answer = path_result < 0 ? NULL : cli_request(cli, bytes_str(path), NULL);

        if (path_result < 0)
                cli_error("out of memory");
        if (!answer)
                return CLI_FAILED;
        if (cli->json)
                cli_print_json(answer);
        else
                cli_table(json_object_get(answer, name), columns, nothing);
        json_decref(answer);
        return CLI_OK;
}

/* ---- stock ----------------------------------------------------------------------------------- */

static const struct cli_column stock_columns[] = {
        { "LOCATION", "location", false },
        { "SKU", "sku", false },
        { "LOT", "lot", false },
        { "QTY", "qty", true },
        { NULL, NULL, false },
};

enum {
        STOCK_PAGE = 1000,
        STOCK_TRIES = 5, /* for a copy of one moment while people scan */
};

static json_t *stock_page(struct cli *cli, json_int_t from) {
        CLEANUP(bytes_fini) struct bytes path = { 0 };
        int r;

        bytes_appendf(&path, "/api/v1/stock?limit=%d&from=%lld", STOCK_PAGE, (long long)from);
        r = cli_path_param(&path, "sku", cli->sku);
        if (r == 0)
                r = cli_path_param(&path, "location", cli->location);
        if (r == 0)
                return cli_request(cli, bytes_str(&path), NULL);
        cli_error("out of memory");
        return NULL;
}

/* All pages in one, given up when something was recorded in between (*ret_same false) unless @anyway.
 * NULL: said why. */
static json_t *stock_pages(struct cli *cli, bool anyway, bool *ret_same) {
        json_t *all = stock_page(cli, 0);
        json_int_t seq = cli_int(all, "seq"), next = cli_int(all, "next");

        *ret_same = true;
        while (all && next > 0 && (*ret_same || anyway)) {
                json_t *page = stock_page(cli, next);

                *ret_same = *ret_same && cli_int(page, "seq") == seq;
                next = cli_int(page, "next");
                if (!page || json_array_extend(json_object_get(all, "stock"),
                                               json_object_get(page, "stock")) < 0) {
                        json_decref(all);
                        all = NULL;
                }
                json_decref(page);
        }
        (void)json_object_del(all, "next");
        return all;
}

int verb_stock(struct cli *cli) {
        json_t *all = NULL;
        bool same = false;

        for (int i = 0; i < STOCK_TRIES && !same; i++) {
                json_decref(all);
                all = stock_pages(cli, i + 1 == STOCK_TRIES, &same);
                if (!all)
                        return CLI_FAILED;
        }
        if (!same)
                cli_error("stock moves while it is read; some rows may be a moment older than "
                          "others");
        if (cli->json)
                cli_print_json(all);
        else {
                CLEANUP(bytes_fini) struct bytes total = { 0 };

                cli_table(json_object_get(all, "stock"), stock_columns, "nothing there");
                cli_text(all, "total", &total);
                if (cli->sku)
                        printf("\ntotal %s\n", bytes_str(&total));
        }
        json_decref(all);
        return CLI_OK;
}

/* ---- orders ---------------------------------------------------------------------------------- */

static const struct cli_column line_columns[] = {
        { "LINE", "line", true },       { "SKU", "sku", false },
        { "NAME", "name", false },      { "LOCATION", "location", false },
        { "ORDERED", "ordered", true }, { "PICKED", "picked", true },
        { "SHORT", "short", true },     { NULL, NULL, false },
};

static void put_member(const json_t *object, const char *key, const char *words) {
        if (*cli_string(object, key) == '\0')
                return;
        printf("%s", words);
        cli_put(cli_string(object, key));
}

static void put_order(const json_t *order) {
        put_member(order, "order", "order ");
        put_member(order, "state", ": ");
        printf(", %lld of %lld lines open", (long long)cli_int(order, "open_lines"),
               (long long)cli_int(order, "n_lines"));
        put_member(order, "gateway", ", for gateway ");
        put_member(order, "due", ", due ");
        put_member(order, "tote", ", tote ");
        put_member(order, "carrier", ", carrier ");
        put_member(order, "tracking", ", tracking ");
        printf("\n\n");
        cli_table(json_object_get(order, "lines"), line_columns, "no lines");
}

int verb_orders(struct cli *cli) {
        CLEANUP(bytes_fini) struct bytes path = { 0 };
        json_t *order;

        if (cli_path(&path, "/api/v1/orders/", cli->words[0]) < 0) {
                cli_error("out of memory");
                return CLI_FAILED;
        }
        order = cli_request(cli, bytes_str(&path), NULL);
        if (!order)
                return CLI_FAILED;
        if (cli->json)
                cli_print_json(order);
        else
                put_order(order);
        json_decref(order);
        return CLI_OK;
}

/* ---- log ------------------------------------------------------------------------------------- */

/* Members that have a column, or are the same in every event. */
static bool is_in_columns(const char *key) {
        static const char *const keys[] = { "seq", "ts", "type", "kind", "state", "station" };

        for (size_t i = 0; i < ARRAY_LEN(keys); i++)
                if (strcmp(keys[i], key) == 0)
                        return true;
        return false;
}

static void put_event(const json_t *event) {
        const char *kind = cli_string(event, *cli_string(event, "kind") ? "kind" : "state"), *key;
        char what[64];
        json_t *value;

        (void)snprintf(what, sizeof(what), "%s %s", cli_string(event, "type"), kind);
        printf("%7lld  %-24s  ", (long long)cli_int(event, "seq"), cli_string(event, "ts"));
        cli_put_word(what, 22, CLI_PLAIN);
        putchar(' ');
        cli_put_word(cli_string(event, "station"), 10, CLI_PLAIN);
        json_object_foreach((json_t *)(uintptr_t)event, key, value) {
                CLEANUP(bytes_fini) struct bytes text = { 0 };

                cli_text(event, key, &text);
                if (is_in_columns(key) || text.len == 0)
                        continue;
                printf(" %s=", key);
                cli_put(bytes_str(&text));
        }
        putchar('\n');
}

int verb_log(struct cli *cli) {
        CLEANUP(bytes_fini) struct bytes path = { 0 };
        json_t *answer = NULL, *row;
        size_t at;
        int r;

        bytes_append_str(&path, "/api/v1/log");
        r = cli_path_param(&path, "from", cli->from);
        if (r == 0)
                r = cli_path_param(&path, "limit", cli->limit);
        if (r == 0)
                answer = cli_request(cli, bytes_str(&path), NULL);
        else
                cli_error("out of memory");
        if (!answer)
                return CLI_FAILED;
        if (cli->json)
                cli_print_json(answer);
        else
                json_array_foreach(json_object_get(answer, "log"), at, row)
                        put_event(json_object_get(row, "event"));
        json_decref(answer);
        return CLI_OK;
}

/* ---- exceptions and jobs --------------------------------------------------------------------- */

int verb_exceptions(struct cli *cli) {
        static const struct cli_column columns[] = {
                { "ID", "id", false },
                { "KIND", "kind", false },
                { "SEVERITY", "severity", false },
                { "STATE", "state", false },
                { "TIMES", "count", true },
                { "ORDER", "order", false },
                { "SKU", "sku", false },
                { "LOCATION", "location", false },
                { "FOUND", "found", false },
                { "OPENED", "opened", false },
                { NULL, NULL, false },
        };
        CLEANUP(bytes_fini) struct bytes path = { 0 };
        int r;

        bytes_append_str(&path, "/api/v1/exceptions");
        r = cli_path_param(&path, "all", cli->all ? "1" : NULL);
        if (r == 0)
                r = cli_path_param(&path, "limit", cli->limit);
        return show_list(cli, r, &path, "exceptions", columns,
                         cli->all ? "no exceptions" : "no open exceptions");
}

int verb_jobs(struct cli *cli) {
        static const struct cli_column columns[] = {
                { "JOB", "job", true },          { "STATE", "state", false },
                { "ORDER", "order", false },     { "STATION", "station", false },
                { "PRINTER", "printer", false }, { "LABEL", "label", false },
                { "QUEUED", "queued", false },   { "REASON", "reason", false },
                { NULL, NULL, false },
        };
        CLEANUP(bytes_fini) struct bytes path = { 0 };
        int r;

        bytes_append_str(&path, "/api/v1/jobs");
        r = cli_path_param(&path, "limit", cli->limit);
        return show_list(cli, r, &path, "jobs", columns, "no labels so far");
}
