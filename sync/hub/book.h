/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Book: events to the hub's figures. A batch's changes are gathered by key and written once a key, so that a
 * backlog costs one row where a thousand picks took from one bin.
 */

#include "sync/event.h"
#include "sync/hub/changes.h"
#include "sync/hub/db.h"

struct book {
        struct db *db;
        struct changes *changes;
        char site[NAME_SIZE];
        char gateway[NAME_SIZE];
        int64_t epoch_id;
        int64_t received_ms;
        struct keymap stock;  /* location, sku, lot: qty */
        struct keymap totals; /* sku: sell, picked */
        struct keymap lines;  /* order, line, sku: picked, short */
        struct keymap demand; /* sku, day: picked */
};

void book_fini(struct book *book);
/* Begins with nothing gathered. Names are copied. */
void book_begin(struct book *book, const char *site, const char *gateway, int64_t epoch_id,
                int64_t received_ms);
MUST_CHECK int book_event(struct book *book, const struct event *event);
/* Writes what was gathered. */
MUST_CHECK int book_flush(struct book *book);

/* Places whose stock gateways are told: real ones, and what is held for them. */
bool book_is_told(const char *location);

/* Adds @milli of a place to a part's share, outside of events (a lost branch goes to another part). */
MUST_CHECK int book_add_stock(struct db *db, const char *site, const char *part,
                              const struct move *move, const char *location, int64_t milli);
/* What an order's lines still want, after their sums or the order's state changed. */
MUST_CHECK int book_reopen_lines(struct db *db, const char *site, const char *order);
/* The order and all that it reserves has to be told. */
MUST_CHECK int book_mark_order(struct db *db, struct changes *changes, const char *site,
                               const char *order);
