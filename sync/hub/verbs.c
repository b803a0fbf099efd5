/* SPDX-License-Identifier: MIT */
#include "sync/hub/verbs.h"

#include <errno.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/qty.h"
#include "sync/hub/availability.h"
#include "sync/hub/incident.h"
#include "sync/hub/payload.h"
#include "sync/hub/proof.h"

enum { STATUS_OK = 0, STATUS_FAILED = 1 };

/* Read-only, fine beside a running hub. NULL: said why. */
static struct db *open_store(const struct verb_call *call) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        struct db *db = NULL;

        if (db_open(call->config->path, true, &db, &error) != 0)
                (void)fprintf(stderr, "tally-hub: %s\n", bytes_str(&error));
        return db;
}

static int finish(struct db *db, int r, struct bytes *out) {
        if (r == 0)
                r = bytes_error(out);
        if (r < 0)
                (void)fprintf(stderr, "tally-hub: %s\n",
                              r == -ENOMEM ? "out of memory" : db_error(db));
        else if (out->len > 0)
                (void)fwrite(out->data, 1, out->len, stdout);
        bytes_fini(out);
        db_close(db);
        return r < 0 ? STATUS_FAILED : STATUS_OK;
}

static void put_qty(struct bytes *out, int64_t milli) {
        char text[QTY_TEXT_SIZE];

        qty_format(milli, text);
        bytes_appendf(out, " %9s", text);
}

/* ---- stock ------------------------------------------------------------------------------------------------ */

struct listing {
        const struct verb_call *call;
        struct db *db;
        struct bytes *out;
        struct jsonw w;
};

static int list_sku(struct listing *listing, const char *sku) {
        struct availability a;
        int64_t now_ms = clock_wall_ms();
        int r = availability_of(listing->db, listing->call->site, sku, now_ms, &a);

        if (r < 0 || listing->call->json) {
                if (r == 0)
                        availability_write(&a, sku, now_ms, &listing->w);
                return r;
        }
        bytes_appendf(listing->out, "%-16s %-28.28s", sku, a.name);
        put_qty(listing->out, a.on_hand_milli);
        put_qty(listing->out, a.reserved_milli);
        put_qty(listing->out, a.available_milli);
        bytes_appendf(listing->out, "%s%s%s\n", a.low ? " low" : "", a.out ? " out" : "",
                      a.oversell_risk ? " oversell_risk" : "");
        return 0;
}

static int list_skus(struct listing *listing) {
        CLEANUP(db_done) struct db_query row = { NULL };
        const char *only = listing->call->n_words > 0 ? listing->call->words[0] : "";
        int r = DB_QUERY(listing->db, &row,
                         "SELECT sku FROM (SELECT sku FROM item WHERE site = ?1 UNION"
                         " SELECT sku FROM sku_sum WHERE site = ?1) WHERE ?2 = '' OR sku = ?2"
                         " ORDER BY sku",
                         V(listing->call->site), V(only));

        while (r == 0 && (r = db_next(&row)) == DB_ROW)
                r = list_sku(listing, db_text(&row, 0));
        return r;
}

int verb_stock(const struct verb_call *call) {
        struct bytes out = { 0 };
        struct listing listing = { call, open_store(call), &out, jsonw_to(&out) };
        int r;

        if (!listing.db)
                return STATUS_FAILED;
        if (call->json) {
                jsonw_object(&listing.w, NULL);
                jsonw_array(&listing.w, "stock");
        } else
                bytes_appendf(&out, "%-16s %-28s %9s %9s %9s\n", "SKU", "NAME", "ON HAND",
                              "RESERVED", "AVAILABLE");
        r = list_skus(&listing);
        if (call->json) {
                jsonw_array_end(&listing.w);
                jsonw_object_end(&listing.w);
                bytes_append_char(&out, '\n');
        }
        return finish(listing.db, r, &out);
}

/* ---- orders ------------------------------------------------------------------------------------------------ */

