/* SPDX-License-Identifier: MIT */
#pragma once

/* Decoded: what one code is, for people and for programs (DESIGN 8, tally decode). */

#include "base/bytes.h"
#include "drivers/barcode/barcode.h"
#include "drivers/barcode/gs1.h"

struct decoded {
        bool ok;
        char aim[AIM_SIZE]; /* "" without one; also of a code that is invalid */
        struct barcode barcode;
        struct gs1 gs1; /* no elements where the code is none of GS1's */
        char gtin[GTIN_SIZE]; /* "": none */
        char reason[GS1_ERROR_SIZE];
};

/* @raw outlives @ret. */
void decoded_read(struct slice raw, struct decoded *ret);
/* One line of JSON, without its end. */
void decoded_write(const struct decoded *decoded, struct bytes *out);
/* To standard output; of a code that is ok. */
void decoded_print(const struct decoded *decoded);
