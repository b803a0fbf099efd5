/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include "base/conf.h"
#include "base/jsonr.h"
#include "drivers/profile_own.h"

int profile_refuse(const struct profile_reader *reader, const char *format, ...) {
        char words[256];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(words, sizeof(words), format, args);
        va_end(args);
        bytes_appendf(reader->error, "profile %s: %s", reader->path, words);
        return -EINVAL;
}

static int refuse_key(const struct profile_reader *reader, const char *where, const char *key,
                      const char *const *known, size_t n_known) {
        const char *near = conf_nearest(key, known, n_known);

        if (near)
                return profile_refuse(reader, "unknown key %s%s, did you mean %s?", where, key,
                                      near);
        return profile_refuse(reader, "unknown key %s%s", where, key);
}

int profile_keys(const struct profile_reader *reader, const json_t *object, const char *where,
                 const char *const *known, size_t n_known) {
        const char *key;
        json_t *value;

        json_object_foreach((json_t *)(uintptr_t)object, key, value) {
                size_t i = 0;

                while (i < n_known && strcmp(known[i], key) != 0)
                        i++;
                if (i == n_known)
                        return refuse_key(reader, where, key, known, n_known);
        }
        return 0;
}

int profile_section(const struct profile_reader *reader, const json_t *root, const char *key,
                    const char *const *known, size_t n_known, json_t **ret) {
        char where[64];

        *ret = json_object_get(root, key);
        if (!*ret)
                return 0;
        if (!json_is_object(*ret))
                return profile_refuse(reader, "%s must be an object", key);
        (void)snprintf(where, sizeof(where), "%s.", key);
        return profile_keys(reader, *ret, where, known, n_known);
}

int profile_list(const struct profile_reader *reader, const json_t *root, const char *key,
                 size_t max, json_t **ret) {
        *ret = json_object_get(root, key);
        if (*ret && (!json_is_array(*ret) || json_array_size(*ret) > max))
                return profile_refuse(reader, "%s must be a list of at most %zu", key, max);
        return 0;
}

static int nibble(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int profile_hex(const struct profile_reader *reader, const json_t *object, const char *key,
                uint8_t *dst, size_t size, size_t *ret_len) {
        const json_t *value = json_object_get(object, key);
        const char *text = json_string_value(value);

        *ret_len = 0;
        if (!value)
                return 0;
        if (!text || strlen(text) % 2 || strlen(text) / 2 > size)
                return profile_refuse(reader, "%s must be at most %zu bytes as hexadecimal pairs",
                                      key, size);
        for (size_t i = 0; text[i]; i += 2) {
                int high = nibble(text[i]), low = nibble(text[i + 1]);

                if (high < 0 || low < 0)
                        return profile_refuse(reader, "%s holds something that is not hexadecimal",
                                              key);
                dst[(*ret_len)++] = (uint8_t)(high * 16 + low);
        }
        return 0;
}

int profile_bytes_of(const struct profile_reader *reader, const json_t *object, const char *key,
                     struct profile_bytes *ret) {
        return profile_hex(reader, object, key, ret->bytes, sizeof(ret->bytes), &ret->len);
}

int profile_number(const struct profile_reader *reader, const json_t *object, const char *key,
                   int64_t max, int *ret) {
        struct jsonr_error error;
        int64_t value = *ret;

        if (jsonr_opt_int(object, key, 0, max, &value, &error) != 0)
                return profile_refuse(reader, "%s", error.text);
        *ret = (int)value;
        return 0;
}

int profile_flag(const struct profile_reader *reader, const json_t *object, const char *key,
                 bool *ret) {
        struct jsonr_error error;

        if (jsonr_opt_bool(object, key, ret, &error) != 0)
                return profile_refuse(reader, "%s", error.text);
        return 0;
}

int profile_text(const struct profile_reader *reader, const json_t *object, const char *key,
                 char *dst, size_t size) {
        struct jsonr_error error;

        if (jsonr_opt_string(object, key, dst, size, &error) != 0)
                return profile_refuse(reader, "%s", error.text);
        return 0;
}

int profile_word(const struct profile_reader *reader, const json_t *object, const char *key,
                 const char *const *words, size_t n_words, size_t *ret_at) {
        const json_t *value = json_object_get(object, key);

        for (size_t i = 0; value && i < n_words; i++)
                if (json_is_string(value) && strcmp(json_string_value(value), words[i]) == 0) {
                        *ret_at = i;
                        return 0;
                }
        return value ? profile_refuse(reader, "%s has an unknown value", key) : 0;
}
