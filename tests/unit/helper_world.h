/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * World: a warehouse in memory with one station, for tests of the workflows. It answers a flow_view
 * from static tables, and applies the events of each step to itself as the ledger would
 * (agent/ledger/project.c).
 *
 *     items      TEA (max 20), CUP (code 05012345678900, case BOX-CUP of 12), OIL (2 decimals), PEN
 *     locations  A-01 A-02 B-01 (bins, in walking order; the code of A-02 is LOC2), DOCK,
 *                RET (kind returns), Q-1 (kind quarantine)
 *     operators  badges OP-1 (op-1, Ann) and OP-2 (op-2, Bob)
 *     orders     SO-1   1: TEA 6 A-01   2: CUP 2 A-02
 *                SO-2   1: PEN 3 (no location)
 *                SO-3   1: TEA 2 A-01   2: TEA 5 A-01   3: TEA 1 B-01
 *                SO-4   TEA 30 A-01     over TEA's max_qty
 *                SO-5   of gateway gw-2
 *                SO-6   cancelled       SO-7  no lines
 *                SO-8   GLUE 1 (no location, in no bin)
 *     stock      A-01: TEA 40, PEN 4    A-02: CUP 24   B-01: TEA 5, OIL 2.5, PEN 9
 */

#include "agent/flow/flow.h"

enum {
        WORLD_ORDERS_MAX = 16,
        WORLD_LINES_MAX = 4,
        WORLD_STOCK_MAX = 4096,
        WORLD_COUNTED_MAX = 16,
        WORLD_MOVES_MAX = 256, /* so far back goes T$UNDO */
        WORLD_SCAN_MAX = 2048,
};

struct world_line {
        const char *sku;
        int64_t qty_milli;
        const char *location; /* "": anywhere */
        int64_t picked_milli, short_milli;
};

struct world_order {
        char order[ID_SIZE];
        const char *gateway;
        bool cancelled;
        struct world_line lines[WORLD_LINES_MAX];
        enum order_state state;
        char tote[ID_SIZE];
};

struct world_move {
        uint64_t seq;
        bool reversed;
        struct move move;
};

struct world {
        struct flow_settings settings;
        struct flow_view view;
        struct flow_state state;
        struct flow_effects effects;
        struct world_order orders[WORLD_ORDERS_MAX];
        struct ledger_stock stock[WORLD_STOCK_MAX]; /* by location, sku, lot; nothing is 0 */
        size_t n_stock;
        struct ledger_counted counted[WORLD_COUNTED_MAX]; /* by sku */
        size_t n_counted;
        struct world_move moves[WORLD_MOVES_MAX]; /* a ring; without reversals */
        size_t n_moves;
        uint64_t last_seq;
        int fail; /* negative errno: the view's answer to everything */
};

void world_init(struct world *world);
void world_fini(struct world *world);

/* One scan, all that it does to the world, and in words what it did:
 * "good; pick TEA 2 A-01>order:SO-1 SO-1/1; order picked SO-1". Valid until the next. */
const char *world_scan(struct world *world, const char *scan);
const char *world_scan_slice(struct world *world, struct slice scan);

struct world_row {
        const char *scan, *wanted;
        const char *says; /* a part of the message; NULL: any */
};

/* Runs the rows one after another; the first that differs fails the test and is named. */
void world_run(struct world *world, const struct world_row *rows, size_t n_rows);
#define WORLD_RUN(world, rows) world_run((world), (rows), ARRAY_LEN(rows))

int64_t world_qty(const struct world *world, const char *location, const char *sku);
struct world_order *world_order_of(struct world *world, const char *order); /* NULL: none */
/* What the outside does: no event of this station. */
void world_book(struct world *world, const char *sku, int64_t milli, const char *from,
                const char *to);
/* The instruction on the screen. Valid until the next call. */
const char *world_instruction(struct world *world);
