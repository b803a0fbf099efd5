/* SPDX-License-Identifier: MIT */
#pragma once

/* GS1's own: one value against its row. */

#include "drivers/barcode/gs1.h"

/* Adds an element after checking it; @at: its offset in what was scanned, for the words. */
MUST_CHECK int gs1_add(struct gs1 *gs1, const struct gs1_ai *ai, struct slice code,
                       struct slice value, size_t at);

/* Is a percent escape at @at of a URI's value? */
bool gs1_is_escape(struct slice text, size_t at, uint8_t *ret_byte);

/* The reason, as printf; always GS1_E_INVALID. */
int gs1_refuse(struct gs1 *gs1, const char *format, ...) PRINTF_LIKE(2, 3);
