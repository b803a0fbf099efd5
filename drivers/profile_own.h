/* SPDX-License-Identifier: MIT */
#pragma once

/* Profile's own: its files share these. */

#include <jansson.h>
#include "drivers/profile.h"

enum { PROFILE_FILE_MAX = 64 * 1024 };

/* One that is compiled in. -ENOENT: none of that name. */
MUST_CHECK int profile_builtin(const char *name, struct profile *ret, struct bytes *ret_error);
const char *profile_builtin_name(size_t i); /* NULL: no more */

/* ---- reading a file's members (profile_member.c) ------------------------------------------------------- */

/* Where a text comes from and where its reason goes. Every reader answers 0, or -EINVAL with the reason told. */
struct profile_reader {
        const char *path;
        struct bytes *error;
};

int PRINTF_LIKE(2, 3) profile_refuse(const struct profile_reader *reader, const char *format, ...);

MUST_CHECK int profile_keys(const struct profile_reader *reader, const json_t *object,
                            const char *where, const char *const *known, size_t n_known);
/* An object of @root with only known keys; *ret NULL: absent. */
MUST_CHECK int profile_section(const struct profile_reader *reader, const json_t *root,
                               const char *key, const char *const *known, size_t n_known,
                               json_t **ret);
/* A list of objects likewise; *ret NULL: absent. */
MUST_CHECK int profile_list(const struct profile_reader *reader, const json_t *root,
                            const char *key, size_t max, json_t **ret);
/* "0d0a" to bytes; absent: none. */
MUST_CHECK int profile_hex(const struct profile_reader *reader, const json_t *object,
                           const char *key, uint8_t *dst, size_t size, size_t *ret_len);
MUST_CHECK int profile_bytes_of(const struct profile_reader *reader, const json_t *object,
                                const char *key, struct profile_bytes *ret);
/* Absent: as it is. */
MUST_CHECK int profile_number(const struct profile_reader *reader, const json_t *object,
                              const char *key, int64_t max, int *ret);
MUST_CHECK int profile_flag(const struct profile_reader *reader, const json_t *object,
                            const char *key, bool *ret);
MUST_CHECK int profile_text(const struct profile_reader *reader, const json_t *object,
                            const char *key, char *dst, size_t size);
/* The place of its word among @words; absent: as it is. */
MUST_CHECK int profile_word(const struct profile_reader *reader, const json_t *object,
                            const char *key, const char *const *words, size_t n_words,
                            size_t *ret_at);

/* ---- the members themselves (profile_read_device.c, profile_read_speech.c) ----------------------------- */

MUST_CHECK int profile_read_matches(const struct profile_reader *reader, const json_t *root,
                                    struct profile *ret);
MUST_CHECK int profile_read_setup(const struct profile_reader *reader, const json_t *root,
                                  struct profile *ret);
MUST_CHECK int profile_read_identify(const struct profile_reader *reader, const json_t *root,
                                     struct profile *ret);
MUST_CHECK int profile_read_approved(const struct profile_reader *reader, const json_t *root,
                                     struct profile *ret);
MUST_CHECK int profile_read_serial(const struct profile_reader *reader, const json_t *root,
                                   struct serial_settings *ret);
MUST_CHECK int profile_read_framing(const struct profile_reader *reader, const json_t *root,
                                    struct profile *ret);
MUST_CHECK int profile_read_code_ids(const struct profile_reader *reader, const json_t *root,
                                     struct profile *ret);
MUST_CHECK int profile_read_keyboard(const struct profile_reader *reader, const json_t *root,
                                     struct profile *ret);
MUST_CHECK int profile_read_feedback(const struct profile_reader *reader, const json_t *root,
                                     struct profile *ret);
MUST_CHECK int profile_read_status(const struct profile_reader *reader, const json_t *root,
                                   struct profile *ret);
