/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * GS1: element strings and Digital Link URIs to application identifiers with checked values.
 *
 * GS1 General Specifications sections 3 (definitions), 7.8 (processing of element strings), GS1 Digital Link
 * Standard: URI Syntax. The facts of each AI are those of the GS1 Barcode Syntax Dictionary, release
 * 2026-01-27. Pure, no allocation.
 */

#include <stdbool.h>
#include "drivers/barcode/gs1_table.h"

enum {
        GS1_ELEMENTS_MAX = 64,     /* in one scan */
        GS1_LINK_BYTES_MAX = 3072, /* of a URI's values; no code holds more: QR 40-L 2953 bytes (ISO/IEC 18004 table 7) */
        GS1_ERROR_SIZE = 200,
        GS1_DATE_SIZE = 11,        /* "2027-01-31" */
};

enum { GS1_E_INVALID = 1 };

struct gs1_element {
        const struct gs1_ai *ai;
        struct slice code;  /* "3103" */
        struct slice value; /* without the code */
};

struct gs1 {
        struct gs1_element elements[GS1_ELEMENTS_MAX];
        size_t n_elements;
        uint8_t link[GS1_LINK_BYTES_MAX]; /* what values of a URI point into */
        size_t link_len;
        struct slice escaped; /* of a URI: the value that is read, as it stands there */
        size_t value_at;      /* and its offset */
        char error[GS1_ERROR_SIZE]; /* which AI, where, and why, in words; offsets count from 1 */
};

/* @text: what follows the AIM identifier; GS (1D hex) between elements. Elements borrow @text. GS1_E_INVALID
 * with the reason in ret->error; -EINVAL never. */
MUST_CHECK int gs1_parse(struct slice text, struct gs1 *ret);

/* "http://" or "https://" in front, in either case. */
bool gs1_is_link(struct slice text);
/* Also for data attributes (?17=…). Codes borrow @uri, values ret->link. */
MUST_CHECK int gs1_link_parse(struct slice uri, struct gs1 *ret);

/* NULL: the scan has no such element. */
const struct gs1_element *gs1_find(const struct gs1 *gs1, const char *code);

/* Checks that no element excludes another, and that repeated ones agree. Both parsers have done it. */
MUST_CHECK int gs1_check_pairs(struct gs1 *gs1);

/* Is @code what the pattern of @len says, where 'n' stands for any digit? */
bool gs1_code_is(struct slice code, const char *pattern, size_t len);

/* true: an element lacks one that the standard wants beside it, and which, in words: "(02) should stand beside (37)". A
 * warning, no error: labels are scanned in parts. */
bool gs1_lacks(const struct gs1 *gs1, char *ret_words, size_t size);

/* YYMMDD to YYYY-MM-DD: century by section 7.12 around @year, day 00 the month's last. -EINVAL */
MUST_CHECK int gs1_date(struct slice yymmdd, int year, char ret_date[GS1_DATE_SIZE]);
