/* SPDX-License-Identifier: MIT */
#include "sync/hub/put.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/jsonw.h"
#include "sync/feed_entry.h"
#include "sync/hub/apply.h"
#include "sync/hub/incident.h"

enum { PUT_LINE_MAX = 64 * 1024, KEY_SIZE = 3 * LOCATION_SIZE };

/* One line under way. */
struct putting {
        struct put *put;
        struct db *db;
        const char *site;
        struct feed_entry entry;
        char id[LOCATION_SIZE]; /* for the answer */
};

static void named(struct putting *p, const char *id) {
        (void)snprintf(p->id, sizeof(p->id), "%s", id);
}

/* The same entry, members in the order in which they came, without blanks. */
static int feed_entry_of(struct putting *p, const char *key) {
        char *text = json_dumps(p->entry.json, JSON_COMPACT | JSON_ENSURE_ASCII);
        bool changed;
        int r;

        if (!text)
                return -ENOMEM;
        r = feed_set(p->db, p->site, key, slice_of(text), &changed);
        p->put->feed_changed = p->put->feed_changed || changed;
        free(text);
        return r;
}

static int mark_stock(struct putting *p, const char *sku) {
        return changes_add(&p->put->book->changes->stock, p->site, sku);
}

/* ---- items and places ------------------------------------------------------------------------------------ */

static int put_item(struct putting *p) {
        struct feed_item item;
        char key[KEY_SIZE];
        int r = feed_read_item(&p->entry, &item);

        if (r)
                return r;
        named(p, item.sku);
        r = DB_RUN(p->db,
                   "INSERT INTO item(site, sku, name, safety, reorder_days) VALUES(?1, ?2, ?3, ?4, ?5)"
                   " ON CONFLICT DO UPDATE SET name = excluded.name, safety = excluded.safety,"
                   " reorder_days = excluded.reorder_days",
                   V(p->site), V((const char *)item.sku), V((const char *)item.name),
                   V(item.safety_milli), V(item.reorder_days));
        (void)snprintf(key, sizeof(key), "item|%s", item.sku);
        if (r == 0)
                r = feed_entry_of(p, key);
        return r == 0 ? mark_stock(p, item.sku) : r;
}

/* -1: not known yet. */
static int sellable_now(struct putting *p, const char *location, int *ret) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(p->db, &row,
                         "SELECT sellable FROM location WHERE site = ?1 AND location = ?2",
                         V(p->site), V(location));

        if (r == 0)
                r = db_next(&row);
        *ret = r == DB_ROW ? db_int(&row, 0) != 0 : -1;
        return r < 0 ? r : 0;
}

static int is_empty(struct putting *p, const char *location, bool *ret) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(p->db, &row,
                         "SELECT 1 FROM stock WHERE site = ?1 AND location = ?2 GROUP BY sku, lot"
                         " HAVING sum(qty) <> 0 LIMIT 1",
                         V(p->site), V(location));

        if (r == 0)
                r = db_next(&row);
        *ret = r != DB_ROW;
        return r < 0 ? r : 0;
}

/* What a move sold was fixed when it was made: the flag of a place may change only while it is empty. */
static int check_flag(struct putting *p, const struct feed_location *location) {
        bool empty;
        int sellable, r = sellable_now(p, location->location, &sellable);

        if (r < 0 || sellable == location->sellable)
                return r;
        r = is_empty(p, location->location, &empty);
        if (r < 0 || empty)
                return r;
        return feed_refuse(&p->entry, "%s holds stock: move it away before sellable changes",
                           location->location);
}

static int put_location(struct putting *p) {
        struct feed_location location;
        char key[KEY_SIZE];
        int r = feed_read_location(&p->entry, &location);

        if (r)
                return r;
        named(p, location.location);
        r = check_flag(p, &location);
        if (r == 0)
                r = DB_RUN(p->db,
                           "INSERT INTO location(site, location, kind, sellable)"
                           " VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET kind = excluded.kind,"
                           " sellable = excluded.sellable",
                           V(p->site), V((const char *)location.location),
                           V((const char *)location.kind), V(location.sellable));
        (void)snprintf(key, sizeof(key), "location|%s", location.location);
        return r == 0 ? feed_entry_of(p, key) : r;
}

