/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <time.h>
#include "base/clock.h"

static const struct {
        int64_t ms;
        const char *text;
} times[] = {
        { 0, "1970-01-01T00:00:00.000Z" },
        { -1, "1969-12-31T23:59:59.999Z" },
        { 1795176000123, "2026-11-20T12:00:00.123Z" },
        { 951782400000, "2000-02-29T00:00:00.000Z" },
        { 4107542400000, "2100-03-01T00:00:00.000Z" },
        { 253402300799999, "9999-12-31T23:59:59.999Z" },
        { -62167219200000, "0000-01-01T00:00:00.000Z" },
};

static void known_times_are_written_and_read(void **state) {
        char text[TIMESTAMP_SIZE];

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(times); i++) {
                int64_t ms;

                clock_format(times[i].ms, text);
                assert_string_equal(text, times[i].text);
                assert_int_equal(clock_parse(text, &ms), 0);
                assert_int_equal(ms, times[i].ms);
        }
}

static void what_four_digits_cannot_say_is_clamped(void **state) {
        char text[TIMESTAMP_SIZE];

        (void)state;
        clock_format(INT64_MAX, text);
        assert_string_equal(text, "9999-12-31T23:59:59.999Z");
        clock_format(INT64_MIN, text);
        assert_string_equal(text, "0000-01-01T00:00:00.000Z");
}

static void every_day_of_four_centuries_agrees_with_the_c_library(void **state) {
        (void)state;
        for (time_t day = -73000; day < 73100; day++) {
                time_t seconds = day * 86400 + 86399;
                char text[TIMESTAMP_SIZE], wanted[TIMESTAMP_SIZE];
                struct tm tm;
                int64_t ms;

                assert_non_null(gmtime_r(&seconds, &tm));
                assert_int_equal(strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%S.000Z", &tm), 24);
                clock_format(seconds * 1000, text);
                if (strcmp(text, wanted) != 0)
                        assert_string_equal(text, wanted);
                if (clock_parse(text, &ms) != 0 || ms != seconds * 1000)
                        fail_msg("%s reads back as %lld", text, (long long)ms);
        }
}

static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
} texts[] = {
        { "1970-01-01T00:00:01Z", 1000 },
        { "1970-01-01T00:00:01.5Z", 1500 },
        { "1970-01-01T00:00:01.05Z", 1050 },
        { "1970-01-01T00:00:01.Z", -1 },
        { "1970-01-01T00:00:01.1234Z", -1 },
        { "1970-01-01T00:00:01", -1 },
        { "1970-01-01T00:00:01+00:00", -1 },
        { "1970-01-01T00:00:01z", -1 },
        { "1970-01-01 00:00:01Z", -1 },
        { "1970-01-01T00:00:01Z ", -1 },
        { "1970-13-01T00:00:00Z", -1 },
        { "1970-00-01T00:00:00Z", -1 },
        { "1970-04-31T00:00:00Z", -1 },
        { "2026-02-29T00:00:00Z", -1 },
        { "2100-02-29T00:00:00Z", -1 },
        { "1970-01-01T24:00:00Z", -1 },
        { "1970-01-01T00:60:00Z", -1 },
        { "1970-01-01T00:00:60Z", -1 },
        { "197-01-01T00:00:00Z", -1 },
        { "-970-01-01T00:00:00Z", -1 },
        { "", -1 },
        { "1970", -1 },
};

static void only_rfc_3339_in_utc_is_read(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
                int64_t ms = -1;

                if (clock_parse(texts[i].text, &ms) != (texts[i].ms < 0 ? -EINVAL : 0))
                        fail_msg("'%s'", texts[i].text);
                assert_int_equal(ms, texts[i].ms);
        }
}

static int64_t fixed(void) {
        return 42;
}

static void a_test_owns_the_time(void **state) {
        static const struct clock_source source = { fixed, fixed };

        (void)state;
        clock_replace(&source);
        assert_int_equal(clock_wall_ms(), 42);
        assert_int_equal(clock_mono_ms(), 42);
        clock_replace(NULL);
        assert_true(clock_wall_ms() > INT64_C(1577836800000));
        assert_true(clock_mono_ms() > 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(known_times_are_written_and_read),
                cmocka_unit_test(what_four_digits_cannot_say_is_clamped),
                cmocka_unit_test(every_day_of_four_centuries_agrees_with_the_c_library),
                cmocka_unit_test(only_rfc_3339_in_utc_is_read),
                cmocka_unit_test(a_test_owns_the_time),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
