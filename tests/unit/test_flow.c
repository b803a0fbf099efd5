/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include "tests/unit/helper_shop.h"

static struct shop shop;

static int open_shop(void **state) {
        (void)state;
        shop_open(&shop);
        return 0;
}

static int close_shop(void **state) {
        (void)state;
        shop_close(&shop);
        return 0;
}

/* ---- pick ------------------------------------------------------------------------------------------ */

static void an_order_is_picked_line_by_line(void **state) {
        static const struct shop_row rows[] = {
                { "A-01", BAD, "" },
                { "4006381333931", BAD, "" },
                { "SO-1", GOOD, "order started SO-1" },
                { "4006381333931", BAD, "" }, /* the bin first */
                { "A-03", BAD, "" },          /* the wrong bin */
                { "A-01", GOOD, "" },
                { "CUP", BAD, "! wrong_item" },
                { "]E04006381333931", GOOD, "pick TEA 1 A-01>order:SO-1" },
                { "T$QTY2", GOOD, "" },
                { "TEA", BAD, "! over_pick" },
                { "T$QTY1", GOOD, "" },
                { "TEA", GOOD, "pick TEA 1 A-01>order:SO-1" },
                { "CUP", BAD, "" },
                { "A-02", GOOD, "" },
                { "CUP", GOOD, "pick CUP 1 A-02>order:SO-1; order picked SO-1" },
                { "SO-1", BAD, "" }, /* picked already */
        };

        (void)state;
        SHOP_RUN(&shop, rows);
        assert_int_equal(shop_qty(&shop, "A-01", "TEA"), 98000);
        assert_int_equal(shop_qty(&shop, "order:SO-1", "TEA"), 2000);
        assert_int_equal(shop.state.n_recorded, 8);
}

static void the_label_is_asked_for_with_the_last_unit(void **state) {
        (void)state;
        assert_int_equal(shop_scan(&shop, "SO-3"), GOOD);
        assert_int_equal(shop_scan(&shop, "A-02"), GOOD);
        assert_int_equal(shop_scan(&shop, "T$QTY2"), GOOD);
        assert_int_equal(shop_scan(&shop, "CUP"), GOOD);
        assert_false(shop.label);
        assert_int_equal(shop_scan(&shop, "CUP"), GOOD);
        assert_true(shop.label);
}

static void orders_that_are_not_ours_are_refused(void **state) {
        static const struct shop_row rows[] = {
                { "SO-9", BAD, "" },
                { "SO-8", BAD, "" },
                { "SO-77", BAD, "! unknown_code" },
        };

        (void)state;
        SHOP_RUN(&shop, rows);
}

static void goods_go_into_the_tote_and_a_full_tote_is_refused(void **state) {
        static const struct shop_row rows[] = {
                { "TOTE-1", BAD, "" },
                { "SO-1", GOOD, "order started SO-1" },
                { "TOTE-1", GOOD, "order started SO-1" },
                { "A-01", GOOD, "" },
                { "TEA", GOOD, "pick TEA 1 A-01>tote:TOTE-1" },
                { "SO-2", GOOD, "order started SO-2" },
                { "TOTE-1", BAD, "! task_conflict" },
                { "T$CANCEL", GOOD, "" },
                { "TOTE-1", GOOD, "" }, /* brings SO-1 back */
                { "A-01", GOOD, "" },
                { "TEA", GOOD, "pick TEA 1 A-01>tote:TOTE-1" },
        };

        (void)state;
        SHOP_RUN(&shop, rows);
        assert_string_equal(shop.state.order, "SO-1");
}

static void of_two_lines_the_one_that_is_filled_exactly_is_taken(void **state) {
        static const struct shop_row rows[] = {
                { "SO-2", GOOD, "order started SO-2" },
                { "A-01", GOOD, "" },
                { "T$QTY5", GOOD, "" },
                { "TEA", GOOD, "pick TEA 5 A-01>order:SO-2" },
                { "T$QTY2", GOOD, "" },
                { "TEA", GOOD, "pick TEA 2 A-01>order:SO-2; order picked SO-2" },
        };
        struct ledger_line line;

        (void)state;
        SHOP_RUN(&shop, rows);
        assert_int_equal(ledger_order_line(shop.ledger, "SO-2", 1, &line), 0);
        assert_int_equal(line.picked_milli, 5000);
}

static void an_empty_shelf_closes_the_line_and_holds_the_rest(void **state) {
        static const struct shop_row rows[] = {
                { "SO-1", GOOD, "order started SO-1" },
                { "A-01", GOOD, "" },
                { "TEA", GOOD, "pick TEA 1 A-01>order:SO-1" },
                { "T$SHORT", GOOD,
                  "! short_pick; order short SO-1; transfer TEA 99 A-01>hold:A-01" },
                { "A-02", GOOD, "" },
                { "CUP", GOOD, "pick CUP 1 A-02>order:SO-1; order picked SO-1" },
        };

        (void)state;
        SHOP_RUN(&shop, rows);
        assert_int_equal(shop_qty(&shop, "A-01", "TEA"), 0);
        assert_int_equal(shop_qty(&shop, "hold:A-01", "TEA"), 99000);
}

