/* SPDX-License-Identifier: MIT */
#pragma once

/* Event's own: the wire's words as tables, for the member tables of event.c. */

#include "sync/event.h"

struct event_words {
        const char *const *words;
        size_t n_words;
};

extern const struct event_words event_type_words, move_kind_words, order_state_words,
        exception_kind_words, exception_state_words, severity_words, print_state_words,
        device_state_words, session_state_words, system_state_words;

const char *event_word(const struct event_words *words, unsigned value); /* "?": out of range */
MUST_CHECK int event_word_parse(const struct event_words *words, const char *name,
                                unsigned *ret_value); /* -EINVAL */
