/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Quantities: int64 thousandths of the item's base unit ("milli"). Outside a
 * number with at most three decimals. Never a float.
 */

#include "base/def.h"

enum { QTY_TEXT_SIZE = 24 };

/* No single quantity is larger, so that sums of a million of them fit an int64. */
#define QTY_MAX_MILLI INT64_C(1000000000000) /* a thousand million units */

#define QTY_UNIT INT64_C(1000)

/* "6", "-0.25": the shortest form. */
void qty_format(int64_t milli, char ret_text[QTY_TEXT_SIZE]);

/* The whole of @text: [-]digits[.1 to 3 digits]. -EINVAL: not a number; -ERANGE: over QTY_MAX_MILLI. */
MUST_CHECK int qty_parse(struct slice text, int64_t *ret_milli);
