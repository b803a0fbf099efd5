/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "sync/wire.h"

#define EPOCH "01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define HASH  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SENT  "\"sent\":\"2026-11-20T12:00:00.123Z\"}"
#define BATCH "{\"v\":1,\"site\":\"leeds\",\"gateway\":\"gw-07\",\"epoch\":\"" EPOCH "\","
#define FEED  "{\"v\":1,\"site\":\"leeds\",\"feed\":\"" EPOCH "\","

/* Field by field: padding is nobody's promise. */
static void assert_same_batch(const struct batch_header *a, const struct batch_header *b) {
        assert_string_equal(a->site, b->site);
        assert_string_equal(a->gateway, b->gateway);
        assert_string_equal(a->epoch, b->epoch);
        assert_int_equal(a->first, b->first);
        assert_int_equal(a->last, b->last);
        assert_true(digest_equal(&a->prev, &b->prev));
        assert_int_equal(a->sent_ms, b->sent_ms);
}

static void assert_same_ack(const struct ack *a, const struct ack *b) {
        assert_string_equal(a->epoch, b->epoch);
        assert_int_equal(a->through, b->through);
        assert_true(digest_equal(&a->hash, &b->hash));
        assert_int_equal(a->gap, b->gap);
        assert_int_equal(a->fork, b->fork);
}

static void assert_same_feed(const struct feed_header *a, const struct feed_header *b) {
        assert_string_equal(a->site, b->site);
        assert_string_equal(a->feed, b->feed);
        assert_int_equal(a->first, b->first);
        assert_int_equal(a->last, b->last);
        assert_int_equal(a->compacted, b->compacted);
        assert_int_equal(a->more, b->more);
        assert_int_equal(a->sent_ms, b->sent_ms);
}

static void a_batch_header_is_written_as_documented_and_read_back(void **state) {
        CLEANUP(bytes_fini) struct bytes out = { 0 };
        struct batch_header header = { .site = "leeds",
                                       .gateway = "gw-07",
                                       .epoch = EPOCH,
                                       .first = 1201,
                                       .last = 1300,
                                       .sent_ms = 1795176000123 };
        struct batch_header back;
        struct jsonr_error error;
        struct slice lines, line;

        (void)state;
        assert_int_equal(digest_parse(HASH, &header.prev), 0);
        assert_int_equal(batch_write_header(&header, &out), 0);
        assert_string_equal(bytes_str(&out),
                            BATCH "\"first\":1201,\"last\":1300,\"prev\":\"" HASH "\"," SENT "\n");
        bytes_append_str(&out, "one\ntwo\n");
        assert_int_equal(batch_read_header(bytes_slice(&out), &back, &lines, &error), 0);
        assert_same_batch(&back, &header);
        assert_true(batch_next_line(&lines, &line));
        assert_true(slice_is(line, "one"));
        assert_true(batch_next_line(&lines, &line));
        assert_true(slice_is(line, "two"));
        assert_false(batch_next_line(&lines, &line));
}

static void a_last_line_without_its_end_is_a_line(void **state) {
        struct slice lines = slice_of("one\n\ntwo"), line;

        (void)state;
        assert_true(batch_next_line(&lines, &line));
        assert_true(batch_next_line(&lines, &line));
        assert_int_equal(line.len, 0);
        assert_true(batch_next_line(&lines, &line));
        assert_true(slice_is(line, "two"));
        assert_false(batch_next_line(&lines, &line));
}

