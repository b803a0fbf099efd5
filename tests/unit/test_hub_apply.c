/* SPDX-License-Identifier: MIT */

/* The hub's rules for what gateways send (DESIGN 5.3, 5.4), on a store of its own. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "tests/unit/helper_hub.h"

#define EPOCH_A "01JD4Z0000000000000000000A"
#define EPOCH_B "01JD4Z0000000000000000000B"
#define EPOCH_C "01JD4Z0000000000000000000C"

#define EVENTS "SELECT count(*) FROM event"
#define ON_HAND "SELECT on_hand FROM sku_sum WHERE sku = 'TEA'"
#define AT_BIN(part) "SELECT qty FROM stock WHERE location = 'A-01' AND part = '" part "'"

static struct {
        struct hub_store hub;
        struct hublog log, other; /* of gw-01; the log has a start and picks of 1, 2, 3, 4 */
} t;

static int setup(void **state) {
        (void)state;
        hub_open(&t.hub);
        hublog_begin(&t.log, "gw-01", EPOCH_A, NULL);
        t.other = (struct hublog) { .first = 1 };
        for (int units = 1; units <= 4; units++)
                hublog_add(&t.log, hub_pick("SO-1", 1, units));
        return 0;
}

static int teardown(void **state) {
        (void)state;
        hublog_end(&t.log);
        hublog_end(&t.other);
        hub_close(&t.hub);
        return 0;
}

static void expect_ack(const struct apply_result *result, enum apply_kind kind,
                       const struct hublog *log, uint64_t through) {
        assert_int_equal(result->kind, kind);
        assert_string_equal(result->ack.epoch, log->epoch);
        assert_int_equal(result->ack.through, through);
        assert_int_equal(result->ack.gap, kind == APPLY_GAP);
        assert_int_equal(result->ack.fork, kind == APPLY_FORK);
        if (through >= log->first)
                assert_true(digest_equal(&result->ack.hash,
                                         &log->hashes[through + 1 - log->first]));
}

/* Nothing of this epoch is held: the gateway begins it anew. */
static void expect_parked(const struct apply_result *result, const char *epoch) {
        assert_int_equal(result->kind, APPLY_GAP);
        assert_string_equal(result->ack.epoch, epoch);
        assert_int_equal(result->ack.through, 0);
        assert_true(result->ack.gap);
        assert_int_equal(result->n_events, 0);
}

/* ---- batches --------------------------------------------------------------------------------- */

static void batch_is_applied_and_acknowledged_with_its_hash(void **state) {
        struct apply_result result = hub_apply(&t.hub, &t.log, 1, 5);

        (void)state;
        expect_ack(&result, APPLIED, &t.log, 5);
        assert_int_equal(result.n_events, 5);
        assert_int_equal(hub_int(&t.hub, EVENTS), 5);
        assert_int_equal(hub_int(&t.hub, ON_HAND), -10000);
        assert_int_equal(hub_int(&t.hub, AT_BIN("gw-01")), -10000);
        assert_int_equal(hub_int(&t.hub, "SELECT qty FROM stock WHERE location = 'tote:T1'"),
                         10000);
        assert_int_equal(hub_int(&t.hub, "SELECT picked FROM epoch_sku"), 10000);
        assert_string_equal(hub_text(&t.hub, "SELECT line FROM event WHERE seq = 3"),
                            t.log.lines[2]);
        assert_string_equal(hub_exceptions(&t.hub), "");
}

static void same_batch_twice_counts_once(void **state) {
        struct apply_result first = hub_apply(&t.hub, &t.log, 1, 5),
                            second = hub_apply(&t.hub, &t.log, 1, 5);

        (void)state;
        expect_ack(&first, APPLIED, &t.log, 5);
        expect_ack(&second, APPLY_KNOWN, &t.log, 5);
        assert_int_equal(second.n_events, 0);
        assert_int_equal(hub_int(&t.hub, EVENTS), 5);
        assert_int_equal(hub_int(&t.hub, ON_HAND), -10000);
}

static void known_part_says_all_that_is_held(void **state) {
        struct apply_result result = hub_apply(&t.hub, &t.log, 1, 5);

        (void)state;
        result = hub_apply(&t.hub, &t.log, 2, 3);
        expect_ack(&result, APPLY_KNOWN, &t.log, 5);
}

