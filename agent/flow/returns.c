/* SPDX-License-Identifier: MIT */

/*
 * Return: the order (or none), the item, T$REASON<code>, the bin. The item is booked to the place for returns at once, the
 * bin's scan takes it from there.
 */

#include <errno.h>
#include "agent/flow/workflow.h"

static const char place_unless_known[] = "returns";

int returns_place(const struct flow_view *view, char ret_place[LOCATION_SIZE]) {
        struct ledger_location location;
        int r = view->location_of_kind(view->ctx, "returns", &location);

        if (r == 0)
                memcpy(ret_place, location.location, LOCATION_SIZE);
        if (r == -ENOENT) {
                memcpy(ret_place, place_unless_known, sizeof(place_unless_known));
                r = 0;
        }
        return r;
}

static bool is_waiting(const struct step *step) {
        return step->state.sku[0] != '\0';
}

static int refuse_waiting(struct step *step) {
        return step_bad(step, step->state.reason[0] ? "first the bin for %s"
                                                    : "first T$REASON and the bin for %s",
                        step->state.sku);
}

static void forget_goods(struct flow_state *state) {
        state->sku[0] = state->lot[0] = state->reason[0] = '\0';
        state->sku_milli = 0;
}

static int returns_order(struct step *step, const struct ledger_order *order) {
        if (is_waiting(step))
                return refuse_waiting(step);
        memcpy(step->state.order, order->order, sizeof(step->state.order));
        return step_good(step, "return of %s: scan the item", order->order);
}

static int returns_done(struct step *step) {
        if (is_waiting(step))
                return refuse_waiting(step);
        step->state.order[0] = '\0';
        return step_good(step, "no order: scan the item");
}

static int returns_item(struct step *step, const struct ledger_item *item) {
        struct goods goods = { item->sku, "", 0 };
        char place[LOCATION_SIZE], words[STEP_GOODS_SIZE];
        struct move *move;
        int r;

        if (is_waiting(step))
                return refuse_waiting(step);
        r = step_quantity(step, item, false, &goods.milli);
        if (r == 0)
                r = step_confirm(step, item, goods.milli);
        if (r == 0)
                r = returns_place(step->view, place);
        if (r == 0)
                r = step_move(step, MOVE_RETURN, &goods, LOCATION_CUSTOMER, place, &move);
        if (r)
                return r;
        memcpy(move->order, step->state.order, sizeof(move->order));
        memcpy(step->state.sku, item->sku, sizeof(step->state.sku));
        step->state.sku_milli = goods.milli;
        step_spend_quantity(step);
        step_goods_text(words, goods.milli, item->name);
        return step_good(step, step->state.reason[0] ? "%s: scan its bin" : "%s: scan T$REASON",
                         words);
}

static int returns_reason(struct step *step, const char *reason) {
        show_text(step->state.reason, sizeof(step->state.reason), "%s", reason);
        return step_good(step, is_waiting(step) ? "%s: scan the bin" : "%s: scan the item", reason);
}

static int returns_location(struct step *step, const struct ledger_location *location) {
        struct flow_state *state = &step->state;
        struct goods goods = { state->sku, state->lot, state->sku_milli };
        char place[LOCATION_SIZE], words[STEP_GOODS_SIZE];
        struct move *move;
        int r;

        if (!is_waiting(step))
                return step_bad(step, "scan the item first");
        if (!state->reason[0])
                return step_bad(step, "scan the reason first: T$REASON…");
        r = returns_place(step->view, place);
        if (r)
                return r;
        if (strcmp(place, location->location) == 0)
                return step_bad(step, "it is in %s already: scan the bin where it goes", place);
        r = step_move(step, MOVE_TRANSFER, &goods, place, location->location, &move);
        if (r)
                return r;
        memcpy(move->order, state->order, sizeof(move->order));
        memcpy(move->reason, state->reason, sizeof(move->reason));
        step_goods_text(words, state->sku_milli, state->sku);
        forget_goods(state);
        return step_good(step, "%s in %s", words, location->location);
}

int returns_reopen(struct step *step, const struct move *undone) {
        struct flow_state *state = &step->state;
        char place[LOCATION_SIZE];
        int r = returns_place(step->view, place);

        if (r)
                return r;
        if (undone->kind == MOVE_RETURN) {
                forget_goods(state);
                return 0;
        }
        /* Only a return's transfer has a reason and comes from there. */
        if (undone->kind != MOVE_TRANSFER || !undone->reason[0] || strcmp(undone->from, place) != 0)
                return 0;
        memcpy(state->sku, undone->sku, sizeof(state->sku));
        memcpy(state->lot, undone->lot, sizeof(state->lot));
        memcpy(state->reason, undone->reason, sizeof(state->reason));
        state->sku_milli = undone->qty_milli;
        return 0;
}

static int returns_screen(const struct flow_settings *settings, const struct flow_view *view,
                          const struct flow_state *state, struct flow_screen *screen) {
        (void)settings;
        (void)view;
        show_text(screen->title, sizeof(screen->title), "return %s", state->order);
        memcpy(screen->sku, state->sku, sizeof(screen->sku));
        if (!state->sku[0])
                show_text(screen->instruction, sizeof(screen->instruction), "%s",
                          state->order[0] ? "scan the item" : "scan the order, or the item");
        else if (!state->reason[0])
                show_text(screen->instruction, sizeof(screen->instruction),
                          "scan why %s came back: T$REASON…", state->sku);
        else
                show_text(screen->instruction, sizeof(screen->instruction),
                          "scan the bin for %s", state->sku);
        return 0;
}

const struct workflow workflow_return = {
        .name = "return",
        .ready = true,
        .location = returns_location,
        .order = returns_order,
        .item = returns_item,
        .done = returns_done,
        .reason = returns_reason,
        .screen = returns_screen,
};
