/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Control: the printed sheets' codes, "T$" and a word, as a value (DESIGN 3). Pure.
 *
 * The words are one table; a text that matches none is no control code, and may still be anything else.
 */

#include "agent/flow/flow.h"

#define CONTROL_PREFIX "T$"

enum control_verb {
        CONTROL_MODE,
        CONTROL_QTY,
        CONTROL_SHORT,
        CONTROL_DAMAGED,
        CONTROL_UNDO,
        CONTROL_DONE,
        CONTROL_CANCEL,
        CONTROL_REPRINT,
        CONTROL_LOGOUT,
        CONTROL_REASON,
        CONTROL_HELP,
        CONTROL_VERB_MAX_,
};

struct control {
        enum control_verb verb;
        enum flow_mode mode;    /* CONTROL_MODE */
        int64_t qty_milli;      /* CONTROL_QTY */
        char reason[ID_SIZE];   /* CONTROL_REASON: printable ASCII */
};

enum {
        CONTROL_E_NONE = 1, /* no control code */
        CONTROL_E_QTY,      /* T$QTY without a number, or with one that is no quantity */
        CONTROL_E_REASON,   /* T$REASON without a code, or with one that cannot be recorded */
};

MUST_CHECK int control_parse(struct slice text, struct control *ret_control);
