/* SPDX-License-Identifier: MIT */

/*
 * Count: a bin, every item, T$DONE. The first T$DONE books the differences of what was seen; what the book has there and
 * nobody saw counts as 0 only after T$DONE is repeated. Goods in hold:<bin> go back to the bin first: this
 * count settles them.
 */

#include <errno.h>
#include "agent/flow/pick.h"

enum { COUNTING, UNSEEN_LEFT };

static const char reason_count[] = "count";

static bool has_counts(const struct step *step) {
        struct ledger_counted row;

        return step->view->counted(step->view->ctx, 0, &row) == 0;
}

static int count_location(struct step *step, const struct ledger_location *location) {
        struct flow_state *state = &step->state;

        if (state->bin[0] && state->step == COUNTING && has_counts(step))
                return step_bad(step, "finish %s first: T$DONE, or T$CANCEL", state->bin);
        memcpy(state->bin, location->location, sizeof(state->bin));
        state->step = COUNTING;
        state->sku[0] = '\0';
        step->effects->count = COUNT_CLEAR;
        return step_good(step, "count %s: scan every item", state->bin);
}

static int count_item(struct step *step, const struct ledger_item *item) {
        struct flow_state *state = &step->state;
        struct flow_effects *effects = step->effects;
        char words[STEP_GOODS_SIZE];
        int64_t milli;
        int r;

        if (!state->bin[0])
                return step_bad(step, "scan a bin first");
        r = step_quantity(step, item, true, &milli);
        if (r == 0)
                r = step_confirm(step, item, milli);
        if (r)
                return r;
        effects->count = COUNT_ADD;
        effects->count_milli = milli;
        memcpy(effects->count_sku, item->sku, sizeof(effects->count_sku));
        memcpy(state->sku, item->sku, sizeof(state->sku));
        state->lot[0] = '\0';
        state->sku_milli = milli;
        state->step = COUNTING;
        step_spend_quantity(step);
        step_goods_text(words, milli, item->name);
        return step_good(step, "%s", words);
}

/* The last counted scan is taken back; it was no move yet. */
static int count_undo(struct step *step) {
        struct flow_state *state = &step->state;
        struct flow_effects *effects = step->effects;

        if (!state->bin[0] || state->step != COUNTING || !state->sku[0])
                return STEP_E_NOT_MINE;
        effects->count = state->sku_milli ? COUNT_ADD : COUNT_DROP;
        effects->count_milli = -state->sku_milli;
        memcpy(effects->count_sku, state->sku, sizeof(effects->count_sku));
        memcpy(effects->count_lot, state->lot, sizeof(effects->count_lot));
        state->sku[0] = '\0';
        return step_good(step, "not counted: %s", effects->count_sku);
}

/* ---- differences ---------------------------------------------------------------------------------- */

static int report(struct step *step, const struct goods *goods, int64_t book_milli,
                  int64_t counted_milli) {
        struct exception_change *exception;
        const char *bin = step->state.bin;
        char words[STEP_GOODS_SIZE];
        int r = step_exception(step, EXCEPTION_COUNT_DIFFERENCE, &exception);

        if (r)
                return r;
        memcpy(exception->location, bin, sizeof(exception->location));
        show_text(exception->sku, sizeof(exception->sku), "%s", goods->sku);
        show_text(exception->group, sizeof(exception->group), "%s|%s", bin, goods->sku);
        step_goods_text(words, book_milli, goods->sku);
        show_text(exception->expected, sizeof(exception->expected), "%s", words);
        step_goods_text(words, counted_milli, goods->sku);
        show_text(exception->found, sizeof(exception->found), "%s", words);
        exception->has_stock_before = true;
        exception->stock_before_milli = book_milli;
        exception->qty_milli = goods->milli;
        return 0;
}

static int book_move(struct step *step, enum move_kind kind, const struct goods *goods,
                     const char *from, const char *to) {
        struct move *move;
        int r = step_move(step, kind, goods, from, to, &move);

        if (r == 0)
                memcpy(move->reason, reason_count, sizeof(reason_count));
        return r;
}

/* What is held for the bin goes back; then the book becomes what was counted. */
static int settle(struct step *step, const char *sku, const char *lot, int64_t counted_milli) {
        const struct flow_view *view = step->view;
        const char *bin = step->state.bin;
        struct goods goods = { sku, lot, 0 };
        char hold[LOCATION_SIZE];
        int64_t book_milli, held_milli;
        int r = step_place(hold, HOLD_PLACE, bin);

        if (r == 0)
                r = view->stock_qty(view->ctx, bin, sku, lot, &book_milli);
        if (r == 0)
                r = view->stock_qty(view->ctx, hold, sku, lot, &held_milli);
        if (r == 0 && held_milli > 0) {
                goods.milli = held_milli;
                r = book_move(step, MOVE_TRANSFER, &goods, hold, bin);
                book_milli += held_milli;
        }
        if (r || counted_milli == book_milli)
                return r;
        if (counted_milli > book_milli) {
                goods.milli = counted_milli - book_milli;
                r = book_move(step, MOVE_ADJUST, &goods, LOCATION_ADJUST, bin);
        } else {
                goods.milli = book_milli - counted_milli;
                r = book_move(step, MOVE_ADJUST, &goods, bin, LOCATION_ADJUST);
        }
        return r ? r : report(step, &goods, book_milli, counted_milli);
}