static void partly_known_batch_is_completed(void **state) {
        struct apply_result result = hub_apply(&t.hub, &t.log, 1, 3);

        (void)state;
        expect_ack(&result, APPLIED, &t.log, 3);
        result = hub_apply(&t.hub, &t.log, 2, 5);
        expect_ack(&result, APPLIED, &t.log, 5);
        assert_int_equal(result.n_events, 2);
        assert_int_equal(hub_int(&t.hub, ON_HAND), -10000);
}

static void gap_sends_the_gateway_back_and_changes_nothing(void **state) {
        struct apply_result result = hub_apply(&t.hub, &t.log, 1, 2);

        (void)state;
        result = hub_apply(&t.hub, &t.log, 4, 5);
        expect_ack(&result, APPLY_GAP, &t.log, 2);
        assert_int_equal(hub_int(&t.hub, EVENTS), 2);
        result = hub_apply(&t.hub, &t.log, 3, 5);
        expect_ack(&result, APPLIED, &t.log, 5);
}

static void two_gateways_do_not_touch_each_others_rows(void **state) {
        struct apply_result result = hub_apply(&t.hub, &t.log, 1, 5);

        (void)state;
        expect_ack(&result, APPLIED, &t.log, 5);
        hublog_begin(&t.other, "gw-02", EPOCH_A, NULL);
        hublog_add(&t.other, hub_pick("SO-2", 1, 7));
        result = hub_apply(&t.hub, &t.other, 1, 2);
        expect_ack(&result, APPLIED, &t.other, 2);
        assert_int_equal(hub_int(&t.hub, ON_HAND), -17000);
        assert_int_equal(hub_int(&t.hub, AT_BIN("gw-01")), -10000);
        assert_int_equal(hub_int(&t.hub, AT_BIN("gw-02")), -7000);
        assert_string_equal(hub_exceptions(&t.hub), "");
}

/* ---- epochs ---------------------------------------------------------------------------------- */

static void epoch_without_its_beginning_is_parked(void **state) {
        struct apply_result result = hub_apply(&t.hub, &t.log, 3, 5);

        (void)state;
        expect_parked(&result, EPOCH_A);
        assert_int_equal(hub_int(&t.hub, EVENTS), 0);
        assert_int_equal(hub_int(&t.hub, "SELECT count(*) FROM epoch"), 0);
        assert_string_equal(hub_exceptions(&t.hub), "");
}

static void begin_after(uint64_t seq) {
        struct chain_point after = hublog_point(&t.log, seq);

        hublog_begin(&t.other, "gw-01", EPOCH_B, &after);
        hublog_add(&t.other, hub_pick("SO-1", 1, 20));
}

static void restart_before_its_log_arrived_is_parked_with_what_is_held(void **state) {
        struct apply_result result = hub_apply(&t.hub, &t.log, 1, 3);

        (void)state;
        begin_after(5);
        result = hub_apply(&t.hub, &t.other, 6, 7);
        expect_ack(&result, APPLY_GAP, &t.log, 3);
        assert_int_equal(hub_int(&t.hub, EVENTS), 3);
        result = hub_apply(&t.hub, &t.log, 4, 5);
        result = hub_apply(&t.hub, &t.other, 6, 7);
        expect_ack(&result, APPLIED, &t.other, 7);
        assert_string_equal(hub_exceptions(&t.hub), "");
}

static void restart_after_an_unknown_epoch_is_parked(void **state) {
        struct apply_result result;

        (void)state;
        begin_after(5);
        result = hub_apply(&t.hub, &t.other, 6, 7);
        expect_parked(&result, EPOCH_A);
}

static void restart_continues_where_the_log_ended(void **state) {
        struct apply_result result = hub_apply(&t.hub, &t.log, 1, 5);

        (void)state;
        begin_after(5);
        result = hub_apply(&t.hub, &t.other, 6, 7);
        expect_ack(&result, APPLIED, &t.other, 7);
        assert_int_equal(hub_int(&t.hub, ON_HAND), -30000);
        assert_int_equal(hub_int(&t.hub, AT_BIN("gw-01")), -30000);
        assert_string_equal(hub_exceptions(&t.hub), "");
        result = hub_apply(&t.hub, &t.log, 1, 5);
        expect_ack(&result, APPLY_KNOWN, &t.log, 5);
}