static void done_asks_once_and_then_closes_what_is_open(void **state) {
        static const struct shop_row rows[] = {
                { "T$DONE", BAD, "" },
                { "SO-3", GOOD, "order started SO-3" },
                { "T$DONE", ATTENTION, "" },
                { "A-02", GOOD, "" }, /* something else: the question is forgotten */
                { "T$DONE", ATTENTION, "" },
                { "T$DONE", GOOD,
                  "! short_pick; order short SO-3; transfer CUP 100 A-02>hold:A-02; "
                  "order picked SO-3" },
        };

        (void)state;
        SHOP_RUN(&shop, rows);
        assert_false(shop.label); /* nothing was picked */
}

static void undo_brings_back_the_line_and_the_order(void **state) {
        static const struct shop_row rows[] = {
                { "T$UNDO", BAD, "" },
                { "SO-3", GOOD, "order started SO-3" },
                { "A-02", GOOD, "" },
                { "T$QTY3", GOOD, "" },
                { "CUP", GOOD, "pick CUP 3 A-02>order:SO-3; order picked SO-3" },
                { "T$COUNT", GOOD, "" },
                { "T$UNDO", GOOD, "reverse pick CUP 3 order:SO-3>A-02" },
                { "CUP", GOOD, "pick CUP 1 A-02>order:SO-3" },
                { "T$UNDO", GOOD, "reverse pick CUP 1 order:SO-3>A-02" },
                { "T$UNDO", BAD, "" },
        };

        (void)state;
        SHOP_RUN(&shop, rows);
        assert_int_equal(shop.state.mode, MODE_PICK);
        assert_int_equal(shop_qty(&shop, "A-02", "CUP"), 100000);
}

static void quantities_are_guarded(void **state) {
        static const struct shop_row rows[] = {
                { "T$QTY", BAD, "" },
                { "T$QTY0", BAD, "" },
                { "T$QTY-1", BAD, "" },
                { "T$QTY1.2345", BAD, "" },
                { "T$QTY99999999999999999999", BAD, "" },
                { "T$MOVE", GOOD, "" },
                { "A-02", GOOD, "" },
                { "T$QTY11", GOOD, "" },
                { "CUP", ATTENTION, "" }, /* over max_qty: the same again confirms */
                { "CUP", GOOD, "transfer CUP 11 A-02>hand:pack-1" },
                { "T$QTY0.5", GOOD, "" },
                { "CUP", BAD, "" }, /* not counted in halves */
                { "T$CANCEL", GOOD, "transfer CUP 11 hand:pack-1>A-02" },
                { "A-01", GOOD, "" },
                { "CASE-TEA", GOOD, "transfer TEA 6 A-01>hand:pack-1" },
                { "T$QTY2", GOOD, "" },
                { "CASE-TEA", GOOD, "transfer TEA 12 A-01>hand:pack-1" },
                { "A-03", GOOD, "transfer TEA 18 hand:pack-1>A-03" },
                /* GS1: the GTIN of tea, lot L1, three pieces; a wrong check digit; a Digital Link */
                { "A-01", GOOD, "" },
                { "]C101040063813339313003\x1d" "10L1", GOOD, "transfer TEA 3 A-01>hand:pack-1" },
                { "]C10104006381333932", BAD, "" },
                { "]Q1https://id.gs1.org/01/04006381333931/10/L1", GOOD,
                  "transfer TEA 1 A-01>hand:pack-1" },
                { "]Q1https://example.com/", BAD, "! unknown_code" },
        };

        (void)state;
        SHOP_RUN(&shop, rows);
}

static void without_the_bins_scan_the_lines_own_bin_is_meant(void **state) {
        static const struct shop_row rows[] = {
                { "SO-1", GOOD, "order started SO-1" },
                { "CUP", GOOD, "pick CUP 1 A-02>order:SO-1" },
                { "TEA", GOOD, "pick TEA 1 A-01>order:SO-1" },
        };

        (void)state;
        shop.settings.require_location_scan = false;
        SHOP_RUN(&shop, rows);
}

/* ---- count ----------------------------------------------------------------------------------------- */

