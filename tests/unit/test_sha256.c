/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/sha256.h"

static void the_chain_is_the_hash_of_hash_and_line(void **state) {
        static const struct digest zero;
        struct digest first, second, same;
        char hex[DIGEST_HEX_SIZE];

        (void)state;
        /* head -c 32 /dev/zero | sha256sum; the same with "abc" behind; and then again. */
        assert_int_equal(sha256_chain(&zero, slice_of(""), &first), 0);
        digest_hex(&first, hex);
        assert_string_equal(hex, "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925");
        assert_int_equal(sha256_chain(&zero, slice_of("abc"), &first), 0);
        digest_hex(&first, hex);
        assert_string_equal(hex, "365aa7d8f7f9402c4b9434502b4cc89ddb09fe50d7cd95b493b834c62d5a5370");
        assert_int_equal(sha256_chain(&first, slice_of("abc"), &second), 0);
        assert_false(digest_equal(&first, &second));
        same = zero;
        assert_int_equal(sha256_chain(&same, slice_of("abc"), &same), 0);
        assert_true(digest_equal(&first, &same));
}

static void hex_reads_back_and_only_hex(void **state) {
        static const char good[] = "00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ffABcd";
        struct digest digest, kept;
        char hex[DIGEST_HEX_SIZE], text[80];

        (void)state;
        assert_int_equal(digest_parse(good, &digest), 0);
        digest_hex(&digest, hex);
        assert_string_equal(hex, "00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ffabcd");
        kept = digest;
        for (size_t len = 0; len < DIGEST_HEX_SIZE - 1; len++) {
                memcpy(text, good, sizeof(good));
                text[len] = 0;
                assert_int_equal(digest_parse(text, &digest), -EINVAL);
                text[len] = 'g';
                assert_int_equal(digest_parse(text, &digest), -EINVAL);
        }
        memcpy(text, good, sizeof(good));
        memcpy(text + 64, "0", 2);
        assert_int_equal(digest_parse(text, &digest), -EINVAL);
        assert_true(digest_equal(&digest, &kept));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_chain_is_the_hash_of_hash_and_line),
                cmocka_unit_test(hex_reads_back_and_only_hex),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
