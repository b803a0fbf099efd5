/* SPDX-License-Identifier: MIT */
#include "sync/hub/incident.h"

#include <errno.h>
#include <stdio.h>
#include "base/clock.h"

/* ---- writing ----------------------------------------------------------------------------------------- */

/* What was raised; states and times follow separately. */
static int store_raised(struct db *db, const char *site, const char *gateway,
                        const struct exception_change *change, int64_t ts_ms,
                        const char *evidence) {
        return DB_RUN(db,
                      "INSERT INTO exception(site, id, gateway, kind, grp, state, severity, owner,"
                      " count, ord, line, sku, location, device, expected, found, has_before,"
                      " before, qty, order_priority, order_due, action, by_whom, note, evidence,"
                      " opened, last, acked, resolved) VALUES(?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8, ?9,"
                      " ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, '', '', '', ?21,"
                      " ?22, ?22, 0, 0) ON CONFLICT(site, id) DO UPDATE SET count = excluded.count,"
                      " severity = max(severity, excluded.severity), last = excluded.last,"
                      " expected = excluded.expected, found = excluded.found,"
                      " before = excluded.before, qty = excluded.qty,"
                      " evidence = excluded.evidence",
                      V(site), V((const char *)change->id), V(gateway), V((int)change->kind),
                      V((const char *)change->group), V((int)change->severity),
                      V((const char *)change->owner), V(change->count),
                      V((const char *)change->order), V(change->line),
                      V((const char *)change->sku), V((const char *)change->location),
                      V((const char *)change->device), V((const char *)change->expected),
                      V((const char *)change->found), V(change->has_stock_before),
                      V(change->stock_before_milli), V(change->qty_milli),
                      V(change->order_priority), V(change->order_due_ms), V(evidence), V(ts_ms));
}

static int store_settled(struct db *db, const char *site, const struct exception_change *change,
                         int64_t ts_ms) {
        if (change->state == EXCEPTION_ACKED)
                return DB_RUN(db,
                              "UPDATE exception SET state = ?3, by_whom = ?4, note = ?5, acked = ?6"
                              " WHERE site = ?1 AND id = ?2 AND resolved = 0",
                              V(site), V((const char *)change->id), V((int)EXCEPTION_ACKED),
                              V((const char *)change->by), V((const char *)change->note), V(ts_ms));
        return DB_RUN(db,
                      "UPDATE exception SET state = ?3, action = ?4, by_whom = ?5, note = ?6,"
                      " resolved = ?7 WHERE site = ?1 AND id = ?2 AND resolved = 0",
                      V(site), V((const char *)change->id), V((int)EXCEPTION_RESOLVED),
                      V((const char *)change->action), V((const char *)change->by),
                      V((const char *)change->note), V(ts_ms));
}

int incident_from_event(struct db *db, struct changes *changes, const char *site,
                        const char *gateway, const struct event *event) {
        const struct exception_change *change = &event->exception;
        bool raised = change->state == EXCEPTION_OPENED || change->state == EXCEPTION_REPEATED;
        int r = raised ? store_raised(db, site, gateway, change, event->ts_ms, "")
                       : store_settled(db, site, change, event->ts_ms);

        return r == 0 ? changes_add(&changes->exceptions, site, change->id) : r;
}

static int find_open(struct db *db, const char *site, struct exception_change *change) {
        CLEANUP(db_done) struct db_query query = { NULL };
        int r = DB_QUERY(db, &query,
                         "SELECT id, count FROM exception WHERE site = ?1 AND kind = ?2"
                         " AND grp = ?3 AND resolved = 0 AND gateway = 'hub'",
                         V(site), V((int)change->kind), V((const char *)change->group));

        if (r == 0)
                r = db_next(&query);
        if (r == DB_ROW) {
                db_copy(&query, 0, change->id, sizeof(change->id));
                change->count = db_int(&query, 1) + 1;
                return 0;
        }
        return r == 0 ? -ENOENT : r;
}

static int next_id(struct db *db, const char *site, struct exception_change *change) {
        CLEANUP(db_done) struct db_query query = { NULL };
        int r = DB_RUN(db,
                       "UPDATE site SET last_exception = last_exception + 1 WHERE site = ?1",
                       V(site));

        if (r == 0)
                r = DB_QUERY(db, &query, "SELECT last_exception FROM site WHERE site = ?1", V(site));
        if (r == 0)
                r = db_next(&query);
        if (r != DB_ROW)
                return r < 0 ? r : -ENOENT;
        (void)snprintf(change->id, sizeof(change->id), "hub-%lld", (long long)db_int(&query, 0));
        change->count = 1;
        return 0;
}

int incident_raise(struct db *db, struct changes *changes, const char *site,
                   const struct exception_change *raised, const char *gateway,
                   const char *evidence) {
        struct exception_change change = *raised;
        char words[512];
        int r = find_open(db, site, &change);

        exception_defaults(change.kind, &change.severity, change.owner);
        if (r == -ENOENT)
                r = next_id(db, site, &change);
        (void)snprintf(words, sizeof(words), "%s%s%s", gateway, *evidence ? ": " : "", evidence);
        if (r == 0)
                r = store_raised(db, site, "hub", &change, clock_wall_ms(), words);
        return r == 0 ? changes_add(&changes->exceptions, site, change.id) : r;
}

