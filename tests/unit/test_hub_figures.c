/* SPDX-License-Identifier: MIT */

/* What a storefront may sell (DESIGN 5.5), and what gateways are told of stock. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/clock.h"
#include "sync/hub/availability.h"
#include "sync/hub/payload.h"
#include "tests/unit/helper_hub.h"

#define EPOCH_A "01JD4Z0000000000000000000A"
#define EPOCH_B "01JD4Z0000000000000000000B"

static const char goods[] =
        "{\"type\":\"item\",\"sku\":\"TEA\",\"name\":\"Tea\"}\n"
        "{\"type\":\"location\",\"location\":\"A-01\"}\n"
        "{\"type\":\"location\",\"location\":\"Q-01\",\"kind\":\"quarantine\"}\n"
        "{\"type\":\"move\",\"id\":\"o1\",\"kind\":\"adjust\",\"sku\":\"TEA\",\"qty\":100,"
        "\"from\":\"@adjust\",\"to\":\"A-01\"}\n";

/* Two lines of TEA: 6 and 4. */
static const char order[] = "{\"type\":\"order\",\"order\":\"SO-1\",\"lines\":["
                            "{\"line\":1,\"sku\":\"TEA\",\"qty\":6},"
                            "{\"line\":2,\"sku\":\"TEA\",\"qty\":4}]}\n";

static struct {
        struct hub_store hub;
        struct hublog log;
        uint64_t sent;
} t;

static void put(const char *lines) {
        if (strstr(hub_put(&t.hub, lines), "\"ok\":false"))
                fail_msg("%s", bytes_str(&t.hub.answers));
}

static int setup(void **state) {
        (void)state;
        hub_open(&t.hub);
        hublog_begin(&t.log, "gw-01", EPOCH_A, NULL);
        t.sent = 0;
        put(goods);
        put(order);
        return 0;
}

static int teardown(void **state) {
        (void)state;
        hublog_end(&t.log);
        hub_close(&t.hub);
        return 0;
}

/* Happens at the gateway and comes at once. */
static void happens(struct event event) {
        struct apply_result result;

        hublog_add(&t.log, event);
        result = hub_apply(&t.hub, &t.log, t.sent + 1, t.log.last);
        assert_int_equal(result.kind, APPLIED);
        t.sent = t.log.last;
}

static struct availability figures(const char *sku) {
        struct availability a;

        assert_int_equal(availability_of(t.hub.db, HUB_SITE, sku, clock_wall_ms(), &a), 0);
        return a;
}

/* In units, of TEA. */
static void expect(int64_t on_hand, int64_t reserved, int64_t available) {
        struct availability a = figures("TEA");

        assert_int_equal(a.on_hand_milli, 1000 * on_hand);
        assert_int_equal(a.reserved_milli, 1000 * reserved);
        assert_int_equal(a.available_milli, 1000 * available);
}

/* ---- reserved -------------------------------------------------------------------------------- */

static void open_order_reserves_what_is_not_picked(void **state) {
        (void)state;
        expect(100, 10, 90);
        happens(hub_pick("SO-1", 1, 2));
        expect(98, 8, 90);
        happens(hub_pick("SO-1", 1, 4));
        happens(hub_pick("SO-1", 2, 4));
        expect(90, 0, 90);
}

static void pick_without_an_order_takes_stock_and_no_reservation(void **state) {
        (void)state;
        happens(hub_pick("", 0, 3));
        expect(97, 10, 87);
}

static void too_much_picked_reserves_nothing_less(void **state) {
        (void)state;
        happens(hub_pick("SO-1", 1, 9));
        expect(91, 4, 87);
}

static void short_line_is_released(void **state) {
        (void)state;
        happens(hub_pick("SO-1", 1, 2));
        happens(hub_short("SO-1", 1, 4));
        expect(98, 4, 94);
}

