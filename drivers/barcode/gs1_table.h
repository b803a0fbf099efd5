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

enum { GS1_PARTS_MAX = 5, GS1_CHECKS_MAX = 3 };

/* NULL: the value is right; else what is wrong with it. */
typedef const char *gs1_check(struct slice value);

struct gs1_part {
        char set; /* 'N' digits, 'X' set 82, 'Y' set 39, 'Z' base64url (General Specifications 7.11) */
        unsigned char min, max;
        bool optional;
        gs1_check *checks[GS1_CHECKS_MAX];
};

struct gs1_ai {
        char first[5], last[5]; /* a row may stand for a range: 3100 to 3105 */
        unsigned char flags;
        const char *title;
        struct gs1_part parts[GS1_PARTS_MAX]; /* in order; set 0: no more */
        const char *excludes;   /* "255,37": may not stand beside them; 'n' is any digit. NULL: none */
        const char *needs;      /* "01,02 21": one of each group has to stand beside it. NULL: none */
        const char *qualifiers; /* of a key: "22,10,21|235", in this order. NULL: none */
};

/* How many digits the AI has that begins with these two characters; 0: none does. */
size_t gs1_ai_len(const uint8_t *two);
/* The row of @code, or NULL. */
const struct gs1_ai *gs1_ai_find(struct slice code);
/* All rows, for those who compare the table. */
const struct gs1_ai *gs1_ai_rows(size_t *ret_n);
