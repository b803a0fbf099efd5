/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/qty.h"
#include "tests/unit/helper_world.h"

static struct world world;

static int set_up(void **state) {
        (void)state;
        world_init(&world);
        world.settings.mode = MODE_COUNT;
        flow_state_init(&world.state, &world.settings);
        return 0;
}

static int tear_down(void **state) {
        (void)state;
        world_fini(&world);
        return 0;
}

static void a_bin_that_agrees_with_the_book_books_nothing(void **state) {
        static const struct world_row rows[] = {
                { "TEA", "bad", "scan a bin first" },
                { "T$DONE", "bad", "scan a bin first" },
                { "A-01", "good; count clear", "count A-01: scan every item" },
                { "T$QTY40", "good", NULL },
                { "TEA", "attention", "That is a lot" },
                { "TEA", "good; count TEA 40", "40 x Green Tea" },
                { "T$QTY3", "good", NULL },
                { "PEN", "good; count PEN 3", NULL },
                { "PEN", "good; count PEN 1", NULL },
                { "T$DONE", "good; count clear", "A-01 is counted" },
                { "T$DONE", "bad", "scan a bin first" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void differences_are_adjusted_in_both_directions(void **state) {
        static const struct world_row rows[] = {
                { "B-01", "good; count clear", NULL },
                { "T$QTY7", "good", NULL },
                { "TEA", "good; count TEA 7", NULL },
                { "T$QTY1.25", "good", NULL },
                { "OIL", "good; count OIL 1.25", NULL },
                { "T$QTY9", "good", NULL },
                { "PEN", "good; count PEN 9", NULL },
                { "CUP", "good; count CUP 1", NULL },
                { "T$DONE",
                  "good; adjust CUP 1 @adjust>B-01 (count); ! count_difference CUP 1 B-01; "
                  "adjust OIL 1.25 B-01>@adjust (count); ! count_difference OIL 1.25 B-01; "
                  "adjust TEA 2 @adjust>B-01 (count); ! count_difference TEA 2 B-01; count clear",
                  "B-01 is counted" },
        };
        const struct exception_change *raised;

        (void)state;
        WORLD_RUN(&world, rows);
        raised = &world.effects.events[5].exception;
        assert_string_equal(raised->expected, "5 x TEA");
        assert_string_equal(raised->found, "7 x TEA");
        assert_true(raised->has_stock_before);
        assert_int_equal(raised->stock_before_milli, 5 * QTY_UNIT);
        assert_int_equal(world_qty(&world, "B-01", "TEA"), 7 * QTY_UNIT);
        assert_int_equal(world_qty(&world, "B-01", "OIL"), 1250);
}

static void what_was_not_seen_is_gone_only_after_a_second_done(void **state) {
        static const struct world_row rows[] = {
                { "B-01", "good; count clear", NULL },
                { "T$QTY4", "good", NULL },
                { "TEA", "good; count TEA 4", NULL },
                { "T$DONE",
                  "attention; adjust TEA 1 B-01>@adjust (count); ! count_difference TEA 1 B-01",
                  "2 items of the book were not seen" },
                /* found it: counting goes on, what was settled stays settled */
                { "T$QTY9", "good", NULL },
                { "PEN", "good; count PEN 9", NULL },
                { "T$DONE", "attention", "1 items of the book were not seen" },
                { "T$DONE",
                  "good; adjust OIL 2.5 B-01>@adjust (count); ! count_difference OIL 2.5 B-01; "
                  "count clear",
                  "B-01 is counted: 1 items are gone" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void an_empty_bin_is_counted_by_two_dones(void **state) {
        static const struct world_row rows[] = {
                { "LOC2", "good; count clear", NULL },
                { "T$DONE", "attention", NULL },
                { "T$DONE",
                  "good; adjust CUP 24 A-02>@adjust (count); ! count_difference CUP 24 A-02; "
                  "count clear",
                  NULL },
                /* nothing in the book and nothing seen */
                { "LOC2", "good; count clear", NULL },
                { "T$DONE", "good; count clear", "A-02 is counted" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void an_item_may_be_counted_as_none(void **state) {
        static const struct world_row rows[] = {
                { "LOC2", "good; count clear", NULL },
                { "T$QTY0", "good", "0 of the next item" },
                { "CUP", "good; count CUP 0", "0 x Cup" },
                { "T$DONE",
                  "good; adjust CUP 24 A-02>@adjust (count); ! count_difference CUP 24 A-02; "
                  "count clear",
                  NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void an_item_counted_as_none_and_taken_back_was_not_seen(void **state) {
        static const struct world_row rows[] = {
                { "LOC2", "good; count clear", NULL },
                { "T$QTY0", "good", NULL },
                { "CUP", "good; count CUP 0", NULL },
                { "T$UNDO", "good; count CUP none", "not counted: CUP" },
                { "T$DONE", "attention", "1 items of the book were not seen" },
                /* of what was counted before, nothing is lost */
                { "T$QTY3", "good", NULL },
                { "CUP", "good; count CUP 3", NULL },
                { "T$QTY0", "good", NULL },
                { "CUP", "good; count CUP 0", NULL },
                { "T$UNDO", "good; count CUP none", NULL },
                { "T$DONE",
                  "good; adjust CUP 21 A-02>@adjust (count); ! count_difference CUP 21 A-02; "
                  "count clear",
                  NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void a_case_counts_what_is_in_it(void **state) {
        static const struct world_row rows[] = {
                { "LOC2", "good; count clear", NULL },
                { "BOX-CUP", "good; count CUP 12", NULL },
                { "T$QTY2", "good", NULL },
                { "BOX-CUP", "good; count CUP 24", NULL },
                { "T$UNDO", "good; count CUP -24", "not counted: CUP" },
                { "BOX-CUP", "good; count CUP 12", NULL },
                { "T$DONE", "good; count clear", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void undo_takes_one_scan_off_the_sheet(void **state) {
        static const struct world_row rows[] = {
                { "LOC2", "good; count clear", NULL },
                { "CUP", "good; count CUP 1", NULL },
                { "T$UNDO", "good; count CUP -1", NULL },
                /* no move of this station before it */
                { "T$UNDO", "bad", "nothing to undo" },
                { "T$DONE", "attention", "1 items of the book were not seen" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
        assert_int_equal(world.n_counted, 0);
}

static void undo_after_done_reverses_the_adjustment(void **state) {
        static const struct world_row rows[] = {
                { "LOC2", "good; count clear", NULL },
                { "T$QTY20", "good", NULL },
                { "CUP", "good; count CUP 20", NULL },
                { "T$DONE",
                  "good; adjust CUP 4 A-02>@adjust (count); ! count_difference CUP 4 A-02; "
                  "count clear",
                  NULL },
                { "T$UNDO", "good; undo adjust CUP 4 @adjust>A-02 (count)",
                  "undone: 4 x CUP back to A-02" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
        assert_int_equal(world_qty(&world, "A-02", "CUP"), 24 * QTY_UNIT);
}

static void a_sheet_with_counts_is_not_left_by_another_bin(void **state) {
        static const struct world_row rows[] = {
                { "A-01", "good; count clear", NULL },
                /* nothing counted yet */
                { "LOC2", "good; count clear", NULL },
                { "CUP", "good; count CUP 1", NULL },
                { "A-01", "bad", "finish A-02 first: T$DONE, or T$CANCEL" },
                { "LOC2", "bad", "finish A-02 first" },
                { "T$CANCEL", "good; count clear", "cancelled" },
                { "A-01", "good; count clear", NULL },
                { "PEN", "good; count PEN 1", NULL },
                { "T$PICK", "good; count clear", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
        assert_int_equal(world.n_counted, 0);
        assert_int_equal(world_qty(&world, "A-01", "PEN"), 4 * QTY_UNIT);
}

static void a_count_settles_what_is_held_for_the_bin(void **state) {
        static const struct world_row rows[] = {
                { "LOC2", "good; count clear", NULL },
                { "T$QTY5", "good", NULL },
                { "CUP", "good; count CUP 5", NULL },
                { "T$DONE",
                  "good; transfer CUP 24 hold:A-02>A-02 (count); "
                  "adjust CUP 19 A-02>@adjust (count); ! count_difference CUP 19 A-02; count clear",
                  NULL },
        };

        (void)state;
        world_book(&world, "CUP", 24 * QTY_UNIT, "A-02", "hold:A-02");
        WORLD_RUN(&world, rows);
        assert_int_equal(world_qty(&world, "hold:A-02", "CUP"), 0);
        assert_int_equal(world_qty(&world, "A-02", "CUP"), 5 * QTY_UNIT);
}

static void what_is_held_and_not_seen_is_asked_about_once(void **state) {
        static const struct world_row rows[] = {
                { "LOC2", "good; count clear", NULL },
                { "T$DONE", "attention", "1 items of the book were not seen" },
                { "T$DONE",
                  "good; transfer CUP 20 hold:A-02>A-02 (count); "
                  "adjust CUP 24 A-02>@adjust (count); ! count_difference CUP 24 A-02; count clear",
                  "1 items are gone" },
        };

        (void)state;
        world_book(&world, "CUP", 20 * QTY_UNIT, "A-02", "hold:A-02");
        WORLD_RUN(&world, rows);
}

static void what_is_only_held_is_seen_to_as_well(void **state) {
        static const struct world_row rows[] = {
                { "LOC2", "good; count clear", NULL },
                { "T$DONE", "attention", NULL },
                { "T$DONE",
                  "good; transfer CUP 24 hold:A-02>A-02 (count); "
                  "adjust CUP 24 A-02>@adjust (count); ! count_difference CUP 24 A-02; count clear",
                  NULL },
        };

        (void)state;
        world_book(&world, "CUP", 24 * QTY_UNIT, "A-02", "hold:A-02");
        WORLD_RUN(&world, rows);
}

static void a_book_below_zero_is_put_right(void **state) {
        static const struct world_row rows[] = {
                { "LOC2", "good; count clear", NULL },
                { "T$DONE", "attention", "1 items of the book were not seen" },
                { "T$DONE",
                  "good; adjust CUP 6 @adjust>A-02 (count); ! count_difference CUP 6 A-02; "
                  "count clear",
                  NULL },
        };

        (void)state;
        world_book(&world, "CUP", 30 * QTY_UNIT, "A-02", LOCATION_CUSTOMER);
        WORLD_RUN(&world, rows);
}

static void orders_totes_and_shorts_are_not_for_counting(void **state) {
        static const struct world_row rows[] = {
                { "SO-1", "bad", "count does not need that code here" },
                { "TOTE-1", "bad", NULL },
                { "T$SHORT", "bad", "T$SHORT is for picking" },
                { "T$REASONx", "bad", "T$REASON is for returns" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

int main(void) {
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
        const struct CMUnitTest tests[] = {
                IN_WORLD(a_bin_that_agrees_with_the_book_books_nothing),
                IN_WORLD(differences_are_adjusted_in_both_directions),
                IN_WORLD(what_was_not_seen_is_gone_only_after_a_second_done),
                IN_WORLD(an_empty_bin_is_counted_by_two_dones),
                IN_WORLD(an_item_may_be_counted_as_none),
                IN_WORLD(an_item_counted_as_none_and_taken_back_was_not_seen),
                IN_WORLD(a_case_counts_what_is_in_it),
                IN_WORLD(undo_takes_one_scan_off_the_sheet),
                IN_WORLD(undo_after_done_reverses_the_adjustment),
                IN_WORLD(a_sheet_with_counts_is_not_left_by_another_bin),
                IN_WORLD(a_count_settles_what_is_held_for_the_bin),
                IN_WORLD(what_is_held_and_not_seen_is_asked_about_once),
                IN_WORLD(what_is_only_held_is_seen_to_as_well),
                IN_WORLD(a_book_below_zero_is_put_right),
                IN_WORLD(orders_totes_and_shorts_are_not_for_counting),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
