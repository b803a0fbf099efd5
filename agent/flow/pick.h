/* SPDX-License-Identifier: MIT */
#pragma once

/* Pick: what its two files share. pick.c takes goods, pick_short.c closes lines that cannot be filled. */

#include "agent/flow/workflow.h"

#define TOTE_PLACE "tote:"
#define ORDER_PLACE "order:"
#define HOLD_PLACE "hold:"

/* Lines of one order that a step looks through at most. */
enum { PICK_LINES_MAX = 4096 };

/* The order that is being picked. STEP_E_ANSWERED when there is none, or it cannot be picked any more. */
MUST_CHECK int pick_current(struct step *step, struct ledger_order *ret_order);

/* The line that is due: the first open one at the scanned bin, else the first in walking order. -ENOENT. */
MUST_CHECK int pick_due_line(const struct flow_view *view, const struct flow_state *state,
                             struct ledger_line *ret_line);

/* The order has no open line left: sums are as they are after this step. */
MUST_CHECK int pick_finish(struct step *step, const struct ledger_order *order);

int pick_close_short(struct step *step);
int pick_done(struct step *step);

static inline int64_t pick_remaining(const struct ledger_line *line) {
        return line->ordered_milli - line->picked_milli - line->short_milli;
}
