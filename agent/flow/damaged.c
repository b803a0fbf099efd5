/* SPDX-License-Identifier: MIT */

/* T$DAMAGED: bin, item, and back to where the person was. The mode underneath does not notice. */

#include "agent/flow/workflow.h"

int damaged_begin(struct step *step) {
        step->state.damaged = true;
        step->state.damaged_bin[0] = '\0';
        return step_good(step, "damaged: scan the bin it was in");
}

int damaged_location(struct step *step, const struct ledger_location *location) {
        memcpy(step->state.damaged_bin, location->location, sizeof(step->state.damaged_bin));
        return step_good(step, "%s: scan the damaged item", location->location);
}

static int damaged_report(struct step *step, const struct ledger_item *item, int64_t milli) {
        struct exception_change *exception;
        char goods[STEP_GOODS_SIZE];
        const char *bin = step->state.damaged_bin;
        int r = step_exception(step, EXCEPTION_DAMAGED, &exception);

        if (r)
                return r;
        step_goods_text(goods, milli, item->sku);
        exception->qty_milli = milli;
        memcpy(exception->sku, item->sku, sizeof(exception->sku));
        memcpy(exception->location, bin, sizeof(exception->location));
        show_text(exception->group, sizeof(exception->group), "%s|%s", bin, item->sku);
        show_text(exception->found, sizeof(exception->found), "%s damaged", goods);
        exception->has_stock_before = true;
        return step->view->stock_qty(step->view->ctx, bin, item->sku, NULL,
                                     &exception->stock_before_milli);
}

int damaged_item(struct step *step, const struct ledger_item *item) {
        char words[STEP_GOODS_SIZE];
        struct goods goods = { item->sku, "", 0 };
        int r;

        if (!step->state.damaged_bin[0])
                return step_bad(step, "scan the bin of the damaged item first");
        r = step_quantity(step, item, false, &goods.milli);
        if (r == 0)
                r = step_confirm(step, item, goods.milli);
        if (r == 0)
                r = step_move(step, MOVE_SCRAP, &goods, step->state.damaged_bin, LOCATION_SCRAP,
                              NULL);
        if (r == 0)
                r = damaged_report(step, item, goods.milli);
        if (r)
                return r;
        step->state.damaged = false;
        step->state.damaged_bin[0] = '\0';
        step_spend_quantity(step);
        step_goods_text(words, goods.milli, item->name);
        return step_good(step, "%s scrapped, back to %s", words, flow_mode_name(step->state.mode));
}

void damaged_screen(const struct flow_state *state, struct flow_screen *screen) {
        show_text(screen->title, sizeof(screen->title), "damaged");
        if (state->damaged_bin[0])
                show_text(screen->instruction, sizeof(screen->instruction),
                          "scan the damaged item from %s, or T$CANCEL", state->damaged_bin);
        else
                show_text(screen->instruction, sizeof(screen->instruction),
                          "scan the bin of the damaged item, or T$CANCEL");
}
