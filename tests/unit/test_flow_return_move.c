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

/* ---- return ---------------------------------------------------------------------------------- */

static void a_return_goes_through_the_returns_place_to_its_bin(void **state) {
        static const struct world_row rows[] = {
                { "T$RETURN", "good", "return" },
                { "SO-1", "good", "return of SO-1: scan the item" },
                { "B-01", "bad", "scan the item first" },
                { "T$QTY2", "good", NULL },
                { "CUP", "good; return CUP 2 @customer>RET SO-1", "2 x Cup: scan T$REASON" },
                { "LOC2", "bad", "scan the reason first" },
                { "T$REASONunwanted", "good", "unwanted: scan the bin" },
                { "RET", "bad", "it is in RET already: scan the bin where it goes" },
                { "LOC2", "good; transfer CUP 2 RET>A-02 SO-1 (unwanted)", "2 x CUP in A-02" },
                /* the order stays for its next item */
                { "TEA", "good; return TEA 1 @customer>RET SO-1", NULL },
                { "T$REASONbroken", "good", NULL },
                { "Q-1", "good; transfer TEA 1 RET>Q-1 SO-1 (broken)", NULL },
                { "T$DONE", "good", "no order: scan the item" },
                { "PEN", "good; return PEN 1 @customer>RET", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
        assert_int_equal(world_qty(&world, "A-02", "CUP"), 26 * QTY_UNIT);
        assert_int_equal(world_qty(&world, "RET", "PEN"), QTY_UNIT);
}

static void goods_that_wait_for_their_bin_come_first(void **state) {
        static const struct world_row rows[] = {
                { "T$RETURN", "good", NULL },
                { "CUP", "good; return CUP 1 @customer>RET", NULL },
                { "TEA", "bad", "first T$REASON and the bin for CUP" },
                { "SO-1", "bad", "first T$REASON and the bin for CUP" },
                { "T$DONE", "bad", NULL },
                { "T$REASONunwanted", "good", NULL },
                { "TEA", "bad", "first the bin for CUP" },
                { "T$REASONbroken", "good", NULL },
                { "Q-1", "good; transfer CUP 1 RET>Q-1 (broken)", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void a_reason_may_come_before_its_item(void **state) {
        static const struct world_row rows[] = {
                { "T$RETURN", "good", NULL },
                { "T$REASONunwanted", "good", "unwanted: scan the item" },
                { "CUP", "good; return CUP 1 @customer>RET", "1 x Cup: scan its bin" },
                { "LOC2", "good; transfer CUP 1 RET>A-02 (unwanted)", NULL },
                /* it was for one item */
                { "CUP", "good; return CUP 1 @customer>RET", "scan T$REASON" },
                { "LOC2", "bad", "scan the reason first" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void a_cancelled_return_leaves_the_goods_at_the_returns_place(void **state) {
        static const struct world_row rows[] = {
                { "T$RETURN", "good", NULL },
                { "CUP", "good; return CUP 1 @customer>RET", NULL },
                { "T$CANCEL", "good", NULL },
                { "T$REASONx", "good", "x: scan the item" },
                { "LOC2", "bad", "scan the item first" },
                { "T$SHORT", "bad", "T$SHORT is for picking" },
                { "T$QTY0", "bad", NULL },
                { "T$QTY0.001", "good", NULL },
                { "CUP", "bad", "not counted in parts so small" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
        assert_int_equal(world_qty(&world, "RET", "CUP"), QTY_UNIT);
}

static void undo_in_a_return_goes_back_step_by_step(void **state) {
        static const struct world_row rows[] = {
                { "T$RETURN", "good", NULL },
                { "SO-1", "good", NULL },
                { "CUP", "good; return CUP 1 @customer>RET SO-1", NULL },
                { "T$REASONunwanted", "good", NULL },
                { "B-01", "good; transfer CUP 1 RET>B-01 SO-1 (unwanted)", NULL },
                /* the wrong bin: the goods wait for another, with their reason */
                { "T$UNDO", "good; undo transfer CUP 1 B-01>RET SO-1 (unwanted)", NULL },
                { "LOC2", "good; transfer CUP 1 RET>A-02 SO-1 (unwanted)", NULL },
                { "T$UNDO", "good; undo transfer CUP 1 A-02>RET SO-1 (unwanted)", NULL },
                /* no return at all */
                { "T$UNDO", "good; undo return CUP 1 RET>@customer SO-1", NULL },
                { "LOC2", "bad", "scan the item first" },
                { "T$UNDO", "bad", "nothing to undo" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
        assert_int_equal(world_qty(&world, LOCATION_CUSTOMER, "CUP"), 0);
}

static void undo_of_what_was_no_return_leaves_the_return_alone(void **state) {
        static const struct world_row rows[] = {
                { "T$MOVE", "good", NULL },
                { "A-01", "good", NULL },
                { "TEA", "good; transfer TEA 1 A-01>hand:pack-1", NULL },
                { "B-01", "good; transfer TEA 1 hand:pack-1>B-01", NULL },
                { "T$RETURN", "good", NULL },
                { "T$UNDO", "good; undo transfer TEA 1 B-01>hand:pack-1", NULL },
                { "LOC2", "bad", "scan the item first" },
                { "CUP", "good; return CUP 1 @customer>RET", NULL },
                { "T$DAMAGED", "good", NULL },
                { "B-01", "good", NULL },
                { "OIL", "good; scrap OIL 1 B-01>@scrap; ! damaged OIL 1 B-01", NULL },
                { "T$UNDO", "good; undo scrap OIL 1 @scrap>B-01", NULL },
                /* the cup still waits */
                { "T$REASONx", "good", "x: scan the bin" },
                { "LOC2", "good; transfer CUP 1 RET>A-02 (x)", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

/* ---- move ------------------------------------------------------------------------------------ */

static void goods_are_moved_through_the_hand(void **state) {
        static const struct world_row rows[] = {
                { "T$MOVE", "good", "move" },
                { "A-01", "good", "from A-01: scan the items" },
                { "T$QTY3", "good", NULL },
                { "TEA", "good; transfer TEA 3 A-01>hand:pack-1", "3 x Green Tea in hand" },
                { "PEN", "good; transfer PEN 1 A-01>hand:pack-1", NULL },
                { "TEA", "good; transfer TEA 1 A-01>hand:pack-1", NULL },
                { "B-01", "good; transfer PEN 1 hand:pack-1>B-01; transfer TEA 4 hand:pack-1>B-01",
                  "moved to B-01" },
                /* the next move begins with its own bin */
                { "B-01", "good", "from B-01" },
                { "T$DONE", "bad", "nothing to finish here" },
                { "SO-1", "bad", "move does not need that code here" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
        assert_int_equal(world_qty(&world, "A-01", "TEA"), 36 * QTY_UNIT);
        assert_int_equal(world_qty(&world, "B-01", "TEA"), 9 * QTY_UNIT);
        assert_int_equal(world_qty(&world, "hand:pack-1", "TEA"), 0);
}

static void an_item_scanned_before_its_bin_waits_for_it(void **state) {
        static const struct world_row rows[] = {
                { "T$MOVE", "good", NULL },
                { "T$QTY2", "good", NULL },
                { "TEA", "good", "Green Tea: scan the bin it comes from" },
                { "PEN", "bad", "first the bin that TEA comes from" },
                { "T$HELP", "attention", "scan the bin that TEA comes from" },
                { "A-01", "good; transfer TEA 2 A-01>hand:pack-1", "in hand" },
                { "PEN", "good; transfer PEN 1 A-01>hand:pack-1", NULL },
                { "T$HELP", "attention", "more items from A-01, or the bin where they go" },
                { "LOC2", "good; transfer PEN 1 hand:pack-1>A-02; transfer TEA 2 hand:pack-1>A-02",
                  NULL },
                { "TEA", "good", NULL },
                { "T$CANCEL", "good", NULL },
                { "A-01", "good", "from A-01" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void a_cancelled_move_puts_everything_back(void **state) {
        static const struct world_row rows[] = {
                { "T$MOVE", "good", NULL },
                { "A-01", "good", NULL },
                { "TEA", "good; transfer TEA 1 A-01>hand:pack-1", NULL },
                { "T$CANCEL", "good; transfer TEA 1 hand:pack-1>A-01", NULL },
                { "A-01", "good", NULL },
                { "TEA", "good; transfer TEA 1 A-01>hand:pack-1", NULL },
                { "T$PICK", "good; transfer TEA 1 hand:pack-1>A-01", NULL },
                { "T$CANCEL", "good", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
        assert_int_equal(world_qty(&world, "A-01", "TEA"), 40 * QTY_UNIT);
}

static void undo_of_a_taken_item_leaves_the_rest_in_hand(void **state) {
        static const struct world_row rows[] = {
                { "T$MOVE", "good", NULL },
                { "A-01", "good", NULL },
                { "TEA", "good; transfer TEA 1 A-01>hand:pack-1", NULL },
                { "PEN", "good; transfer PEN 1 A-01>hand:pack-1", NULL },
                { "T$UNDO", "good; undo transfer PEN 1 hand:pack-1>A-01", NULL },
                { "T$UNDO", "good; undo transfer TEA 1 hand:pack-1>A-01", NULL },
                /* still taking from A-01 */
                { "CUP", "good; transfer CUP 1 A-01>hand:pack-1", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void goods_back_in_the_hand_ask_for_the_bin_where_they_go(void **state) {
        static const struct world_row rows[] = {
                { "T$MOVE", "good", NULL },
                { "A-01", "good", NULL },
                { "TEA", "good; transfer TEA 1 A-01>hand:pack-1", NULL },
                { "B-01", "good; transfer TEA 1 hand:pack-1>B-01", NULL },
                { "T$UNDO", "good; undo transfer TEA 1 B-01>hand:pack-1", NULL },
                { "T$HELP", "attention", "scan the bin where the goods in hand go" },
                { "PEN", "bad", "first the bin where the goods in hand go" },
                { "LOC2", "good; transfer TEA 1 hand:pack-1>A-02", NULL },
                { "PEN", "good", "scan the bin it comes from" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void more_than_one_event_may_say_is_put_down_in_parts(void **state) {
        static const struct world_row rows[] = {
                { "T$MOVE", "good", NULL },
                { "A-01", "good", NULL },
                { "T$QTY1000000000", "good", NULL },
                { "TEA", "attention", "That is a lot" },
                { "TEA", "good; transfer TEA 1000000000 A-01>hand:pack-1", NULL },
                { "TEA", "good; transfer TEA 1 A-01>hand:pack-1", NULL },
                { "T$CANCEL",
                  "good; transfer TEA 1000000000 hand:pack-1>A-01; transfer TEA 1 hand:pack-1>A-01",
                  NULL },
                { "T$COUNT", "good", NULL },
                { "B-01", "good; count clear", NULL },
                { "TEA", "good; count TEA 1", NULL },
                { "T$QTY1000000000", "good", NULL },
                { "TEA", "attention", NULL },
                { "TEA", "good; count TEA 1000000000", NULL },
                { "TEA", "good; count TEA 1", NULL },
                { "TEA", "good; count TEA 1", NULL },
                { "TEA", "good; count TEA 1", NULL },
                { "TEA", "good; count TEA 1", NULL },
                { "TEA", "good; count TEA 1", NULL },
                { "T$DONE", "bad", "too much for one scan" },
                { "T$UNDO", "good; count TEA -1", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

/* ---- damaged --------------------------------------------------------------------------------- */

static void damaged_goods_are_scrapped_and_the_person_is_back(void **state) {
        static const struct world_row rows[] = {
                { "SO-1", "good; order started SO-1", NULL },
                { "A-01", "good", NULL },
                { "T$DAMAGED", "good", "damaged: scan the bin it was in" },
                { "TEA", "bad", "scan the bin of the damaged item first" },
                { "SO-3", "bad", "first the damaged item" },
                { "TOTE-1", "bad", "first the damaged item" },
                { "T$DONE", "bad", "first the damaged item" },
                { "T$SHORT", "bad", NULL },
                { "T$UNDO", "bad", NULL },
                { "T$REASONx", "bad", NULL },
                { "T$QTY0", "bad", "only for counting" },
                { "LOC2", "good", "A-02: scan the damaged item" },
                { "B-01", "good", "B-01: scan the damaged item" },
                { "T$QTY2", "good", NULL },
                { "TEA", "good; scrap TEA 2 B-01>@scrap; ! damaged TEA 2 B-01",
                  "2 x Green Tea scrapped, back to pick" },
                /* at A-01 in SO-1, as before */
                { "TEA", "good; pick TEA 1 A-01>order:SO-1 SO-1/1", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
        assert_int_equal(world_qty(&world, LOCATION_SCRAP, "TEA"), 2 * QTY_UNIT);
}

static void damaged_knows_the_stock_before(void **state) {
        const struct exception_change *raised;

        (void)state;
        (void)world_scan(&world, "T$DAMAGED");
        (void)world_scan(&world, "B-01");
        (void)world_scan(&world, "TEA");
        raised = &world.effects.events[1].exception;
        assert_int_equal(raised->kind, EXCEPTION_DAMAGED);
        assert_true(raised->has_stock_before);
        assert_int_equal(raised->stock_before_milli, 5 * QTY_UNIT);
        assert_string_equal(raised->group, "B-01|TEA");
}

static void damaged_may_be_cancelled_or_left_for_another_mode(void **state) {
        static const struct world_row rows[] = {
                { "SO-1", "good; order started SO-1", NULL },
                { "A-01", "good", NULL },
                { "T$DAMAGED", "good", NULL },
                { "T$QTY9", "good", NULL },
                { "T$CANCEL", "good", "back to pick" },
                { "TEA", "good; pick TEA 1 A-01>order:SO-1 SO-1/1", NULL },
                { "T$DAMAGED", "good", NULL },
                { "T$COUNT", "good", NULL },
                { "A-01", "good; count clear", NULL },
                { "PEN", "good; count PEN 1", NULL },
                /* the sheet does not notice */
                { "T$DAMAGED", "good", NULL },
                { "A-01", "good", NULL },
                { "PEN", "good; scrap PEN 1 A-01>@scrap; ! damaged PEN 1 A-01", NULL },
                { "PEN", "good; count PEN 1", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
        assert_int_equal(world.counted[0].qty_milli, 2 * QTY_UNIT);
}

static void undo_brings_scrapped_goods_back(void **state) {
        static const struct world_row rows[] = {
                { "T$DAMAGED", "good", NULL },
                { "B-01", "good", NULL },
                { "OIL", "good; scrap OIL 1 B-01>@scrap; ! damaged OIL 1 B-01", NULL },
                { "T$UNDO", "good; undo scrap OIL 1 @scrap>B-01", NULL },
                { "T$UNDO", "bad", "nothing to undo" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
        assert_int_equal(world_qty(&world, LOCATION_SCRAP, "OIL"), 0);
}

/* ---- who ------------------------------------------------------------------------------------- */

static void one_person_at_a_time_is_logged_in(void **state) {
        static const struct world_row rows[] = {
                { "T$LOGOUT", "bad", "nobody is logged in" },
                { "SO-1", "good; order started SO-1", NULL },
                { "OP-1", "good; login op-1", "hello Ann" },
                { "OP-1", "good", "Ann" },
                { "OP-2", "good; logout op-1; login op-2", "hello Bob" },
                { "T$LOGOUT", "good; logout op-2", "goodbye" },
                { "T$LOGOUT", "bad", NULL },
                /* the place is the station's, not the person's */
                { "A-01", "good", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void events_name_the_station_the_person_and_the_scan(void **state) {
        const struct event *event;

        (void)state;
        (void)world_scan(&world, "OP-1");
        (void)world_scan(&world, "T$DAMAGED");
        (void)world_scan(&world, "LOC2");
        (void)world_scan(&world, "]E05012345678900");
        assert_int_equal(world.effects.n_events, 2);
        for (size_t i = 0; i < world.effects.n_events; i++) {
                event = &world.effects.events[i];
                assert_string_equal(event->station, "pack-1");
                assert_string_equal(event->operator_id, "op-1");
                assert_true(slice_is(event->scan, "]E05012345678900"));
        }
        (void)world_scan(&world, "T$LOGOUT");
        (void)world_scan(&world, "T$UNDO");
        assert_string_equal(world.effects.events[0].operator_id, "");
}

static void a_mode_that_is_left_forgets_its_place_but_not_the_person(void **state) {
        static const struct world_row rows[] = {
                { "OP-1", "good; login op-1", NULL },
                { "SO-1", "good; order started SO-1", NULL },
                { "T$MOVE", "good", NULL },
                { "T$PICK", "good", NULL },
                { "A-01", "bad", "scan an order first" },
                { "OP-1", "good", "Ann" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

int main(void) {
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
        const struct CMUnitTest tests[] = {
                IN_WORLD(a_return_goes_through_the_returns_place_to_its_bin),
                IN_WORLD(goods_that_wait_for_their_bin_come_first),
                IN_WORLD(a_reason_may_come_before_its_item),
                IN_WORLD(a_cancelled_return_leaves_the_goods_at_the_returns_place),
                IN_WORLD(undo_in_a_return_goes_back_step_by_step),
                IN_WORLD(undo_of_what_was_no_return_leaves_the_return_alone),
                IN_WORLD(goods_are_moved_through_the_hand),
                IN_WORLD(an_item_scanned_before_its_bin_waits_for_it),
                IN_WORLD(a_cancelled_move_puts_everything_back),
                IN_WORLD(undo_of_a_taken_item_leaves_the_rest_in_hand),
                IN_WORLD(goods_back_in_the_hand_ask_for_the_bin_where_they_go),
                IN_WORLD(more_than_one_event_may_say_is_put_down_in_parts),
                IN_WORLD(damaged_goods_are_scrapped_and_the_person_is_back),
                IN_WORLD(damaged_knows_the_stock_before),
                IN_WORLD(damaged_may_be_cancelled_or_left_for_another_mode),
                IN_WORLD(undo_brings_scrapped_goods_back),
                IN_WORLD(one_person_at_a_time_is_logged_in),
                IN_WORLD(events_name_the_station_the_person_and_the_scan),
                IN_WORLD(a_mode_that_is_left_forgets_its_place_but_not_the_person),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