static int order_json(struct listing *listing, const char *order) {
        CLEANUP(bytes_fini) struct bytes text = { 0 };
        bool ended;
        int r = payload_order(listing->db, listing->call->site, order, &text, &ended);

        if (r == 0)
                jsonw_raw(&listing->w, NULL, bytes_slice(&text));
        return r;
}

int verb_orders(const struct verb_call *call) {
        CLEANUP(db_done) struct db_query row = { NULL };
        const char *only = call->n_words > 0 ? call->words[0] : "";
        struct bytes out = { 0 };
        struct listing listing = { call, open_store(call), &out, jsonw_to(&out) };
        int r;

        if (!listing.db)
                return STATUS_FAILED;
        r = DB_QUERY(listing.db, &row,
                     "SELECT h.ord, CASE WHEN h.cancelled THEN 'cancelled' ELSE"
                     " CASE h.state WHEN 0 THEN 'open' WHEN 1 THEN 'started' WHEN 2 THEN 'picked'"
                     " WHEN 3 THEN 'packed' WHEN 4 THEN 'shipped' ELSE '' END END, h.gateway,"
                     " coalesce(sum(l.ordered), 0), coalesce(sum(l.picked), 0),"
                     " coalesce(sum(l.short), 0) FROM order_head h LEFT JOIN order_line l"
                     " ON l.site = h.site AND l.ord = h.ord WHERE h.site = ?1"
                     " AND (?2 = '' OR h.ord = ?2) GROUP BY h.ord ORDER BY h.ord",
                     V(call->site), V(only));
        if (call->json) {
                jsonw_object(&listing.w, NULL);
                jsonw_array(&listing.w, "orders");
        } else
                bytes_appendf(&out, "%-16s %-10s %-12s %9s %9s %9s\n", "ORDER", "STATE", "GATEWAY",
                              "ORDERED", "PICKED", "SHORT");
        while (r == 0 && (r = db_next(&row)) == DB_ROW) {
                if (call->json) {
                        r = order_json(&listing, db_text(&row, 0));
                        continue;
                }
                bytes_appendf(&out, "%-16s %-10s %-12s", db_text(&row, 0), db_text(&row, 1),
                              db_text(&row, 2));
                for (int i = 3; i < 6; i++)
                        put_qty(&out, db_int(&row, i));
                bytes_append_char(&out, '\n');
                r = 0;
        }
        db_done(&row);
        if (call->json) {
                jsonw_array_end(&listing.w);
                jsonw_object_end(&listing.w);
                bytes_append_char(&out, '\n');
        }
        return finish(listing.db, r, &out);
}

/* ---- exceptions --------------------------------------------------------------------------------------------- */

static void exception_lines(const json_t *list, struct bytes *out) {
        const json_t *one;
        size_t i;

        bytes_appendf(out, "%4s %-14s %-18s %5s %s\n", "PRIO", "ID", "KIND", "COUNT", "WHAT");
        json_array_foreach(list, i, one) {
                const char *found = json_string_value(json_object_get(one, "found"));
                const char *expected = json_string_value(json_object_get(one, "expected"));

                bytes_appendf(out, "%4lld %-14s %-18s %5lld %s%s%s\n",
                              (long long)json_integer_value(json_object_get(one, "priority")),
                              json_string_value(json_object_get(one, "id")),
                              json_string_value(json_object_get(one, "kind")),
                              (long long)json_integer_value(json_object_get(one, "count")),
                              found ? found : "", expected ? "; expected " : "",
                              expected ? expected : "");
        }
}

int verb_exceptions(const struct verb_call *call) {
        CLEANUP(bytes_fini) struct bytes list = { 0 };
        CLEANUP(jsonr_unref) json_t *json = NULL;
        struct jsonr_error error;
        struct bytes out = { 0 };
        struct db *db = open_store(call);
        struct jsonw w = jsonw_to(&list);
        int r;

        if (!db)
                return STATUS_FAILED;
        jsonw_array(&w, NULL);
        r = incident_list(db, call->site, &w);
        jsonw_array_end(&w);
        if (call->json)
                bytes_appendf(&out, "{\"exceptions\":%s}\n", bytes_str(&list));
        else if (r == 0 && jsonr_parse(bytes_slice(&list), &json, &error) == 0)
                exception_lines(json, &out);
        return finish(db, r, &out);
}

