/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "agent/flow/control.h"
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

static void control_codes_are_read_whole_or_not_at_all(void **state) {
        static const struct {
                const char *text;
                int result;
                enum control_verb verb;
                enum flow_mode mode;
        } rows[] = {
                { "T$PICK", 0, CONTROL_MODE, MODE_PICK },
                { "T$PACK", 0, CONTROL_MODE, MODE_PACK },
                { "T$RECEIVE", 0, CONTROL_MODE, MODE_RECEIVE },
                { "T$PUTAWAY", 0, CONTROL_MODE, MODE_PUTAWAY },
                { "T$MOVE", 0, CONTROL_MODE, MODE_MOVE },
                { "T$COUNT", 0, CONTROL_MODE, MODE_COUNT },
                { "T$RETURN", 0, CONTROL_MODE, MODE_RETURN },
                { "T$SHIP", 0, CONTROL_MODE, MODE_SHIP },
                { "T$CHECK", 0, CONTROL_MODE, MODE_CHECK },
                { "T$SHORT", 0, CONTROL_SHORT, 0 },
                { "T$DAMAGED", 0, CONTROL_DAMAGED, 0 },
                { "T$UNDO", 0, CONTROL_UNDO, 0 },
                { "T$DONE", 0, CONTROL_DONE, 0 },
                { "T$CANCEL", 0, CONTROL_CANCEL, 0 },
                { "T$REPRINT", 0, CONTROL_REPRINT, 0 },
                { "T$LOGOUT", 0, CONTROL_LOGOUT, 0 },
                { "T$HELP", 0, CONTROL_HELP, 0 },
                { "", CONTROL_E_NONE, 0, 0 },
                { "T", CONTROL_E_NONE, 0, 0 },
                { "T$", CONTROL_E_NONE, 0, 0 },
                { "T$X", CONTROL_E_NONE, 0, 0 },
                { "t$pick", CONTROL_E_NONE, 0, 0 },
                { "T$pick", CONTROL_E_NONE, 0, 0 },
                { "T$PIC", CONTROL_E_NONE, 0, 0 },
                { "T$PICKS", CONTROL_E_NONE, 0, 0 },
                { "T$PICK ", CONTROL_E_NONE, 0, 0 },
                { " T$PICK", CONTROL_E_NONE, 0, 0 },
                { "T$DONE\n", CONTROL_E_NONE, 0, 0 },
                { "T$T$DONE", CONTROL_E_NONE, 0, 0 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct control control = { 0 };

                assert_int_equal(control_parse(slice_of(rows[i].text), &control), rows[i].result);
                assert_int_equal(control.verb, rows[i].verb);
                assert_int_equal(control.mode, rows[i].mode);
        }
}

static void quantities_have_at_most_three_decimals_and_a_limit(void **state) {
        static const struct {
                const char *text;
                int result;
                int64_t milli;
        } rows[] = {
                { "T$QTY6", 0, 6000 },
                { "T$QTY0", 0, 0 },
                { "T$QTY0.5", 0, 500 },
                { "T$QTY1.125", 0, 1125 },
                { "T$QTY007", 0, 7000 },
                { "T$QTY1000000000", 0, QTY_MAX_MILLI },
                { "T$QTY1000000001", CONTROL_E_QTY, 0 },
                { "T$QTY99999999999999999999999", CONTROL_E_QTY, 0 },
                { "T$QTY", CONTROL_E_QTY, 0 },
                { "T$QTY-1", CONTROL_E_QTY, 0 },
                { "T$QTY+1", CONTROL_E_QTY, 0 },
                { "T$QTY1.1234", CONTROL_E_QTY, 0 },
                { "T$QTY1.", CONTROL_E_QTY, 0 },
                { "T$QTY.5", CONTROL_E_QTY, 0 },
                { "T$QTY 1", CONTROL_E_QTY, 0 },
                { "T$QTY1 ", CONTROL_E_QTY, 0 },
                { "T$QTY0x10", CONTROL_E_QTY, 0 },
                { "T$QTY1e3", CONTROL_E_QTY, 0 },
                { "T$QTYT$QTY1", CONTROL_E_QTY, 0 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct control control = { 0 };

                assert_int_equal(control_parse(slice_of(rows[i].text), &control), rows[i].result);
                assert_int_equal(control.qty_milli, rows[i].milli);
        }
}

static void a_reason_is_short_and_printable(void **state) {
        static const uint8_t with_nul[] = "T$REASONa\0b";
        char text[2 * ID_SIZE] = "T$REASON";
        size_t prefix = strlen(text);
        struct control control = { 0 };

        (void)state;
        assert_int_equal(control_parse(slice_of(text), &control), CONTROL_E_REASON);
        assert_int_equal(control_parse(slice_of("T$REASONa\tb"), &control), CONTROL_E_REASON);
        assert_int_equal(control_parse(slice_of("T$REASON\xc3\xa4"), &control), CONTROL_E_REASON);
        assert_int_equal(control_parse((struct slice) { with_nul, 11 }, &control),
                         CONTROL_E_REASON);
        memset(text + prefix, 'r', ID_SIZE);
        assert_int_equal(control_parse(slice_of(text), &control), CONTROL_E_REASON);
        text[prefix + ID_SIZE - 1] = '\0';
        assert_int_equal(control_parse(slice_of(text), &control), 0);
        assert_string_equal(control.reason, text + prefix);
}

/* No byte after the slice is read: each text stands at the very end of its memory. */
static void every_beginning_of_a_control_code_is_safe(void **state) {
        static const char *const words[] = { "T$RECEIVE", "T$QTY1.125", "T$REASONunwanted" };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(words); i++)
                for (size_t len = 0; len <= strlen(words[i]); len++) {
                        uint8_t *copy = malloc(len + 1);
                        struct control control;

                        assert_non_null(copy);
                        memcpy(copy + 1, words[i], len);
                        (void)!control_parse((struct slice) { copy + 1, len }, &control);
                        free(copy);
                }
}

static void modes_of_later_versions_are_refused_and_change_nothing(void **state) {
        static const struct world_row rows[] = {
                { "SO-1", "good; order started SO-1", "2 lines" },
                { "T$PACK", "bad", "pack is not in this version" },
                { "T$RECEIVE", "bad", "receive is not in this version" },
                { "T$PUTAWAY", "bad", "putaway is not in this version" },
                { "T$SHIP", "bad", "ship is not in this version" },
                { "T$CHECK", "bad", "check is not in this version" },
                { "T$REPRINT", "bad", "T$REPRINT is not in this version" },
                { "A-01", "good", NULL },
                { "TEA", "good; pick TEA 1 A-01>order:SO-1 SO-1/1", NULL },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void a_station_configured_for_a_later_mode_says_what_to_scan(void **state) {
        static const struct world_row rows[] = {
                { "SO-1", "bad", "pack is not in this version: scan T$PICK" },
                { "TEA", "bad", "pack is not in this version" },
                { "A-01", "bad", NULL },
                { "TOTE-1", "bad", NULL },
                { "T$DONE", "bad", "nothing to finish here" },
                { "T$SHORT", "bad", "T$SHORT is for picking" },
                { "T$REASONx", "bad", "T$REASON is for returns" },
                { "T$UNDO", "bad", "nothing to undo" },
                { "T$HELP", "attention", "scan T$PICK, T$COUNT, T$MOVE or T$RETURN" },
                { "T$CANCEL", "good", NULL },
                { "OP-1", "good; login op-1", "hello Ann" },
                { "T$PICK", "good", NULL },
                { "SO-1", "good; order started SO-1", NULL },
        };

        (void)state;
        world.settings.mode = MODE_PACK;
        flow_state_init(&world.state, &world.settings);
        WORLD_RUN(&world, rows);
}

static void unknown_codes_raise_an_exception_and_change_nothing(void **state) {
        static const struct world_row rows[] = {
                { "NO-SUCH", "bad; ! unknown_code NO-SUCH", "unknown code NO-SUCH" },
                { "T$PICKS", "bad; ! unknown_code T$PICKS", NULL },
                { "TOTE-", "bad; ! unknown_code TOTE-", NULL },
                { "TOTE-a b", "bad; ! unknown_code TOTE-a b", NULL },
                { "tea", "bad; ! unknown_code tea", NULL },
                { "\x01\xff", "bad; ! unknown_code \\x01\\xff", NULL },
                { "T$QTY", "bad", "T$QTY needs a number" },
                { "T$REASON", "bad", "T$REASON needs a code" },
                { "LOC2", "bad", NULL },
                { "A-02", "bad; ! unknown_code A-02", NULL },
        };
        struct flow_state before = world.state;

        (void)state;
        WORLD_RUN(&world, rows);
        assert_memory_equal(&before, &world.state, sizeof(before));
}

static void a_code_of_any_length_fits_its_exception(void **state) {
        static uint8_t code[WORLD_SCAN_MAX];

        (void)state;
        for (size_t len = 1; len <= sizeof(code); len += len < 300 ? 1 : 97)
                for (int byte = 0; byte < 3; byte++) {
                        memset(code, "x\xff\xc3"[byte], sizeof(code));
                        (void)world_scan_slice(&world, (struct slice) { code, len });
                        assert_int_equal(world.effects.feedback, FEEDBACK_BAD);
                        assert_int_equal(world.effects.n_events, 1);
                        assert_true(world.effects.events[0].scan.len <= FLOW_SCAN_MAX);
                }
}

static void a_carrier_identifier_and_a_gtin_lead_to_the_item(void **state) {
        static const struct world_row rows[] = {
                { "SO-1", "good; order started SO-1", NULL },
                { "]C0LOC2", "good", NULL },
                { "]E05012345678900", "good; pick CUP 1 A-02>order:SO-1 SO-1/2", NULL },
                { "5012345678900", "good; pick CUP 1 A-02>order:SO-1 SO-1/2", "Cup done" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void help_says_what_the_screen_says_in_every_place(void **state) {
        static const struct world_row rows[] = {
                { "T$HELP", "attention", "scan an order" },
                { "SO-1", "good; order started SO-1", NULL },
                { "T$HELP", "attention", "go to A-01, take 6 x Green Tea" },
                { "A-01", "good", NULL },
                { "T$HELP", "attention", "take 6 x Green Tea from A-01" },
                { "T$DAMAGED", "good", NULL },
                { "T$HELP", "attention", "scan the bin of the damaged item, or T$CANCEL" },
                { "B-01", "good", NULL },
                { "T$HELP", "attention", "scan the damaged item from B-01, or T$CANCEL" },
                { "T$CANCEL", "good", "back to pick" },
                { "T$HELP", "attention", "take 6 x Green Tea from A-01" },
                { "T$COUNT", "good", NULL },
                { "T$HELP", "attention", "scan a bin" },
                { "A-01", "good; count clear", NULL },
                { "T$HELP", "attention", "scan every item of A-01, then T$DONE" },
                { "T$DONE", "attention", "2 items of the book were not seen" },
                { "T$HELP", "attention", "T$DONE counts it as 0" },
                { "T$MOVE", "good; count clear", NULL },
                { "T$HELP", "attention", "scan the bin to take from" },
                { "T$RETURN", "good", NULL },
                { "T$HELP", "attention", "scan the order, or the item" },
        };

        (void)state;
        WORLD_RUN(&world, rows);
}

static void a_view_that_fails_leaves_everything_as_it_was(void **state) {
        static const char *const scans[] = { "SO-1",   "A-01",   "TEA",     "TOTE-1", "OP-1",
                                             "T$HELP", "T$DONE", "T$SHORT", "T$UNDO", "NO-SUCH" };
        struct flow_state before;

        (void)state;
        (void)world_scan(&world, "SO-1");
        (void)world_scan(&world, "A-01");
        before = world.state;
        world.fail = -EIO;
        for (size_t i = 0; i < ARRAY_LEN(scans); i++) {
                assert_string_equal(world_scan(&world, scans[i]), "failed");
                assert_int_equal(world.effects.feedback, FEEDBACK_BAD);
                assert_int_equal(world.effects.n_events, 0);
                assert_false(world.effects.recorded);
                assert_memory_equal(&before, &world.state, sizeof(before));
        }
}

static void a_state_of_another_version_or_mode_is_not_ours(void **state) {
        static const char *const texts[] = {
                "", "{", "[]", "null", "{\"v\":2,\"mode\":\"pick\",\"recorded\":0}",
                "{\"v\":1,\"mode\":\"fly\",\"recorded\":0}", "{\"v\":1,\"mode\":\"pick\"}",
                "{\"v\":1,\"mode\":\"pick\",\"recorded\":-1}",
                "{\"v\":1,\"mode\":\"pick\",\"recorded\":0,\"step\":-1}",
                "{\"v\":1,\"mode\":\"pick\",\"recorded\":0,\"order\":7}",
                "{\"v\":1,\"mode\":\"pick\",\"recorded\":0,\"qty_milli\":-5}",
        };
        struct flow_state parsed;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(texts); i++)
                assert_int_equal(flow_state_parse(slice_of(texts[i]), &parsed), -EINVAL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(control_codes_are_read_whole_or_not_at_all),
                cmocka_unit_test(quantities_have_at_most_three_decimals_and_a_limit),
                cmocka_unit_test(a_reason_is_short_and_printable),
                cmocka_unit_test(every_beginning_of_a_control_code_is_safe),
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
                IN_WORLD(modes_of_later_versions_are_refused_and_change_nothing),
                IN_WORLD(a_station_configured_for_a_later_mode_says_what_to_scan),
                IN_WORLD(unknown_codes_raise_an_exception_and_change_nothing),
                IN_WORLD(a_code_of_any_length_fits_its_exception),
                IN_WORLD(a_carrier_identifier_and_a_gtin_lead_to_the_item),
                IN_WORLD(help_says_what_the_screen_says_in_every_place),
                IN_WORLD(a_view_that_fails_leaves_everything_as_it_was),
                IN_WORLD(a_state_of_another_version_or_mode_is_not_ours),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
