/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * SGD: what a printer answers to ! U1 getvar "NAME" (Zebra, manual 14143L): the value in double quotes, "?" for a name
 * that it does not know. Pure.
 *
 * No end is documented but the closing quote. A value longer than SGD_VALUE_SIZE - 1, or of several lines, is no value that
 * we asked for: an alert's 8" would turn all quotes behind it around.
 */

#include <stdbool.h>
#include "base/def.h"

enum { SGD_VALUE_SIZE = 32 };

#define SGD_ASK_LABELS "! U1 getvar \"odometer.total_label_count\"\r\n"

struct sgd_reader {
        char value[SGD_VALUE_SIZE]; /* between the quotes */
        size_t len;
        bool inside;
};

void sgd_reset(struct sgd_reader *reader); /* forgets what is half read */
/* true: the byte ended a value. */
bool sgd_take(struct sgd_reader *reader, uint8_t byte);
/* A count of labels. -EINVAL: "?", or not a number of at most 15 digits alone. */
MUST_CHECK int sgd_count(const char *value, int64_t *ret);
