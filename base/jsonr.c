/* SPDX-License-Identifier: MIT */
#include "base/jsonr.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include "base/qty.h"

void jsonr_unref(json_t **json) {
        json_decref(*json);
        *json = NULL;
}

static int PRINTF_LIKE(2, 3) jsonr_fail(struct jsonr_error *error, const char *format, ...) {
        va_list args;

        va_start(args, format);
        (void)vsnprintf(error->text, sizeof(error->text), format, args);
        va_end(args);
        return JSONR_E_FIELD;
}

int jsonr_parse(struct slice text, json_t **ret_json, struct jsonr_error *ret_error) {
        /* NUL is allowed because a scan may hold one (\u0000); jsonr_string refuses it. */
        const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL;
        json_error_t error;
        json_t *json;

        if (text.len > JSONR_TEXT_MAX) {
                (void)jsonr_fail(ret_error, "longer than %d bytes", (int)JSONR_TEXT_MAX);
                return JSONR_E_SYNTAX;
        }
        json = json_loadb(text.len ? (const char *)text.bytes : "", text.len, flags, &error);
        if (!json && json_error_code(&error) == json_error_out_of_memory)
                return -ENOMEM;
        if (!json) {
                (void)jsonr_fail(ret_error, "line %d, column %d: %s", error.line, error.column,
                                 error.text);
                return JSONR_E_SYNTAX;
        }
        *ret_json = json;
        return 0;
}

/* The field, or NULL when it is absent or null. */
static const json_t *jsonr_get(const json_t *object, const char *key) {
        const json_t *value = json_object_get(object, key);

        return json_is_null(value) ? NULL : value;
}

static int jsonr_missing(const char *key, struct jsonr_error *error) {
        return jsonr_fail(error, "%s is missing", key);
}

int jsonr_opt_string(const json_t *object, const char *key, char *dst, size_t size,
                     struct jsonr_error *error) {
        const json_t *value = jsonr_get(object, key);
        size_t len;

        if (!value)
                return 0;
        if (!json_is_string(value))
                return jsonr_fail(error, "%s must be a text", key);
        len = json_string_length(value);
        if (strlen(json_string_value(value)) != len)
                return jsonr_fail(error, "%s holds a NUL character", key);
        if (len >= size)
                return jsonr_fail(error, "%s is longer than %zu bytes", key, size - 1);
        memcpy(dst, json_string_value(value), len + 1);
        return 0;
}

int jsonr_string(const json_t *object, const char *key, char *dst, size_t size,
                 struct jsonr_error *error) {
        if (!jsonr_get(object, key))
                return jsonr_missing(key, error);
        return jsonr_opt_string(object, key, dst, size, error);
}

int jsonr_opt_int(const json_t *object, const char *key, int64_t min, int64_t max,
                  int64_t *ret_value, struct jsonr_error *error) {
        const json_t *value = jsonr_get(object, key);
        int64_t number;

        if (!value)
                return 0;
        if (!json_is_integer(value))
                return jsonr_fail(error, "%s must be a whole number", key);
        number = json_integer_value(value);
        if (number < min || number > max)
                return jsonr_fail(error, "%s must be %lld to %lld", key, (long long)min,
                                  (long long)max);
        *ret_value = number;
        return 0;
}

int jsonr_int(const json_t *object, const char *key, int64_t min, int64_t max, int64_t *ret_value,
              struct jsonr_error *error) {
        if (!jsonr_get(object, key))
                return jsonr_missing(key, error);
        return jsonr_opt_int(object, key, min, max, ret_value, error);
}

/*
 * jansson reads 0.125 as a double. Up to QTY_MAX_MILLI each thousandth has a double of its own, the
 * one that correctly rounded division gives: comparing with it finds the thousandth that was
 * written, and refuses what is none.
 */
static bool jsonr_milli_of_real(double real, int64_t *ret_milli) {
        const double limit = (double)(QTY_MAX_MILLI / QTY_UNIT);
        int64_t milli;

        if (!(real >= -limit && real <= limit)) /* so written, it is true for a NaN as well */
                return false;
        milli = (int64_t)(real * (double)QTY_UNIT + (real < 0 ? -0.5 : 0.5));
        *ret_milli = milli;
        return (double)milli / (double)QTY_UNIT == real;
}

int jsonr_opt_qty(const json_t *object, const char *key, int64_t *ret_milli,
                  struct jsonr_error *error) {
        const json_t *value = jsonr_get(object, key);
        int64_t milli;

        if (!value)
                return 0;
        if (json_is_integer(value)) {
                int64_t units = json_integer_value(value);

                if (units > QTY_MAX_MILLI / QTY_UNIT || units < -QTY_MAX_MILLI / QTY_UNIT)
                        return jsonr_fail(error, "%s is over %lld", key,
                                          (long long)(QTY_MAX_MILLI / QTY_UNIT));
                milli = units * QTY_UNIT;
        } else if (!json_is_real(value))
                return jsonr_fail(error, "%s must be a number", key);
        else if (!jsonr_milli_of_real(json_real_value(value), &milli))
                return jsonr_fail(error, "%s must have at most three decimals and not be over %lld",
                                  key, (long long)(QTY_MAX_MILLI / QTY_UNIT));
        *ret_milli = milli;
        return 0;
}

int jsonr_qty(const json_t *object, const char *key, int64_t *ret_milli,
              struct jsonr_error *error) {
        if (!jsonr_get(object, key))
                return jsonr_missing(key, error);
        return jsonr_opt_qty(object, key, ret_milli, error);
}

int jsonr_opt_bool(const json_t *object, const char *key, bool *ret_value,
                   struct jsonr_error *error) {
        const json_t *value = jsonr_get(object, key);

        if (!value)
                return 0;
        if (!json_is_boolean(value))
                return jsonr_fail(error, "%s must be true or false", key);
        *ret_value = json_is_true(value);
        return 0;
}

int jsonr_opt_array(const json_t *object, const char *key, json_t **ret_array,
                    struct jsonr_error *error) {
        json_t *value = json_object_get(object, key);

        if (value && !json_is_null(value) && !json_is_array(value))
                return jsonr_fail(error, "%s must be a list", key);
        *ret_array = json_is_array(value) ? value : NULL;
        return 0;
}
