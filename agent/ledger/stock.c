/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include "agent/ledger/internal.h"

int ledger_stock_qty(struct ledger *ledger, const char *location, const char *sku, const char *lot,
                     int64_t *ret_milli) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = lot ? db_query(ledger, BOOK_MAIN, SQL_STOCK_QTY_LOT, &row, "ttt", location, sku, lot)
                    : db_query(ledger, BOOK_MAIN, SQL_STOCK_QTY, &row, "tt", location, sku);

        if (r == 0)
                *ret_milli = db_int(row, 0);
        return r;
}

static void read_stock(sqlite3_stmt *row, struct ledger_stock *ret) {
        db_text(row, 0, ret->location, sizeof(ret->location));
        db_text(row, 1, ret->sku, sizeof(ret->sku));
        db_text(row, 2, ret->lot, sizeof(ret->lot));
        ret->qty_milli = db_int(row, 3);
}

int ledger_stock_at(struct ledger *ledger, const char *location, int n, struct ledger_stock *ret) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_STOCK_AT, &row, "tn", location, n);

        if (r == 0)
                read_stock(row, ret);
        return r;
}

int ledger_stock_each(struct ledger *ledger, const char *sku, const char *location,
                      int (*each)(void *userdata, const struct ledger_stock *stock),
                      void *userdata) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r;

        if (sku && location)
                r = db_query(ledger, BOOK_MAIN, SQL_STOCK_OF_BOTH, &row, "tt", sku, location);
        else if (sku)
                r = db_query(ledger, BOOK_MAIN, SQL_STOCK_OF_SKU, &row, "t", sku);
        else if (location)
                r = db_query(ledger, BOOK_MAIN, SQL_STOCK_OF_LOCATION, &row, "t", location);
        else
                r = db_query(ledger, BOOK_MAIN, SQL_STOCK_ALL, &row, "");
        while (r == 0) {
                struct ledger_stock stock;

                read_stock(row, &stock);
                r = each(userdata, &stock);
                if (r != 0)
                        return r;
                r = db_next(ledger, row);
        }
        return r == -ENOENT ? 0 : r;
}

/* ---- T$UNDO --------------------------------------------------------------------------------------- */

/* Moves that later events have reversed; the search goes backwards and meets the reversal first. */
struct reversed {
        uint64_t seqs[LEDGER_UNDO_EVENTS_MAX];
        size_t n;
};

static bool is_reversed(const struct reversed *reversed, uint64_t seq) {
        for (size_t i = 0; i < reversed->n; i++)
                if (reversed->seqs[i] == seq)
                        return true;
        return false;
}

/* 1: this is it. */
static int undo_look(struct reversed *reversed, const char *station, struct slice line,
                     struct event *ret_event) {
        char why[160];
        int r = event_parse(line, ret_event, why, sizeof(why));

        if (r < 0)
                return r;
        if (r > 0 || ret_event->type != EVENT_MOVE || strcmp(ret_event->station, station) != 0)
                return 0;
        if (ret_event->move.kind == MOVE_REVERSE) {
                reversed->seqs[reversed->n++] = ret_event->move.reverses;
                return 0;
        }
        return is_reversed(reversed, ret_event->seq) ? 0 : 1;
}

int ledger_last_move(struct ledger *ledger, const char *station, struct event *ret_event) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        struct reversed reversed = { .n = 0 };
        int r = db_query(ledger, BOOK_MAIN, SQL_EVENTS_BACK, &row, "n", LEDGER_UNDO_EVENTS_MAX);

        while (r == 0) {
                r = undo_look(&reversed, station, db_slice(row, 0), ret_event);
                if (r != 0)
                        break;
                r = db_next(ledger, row);
        }
        return r == 1 ? 0 : r;
}
