/* SPDX-License-Identifier: MIT */

/*
 * Pick: order, optionally a tote, then per line the bin and its items.
 *
 *     state.order  ""          scan an order (or a tote that holds one)
 *                  set         state.bin "": go to a bin; else take items
 *     state.tote               where the goods go; "": to order:<id>
 */

#include "agent/flow/pick.h"

#include <errno.h>
#include <stdio.h>

/* ---- the order ---------------------------------------------------------------------------- */

/* Why an order cannot be picked; NULL when it can. */
static const char *refusal(const struct step *step, const struct ledger_order *order) {
        if (order->cancelled || order->state == ORDER_CANCELLED)
                return "was cancelled";
        if (order->state == ORDER_PACKED || order->state == ORDER_SHIPPED)
                return "is packed already";
        if (order->state == ORDER_PICKED || order->n_open_lines == 0)
                return order->n_lines ? "is picked already" : "has no lines";
        if (order->gateway[0] && strcmp(order->gateway, step->settings->gateway) != 0)
                return "is picked at another gateway:";
        return NULL;
}

static int refuse_order(struct step *step, const struct ledger_order *order, const char *why) {
        bool elsewhere = why[strlen(why) - 1] == ':';

        return step_bad(step, "order %s %s%s%s", order->order, why, elsewhere ? " " : "",
                        elsewhere ? order->gateway : "");
}

int pick_current(struct step *step, struct ledger_order *ret_order) {
        struct ledger_order order = { 0 };
        const char *why;
        int r;

        if (!step->state.order[0]) {
                (void)step_bad(step, "scan an order first");
                return STEP_E_ANSWERED;
        }
        r = step->view->order(step->view->ctx, step->state.order, &order);
        if (r == -ENOENT) {
                (void)step_bad(step, "order %s is not known any more: T$CANCEL", step->state.order);
                return STEP_E_ANSWERED;
        }
        if (r)
                return r;
        why = refusal(step, &order);
        if (why) {
                (void)refuse_order(step, &order, why);
                return STEP_E_ANSWERED;
        }
        *ret_order = order;
        return 0;
}

static int pick_order(struct step *step, const struct ledger_order *order) {
        struct order_change *change;
        const char *why = refusal(step, order);
        int r;

        if (why)
                return refuse_order(step, order, why);
        memcpy(step->state.order, order->order, sizeof(step->state.order));
        memcpy(step->state.tote, order->tote, sizeof(step->state.tote));
        step->state.bin[0] = 0;
        if (order->state == ORDER_OPEN) {
                r = step_order(step, ORDER_STARTED, order, &change);
                if (r)
                        return r;
        }
        return step_good(step, "order %s: %lld lines", order->order, (long long)order->n_open_lines);
}

/* ---- the tote -------------------------------------------------------------------------------- */

static int refuse_tote(struct step *step, const char *tote, const struct ledger_order *order,
                       const struct ledger_order *owner) {
        struct exception_change *exception;
        int r = step_exception(step, EXCEPTION_TASK_CONFLICT, &exception);

        if (r)
                return r;
        step_blame_order(exception, order);
        show_text(exception->group, sizeof(exception->group), "%s", tote);
        show_text(exception->expected, sizeof(exception->expected), "an empty tote");
        show_text(exception->found, sizeof(exception->found), "%s with order %s", tote, owner->order);
        return step_bad(step, "%s holds order %s: take another tote", tote, owner->order);
}

/* The log has to know the tote, so that it brings the order back: "started" again, with it. */
static int take_tote(struct step *step, const char *tote, const struct ledger_order *order) {
        struct order_change *change;
        int r;

        memcpy(step->state.tote, tote, sizeof(step->state.tote));
        if (strcmp(order->tote, tote) != 0) {
                r = step_order(step, ORDER_STARTED, order, &change);
                if (r)
                        return r;
        }
        return step_good(step, "order %s goes into %s", order->order, tote);
}

static int pick_tote(struct step *step, const char *tote) {
        struct ledger_order order, owner = { 0 };
        int found = step->view->order_by_tote(step->view->ctx, tote, &owner), r;

        if (found && found != -ENOENT)
                return found;
        if (!step->state.order[0] && found == -ENOENT)
                return step_bad(step, "%s is empty: scan its order first", tote);
        if (!step->state.order[0])
                return pick_order(step, &owner);
        r = pick_current(step, &order);
        if (r)
                return r;
        if (found == 0 && strcmp(owner.order, order.order) != 0)
                return refuse_tote(step, tote, &order, &owner);
        return take_tote(step, tote, &order);
}