static void a_count_books_differences_and_asks_about_the_unseen(void **state) {
        static const struct shop_row rows[] = {
                { "T$COUNT", GOOD, "" },
                { "T$DONE", BAD, "" },
                { "TEA", BAD, "" },
                { "A-01", GOOD, "" },
                { "T$QTY97", GOOD, "" },
                { "TEA", GOOD, "" },
                { "A-02", BAD, "" }, /* finish first */
                { "CUP", GOOD, "" },
                { "T$UNDO", GOOD, "" },
                { "TEA", GOOD, "" },
                { "T$DONE", GOOD, "adjust TEA 2 A-01>@adjust; ! count_difference" },
                { "A-02", GOOD, "" },
                { "OIL", GOOD, "" },
                { "T$DONE", ATTENTION, "adjust OIL 1 @adjust>A-02; ! count_difference" },
                { "T$DONE", GOOD, "adjust CUP 100 A-02>@adjust; ! count_difference" },
                { "A-03", GOOD, "" },
                { "T$QTY10.5", GOOD, "" },
                { "OIL", GOOD, "" },
                { "T$DONE", GOOD, "" },
                { "A-03", GOOD, "" },
                { "T$QTY0", GOOD, "" },
                { "OIL", GOOD, "" },
                { "T$DONE", GOOD, "adjust OIL 10.5 A-03>@adjust; ! count_difference" },
        };

        (void)state;
        SHOP_RUN(&shop, rows);
        assert_int_equal(shop_qty(&shop, "A-01", "TEA"), 98000);
        assert_int_equal(shop_qty(&shop, "A-02", "CUP"), 0);
}

static void a_count_settles_what_is_held(void **state) {
        static const struct shop_row rows[] = {
                { "SO-1", GOOD, "order started SO-1" },
                { "A-01", GOOD, "" },
                { "T$SHORT", GOOD,
                  "! short_pick; order short SO-1; transfer TEA 100 A-01>hold:A-01" },
                { "T$COUNT", GOOD, "" },
                { "A-01", GOOD, "" },
                { "T$QTY4", GOOD, "" },
                { "TEA", GOOD, "" },
                { "T$DONE", GOOD,
                  "transfer TEA 100 hold:A-01>A-01; adjust TEA 96 A-01>@adjust; ! count_difference" },
        };

        (void)state;
        SHOP_RUN(&shop, rows);
        assert_int_equal(shop_qty(&shop, "A-01", "TEA"), 4000);
        assert_int_equal(shop_qty(&shop, "hold:A-01", "TEA"), 0);
}

/* ---- return, move, damaged, people ------------------------------------------------------------------ */

static void what_comes_back_needs_a_reason_and_a_bin(void **state) {
        static const struct shop_row rows[] = {
                { "T$RETURN", GOOD, "" },
                { "A-01", BAD, "" },
                { "SO-1", GOOD, "" },
                { "TEA", GOOD, "return TEA 1 @customer>BACK" },
                { "A-01", BAD, "" }, /* the reason first */
                { "TEA", BAD, "" },
                { "T$DONE", BAD, "" },
                { "T$REASONtorn", GOOD, "" },
                { "BACK", BAD, "" }, /* it is there */
                { "A-01", GOOD, "transfer TEA 1 BACK>A-01" },
                { "T$UNDO", GOOD, "reverse transfer TEA 1 A-01>BACK" },
                { "A-02", GOOD, "transfer TEA 1 BACK>A-02" },
                { "T$DONE", GOOD, "" },
                { "T$REASON", BAD, "" },
                { "T$REASONwrong", GOOD, "" },
                { "CUP", GOOD, "return CUP 1 @customer>BACK" },
                { "A-02", GOOD, "transfer CUP 1 BACK>A-02" },
        };

        (void)state;
        SHOP_RUN(&shop, rows);
}

static void goods_move_through_the_hand(void **state) {
        static const struct shop_row rows[] = {
                { "T$MOVE", GOOD, "" },
                { "TEA", GOOD, "" }, /* the item first */
                { "CUP", BAD, "" },
                { "A-01", GOOD, "transfer TEA 1 A-01>hand:pack-1" },
                { "CUP", GOOD, "transfer CUP 1 A-01>hand:pack-1; ! negative_stock" },
                { "T$UNDO", GOOD, "reverse transfer CUP 1 hand:pack-1>A-01" },
                { "A-03", GOOD, "transfer TEA 1 hand:pack-1>A-03" },
                { "A-03", GOOD, "" },
                { "TEA", GOOD, "transfer TEA 1 A-03>hand:pack-1" },
                { "T$PICK", GOOD, "transfer TEA 1 hand:pack-1>A-03" }, /* dropped: goes back */
        };

        (void)state;
        /* The ledger raises negative_stock by itself; the step does not see it. */
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct shop_row row = rows[i];
                char events[128];

                (void)snprintf(events, sizeof(events), "%.*s",
                               (int)(strstr(row.events, "; !") ? strstr(row.events, "; !") - row.events
                                                               : (long)strlen(row.events)),
                               row.events);
                row.events = events;
                shop_run(&shop, &row, 1);
        }
}

