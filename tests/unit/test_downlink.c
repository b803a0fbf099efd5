/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "sync/downlink.h"

#define FEED_A "01ARZ3NDEKTSV4RRFFQ69G5FAA"
#define FEED_B "01ARZ3NDEKTSV4RRFFQ69G5FAB"

enum { LINES_MAX = 64 };

/* A catalogue that is only a list of the lines it was given. */
struct bench {
        struct downlink *downlink;
        char feed[ULID_SIZE];
        uint64_t seq;
        char lines[LINES_MAX][16];
        int n_lines, n_before; /* before the open transaction */
        bool open;
        int n_ends, n_trouble, n_wants;
        struct want want;
        int fail_want, fail_adopt, fail_end;
};

static int on_position(void *ctx, char ret_feed[ULID_SIZE], uint64_t *ret_seq) {
        const struct bench *bench = ctx;

        memcpy(ret_feed, bench->feed, ULID_SIZE);
        *ret_seq = bench->seq;
        return 0;
}

static int on_begin(void *ctx, const char *feed, bool replace) {
        struct bench *bench = ctx;

        (void)feed;
        assert_false(bench->open);
        bench->open = true;
        bench->n_before = bench->n_lines;
        if (replace)
                bench->n_lines = 0;
        return 0;
}

static int on_adopt(void *ctx, struct slice entry, char *ret_error, size_t error_size) {
        struct bench *bench = ctx;

        assert_true(bench->open);
        if (bench->fail_adopt < 0)
                return bench->fail_adopt;
        if (entry.bytes[0] == '!')
                return str_copy(ret_error, error_size, "a mark of surprise") == 0 ? 16 : -ENOMEM;
        assert_true(bench->n_lines < LINES_MAX && entry.len < sizeof(bench->lines[0]));
        memcpy(bench->lines[bench->n_lines], entry.bytes, entry.len);
        bench->lines[bench->n_lines++][entry.len] = '\0';
        return 0;
}

static void on_abort(void *ctx) {
        struct bench *bench = ctx;

        assert_true(bench->open);
        bench->open = false;
        bench->n_lines = bench->n_before;
}

static int on_end(void *ctx, const char *feed, uint64_t seq) {
        struct bench *bench = ctx;

        if (bench->fail_end < 0) {
                on_abort(ctx);
                return bench->fail_end;
        }
        assert_true(bench->open);
        bench->open = false;
        memcpy(bench->feed, feed, ULID_SIZE);
        bench->seq = seq;
        bench->n_ends++;
        return 0;
}

static int on_want(void *ctx, const struct want *want) {
        struct bench *bench = ctx;

        bench->n_wants++;
        bench->want = *want;
        return bench->fail_want;
}

static void on_trouble(void *ctx, const char *words) {
        struct bench *bench = ctx;

        assert_true(words[0]);
        bench->n_trouble++;
}

static struct bench *bench_new(const char *feed, uint64_t seq) {
        struct bench *bench = calloc(1, sizeof(*bench));
        struct downlink_store store = { bench, on_position, on_begin, on_adopt, on_end, on_abort };
        struct downlink_transport transport = { bench, on_want };

        assert_non_null(bench);
        assert_int_equal(str_copy(bench->feed, sizeof(bench->feed), feed), 0);
        bench->seq = seq;
        assert_int_equal(downlink_new(&store, &transport, on_trouble, bench, &bench->downlink), 0);
        downlink_up(bench->downlink, 0);
        return bench;
}

static void bench_free(struct bench **bench) {
        downlink_free((*bench)->downlink);
        free(*bench);
}

#define BENCH(feed, seq) CLEANUP(bench_free) struct bench *bench = bench_new(feed, seq)

enum { PLAIN = 0, COMPACTED = 1, MORE = 2 };

static void bench_batch(struct bench *bench, const char *feed, uint64_t first, uint64_t last,
                        int flags, const char *lines, int64_t now_ms) {
        CLEANUP(bytes_fini) struct bytes out = { 0 };
        struct feed_header header = { .site = "site",
                                      .first = first,
                                      .last = last,
                                      .compacted = flags & COMPACTED,
                                      .more = flags & MORE };

        memcpy(header.feed, feed, ULID_SIZE);
        assert_int_equal(feed_write_header(&header, &out), 0);
        bytes_append_str(&out, lines);
        assert_int_equal(bytes_error(&out), 0);
        downlink_batch(bench->downlink, bytes_slice(&out), now_ms);
        assert_false(bench->open);
}