/* ---- gateways ----------------------------------------------------------------------------------------------- */

static void gateway_json(const struct db_query *row, struct jsonw *w) {
        jsonw_object(w, NULL);
        jsonw_string(w, "gateway", db_text(row, 0));
        jsonw_string(w, "state", db_text(row, 1));
        jsonw_string(w, "version", db_text(row, 2));
        jsonw_int(w, "events", db_int(row, 3));
        jsonw_int(w, "applied", db_int(row, 4));
        jsonw_int(w, "epochs", db_int(row, 5));
        jsonw_object_end(w);
}

int verb_gateways(const struct verb_call *call) {
        CLEANUP(db_done) struct db_query row = { NULL };
        struct bytes out = { 0 };
        struct db *db = open_store(call);
        struct jsonw w = jsonw_to(&out);
        int r;

        if (!db)
                return STATUS_FAILED;
        r = DB_QUERY(db, &row,
                     "SELECT e.gateway, coalesce(g.state, 'unknown'), coalesce(g.version, ''),"
                     " sum(e.last_seq - e.after_seq), max(e.last_seq), count(*) FROM epoch e"
                     " LEFT JOIN gateway g ON g.site = e.site AND g.gateway = e.gateway"
                     " WHERE e.site = ?1 GROUP BY e.gateway ORDER BY e.gateway",
                     V(call->site));
        if (call->json) {
                jsonw_object(&w, NULL);
                jsonw_array(&w, "gateways");
        } else
                bytes_appendf(&out, "%-16s %-8s %-10s %10s %10s %6s\n", "GATEWAY", "STATE",
                              "VERSION", "EVENTS", "APPLIED", "EPOCHS");
        while (r == 0 && (r = db_next(&row)) == DB_ROW) {
                if (call->json)
                        gateway_json(&row, &w);
                else
                        bytes_appendf(&out, "%-16s %-8s %-10s %10lld %10lld %6lld\n",
                                      db_text(&row, 0), db_text(&row, 1), db_text(&row, 2),
                                      (long long)db_int(&row, 3), (long long)db_int(&row, 4),
                                      (long long)db_int(&row, 5));
                r = 0;
        }
        db_done(&row);
        if (call->json) {
                jsonw_array_end(&w);
                jsonw_object_end(&w);
                bytes_append_char(&out, '\n');
        }
        return finish(db, r, &out);
}

/* ---- verify -------------------------------------------------------------------------------------------------- */

int verb_verify(const struct verb_call *call) {
        struct bytes out = { 0 };
        struct proof proof = { .n_events = 0 };
        struct db *db = open_store(call);
        struct jsonw w = jsonw_to(&out);
        int r, status;

        if (!db)
                return STATUS_FAILED;
        r = proof_run(db, call->site, &proof);
        if (call->json) {
                jsonw_object(&w, NULL);
                jsonw_bool(&w, "ok", r == 0 && proof.n_findings == 0);
                jsonw_uint(&w, "events", proof.n_events);
                jsonw_uint(&w, "gateways", proof.n_gateways);
                jsonw_uint(&w, "findings", proof.n_findings);
                jsonw_string(&w, "text", bytes_str(&proof.text));
                jsonw_object_end(&w);
                bytes_append_char(&out, '\n');
        } else if (r == 0 && proof.n_findings == 0)
                bytes_appendf(&out, "ok: %llu events of %llu gateways\n",
                              (unsigned long long)proof.n_events,
                              (unsigned long long)proof.n_gateways);
        else
                bytes_append_str(&out, bytes_str(&proof.text));
        bytes_fini(&proof.text);
        status = finish(db, r, &out);
        return status == STATUS_OK && proof.n_findings > 0 ? STATUS_FAILED : status;
}
