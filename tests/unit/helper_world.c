/* SPDX-License-Identifier: MIT */
#include "tests/unit/helper_world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "base/bytes.h"
#include "base/qty.h"

/* ---- the tables ------------------------------------------------------------------------------ */

static const struct {
        const char *code;
        struct ledger_item item;
} items[] = {
        { "TEA", { "TEA", "Green Tea", QTY_UNIT, 0, false, false, false, 0, 20 * QTY_UNIT } },
        { "CUP", { "CUP", "Cup", QTY_UNIT, 0, false, false, false, 0, 1000 * QTY_UNIT } },
        { "05012345678900",
          { "CUP", "Cup", QTY_UNIT, 0, false, false, false, 0, 1000 * QTY_UNIT } },
        { "BOX-CUP", { "CUP", "Cup", 12 * QTY_UNIT, 0, false, false, false, 0, 1000 * QTY_UNIT } },
        { "OIL", { "OIL", "Oil", QTY_UNIT, 2, false, false, false, 0, 1000 * QTY_UNIT } },
        { "PEN", { "PEN", "Pen", QTY_UNIT, 0, false, false, false, 0, 1000 * QTY_UNIT } },
        { "GLUE", { "GLUE", "Glue", QTY_UNIT, 0, false, false, false, 0, 1000 * QTY_UNIT } },
};

static const struct {
        const char *code;
        struct ledger_location location;
} locations[] = {
        { "A-01", { "A-01", "bin", true, 10 } },
        { "LOC2", { "A-02", "bin", true, 20 } },
        { "B-01", { "B-01", "bin", true, 30 } },
        { "DOCK", { "DOCK", "dock", false, 0 } },
        { "RET", { "RET", "returns", false, 0 } },
        { "Q-1", { "Q-1", "quarantine", false, 0 } },
};

static const struct {
        const char *badge;
        struct ledger_operator operator;
} operators[] = {
        { "OP-1", { "op-1", "Ann", "picker" } },
        { "OP-2", { "op-2", "Bob", "lead" } },
};

static const struct world_order orders[] = {
        { "SO-1", "gw-1", false,
          { { "TEA", 6000, "A-01", 0, 0 }, { "CUP", 2000, "A-02", 0, 0 } }, 0, "" },
        { "SO-2", "", false, { { "PEN", 3000, "", 0, 0 } }, 0, "" },
        { "SO-3", "", false,
          { { "TEA", 2000, "A-01", 0, 0 },
            { "TEA", 5000, "A-01", 0, 0 },
            { "TEA", 1000, "B-01", 0, 0 } },
          0, "" },
        { "SO-4", "", false, { { "TEA", 30000, "A-01", 0, 0 } }, 0, "" },
        { "SO-5", "gw-2", false, { { "TEA", 1000, "A-01", 0, 0 } }, 0, "" },
        { "SO-6", "", true, { { "TEA", 1000, "A-01", 0, 0 } }, 0, "" },
        { "SO-7", "", false, { { 0 } }, 0, "" },
        { "SO-8", "", false, { { "GLUE", 1000, "", 0, 0 } }, 0, "" },
};

/* ---- stock ----------------------------------------------------------------------------------- */

static int stock_order(const struct ledger_stock *a, const struct ledger_stock *b) {
        int r = strcmp(a->location, b->location);

        if (r == 0)
                r = strcmp(a->sku, b->sku);
        return r ? r : strcmp(a->lot, b->lot);
}

