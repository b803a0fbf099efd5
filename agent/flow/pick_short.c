/* SPDX-License-Identifier: MIT */

/*
 * Closing lines short. The line is given up, an exception says so, and what the book still has in that
 * bin goes to hold:<bin>, which is not for sale, until a count of the bin settles what is there.
 */

#include "agent/flow/pick.h"

#include <errno.h>

static const char reason_short[] = "short";

/* Whether this step has already held the item there: two lines may want the same from one bin. */
static bool is_held(const struct step *step, const char *bin, const char *sku) {
        for (size_t i = 0; i < step->effects->n_events; i++) {
                const struct event *event = &step->effects->events[i];

                if (event->type == EVENT_MOVE && strcmp(event->move.from, bin) == 0 &&
                    strcmp(event->move.sku, sku) == 0)
                        return true;
        }
        return false;
}

static int hold_lot(struct step *step, const struct ledger_stock *stock, const char *hold,
                    const struct ledger_order *order, const struct ledger_line *line) {
        struct goods goods = { stock->sku, stock->lot, stock->qty_milli };
        struct move *move;
        int r = step_move(step, MOVE_TRANSFER, &goods, stock->location, hold, &move);

        if (r)
                return r;
        memcpy(move->reason, reason_short, sizeof(reason_short));
        memcpy(move->order, order->order, sizeof(move->order));
        move->line = line->line;
        return 0;
}

static int hold_rest(struct step *step, const char *bin, const struct ledger_order *order,
                     const struct ledger_line *line) {
        struct ledger_stock stock = { 0 };
        char hold[LOCATION_SIZE];
        int r;

        if (!bin[0] || is_held(step, bin, line->sku))
                return 0;
        r = step_place(hold, HOLD_PLACE, bin);
        for (int n = 0; r == 0; n++) {
                r = step->view->stock_at(step->view->ctx, bin, n, &stock);
                if (r == 0 && strcmp(stock.sku, line->sku) == 0 && stock.qty_milli > 0)
                        r = hold_lot(step, &stock, hold, order, line);
        }
        return r == -ENOENT ? 0 : r;
}

static int report(struct step *step, const char *bin, const struct ledger_order *order,
                  const struct ledger_line *line) {
        struct exception_change *exception;
        char wanted[STEP_GOODS_SIZE], got[STEP_GOODS_SIZE];
        int r = step_exception(step, EXCEPTION_SHORT_PICK, &exception);

        if (r)
                return r;
        step_goods_text(wanted, pick_remaining(line), line->sku);
        step_goods_text(got, line->picked_milli, line->sku);
        step_blame_order(exception, order);
        exception->line = line->line;
        exception->qty_milli = pick_remaining(line);
        memcpy(exception->sku, line->sku, sizeof(exception->sku));
        memcpy(exception->location, bin, sizeof(exception->location));
        show_text(exception->group, sizeof(exception->group), "%s|%s", bin, line->sku);
        show_text(exception->expected, sizeof(exception->expected), "%s more from %s", wanted,
                  bin[0] ? bin : "anywhere");
        show_text(exception->found, sizeof(exception->found), "%s picked so far", got);
        exception->has_stock_before = bin[0];
        return bin[0] ? step->view->stock_qty(step->view->ctx, bin, line->sku, NULL,
                                              &exception->stock_before_milli) :
                        0;
}

static int close_line(struct step *step, struct ledger_order *order, const struct ledger_line *line) {
        const char *bin = line->anywhere && step->state.bin[0] ? step->state.bin : line->location;
        struct order_change *change;
        int r = report(step, bin, order, line);

        if (r == 0)
                r = step_order(step, ORDER_SHORT, order, &change);
        if (r)
                return r;
        change->line = line->line;
        memcpy(change->sku, line->sku, sizeof(change->sku));
        change->ordered_milli = line->ordered_milli;
        change->picked_milli = line->picked_milli;
        change->short_milli = pick_remaining(line);
        r = hold_rest(step, bin, order, line);
        if (r)
                return r;
        order->short_milli += pick_remaining(line);
        order->n_open_lines--;
        return 0;
}

int pick_close_short(struct step *step) {
        struct ledger_order order;
        struct ledger_line line;
        int r = pick_current(step, &order);

        if (r == 0)
                r = pick_due_line(step->view, &step->state, &line);
        if (r == 0)
                r = close_line(step, &order, &line);
        if (r)
                return r;
        step_spend_quantity(step);
        if (order.n_open_lines <= 0) {
                r = pick_finish(step, &order);
                return r ? r : step_good(step, "%s is short; order %s is picked", line.name, order.order);
        }
        step->state.bin[0] = 0;
        return step_good(step, "%s is short", line.name);
}

static int close_all(struct step *step, struct ledger_order *order) {
        struct ledger_line line = { 0 };
        int r;

        for (int n = 0; n < PICK_LINES_MAX; n++) {
                r = step->view->open_line(step->view->ctx, order->order, NULL, NULL, n, &line);
                if (r == -ENOENT)
                        break;
                if (r == 0)
                        r = close_line(step, order, &line);
                if (r)
                        return r;
        }
        if (order->n_open_lines > 0)
                return STEP_E_TOO_MANY;
        r = pick_finish(step, order);
        return r ? r : step_good(step, "order %s is picked; what was missing is short", order->order);
}

int pick_done(struct step *step) {
        static const char question[] = "done";
        struct ledger_order order;
        int r = pick_current(step, &order);

        if (r)
                return r;
        step_spend_quantity(step);
        if (strcmp(step->asked, question) == 0)
                return close_all(step, &order);
        memcpy(step->state.asked, question, sizeof(question));
        return step_attention(step, "%lld lines are open: T$DONE again closes them short",
                              (long long)order.n_open_lines);
}
