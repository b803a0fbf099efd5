/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * SSI code types: the first byte of decode data. Sources: Zebra, CS3000 product reference guide,
 * table B-1 (the linear ones and add-ons); Zebra's scanner SDK, its ST_ constants (the others;
 * there 23 to 25 are postal codes and MaxiCode, and in the CS3000's table GS1 DataBar: these stay
 * without an identifier).
 */

#include <stdbool.h>
#include "base/def.h"

enum { SSI_FRONT_MAX = 4 };

/*
 * What goes in front of a text of @len characters: its AIM identifier (ISO/IEC 15424), and the zero
 * that makes 13 digits of a UPC-A where an add-on follows. "": the type says too little, its text
 * goes on as it is.
 */
const char *ssi_code_front(uint8_t code_type, size_t len);
