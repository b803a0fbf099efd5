/* SPDX-License-Identifier: MIT */
#include "base/conf_value.h"

#include <errno.h>
#include <stdlib.h>

enum { CONF_WORD_MAX = 40 }; /* longer words have no near one worth naming */

static size_t conf_min(size_t a, size_t b) {
        return a < b ? a : b;
}

/* Edits from @a to @b, where swapping two neighbours is one edit (optimal string alignment).
 * Both are at most CONF_WORD_MAX long. */
static size_t conf_distance(const char *a, const char *b) {
        size_t rows[3][CONF_WORD_MAX + 1], *before = rows[0], *above = rows[1], *row = rows[2];
        size_t len_a = strlen(a), len_b = strlen(b);

        for (size_t j = 0; j <= len_b; j++)
                above[j] = before[j] = j;
        for (size_t i = 1; i <= len_a; i++) {
                size_t *free_row = before;

                row[0] = i;
                for (size_t j = 1; j <= len_b; j++) {
                        row[j] = conf_min(above[j], row[j - 1]) + 1;
                        row[j] = conf_min(row[j], above[j - 1] + (a[i - 1] != b[j - 1]));
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                                row[j] = conf_min(row[j], before[j - 2] + 1);
                }
                before = above;
                above = row;
                row = free_row;
        }
        return above[len_b];
}

const char *conf_nearest(const char *word, const char *const *known, size_t n_known) {
        size_t len = strlen(word), best = len <= 3 ? 2 : len <= 7 ? 3 : 4;
        const char *nearest = NULL;

        if (len > CONF_WORD_MAX)
                return NULL;
        for (size_t i = 0; i < n_known; i++) {
                size_t distance;

                if (strlen(known[i]) > CONF_WORD_MAX)
                        continue;
                distance = conf_distance(word, known[i]);
                if (distance < best && distance < strlen(known[i])) {
                        best = distance;
                        nearest = known[i];
                }
        }
        return nearest;
}

static int conf_store_text(const char *text, char *dst, size_t size, struct bytes *ret_reason) {
        if (strlen(text) >= size) {
                bytes_appendf(ret_reason, "is longer than %zu bytes", size - 1);
                return -EINVAL;
        }
        return str_copy(dst, size, text);
}

static int conf_store_name(const char *text, char *dst, struct bytes *ret_reason) {
        size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

        if (len == 0 || text[len] || len >= NAME_SIZE) {
                bytes_appendf(ret_reason, "must be 1 to %d of a-z, 0-9 and -, not \"%s\"",
                              NAME_SIZE - 1, text);
                return -EINVAL;
        }
        return str_copy(dst, NAME_SIZE, text);
}

static int conf_store_path(const char *text, char *dst, struct bytes *ret_reason) {
        if (!*text) {
                bytes_append_str(ret_reason, "must not be empty");
                return -EINVAL;
        }
        return conf_store_text(text, dst, PATH_SIZE, ret_reason);
}

static int conf_store_bool(const char *text, bool *ret_value, struct bytes *ret_reason) {
        static const struct {
                const char *word;
                bool value;
        } words[] = { { "yes", true }, { "true", true },   { "1", true },
                      { "no", false }, { "false", false }, { "0", false } };

        for (size_t i = 0; i < ARRAY_LEN(words); i++)
                if (strcmp(text, words[i].word) == 0) {
                        *ret_value = words[i].value;
                        return 0;
                }
        bytes_appendf(ret_reason, "must be yes or no, not \"%s\"", text);
        return -EINVAL;
}

static int conf_store_int(const struct conf_key *key, const char *text, int64_t *ret_value,
                          struct bytes *ret_reason) {
        char *end;
        long long value;

        errno = 0;
        value = strtoll(text, &end, 10);
        /* strtoll skips blanks and takes a +; a number in a configuration has neither. */
        if (strspn(text, "-0123456789") != strlen(text) || end == text || *end) {
                bytes_appendf(ret_reason, "must be a whole number, not \"%s\"", text);
                return -EINVAL;
        }
        if (errno == ERANGE || value < key->min || value > key->max) {
                bytes_appendf(ret_reason, "must be %lld to %lld, not %s", (long long)key->min,
                              (long long)key->max, text);
                return -EINVAL;
        }
        *ret_value = value;
        return 0;
}

static int conf_store_enum(const struct conf_key *key, const char *text, int *ret_value,
                           struct bytes *ret_reason) {
        for (int i = 0; key->choices[i]; i++)
                if (strcmp(text, key->choices[i]) == 0) {
                        *ret_value = i;
                        return 0;
                }
        bytes_append_str(ret_reason, "must be one of");
        for (int i = 0; key->choices[i]; i++)
                bytes_appendf(ret_reason, " %s", key->choices[i]);
        bytes_appendf(ret_reason, ", not \"%s\"", text);
        return -EINVAL;
}

int conf_value_store(const struct conf_key *key, const char *text, void *dest,
                     struct bytes *ret_reason) {
        void *to = (char *)dest + key->offset;

        switch (key->type) {
        case CONF_STRING:
                return conf_store_text(text, to, key->size, ret_reason);
        case CONF_NAME:
                return conf_store_name(text, to, ret_reason);
        case CONF_PATH:
                return conf_store_path(text, to, ret_reason);
        case CONF_BOOL:
                return conf_store_bool(text, to, ret_reason);
        case CONF_INT:
                return conf_store_int(key, text, to, ret_reason);
        case CONF_ENUM:
                return conf_store_enum(key, text, to, ret_reason);
        }
        return -EINVAL;
}