/* ---- the bin ----------------------------------------------------------------------------------- */

int pick_due_line(const struct flow_view *view, const struct flow_state *state,
                  struct ledger_line *ret_line) {
        int r = -ENOENT;

        memset(ret_line, 0, sizeof(*ret_line));
        if (state->bin[0])
                r = view->open_line(view->ctx, state->order, state->bin, NULL, 0, ret_line);
        if (r == -ENOENT)
                r = view->open_line(view->ctx, state->order, NULL, NULL, 0, ret_line);
        return r;
}

/* 0 when an open line other than @but may be taken from @bin; -ENOENT. */
static int line_at(const struct step *step, const char *bin, bool sellable, int64_t but) {
        struct ledger_line line = { 0 };
        int r;

        for (int n = 0; n < 2; n++) {
                r = step->view->open_line(step->view->ctx, step->state.order, bin, NULL, n, &line);
                if (r == 0 && line.line != but)
                        return 0;
                if (r && r != -ENOENT)
                        return r;
        }
        for (int n = 0; sellable && n < PICK_LINES_MAX; n++) {
                r = step->view->open_line(step->view->ctx, step->state.order, NULL, NULL, n, &line);
                if (r || (line.anywhere && line.line != but))
                        return r;
        }
        return -ENOENT;
}

/* What to do about a line that is not at the scanned bin: the book may know no bin of it. */
static void way_to(char ret_words[STEP_GOODS_SIZE], const struct ledger_line *line) {
        char goods[STEP_GOODS_SIZE];

        step_goods_text(goods, pick_remaining(line), line->name);
        if (line->location[0])
                show_text(ret_words, STEP_GOODS_SIZE, "go to %s", line->location);
        else
                show_text(ret_words, STEP_GOODS_SIZE, "find %s", goods);
}

static int pick_location(struct step *step, const struct ledger_location *location) {
        struct ledger_line line = { 0 };
        struct ledger_order order;
        char way[STEP_GOODS_SIZE];
        int r = pick_current(step, &order);

        if (r)
                return r;
        r = line_at(step, location->location, location->sellable, 0);
        if (r == -ENOENT) {
                r = pick_due_line(step->view, &step->state, &line);
                if (r)
                        return r;
                way_to(way, &line);
                return step_bad(step, "wrong bin %s: %s", location->location, way);
        }
        if (r)
                return r;
        memcpy(step->state.bin, location->location, sizeof(step->state.bin));
        return step_good(step, "%s", location->location);
}

/* ---- the item ------------------------------------------------------------------------------------ */

/* The line that an item scan is for. */
struct choice {
        struct ledger_line line;
        char from[LOCATION_SIZE]; /* "": none found */
        int score;                /* the scanned bin counts more than an exact quantity */
        bool seen;                /* a line wants the item here, maybe fewer of it */
        char elsewhere[LOCATION_SIZE]; /* a bin that has to be scanned first */
        bool unplaced;            /* a line wants it, and the book knows no bin of it */
};

enum { SCORE_EXACT = 1, SCORE_AT_BIN = 2, SCORE_ANY = 4 };

static void weigh(const struct step *step, const struct ledger_line *line, int64_t milli,
                  struct choice *choice) {
        const struct flow_state *state = &step->state;
        bool at_bin = state->bin[0] && (line->anywhere || strcmp(line->location, state->bin) == 0);
        const char *from = at_bin ? state->bin : line->location;
        int score = SCORE_ANY;

        if (!at_bin && (step->settings->require_location_scan || !line->location[0])) {
                memcpy(choice->elsewhere, line->location, sizeof(choice->elsewhere));
                choice->unplaced |= !line->location[0];
                return;
        }
        choice->seen = true;
        if (pick_remaining(line) < milli)
                return;
        score += (at_bin ? SCORE_AT_BIN : 0) + (pick_remaining(line) == milli ? SCORE_EXACT : 0);
        if (score <= choice->score)
                return;
        choice->score = score;
        choice->line = *line;
        memcpy(choice->from, from, sizeof(choice->from));
}

