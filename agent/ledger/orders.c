/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include "agent/ledger/internal.h"

static int read_head(struct ledger *ledger, const char *order, struct ledger_order *ret) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_ORDER_GET, &row, "t", order);

        if (r < 0)
                return r;
        *ret = (struct ledger_order) { .priority = db_int(row, 1), .due_ms = db_int(row, 2) };
        r = str_copy(ret->order, sizeof(ret->order), order);
        db_text(row, 0, ret->gateway, sizeof(ret->gateway));
        ret->cancelled = db_int(row, 3) != 0;
        db_text(row, 4, ret->carrier, sizeof(ret->carrier));
        db_text(row, 5, ret->tracking, sizeof(ret->tracking));
        ret->state = ret->cancelled ? ORDER_CANCELLED : (enum order_state)db_int(row, 6);
        db_text(row, 7, ret->tote, sizeof(ret->tote));
        return r;
}

int ledger_order(struct ledger *ledger, const char *order, struct ledger_order *ret) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = read_head(ledger, order, ret);

        if (r == 0)
                r = db_query(ledger, BOOK_MAIN, SQL_ORDER_SUMS, &row, "t", order);
        if (r < 0)
                return r;
        ret->n_lines = db_int(row, 0);
        ret->n_open_lines = db_int(row, 1);
        ret->ordered_milli = db_int(row, 2);
        ret->picked_milli = db_int(row, 3);
        ret->short_milli = db_int(row, 4);
        return 0;
}

int ledger_order_by_tote(struct ledger *ledger, const char *tote, struct ledger_order *ret) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        char order[ID_SIZE];
        int r = db_query(ledger, BOOK_MAIN, SQL_ORDER_BY_TOTE, &row, "t", tote);

        if (r < 0)
                return r;
        db_text(row, 0, order, sizeof(order));
        return ledger_order(ledger, order, ret);
}

static int read_line(int r, sqlite3_stmt **row, struct ledger_line *ret) {
        if (r < 0)
                return r;
        *ret = (struct ledger_line) { .line = db_int(*row, 0), .walk = db_int(*row, 4) };
        db_text(*row, 1, ret->sku, sizeof(ret->sku));
        db_text(*row, 2, ret->name, sizeof(ret->name));
        db_text(*row, 3, ret->location, sizeof(ret->location));
        ret->ordered_milli = db_int(*row, 5);
        ret->picked_milli = db_int(*row, 6);
        ret->short_milli = db_int(*row, 7);
        ret->anywhere = db_int(*row, 8) != 0;
        return 0;
}

int ledger_open_line(struct ledger *ledger, const char *order, const char *location,
                     const char *sku, int n, struct ledger_line *ret) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r;

        if (location && sku)
                r = db_query(ledger, BOOK_MAIN, SQL_OPEN_LINE, &row, "tttn", order, location, sku,
                             n);
        else if (location)
                r = db_query(ledger, BOOK_MAIN, SQL_OPEN_LINE, &row, "ttzn", order, location, n);
        else if (sku)
                r = db_query(ledger, BOOK_MAIN, SQL_OPEN_LINE, &row, "tztn", order, sku, n);
        else
                r = db_query(ledger, BOOK_MAIN, SQL_OPEN_LINE, &row, "tzzn", order, n);
        return read_line(r, &row, ret);
}

int ledger_order_line(struct ledger *ledger, const char *order, int n, struct ledger_line *ret) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_ORDER_LINE, &row, "tn", order, n);

        return read_line(r, &row, ret);
}