static void stock_add(struct world *world, const char *location, const char *sku, const char *lot,
                      int64_t milli) {
        struct ledger_stock row = { .qty_milli = milli };
        size_t at = 0;

        assert_int_equal(str_copy(row.location, sizeof(row.location), location), 0);
        assert_int_equal(str_copy(row.sku, sizeof(row.sku), sku), 0);
        assert_int_equal(str_copy(row.lot, sizeof(row.lot), lot), 0);
        while (at < world->n_stock && stock_order(&world->stock[at], &row) < 0)
                at++;
        if (at == world->n_stock || stock_order(&world->stock[at], &row) != 0) {
                assert_true(world->n_stock < WORLD_STOCK_MAX);
                memmove(world->stock + at + 1, world->stock + at,
                        (world->n_stock - at) * sizeof(row));
                world->stock[at] = row;
                world->n_stock++;
        } else {
                world->stock[at].qty_milli += milli;
        }
        if (world->stock[at].qty_milli == 0) {
                world->n_stock--;
                memmove(world->stock + at, world->stock + at + 1,
                        (world->n_stock - at) * sizeof(row));
        }
}

void world_book(struct world *world, const char *sku, int64_t milli, const char *from,
                const char *to) {
        stock_add(world, from, sku, "", -milli);
        stock_add(world, to, sku, "", milli);
}

static int64_t qty_of(const struct world *world, const char *location, const char *sku,
                      const char *lot) {
        int64_t milli = 0;

        for (size_t i = 0; i < world->n_stock; i++)
                if (strcmp(world->stock[i].location, location) == 0 &&
                    strcmp(world->stock[i].sku, sku) == 0 &&
                    (!lot || strcmp(world->stock[i].lot, lot) == 0))
                        milli += world->stock[i].qty_milli;
        return milli;
}

int64_t world_qty(const struct world *world, const char *location, const char *sku) {
        return qty_of(world, location, sku, NULL);
}

/* ---- the view: what things are --------------------------------------------------------------- */

static int view_operator_by_badge(void *ctx, struct slice code, struct ledger_operator *ret) {
        struct world *world = ctx;

        for (size_t i = 0; i < ARRAY_LEN(operators); i++)
                if (slice_is(code, operators[i].badge)) {
                        *ret = operators[i].operator;
                        return world->fail;
                }
        return world->fail ? world->fail : -ENOENT;
}

static int view_location_by_code(void *ctx, struct slice code, struct ledger_location *ret) {
        struct world *world = ctx;

        for (size_t i = 0; i < ARRAY_LEN(locations); i++)
                if (slice_is(code, locations[i].code)) {
                        *ret = locations[i].location;
                        return world->fail;
                }
        return world->fail ? world->fail : -ENOENT;
}

static int view_location_of_kind(void *ctx, const char *kind, struct ledger_location *ret) {
        struct world *world = ctx;

        for (size_t i = 0; i < ARRAY_LEN(locations); i++)
                if (strcmp(locations[i].location.kind, kind) == 0) {
                        *ret = locations[i].location;
                        return world->fail;
                }
        return world->fail ? world->fail : -ENOENT;
}

static int view_item_by_code(void *ctx, struct slice code, struct ledger_item *ret) {
        struct world *world = ctx;

        for (size_t i = 0; i < ARRAY_LEN(items); i++)
                if (slice_is(code, items[i].code)) {
                        *ret = items[i].item;
                        return world->fail;
                }
        return world->fail ? world->fail : -ENOENT;
}

static int view_item_by_gtin(void *ctx, const char gtin14[15], struct ledger_item *ret) {
        return view_item_by_code(ctx, slice_of(gtin14), ret);
}

static int view_item(void *ctx, const char *sku, struct ledger_item *ret) {
        return view_item_by_code(ctx, slice_of(sku), ret);
}

/* ---- the view: orders ------------------------------------------------------------------------ */

struct world_order *world_order_of(struct world *world, const char *order) {
        for (size_t i = 0; i < WORLD_ORDERS_MAX; i++)
                if (order[0] && strcmp(world->orders[i].order, order) == 0)
                        return &world->orders[i];
        return NULL;
}

static bool line_open(const struct world_line *line) {
        return line->sku && line->qty_milli > line->picked_milli + line->short_milli;
}

