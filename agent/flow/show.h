/* SPDX-License-Identifier: MIT */
#pragma once

/* Show: words for people's eyes in fields of a fixed size. Always UTF-8, cut between characters. */

#include "base/def.h"

void show_text(char *dst, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);

/* Any bytes: control characters and what is no UTF-8 as \xNN, cut with "..." */
void show_code(char *dst, size_t size, struct slice code);

/* The part of @text within @max bytes, not ending inside a character. */
struct slice show_cut(struct slice text, size_t max);
