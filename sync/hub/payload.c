/* SPDX-License-Identifier: MIT */
#include "sync/hub/payload.h"

#include <errno.h>
#include "base/clock.h"
#include "base/jsonw.h"
#include "base/version.h"
#include "sync/event.h"

static int write_lines(struct db *db, const char *site, const char *order, struct jsonw *w) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(db, &row,
                         "SELECT line, sku, ordered, picked, short FROM order_line WHERE site = ?1"
                         " AND ord = ?2 ORDER BY line, sku",
                         V(site), V(order));

        jsonw_array(w, "lines");
        while (r == 0 && (r = db_next(&row)) == DB_ROW) {
                jsonw_object(w, NULL);
                jsonw_int(w, "line", db_int(&row, 0));
                jsonw_string(w, "sku", db_text(&row, 1));
                jsonw_qty(w, "ordered", db_int(&row, 2));
                jsonw_qty(w, "picked", db_int(&row, 3));
                jsonw_qty(w, "short", db_int(&row, 4));
                jsonw_object_end(w);
                r = 0;
        }
        jsonw_array_end(w);
        return r;
}

int payload_order(struct db *db, const char *site, const char *order, struct bytes *out,
                  bool *ret_ended) {
        CLEANUP(db_done) struct db_query row = { NULL };
        struct jsonw w = jsonw_to(out);
        enum order_state state;
        int r = DB_QUERY(db, &row,
                         "SELECT state, cancelled, gateway, carrier, tracking, due FROM order_head"
                         " WHERE site = ?1 AND ord = ?2",
                         V(site), V(order));

        if (r == 0)
                r = db_next(&row);
        if (r != DB_ROW)
                return r < 0 ? r : -ENOENT;
        state = db_int(&row, 1) ? ORDER_CANCELLED : (enum order_state)db_int(&row, 0);
        *ret_ended = state == ORDER_CANCELLED || state == ORDER_SHIPPED;
        jsonw_object(&w, NULL);
        jsonw_int(&w, "v", 1);
        jsonw_string(&w, "order", order);
        jsonw_string(&w, "state", order_state_name(state));
        jsonw_string(&w, "gateway", db_text(&row, 2));
        r = write_lines(db, site, order, &w);
        jsonw_array(&w, "parcels");
        jsonw_array_end(&w);
        jsonw_opt_string(&w, "carrier", db_text(&row, 3));
        jsonw_string(&w, "tracking", db_text(&row, 4));
        if (db_int(&row, 5))
                jsonw_time(&w, "due", db_int(&row, 5));
        jsonw_time(&w, "as_of", clock_wall_ms());
        jsonw_object_end(&w);
        return r < 0 ? r : bytes_error(out);
}

static int write_applied(struct db *db, const char *site, struct jsonw *w) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(db, &row,
                         "SELECT gateway, max(last_seq) FROM epoch WHERE site = ?1"
                         " GROUP BY gateway ORDER BY gateway",
                         V(site));

        jsonw_object(w, "applied");
        while (r == 0 && (r = db_next(&row)) == DB_ROW) {
                jsonw_int(w, db_text(&row, 0), db_int(&row, 1));
                r = 0;
        }
        jsonw_object_end(w);
        return r;
}

int payload_status(struct db *db, const struct hub_config *config, const char *site,
                   const char *state, struct bytes *out) {
        struct jsonw w = jsonw_to(out);
        int r = 0;

        jsonw_object(&w, NULL);
        jsonw_int(&w, "v", 1);
        jsonw_string(&w, "state", state);
        jsonw_string(&w, "instance", config->instance);
        jsonw_string(&w, "version", TALLYMAN_VERSION);
        if (db)
                r = write_applied(db, site, &w);
        jsonw_time(&w, "ts", clock_wall_ms());
        jsonw_object_end(&w);
        return r < 0 ? r : bytes_error(out);
}
