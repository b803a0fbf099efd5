/* SPDX-License-Identifier: MIT */

/*
 * Move: from bin, item(s), to bin. An item scan commits at once, and its destination is not known yet: goods are in
 * hand:<station>, not for sale, until the bin where they go is scanned.
 */

#include <errno.h>
#include "agent/flow/workflow.h"
#include "base/qty.h"

int move_hand(const struct flow_settings *settings, char ret_hand[LOCATION_SIZE]) {
        return step_place(ret_hand, "hand:", settings->station);
}

/* Is anything in the hand? */
static int in_hand(struct step *step, const char *hand, bool *ret) {
        struct ledger_stock stock;
        int r = step->view->stock_at(step->view->ctx, hand, 0, &stock);

        *ret = r == 0;
        return r == -ENOENT ? 0 : r;
}

static int hand_full(struct step *step, bool *ret) {
        char hand[LOCATION_SIZE];
        int r = move_hand(step->settings, hand);

        return r ? r : in_hand(step, hand, ret);
}

/* One sort of goods, in as many moves as it takes: the hand must always come empty. */
static int put_one(struct step *step, const struct ledger_stock *stock, const char *hand,
                   const char *to) {
        struct goods goods = { stock->sku, stock->lot, 0 };
        int r = 0;

        for (int64_t left = stock->qty_milli; r == 0 && left > 0; left -= goods.milli) {
                goods.milli = left < QTY_MAX_MILLI ? left : QTY_MAX_MILLI;
                r = step_move(step, MOVE_TRANSFER, &goods, hand, to, NULL);
        }
        return r;
}

/* Everything in the hand to @to; @ret_n: how many sorts of goods. */
static int put_all(struct step *step, const char *hand, const char *to, int *ret_n) {
        struct ledger_stock stock;
        int r = 0;

        *ret_n = 0;
        for (int n = 0; r == 0; n++) {
                r = step->view->stock_at(step->view->ctx, hand, n, &stock);
                if (r || stock.qty_milli <= 0)
                        continue;
                r = put_one(step, &stock, hand, to);
                (*ret_n)++;
        }
        return r == -ENOENT ? 0 : r;
}

static int take_goods(struct step *step, const char *sku, const char *name, int64_t milli) {
        struct goods goods = { sku, "", milli };
        char hand[LOCATION_SIZE], words[STEP_GOODS_SIZE];
        int r = move_hand(step->settings, hand);

        if (r == 0)
                r = step_move(step, MOVE_TRANSFER, &goods, step->state.bin, hand, NULL);
        if (r)
                return r;
        step_goods_text(words, milli, name);
        return step_good(step, "%s in hand: more items, or the bin where they go", words);
}

static int move_item(struct step *step, const struct ledger_item *item) {
        bool full = false;
        int64_t milli;
        int r = step->state.bin[0] ? 0 : hand_full(step, &full);

        if (r)
                return r;
        /* T$UNDO put them there again; the next bin is theirs, not this item's. */
        if (full)
                return step_bad(step, "first the bin where the goods in hand go");
        if (step->state.sku[0])
                return step_bad(step, "first the bin that %s comes from", step->state.sku);
        r = step_quantity(step, item, false, &milli);
        if (r == 0)
                r = step_confirm(step, item, milli);
        if (r)
                return r;
        step_spend_quantity(step);
        if (step->state.bin[0])
                return take_goods(step, item->sku, item->name, milli);
        memcpy(step->state.sku, item->sku, sizeof(step->state.sku));
        step->state.sku_milli = milli;
        return step_good(step, "%s: scan the bin it comes from", item->name);
}

static int move_from(struct step *step, const struct ledger_location *location) {
        struct flow_state *state = &step->state;
        char sku[ID_SIZE];

        memcpy(state->bin, location->location, sizeof(state->bin));
        if (!state->sku[0])
                return step_good(step, "from %s: scan the items", state->bin);
        memcpy(sku, state->sku, sizeof(sku));
        state->sku[0] = '\0';
        return take_goods(step, sku, sku, state->sku_milli);
}

static int move_location(struct step *step, const struct ledger_location *location) {
        char hand[LOCATION_SIZE];
        bool full;
        int n, r = move_hand(step->settings, hand);

        if (r == 0)
                r = in_hand(step, hand, &full);
        if (r)
                return r;
        if (!full)
                return move_from(step, location);
        r = put_all(step, hand, location->location, &n);
        if (r)
                return r;
        step->state.bin[0] = '\0';
        return step_good(step, "moved to %s", location->location);
}

/* What is in the hand goes back where it came from. */
static int move_drop(struct step *step) {
        char hand[LOCATION_SIZE];
        int n, r;

        if (!step->state.bin[0])
                return 0;
        r = move_hand(step->settings, hand);
        return r ? r : put_all(step, hand, step->state.bin, &n);
}

static int move_screen(const struct flow_settings *settings, const struct flow_view *view,
                       const struct flow_state *state, struct flow_screen *screen) {
        struct ledger_stock stock;
        char hand[LOCATION_SIZE];
        int r = move_hand(settings, hand);

        show_text(screen->title, sizeof(screen->title), "move");
        memcpy(screen->location, state->bin, sizeof(screen->location));
        if (r == 0)
                r = view->stock_at(view->ctx, hand, 0, &stock);
        if (r == 0 && !state->bin[0])
                show_text(screen->instruction, sizeof(screen->instruction),
                          "scan the bin where the goods in hand go");
        else if (r == 0)
                show_text(screen->instruction, sizeof(screen->instruction),
                          "more items from %s, or the bin where they go", state->bin);
        else if (state->sku[0])
                show_text(screen->instruction, sizeof(screen->instruction),
                          "scan the bin that %s comes from", state->sku);
        else if (state->bin[0])
                show_text(screen->instruction, sizeof(screen->instruction),
                          "scan the items from %s", state->bin);
        else
                show_text(screen->instruction, sizeof(screen->instruction),
                          "scan the bin to take from");
        return r == -ENOENT ? 0 : r;
}

const struct workflow workflow_move = {
        .name = "move",
        .ready = true,
        .location = move_location,
        .item = move_item,
        .drop = move_drop,
        .screen = move_screen,
};
