/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "tests/unit/helper_fakelog.h"

enum { WINDOW = 3, BATCH = 10, SENT_MAX = 64, NOW_MAX = 64 };

struct sent {
        uint64_t first, last;
        int id;
};

struct bench {
        struct fakelog log;
        struct uplink *uplink;
        struct sent sent[SENT_MAX]; /* batches, in order */
        int n_sent;
        struct totals_header now[NOW_MAX];
        int n_now, n_rows, n_sent_at_first_now;
        char last_sku[ID_SIZE];
        size_t payload_max;
        int refuse; /* what the transport answers next */
        int room;   /* messages it takes before refuse counts; -1: any */
        int n_trouble, n_forks;
        uint64_t acked;
};

static int bench_room(struct bench *bench) {
        if (bench->room == 0)
                return bench->refuse;
        if (bench->room > 0)
                bench->room--;
        return 0;
}

static int on_log(void *ctx, struct slice payload, int *ret_id) {
        struct bench *bench = ctx;
        struct batch_header header;
        struct jsonr_error error;
        struct slice lines, line;
        uint64_t n = 0;
        int r;

        if (payload.len > bench->payload_max)
                return -EMSGSIZE;
        r = bench_room(bench);
        if (r < 0)
                return r;
        assert_int_equal(batch_read_header(payload, &header, &lines, &error), 0);
        assert_string_equal(header.gateway, "gw");
        assert_memory_equal(&header.prev, &bench->log.hashes[header.first - 1], DIGEST_LEN);
        while (batch_next_line(&lines, &line))
                assert_true(slice_is(line, bench->log.lines[header.first + n++]));
        assert_int_equal(n, header.last - header.first + 1);
        assert_true(bench->n_sent < SENT_MAX);
        *ret_id = bench->n_sent + 100;
        bench->sent[bench->n_sent++] = (struct sent) { header.first, header.last, *ret_id };
        return 0;
}

static int on_row(void *userdata, const char *sku, int64_t sell_milli, int64_t picked_milli) {
        struct bench *bench = userdata;

        assert_int_equal(sell_milli, -picked_milli);
        memcpy(bench->last_sku, sku, strlen(sku) + 1);
        bench->n_rows++;
        return 0;
}

static int on_now(void *ctx, struct slice payload) {
        struct bench *bench = ctx;
        struct jsonr_error error;
        int r;

        if (payload.len > bench->payload_max)
                return -EMSGSIZE;
        r = bench_room(bench);
        if (r < 0)
                return r;
        assert_true(bench->n_now < NOW_MAX);
        if (bench->n_now == 0)
                bench->n_sent_at_first_now = bench->n_sent;
        assert_int_equal(totals_read(payload, &bench->now[bench->n_now++], on_row, bench, &error),
                         0);
        return 0;
}

static size_t on_payload_max(void *ctx) {
        const struct bench *bench = ctx;

        return bench->payload_max;
}

static void on_trouble(void *ctx, enum uplink_trouble trouble, const char *words) {
        struct bench *bench = ctx;

        assert_true(words[0]);
        bench->n_trouble++;
        bench->n_forks += trouble == UPLINK_FORK;
}

static void on_acked(void *ctx, uint64_t through) {
        struct bench *bench = ctx;

        bench->acked = through;
}

/* A log of one epoch with @n events. */
static struct bench *bench_new(int n, bool ack_broker) {
        struct bench *bench = calloc(1, sizeof(*bench));
        const struct uplink_settings settings = { "site", "gw", WINDOW, BATCH, ack_broker };
        struct uplink_transport transport = { bench, on_log, on_now, on_payload_max };
        struct uplink_handler handler = { bench, on_trouble, on_acked };
        struct uplink_store store;

        assert_non_null(bench);
        bench->room = -1;
        bench->refuse = -EAGAIN;
        bench->payload_max = 1 << 20;
        fakelog_start_epoch(&bench->log);
        while (bench->log.n < (uint64_t)n)
                fakelog_append(&bench->log);
        store = fakelog_store(&bench->log);
        assert_int_equal(uplink_new(&settings, &store, &transport, &handler, &bench->uplink), 0);
        return bench;
}

static void bench_free(struct bench **bench) {
        uplink_free((*bench)->uplink);
        free(*bench);
}