static void damaged_goods_are_scrapped_in_any_mode(void **state) {
        static const struct shop_row rows[] = {
                { "SO-1", GOOD, "order started SO-1" },
                { "A-01", GOOD, "" },
                { "T$DAMAGED", GOOD, "" },
                { "TEA", BAD, "" },
                { "T$SHORT", BAD, "" },
                { "A-02", GOOD, "" },
                { "T$QTY2", GOOD, "" },
                { "CUP", GOOD, "scrap CUP 2 A-02>@scrap; ! damaged" },
                { "TEA", GOOD, "pick TEA 1 A-01>order:SO-1" }, /* back where the person was */
                { "T$DAMAGED", GOOD, "" },
                { "T$CANCEL", GOOD, "" },
                { "TEA", GOOD, "pick TEA 1 A-01>order:SO-1" },
        };

        (void)state;
        SHOP_RUN(&shop, rows);
}

static void people_log_in_and_out(void **state) {
        static const struct shop_row rows[] = {
                { "T$LOGOUT", BAD, "" },
                { "OP-1", GOOD, "login op-1" },
                { "OP-1", GOOD, "" },
                { "OP-2", GOOD, "logout op-1; login op-2" },
                { "T$LOGOUT", GOOD, "logout op-2" },
                { "T$HELP", ATTENTION, "" },
                { "T$PACK", BAD, "" },
                { "T$REPRINT", BAD, "" },
                { "t$pick", BAD, "! unknown_code" },
                { "]E04006381333930", BAD, "" }, /* a wrong check digit */
                { "\x01\xff\x1b[2J", BAD, "! unknown_code" },
        };

        (void)state;
        SHOP_RUN(&shop, rows);
}

/* ---- anything at all --------------------------------------------------------------------------------- */

static int add_up(void *userdata, const struct ledger_stock *stock) {
        int64_t *sums = userdata;

        sums[stock->sku[0] == 'T' ? 0 : stock->sku[0] == 'C' ? 1 : 2] += stock->qty_milli;
        return 0;
}

static void a_soup_of_scans_loses_nothing(void **state) {
        static const char *const codes[] = {
                "SO-1", "SO-2", "SO-3", "SO-8", "SO-9", "TOTE-1", "TOTE-2", "A-01", "A-02", "A-03",
                "BACK", "TEA", "CUP", "OIL", "CASE-TEA", "4006381333931", "T$PICK", "T$COUNT",
                "T$MOVE", "T$RETURN", "T$QTY2", "T$QTY0", "T$QTY0.5", "T$SHORT", "T$DAMAGED",
                "T$UNDO", "T$DONE", "T$DONE", "T$CANCEL", "T$REASONtorn", "T$HELP", "T$LOGOUT",
                "OP-1", "OP-2", "NONSENSE", "T$PACK",
        };
        uint64_t recorded = 0;
        unsigned seed = 20261121;

        (void)state;
        for (int i = 0; i < 5000; i++) {
                const char *code = codes[(size_t)rand_r(&seed) % ARRAY_LEN(codes)];
                enum feedback feedback = shop_scan(&shop, code);
                int64_t sums[3] = { 0, 0, 0 };

                recorded += feedback != FEEDBACK_BAD;
                assert_int_equal(shop.state.n_recorded, recorded);
                if (feedback == FEEDBACK_BAD && shop.events[0])
                        assert_int_equal(shop.events[0], '!'); /* exceptions only */
                if (i % 100)
                        continue;
                /* What others put there is all there is: own moves add up to nothing. */
                assert_int_equal(ledger_stock_each(shop.ledger, NULL, NULL, add_up, sums), 0);
                assert_int_equal(sums[0], 100000);
                assert_int_equal(sums[1], 100000);
                assert_int_equal(sums[2], 10500);
        }
}

#define T(test) cmocka_unit_test_setup_teardown(test, open_shop, close_shop)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(an_order_is_picked_line_by_line),
                T(the_label_is_asked_for_with_the_last_unit),
                T(orders_that_are_not_ours_are_refused),
                T(goods_go_into_the_tote_and_a_full_tote_is_refused),
                T(of_two_lines_the_one_that_is_filled_exactly_is_taken),
                T(an_empty_shelf_closes_the_line_and_holds_the_rest),
                T(done_asks_once_and_then_closes_what_is_open),
                T(undo_brings_back_the_line_and_the_order),
                T(quantities_are_guarded),
                T(without_the_bins_scan_the_lines_own_bin_is_meant),
                T(a_count_books_differences_and_asks_about_the_unseen),
                T(a_count_settles_what_is_held),
                T(what_comes_back_needs_a_reason_and_a_bin),
                T(goods_move_through_the_hand),
                T(damaged_goods_are_scrapped_in_any_mode),
                T(people_log_in_and_out),
                T(a_soup_of_scans_loses_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