static int settle_counted(struct step *step) {
        struct ledger_counted row;
        int r = 0;

        for (int n = 0; r == 0; n++) {
                r = step->view->counted(step->view->ctx, n, &row);
                if (r == 0)
                        r = settle(step, row.sku, row.lot, row.qty_milli);
        }
        return r == -ENOENT ? 0 : r;
}

static int is_counted(const struct step *step, const struct ledger_stock *stock, bool *ret) {
        struct ledger_counted row;
        int r = 0;

        *ret = false;
        for (int n = 0; r == 0 && !*ret; n++) {
                r = step->view->counted(step->view->ctx, n, &row);
                *ret = r == 0 && strcmp(row.sku, stock->sku) == 0 && strcmp(row.lot, stock->lot) == 0;
        }
        return r == -ENOENT ? 0 : r;
}

/* Goods of @place that nobody counted; with @book they are booked as gone. */
static int each_unseen(struct step *step, const char *place, bool book, bool in_bin_too,
                       int *ret_n) {
        struct ledger_stock stock;
        int r = 0;

        for (int n = 0; r == 0; n++) {
                int64_t in_bin_milli = 0;
                bool counted = false;

                r = step->view->stock_at(step->view->ctx, place, n, &stock);
                if (r == 0)
                        r = is_counted(step, &stock, &counted);
                /* What is in the bin as well has been met there. */
                if (r == 0 && in_bin_too)
                        r = step->view->stock_qty(step->view->ctx, step->state.bin, stock.sku,
                                                  stock.lot, &in_bin_milli);
                if (r || counted || in_bin_milli != 0)
                        continue;
                (*ret_n)++;
                if (book)
                        r = settle(step, stock.sku, stock.lot, 0);
        }
        return r == -ENOENT ? 0 : r;
}

static int unseen(struct step *step, bool book, int *ret_n) {
        char hold[LOCATION_SIZE];
        int r = step_place(hold, HOLD_PLACE, step->state.bin);

        *ret_n = 0;
        if (r == 0)
                r = each_unseen(step, step->state.bin, book, false, ret_n);
        return r ? r : each_unseen(step, hold, book, true, ret_n);
}

static int finish(struct step *step, int n_gone) {
        char bin[LOCATION_SIZE];

        memcpy(bin, step->state.bin, sizeof(bin));
        step->state.bin[0] = step->state.sku[0] = '\0';
        step->state.step = COUNTING;
        step->effects->count = COUNT_CLEAR;
        if (n_gone)
                return step_good(step, "%s is counted: %d items are gone", bin, n_gone);
        return step_good(step, "%s is counted", bin);
}

static int count_done(struct step *step) {
        int n, r;

        if (!step->state.bin[0])
                return step_bad(step, "scan a bin first");
        if (step->state.step == UNSEEN_LEFT) {
                r = unseen(step, true, &n);
                return r ? r : finish(step, n);
        }
        r = settle_counted(step);
        if (r == 0)
                r = unseen(step, false, &n);
        if (r)
                return r;
        if (n == 0)
                return finish(step, 0);
        step->state.step = UNSEEN_LEFT;
        step->state.sku[0] = '\0';
        return step_attention(step, "%d items of the book were not seen: look again, or T$DONE once "
                                    "more counts them as 0", n);
}

static int count_drop(struct step *step) {
        if (step->state.bin[0])
                step->effects->count = COUNT_CLEAR;
        return 0;
}

static int count_screen(const struct flow_settings *settings, const struct flow_view *view,
                        const struct flow_state *state, struct flow_screen *screen) {
        (void)settings;
        (void)view;
        show_text(screen->title, sizeof(screen->title), "count %s", state->bin);
        memcpy(screen->location, state->bin, sizeof(screen->location));
        if (!state->bin[0])
                show_text(screen->instruction, sizeof(screen->instruction), "scan a bin");
        else if (state->step == UNSEEN_LEFT)
                show_text(screen->instruction, sizeof(screen->instruction),
                          "look again for what was not seen, or T$DONE counts it as 0");
        else
                show_text(screen->instruction, sizeof(screen->instruction),
                          "scan every item of %s, then T$DONE", state->bin);
        return 0;
}

const struct workflow workflow_count = {
        .name = "count",
        .ready = true,
        .location = count_location,
        .item = count_item,
        .done = count_done,
        .undo = count_undo,
        .drop = count_drop,
        .screen = count_screen,
};
