/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/bytes.h"

static void appends_grow_and_stay_terminated(void **state) {
        struct bytes b CLEANUP(bytes_fini) = { 0 };

        (void)state;
        assert_string_equal(bytes_str(&b), "");
        for (int i = 0; i < 10000; i++) {
                bytes_append_char(&b, 'x');
                assert_int_equal(b.data[b.len], 0);
        }
        assert_int_equal(bytes_error(&b), 0);
        assert_int_equal(b.len, 10000);
        bytes_clear(&b);
        assert_string_equal(bytes_str(&b), "");
        bytes_appendf(&b, "%s=%d", "n", 7);
        bytes_append_str(&b, "");
        bytes_append(&b, NULL, 0);
        bytes_append(&b, "\0z", 2);
        assert_int_equal(b.len, 5);
        assert_memory_equal(b.data, "n=7\0z", 6);
}

static void a_formatted_text_longer_than_the_buffer_is_whole(void **state) {
        struct bytes b CLEANUP(bytes_fini) = { 0 };

        (void)state;
        bytes_append_str(&b, "lead:");
        bytes_appendf(&b, "%0*d", 5000, 1);
        assert_int_equal(bytes_error(&b), 0);
        assert_int_equal(b.len, 5005);
        assert_int_equal(b.data[5004], '1');
}

static void a_failure_is_remembered_until_cleared(void **state) {
        struct bytes b CLEANUP(bytes_fini) = { 0 };

        (void)state;
        bytes_append_str(&b, "kept");
        bytes_append(&b, "x", SIZE_MAX - 2);
        assert_int_equal(bytes_error(&b), -ENOMEM);
        bytes_append_str(&b, "more");
        bytes_appendf(&b, "%d", 1);
        assert_int_equal(b.len, 4);
        assert_int_equal(bytes_error(&b), -ENOMEM);
        bytes_clear(&b);
        bytes_append_str(&b, "again");
        assert_int_equal(bytes_error(&b), 0);
        assert_string_equal(bytes_str(&b), "again");
}

static void it_may_be_freed_twice_and_used_again(void **state) {
        struct bytes b = { 0 };

        (void)state;
        bytes_append_str(&b, "a");
        bytes_fini(&b);
        bytes_fini(&b);
        bytes_append_str(&b, "b");
        assert_string_equal(bytes_str(&b), "b");
        bytes_fini(&b);
}

static void a_text_that_does_not_fit_leaves_an_empty_one(void **state) {
        char dst[4] = "abc";

        (void)state;
        assert_int_equal(str_copy(dst, sizeof(dst), "xyz"), 0);
        assert_string_equal(dst, "xyz");
        assert_int_equal(str_copy(dst, sizeof(dst), "wxyz"), -ENAMETOOLONG);
        assert_string_equal(dst, "");
        assert_int_equal(str_copy(dst, 0, ""), -ENAMETOOLONG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(appends_grow_and_stay_terminated),
                cmocka_unit_test(a_formatted_text_longer_than_the_buffer_is_whole),
                cmocka_unit_test(a_failure_is_remembered_until_cleared),
                cmocka_unit_test(it_may_be_freed_twice_and_used_again),
                cmocka_unit_test(a_text_that_does_not_fit_leaves_an_empty_one),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