static int put_slot(struct putting *p) {
        struct feed_slot slot;
        char key[KEY_SIZE];
        int r = feed_read_slot(&p->entry, &slot);

        if (r)
                return r;
        named(p, slot.location);
        (void)snprintf(key, sizeof(key), "slot|%s|%s", slot.location, slot.sku);
        return feed_entry_of(p, key);
}

/* ---- orders ------------------------------------------------------------------------------------------------ */

static int put_line(struct putting *p, const char *order, const json_t *json) {
        struct feed_line line;
        int r = feed_read_line(&p->entry, json, &line);

        return r ? r
                 : DB_RUN(p->db,
                          "INSERT INTO order_line(site, ord, line, sku, ordered, picked, short, open)"
                          " VALUES(?1, ?2, ?3, ?4, ?5, 0, 0, 0) ON CONFLICT DO UPDATE SET"
                          " ordered = excluded.ordered",
                          V(p->site), V(order), V(line.line), V((const char *)line.sku),
                          V(line.qty_milli));
}

/* What was picked stays; a line that is gone orders nothing any more. */
static int put_order_lines(struct putting *p, const struct feed_order *order) {
        int r = DB_RUN(p->db,
                       "UPDATE order_line SET ordered = 0 WHERE site = ?1 AND ord = ?2",
                       V(p->site), V((const char *)order->order));

        for (size_t i = 0; r == 0 && i < json_array_size(order->lines); i++)
                r = put_line(p, order->order, json_array_get(order->lines, i));
        return r;
}

static int put_order_head(struct putting *p, const struct feed_order *order) {
        return DB_RUN(p->db,
                      "INSERT INTO order_head(site, ord, known, gateway, priority, due, carrier,"
                      " tracking, state, cancelled, ended) VALUES(?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, 0,"
                      " 0, 0) ON CONFLICT(site, ord) DO UPDATE SET known = 1,"
                      " gateway = excluded.gateway, priority = excluded.priority,"
                      " due = excluded.due, carrier = excluded.carrier,"
                      " tracking = excluded.tracking, cancelled = 0, ended = 0",
                      V(p->site), V((const char *)order->order), V((const char *)order->gateway),
                      V(order->priority), V(order->due_ms), V((const char *)order->carrier),
                      V((const char *)order->tracking));
}

static int cancel_order(struct putting *p, const struct feed_order *order) {
        return DB_RUN(p->db,
                      "INSERT INTO order_head(site, ord, known, gateway, priority, due, carrier,"
                      " tracking, state, cancelled, ended) VALUES(?1, ?2, 1, '', 0, 0, '', '', 0, 1,"
                      " ?3) ON CONFLICT(site, ord) DO UPDATE SET cancelled = 1,"
                      " ended = iif(cancelled, ended, excluded.ended)",
                      V(p->site), V((const char *)order->order), V(clock_wall_ms()));
}

static int put_order(struct putting *p) {
        struct feed_order order;
        char key[KEY_SIZE];
        int r = feed_read_order(&p->entry, &order);

        if (r)
                return r;
        named(p, order.order);
        r = order.cancel ? cancel_order(p, &order) : put_order_head(p, &order);
        if (r == 0 && !order.cancel)
                r = put_order_lines(p, &order);
        if (r == 0)
                r = book_reopen_lines(p->db, p->site, order.order);
        (void)snprintf(key, sizeof(key), "order|%s", order.order);
        if (r == 0)
                r = feed_entry_of(p, key);
        return r == 0 ? book_mark_order(p->db, p->put->book->changes, p->site, order.order) : r;
}

/* ---- people, templates, lots --------------------------------------------------------------------------------- */