static int choose(const struct step *step, const struct ledger_item *item, int64_t milli,
                  struct choice *choice) {
        struct ledger_line line = { 0 };

        for (int n = 0; n < PICK_LINES_MAX; n++) {
                int r = step->view->open_line(step->view->ctx, step->state.order, NULL, item->sku, n,
                                              &line);
                if (r == -ENOENT)
                        return 0;
                if (r)
                        return r;
                weigh(step, &line, milli, choice);
        }
        return 0;
}

static int refuse_item(struct step *step, enum exception_kind kind, const struct ledger_order *order,
                       const struct ledger_line *due, const struct ledger_item *item, int64_t milli) {
        struct exception_change *exception;
        char wanted[STEP_GOODS_SIZE], found[STEP_GOODS_SIZE];
        int r = step_exception(step, kind, &exception);

        if (r)
                return r;
        step_goods_text(wanted, pick_remaining(due), due->sku);
        step_goods_text(found, milli, item->sku);
        step_blame_order(exception, order);
        exception->line = due->line;
        exception->qty_milli = milli;
        memcpy(exception->sku, item->sku, sizeof(exception->sku));
        memcpy(exception->location, step->state.bin, sizeof(exception->location));
        show_text(exception->group, sizeof(exception->group), "%s|%s", order->order, item->sku);
        show_text(exception->expected, sizeof(exception->expected), "%s from %s", wanted, due->location);
        show_text(exception->found, sizeof(exception->found), "%s", found);
        return 0;
}

static int refuse_wrong_item(struct step *step, const struct ledger_order *order,
                             const struct choice *choice, const struct ledger_item *item,
                             int64_t milli) {
        struct ledger_line due;
        char goods[STEP_GOODS_SIZE];
        int r = pick_due_line(step->view, &step->state, &due);

        if (r)
                return r;
        r = refuse_item(step, EXCEPTION_WRONG_ITEM, order, &due, item, milli);
        if (r)
                return r;
        if (choice->elsewhere[0])
                return step_bad(step, "%s is for another bin: scan %s first", item->name,
                                choice->elsewhere);
        step_goods_text(goods, pick_remaining(&due), due.name);
        return step_bad(step, "wrong item %s: take %s", item->name, goods);
}

static int refuse_over_pick(struct step *step, const struct ledger_order *order,
                            const struct ledger_item *item, int64_t milli) {
        struct ledger_line line = { 0 };
        char wanted[STEP_GOODS_SIZE];
        int r = -ENOENT;

        if (step->state.bin[0])
                r = step->view->open_line(step->view->ctx, order->order, step->state.bin, item->sku, 0,
                                          &line);
        if (r == -ENOENT)
                r = step->view->open_line(step->view->ctx, order->order, NULL, item->sku, 0, &line);
        if (r)
                return r;
        r = refuse_item(step, EXCEPTION_OVER_PICK, order, &line, item, milli);
        if (r)
                return r;
        step_goods_text(wanted, pick_remaining(&line), line.name);
        return step_bad(step, "too many: only %s still to take", wanted);
}

int pick_finish(struct step *step, const struct ledger_order *order) {
        struct flow_effects *effects = step->effects;
        struct order_change *change;
        int r = step_order(step, ORDER_PICKED, order, &change);

        if (r)
                return r;
        if (step->settings->label_on == LABEL_ON_PICKED && order->picked_milli > 0) {
                effects->print_order_label = true;
                memcpy(effects->label_order, order->order, sizeof(effects->label_order));
        }
        step->state.order[0] = step->state.tote[0] = step->state.bin[0] = 0;
        return 0;
}

/* A line is full: the order may be picked, or the bin may have nothing more of it. */
static int after_line(struct step *step, const struct ledger_order *before, const struct choice *choice,
                      int64_t milli) {
        struct ledger_order order = *before;
        int r;

        order.picked_milli += milli;
        if (order.n_open_lines <= 1) {
                r = pick_finish(step, &order);
                return r ? r : step_good(step, "order %s is picked", order.order);
        }
        if (step->state.bin[0]) {
                r = line_at(step, step->state.bin, false, choice->line.line);
                if (r && r != -ENOENT)
                        return r;
                if (r == -ENOENT)
                        step->state.bin[0] = 0;
        }
        return step_good(step, "%s done", choice->line.name);
}

