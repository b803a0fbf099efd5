/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "base/jsonr.h"
#include "base/qty.h"

static json_t *parsed(const char *text) {
        struct jsonr_error error;
        json_t *json = NULL;

        if (jsonr_parse(slice_of(text), &json, &error) != 0)
                fail_msg("%s: %s", text, error.text);
        return json;
}

static void hostile_texts_are_refused_with_words(void **state) {
        static const char *const wrong[] = {
                "", "{", "{\"a\":1,\"a\":2}", "{\"a\":1}x", "[1,]", "{\"a\":\xFF}", "\"\xFF\"",
                "{\"a\":99999999999999999999}", "{\"a\":1e999}", "{\"\\u0000\":1}", "nul", "{'a':1}",
                "\"\\ud800\"", "NaN", "[Infinity]", "\xEF\xBB\xBF{}",
        };
        struct jsonr_error error;
        json_t *json = NULL;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
                error.text[0] = 0;
                if (jsonr_parse(slice_of(wrong[i]), &json, &error) != JSONR_E_SYNTAX)
                        fail_msg("'%s'", wrong[i]);
                assert_null(json);
                assert_true(strlen(error.text) > 0);
        }
        assert_int_equal(jsonr_parse((struct slice) { NULL, 0 }, &json, &error), JSONR_E_SYNTAX);
}

static void nesting_without_end_is_refused(void **state) {
        struct bytes text CLEANUP(bytes_fini) = { 0 };
        struct jsonr_error error;
        json_t *json = NULL;

        (void)state;
        for (int i = 0; i < 100000; i++)
                bytes_append_char(&text, '[');
        assert_int_equal(jsonr_parse(bytes_slice(&text), &json, &error), JSONR_E_SYNTAX);
}

static void a_text_over_the_limit_is_not_even_read(void **state) {
        const uint8_t *nowhere = (const uint8_t *)"";
        struct jsonr_error error;
        json_t *json = NULL;

        (void)state;
        assert_int_equal(jsonr_parse((struct slice) { nowhere, JSONR_TEXT_MAX + 1 }, &json, &error),
                         JSONR_E_SYNTAX);
        assert_string_equal(error.text, "longer than 16777216 bytes");
}

static const struct {
        const char *json;
        bool good;
        int64_t milli;
} quantities[] = {
        { "6", true, 6000 },
        { "6.0", true, 6000 },
        { "0.125", true, 125 },
        { "-0.25", true, -250 },
        { "-0.0", true, 0 },
        { "1e3", true, 1000000 },
        { "999999999.999", true, 999999999999 },
        { "-999999999.999", true, -999999999999 },
        { "1000000000", true, QTY_MAX_MILLI },
        { "1000000000.0", true, QTY_MAX_MILLI },
        { "0.1234", false, 0 },
        { "0.0005", false, 0 },
        { "999999999.9991", false, 0 },
        { "1e300", false, 0 },
        { "-1e300", false, 0 },
        { "1000000001", false, 0 },
        { "1000000000.001", false, 0 },
        { "-1000000001", false, 0 },
        { "9223372036854775807", false, 0 },
        { "1e-300", false, 0 },
        { "\"6\"", false, 0 },
        { "true", false, 0 },
        { "[6]", false, 0 },
};

static void quantities_are_exact_or_refused(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(quantities); i++) {
                struct bytes text CLEANUP(bytes_fini) = { 0 };
                json_t *json CLEANUP(jsonr_unref) = NULL;
                struct jsonr_error error;
                int64_t milli = 42;
                int r;

                bytes_appendf(&text, "{\"qty\":%s}", quantities[i].json);
                json = parsed(bytes_str(&text));
                r = jsonr_qty(json, "qty", &milli, &error);
                if (r != (quantities[i].good ? 0 : JSONR_E_FIELD))
                        fail_msg("%s gives %d", quantities[i].json, r);
                assert_int_equal(milli, quantities[i].good ? quantities[i].milli : 42);
        }
}