static void acks_say_gap_and_fork_only_when_so(void **state) {
        static const struct ack acks[] = {
                { .epoch = EPOCH, .through = 0 },
                { .epoch = EPOCH, .through = 1300, .hash = { { 1, 2, 3 } } },
                { .epoch = EPOCH, .through = 1300, .hash = { { 1, 2, 3 } }, .gap = true },
                { .epoch = EPOCH, .through = INT64_MAX, .hash = { { 9 } }, .fork = true },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(acks); i++) {
                CLEANUP(bytes_fini) struct bytes out = { 0 };
                struct jsonr_error error;
                struct ack back;

                assert_int_equal(ack_write(&acks[i], &out), 0);
                assert_int_equal(strstr(bytes_str(&out), "gap") != NULL, acks[i].gap);
                assert_int_equal(strstr(bytes_str(&out), "fork") != NULL, acks[i].fork);
                assert_int_equal(ack_read(bytes_slice(&out), &back, &error), 0);
                assert_same_ack(&back, &acks[i]);
        }
}

static void feed_headers_and_wants_are_read_back(void **state) {
        CLEANUP(bytes_fini) struct bytes out = { 0 };
        const struct feed_header headers[] = {
                { .site = "leeds", .feed = EPOCH, .first = 4, .last = 3, .sent_ms = 1 },
                { .site = "leeds",
                  .feed = EPOCH,
                  .first = 1,
                  .last = 9,
                  .compacted = true,
                  .more = true,
                  .sent_ms = 1 },
        };
        const struct want wants[] = { { .feed = "", .from = 0 }, { .feed = EPOCH, .from = 77 } };
        struct jsonr_error error;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
                struct feed_header back;
                struct slice lines;

                bytes_clear(&out);
                assert_int_equal(feed_write_header(&headers[i], &out), 0);
                assert_int_equal(feed_read_header(bytes_slice(&out), &back, &lines, &error), 0);
                assert_same_feed(&back, &headers[i]);
                assert_int_equal(lines.len, 0);
        }
        for (size_t i = 0; i < ARRAY_LEN(wants); i++) {
                struct want back;

                bytes_clear(&out);
                assert_int_equal(want_write(&wants[i], &out), 0);
                assert_int_equal(want_read(bytes_slice(&out), &back, &error), 0);
                assert_string_equal(back.feed, wants[i].feed);
                assert_int_equal(back.from, wants[i].from);
        }
}

static int count_total(void *userdata, const char *sku, int64_t sell_milli, int64_t picked_milli) {
        int *n = userdata;

        ++*n;
        if (strcmp(sku, "85123A") == 0) {
                assert_int_equal(sell_milli, -412000);
                assert_int_equal(picked_milli, 398000);
        } else {
                assert_string_equal(sku, "odd\"sku");
                assert_int_equal(sell_milli, 250);
        }
        return *n == 2 ? 42 : 0;
}

static void totals_are_read_back_until_the_reader_has_enough(void **state) {
        CLEANUP(bytes_fini) struct bytes out = { 0 };
        const struct totals_header header = { .epoch = EPOCH, .as_of = 1300 };
        struct totals_header back;
        struct jsonr_error error;
        int n = 0;

        (void)state;
        totals_begin(&out, &header);
        totals_add(&out, "85123A", -412000, 398000, true);
        totals_add(&out, "odd\"sku", 250, 0, false);
        totals_end(&out);
        assert_int_equal(bytes_error(&out), 0);
        assert_string_equal(bytes_str(&out),
                            "{\"v\":1,\"epoch\":\"" EPOCH "\",\"as_of\":1300,\"totals\":{"
                            "\"85123A\":{\"sell\":-412,\"picked\":398},"
                            "\"odd\\\"sku\":{\"sell\":0.25,\"picked\":0}}}");
        assert_int_equal(totals_read(bytes_slice(&out), &back, count_total, &n, &error), 42);
        assert_int_equal(n, 2);
        assert_string_equal(back.epoch, header.epoch);
        assert_int_equal(back.as_of, header.as_of);
}

