/* SPDX-License-Identifier: MIT */
#pragma once

/* GS1 table: what each application identifier holds. */

#include <stdbool.h>
#include "base/def.h"

enum {
        GS1_FIXED = 1,     /* length is known from the AI: no separator follows */
        GS1_ATTRIBUTE = 2, /* may stand in the query of a Digital Link URI */
        GS1_KEY = 4,       /* may be the primary key of one */
};

enum { GS1_TITLE_SIZE = 26, GS1_PARTS_MAX = 5, GS1_CHECKS_MAX = 3 };

/* The rules that a value may have to keep (gs1_check.h). Names and not functions: pointers in a table of this size would
 * cost 30 KB of program and as much memory of every process. */
enum gs1_check_name {
        GS1_CHECK_NONE,
        GS1_CHECK_DIGIT,
        GS1_CHECK_PAIR,
        GS1_CHECK_PREFIX,
        GS1_CHECK_PREFIX_2ND,
        GS1_CHECK_DATE,
        GS1_CHECK_DATE_DAY0,
        GS1_CHECK_BIRTH_DATE,
        GS1_CHECK_HOUR,
        GS1_CHECK_MINUTE,
        GS1_CHECK_SECOND,
        GS1_CHECK_HOUR_MINUTE,
        GS1_CHECK_COUNTRY,
        GS1_CHECK_COUNTRY_OR_999,
        GS1_CHECK_COUNTRY_LETTERS,
        GS1_CHECK_CURRENCY,
        GS1_CHECK_PACKAGE,
        GS1_CHECK_MEDIUM,
        GS1_CHECK_SEX,
        GS1_CHECK_YES_NO,
        GS1_CHECK_WINDING,
        GS1_CHECK_LATITUDE,
        GS1_CHECK_LONGITUDE,
        GS1_CHECK_POSITION,
        GS1_CHECK_PIECE_OF_TOTAL,
        GS1_CHECK_ZERO,
        GS1_CHECK_NONZERO,
        GS1_CHECK_NO_ZERO_FIRST,
        GS1_CHECK_HAS_NON_DIGIT,
        GS1_CHECK_HYPHEN,
        GS1_CHECK_PERCENT,
        GS1_CHECK_IMPORTER,
        GS1_CHECK_IBAN,
        GS1_CHECK_COUPON,
        GS1_CHECK_OFFER,
        GS1_CHECK_MAX_,
};

struct gs1_part {
        char set; /* 'N' digits, 'X' set 82, 'Y' set 39, 'Z' base64url (General Specifications 7.11) */
        unsigned char min, max;
        bool optional;
        unsigned char checks[GS1_CHECKS_MAX]; /* enum gs1_check_name; NONE: no more */
};

/* Without pointers: each would cost 32 bytes of program, and its page memory of every process. */
struct gs1_ai {
        char first[5], last[5]; /* a row may stand for a range: 3100 to 3105 */
        unsigned char flags;
        char title[GS1_TITLE_SIZE];
        struct gs1_part parts[GS1_PARTS_MAX]; /* in order; set 0: no more */
        char excludes[25];   /* "255,37": may not stand beside them; 'n' is any digit. "": none */
        char qualifiers[13]; /* of a key: "22,10,21|235", in this order. "": none */
};

/* How many digits the AI has that begins with these two characters; 0: none does. */
size_t gs1_ai_len(const uint8_t *two);
/* The row of @code, or NULL. */
const struct gs1_ai *gs1_ai_find(struct slice code);
/* "01,02 21": one of each group has to stand beside it. "": none. Not enforced (gs1_lacks). */
const char *gs1_ai_needs(const struct gs1_ai *ai);
/* All rows, for those who compare the table. */
const struct gs1_ai *gs1_ai_rows(size_t *ret_n);
