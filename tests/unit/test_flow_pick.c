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
        return 0;
}

static int tear_down(void **state) {
        (void)state;
        world_fini(&world);
        return 0;
}

static void an_order_is_picked_bin_by_bin(void **state) {
        static const struct world_row rows[] = {
                { "TEA", "bad", "scan an order first" },
                { "A-01", "bad", "scan an order first" },
                { "T$DONE", "bad", "scan an order first" },
                { "T$SHORT", "bad", "scan an order first" },
                { "SO-1", "good; order started SO-1", "order SO-1: 2 lines" },
                { "TEA", "bad", "scan the bin first: go to A-01" },
                { "A-01", "good", "A-01" },
                { "TEA", "good; pick TEA 1 A-01>order:SO-1 SO-1/1", "5 x Green Tea still to take" },
                { "T$QTY5", "good", "5 of the next item" },
                { "TEA", "good; pick TEA 5 A-01>order:SO-1 SO-1/1", "Green Tea done" },
                { "CUP", "bad", "scan the bin first: go to A-02" },
                { "LOC2", "good", NULL },
                { "CUP", "good; pick CUP 1 A-02>order:SO-1 SO-1/2", NULL },
                { "CUP", "good; pick CUP 1 A-02>order:SO-1 SO-1/2; order picked SO-1",
                  "order SO-1 is picked" },
                { "CUP", "bad", "scan an order first" },
                { "SO-1", "bad", "order SO-1 is picked already" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
        assert_int_equal(world_qty(&world, "order:SO-1", "TEA"), 6 * QTY_UNIT);
        assert_int_equal(world_qty(&world, "A-01", "TEA"), 34 * QTY_UNIT);
}

static void bins_may_be_visited_in_any_order(void **state) {
        static const struct world_row rows[] = {
                { "SO-1", "good; order started SO-1", NULL },
                { "LOC2", "good", NULL },
                { "T$QTY2", "good", NULL },
                { "CUP", "good; pick CUP 2 A-02>order:SO-1 SO-1/2", "Cup done" },
                { "A-01", "good", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void a_tote_takes_the_goods_and_brings_the_order_back(void **state) {
        static const struct world_row rows[] = {
                { "TOTE-1", "bad", "TOTE-1 is empty: scan its order first" },
                { "SO-1", "good; order started SO-1", NULL },
                { "TOTE-1", "good; order started SO-1 in TOTE-1", "order SO-1 goes into TOTE-1" },
                { "TOTE-1", "good", NULL },
                { "A-01", "good", NULL },
                { "TEA", "good; pick TEA 1 A-01>tote:TOTE-1 SO-1/1", NULL },
                { "SO-3", "good; order started SO-3", NULL },
                { "TOTE-1", "bad; ! task_conflict TOTE-1 with order SO-1",
                  "TOTE-1 holds order SO-1: take another tote" },
                { "T$CANCEL", "good", NULL },
                { "TOTE-1", "good", "order SO-1: 2 lines" },
                { "A-01", "good", NULL },
                { "T$QTY5", "good", NULL },
                { "TEA", "good; pick TEA 5 A-01>tote:TOTE-1 SO-1/1", NULL },
                /* the second half goes into a second tote */
                { "TOTE-2", "good; order started SO-1 in TOTE-2", NULL },
                { "LOC2", "good", NULL },
                { "T$QTY2", "good", NULL },
                { "CUP", "good; pick CUP 2 A-02>tote:TOTE-2 SO-1/2; order picked SO-1 in TOTE-2",
                  NULL },
                { "TOTE-2", "bad", "order SO-1 is picked already" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void a_wrong_bin_is_refused_and_names_the_right_one(void **state) {
        static const struct world_row rows[] = {
                { "SO-1", "good; order started SO-1", NULL },
                { "B-01", "bad", "wrong bin B-01: go to A-01" },
                { "DOCK", "bad", "wrong bin DOCK: go to A-01" },
                { "A-01", "good", NULL },
                { "B-01", "bad", "wrong bin B-01: go to A-01" },
                /* still at A-01 */
                { "TEA", "good; pick TEA 1 A-01>order:SO-1 SO-1/1", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void a_wrong_item_raises_an_exception(void **state) {
        static const struct world_row rows[] = {
                { "SO-1", "good; order started SO-1", NULL },
                { "A-01", "good", NULL },
                { "PEN", "bad; ! wrong_item PEN 1 A-01", "wrong item Pen: take 6 x Green Tea" },
                { "CUP", "bad; ! wrong_item CUP 1 A-01",
                  "Cup is for another bin: scan A-02 first" },
                { "BOX-CUP", "bad; ! wrong_item CUP 12 A-01", NULL },
                { "TEA", "good; pick TEA 1 A-01>order:SO-1 SO-1/1", NULL },
        };
        const struct exception_change *raised;

        (void)state;
        WORLD_RUN(&world, rows);
        (void)world_scan(&world, "PEN");
        raised = &world.effects.events[0].exception;
        assert_string_equal(raised->order, "SO-1");
        assert_int_equal(raised->line, 1);
        assert_int_equal(raised->order_priority, 50);
        assert_string_equal(raised->expected, "5 x TEA from A-01");
        assert_string_equal(raised->found, "1 x PEN");
        assert_string_equal(raised->group, "SO-1|PEN");
}

static void more_than_a_line_wants_is_refused(void **state) {
        static const struct world_row rows[] = {
                { "SO-1", "good; order started SO-1", NULL },
                { "LOC2", "good", NULL },
                { "BOX-CUP", "bad; ! over_pick CUP 12 A-02",
                  "too many: only 2 x Cup still to take" },
                { "T$QTY3", "good", NULL },
                { "CUP", "bad; ! over_pick CUP 3 A-02", NULL },
                /* the refused scan kept its quantity */
                { "CUP", "bad; ! over_pick CUP 3 A-02", NULL },
                { "T$QTY1", "good", NULL },
                { "CUP", "good; pick CUP 1 A-02>order:SO-1 SO-1/2", NULL },
                { "CUP", "good; pick CUP 1 A-02>order:SO-1 SO-1/2", NULL },
                { "LOC2", "bad", "wrong bin A-02: go to A-01" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void a_quantity_is_for_one_item_in_units_that_it_has(void **state) {
        static const struct world_row rows[] = {
                { "T$QTY2", "good", NULL },
                { "SO-1", "good; order started SO-1", NULL },
                { "T$QTY0", "bad", "a quantity of 0 is only for counting" },
                { "A-01", "good", NULL },
                { "TEA", "good; pick TEA 2 A-01>order:SO-1 SO-1/1", NULL },
                { "TEA", "good; pick TEA 1 A-01>order:SO-1 SO-1/1", NULL },
                { "T$QTY0.5", "good", NULL },
                { "TEA", "bad", "not counted in parts so small" },
                { "T$QTY1000000000", "good", NULL },
                { "BOX-CUP", "bad", "that is too many" },
                { "T$QTY1", "good", NULL },
                { "TEA", "good; pick TEA 1 A-01>order:SO-1 SO-1/1", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void a_huge_quantity_asks_once(void **state) {
        static const struct world_row rows[] = {
                { "SO-4", "good; order started SO-4", NULL },
                { "A-01", "good", NULL },
                { "T$QTY21", "good", NULL },
                { "TEA", "attention", "21 x Green Tea? That is a lot: scan again to confirm" },
                { "TEA", "good; pick TEA 21 A-01>order:SO-4 SO-4/1", NULL },
                { "T$UNDO", "good; undo pick TEA 21 order:SO-4>A-01 SO-4/1", NULL },
                /* another quantity is another question */
                { "T$QTY21", "good", NULL },
                { "TEA", "attention", NULL },
                { "T$QTY22", "good", NULL },
                { "TEA", "attention", "22 x Green Tea" },
                /* anything in between takes the question back */
                { "A-01", "good", NULL },
                { "TEA", "attention", NULL },
                { "T$HELP", "attention", NULL },
                { "TEA", "attention", NULL },
                /* what is wrong is not asked about */
                { "T$QTY31", "good", NULL },
                { "TEA", "bad; ! over_pick TEA 31 A-01", NULL },
                { "T$QTY20", "good", NULL },
                { "TEA", "good; pick TEA 20 A-01>order:SO-4 SO-4/1", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void a_short_line_holds_what_the_book_has_in_its_bin(void **state) {
        static const struct world_row rows[] = {
                { "SO-1", "good; order started SO-1", NULL },
                { "A-01", "good", NULL },
                { "T$QTY4", "good", NULL },
                { "TEA", "good; pick TEA 4 A-01>order:SO-1 SO-1/1", NULL },
                { "T$SHORT",
                  "good; ! short_pick TEA 2 A-01; order short SO-1/1 TEA 2; "
                  "transfer TEA 36 A-01>hold:A-01 SO-1/1 (short)",
                  "Green Tea is short" },
                { "LOC2", "good", NULL },
                { "T$SHORT",
                  "good; ! short_pick CUP 2 A-02; order short SO-1/2 CUP 2; "
                  "transfer CUP 24 A-02>hold:A-02 SO-1/2 (short); order picked SO-1",
                  "Cup is short; order SO-1 is picked" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
        assert_int_equal(world_qty(&world, "A-01", "TEA"), 0);
        assert_int_equal(world_qty(&world, "A-01", "PEN"), 4 * QTY_UNIT);
}

static void short_without_a_bin_closes_the_next_line(void **state) {
        static const struct world_row rows[] = {
                { "SO-1", "good; order started SO-1", NULL },
                { "T$SHORT",
                  "good; ! short_pick TEA 6 A-01; order short SO-1/1 TEA 6; "
                  "transfer TEA 40 A-01>hold:A-01 SO-1/1 (short)",
                  NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
        assert_string_equal(world_instruction(&world), "go to A-02, take 2 x Cup");
}

static void an_empty_bin_has_nothing_to_hold(void **state) {
        static const struct world_row rows[] = {
                { "SO-8", "good; order started SO-8", NULL },
                { "T$SHORT",
                  "good; ! short_pick GLUE 1; order short SO-8/1 GLUE 1; order picked SO-8", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void done_with_open_lines_asks_and_then_closes_them_short(void **state) {
        static const struct world_row rows[] = {
                { "SO-3", "good; order started SO-3", NULL },
                { "A-01", "good", NULL },
                { "T$QTY2", "good", NULL },
                { "TEA", "good; pick TEA 2 A-01>order:SO-3 SO-3/1", NULL },
                { "T$DONE", "attention", "2 lines are open: T$DONE again closes them short" },
                { "A-01", "good", NULL },
                { "T$DONE", "attention", NULL },
                /* both lines wanted tea of different bins: each bin is held once */
                { "T$DONE",
                  "good; ! short_pick TEA 5 A-01; order short SO-3/2 TEA 5; "
                  "transfer TEA 38 A-01>hold:A-01 SO-3/2 (short); "
                  "! short_pick TEA 1 B-01; order short SO-3/3 TEA 1; "
                  "transfer TEA 5 B-01>hold:B-01 SO-3/3 (short); order picked SO-3",
                  "order SO-3 is picked; what was missing is short" },
                { "T$DONE", "bad", "scan an order first" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void lines_of_one_item_in_one_bin_hold_it_once(void **state) {
        static const struct world_row rows[] = {
                { "SO-3", "good; order started SO-3", NULL },
                { "T$DONE", "attention", NULL },
                { "T$DONE",
                  "good; ! short_pick TEA 2 A-01; order short SO-3/1 TEA 2; "
                  "transfer TEA 40 A-01>hold:A-01 SO-3/1 (short); "
                  "! short_pick TEA 5 A-01; order short SO-3/2 TEA 5; "
                  "! short_pick TEA 1 B-01; order short SO-3/3 TEA 1; "
                  "transfer TEA 5 B-01>hold:B-01 SO-3/3 (short); order picked SO-3",
                  NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void of_two_lines_the_one_that_is_filled_exactly_is_taken(void **state) {
        static const struct world_row rows[] = {
                { "SO-3", "good; order started SO-3", "3 lines" },
                { "A-01", "good", NULL },
                { "T$QTY5", "good", NULL },
                { "TEA", "good; pick TEA 5 A-01>order:SO-3 SO-3/2", NULL },
                { "T$UNDO", "good; undo pick TEA 5 order:SO-3>A-01 SO-3/2", NULL },
                { "T$QTY3", "good", NULL },
                { "TEA", "good; pick TEA 3 A-01>order:SO-3 SO-3/2", NULL },
                { "TEA", "good; pick TEA 1 A-01>order:SO-3 SO-3/1", NULL },
                { "TEA", "good; pick TEA 1 A-01>order:SO-3 SO-3/1", NULL },
                /* 2 are wanted here, 1 elsewhere: no line wants 3 */
                { "T$QTY3", "good", NULL },
                { "TEA", "bad; ! over_pick TEA 3 A-01", "only 2 x Green Tea" },
                { "T$QTY2", "good", NULL },
                { "TEA", "good; pick TEA 2 A-01>order:SO-3 SO-3/2", NULL },
                { "B-01", "good", NULL },
                { "TEA", "good; pick TEA 1 B-01>order:SO-3 SO-3/3; order picked SO-3", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void a_line_without_location_is_taken_from_any_sellable_bin(void **state) {
        static const struct world_row rows[] = {
                { "SO-2", "good; order started SO-2", NULL },
                { "PEN", "bad", "scan the bin first: go to B-01" },
                { "Q-1", "bad", "wrong bin Q-1: go to B-01" },
                { "A-01", "good", NULL },
                { "PEN", "good; pick PEN 1 A-01>order:SO-2 SO-2/1", NULL },
                { "B-01", "good", NULL },
                { "T$QTY2", "good", NULL },
                { "PEN", "good; pick PEN 2 B-01>order:SO-2 SO-2/1; order picked SO-2", NULL },
        };

        (void)state;
        assert_string_equal(world_instruction(&world), "scan an order");
        WORLD_RUN(&world, rows);
}

static void a_short_line_without_location_holds_the_scanned_bin(void **state) {
        static const struct world_row rows[] = {
                { "SO-2", "good; order started SO-2", NULL },
                { "A-01", "good", NULL },
                { "T$SHORT",
                  "good; ! short_pick PEN 3 A-01; order short SO-2/1 PEN 3; "
                  "transfer PEN 4 A-01>hold:A-01 SO-2/1 (short); order picked SO-2",
                  NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void without_required_bins_an_item_comes_from_its_lines_bin(void **state) {
        static const struct world_row rows[] = {
                { "SO-1", "good; order started SO-1", NULL },
                { "TEA", "good; pick TEA 1 A-01>order:SO-1 SO-1/1", NULL },
                { "CUP", "good; pick CUP 1 A-02>order:SO-1 SO-1/2", NULL },
                /* a bin may be scanned all the same, and another's item is still taken */
                { "A-01", "good", NULL },
                { "CUP", "good; pick CUP 1 A-02>order:SO-1 SO-1/2", NULL },
                { "PEN", "bad; ! wrong_item PEN 1 A-01", NULL },
                { "CUP", "bad; ! wrong_item CUP 1 A-01", NULL },
                { "T$QTY6", "good", NULL },
                { "TEA", "bad; ! over_pick TEA 6 A-01", NULL },
                { "T$QTY5", "good", NULL },
                { "TEA", "good; pick TEA 5 A-01>order:SO-1 SO-1/1; order picked SO-1", NULL },
                { "SO-2", "good; order started SO-2", NULL },
                /* no bin named: the one that holds most */
                { "PEN", "good; pick PEN 1 B-01>order:SO-2 SO-2/1", NULL },
        };

        (void)state;
        world.settings.require_location_scan = false;
        WORLD_RUN(&world, rows);
}

static void an_item_in_no_bin_asks_for_its_bin(void **state) {
        static const struct world_row rows[] = {
                { "SO-8", "good; order started SO-8", NULL },
                { "GLUE", "bad", "scan the bin of Glue first" },
                { "TEA", "bad; ! wrong_item TEA 1", "wrong item Green Tea: take 1 x Glue" },
                { "B-01", "good", NULL },
                { "GLUE", "good; pick GLUE 1 B-01>order:SO-8 SO-8/1; order picked SO-8", NULL },
        };

        (void)state;
        world.settings.require_location_scan = false;
        WORLD_RUN(&world, rows);
}

static void an_order_in_no_bin_never_says_go_to_nothing(void **state) {
        static const struct world_row rows[] = {
                { "SO-8", "good; order started SO-8", NULL },
                { "GLUE", "bad", "scan the bin first: find 1 x Glue" },
                { "Q-1", "bad", "wrong bin Q-1: find 1 x Glue" },
                { "A-01", "good", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void orders_that_cannot_be_picked_say_why(void **state) {
        static const struct world_row rows[] = {
                { "SO-5", "bad", "order SO-5 is picked at another gateway: gw-2" },
                { "SO-6", "bad", "order SO-6 was cancelled" },
                { "SO-7", "bad", "order SO-7 has no lines" },
                { "SO-9", "bad; ! unknown_code SO-9", NULL },
                { "SO-1", "good; order started SO-1", NULL },
                { "SO-5", "bad", "another gateway" },
                { "A-01", "good", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
        world_order_of(&world, "SO-2")->state = ORDER_PACKED;
        assert_string_equal(world_scan(&world, "SO-2"), "bad");
        assert_string_equal(world.effects.screen.message, "order SO-2 is packed already");
        world_order_of(&world, "SO-2")->state = ORDER_SHIPPED;
        assert_string_equal(world_scan(&world, "SO-2"), "bad");
}

static void an_order_that_is_cancelled_while_it_is_picked_stops(void **state) {
        static const struct world_row before[] = {
                { "SO-1", "good; order started SO-1", NULL },
                { "A-01", "good", NULL },
                { "TEA", "good; pick TEA 1 A-01>order:SO-1 SO-1/1", NULL },
        };
        static const struct world_row after[] = {
                { "TEA", "bad", "order SO-1 was cancelled" },
                { "LOC2", "bad", "order SO-1 was cancelled" },
                { "TOTE-1", "bad", "order SO-1 was cancelled" },
                { "T$SHORT", "bad", "order SO-1 was cancelled" },
                { "T$DONE", "bad", "order SO-1 was cancelled" },
                { "T$HELP", "attention", "order SO-1 cannot be picked any more: T$CANCEL" },
                { "T$UNDO", "good; undo pick TEA 1 order:SO-1>A-01 SO-1/1", NULL },
                { "T$CANCEL", "good", NULL },
                { "SO-3", "good; order started SO-3", NULL },
        };

        (void)state;
        WORLD_RUN(&world, before);
        world_order_of(&world, "SO-1")->cancelled = true;
        WORLD_RUN(&world, after);
        world_order_of(&world, "SO-3")->order[0] = '\0';
        assert_string_equal(world_scan(&world, "TEA"), "bad");
        assert_string_equal(world.effects.screen.message,
                            "order SO-3 is not known any more: T$CANCEL");
}

static void undo_takes_the_picks_back_one_by_one(void **state) {
        static const struct world_row rows[] = {
                { "T$UNDO", "bad", "nothing to undo" },
                { "SO-1", "good; order started SO-1", NULL },
                { "TOTE-1", "good; order started SO-1 in TOTE-1", NULL },
                { "A-01", "good", NULL },
                { "T$QTY6", "good", NULL },
                { "TEA", "good; pick TEA 6 A-01>tote:TOTE-1 SO-1/1", NULL },
                { "LOC2", "good", NULL },
                { "T$QTY2", "good", NULL },
                { "CUP", "good; pick CUP 2 A-02>tote:TOTE-1 SO-1/2; order picked SO-1 in TOTE-1",
                  NULL },
                /* the order is open again, and the person stands in it at the bin */
                { "T$UNDO", "good; undo pick CUP 2 tote:TOTE-1>A-02 SO-1/2",
                  "undone: 2 x CUP back to A-02" },
                { "CUP", "good; pick CUP 1 A-02>tote:TOTE-1 SO-1/2", NULL },
                { "T$UNDO", "good; undo pick CUP 1 tote:TOTE-1>A-02 SO-1/2", NULL },
                { "T$UNDO", "good; undo pick TEA 6 tote:TOTE-1>A-01 SO-1/1", NULL },
                { "T$UNDO", "bad", "nothing to undo" },
                { "TEA", "good; pick TEA 1 A-01>tote:TOTE-1 SO-1/1", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void undo_of_a_short_opens_the_line_again(void **state) {
        static const struct world_row rows[] = {
                { "SO-2", "good; order started SO-2", NULL },
                { "B-01", "good", NULL },
                { "T$SHORT",
                  "good; ! short_pick PEN 3 B-01; order short SO-2/1 PEN 3; "
                  "transfer PEN 9 B-01>hold:B-01 SO-2/1 (short); order picked SO-2",
                  NULL },
                { "T$UNDO", "good; undo transfer PEN 9 hold:B-01>B-01 SO-2/1 (short)", NULL },
                { "T$QTY3", "good", NULL },
                { "PEN", "good; pick PEN 3 B-01>order:SO-2 SO-2/1; order picked SO-2", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void undo_of_a_short_keeps_the_tote(void **state) {
        static const struct world_row rows[] = {
                { "SO-2", "good; order started SO-2", NULL },
                { "TOTE-1", "good; order started SO-2 in TOTE-1", NULL },
                { "B-01", "good", NULL },
                { "T$SHORT",
                  "good; ! short_pick PEN 3 B-01; order short SO-2/1 PEN 3 in TOTE-1; "
                  "transfer PEN 9 B-01>hold:B-01 SO-2/1 (short); order picked SO-2 in TOTE-1",
                  NULL },
                { "T$UNDO", "good; undo transfer PEN 9 hold:B-01>B-01 SO-2/1 (short)", NULL },
                { "PEN", "good; pick PEN 1 B-01>tote:TOTE-1 SO-2/1", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void undo_in_another_mode_returns_to_the_pick(void **state) {
        static const struct world_row rows[] = {
                { "SO-1", "good; order started SO-1", NULL },
                { "A-01", "good", NULL },
                { "TEA", "good; pick TEA 1 A-01>order:SO-1 SO-1/1", NULL },
                { "T$COUNT", "good", NULL },
                { "B-01", "good; count clear", NULL },
                { "PEN", "good; count PEN 1", NULL },
                { "T$UNDO", "good; count PEN -1", "not counted: PEN" },
                { "T$UNDO", "good; undo pick TEA 1 order:SO-1>A-01 SO-1/1; count clear", NULL },
                { "TEA", "good; pick TEA 1 A-01>order:SO-1 SO-1/1", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void cancel_leaves_the_order_started(void **state) {
        static const struct world_row rows[] = {
                { "SO-1", "good; order started SO-1", NULL },
                { "A-01", "good", NULL },
                { "TEA", "good; pick TEA 1 A-01>order:SO-1 SO-1/1", NULL },
                { "T$QTY3", "good", NULL },
                { "T$CANCEL", "good", "cancelled" },
                { "TEA", "bad", "scan an order first" },
                { "SO-1", "good", "2 lines" },
                { "A-01", "good", NULL },
                { "TEA", "good; pick TEA 1 A-01>order:SO-1 SO-1/1", NULL },
                /* another order: the first stays as it is */
                { "SO-3", "good; order started SO-3", NULL },
                { "SO-1", "good", NULL },
                { "TEA", "bad", "scan the bin first" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void the_label_is_asked_for_when_the_order_is_picked(void **state) {
        static const struct world_row rows[] = {
                { "SO-2", "good; order started SO-2", NULL },
                { "B-01", "good", NULL },
                { "PEN", "good; pick PEN 1 B-01>order:SO-2 SO-2/1", NULL },
                { "T$SHORT",
                  "good; ! short_pick PEN 2 B-01; order short SO-2/1 PEN 2; "
                  "transfer PEN 8 B-01>hold:B-01 SO-2/1 (short); order picked SO-2; label SO-2",
                  NULL },
                /* nothing was picked: nothing is sent */
                { "SO-8", "good; order started SO-8", NULL },
                { "T$SHORT",
                  "good; ! short_pick GLUE 1; order short SO-8/1 GLUE 1; order picked SO-8", NULL },
        };

        (void)state;
        world.settings.label_on = LABEL_ON_PICKED;
        WORLD_RUN(&world, rows);
}

int main(void) {
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
        const struct CMUnitTest tests[] = {
                IN_WORLD(an_order_is_picked_bin_by_bin),
                IN_WORLD(bins_may_be_visited_in_any_order),
                IN_WORLD(a_tote_takes_the_goods_and_brings_the_order_back),
                IN_WORLD(a_wrong_bin_is_refused_and_names_the_right_one),
                IN_WORLD(a_wrong_item_raises_an_exception),
                IN_WORLD(more_than_a_line_wants_is_refused),
                IN_WORLD(a_quantity_is_for_one_item_in_units_that_it_has),
                IN_WORLD(a_huge_quantity_asks_once),
                IN_WORLD(a_short_line_holds_what_the_book_has_in_its_bin),
                IN_WORLD(short_without_a_bin_closes_the_next_line),
                IN_WORLD(an_empty_bin_has_nothing_to_hold),
                IN_WORLD(done_with_open_lines_asks_and_then_closes_them_short),
                IN_WORLD(lines_of_one_item_in_one_bin_hold_it_once),
                IN_WORLD(of_two_lines_the_one_that_is_filled_exactly_is_taken),
                IN_WORLD(a_line_without_location_is_taken_from_any_sellable_bin),
                IN_WORLD(a_short_line_without_location_holds_the_scanned_bin),
                IN_WORLD(without_required_bins_an_item_comes_from_its_lines_bin),
                IN_WORLD(an_item_in_no_bin_asks_for_its_bin),
                IN_WORLD(an_order_in_no_bin_never_says_go_to_nothing),
                IN_WORLD(orders_that_cannot_be_picked_say_why),
                IN_WORLD(an_order_that_is_cancelled_while_it_is_picked_stops),
                IN_WORLD(undo_takes_the_picks_back_one_by_one),
                IN_WORLD(undo_of_a_short_opens_the_line_again),
                IN_WORLD(undo_of_a_short_keeps_the_tote),
                IN_WORLD(undo_in_another_mode_returns_to_the_pick),
                IN_WORLD(cancel_leaves_the_order_started),
                IN_WORLD(the_label_is_asked_for_when_the_order_is_picked),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