static void bench_ack(struct bench *bench, uint64_t through, bool gap, int64_t now_ms) {
        struct ack ack = fakelog_ack(&bench->log, through);

        ack.gap = gap;
        uplink_ack(bench->uplink, &ack, now_ms);
}

#define BENCH(n, ack_broker) CLEANUP(bench_free) struct bench *bench = bench_new(n, ack_broker)

static void no_more_than_the_window_is_under_way(void **state) {
        BENCH(100, false);

        (void)state;
        uplink_up(bench->uplink, 0);
        assert_int_equal(bench->n_sent, WINDOW);
        assert_int_equal(bench->sent[2].last, 30);
        uplink_committed(bench->uplink, 1);
        assert_int_equal(bench->n_sent, WINDOW);
        bench_ack(bench, 10, false, 2);
        assert_int_equal(bench->n_sent, WINDOW + 1);
        assert_int_equal(bench->sent[3].first, 31);
        bench_ack(bench, 40, false, 3);
        assert_int_equal(bench->n_sent, WINDOW + 4);
        assert_int_equal(bench->log.mark, 40);
        assert_int_equal(bench->acked, 40);
}

static void an_event_leaves_at_its_commit(void **state) {
        BENCH(1, false);

        (void)state;
        uplink_up(bench->uplink, 0);
        bench_ack(bench, 1, false, 1);
        assert_int_equal(uplink_next_ms(bench->uplink), -1);
        fakelog_append(&bench->log);
        uplink_committed(bench->uplink, 2);
        assert_int_equal(bench->n_sent, 2);
        assert_int_equal(bench->sent[1].first, 2);
        assert_int_equal(uplink_next_ms(bench->uplink), 2 + UPLINK_ACK_TIMEOUT_MS);
}

static void a_puback_proves_nothing(void **state) {
        BENCH(5, false);

        (void)state;
        uplink_up(bench->uplink, 0);
        uplink_published(bench->uplink, bench->sent[0].id, true, 1);
        assert_int_equal(uplink_acked(bench->uplink), 0);
}

static void without_a_hub_pubacks_move_the_mark_in_order(void **state) {
        BENCH(30, true);

        (void)state;
        uplink_up(bench->uplink, 0);
        uplink_published(bench->uplink, bench->sent[1].id, true, 1);
        assert_int_equal(uplink_acked(bench->uplink), 0);
        uplink_published(bench->uplink, bench->sent[0].id, true, 2);
        assert_int_equal(uplink_acked(bench->uplink), 20);
        uplink_published(bench->uplink, bench->sent[2].id, false, 3);
        assert_int_equal(uplink_acked(bench->uplink), 20);
        uplink_timer(bench->uplink, uplink_next_ms(bench->uplink));
        assert_int_equal(bench->sent[3].first, 21);
}

static void silence_sends_one_batch_as_a_probe(void **state) {
        BENCH(100, false);

        (void)state;
        uplink_up(bench->uplink, 0);
        uplink_timer(bench->uplink, UPLINK_ACK_TIMEOUT_MS - 1);
        assert_int_equal(bench->n_sent, WINDOW);
        uplink_timer(bench->uplink, UPLINK_ACK_TIMEOUT_MS);
        assert_int_equal(bench->n_sent, WINDOW + 1);
        assert_int_equal(bench->sent[WINDOW].first, 1);
        bench_ack(bench, 10, false, UPLINK_ACK_TIMEOUT_MS + 1);
        assert_int_equal(bench->n_sent, 2 * WINDOW + 1);
}

static void a_gap_sends_us_back_once(void **state) {
        BENCH(100, false);

        (void)state;
        bench->log.mark = 50;
        uplink_up(bench->uplink, 0);
        assert_int_equal(bench->sent[0].first, 51);
        for (int i = 0; i < WINDOW; i++)
                bench_ack(bench, 20, true, 1);
        assert_int_equal(bench->n_sent, 2 * WINDOW);
        assert_int_equal(bench->sent[WINDOW].first, 21);
        assert_int_equal(bench->log.mark, 20);
}

static void a_late_ack_is_ignored(void **state) {
        BENCH(100, false);

        (void)state;
        uplink_up(bench->uplink, 0);
        bench_ack(bench, 30, false, 1);
        assert_int_equal(bench->n_sent, 2 * WINDOW);
        bench_ack(bench, 10, false, 2);
        bench_ack(bench, 30, false, 3);
        assert_int_equal(bench->n_sent, 2 * WINDOW);
        assert_int_equal(bench->log.mark, 30);
}

