/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Clock: the two clocks of the program, through one replaceable table so that
 * tests and simulations own the time. Waiting is measured on the monotonic
 * clock, records carry the wall clock (UTC).
 */

#include <stdbool.h>
#include "base/def.h"

struct clock_source {
        int64_t (*wall_ms)(void); /* Unix time, milliseconds */
        int64_t (*mono_ms)(void); /* CLOCK_BOOTTIME, milliseconds: goes on in suspend */
};

/* NULL puts the system's clocks back. */
void clock_replace(const struct clock_source *source);

int64_t clock_wall_ms(void);
int64_t clock_mono_ms(void);

/* RFC 3339 in UTC with milliseconds: 2026-11-20T12:00:00.123Z */
void clock_format(int64_t wall_ms, char ret_text[TIMESTAMP_SIZE]);

/* Reads what clock_format writes; also without a fraction, or with 1 to 3 digits of it. -EINVAL. */
MUST_CHECK int clock_parse(const char *text, int64_t *ret_wall_ms);