static void every_thousandth_is_read_exactly(void **state) {
        struct bytes text CLEANUP(bytes_fini) = { 0 };
        struct jsonr_error error;
        char number[QTY_TEXT_SIZE];

        (void)state;
        for (int64_t near = 1; near <= QTY_MAX_MILLI; near *= 10)
                for (int64_t milli = near > 500 ? near - 500 : 0; milli < near; milli++) {
                        json_t *json CLEANUP(jsonr_unref) = NULL;
                        int64_t back;

                        qty_format(milli, number);
                        bytes_clear(&text);
                        bytes_appendf(&text, "{\"q\":%s}", number);
                        json = parsed(bytes_str(&text));
                        if (jsonr_qty(json, "q", &back, &error) != 0 || back != milli)
                                fail_msg("%s", number);
                }
}

static void the_wrong_field_is_named(void **state) {
        json_t *json CLEANUP(jsonr_unref) =
                parsed("{\"s\":\"abcd\",\"n\":7,\"r\":7.5,\"z\":\"a\\u0000b\",\"null\":null,\"a\":[1]}");
        struct jsonr_error error;
        char text[4] = "old";
        int64_t number = 42;
        json_t *array;
        bool flag = true;

        (void)state;
        assert_int_equal(jsonr_string(json, "s", text, sizeof(text), &error), JSONR_E_FIELD);
        assert_string_equal(error.text, "s is longer than 3 bytes");
        assert_int_equal(jsonr_string(json, "z", text, sizeof(text), &error), JSONR_E_FIELD);
        assert_string_equal(error.text, "z holds a NUL character");
        assert_int_equal(jsonr_string(json, "n", text, sizeof(text), &error), JSONR_E_FIELD);
        assert_string_equal(error.text, "n must be a text");
        assert_int_equal(jsonr_string(json, "gone", text, sizeof(text), &error), JSONR_E_FIELD);
        assert_string_equal(error.text, "gone is missing");
        assert_int_equal(jsonr_string(json, "null", text, sizeof(text), &error), JSONR_E_FIELD);
        assert_int_equal(jsonr_opt_string(json, "null", text, sizeof(text), &error), 0);
        assert_string_equal(text, "old");
        assert_int_equal(jsonr_int(json, "n", 8, 9, &number, &error), JSONR_E_FIELD);
        assert_string_equal(error.text, "n must be 8 to 9");
        assert_int_equal(jsonr_int(json, "r", 0, 9, &number, &error), JSONR_E_FIELD);
        assert_string_equal(error.text, "r must be a whole number");
        assert_int_equal(jsonr_int(json, "gone", 0, 9, &number, &error), JSONR_E_FIELD);
        assert_int_equal(jsonr_opt_int(json, "gone", 0, 9, &number, &error), 0);
        assert_int_equal(number, 42);
        assert_int_equal(jsonr_int(json, "n", 0, 9, &number, &error), 0);
        assert_int_equal(number, 7);
        assert_int_equal(jsonr_opt_bool(json, "n", &flag, &error), JSONR_E_FIELD);
        assert_int_equal(jsonr_opt_bool(json, "gone", &flag, &error), 0);
        assert_true(flag);
        assert_int_equal(jsonr_opt_array(json, "n", &array, &error), JSONR_E_FIELD);
        assert_int_equal(jsonr_opt_array(json, "null", &array, &error), 0);
        assert_null(array);
        assert_int_equal(jsonr_opt_array(json, "a", &array, &error), 0);
        assert_int_equal(json_array_size(array), 1);
        assert_int_equal(jsonr_opt_qty(json, "gone", &number, &error), 0);
        assert_int_equal(jsonr_qty(json, "gone", &number, &error), JSONR_E_FIELD);
}

static void what_is_no_object_has_no_fields(void **state) {
        json_t *json CLEANUP(jsonr_unref) = parsed("\"]C101\"");
        struct jsonr_error error;
        int64_t number;

        (void)state;
        assert_int_equal(jsonr_int(json, "n", 0, 9, &number, &error), JSONR_E_FIELD);
        assert_int_equal(jsonr_int(NULL, "n", 0, 9, &number, &error), JSONR_E_FIELD);
        assert_string_equal(error.text, "n is missing");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(hostile_texts_are_refused_with_words),
                cmocka_unit_test(nesting_without_end_is_refused),
                cmocka_unit_test(a_text_over_the_limit_is_not_even_read),
                cmocka_unit_test(quantities_are_exact_or_refused),
                cmocka_unit_test(every_thousandth_is_read_exactly),
                cmocka_unit_test(the_wrong_field_is_named),
                cmocka_unit_test(what_is_no_object_has_no_fields),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