static void a_hub_without_the_epoch_before_gets_that_too(void **state) {
        BENCH(10, false);
        struct ack none = { .gap = true };

        (void)state;
        fakelog_start_epoch(&bench->log);
        bench->log.mark = 10;
        uplink_up(bench->uplink, 0);
        assert_int_equal(bench->sent[0].first, 11);
        fakelog_epoch_name(1, none.epoch);
        uplink_ack(bench->uplink, &none, 1);
        assert_int_equal(bench->sent[1].first, 1);
        assert_int_equal(bench->sent[2].first, 11);
}

static void a_wrong_hash_is_a_fork_and_stops_the_log(void **state) {
        BENCH(100, false);
        struct ack ack = fakelog_ack(&bench->log, 10);

        (void)state;
        uplink_up(bench->uplink, 0);
        ack.hash.bytes[0] ^= 1;
        uplink_ack(bench->uplink, &ack, 1);
        assert_int_equal(bench->n_forks, 1);
        bench_ack(bench, 10, false, 2);
        uplink_committed(bench->uplink, 3);
        assert_int_equal(bench->n_sent, WINDOW);
        assert_int_equal(uplink_next_ms(bench->uplink), -1);
        uplink_hub_online(bench->uplink, 4);
        assert_int_equal(bench->n_sent, 2 * WINDOW);
}

static void a_fork_by_the_hubs_word_stops_too(void **state) {
        BENCH(100, false);
        struct ack ack = fakelog_ack(&bench->log, 10);

        (void)state;
        uplink_up(bench->uplink, 0);
        ack.fork = true;
        uplink_ack(bench->uplink, &ack, 1);
        assert_int_equal(bench->n_forks, 1);
        assert_int_equal(uplink_acked(bench->uplink), 0);
}

/* The image of the card was made at 10 of epoch 0; the hub has 15 of it. */
static void a_restored_image_goes_on(void **state) {
        BENCH(10, false);
        struct ack held = fakelog_ack(&bench->log, 10);

        (void)state;
        fakelog_start_epoch(&bench->log);
        bench->log.mark = 5;
        held.through = 15;
        held.hash.bytes[0] ^= 1;
        uplink_up(bench->uplink, 0);
        uplink_ack(bench->uplink, &held, 1);
        assert_int_equal(bench->n_forks, 0);
        assert_int_equal(uplink_acked(bench->uplink), 10);
        bench_ack(bench, 11, false, 2);
        assert_int_equal(uplink_acked(bench->uplink), 11);
}

static void an_unknown_epoch_is_said_once_and_ignored(void **state) {
        BENCH(10, false);
        struct ack ack = { .through = 5 };

        (void)state;
        fakelog_epoch_name(9, ack.epoch);
        uplink_up(bench->uplink, 0);
        uplink_ack(bench->uplink, &ack, 1);
        uplink_ack(bench->uplink, &ack, 2);
        assert_int_equal(bench->n_trouble, 1);
        bench_ack(bench, 10, false, 3);
        assert_int_equal(uplink_acked(bench->uplink), 10);
}

static void totals_go_first_in_parts_and_only_with_a_backlog(void **state) {
        BENCH(10, false);

        (void)state;
        fakelog_start_epoch(&bench->log);
        bench->log.n_totals = 50;
        bench->payload_max = 2000;
        uplink_up(bench->uplink, 0);
        assert_int_equal(bench->n_rows, 100);
        assert_true(bench->n_now > 2);
        assert_int_equal(bench->n_sent_at_first_now, 0);
        assert_int_equal(bench->now[0].as_of, 10);
        assert_int_equal(bench->now[bench->n_now - 1].as_of, 11);
        bench_ack(bench, 11, false, 1);
        bench->n_now = 0;
        uplink_down(bench->uplink);
        uplink_up(bench->uplink, 2);
        assert_int_equal(bench->n_now, 0);
}

static void totals_go_on_where_the_room_ended(void **state) {
        BENCH(10, false);

        (void)state;
        bench->log.n_totals = 100;
        bench->payload_max = 2000;
        bench->room = 2;
        uplink_up(bench->uplink, 0);
        assert_int_equal(bench->n_now, 2);
        assert_int_equal(bench->n_sent, 0);
        bench->room = -1;
        uplink_room(bench->uplink, 1);
        assert_int_equal(bench->n_rows, 100);
        assert_string_equal(bench->last_sku, "sku-00099");
        assert_int_equal(bench->n_sent, 1);
}