static int put_operator(struct putting *p) {
        struct feed_operator operator;
        char key[KEY_SIZE];
        int r = feed_read_operator(&p->entry, &operator);

        if (r)
                return r;
        named(p, operator.operator_id);
        (void)snprintf(key, sizeof(key), "operator|%s", operator.operator_id);
        return feed_entry_of(p, key);
}

static int put_template(struct putting *p) {
        struct feed_template template;
        char key[KEY_SIZE];
        int r = feed_read_template(&p->entry, &template);

        if (r)
                return r;
        named(p, template.name);
        (void)snprintf(key, sizeof(key), "template|%s", template.name);
        return feed_entry_of(p, key);
}

static int put_lot(struct putting *p) {
        struct feed_lot lot;
        char key[KEY_SIZE];
        int r = feed_read_lot(&p->entry, &lot);

        if (r)
                return r;
        named(p, lot.lot);
        (void)snprintf(key, sizeof(key), "lot|%s|%s", lot.sku, lot.lot);
        return feed_entry_of(p, key);
}

/* ---- central moves and decisions ------------------------------------------------------------------------------- */

/* 0 new, 1 the same was put before, FEED_E_ENTRY another one was. */
static int check_central(struct putting *p, const char *id, const char *text) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(p->db, &row, "SELECT entry FROM central WHERE site = ?1 AND id = ?2",
                         V(p->site), V(id));

        if (r == 0)
                r = db_next(&row);
        if (r != DB_ROW)
                return r;
        return strcmp(db_text(&row, 0), text) == 0
                       ? 1
                       : feed_refuse(&p->entry, "a different move was put with id %s", id);
}

static int sellable_of(struct putting *p, const char *location, int64_t *ret) {
        int sellable = 0, r = strpbrk(location, "@:") ? 0 : sellable_now(p, location, &sellable);

        *ret = sellable > 0;
        return r;
}

static int append_central(struct putting *p, const struct feed_move *put, const char *text) {
        struct event event = { .type = EVENT_MOVE };
        struct move *move = &event.move;
        int64_t from = 0, to = 0;
        int r = sellable_of(p, put->from, &from);

        if (r == 0)
                r = sellable_of(p, put->to, &to);
        if (r < 0)
                return r;
        move->kind = put->kind;
        move->qty_milli = put->qty_milli;
        move->sell_milli = put->qty_milli * (to - from);
        memcpy(move->id, put->id, sizeof(move->id));
        memcpy(move->sku, put->sku, sizeof(move->sku));
        memcpy(move->lot, put->lot, sizeof(move->lot));
        memcpy(move->from, put->from, sizeof(move->from));
        memcpy(move->to, put->to, sizeof(move->to));
        memcpy(move->reason, put->reason, sizeof(move->reason));
        event_clean(&event);
        r = apply_central(p->put->book, p->site, p->put->feed, &event);
        if (r == 0)
                r = DB_RUN(p->db,
                           "INSERT INTO central(site, id, seq, entry) VALUES(?1, ?2, ?3, ?4)",
                           V(p->site), V((const char *)put->id), V(event.seq), V(text));
        return r == 0 ? mark_stock(p, put->sku) : r;
}

static int put_move(struct putting *p) {
        struct feed_move move;
        char *text;
        int r = feed_read_move(&p->entry, &move);

        if (r)
                return r;
        named(p, move.id);
        text = json_dumps(p->entry.json, JSON_COMPACT | JSON_SORT_KEYS);
        if (!text)
                return -ENOMEM;
        r = check_central(p, move.id, text);
        if (r == 0)
                r = append_central(p, &move, text);
        free(text);
        return r == 1 ? 0 : r;
}

static int put_resolution(struct putting *p) {
        struct feed_resolution resolution;
        char key[KEY_SIZE];
        int r = feed_read_resolution(&p->entry, &resolution);

        if (r)
                return r;
        named(p, resolution.exception);
        r = incident_resolve(p->db, p->put->book->changes, p->site, resolution.exception,
                             resolution.action, resolution.by, resolution.note);
        if (r == -ENOENT)
                return feed_refuse(&p->entry, "there is no exception %s", resolution.exception);
        (void)snprintf(key, sizeof(key), "resolution|%s", resolution.exception);
        return r == 0 ? feed_entry_of(p, key) : r;
}

