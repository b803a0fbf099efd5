/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Shop: a small warehouse in a ledger of its own, and one station in it, for tables of scans.
 *
 *     { "SO-1", GOOD, "order started SO-1" }
 *
 * Events are shown one after the other with "; " between: "pick TEA 2 A-01>order:SO-1".
 */

#include "agent/flow_view.h"

struct shop {
        char folder[64];
        struct ledger *ledger;
        struct flow_ledger source;
        struct flow_view view;
        struct flow_settings settings;
        struct flow_state state;
        struct flow_effects effects;
        char events[4096];
        bool label; /* the last scan asked for the order's label */
};

struct shop_row {
        const char *scan;
        enum feedback feedback;
        const char *events;
};

#define GOOD FEEDBACK_GOOD
#define BAD FEEDBACK_BAD
#define ATTENTION FEEDBACK_ATTENTION

/* A station in pick mode with the bin's scan required; fails the test that cannot have it. */
void shop_open(struct shop *shop);
void shop_close(struct shop *shop);
/* One feed entry. */
void shop_adopt(struct shop *shop, const char *entry);
/* A scan as a station does it: step, events, count, place. What it did is in shop->events. */
enum feedback shop_scan(struct shop *shop, const char *code);
/* Runs the rows; each state is written and read back between, as by a power cut. */
void shop_run(struct shop *shop, const struct shop_row *rows, size_t n);
#define SHOP_RUN(shop, rows) shop_run((shop), (rows), ARRAY_LEN(rows))
/* Units at a place, over all lots. */
int64_t shop_qty(struct shop *shop, const char *location, const char *sku);
