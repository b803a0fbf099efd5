/* SPDX-License-Identifier: MIT */

/*
 * Soup: random scans over the whole world. Nobody knows what each should do; all must keep the
 * rules that nothing may break.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include "base/bytes.h"
#include "base/qty.h"
#include "tests/unit/helper_world.h"

enum { SCANS = 100000, SCANS_A_DAY = 500, SEEDS = 4 };

static struct world world;
static struct bytes text;

/* xorshift64: the same scans on every machine. */
static uint64_t seed;

static uint64_t pick_number(uint64_t below) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        return seed % below;
}

/* Those that bring work forward are there more often. */
static const char *const scans[] = {
        "TEA",       "TEA",       "TEA",     "CUP",        "CUP",        "BOX-CUP",   "PEN",
        "PEN",       "OIL",       "GLUE",    "A-01",       "A-01",       "LOC2",      "LOC2",
        "B-01",      "B-01",      "RET",     "Q-1",        "DOCK",       "SO-1",      "SO-1",
        "SO-2",      "SO-2",      "SO-3",    "SO-3",       "SO-4",       "SO-5",      "SO-6",
        "SO-7",      "SO-8",      "TOTE-1",  "TOTE-2",     "T$PICK",     "T$PICK",    "T$PACK",
        "T$MOVE",    "T$COUNT",   "T$COUNT", "T$RETURN",   "T$CHECK",    "T$QTY0",    "T$QTY2",
        "T$QTY5",    "T$QTY0.25", "T$QTY50", "T$QTY1000000000", "T$QTYx", "T$SHORT",  "T$DAMAGED",
        "T$UNDO",    "T$UNDO",    "T$DONE",  "T$DONE",     "T$DONE",     "T$CANCEL",  "T$REPRINT",
        "T$LOGOUT",  "T$REASONx", "T$HELP",  "OP-1",       "OP-2",       "NO-SUCH",   "T$",
        "\xff\x01",  "5012345678900",
};

static bool is_action(enum event_type type) {
        return type == EVENT_MOVE || type == EVENT_ORDER || type == EVENT_SESSION;
}

static void refused_scans_change_nothing(const struct flow_state *before) {
        const struct flow_effects *effects = &world.effects;

        for (size_t i = 0; i < effects->n_events; i++)
                assert_false(is_action(effects->events[i].type));
        assert_int_equal(effects->count, COUNT_KEEP);
        assert_false(effects->print_order_label);
        assert_int_equal(effects->recorded, effects->n_events > 0);
        assert_memory_equal(before, &world.state, sizeof(*before));
}

static void answers_are_complete(const struct flow_state *before) {
        const struct flow_effects *effects = &world.effects;
        bool bad = effects->feedback == FEEDBACK_BAD;

        assert_in_range(effects->feedback, FEEDBACK_GOOD, FEEDBACK_ATTENTION);
        assert_true(effects->screen.message[0]);
        assert_int_equal(world.state.n_recorded, before->n_recorded + !bad);
        if (bad)
                refused_scans_change_nothing(before);
        else
                assert_true(effects->recorded);
}

/* Each can be written, and read back as it was made. */
static void events_are_sound(void) {
        for (size_t i = 0; i < world.effects.n_events; i++) {
                struct event *event = &world.effects.events[i];
                char why[160];

                event->seq = 1;
                event->ts_ms = 1;
                event_clean(event);
                if (event->type == EVENT_EXCEPTION) { /* the ledger's part */
                        (void)snprintf(event->exception.id, ID_SIZE, "gw-1-1");
                        event->exception.count = 1;
                }
                if (event_check(event, why, sizeof(why)))
                        fail_msg("event %zu: %s", i, why);
                bytes_clear(&text);
                assert_int_equal(event_write(event, &text), 0);
        }
}

static void stock_sums_to_zero(void) {
        static const char *const skus[] = { "TEA", "CUP", "OIL", "PEN", "GLUE" };

        for (size_t at = 0; at < ARRAY_LEN(skus); at++) {
                int64_t sum_milli = 0;

                for (size_t i = 0; i < world.n_stock; i++)
                        if (strcmp(world.stock[i].sku, skus[at]) == 0)
                                sum_milli += world.stock[i].qty_milli;
                assert_int_equal(sum_milli, 0);
        }
}