/* ---- lines ------------------------------------------------------------------------------------------------------ */

static const struct {
        const char *type;
        int (*run)(struct putting *p);
} types[] = {
        { "item", put_item },         { "location", put_location }, { "slot", put_slot },
        { "order", put_order },       { "operator", put_operator }, { "template", put_template },
        { "lot", put_lot },           { "move", put_move },         { "resolution", put_resolution },
};

static int run_type(struct putting *p) {
        char type[ID_SIZE];

        if (jsonr_string(p->entry.json, "type", type, sizeof(type), &p->entry.error) != 0)
                return FEED_E_ENTRY;
        for (size_t i = 0; i < ARRAY_LEN(types); i++)
                if (strcmp(types[i].type, type) == 0)
                        return types[i].run(p);
        return feed_refuse(&p->entry, "type %s is not one that can be put", type);
}

/* A line that is refused half-way leaves nothing. */
static int run_whole(struct putting *p) {
        int r = db_run_values(p->db, "SAVEPOINT line", NULL, 0), end;

        if (r < 0)
                return r;
        r = run_type(p);
        if (r < 0)
                return r;
        end = r > 0 ? db_run_values(p->db, "ROLLBACK TO line", NULL, 0) : 0;
        if (end == 0)
                end = db_run_values(p->db, "RELEASE line", NULL, 0);
        return end < 0 ? end : r;
}

static int put_one(struct putting *p, struct slice line) {
        CLEANUP(jsonr_unref) json_t *json = NULL;
        int r;

        if (line.len > PUT_LINE_MAX)
                return feed_refuse(&p->entry, "a line of %zu bytes; at most %d", line.len,
                                   PUT_LINE_MAX);
        r = jsonr_parse(line, &json, &p->entry.error);
        if (r != 0)
                return r < 0 ? r : FEED_E_ENTRY;
        p->entry.json = json;
        return run_whole(p);
}

static void answer(const struct putting *p, int line, bool ok, struct bytes *answers) {
        struct jsonw w = jsonw_to(answers);

        jsonw_object(&w, NULL);
        jsonw_int(&w, "line", line);
        if (p->id[0])
                jsonw_string(&w, "id", p->id);
        else
                jsonw_null(&w, "id");
        jsonw_bool(&w, "ok", ok);
        if (!ok)
                jsonw_string(&w, "error", p->entry.error.text);
        jsonw_object_end(&w);
        bytes_append_char(answers, '\n');
}

static bool next_line(struct slice *rest, struct slice *ret_line) {
        const uint8_t *end;

        if (rest->len == 0)
                return false;
        end = memchr(rest->bytes, '\n', rest->len);
        *ret_line = (struct slice) { rest->bytes,
                                     end ? (size_t)(end - rest->bytes) : rest->len };
        rest->bytes += ret_line->len + (end != NULL);
        rest->len -= ret_line->len + (end != NULL);
        return true;
}

static bool is_blank(struct slice line) {
        for (size_t i = 0; i < line.len; i++)
                if (line.bytes[i] > ' ')
                        return false;
        return true;
}

int put_lines(struct put *put, struct slice payload, struct bytes *answers) {
        struct slice line;
        uint64_t last;
        int n = 0, r = feed_site(put->book->db, put->site, put->feed, &last);

        while (r == 0 && next_line(&payload, &line)) {
                struct putting p = { .put = put, .db = put->book->db, .site = put->site };

                n++;
                if (is_blank(line))
                        continue;
                r = put_one(&p, line);
                if (r < 0)
                        return r;
                answer(&p, n, r == 0, answers);
                put->n_ok += r == 0;
                put->n_bad += r != 0;
                r = 0;
        }
        return r == 0 ? bytes_error(answers) : r;
}