int incident_resolve(struct db *db, struct changes *changes, const char *site, const char *id,
                     const char *action, const char *by, const char *note) {
        struct exception_change change = { .state = EXCEPTION_RESOLVED };
        CLEANUP(db_done) struct db_query query = { NULL };
        int r = DB_QUERY(db, &query, "SELECT 1 FROM exception WHERE site = ?1 AND id = ?2", V(site),
                         V(id));

        if (r == 0)
                r = db_next(&query);
        if (r != DB_ROW)
                return r < 0 ? r : -ENOENT;
        db_done(&query);
        (void)snprintf(change.id, sizeof(change.id), "%s", id);
        (void)snprintf(change.action, sizeof(change.action), "%s", action);
        (void)snprintf(change.by, sizeof(change.by), "%s", by);
        (void)snprintf(change.note, sizeof(change.note), "%s", note);
        r = store_settled(db, site, &change, clock_wall_ms());
        return r == 0 ? changes_add(&changes->exceptions, site, id) : r;
}

/* ---- showing ------------------------------------------------------------------------------------------ */

#define COLUMNS                                                                                   \
        " id, gateway, kind, grp, state, severity, owner, count, ord, line, sku, location, device," \
        " expected, found, has_before, before, qty, order_priority, order_due, action, by_whom," \
        " note, evidence, opened, last, acked, resolved FROM exception "

static void write_evidence(const struct db_query *row, struct jsonw *w) {
        jsonw_opt_string(w, "order", db_text(row, 8));
        if (db_int(row, 9) > 0)
                jsonw_int(w, "line", db_int(row, 9));
        jsonw_opt_string(w, "sku", db_text(row, 10));
        jsonw_opt_string(w, "location", db_text(row, 11));
        jsonw_opt_string(w, "device", db_text(row, 12));
        jsonw_opt_string(w, "expected", db_text(row, 13));
        jsonw_opt_string(w, "found", db_text(row, 14));
        if (db_int(row, 15))
                jsonw_qty(w, "stock_before", db_int(row, 16));
        if (db_int(row, 17))
                jsonw_qty(w, "qty", db_int(row, 17));
        if (db_int(row, 18))
                jsonw_int(w, "order_priority", db_int(row, 18));
        if (db_int(row, 19))
                jsonw_time(w, "order_due", db_int(row, 19));
        jsonw_opt_string(w, "evidence", db_text(row, 23));
}

static void write_settled(const struct db_query *row, struct jsonw *w) {
        jsonw_opt_string(w, "action", db_text(row, 20));
        jsonw_opt_string(w, "by", db_text(row, 21));
        jsonw_opt_string(w, "note", db_text(row, 22));
        jsonw_time(w, "opened", db_int(row, 24));
        jsonw_time(w, "last", db_int(row, 25));
        if (db_int(row, 26))
                jsonw_time(w, "acked", db_int(row, 26));
        if (db_int(row, 27))
                jsonw_time(w, "resolved", db_int(row, 27));
}

static const char *state_word(const struct db_query *row) {
        static const char *const words[] = { [EXCEPTION_OPENED] = "open",
                                             [EXCEPTION_REPEATED] = "open",
                                             [EXCEPTION_ACKED] = "acked",
                                             [EXCEPTION_RESOLVED] = "resolved" };
        int64_t state = db_int(row, 4);

        return state >= 0 && state < (int64_t)ARRAY_LEN(words) ? words[state] : "open";
}

static void write_row(const struct db_query *row, struct jsonw *w) {
        enum severity severity = (enum severity)db_int(row, 5);

        jsonw_object(w, NULL);
        jsonw_int(w, "v", 1);
        jsonw_string(w, "id", db_text(row, 0));
        jsonw_string(w, "gateway", db_text(row, 1));
        jsonw_string(w, "kind", exception_kind_name((enum exception_kind)db_int(row, 2)));
        jsonw_string(w, "state", state_word(row));
        jsonw_string(w, "severity", severity_name(severity));
        jsonw_string(w, "owner", db_text(row, 6));
        jsonw_int(w, "priority",
                  exception_priority(severity, db_int(row, 7), db_int(row, 19), clock_wall_ms()));
        jsonw_string(w, "group", db_text(row, 3));
        jsonw_int(w, "count", db_int(row, 7));
        write_evidence(row, w);
        write_settled(row, w);
        jsonw_object_end(w);
}

int incident_write(struct db *db, const char *site, const char *id, struct bytes *out,
                   bool *ret_open) {
        CLEANUP(db_done) struct db_query row = { NULL };
        struct jsonw w = jsonw_to(out);
        int r = DB_QUERY(db, &row, "SELECT" COLUMNS "WHERE site = ?1 AND id = ?2", V(site), V(id));

        if (r == 0)
                r = db_next(&row);
        if (r != DB_ROW)
                return r < 0 ? r : -ENOENT;
        *ret_open = db_int(&row, 27) == 0;
        write_row(&row, &w);
        return bytes_error(out);
}

int incident_list(struct db *db, const char *site, struct jsonw *w) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(db, &row,
                         "SELECT" COLUMNS "WHERE site = ?1 AND resolved = 0"
                         " ORDER BY (severity + 1) * min(count, 10) DESC, opened, id",
                         V(site));

        while (r == 0 && (r = db_next(&row)) == DB_ROW) {
                write_row(&row, w);
                r = 0;
        }
        return r;
}

int incident_mark(struct db *db, struct changes *changes, const char *site, int64_t since_ms) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(db, &row,
                         "SELECT id FROM exception WHERE site = ?1"
                         " AND (resolved = 0 OR resolved >= ?2)",
                         V(site), V(since_ms));

        while (r == 0 && (r = db_next(&row)) == DB_ROW)
                r = changes_add(&changes->exceptions, site, db_text(&row, 0));
        return r;
}
