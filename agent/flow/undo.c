/* SPDX-License-Identifier: MIT */

/* T$UNDO: a new move that reverses the station's last one, and the person stands where they stood before it. */

#include <errno.h>
#include "agent/flow/pick.h"
#include "base/bytes.h"

static int reverse(struct step *step, const struct event *undone) {
        const struct move *was = &undone->move;
        struct goods goods = { was->sku, was->lot, was->qty_milli };
        struct move *move;
        int r = step_move(step, MOVE_REVERSE, &goods, was->to, was->from, &move);

        if (r)
                return r;
        move->of = was->kind;
        move->reverses = undone->seq;
        move->line = was->line;
        memcpy(move->serial, was->serial, sizeof(move->serial));
        memcpy(move->expiry, was->expiry, sizeof(move->expiry));
        memcpy(move->order, was->order, sizeof(move->order));
        memcpy(move->reason, was->reason, sizeof(move->reason));
        return 0;
}

/* Into what the goods went; a short's went into no tote, so the order's own. */
static int tote_of(struct step *step, const struct move *was, char ret_tote[ID_SIZE]) {
        struct ledger_order order;
        int r;

        ret_tote[0] = '\0';
        if (strncmp(was->to, TOTE_PLACE, strlen(TOTE_PLACE)) == 0)
                return str_copy(ret_tote, ID_SIZE, was->to + strlen(TOTE_PLACE));
        if (was->kind == MOVE_PICK)
                return 0;
        r = step->view->order(step->view->ctx, was->order, &order);
        if (r == 0)
                memcpy(ret_tote, order.tote, ID_SIZE);
        return r == -ENOENT ? 0 : r;
}

/* Back in the order, at the bin that the goods go back to. */
static int reopen_pick(struct step *step, const struct move *was) {
        struct flow_state *state = &step->state;
        int r = state->mode == MODE_PICK ? 0 : workflow_enter(step, MODE_PICK);

        if (r)
                return r;
        memcpy(state->order, was->order, sizeof(state->order));
        memcpy(state->bin, was->from, sizeof(state->bin));
        return tote_of(step, was, state->tote);
}

static int put_back(struct step *step, const struct move *was) {
        bool shorted = was->kind == MOVE_TRANSFER && was->order[0] &&
                       strcmp(was->reason, "short") == 0;

        if (was->order[0] && (was->kind == MOVE_PICK || shorted))
                return reopen_pick(step, was);
        return step->state.mode == MODE_RETURN ? returns_reopen(step, was) : 0;
}

int undo_last_move(struct step *step) {
        char words[STEP_GOODS_SIZE];
        struct event undone;
        int r = step->view->last_move(step->view->ctx, &undone);

        if (r == -ENOENT)
                return step_bad(step, "nothing to undo");
        if (r == 0)
                r = reverse(step, &undone);
        if (r == 0)
                r = put_back(step, &undone.move);
        if (r)
                return r;
        step_spend_quantity(step);
        step_goods_text(words, undone.move.qty_milli, undone.move.sku);
        return step_good(step, "undone: %s back to %s", words, undone.move.from);
}
