/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include "agent/ledger/internal.h"

/* Where stations are, and what they have counted so far. Not events: they say how work stands, not what happened. */

int ledger_place_load(struct ledger *ledger, const char *station, struct bytes *ret_state) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        struct slice state;
        int r = db_query(ledger, BOOK_MAIN, SQL_PLACE_GET, &row, "t", station);

        if (r < 0)
                return r;
        state = db_slice(row, 0);
        bytes_append(ret_state, state.bytes, state.len);
        return bytes_error(ret_state);
}

int ledger_place_save(struct ledger *ledger, const char *station, struct slice state) {
        if (state.len > LEDGER_PLACE_BYTES_MAX)
                return db_refuse(ledger, -EMSGSIZE, "a place of %zu bytes", state.len);
        return db_run(ledger, BOOK_MAIN, SQL_PLACE_SET, "ts", station, state);
}

int ledger_count_add(struct ledger *ledger, const char *station, const char *sku, const char *lot,
                     int64_t qty_milli) {
        int r = db_run(ledger, BOOK_MAIN, SQL_COUNTED_ADD, "ttti", station, sku, lot, qty_milli);

        /* Taken back whole is not seen at all, which differs from seen and counted as 0. */
        return r == 0 && qty_milli < 0 ? ledger_count_drop(ledger, station, sku, lot) : r;
}

int ledger_count_drop(struct ledger *ledger, const char *station, const char *sku, const char *lot) {
        return db_run(ledger, BOOK_MAIN, SQL_COUNTED_DROP, "ttt", station, sku, lot);
}

int ledger_count_clear(struct ledger *ledger, const char *station) {
        return db_run(ledger, BOOK_MAIN, SQL_COUNTED_CLEAR, "t", station);
}

int ledger_counted(struct ledger *ledger, const char *station, int n, struct ledger_counted *ret) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_COUNTED_GET, &row, "tn", station, n);

        if (r < 0)
                return r;
        db_text(row, 0, ret->sku, sizeof(ret->sku));
        db_text(row, 1, ret->lot, sizeof(ret->lot));
        ret->qty_milli = db_int(row, 2);
        return 0;
}
