/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * JSON reader: jansson with our rules (no duplicate keys, bounded size), and
 * getters that say which field is wrong in words for people.
 *
 * A text may hold any JSON value, not only an object (a scan may be a bare string);
 * from anything but an object every getter reads "missing".
 *
 * Getters with "opt" leave the result untouched when the key is absent or null. A wrong
 * type, an over-long text or a number out of range is JSONR_E_FIELD and names the
 * field in @error; a required field that is absent too.
 */

#include <jansson.h>
#include <stdbool.h>
#include "base/bytes.h"

enum { JSONR_E_SYNTAX = 1, JSONR_E_FIELD };

enum {
        JSONR_ERROR_SIZE = 160,
        /* Longer texts are refused unread. What peers send is bounded far lower by its reader; this is
         * for files and answers. */
        JSONR_TEXT_MAX = 16 * 1024 * 1024,
};

struct jsonr_error {
        char text[JSONR_ERROR_SIZE];
};

/* @ret_json is a new reference. -ENOMEM, or JSONR_E_SYNTAX with line and column in @ret_error. */
MUST_CHECK int jsonr_parse(struct slice text, json_t **ret_json, struct jsonr_error *ret_error);

MUST_CHECK int jsonr_string(const json_t *object, const char *key, char *dst, size_t size,
                            struct jsonr_error *error);
MUST_CHECK int jsonr_opt_string(const json_t *object, const char *key, char *dst, size_t size,
                                struct jsonr_error *error);
MUST_CHECK int jsonr_int(const json_t *object, const char *key, int64_t min, int64_t max,
                         int64_t *ret_value, struct jsonr_error *error);
MUST_CHECK int jsonr_opt_int(const json_t *object, const char *key, int64_t min, int64_t max,
                             int64_t *ret_value, struct jsonr_error *error);
/* A JSON number, whole or with at most three decimals. */
MUST_CHECK int jsonr_qty(const json_t *object, const char *key, int64_t *ret_milli,
                         struct jsonr_error *error);
MUST_CHECK int jsonr_opt_qty(const json_t *object, const char *key, int64_t *ret_milli,
                             struct jsonr_error *error);
MUST_CHECK int jsonr_opt_bool(const json_t *object, const char *key, bool *ret_value,
                              struct jsonr_error *error);
/* Borrowed from @object; NULL in *ret_array when absent. */
MUST_CHECK int jsonr_opt_array(const json_t *object, const char *key, json_t **ret_array,
                               struct jsonr_error *error);

void jsonr_unref(json_t **json); /* for CLEANUP */