static void reversed_pick_is_on_hand_and_wanted_again(void **state) {
        (void)state;
        happens(hub_pick("SO-1", 1, 6));
        happens(hub_pick("SO-1", 2, 4));
        happens(hub_order("SO-1", ORDER_PICKED));
        expect(90, 0, 90);
        happens(hub_pick("SO-1", 1, -1));
        expect(91, 1, 90);
        assert_int_equal(hub_int(&t.hub, "SELECT state FROM order_head"), ORDER_STARTED);
        happens(hub_pick("SO-1", 1, 1));
        expect(90, 0, 90);
}

static void undone_short_is_wanted_again(void **state) {
        struct event undo = hub_pick("SO-1", 1, 1);

        (void)state;
        undo.move.kind = MOVE_REVERSE;
        undo.move.of = MOVE_TRANSFER;
        undo.move.reverses = 2;
        undo.move.sell_milli = 0;
        (void)snprintf(undo.move.reason, sizeof(undo.move.reason), "short");
        happens(hub_short("SO-1", 1, 6));
        expect(100, 4, 96);
        happens(undo);
        expect(100, 10, 90);
}

static void cancelled_order_is_released(void **state) {
        (void)state;
        happens(hub_pick("SO-1", 1, 2));
        put("{\"type\":\"order\",\"order\":\"SO-1\",\"cancel\":true}");
        expect(98, 0, 98);
        happens(hub_pick("SO-1", 1, 1));
        expect(97, 0, 97);
}

static void cancelled_order_that_is_put_again_is_wanted_again(void **state) {
        (void)state;
        put("{\"type\":\"order\",\"order\":\"SO-1\",\"cancel\":true}");
        happens(hub_pick("SO-1", 1, 2));
        put(order);
        expect(98, 8, 90);
}

static void order_that_ended_at_the_gateway_is_released(void **state) {
        (void)state;
        happens(hub_pick("SO-1", 1, 6));
        happens(hub_order("SO-1", ORDER_SHIPPED));
        expect(94, 0, 94);
        put("{\"type\":\"order\",\"order\":\"SO-2\",\"lines\":["
            "{\"line\":1,\"sku\":\"TEA\",\"qty\":5}]}");
        expect(94, 5, 89);
        happens(hub_order("SO-2", ORDER_CANCELLED));
        expect(94, 0, 94);
}

static void changed_order_wants_what_it_says_now(void **state) {
        (void)state;
        happens(hub_pick("SO-1", 1, 2));
        put("{\"type\":\"order\",\"order\":\"SO-1\",\"lines\":["
            "{\"line\":1,\"sku\":\"TEA\",\"qty\":3}]}");
        expect(98, 1, 97);
}

static void order_that_comes_after_its_picks_wants_the_rest(void **state) {
        (void)state;
        happens(hub_pick("SO-9", 1, 2));
        expect(98, 10, 88);
        put("{\"type\":\"order\",\"order\":\"SO-9\",\"lines\":["
            "{\"line\":1,\"sku\":\"TEA\",\"qty\":5}]}");
        expect(98, 13, 85);
}

/* ---- on hand, safety, flags ------------------------------------------------------------------ */

static void only_sellable_places_are_on_hand(void **state) {
        (void)state;
        put("{\"type\":\"move\",\"id\":\"q1\",\"kind\":\"transfer\",\"sku\":\"TEA\",\"qty\":30,"
            "\"from\":\"A-01\",\"to\":\"Q-01\"}");
        expect(70, 10, 60);
        put("{\"type\":\"move\",\"id\":\"q2\",\"kind\":\"scrap\",\"sku\":\"TEA\",\"qty\":5,"
            "\"from\":\"Q-01\",\"to\":\"@scrap\"}");
        expect(70, 10, 60);
}

static void expect_flags(bool low, bool out, bool oversell_risk) {
        struct availability a = figures("TEA");

        assert_int_equal(a.low, low);
        assert_int_equal(a.out, out);
        assert_int_equal(a.oversell_risk, oversell_risk);
}