static void malformed_batches_are_refused_in_words(void **state) {
        static const struct {
                const char *text;
                const char *words;
        } cases[] = {
                { "", "empty" },
                { "\n", "" },
                { "{", "" },
                { "[]", "v is missing" },
                { BATCH "\"first\":1,\"last\":1,\"prev\":\"" HASH "\"}", "sent" },
                { BATCH "\"first\":0,\"last\":1,\"prev\":\"" HASH "\"," SENT, "first" },
                { BATCH "\"first\":2,\"last\":1,\"prev\":\"" HASH "\"," SENT, "last is less" },
                { BATCH "\"first\":-1,\"last\":1,\"prev\":\"" HASH "\"," SENT, "first" },
                { BATCH "\"first\":1,\"last\":1,\"prev\":\"00\"," SENT, "prev" },
                { BATCH "\"first\":1,\"last\":1,\"prev\":1," SENT, "prev" },
                { "{\"v\":2,\"site\":\"leeds\"}", "v " },
                { "{\"v\":1,\"site\":\"leeds\",\"gateway\":\"gw\",\"epoch\":\"1\"}", "epoch" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                struct batch_header header;
                struct jsonr_error error = { "" };
                struct slice lines;

                assert_int_equal(
                        batch_read_header(slice_of(cases[i].text), &header, &lines, &error),
                        WIRE_E_MALFORMED);
                assert_non_null(strstr(error.text, cases[i].words));
                assert_true(error.text[0]);
        }
}

static void other_malformed_messages_are_refused(void **state) {
        static const char *const acks[] = { "",
                                            "null",
                                            "{}",
                                            "{\"v\":1,\"epoch\":\"" EPOCH "\"}",
                                            "{\"v\":1,\"epoch\":\"" EPOCH "\",\"through\":1}",
                                            "{\"v\":1,\"epoch\":\"" EPOCH
                                            "\",\"through\":0,\"gap\":1}" };
        static const char *const feeds[] = { "{}", FEED "\"first\":3,\"last\":1," SENT,
                                             FEED "\"first\":1,\"last\":1,\"more\":2," SENT };
        struct jsonr_error error;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(acks); i++) {
                struct ack ack;

                assert_int_equal(ack_read(slice_of(acks[i]), &ack, &error), WIRE_E_MALFORMED);
        }
        for (size_t i = 0; i < ARRAY_LEN(feeds); i++) {
                struct feed_header header;
                struct slice lines;

                assert_int_equal(feed_read_header(slice_of(feeds[i]), &header, &lines, &error),
                                 WIRE_E_MALFORMED);
        }
}

static void longer_than_the_limit_is_refused_unread(void **state) {
        CLEANUP(bytes_fini) struct bytes big = { 0 };
        struct batch_header header;
        struct jsonr_error error;
        struct slice lines;

        (void)state;
        bytes_append_str(&big, BATCH "\"first\":1,\"last\":1,\"prev\":\"" HASH "\"," SENT "\n");
        while (big.len <= WIRE_PAYLOAD_MAX)
                bytes_append_str(&big,
                                 "0123456789abcdef0123456789abcdef0123456789abcdef01234567\n");
        assert_int_equal(bytes_error(&big), 0);
        assert_int_equal(batch_read_header(bytes_slice(&big), &header, &lines, &error),
                         WIRE_E_MALFORMED);
        assert_non_null(strstr(error.text, "longer"));
        bytes_clear(&big);
        for (int i = 0; i < 5000; i++)
                bytes_append_char(&big, ' ');
        assert_int_equal(batch_read_header(bytes_slice(&big), &header, &lines, &error),
                         WIRE_E_MALFORMED);
        assert_non_null(strstr(error.text, "longer"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_batch_header_is_written_as_documented_and_read_back),
                cmocka_unit_test(a_last_line_without_its_end_is_a_line),
                cmocka_unit_test(acks_say_gap_and_fork_only_when_so),
                cmocka_unit_test(feed_headers_and_wants_are_read_back),
                cmocka_unit_test(totals_are_read_back_until_the_reader_has_enough),
                cmocka_unit_test(malformed_batches_are_refused_in_words),
                cmocka_unit_test(other_malformed_messages_are_refused),
                cmocka_unit_test(longer_than_the_limit_is_refused_unread),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