static int take(struct step *step, const struct ledger_order *order, const struct choice *choice,
                int64_t milli) {
        struct goods goods = { choice->line.sku, "", milli };
        char to[LOCATION_SIZE], words[STEP_GOODS_SIZE];
        struct move *move;
        int r;

        r = step->state.tote[0] ? step_place(to, TOTE_PLACE, step->state.tote) :
                                  step_place(to, ORDER_PLACE, order->order);
        if (r)
                return r;
        r = step_move(step, MOVE_PICK, &goods, choice->from, to, &move);
        if (r)
                return r;
        memcpy(move->order, order->order, sizeof(move->order));
        move->line = choice->line.line;
        step_spend_quantity(step);
        if (pick_remaining(&choice->line) == milli)
                return after_line(step, order, choice, milli);
        step_goods_text(words, pick_remaining(&choice->line) - milli, choice->line.name);
        return step_good(step, "%s still to take", words);
}

static int pick_item(struct step *step, const struct ledger_item *item) {
        struct choice choice = { 0 };
        struct ledger_order order;
        char way[STEP_GOODS_SIZE];
        int64_t milli;
        int r = pick_current(step, &order);

        if (r)
                return r;
        if (step->settings->require_location_scan && !step->state.bin[0]) {
                r = pick_due_line(step->view, &step->state, &choice.line);
                way_to(way, &choice.line);
                return r ? r : step_bad(step, "scan the bin first: %s", way);
        }
        r = step_quantity(step, item, false, &milli);
        if (r)
                return r;
        r = choose(step, item, milli, &choice);
        if (r)
                return r;
        if (!choice.seen && choice.unplaced)
                return step_bad(step, "scan the bin of %s first", item->name);
        if (!choice.seen)
                return refuse_wrong_item(step, &order, &choice, item, milli);
        if (!choice.from[0])
                return refuse_over_pick(step, &order, item, milli);
        r = step_confirm(step, item, milli);
        return r ? r : take(step, &order, &choice, milli);
}

/* ---- the screen ----------------------------------------------------------------------------------- */

static int pick_screen(const struct flow_settings *settings, const struct flow_view *view,
                       const struct flow_state *state, struct flow_screen *screen) {
        struct ledger_order order = { 0 };
        struct ledger_line line;
        char goods[STEP_GOODS_SIZE];
        int r;

        show_text(screen->title, sizeof(screen->title), "pick");
        show_text(screen->instruction, sizeof(screen->instruction), "scan an order");
        if (!state->order[0])
                return 0;
        show_text(screen->title, sizeof(screen->title), "pick %s", state->order);
        show_text(screen->instruction, sizeof(screen->instruction),
                  "order %s cannot be picked any more: T$CANCEL", state->order);
        r = view->order(view->ctx, state->order, &order);
        if (r == 0)
                r = pick_due_line(view, state, &line);
        if (r)
                return r == -ENOENT ? 0 : r;
        screen->n_lines = order.n_lines;
        screen->n_open_lines = order.n_open_lines;
        screen->wanted_milli = line.ordered_milli - line.short_milli;
        screen->done_milli = line.picked_milli;
        memcpy(screen->sku, line.sku, sizeof(screen->sku));
        memcpy(screen->location, line.anywhere && state->bin[0] ? state->bin : line.location,
               sizeof(screen->location));
        if (order.cancelled)
                return 0;
        step_goods_text(goods, pick_remaining(&line), line.name);
        if (!screen->location[0])
                show_text(screen->instruction, sizeof(screen->instruction),
                          "find %s and scan its bin, or T$SHORT", goods);
        else if (strcmp(screen->location, state->bin) == 0 || !settings->require_location_scan)
                show_text(screen->instruction, sizeof(screen->instruction), "take %s from %s", goods,
                          screen->location);
        else
                show_text(screen->instruction, sizeof(screen->instruction), "go to %s, take %s",
                          screen->location, goods);
        return 0;
}

const struct workflow workflow_pick = {
        .name = "pick",
        .ready = true,
        .location = pick_location,
        .order = pick_order,
        .tote = pick_tote,
        .item = pick_item,
        .done = pick_done,
        .close_short = pick_close_short,
        .screen = pick_screen,
};
