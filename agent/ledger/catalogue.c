/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include "agent/ledger/internal.h"
#include "sync/feed_entry.h"

/* What a code is, from what the feed brought. */

static int read_item(int r, sqlite3_stmt **row, struct ledger_item *ret) {
        int64_t track;

        if (r < 0)
                return r;
        *ret = (struct ledger_item) { .decimals = (int)db_int(*row, 2) };
        db_text(*row, 0, ret->sku, sizeof(ret->sku));
        db_text(*row, 1, ret->name, sizeof(ret->name));
        track = db_int(*row, 3);
        ret->track_lot = track & FEED_TRACK_LOT;
        ret->track_expiry = track & FEED_TRACK_EXPIRY;
        ret->track_serial = track & FEED_TRACK_SERIAL;
        ret->safety_milli = db_int(*row, 4);
        ret->max_qty_milli = db_int(*row, 5);
        ret->case_milli = db_int(*row, 6);
        return 0;
}

int ledger_item_by_code(struct ledger *ledger, struct slice code, struct ledger_item *ret) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_ITEM_BY_CODE, &row, "s", code);

        return read_item(r, &row, ret);
}

int ledger_item_by_gtin(struct ledger *ledger, const char gtin14[15], struct ledger_item *ret) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_ITEM_BY_GTIN, &row, "t", gtin14);

        return read_item(r, &row, ret);
}

int ledger_item(struct ledger *ledger, const char *sku, struct ledger_item *ret) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_ITEM_GET, &row, "t", sku);

        return read_item(r, &row, ret);
}

static int read_location(int r, sqlite3_stmt **row, struct ledger_location *ret) {
        if (r < 0)
                return r;
        db_text(*row, 0, ret->location, sizeof(ret->location));
        db_text(*row, 1, ret->kind, sizeof(ret->kind));
        ret->sellable = db_int(*row, 2) != 0;
        ret->walk = db_int(*row, 3);
        return 0;
}

int ledger_location(struct ledger *ledger, const char *location, struct ledger_location *ret) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_LOCATION_GET, &row, "t", location);

        return read_location(r, &row, ret);
}

int ledger_location_by_code(struct ledger *ledger, struct slice code, struct ledger_location *ret) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_LOCATION_BY_CODE, &row, "s", code);

        return read_location(r, &row, ret);
}

int ledger_location_of_kind(struct ledger *ledger, const char *kind, struct ledger_location *ret) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_LOCATION_OF_KIND, &row, "t", kind);

        return read_location(r, &row, ret);
}

int ledger_operator_by_badge(struct ledger *ledger, struct slice code,
                             struct ledger_operator *ret) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_OPERATOR_BY_BADGE, &row, "s", code);

        if (r < 0)
                return r;
        db_text(row, 0, ret->operator_id, sizeof(ret->operator_id));
        db_text(row, 1, ret->name, sizeof(ret->name));
        db_text(row, 2, ret->role, sizeof(ret->role));
        return 0;
}