static void order_sums(const struct world_order *order, struct ledger_order *ret) {
        *ret = (struct ledger_order) { .cancelled = order->cancelled, .priority = 50 };
        memcpy(ret->order, order->order, sizeof(ret->order));
        memcpy(ret->tote, order->tote, sizeof(ret->tote));
        (void)snprintf(ret->gateway, sizeof(ret->gateway), "%s", order->gateway);
        ret->state = order->cancelled ? ORDER_CANCELLED : order->state;
        for (size_t i = 0; i < WORLD_LINES_MAX && order->lines[i].sku; i++) {
                ret->n_lines++;
                ret->n_open_lines += line_open(&order->lines[i]);
                ret->ordered_milli += order->lines[i].qty_milli;
                ret->picked_milli += order->lines[i].picked_milli;
                ret->short_milli += order->lines[i].short_milli;
        }
}

static int view_order(void *ctx, const char *id, struct ledger_order *ret) {
        struct world *world = ctx;
        struct world_order *order = world_order_of(world, id);

        if (world->fail || !order)
                return world->fail ? world->fail : -ENOENT;
        order_sums(order, ret);
        return 0;
}

static int view_order_by_tote(void *ctx, const char *tote, struct ledger_order *ret) {
        struct world *world = ctx;

        if (world->fail)
                return world->fail;
        for (int state = ORDER_STARTED; state <= ORDER_PICKED; state++)
                for (size_t i = 0; i < WORLD_ORDERS_MAX; i++)
                        if ((int)world->orders[i].state == state &&
                            strcmp(world->orders[i].tote, tote) == 0) {
                                order_sums(&world->orders[i], ret);
                                return 0;
                        }
        return -ENOENT;
}

/* The sellable bin that holds most of it; "": none. */
static const char *best_bin(const struct world *world, const char *sku) {
        const char *best = "";
        int64_t most = 0;

        for (size_t i = 0; i < ARRAY_LEN(locations); i++) {
                int64_t milli = world_qty(world, locations[i].location.location, sku);

                if (locations[i].location.sellable && milli > most) {
                        best = locations[i].location.location;
                        most = milli;
                }
        }
        return best;
}

static int64_t walk_of(const char *location) {
        for (size_t i = 0; i < ARRAY_LEN(locations); i++)
                if (strcmp(locations[i].location.location, location) == 0)
                        return locations[i].location.walk;
        return 0;
}

static bool line_before(const struct ledger_line *a, const struct ledger_line *b) {
        int r = strcmp(a->location, b->location);

        if (a->walk != b->walk)
                return a->walk < b->walk;
        return r ? r < 0 : a->line < b->line;
}

static void line_of(struct world *world, const struct world_order *order, size_t at,
                    struct ledger_line *ret) {
        const struct world_line *line = &order->lines[at];
        struct ledger_item item;

        *ret = (struct ledger_line) { .line = (int64_t)at + 1,
                                      .anywhere = !line->location[0],
                                      .ordered_milli = line->qty_milli,
                                      .picked_milli = line->picked_milli,
                                      .short_milli = line->short_milli };
        (void)snprintf(ret->sku, sizeof(ret->sku), "%s", line->sku);
        if (view_item(world, line->sku, &item) == 0)
                memcpy(ret->name, item.name, sizeof(ret->name));
        (void)snprintf(ret->location, sizeof(ret->location), "%s",
                       line->location[0] ? line->location : best_bin(world, line->sku));
        ret->walk = walk_of(ret->location);
}

static int view_open_line(void *ctx, const char *id, const char *location, const char *sku, int n,
                          struct ledger_line *ret) {
        struct world *world = ctx;
        struct world_order *order = world_order_of(world, id);
        struct ledger_line found[WORLD_LINES_MAX], line;
        int n_found = 0;

        if (world->fail)
                return world->fail;
        for (size_t i = 0; order && i < WORLD_LINES_MAX; i++) {
                int at = n_found;

                if (!line_open(&order->lines[i]))
                        continue;
                line_of(world, order, i, &line);
                if ((location && strcmp(line.location, location) != 0) ||
                    (sku && strcmp(line.sku, sku) != 0))
                        continue;
                for (; at > 0 && line_before(&line, &found[at - 1]); at--)
                        found[at] = found[at - 1];
                found[at] = line;
                n_found++;
        }
        if (n >= n_found)
                return -ENOENT;
        *ret = found[n];
        return 0;
}

