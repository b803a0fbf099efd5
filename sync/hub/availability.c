/* SPDX-License-Identifier: MIT */
#include "sync/hub/availability.h"

enum { COVER_DAYS = 28, DAY_MS = 24 * 3600 * 1000 };

static int read_item(struct db *db, const char *site, const char *sku, struct availability *ret,
                     int64_t *ret_reorder_days) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(db, &row,
                         "SELECT name, safety, reorder_days FROM item WHERE site = ?1 AND sku = ?2",
                         V(site), V(sku));

        if (r == 0)
                r = db_next(&row);
        if (r == DB_ROW) {
                ret->known = true;
                db_copy(&row, 0, ret->name, sizeof(ret->name));
                ret->safety_milli = db_int(&row, 1);
                *ret_reorder_days = db_int(&row, 2);
        }
        return r < 0 ? r : 0;
}

static int read_applied(struct db *db, const char *site, const char *sku,
                        struct availability *ret) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(db, &row, "SELECT on_hand FROM sku_sum WHERE site = ?1 AND sku = ?2",
                         V(site), V(sku));

        if (r == 0)
                r = db_next(&row);
        if (r == DB_ROW) {
                ret->known = true;
                ret->on_hand_milli = db_int(&row, 0);
        }
        return r < 0 ? r : 0;
}

/* Whichever is newer, the log applied or the totals: what the totals are ahead. */
static int read_ahead(struct db *db, const char *site, const char *sku, struct availability *ret,
                      int64_t *ret_sell, int64_t *ret_picked) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(db, &row,
                         "SELECT sum(a.sell - coalesce(e.sell, 0)),"
                         " sum(a.picked - coalesce(e.picked, 0)), count(*) FROM ahead a"
                         " LEFT JOIN epoch p ON p.site = a.site AND p.gateway = a.gateway"
                         " AND p.epoch = a.epoch LEFT JOIN epoch_sku e ON e.epoch = p.id"
                         " AND e.sku = a.sku WHERE a.site = ?1 AND a.sku = ?2",
                         V(site), V(sku));

        if (r == 0)
                r = db_next(&row);
        *ret_sell = r == DB_ROW ? db_int(&row, 0) : 0;
        *ret_picked = r == DB_ROW ? db_int(&row, 1) : 0;
        ret->known = ret->known || (r == DB_ROW && db_int(&row, 2) > 0);
        return r < 0 ? r : 0;
}

static int read_sum(struct db_query *row, int64_t *ret) {
        int r = db_next(row);

        *ret = r == DB_ROW ? db_int(row, 0) : 0;
        return r < 0 ? r : 0;
}

static int read_open(struct db *db, const char *site, const char *sku, int64_t *ret) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(db, &row,
                         "SELECT sum(open) FROM order_line WHERE site = ?1 AND sku = ?2"
                         " AND open > 0",
                         V(site), V(sku));

        return r == 0 ? read_sum(&row, ret) : r;
}

static int read_demand(struct db *db, const char *site, const char *sku, int64_t now_ms,
                       int64_t *ret) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(db, &row,
                         "SELECT sum(picked) FROM demand WHERE site = ?1 AND sku = ?2 AND day > ?3",
                         V(site), V(sku), V(now_ms / DAY_MS - COVER_DAYS));

        return r == 0 ? read_sum(&row, ret) : r;
}

static void set_flags(struct availability *a, int64_t reorder_days) {
        a->out = a->available_milli == 0;
        a->low = a->on_hand_milli < a->safety_milli ||
                 (reorder_days > 0 && a->has_cover && a->cover_milli < reorder_days * 1000);
        a->oversell_risk = a->on_hand_milli < a->reserved_milli;
}

int availability_of(struct db *db, const char *site, const char *sku, int64_t now_ms,
                    struct availability *ret) {
        int64_t reorder_days = 0, sell = 0, picked = 0, open = 0, demand = 0, free_milli;
        int r;

        *ret = (struct availability) { .known = false };
        r = read_item(db, site, sku, ret, &reorder_days);
        if (r == 0)
                r = read_applied(db, site, sku, ret);
        if (r == 0)
                r = read_ahead(db, site, sku, ret, &sell, &picked);
        if (r == 0)
                r = read_open(db, site, sku, &open);
        if (r == 0)
                r = read_demand(db, site, sku, now_ms, &demand);
        if (r < 0)
                return r;
        ret->on_hand_milli += sell;
        ret->reserved_milli = open > picked ? open - picked : 0;
        free_milli = ret->on_hand_milli - ret->reserved_milli - ret->safety_milli;
        ret->available_milli = free_milli > 0 ? free_milli : 0;
        ret->has_cover = demand > 0 && ret->on_hand_milli >= 0;
        if (ret->has_cover)
                ret->cover_milli = (int64_t)((__int128)ret->on_hand_milli * COVER_DAYS * 1000 / demand);
        set_flags(ret, reorder_days);
        return 0;
}

void availability_write(const struct availability *a, const char *sku, int64_t now_ms,
                        struct jsonw *w) {
        jsonw_object(w, NULL);
        jsonw_int(w, "v", 1);
        jsonw_string(w, "sku", sku);
        jsonw_qty(w, "on_hand", a->on_hand_milli);
        jsonw_qty(w, "reserved", a->reserved_milli);
        jsonw_qty(w, "available", a->available_milli);
        jsonw_qty(w, "safety", a->safety_milli);
        jsonw_array(w, "flags");
        if (a->low)
                jsonw_string(w, NULL, "low");
        if (a->out)
                jsonw_string(w, NULL, "out");
        if (a->oversell_risk)
                jsonw_string(w, NULL, "oversell_risk");
        jsonw_array_end(w);
        if (a->has_cover)
                jsonw_qty(w, "days_of_cover", a->cover_milli);
        else
                jsonw_null(w, "days_of_cover");
        jsonw_time(w, "as_of", now_ms);
        jsonw_object_end(w);
}