static void restored_image_keeps_both_branches_and_moves_the_lost_parts(void **state) {
        struct apply_result result = hub_apply(&t.hub, &t.log, 1, 5);

        (void)state;
        begin_after(3);
        result = hub_apply(&t.hub, &t.other, 4, 5);
        expect_ack(&result, APPLIED, &t.other, 5);
        assert_string_equal(hub_exceptions(&t.hub), "epoch_changed gw-01;");
        assert_int_equal(hub_int(&t.hub, ON_HAND), -30000);
        /* What the gateway knows of itself: 1 + 2 + 20; it has no more: 3 + 4. */
        assert_int_equal(hub_int(&t.hub, AT_BIN("gw-01")), -23000);
        assert_int_equal(hub_int(&t.hub, AT_BIN("gw-01~" EPOCH_A)), -7000);
        assert_int_equal(hub_int(&t.hub, "SELECT kept FROM epoch WHERE epoch = '" EPOCH_A "'"), 3);
}

static void image_restored_to_before_its_last_start_loses_what_followed_too(void **state) {
        struct apply_result result = hub_apply(&t.hub, &t.log, 1, 5);
        struct chain_point after = hublog_point(&t.log, 2);
        struct hublog third;

        (void)state;
        begin_after(5);
        result = hub_apply(&t.hub, &t.other, 6, 7);
        hublog_begin(&third, "gw-01", EPOCH_C, &after);
        hublog_add(&third, hub_pick("SO-1", 1, 100));
        result = hub_apply(&t.hub, &third, 3, 4);
        expect_ack(&result, APPLIED, &third, 4);
        assert_int_equal(hub_int(&t.hub, ON_HAND), -130000);
        assert_int_equal(hub_int(&t.hub, AT_BIN("gw-01")), -101000);
        assert_int_equal(hub_int(&t.hub, AT_BIN("gw-01~" EPOCH_A)), -9000);
        assert_int_equal(hub_int(&t.hub, AT_BIN("gw-01~" EPOCH_B)), -20000);
        hublog_end(&third);
}

/* The clone's events are no part of what the first card knows of itself. */
static void cloned_card_is_told_and_both_histories_stand(void **state) {
        struct apply_result result = hub_apply(&t.hub, &t.log, 1, 5);
        struct chain_point after = hublog_point(&t.log, 5);
        struct hublog clone;

        (void)state;
        begin_after(5);
        result = hub_apply(&t.hub, &t.other, 6, 7);
        hublog_begin(&clone, "gw-01", EPOCH_C, &after);
        hublog_add(&clone, hub_pick("SO-1", 1, 100));
        result = hub_apply(&t.hub, &clone, 6, 7);
        expect_ack(&result, APPLIED, &clone, 7);
        assert_string_equal(hub_exceptions(&t.hub), "epoch_changed gw-01;");
        assert_string_not_equal(hub_text(&t.hub, "SELECT found FROM exception WHERE found"
                                                 " LIKE '%cloned card%'"), "none");
        assert_int_equal(hub_int(&t.hub, ON_HAND), -130000);
        result = hub_apply(&t.hub, &t.other, 6, 7);
        expect_ack(&result, APPLY_KNOWN, &t.other, 7);
        hublog_end(&clone);
}

static void log_that_begins_anew_is_told(void **state) {
        struct apply_result result = hub_apply(&t.hub, &t.log, 1, 5);

        (void)state;
        hublog_begin(&t.other, "gw-01", EPOCH_B, NULL);
        hublog_add(&t.other, hub_pick("SO-1", 1, 1));
        result = hub_apply(&t.hub, &t.other, 1, 2);
        expect_ack(&result, APPLIED, &t.other, 2);
        assert_string_equal(hub_exceptions(&t.hub), "epoch_changed gw-01;");
        assert_int_equal(hub_int(&t.hub, ON_HAND), -11000);
}

static void epoch_that_continues_from_another_chain_is_a_fork(void **state) {
        struct apply_result result = hub_apply(&t.hub, &t.log, 1, 5);
        struct chain_point after = hublog_point(&t.log, 3);

        (void)state;
        after.hash.bytes[0] ^= 1;
        hublog_begin(&t.other, "gw-01", EPOCH_B, &after);
        result = hub_apply(&t.hub, &t.other, 4, 4);
        assert_int_equal(result.kind, APPLY_FORK);
        assert_true(result.ack.fork);
        assert_int_equal(hub_int(&t.hub, EVENTS), 5);
        assert_string_equal(hub_exceptions(&t.hub), "fork gw-01;");
}

/* ---- forks ----------------------------------------------------------------------------------- */