/* ---- the view: stock, moves, the count sheet ------------------------------------------------- */

static int view_stock_qty(void *ctx, const char *location, const char *sku, const char *lot,
                          int64_t *ret_milli) {
        struct world *world = ctx;

        *ret_milli = qty_of(world, location, sku, lot);
        return world->fail;
}

static int view_stock_at(void *ctx, const char *location, int n, struct ledger_stock *ret) {
        struct world *world = ctx;

        for (size_t i = 0; i < world->n_stock && !world->fail; i++)
                if (strcmp(world->stock[i].location, location) == 0 && n-- == 0) {
                        *ret = world->stock[i];
                        return 0;
                }
        return world->fail ? world->fail : -ENOENT;
}

static int view_last_move(void *ctx, struct event *ret_event) {
        struct world *world = ctx;
        size_t kept = world->n_moves < WORLD_MOVES_MAX ? world->n_moves : WORLD_MOVES_MAX;

        for (size_t i = 1; i <= kept && !world->fail; i++) {
                const struct world_move *moved;

                moved = &world->moves[(world->n_moves - i) % WORLD_MOVES_MAX];
                if (moved->reversed)
                        continue;
                *ret_event = (struct event) { .type = EVENT_MOVE, .seq = moved->seq };
                ret_event->move = moved->move;
                return 0;
        }
        return world->fail ? world->fail : -ENOENT;
}

static int view_counted(void *ctx, int n, struct ledger_counted *ret) {
        struct world *world = ctx;

        if (world->fail || (size_t)n >= world->n_counted)
                return world->fail ? world->fail : -ENOENT;
        *ret = world->counted[n];
        return 0;
}

/* ---- applying what a step did ---------------------------------------------------------------- */

static void apply_to_line(struct world *world, const struct move *move) {
        struct world_order *order = world_order_of(world, move->order);
        bool undone = move->kind == MOVE_REVERSE;
        enum move_kind kind = undone ? move->of : move->kind;
        struct world_line *line;

        if (!order || move->line < 1 || move->line > WORLD_LINES_MAX)
                return;
        line = &order->lines[move->line - 1];
        if (kind == MOVE_PICK)
                line->picked_milli += undone ? -move->qty_milli : move->qty_milli;
        else if (undone && kind == MOVE_TRANSFER && strcmp(move->reason, "short") == 0)
                line->short_milli = 0;
        else
                return;
        if (undone && order->state == ORDER_PICKED)
                order->state = ORDER_STARTED;
}

static void apply_move(struct world *world, const struct move *move) {
        assert_true(move->qty_milli > 0);
        stock_add(world, move->from, move->sku, move->lot, -move->qty_milli);
        stock_add(world, move->to, move->sku, move->lot, move->qty_milli);
        apply_to_line(world, move);
        if (move->kind != MOVE_REVERSE) {
                world->moves[world->n_moves++ % WORLD_MOVES_MAX] =
                        (struct world_move) { world->last_seq, false, *move };
                return;
        }
        for (size_t i = 0; i < WORLD_MOVES_MAX; i++)
                if (world->moves[i].seq == move->reverses) {
                        assert_false(world->moves[i].reversed);
                        world->moves[i].reversed = true;
                }
}

static void apply_order(struct world *world, const struct order_change *change) {
        struct world_order *order = world_order_of(world, change->order);

        assert_non_null(order);
        if (change->state == ORDER_SHORT) {
                assert_in_range(change->line, 1, WORLD_LINES_MAX);
                order->lines[change->line - 1].short_milli += change->short_milli;
                return;
        }
        order->state = change->state;
        if (change->tote[0])
                memcpy(order->tote, change->tote, sizeof(order->tote));
}