static void a_new_gateway_asks_for_all(void **state) {
        BENCH("", 0);

        (void)state;
        assert_int_equal(bench->n_wants, 1);
        assert_string_equal(bench->want.feed, "");
        assert_int_equal(bench->want.from, 0);
}

static void the_next_entries_are_adopted_in_order(void **state) {
        BENCH(FEED_A, 4);

        (void)state;
        assert_int_equal(bench->want.from, 5);
        bench_batch(bench, FEED_A, 5, 6, PLAIN, "five\nsix\n", 1);
        bench_batch(bench, FEED_A, 7, 7, PLAIN, "seven\n", 2);
        assert_int_equal(bench->n_lines, 3);
        assert_string_equal(bench->lines[2], "seven");
        assert_int_equal(bench->seq, 7);
        assert_int_equal(bench->n_wants, 1);
        assert_int_equal(downlink_next_ms(bench->downlink), -1);
}

static void what_is_known_is_not_adopted_again(void **state) {
        BENCH(FEED_A, 4);

        (void)state;
        bench_batch(bench, FEED_A, 3, 4, PLAIN, "three\nfour\n", 1);
        bench_batch(bench, FEED_A, 5, 4, PLAIN, "", 2);
        assert_int_equal(bench->n_ends, 0);
        bench_batch(bench, FEED_A, 4, 5, PLAIN, "four\nfive\n", 3);
        assert_int_equal(bench->seq, 5);
        assert_int_equal(bench->n_wants, 1);
}

static void a_gap_asks_once_and_again_after_a_while(void **state) {
        BENCH(FEED_A, 4);

        (void)state;
        bench_batch(bench, FEED_A, 7, 7, PLAIN, "seven\n", 10);
        bench_batch(bench, FEED_A, 8, 8, PLAIN, "eight\n", 20);
        assert_int_equal(bench->n_wants, 2);
        assert_int_equal(bench->want.from, 5);
        assert_int_equal(bench->n_ends, 0);
        downlink_timer(bench->downlink, 10 + DOWNLINK_WANT_RETRY_MS - 1);
        assert_int_equal(bench->n_wants, 2);
        downlink_timer(bench->downlink, 10 + DOWNLINK_WANT_RETRY_MS);
        assert_int_equal(bench->n_wants, 3);
        bench_batch(bench, FEED_A, 5, 8, PLAIN, "five\nsix\nseven\neight\n", 9000);
        assert_int_equal(bench->seq, 8);
        assert_int_equal(downlink_next_ms(bench->downlink), -1);
}

static void half_an_answer_asks_for_the_rest_at_once(void **state) {
        BENCH(FEED_A, 4);

        (void)state;
        bench_batch(bench, FEED_A, 9, 9, PLAIN, "nine\n", 10);
        bench_batch(bench, FEED_A, 5, 6, PLAIN, "five\nsix\n", 20);
        assert_int_equal(bench->n_wants, 3);
        assert_int_equal(bench->want.from, 7);
}

static void a_copy_in_parts_counts_when_it_is_whole(void **state) {
        BENCH(FEED_A, 4);

        (void)state;
        bench_batch(bench, FEED_B, 9, 9, PLAIN, "nine\n", 1);
        assert_int_equal(bench->want.from, 0);
        bench_batch(bench, FEED_B, 1, 3, COMPACTED | MORE, "a\nb\n", 2);
        assert_int_equal(bench->seq, 0);
        assert_string_equal(bench->feed, FEED_B);
        bench_batch(bench, FEED_B, 4, 7, COMPACTED | MORE, "c\n", 3);
        bench_batch(bench, FEED_B, 8, 9, COMPACTED, "d\n", 4);
        assert_int_equal(bench->seq, 9);
        assert_int_equal(bench->n_lines, 4);
        assert_int_equal(downlink_next_ms(bench->downlink), -1);
}