static void without_room_the_rest_waits(void **state) {
        BENCH(100, false);

        (void)state;
        bench->room = 1;
        uplink_up(bench->uplink, 0);
        assert_int_equal(bench->n_sent, 1);
        bench_ack(bench, 10, false, 1);
        assert_int_equal(bench->n_sent, 1);
        bench->room = -1;
        uplink_room(bench->uplink, 2);
        assert_int_equal(bench->n_sent, 1 + WINDOW);
        assert_int_equal(bench->sent[1].first, 11);
}

static void batches_shrink_to_the_brokers_limit(void **state) {
        BENCH(100, false);

        (void)state;
        bench->payload_max = 600;
        uplink_up(bench->uplink, 0);
        assert_int_equal(bench->n_sent, WINDOW);
        assert_true(bench->sent[0].last < BATCH);
        assert_int_equal(bench->n_trouble, 0);
}

static void an_event_over_the_brokers_limit_is_said(void **state) {
        BENCH(100, false);

        (void)state;
        bench->payload_max = 60;
        uplink_up(bench->uplink, 0);
        uplink_committed(bench->uplink, 1);
        assert_int_equal(bench->n_sent, 0);
        assert_int_equal(bench->n_trouble, 1);
}

static void a_failing_store_stops_until_the_next_connection(void **state) {
        BENCH(10, false);

        (void)state;
        bench->log.fail = -EIO;
        uplink_up(bench->uplink, 0);
        uplink_committed(bench->uplink, 1);
        assert_int_equal(bench->n_trouble, 1);
        assert_int_equal(bench->n_sent, 0);
        uplink_down(bench->uplink);
        uplink_up(bench->uplink, 2);
        assert_int_equal(bench->n_sent, 1);
}

static void a_hub_that_lacks_what_is_pruned_is_for_people(void **state) {
        BENCH(100, false);

        (void)state;
        bench->log.pruned = 40;
        bench->log.mark = 90;
        uplink_up(bench->uplink, 0);
        bench_ack(bench, 30, false, 1);
        assert_int_equal(bench->n_trouble, 0);
        bench_ack(bench, 30, true, 2);
        assert_int_equal(bench->n_forks, 1);
}

static void nothing_leaves_while_down(void **state) {
        BENCH(10, false);

        (void)state;
        uplink_committed(bench->uplink, 0);
        bench_ack(bench, 5, false, 1);
        uplink_up(bench->uplink, 2);
        uplink_down(bench->uplink);
        assert_int_equal(uplink_next_ms(bench->uplink), -1);
        uplink_room(bench->uplink, 3);
        uplink_hub_online(bench->uplink, 4);
        assert_int_equal(bench->n_sent, 1);
        assert_int_equal(uplink_acked(bench->uplink), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(no_more_than_the_window_is_under_way),
                cmocka_unit_test(an_event_leaves_at_its_commit),
                cmocka_unit_test(a_puback_proves_nothing),
                cmocka_unit_test(without_a_hub_pubacks_move_the_mark_in_order),
                cmocka_unit_test(silence_sends_one_batch_as_a_probe),
                cmocka_unit_test(a_gap_sends_us_back_once),
                cmocka_unit_test(a_late_ack_is_ignored),
                cmocka_unit_test(a_hub_without_the_epoch_before_gets_that_too),
                cmocka_unit_test(a_wrong_hash_is_a_fork_and_stops_the_log),
                cmocka_unit_test(a_fork_by_the_hubs_word_stops_too),
                cmocka_unit_test(a_restored_image_goes_on),
                cmocka_unit_test(an_unknown_epoch_is_said_once_and_ignored),
                cmocka_unit_test(totals_go_first_in_parts_and_only_with_a_backlog),
                cmocka_unit_test(totals_go_on_where_the_room_ended),
                cmocka_unit_test(without_room_the_rest_waits),
                cmocka_unit_test(batches_shrink_to_the_brokers_limit),
                cmocka_unit_test(an_event_over_the_brokers_limit_is_said),
                cmocka_unit_test(a_failing_store_stops_until_the_next_connection),
                cmocka_unit_test(a_hub_that_lacks_what_is_pruned_is_for_people),
                cmocka_unit_test(nothing_leaves_while_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
