/* SPDX-License-Identifier: MIT */
#pragma once

/* Flow view: the ledger, as a workflow step may see it. */

#include "agent/flow/flow.h"

struct flow_ledger {
        struct ledger *ledger;
        const char *station; /* whose last move and count sheet it is */
};

/* @source outlives the view. */
struct flow_view flow_view_of(struct flow_ledger *source);