static void safety_is_held_back_and_available_is_never_negative(void **state) {
        (void)state;
        expect_flags(false, false, false);
        put("{\"type\":\"item\",\"sku\":\"TEA\",\"safety\":50}");
        expect(100, 10, 40);
        expect_flags(false, false, false);
        happens(hub_pick("", 0, 51));
        expect(49, 10, 0);
        expect_flags(true, true, false);
        happens(hub_pick("", 0, 40));
        expect(9, 10, 0);
        expect_flags(true, true, true);
        happens(hub_pick("", 0, 20));
        expect(-11, 10, 0);
        assert_false(figures("TEA").has_cover);
}

static void cover_is_of_the_last_four_weeks_and_warns_below_reorder_days(void **state) {
        struct event old = hub_pick("SO-1", 1, 2);

        (void)state;
        assert_false(figures("TEA").has_cover);
        old.ts_ms = clock_wall_ms() - INT64_C(29) * 24 * 3600 * 1000;
        happens(old);
        assert_false(figures("TEA").has_cover);
        happens(hub_pick("SO-1", 1, 4));
        happens(hub_pick("SO-1", 2, 4));
        /* 90 on hand, 8 in 28 days */
        assert_true(figures("TEA").has_cover);
        assert_int_equal(figures("TEA").cover_milli, 315000);
        put("{\"type\":\"item\",\"sku\":\"TEA\",\"reorder_days\":315}");
        expect_flags(false, false, false);
        put("{\"type\":\"item\",\"sku\":\"TEA\",\"reorder_days\":316}");
        expect_flags(true, false, false);
}

static void nobody_knows_a_sku_that_was_never_named(void **state) {
        CLEANUP(bytes_fini) struct bytes text = { 0 };
        struct jsonw w = jsonw_to(&text);
        struct availability a = figures("COFFEE");

        (void)state;
        assert_false(a.known);
        assert_true(a.out);
        availability_write(&a, "COFFEE", 0, &w);
        assert_string_equal(bytes_str(&text),
                            "{\"v\":1,\"sku\":\"COFFEE\",\"on_hand\":0,\"reserved\":0,"
                            "\"available\":0,\"safety\":0,\"flags\":[\"out\"],"
                            "\"days_of_cover\":null,\"as_of\":\"1970-01-01T00:00:00.000Z\"}");
}

/* ---- totals ahead of the log ----------------------------------------------------------------- */

static void tell_totals(const char *epoch, uint64_t as_of, int64_t sell, int64_t picked) {
        CLEANUP(bytes_fini) struct bytes payload = { 0 };
        struct totals_header header = { .as_of = as_of };
        struct jsonr_error error;

        (void)snprintf(header.epoch, sizeof(header.epoch), "%s", epoch);
        totals_begin(&payload, &header);
        totals_add(&payload, "TEA", 1000 * sell, 1000 * picked, true);
        totals_end(&payload);
        assert_int_equal(db_begin(t.hub.db), 0);
        assert_int_equal(
                apply_totals(&t.hub.book, HUB_SITE, "gw-01", bytes_slice(&payload), &error), 0);
        assert_int_equal(db_commit(t.hub.db), 0);
}

static void totals_count_before_their_log_and_once(void **state) {
        struct apply_result result;

        (void)state;
        happens(hub_pick("SO-1", 1, 2));
        hublog_add(&t.log, hub_pick("SO-1", 1, 3));
        hublog_add(&t.log, hub_pick("SO-1", 1, 1));
        tell_totals(EPOCH_A, 4, -6, 6);
        expect(94, 4, 90);
        result = hub_apply(&t.hub, &t.log, 3, 3);
        assert_int_equal(result.kind, APPLIED);
        expect(94, 4, 90);
        result = hub_apply(&t.hub, &t.log, 4, 4);
        assert_int_equal(result.kind, APPLIED);
        expect(94, 4, 90);
}

static void totals_of_an_epoch_that_has_not_begun_here_count(void **state) {
        (void)state;
        happens(hub_pick("SO-1", 1, 2));
        tell_totals(EPOCH_B, 9, -5, 4);
        expect(93, 4, 89);
}

