/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Set-up: the commands that a profile sends to a serial or HID POS scanner when it is attached, and the query that
 * reads its model and firmware. Pure.
 *
 * One command is out at a time. What comes before its answer is the answer; a device that does not answer in
 * SETUP_ANSWER_MS is told of, and what it sent instead is given back, for it may be a scan.
 */

#include <stdbool.h>
#include "base/def.h"
#include "drivers/profile.h"

enum { SETUP_ANSWER_MS = 1000, SETUP_ANSWER_MAX = 512 };

struct setup {
        const struct profile *profile;
        size_t step; /* the next of profile->setup; n_setup: the query; beyond: over */
        uint8_t answer[SETUP_ANSWER_MAX];
        size_t len;
        bool unanswered; /* a step was not */
        char model[PROFILE_WORD_SIZE], firmware[PROFILE_WORD_SIZE];
};

void setup_init(struct setup *setup, const struct profile *profile);
bool setup_is_over(const struct setup *setup);

/* What to send now; empty: the set-up is over. */
struct slice setup_next(struct setup *setup);
/* What was sent last is answered. Else setup_next follows at once. */
bool setup_waits(const struct setup *setup);

/* Takes bytes of the answer from *bytes, as many as it has room for. true: it is whole; ask setup_next. */
bool setup_input(struct setup *setup, struct slice *bytes);
/* An answer without an end. */
bool setup_is_full(const struct setup *setup);

/* No answer came: what came instead, until the next call. Ask setup_next after it. */
struct slice setup_give_up(struct setup *setup);
