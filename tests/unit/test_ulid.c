/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/ulid.h"

static void the_time_stands_in_front(void **state) {
        char ulid[ULID_SIZE];

        (void)state;
        /* The example of the specification: 01ARYZ6S41 is 1469918176385 ms. */
        assert_int_equal(ulid_new(1469918176385, ulid), 0);
        assert_memory_equal(ulid, "01ARYZ6S41", 10);
        assert_true(ulid_valid(ulid));
        assert_int_equal(ulid_new(0, ulid), 0);
        assert_memory_equal(ulid, "0000000000", 10);
        assert_int_equal(ulid_new(-5, ulid), 0);
        assert_memory_equal(ulid, "0000000000", 10);
        assert_int_equal(ulid_new((INT64_C(1) << 48) - 1, ulid), 0);
        assert_memory_equal(ulid, "7ZZZZZZZZZ", 10);
}

static void two_of_one_millisecond_differ(void **state) {
        char a[ULID_SIZE], b[ULID_SIZE];
        bool seen[2] = { false, false };

        (void)state;
        assert_int_equal(ulid_new(1, a), 0);
        assert_int_equal(ulid_new(1, b), 0);
        assert_string_not_equal(a, b);
        /* All 80 bits are random: the first and the last digit take low and high values. */
        for (int i = 0; i < 200; i++) {
                assert_int_equal(ulid_new(1, a), 0);
                assert_true(ulid_valid(a));
                seen[a[10] >= 'G'] = true;
        }
        assert_true(seen[0] && seen[1]);
}

static void what_is_no_ulid_is_refused(void **state) {
        static const char *const wrong[] = {
                "", "01ARYZ6S41", "01ARYZ6S41TSV4RRFFQ69G5FA", "01ARYZ6S41TSV4RRFFQ69G5FAVX",
                "81ARYZ6S41TSV4RRFFQ69G5FAV", "01ARYZ6S41TSV4RRFFQ69G5FAI", "01aryz6s41tsv4rrffq69g5fav",
                "01ARYZ6S41TSV4RRFFQ69G5FA ", "01ARYZ6S41TSV4RRFFQ69G5\xC3\xA4",
        };

        (void)state;
        assert_true(ulid_valid("01ARYZ6S41TSV4RRFFQ69G5FAV"));
        for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
                if (ulid_valid(wrong[i]))
                        fail_msg("'%s'", wrong[i]);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_time_stands_in_front),
                cmocka_unit_test(two_of_one_millisecond_differ),
                cmocka_unit_test(what_is_no_ulid_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