static void parts_that_all_begin_at_one_are_a_copy_too(void **state) {
        BENCH("", 0);

        (void)state;
        bench_batch(bench, FEED_A, 1, 9, COMPACTED | MORE, "a\nb\n", 2);
        bench_batch(bench, FEED_A, 1, 9, COMPACTED, "c\n", 3);
        assert_int_equal(bench->seq, 9);
        assert_int_equal(bench->n_lines, 3);
        bench_batch(bench, FEED_A, 1, 9, COMPACTED, "c\n", 4);
        assert_int_equal(bench->n_lines, 3);
}

static void a_lost_part_asks_for_all_again(void **state) {
        BENCH("", 0);

        (void)state;
        bench_batch(bench, FEED_A, 1, 3, COMPACTED | MORE, "a\n", 1);
        bench_batch(bench, FEED_A, 7, 9, COMPACTED, "c\n", 2);
        assert_int_equal(bench->seq, 0);
        downlink_timer(bench->downlink, 1 + DOWNLINK_WANT_RETRY_MS);
        assert_int_equal(bench->n_wants, 2);
        assert_int_equal(bench->want.from, 0);
        bench_batch(bench, FEED_A, 1, 9, COMPACTED, "a\nb\nc\n", 9000);
        assert_int_equal(bench->n_lines, 3);
        assert_int_equal(bench->seq, 9);
}

static void a_copy_that_is_cut_off_by_the_connection_begins_anew(void **state) {
        BENCH("", 0);

        (void)state;
        bench_batch(bench, FEED_A, 1, 3, COMPACTED | MORE, "a\n", 1);
        downlink_down(bench->downlink);
        assert_int_equal(downlink_next_ms(bench->downlink), -1);
        downlink_up(bench->downlink, 2);
        assert_string_equal(bench->want.feed, FEED_A);
        assert_int_equal(bench->want.from, 0);
        bench_batch(bench, FEED_A, 1, 9, COMPACTED, "a\nb\n", 3);
        assert_int_equal(bench->n_lines, 2);
}

static void what_comes_during_a_copy_is_asked_for_behind_it(void **state) {
        BENCH("", 0);

        (void)state;
        bench_batch(bench, FEED_A, 1, 3, COMPACTED | MORE, "a\n", 1);
        bench_batch(bench, FEED_A, 10, 10, PLAIN, "ten\n", 2);
        bench_batch(bench, FEED_A, 4, 9, COMPACTED, "b\n", 3);
        assert_int_equal(bench->seq, 9);
        assert_int_equal(bench->n_wants, 2);
        assert_int_equal(bench->want.from, 10);
}

static void a_hub_with_an_older_feed_of_another_name_replaces(void **state) {
        BENCH(FEED_B, 900);

        (void)state;
        bench_batch(bench, FEED_A, 1, 5, COMPACTED, "a\n", 1);
        assert_int_equal(bench->seq, 5);
        assert_string_equal(bench->feed, FEED_A);
        assert_int_equal(downlink_next_ms(bench->downlink), -1);
}

static void malformed_entries_are_skipped_and_said(void **state) {
        BENCH(FEED_A, 0);

        (void)state;
        bench_batch(bench, FEED_A, 1, 4, PLAIN, "a\n!\n\n!\nb", 1);
        assert_int_equal(bench->n_lines, 2);
        assert_int_equal(bench->seq, 4);
        assert_int_equal(bench->n_trouble, 1);
}

static void malformed_batches_change_nothing(void **state) {
        BENCH(FEED_A, 4);

        (void)state;
        downlink_batch(bench->downlink, slice_of("{}\nfive\n"), 1);
        downlink_batch(bench->downlink, slice_of(""), 2);
        assert_int_equal(bench->n_trouble, 2);
        assert_int_equal(bench->n_ends, 0);
}

