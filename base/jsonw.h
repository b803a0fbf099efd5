/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * JSON writer: compact JSON straight into a buffer, no tree, no allocation per
 * value. The one writer of everything that is hashed or travels.
 *
 * Every value takes its key, or NULL inside an array. Errors (memory) stay in the
 * buffer: look at bytes_error() at the end.
 */

#include "base/bytes.h"
#include "base/sha256.h"

struct jsonw {
        struct bytes *out;
        bool comma; /* the next value needs one in front */
};

static inline struct jsonw jsonw_to(struct bytes *out) {
        return (struct jsonw) { out, false };
}

void jsonw_object(struct jsonw *w, const char *key);
void jsonw_object_end(struct jsonw *w);
void jsonw_array(struct jsonw *w, const char *key);
void jsonw_array_end(struct jsonw *w);

/* @text must be UTF-8 (our own words, names already checked). */
void jsonw_string(struct jsonw *w, const char *key, const char *text);
/* As jsonw_string, and nothing at all when @text is NULL or "". */
void jsonw_opt_string(struct jsonw *w, const char *key, const char *text);
/* Any bytes: UTF-8 where they are valid UTF-8, else every byte as the character of the same number,
 * and then "enc":"latin1" follows in the same object (DESIGN 4). */
void jsonw_scan(struct jsonw *w, const char *key, struct slice scan);
void jsonw_int(struct jsonw *w, const char *key, int64_t value);
void jsonw_uint(struct jsonw *w, const char *key, uint64_t value);
void jsonw_qty(struct jsonw *w, const char *key, int64_t milli);
void jsonw_bool(struct jsonw *w, const char *key, bool value);
void jsonw_null(struct jsonw *w, const char *key);
void jsonw_time(struct jsonw *w, const char *key, int64_t wall_ms);
void jsonw_digest(struct jsonw *w, const char *key, const struct digest *digest);
/* @json is a complete JSON value, copied as it is. */
void jsonw_raw(struct jsonw *w, const char *key, struct slice json);