static void other_event_under_a_known_number_is_a_fork(void **state) {
        struct apply_result result = hub_apply(&t.hub, &t.log, 1, 4);

        (void)state;
        t.other = (struct hublog) { "gw-01", EPOCH_A, .first = 1, .last = 0 };
        hublog_raw(&t.other, t.log.lines[0]);
        hublog_raw(&t.other, t.log.lines[1]);
        hublog_add(&t.other, hub_pick("SO-1", 1, 50));
        hublog_raw(&t.other, t.log.lines[3]);
        hublog_raw(&t.other, t.log.lines[4]);
        result = hub_apply(&t.hub, &t.other, 1, 5);
        expect_ack(&result, APPLY_FORK, &t.log, 4);
        assert_int_equal(hub_int(&t.hub, EVENTS), 4);
        assert_int_equal(hub_int(&t.hub, ON_HAND), -6000);
        assert_string_equal(hub_exceptions(&t.hub), "fork gw-01;");
        /* The log as it is held goes on. */
        result = hub_apply(&t.hub, &t.log, 1, 5);
        expect_ack(&result, APPLIED, &t.log, 5);
}

static void last_event_another_one_is_a_fork(void **state) {
        struct apply_result result = hub_apply(&t.hub, &t.log, 1, 5);

        (void)state;
        t.other = (struct hublog) { "gw-01", EPOCH_A, .first = 1, .last = 0 };
        for (int i = 0; i < 4; i++)
                hublog_raw(&t.other, t.log.lines[i]);
        hublog_add(&t.other, hub_pick("SO-1", 1, 50));
        result = hub_apply(&t.hub, &t.other, 3, 5);
        expect_ack(&result, APPLY_FORK, &t.log, 5);
        assert_string_equal(hub_exceptions(&t.hub), "fork gw-01;");
}

static void broken_chain_is_a_fork_and_counted_when_it_comes_again(void **state) {
        CLEANUP(bytes_fini) struct bytes batch = { 0 };
        struct apply_result result = hub_apply(&t.hub, &t.log, 1, 3);

        (void)state;
        t.log.hashes[3].bytes[0] ^= 1;
        hublog_batch(&t.log, 4, 5, &batch);
        t.log.hashes[3].bytes[0] ^= 1;
        result = hub_send(&t.hub, "gw-01", bytes_str(&batch));
        expect_ack(&result, APPLY_FORK, &t.log, 3);
        result = hub_send(&t.hub, "gw-01", bytes_str(&batch));
        expect_ack(&result, APPLY_FORK, &t.log, 3);
        assert_int_equal(hub_int(&t.hub, EVENTS), 3);
        assert_string_equal(hub_exceptions(&t.hub), "fork gw-01;");
        assert_int_equal(hub_int(&t.hub, "SELECT count FROM exception"), 2);
}

/* ---- what is malformed ----------------------------------------------------------------------- */

static void malformed_event_is_kept_as_evidence_and_the_rest_goes_on(void **state) {
        static const char *const lines[] = {
                "no JSON",
                "{\"seq\":7,\"ts\":\"2026-11-20T12:00:00.000Z\",\"type\":\"teapot\"}",
                "{\"seq\":99,\"ts\":\"2026-11-20T12:00:00.000Z\",\"type\":\"session\","
                "\"state\":\"login\"}",
        };
        struct apply_result result;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(lines); i++)
                hublog_raw(&t.log, lines[i]);
        hublog_add(&t.log, hub_pick("SO-1", 1, 5));
        result = hub_apply(&t.hub, &t.log, 1, 9);
        expect_ack(&result, APPLIED, &t.log, 9);
        assert_int_equal(hub_int(&t.hub, ON_HAND), -15000);
        assert_string_equal(hub_text(&t.hub, "SELECT group_concat(seq) FROM quarantine"), "6,7,8");
        assert_string_equal(hub_text(&t.hub, "SELECT reason FROM quarantine WHERE seq = 8"),
                            "its line says 99");
        assert_string_equal(hub_text(&t.hub, "SELECT line FROM event WHERE seq = 6"), "no JSON");
        assert_string_equal(hub_exceptions(&t.hub), "quarantined_event gw-01;");
        assert_int_equal(hub_int(&t.hub, "SELECT count FROM exception"), 3);
}

static void message_that_is_no_batch_changes_nothing(void **state) {
        static const char *const messages[] = {
                "", "no JSON\n", "[]\n", "{}\n", "{\"v\":2}\n", "{\"v\":1,\"site\":\"leeds\"}\n",
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
                struct apply_result result = hub_send(&t.hub, "gw-01", messages[i]);

                assert_int_equal(result.kind, APPLY_MALFORMED);
                assert_string_not_equal(result.words, "");
        }
        assert_int_equal(hub_int(&t.hub, EVENTS), 0);
}