static void a_store_that_fails_is_tried_again(void **state) {
        BENCH(FEED_A, 4);

        (void)state;
        bench->fail_adopt = -EIO;
        bench_batch(bench, FEED_A, 5, 5, PLAIN, "five\n", 10);
        assert_int_equal(downlink_next_ms(bench->downlink), 10 + DOWNLINK_WANT_RETRY_MS);
        bench->fail_adopt = 0;
        bench->fail_end = -ENOSPC;
        bench_batch(bench, FEED_A, 5, 5, PLAIN, "five\n", 20);
        assert_int_equal(bench->seq, 4);
        assert_int_equal(bench->n_lines, 0);
        bench->fail_end = 0;
        downlink_timer(bench->downlink, 9000);
        assert_int_equal(bench->want.from, 5);
        bench_batch(bench, FEED_A, 5, 5, PLAIN, "five\n", 9001);
        assert_int_equal(bench->seq, 5);
}

static void a_want_without_room_is_repeated(void **state) {
        BENCH(FEED_A, 4);

        (void)state;
        bench->fail_want = -EAGAIN;
        downlink_up(bench->downlink, 100);
        assert_int_equal(downlink_next_ms(bench->downlink), 100 + DOWNLINK_WANT_RETRY_MS);
}

static void a_hub_that_comes_back_is_asked(void **state) {
        BENCH(FEED_A, 4);

        (void)state;
        downlink_hub_online(bench->downlink, 10);
        assert_int_equal(bench->n_wants, 1);
        assert_int_equal(downlink_next_ms(bench->downlink), DOWNLINK_ASK_GAP_MS);
        downlink_timer(bench->downlink, DOWNLINK_ASK_GAP_MS);
        downlink_hub_online(bench->downlink, 60000);
        assert_int_equal(bench->n_wants, 3);
        downlink_down(bench->downlink);
        downlink_hub_online(bench->downlink, 99000);
        assert_int_equal(bench->n_wants, 3);
}

/* Batches get lost, come twice or late; in the end the catalogue has every entry, the last one
 * last. */
static void a_lossy_feed_arrives(void **state) {
        (void)state;
        for (unsigned seed = 1; seed <= 200; seed++) {
                BENCH(FEED_A, 0);
                unsigned random = seed;
                uint64_t newest = 0;
                int64_t now_ms = 0;

                for (int i = 0; i < 400; i++) {
                        bool calm = i > 200;
                        uint64_t first = newest + 1;

                        now_ms += 500;
                        if (!calm && newest < 40)
                                newest += (uint64_t)rand_r(&random) % 3;
                        if (newest >= first && rand_r(&random) % 3 == 0)
                                bench_batch(bench, FEED_A, first, newest, PLAIN, "x\n", now_ms);
                        if (bench->n_wants > 0 && (calm || rand_r(&random) % 4 == 0)) {
                                uint64_t from = bench->want.from ? bench->want.from : 1;

                                bench->n_wants = 0;
                                bench->n_lines = 0;
                                bench_batch(bench, FEED_A, from, newest, PLAIN, "y\n", now_ms);
                        }
                        downlink_timer(bench->downlink, now_ms);
                        if (i == 200)
                                downlink_hub_online(bench->downlink, now_ms);
                }
                assert_int_equal(bench->seq, newest);
                assert_int_equal(downlink_next_ms(bench->downlink), -1);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_new_gateway_asks_for_all),
                cmocka_unit_test(the_next_entries_are_adopted_in_order),
                cmocka_unit_test(what_is_known_is_not_adopted_again),
                cmocka_unit_test(a_gap_asks_once_and_again_after_a_while),
                cmocka_unit_test(half_an_answer_asks_for_the_rest_at_once),
                cmocka_unit_test(a_copy_in_parts_counts_when_it_is_whole),
                cmocka_unit_test(parts_that_all_begin_at_one_are_a_copy_too),
                cmocka_unit_test(a_lost_part_asks_for_all_again),
                cmocka_unit_test(a_copy_that_is_cut_off_by_the_connection_begins_anew),
                cmocka_unit_test(what_comes_during_a_copy_is_asked_for_behind_it),
                cmocka_unit_test(a_hub_with_an_older_feed_of_another_name_replaces),
                cmocka_unit_test(malformed_entries_are_skipped_and_said),
                cmocka_unit_test(malformed_batches_change_nothing),
                cmocka_unit_test(a_store_that_fails_is_tried_again),
                cmocka_unit_test(a_want_without_room_is_repeated),
                cmocka_unit_test(a_hub_that_comes_back_is_asked),
                cmocka_unit_test(a_lossy_feed_arrives),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
