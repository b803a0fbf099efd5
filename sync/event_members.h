/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Event's own: the members of each type in the order of the line. One table drives writer and
 * reader, and is the document of the format.
 */

#include "sync/event_words.h"

enum member_type {
        MEMBER_TEXT,   /* char[size]; left out when "" */
        MEMBER_QTY,    /* int64_t thousandths; left out when 0 */
        MEMBER_INT,    /* int64_t; left out when 0 */
        MEMBER_COUNT,  /* int64_t or uint64_t that is never negative; left out when 0 */
        MEMBER_TIME,   /* int64_t milliseconds; left out when 0 */
        MEMBER_WORD,   /* an enum, always there */
        MEMBER_OF,     /* move.of: only where the kind is reverse, and then always */
        MEMBER_BEFORE, /* exception.stock_before_milli: where has_stock_before, also 0 */
        MEMBER_AFTER,  /* system.after: where the state is started; null for the first epoch */
};

struct event_member {
        const char *name;
        enum member_type type;
        bool required; /* a line without it is malformed */
        size_t offset; /* into struct event */
        size_t size;   /* MEMBER_TEXT */
        const struct event_words *words;
};

struct event_shape {
        const struct event_member *members;
        size_t n_members;
};

/* By event_type. */
extern const struct event_shape event_shapes[EVENT_TYPE_MAX_];
