/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/qty.h"

static const struct {
        const char *text;
        int result;
        int64_t milli;
        const char *shortest;
} cases[] = {
        { "6", 0, 6000, "6" },
        { "6.0", 0, 6000, "6" },
        { "0.125", 0, 125, "0.125" },
        { "-0.25", 0, -250, "-0.25" },
        { "-0", 0, 0, "0" },
        { "007", 0, 7000, "7" },
        { "0.001", 0, 1, "0.001" },
        { "1.010", 0, 1010, "1.01" },
        { "1000000000", 0, QTY_MAX_MILLI, "1000000000" },
        { "-1000000000", 0, -QTY_MAX_MILLI, "-1000000000" },
        { "1000000000.001", -ERANGE, 0, NULL },
        { "1000000001", -ERANGE, 0, NULL },
        { "99999999999999999999999999999999", -ERANGE, 0, NULL },
        { "18446744073709551617", -ERANGE, 0, NULL },
        { "99999999999999999999x", -EINVAL, 0, NULL },
        { "0.1234", -EINVAL, 0, NULL },
        { "1.", -EINVAL, 0, NULL },
        { ".5", -EINVAL, 0, NULL },
        { "", -EINVAL, 0, NULL },
        { "-", -EINVAL, 0, NULL },
        { "--1", -EINVAL, 0, NULL },
        { "+1", -EINVAL, 0, NULL },
        { " 1", -EINVAL, 0, NULL },
        { "1 ", -EINVAL, 0, NULL },
        { "1e3", -EINVAL, 0, NULL },
        { "0x10", -EINVAL, 0, NULL },
        { "nan", -EINVAL, 0, NULL },
        { "1,5", -EINVAL, 0, NULL },
};

static void quantities_are_read_exactly_or_refused(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                int64_t milli = 42;

                assert_int_equal(qty_parse(slice_of(cases[i].text), &milli), cases[i].result);
                assert_int_equal(milli, cases[i].result ? 42 : cases[i].milli);
        }
}

static void quantities_are_written_in_their_shortest_form(void **state) {
        char text[QTY_TEXT_SIZE];

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                if (!cases[i].shortest)
                        continue;
                qty_format(cases[i].milli, text);
                assert_string_equal(text, cases[i].shortest);
        }
        qty_format(INT64_MIN, text);
        assert_string_equal(text, "-9223372036854775.808");
        qty_format(INT64_MAX, text);
        assert_string_equal(text, "9223372036854775.807");
}

static void what_is_written_reads_back(void **state) {
        char text[QTY_TEXT_SIZE];

        (void)state;
        for (int64_t milli = -12345; milli <= 12345; milli++) {
                int64_t back;

                qty_format(milli, text);
                assert_int_equal(qty_parse(slice_of(text), &back), 0);
                assert_int_equal(back, milli);
        }
}

static void a_slice_ends_where_it_says(void **state) {
        struct slice text = { (const uint8_t *)"12345", 2 };
        int64_t milli;

        (void)state;
        assert_int_equal(qty_parse(text, &milli), 0);
        assert_int_equal(milli, 12000);
        text = (struct slice) { (const uint8_t *)"1\0002", 3 };
        assert_int_equal(qty_parse(text, &milli), -EINVAL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(quantities_are_read_exactly_or_refused),
                cmocka_unit_test(quantities_are_written_in_their_shortest_form),
                cmocka_unit_test(what_is_written_reads_back),
                cmocka_unit_test(a_slice_ends_where_it_says),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