static void totals_of_other_goods_make_them_known(void **state) {
        CLEANUP(bytes_fini) struct bytes payload = { 0 };
        struct jsonr_error error;

        (void)state;
        bytes_append_str(&payload, "{\"v\":1,\"epoch\":\"" EPOCH_A "\",\"as_of\":7,\"totals\":"
                                   "{\"MUG\":{\"sell\":12,\"picked\":0}}}");
        assert_int_equal(db_begin(t.hub.db), 0);
        assert_int_equal(
                apply_totals(&t.hub.book, HUB_SITE, "gw-01", bytes_slice(&payload), &error), 0);
        assert_int_equal(db_commit(t.hub.db), 0);
        assert_true(figures("MUG").known);
        assert_int_equal(figures("MUG").on_hand_milli, 12000);
}

/* ---- what orders say ------------------------------------------------------------------------- */

static void order_tells_what_was_ordered_picked_and_short(void **state) {
        CLEANUP(bytes_fini) struct bytes text = { 0 };
        bool ended = true;

        (void)state;
        happens(hub_order("SO-1", ORDER_STARTED));
        happens(hub_pick("SO-1", 1, 2));
        happens(hub_short("SO-1", 1, 4));
        assert_int_equal(payload_order(t.hub.db, HUB_SITE, "SO-1", &text, &ended), 0);
        assert_false(ended);
        assert_non_null(strstr(bytes_str(&text), "\"state\":\"started\""));
        assert_non_null(strstr(bytes_str(&text), "{\"line\":1,\"sku\":\"TEA\",\"ordered\":6,"
                                                 "\"picked\":2,\"short\":4}"));
        assert_non_null(strstr(bytes_str(&text), "{\"line\":2,\"sku\":\"TEA\",\"ordered\":4,"
                                                 "\"picked\":0,\"short\":0}"));
        assert_int_equal(payload_order(t.hub.db, HUB_SITE, "SO-7", &text, &ended), -ENOENT);
}

static void cancelled_order_has_ended(void **state) {
        CLEANUP(bytes_fini) struct bytes text = { 0 };
        bool ended = false;

        (void)state;
        put("{\"type\":\"order\",\"order\":\"SO-1\",\"cancel\":true}");
        assert_int_equal(payload_order(t.hub.db, HUB_SITE, "SO-1", &text, &ended), 0);
        assert_true(ended);
        assert_non_null(strstr(bytes_str(&text), "\"state\":\"cancelled\""));
}

/* ---- stock entries --------------------------------------------------------------------------- */

static void write_stock(bool expect_any) {
        bool any;

        assert_int_equal(db_begin(t.hub.db), 0);
        assert_int_equal(feed_set_stock(t.hub.db, HUB_SITE, &any), 0);
        assert_int_equal(db_commit(t.hub.db), 0);
        assert_int_equal(any, expect_any);
}

#define BIN_ENTRY "SELECT entry FROM feed WHERE key = 'stock|A-01|TEA|'"

static void stock_entry_says_whose_share_is_in_it_and_how_far(void **state) {
        (void)state;
        happens(hub_pick("SO-1", 1, 2));
        write_stock(true);
        assert_string_equal(hub_text(&t.hub, BIN_ENTRY),
                            "{\"type\":\"stock\",\"location\":\"A-01\",\"sku\":\"TEA\","
                            "\"lot\":\"\",\"qty\":98,\"own\":{\"gw-01\":-2},\"seen\":{\"gw-01\":{\"epoch\":"
                            "\"" EPOCH_A "\",\"seq\":2}}}");
        write_stock(false);
        happens(hub_pick("SO-1", 1, 1));
        write_stock(true);
        assert_non_null(strstr(hub_text(&t.hub, BIN_ENTRY), "\"qty\":97,\"own\":{\"gw-01\":-3}"));
        assert_int_equal(hub_int(&t.hub, "SELECT count(*) FROM feed WHERE key LIKE 'stock%'"), 1);
}

static void goods_on_their_way_out_are_not_told(void **state) {
        (void)state;
        happens(hub_pick("SO-1", 1, 2));
        write_stock(true);
        assert_string_equal(hub_text(&t.hub, "SELECT group_concat(key) FROM feed"
                                             " WHERE key LIKE 'stock%'"),
                            "stock|A-01|TEA|");
}