static void expect_malformed(const char *gateway, const struct bytes *batch, const char *words) {
        struct apply_result result = hub_send(&t.hub, gateway, bytes_str(batch));

        assert_int_equal(result.kind, APPLY_MALFORMED);
        assert_non_null(strstr(result.words, words));
        assert_int_equal(hub_int(&t.hub, EVENTS), 0);
        assert_int_equal(hub_int(&t.hub, "SELECT count(*) FROM epoch"), 0);
}

static void batch_of_somebody_else_is_refused(void **state) {
        CLEANUP(bytes_fini) struct bytes batch = { 0 };

        (void)state;
        hublog_batch(&t.log, 1, 5, &batch);
        expect_malformed("gw-02", &batch, "it says it is of leeds/gw-01");
}

static void batch_with_another_number_of_events_is_refused(void **state) {
        CLEANUP(bytes_fini) struct bytes batch = { 0 };

        (void)state;
        hublog_batch(&t.log, 1, 5, &batch);
        bytes_appendf(&batch, "%s\n", t.log.lines[4]);
        expect_malformed("gw-01", &batch, "another number of events");
}

static void first_event_that_does_not_fit_its_header_is_refused(void **state) {
        CLEANUP(bytes_fini) struct bytes batch = { 0 };

        (void)state;
        t.log.epoch = EPOCH_B;
        hublog_batch(&t.log, 1, 5, &batch);
        expect_malformed("gw-01", &batch, "does not fit");
}

/* ---- running totals -------------------------------------------------------------------------- */

static int tell_totals(uint64_t as_of, int64_t sell, int64_t picked) {
        CLEANUP(bytes_fini) struct bytes payload = { 0 };
        struct totals_header header = { .epoch = EPOCH_A, .as_of = as_of };
        struct jsonr_error error;
        int r;

        totals_begin(&payload, &header);
        totals_add(&payload, "TEA", sell, picked, true);
        totals_end(&payload);
        assert_int_equal(db_begin(t.hub.db), 0);
        book_begin(&t.hub.book, HUB_SITE, "gw-01", 0, 1);
        r = apply_totals(&t.hub.book, HUB_SITE, "gw-01", bytes_slice(&payload), &error);
        assert_int_equal(db_commit(t.hub.db), 0);
        return r;
}

#define AHEAD "SELECT group_concat(as_of || ':' || sell || ':' || picked) FROM ahead"

static void totals_ahead_of_the_log_are_kept_until_the_log_agrees(void **state) {
        struct apply_result result = hub_apply(&t.hub, &t.log, 1, 2);

        (void)state;
        expect_ack(&result, APPLIED, &t.log, 2);
        assert_int_equal(tell_totals(4, -6000, 6000), 0);
        assert_string_equal(hub_text(&t.hub, AHEAD), "4:-6000:6000");
        result = hub_apply(&t.hub, &t.log, 3, 3);
        assert_string_equal(hub_text(&t.hub, AHEAD), "4:-6000:6000");
        /* The batch goes on behind the point at which both must agree. */
        result = hub_apply(&t.hub, &t.log, 4, 5);
        expect_ack(&result, APPLIED, &t.log, 5);
        assert_string_equal(hub_text(&t.hub, AHEAD), "null");
        assert_string_equal(hub_exceptions(&t.hub), "");
}

static void highest_totals_win_and_the_same_twice_change_nothing(void **state) {
        (void)state;
        assert_int_equal(tell_totals(4, -6000, 6000), 0);
        assert_int_equal(tell_totals(3, -3000, 3000), 0);
        assert_int_equal(tell_totals(4, -6000, 6000), 0);
        assert_string_equal(hub_text(&t.hub, AHEAD), "4:-6000:6000");
}

static void totals_that_the_log_has_passed_are_ignored(void **state) {
        struct apply_result result = hub_apply(&t.hub, &t.log, 1, 5);

        (void)state;
        expect_ack(&result, APPLIED, &t.log, 5);
        assert_int_equal(tell_totals(5, -999000, 0), 0);
        assert_string_equal(hub_text(&t.hub, AHEAD), "null");
}