/* Forgets an item of which nothing is counted. */
static void count_drop(struct world *world, const char *sku) {
        for (size_t at = 0; at < world->n_counted; at++) {
                if (strcmp(world->counted[at].sku, sku) != 0 || world->counted[at].qty_milli != 0)
                        continue;
                world->n_counted--;
                memmove(world->counted + at, world->counted + at + 1,
                        (world->n_counted - at) * sizeof(world->counted[0]));
        }
}

static void count_add(struct world *world, const char *sku, int64_t milli) {
        size_t at = 0;

        while (at < world->n_counted && strcmp(world->counted[at].sku, sku) < 0)
                at++;
        if (at == world->n_counted || strcmp(world->counted[at].sku, sku) != 0) {
                assert_true(world->n_counted < WORLD_COUNTED_MAX);
                memmove(world->counted + at + 1, world->counted + at,
                        (world->n_counted - at) * sizeof(world->counted[0]));
                world->counted[at] = (struct ledger_counted) { .qty_milli = 0 };
                assert_int_equal(str_copy(world->counted[at].sku, ID_SIZE, sku), 0);
                world->n_counted++;
        }
        world->counted[at].qty_milli += milli;
        if (milli < 0)
                count_drop(world, sku);
}

static void apply(struct world *world) {
        const struct flow_effects *effects = &world->effects;

        for (size_t i = 0; i < effects->n_events; i++) {
                world->last_seq++;
                if (effects->events[i].type == EVENT_MOVE)
                        apply_move(world, &effects->events[i].move);
                else if (effects->events[i].type == EVENT_ORDER)
                        apply_order(world, &effects->events[i].order);
        }
        if (effects->count == COUNT_ADD)
                count_add(world, effects->count_sku, effects->count_milli);
        else if (effects->count == COUNT_DROP)
                count_drop(world, effects->count_sku);
        else if (effects->count == COUNT_CLEAR)
                world->n_counted = 0;
}

/* ---- in words -------------------------------------------------------------------------------- */

static void say_move(const struct move *move, struct bytes *out) {
        char qty[QTY_TEXT_SIZE];

        qty_format(move->qty_milli, qty);
        if (move->kind == MOVE_REVERSE)
                bytes_append_str(out, "undo ");
        bytes_appendf(out, "%s %s %s %s>%s",
                      move_kind_name(move->kind == MOVE_REVERSE ? move->of : move->kind), move->sku,
                      qty, move->from, move->to);
        if (move->order[0])
                bytes_appendf(out, " %s", move->order);
        if (move->line)
                bytes_appendf(out, "/%lld", (long long)move->line);
        if (move->reason[0])
                bytes_appendf(out, " (%s)", move->reason);
}

static void say_order(const struct order_change *change, struct bytes *out) {
        char qty[QTY_TEXT_SIZE];

        bytes_appendf(out, "order %s %s", order_state_name(change->state), change->order);
        if (change->state == ORDER_SHORT) {
                qty_format(change->short_milli, qty);
                bytes_appendf(out, "/%lld %s %s", (long long)change->line, change->sku, qty);
        }
        if (change->tote[0])
                bytes_appendf(out, " in %s", change->tote);
}

static void say_exception(const struct exception_change *exception, struct bytes *out) {
        char qty[QTY_TEXT_SIZE];

        bytes_appendf(out, "! %s", exception_kind_name(exception->kind));
        if (!exception->sku[0]) {
                bytes_appendf(out, " %s", exception->found);
                return;
        }
        qty_format(exception->qty_milli, qty);
        bytes_appendf(out, " %s %s", exception->sku, qty);
        if (exception->location[0])
                bytes_appendf(out, " %s", exception->location);
}

static void say_event(const struct event *event, struct bytes *out) {
        if (event->type == EVENT_MOVE)
                say_move(&event->move, out);
        else if (event->type == EVENT_ORDER)
                say_order(&event->order, out);
        else if (event->type == EVENT_EXCEPTION)
                say_exception(&event->exception, out);
        else
                bytes_appendf(out, "%s %s", session_state_name(event->session.state),
                              event->operator_id);
}

