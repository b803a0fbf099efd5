/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Bytes: a growing buffer that owns its memory.
 *
 * Appending never fails at the call: running out of memory is remembered, later
 * appends do nothing, and bytes_error() says so once at the end. So a writer of
 * forty fields has one error path instead of forty.
 */

#include <stdbool.h>
#include "base/def.h"

struct bytes {
        uint8_t *data; /* NUL-terminated for printing; the NUL is not counted */
        size_t len;
        size_t cap;
        bool failed; /* memory ran out: the content is not to be used */
};

void bytes_fini(struct bytes *bytes);  /* frees; the struct may be used again */
void bytes_clear(struct bytes *bytes); /* forgets the content and the failure, keeps the memory */

void bytes_append(struct bytes *bytes, const void *data, size_t len);
void bytes_append_str(struct bytes *bytes, const char *text);
void bytes_append_char(struct bytes *bytes, char c);
void bytes_appendf(struct bytes *bytes, const char *format, ...) PRINTF_LIKE(2, 3);

/* 0, or -ENOMEM when an append since the last clear had no memory. */
MUST_CHECK int bytes_error(const struct bytes *bytes);

static inline struct slice bytes_slice(const struct bytes *bytes) {
        return (struct slice) { bytes->data, bytes->len };
}

/* The content as a C string, "" when empty. Borrowed until the next append. */
static inline const char *bytes_str(const struct bytes *bytes) {
        return bytes->data ? (const char *)bytes->data : "";
}

/* Copies @text with its NUL into @dst; -ENAMETOOLONG and "" in @dst when it does not fit. */
MUST_CHECK int str_copy(char *dst, size_t size, const char *text);