static void totals_that_contradict_the_log_are_told_and_the_log_stands(void **state) {
        struct apply_result result;

        (void)state;
        assert_int_equal(tell_totals(3, -7000, 3000), 0);
        result = hub_apply(&t.hub, &t.log, 1, 5);
        expect_ack(&result, APPLIED, &t.log, 5);
        assert_string_equal(hub_exceptions(&t.hub), "totals_mismatch gw-01|TEA;");
        assert_string_equal(hub_text(&t.hub, "SELECT expected || ' / ' || found FROM exception"),
                            "log: sell -3000 picked 3000 thousandths / "
                            "totals: sell -7000 picked 3000 thousandths");
        assert_string_equal(hub_text(&t.hub, AHEAD), "null");
        assert_int_equal(hub_int(&t.hub, ON_HAND), -10000);
}

static void malformed_totals_say_why(void **state) {
        static const char total_is_a_number[] = "{\"v\":1,\"epoch\":\"" EPOCH_A
                                                "\",\"as_of\":3,\"totals\":{\"TEA\":7}}";
        static const char *const messages[] = { "", "{}", "[]", "{\"v\":1,\"epoch\":\"x\"}",
                                                total_is_a_number };
        struct jsonr_error error;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
                error.text[0] = '\0';
                assert_int_equal(db_begin(t.hub.db), 0);
                assert_true(apply_totals(&t.hub.book, HUB_SITE, "gw-01", slice_of(messages[i]),
                                         &error) > 0);
                db_rollback(t.hub.db);
                assert_string_not_equal(error.text, "");
        }
}

/* ---- a new connection ------------------------------------------------------------------------ */

static int on_held(void *userdata, const char *gateway, const struct ack *ack) {
        bytes_appendf(userdata, "%s %s %llu;", gateway, ack->epoch,
                      (unsigned long long)ack->through);
        return 0;
}

static void new_connection_is_told_the_newest_epoch_of_each_gateway(void **state) {
        CLEANUP(bytes_fini) struct bytes held = { 0 };
        struct apply_result result = hub_apply(&t.hub, &t.log, 1, 5);

        (void)state;
        begin_after(5);
        result = hub_apply(&t.hub, &t.other, 6, 7);
        expect_ack(&result, APPLIED, &t.other, 7);
        (void)hub_put(&t.hub, "{\"type\":\"move\",\"id\":\"m\",\"kind\":\"adjust\",\"sku\":\"TEA\","
                              "\"qty\":1,\"from\":\"@adjust\",\"to\":\"A-01\"}");
        assert_int_equal(apply_each_held(t.hub.db, HUB_SITE, on_held, &held), 0);
        assert_string_equal(bytes_str(&held), "gw-01 " EPOCH_B " 7;");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(batch_is_applied_and_acknowledged_with_its_hash),
                TEST(same_batch_twice_counts_once),
                TEST(known_part_says_all_that_is_held),
                TEST(partly_known_batch_is_completed),
                TEST(gap_sends_the_gateway_back_and_changes_nothing),
                TEST(two_gateways_do_not_touch_each_others_rows),
                TEST(epoch_without_its_beginning_is_parked),
                TEST(restart_before_its_log_arrived_is_parked_with_what_is_held),
                TEST(restart_after_an_unknown_epoch_is_parked),
                TEST(restart_continues_where_the_log_ended),
                TEST(restored_image_keeps_both_branches_and_moves_the_lost_parts),
                TEST(image_restored_to_before_its_last_start_loses_what_followed_too),
                TEST(cloned_card_is_told_and_both_histories_stand),
                TEST(log_that_begins_anew_is_told),
                TEST(epoch_that_continues_from_another_chain_is_a_fork),
                TEST(other_event_under_a_known_number_is_a_fork),
                TEST(last_event_another_one_is_a_fork),
                TEST(broken_chain_is_a_fork_and_counted_when_it_comes_again),
                TEST(malformed_event_is_kept_as_evidence_and_the_rest_goes_on),
                TEST(message_that_is_no_batch_changes_nothing),
                TEST(batch_of_somebody_else_is_refused),
                TEST(batch_with_another_number_of_events_is_refused),
                TEST(first_event_that_does_not_fit_its_header_is_refused),
                TEST(totals_ahead_of_the_log_are_kept_until_the_log_agrees),
                TEST(highest_totals_win_and_the_same_twice_change_nothing),
                TEST(totals_that_the_log_has_passed_are_ignored),
                TEST(totals_that_contradict_the_log_are_told_and_the_log_stands),
                TEST(malformed_totals_say_why),
                TEST(new_connection_is_told_the_newest_epoch_of_each_gateway),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