static void lost_branch_is_nobodys_own(void **state) {
        struct chain_point after;
        struct hublog next;

        (void)state;
        happens(hub_pick("SO-1", 1, 2));
        happens(hub_pick("SO-1", 1, 3));
        after = hublog_point(&t.log, 2);
        hublog_begin(&next, "gw-01", EPOCH_B, &after);
        assert_int_equal(hub_apply(&t.hub, &next, 3, 3).kind, APPLIED);
        write_stock(true);
        assert_string_equal(hub_text(&t.hub, BIN_ENTRY),
                            "{\"type\":\"stock\",\"location\":\"A-01\",\"sku\":\"TEA\","
                            "\"lot\":\"\",\"qty\":95,\"own\":{\"gw-01\":-2},\"seen\":{\"gw-01\":{\"epoch\":"
                            "\"" EPOCH_B "\",\"seq\":3}}}");
        hublog_end(&next);
}

static void whole_copy_comes_in_parts_and_what_is_newer_alone(void **state) {
        CLEANUP(bytes_fini) struct bytes batch = { 0 };
        struct feed_part part = { .compacted = true, .max_bytes = 400 };
        int parts = 0, lines = 0;

        (void)state;
        do {
                struct feed_header header;
                struct slice rest, line;
                struct jsonr_error error;

                bytes_clear(&batch);
                assert_int_equal(feed_read(t.hub.db, HUB_SITE, &part, &batch), 0);
                assert_true(batch.len <= part.max_bytes);
                assert_int_equal(feed_read_header(bytes_slice(&batch), &header, &rest, &error), 0);
                assert_int_equal(header.first, part.after + 1);
                assert_int_equal(header.more, part.ret_more);
                assert_true(header.compacted);
                while (batch_next_line(&rest, &line))
                        lines++;
                part.after = part.ret_last;
                parts++;
        } while (part.ret_more);
        assert_true(parts > 1);
        assert_int_equal(lines, hub_int(&t.hub, "SELECT count(*) FROM feed"));
        part.compacted = false;
        bytes_clear(&batch);
        assert_int_equal(feed_read(t.hub.db, HUB_SITE, &part, &batch), -ENOENT);
        put("{\"type\":\"item\",\"sku\":\"TEA\",\"name\":\"Green tea\"}");
        assert_int_equal(feed_read(t.hub.db, HUB_SITE, &part, &batch), 0);
        assert_non_null(strstr(bytes_str(&batch), "Green tea"));
        assert_int_equal(part.ret_last, part.after + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(open_order_reserves_what_is_not_picked),
                TEST(pick_without_an_order_takes_stock_and_no_reservation),
                TEST(too_much_picked_reserves_nothing_less),
                TEST(short_line_is_released),
                TEST(reversed_pick_is_on_hand_and_wanted_again),
                TEST(undone_short_is_wanted_again),
                TEST(cancelled_order_is_released),
                TEST(cancelled_order_that_is_put_again_is_wanted_again),
                TEST(order_that_ended_at_the_gateway_is_released),
                TEST(changed_order_wants_what_it_says_now),
                TEST(order_that_comes_after_its_picks_wants_the_rest),
                TEST(only_sellable_places_are_on_hand),
                TEST(safety_is_held_back_and_available_is_never_negative),
                TEST(cover_is_of_the_last_four_weeks_and_warns_below_reorder_days),
                TEST(nobody_knows_a_sku_that_was_never_named),
                TEST(totals_count_before_their_log_and_once),
                TEST(totals_of_an_epoch_that_has_not_begun_here_count),
                TEST(totals_of_other_goods_make_them_known),
                TEST(order_tells_what_was_ordered_picked_and_short),
                TEST(cancelled_order_has_ended),
                TEST(stock_entry_says_whose_share_is_in_it_and_how_far),
                TEST(goods_on_their_way_out_are_not_told),
                TEST(lost_branch_is_nobodys_own),
                TEST(whole_copy_comes_in_parts_and_what_is_newer_alone),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