static const char *say(const struct flow_effects *effects) {
        static struct bytes out;
        char qty[QTY_TEXT_SIZE];

        bytes_clear(&out);
        bytes_append_str(&out, feedback_name(effects->feedback));
        for (size_t i = 0; i < effects->n_events; i++) {
                bytes_append_str(&out, "; ");
                say_event(&effects->events[i], &out);
        }
        if (effects->count == COUNT_ADD) {
                qty_format(effects->count_milli, qty);
                bytes_appendf(&out, "; count %s %s", effects->count_sku, qty);
        }
        if (effects->count == COUNT_DROP)
                bytes_appendf(&out, "; count %s none", effects->count_sku);
        if (effects->count == COUNT_CLEAR)
                bytes_append_str(&out, "; count clear");
        if (effects->print_order_label)
                bytes_appendf(&out, "; label %s", effects->label_order);
        assert_int_equal(bytes_error(&out), 0);
        return bytes_str(&out);
}

/* ---- life and scans -------------------------------------------------------------------------- */

static void fill_bins(struct world *world) {
        world_book(world, "TEA", 40 * QTY_UNIT, LOCATION_ADJUST, "A-01");
        world_book(world, "PEN", 4 * QTY_UNIT, LOCATION_ADJUST, "A-01");
        world_book(world, "CUP", 24 * QTY_UNIT, LOCATION_ADJUST, "A-02");
        world_book(world, "TEA", 5 * QTY_UNIT, LOCATION_ADJUST, "B-01");
        world_book(world, "OIL", 2500, LOCATION_ADJUST, "B-01");
        world_book(world, "PEN", 9 * QTY_UNIT, LOCATION_ADJUST, "B-01");
}

void world_init(struct world *world) {
        *world = (struct world) {
                .settings = { .station = "pack-1", .gateway = "gw-1", .require_location_scan = true,
                              .label_on = LABEL_NEVER },
                .view = { world, view_operator_by_badge, view_location_by_code,
                          view_location_of_kind, view_item_by_code, view_item_by_gtin, view_item,
                          view_order, view_order_by_tote, view_open_line, view_stock_qty,
                          view_stock_at, view_last_move, view_counted },
        };
        memcpy(world->orders, orders, sizeof(orders));
        fill_bins(world);
        flow_state_init(&world->state, &world->settings);
}

void world_fini(struct world *world) {
        flow_effects_fini(&world->effects);
}

const char *world_scan_slice(struct world *world, struct slice scan) {
        struct barcode barcode;
        char why[160];

        if (barcode_parse(scan, &barcode, why, sizeof(why)))
                fail_msg("no barcode: %s", why);
        if (flow_step(&world->settings, &world->view, &world->state, &barcode, &world->effects))
                return "failed";
        apply(world);
        return say(&world->effects);
}

const char *world_scan(struct world *world, const char *scan) {
        return world_scan_slice(world, slice_of(scan));
}

void world_run(struct world *world, const struct world_row *rows, size_t n_rows) {
        for (size_t i = 0; i < n_rows; i++) {
                const char *got = world_scan(world, rows[i].scan);
                const char *message = world->effects.screen.message;

                if (strcmp(got, rows[i].wanted) != 0)
                        fail_msg("row %zu, %s:\n  wanted %s\n  got    %s\n  which says: %s", i,
                                 rows[i].scan, rows[i].wanted, got, message);
                if (rows[i].says && !strstr(message, rows[i].says))
                        fail_msg("row %zu, %s: \"%s\" does not say \"%s\"", i, rows[i].scan,
                                 message, rows[i].says);
        }
}

const char *world_instruction(struct world *world) {
        static struct flow_screen screen;

        assert_int_equal(flow_screen(&world->settings, &world->view, &world->state, &screen), 0);
        return screen.instruction;
}
