/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "agent/api_url.h"

static void segments_and_parameters_are_decoded(void **state) {
        struct api_url url;

        (void)state;
        assert_int_equal(api_url_parse("/api/v1/orders/A%2F7%20b?sku=a%2Bb+c&&flag&x=", &url), 0);
        assert_int_equal(url.n_segments, 4);
        assert_string_equal(url.segments[3], "A/7 b");
        assert_string_equal(api_url_param(&url, "sku"), "a+b c");
        assert_string_equal(api_url_param(&url, "flag"), "");
        assert_string_equal(api_url_param(&url, "x"), "");
        assert_null(api_url_param(&url, "y"));
}

static void a_plus_in_a_path_is_a_plus(void **state) {
        struct api_url url;

        (void)state;
        assert_int_equal(api_url_parse("/stations/a+b", &url), 0);
        assert_string_equal(url.segments[1], "a+b");
}

static void bad_escapes_and_characters_are_refused(void **state) {
        static const char *const bad[] = {
                "/%",      "/%4",     "/%zz",  "/a%00b", "/a%0Ab",  "/%7f",
                "/%ff%fe", "/%c3%28", "/?a=%", "/?%=1",  "/?a=%00", "/?a=%ED%A0%80",
        };
        struct api_url url;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(bad); i++)
                assert_int_equal(api_url_parse(bad[i], &url), -EINVAL);
}

static void too_much_of_anything_is_refused(void **state) {
        char target[API_TARGET_MAX + 2];
        struct api_url url;

        (void)state;
        memset(target, 'a', sizeof(target));
        target[0] = '/';
        target[sizeof(target) - 1] = '\0';
        assert_int_equal(api_url_parse(target, &url), -ENAMETOOLONG);
        assert_int_equal(api_url_parse("/1/2/3/4/5/6/7/8", &url), 0);
        assert_int_equal(api_url_parse("/1/2/3/4/5/6/7/8/9", &url), -ENAMETOOLONG);
        assert_int_equal(api_url_parse("/?1&2&3&4&5&6&7&8", &url), 0);
        assert_int_equal(api_url_parse("/?1&2&3&4&5&6&7&8&9", &url), -ENAMETOOLONG);
}

static void numbers_are_whole_and_within_their_range(void **state) {
        static const char *const bad[] = {
                "0", "11", "-1", "+1", " 1", "1x", "99999999999999999999"
        };
        struct api_url url;
        uint64_t value = 7;
        char target[64];

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
                assert_true(snprintf(target, sizeof(target), "/?n=%s", bad[i]) > 0);
                assert_int_equal(api_url_parse(target, &url), 0);
                /* "+1" arrives as " 1": a plus is a space in a query. */
                assert_int_equal(api_url_uint(&url, "n", 1, 10, &value), -EINVAL);
                assert_int_equal(value, 7);
        }
        assert_int_equal(api_url_uint(&url, "absent", 1, 10, &value), 0);
        assert_int_equal(value, 7);
        assert_int_equal(api_url_parse("/?n=10", &url), 0);
        assert_int_equal(api_url_uint(&url, "n", 1, 10, &value), 0);
        assert_int_equal(value, 10);
}

static void only_our_own_addresses_are_a_host(void **state) {
        static const struct {
                const char *host, *listen;
                bool allowed;
        } cases[] = {
                { "127.0.0.1:8420", "127.0.0.1", true },
                { "localhost", "127.0.0.1", true },
                { "LocalHost:99", "127.0.0.1", true },
                { "[::1]:8420", "127.0.0.1", true },
                { "::1", "127.0.0.1", true },
                { "10.0.0.7:8420", "10.0.0.7", true },
                { "10.0.0.8:8420", "10.0.0.7", false },
                { "evil.example:8420", "127.0.0.1", false },
                { "evil.example", "0.0.0.0", false },
                { "192.168.1.4:8420", "0.0.0.0", true },
                { "[fe80::1]:8420", "::", true },
                { "", "127.0.0.1", false },
                { ":8420", "127.0.0.1", false },
                { "[::1", "127.0.0.1", false },
                { "[::1]x", "127.0.0.1", false },
                { "127.0.0.1.evil.example", "127.0.0.1", false },
                { "gw-07:8420", "gw-07", true },
                { NULL, "127.0.0.1", false },
                { "localhost.evil.example", "", false },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++)
                assert_int_equal(api_host_allowed(cases[i].host, cases[i].listen),
                                 cases[i].allowed);
}

static void an_origin_is_absent_or_our_own(void **state) {
        (void)state;
        assert_true(api_origin_allowed(NULL, "localhost:8420"));
        assert_true(api_origin_allowed("http://localhost:8420", "localhost:8420"));
        assert_false(api_origin_allowed("http://localhost:8421", "localhost:8420"));
        assert_false(api_origin_allowed("https://localhost:8420", "localhost:8420"));
        assert_false(api_origin_allowed("null", "localhost:8420"));
        assert_false(api_origin_allowed("http://evil.example", "localhost:8420"));
        assert_false(api_origin_allowed("http://", NULL));
}

static void a_listen_address_has_a_port(void **state) {
        static const char *const bad[] = { "",           "8420",    ":8420", "127.0.0.1",
                                           "127.0.0.1:", "a:65536", "a:8x",  "::1:8420",
                                           "[::1]",      "a:-1",    "[]:1" };
        char host[64], port[6];

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(bad); i++)
                assert_int_equal(api_listen_parse(bad[i], host, sizeof(host), port), -EINVAL);
        assert_int_equal(api_listen_parse("127.0.0.1:8420", host, sizeof(host), port), 0);
        assert_string_equal(host, "127.0.0.1");
        assert_string_equal(port, "8420");
        assert_int_equal(api_listen_parse("[::1]:0", host, sizeof(host), port), 0);
        assert_string_equal(host, "::1");
        assert_string_equal(port, "0");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(segments_and_parameters_are_decoded),
                cmocka_unit_test(a_plus_in_a_path_is_a_plus),
                cmocka_unit_test(bad_escapes_and_characters_are_refused),
                cmocka_unit_test(too_much_of_anything_is_refused),
                cmocka_unit_test(numbers_are_whole_and_within_their_range),
                cmocka_unit_test(only_our_own_addresses_are_a_host),
                cmocka_unit_test(an_origin_is_absent_or_our_own),
                cmocka_unit_test(a_listen_address_has_a_port),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
