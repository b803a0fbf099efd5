/* SPDX-License-Identifier: MIT */
#pragma once

/* ULID: 48 bits of milliseconds and 80 random bits (getrandom), 26 characters of
 * Crockford's base 32. Source: https://github.com/ulid/spec */

#include <stdbool.h>
#include "base/def.h"

/* 0, or a negative errno from getrandom(2). */
MUST_CHECK int ulid_new(int64_t wall_ms, char ret_ulid[ULID_SIZE]);

bool ulid_valid(const char *text);