static void orders_never_hold_more_than_was_ordered(void) {
        for (size_t i = 0; i < WORLD_ORDERS_MAX; i++)
                for (size_t n = 0; n < WORLD_LINES_MAX && world.orders[i].lines[n].sku; n++) {
                        const struct world_line *line = &world.orders[i].lines[n];

                        assert_true(line->picked_milli >= 0);
                        assert_true(line->short_milli >= 0);
                        assert_true(line->picked_milli + line->short_milli <= line->qty_milli);
                }
}

static void places_are_equal(const struct flow_state *a, const struct flow_state *b) {
        assert_int_equal(a->mode, b->mode);
        assert_string_equal(a->operator_id, b->operator_id);
        assert_string_equal(a->order, b->order);
        assert_string_equal(a->tote, b->tote);
        assert_string_equal(a->bin, b->bin);
        assert_string_equal(a->sku, b->sku);
        assert_string_equal(a->lot, b->lot);
        assert_int_equal(a->sku_milli, b->sku_milli);
        assert_int_equal(a->has_qty, b->has_qty);
        assert_int_equal(a->qty_milli, b->qty_milli);
        assert_string_equal(a->reason, b->reason);
        assert_int_equal(a->step, b->step);
        assert_int_equal(a->damaged, b->damaged);
        assert_string_equal(a->damaged_bin, b->damaged_bin);
        assert_string_equal(a->asked, b->asked);
        assert_int_equal(a->n_recorded, b->n_recorded);
}

static void the_place_survives_a_power_cut(void) {
        struct flow_state back;

        bytes_clear(&text);
        assert_int_equal(flow_state_write(&world.state, &text), 0);
        assert_int_equal(flow_state_parse(bytes_slice(&text), &back), 0);
        places_are_equal(&world.state, &back);
        /* The station goes on from what was written. */
        world.state = back;
}

static void one_scan(const char *scan) {
        struct flow_state before = world.state;
        char message[sizeof(world.effects.screen.message)];

        assert_string_not_equal(world_scan(&world, scan), "failed");
        memcpy(message, world.effects.screen.message, sizeof(message));
        answers_are_complete(&before);
        events_are_sound();
        (void)world_instruction(&world);
        the_place_survives_a_power_cut();
}

/* A new day: the orders are there again, the station is as it was. */
static void new_day(void) {
        struct flow_state place = world.state;

        world_fini(&world);
        world_init(&world);
        world.state = place;
        world.settings.require_location_scan = pick_number(2) == 0;
        world.settings.label_on = pick_number(2) ? LABEL_ON_PICKED : LABEL_NEVER;
}

static void random_scans_keep_every_rule(void **state) {
        uint64_t n_answered[3] = { 0 };

        (void)state;
        world_init(&world);
        for (uint64_t run = 1; run <= SEEDS; run++) {
                seed = run * UINT64_C(0x9E3779B97F4A7C15);
                for (int i = 0; i < SCANS / SEEDS; i++) {
                        if (i % SCANS_A_DAY == 0)
                                new_day();
                        if (i % SCANS_A_DAY == SCANS_A_DAY / 2)
                                world.orders[pick_number(4)].cancelled = true;
                        one_scan(scans[pick_number(ARRAY_LEN(scans))]);
                        stock_sums_to_zero();
                        orders_never_hold_more_than_was_ordered();
                        n_answered[world.effects.feedback]++;
                }
        }
        assert_int_equal(world.state.n_recorded,
                         n_answered[FEEDBACK_GOOD] + n_answered[FEEDBACK_ATTENTION]);
        assert_true(n_answered[FEEDBACK_BAD] > 0 && n_answered[FEEDBACK_BAD] < SCANS * 3 / 4);
        bytes_fini(&text);
        world_fini(&world);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(random_scans_keep_every_rule),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
