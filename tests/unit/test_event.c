/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "sync/event.h"

/* 2026-11-20T12:00:00.123Z */
#define TS INT64_C(1795176000123)

static struct event event_of(enum event_type type) {
        struct event event = { .seq = 7, .ts_ms = TS, .type = type };

        return event;
}

static void assert_line(const struct event *event, const char *expected) {
        struct bytes line = { 0 };

        assert_int_equal(event_write(event, &line), 0);
        assert_string_equal(bytes_str(&line), expected);
        bytes_fini(&line);
}

/* Every line that is written is read, and comes out the same again. */
static void assert_round_trip(const struct event *event, const char *expected) {
        struct event back;
        char error[160] = "";

        assert_line(event, expected);
        assert_int_equal(event_parse(slice_of(expected), &back, error, sizeof(error)), 0);
        assert_string_equal(error, "");
        back.scan = event->scan;
        assert_line(&back, expected);
}

#define SET(field, text) assert_int_equal(str_copy(field, sizeof(field), text), 0)

static struct event design_pick(void) {
        struct event event = event_of(EVENT_MOVE);

        event.seq = 1201;
        SET(event.station, "pack-1");
        SET(event.operator_id, "op-17");
        event.move.kind = MOVE_PICK;
        SET(event.move.sku, "85123A");
        event.move.qty_milli = 6000;
        SET(event.move.from, "A-03-2");
        SET(event.move.to, "tote:T17");
        event.move.sell_milli = -6000;
        SET(event.move.order, "536365");
        event.move.line = 1;
        event.scan = slice_of("]E05012345678900");
        return event;
}

static void a_pick_is_written_as_the_design_shows_it(void **state) {
        struct event event = design_pick();

        (void)state;
        assert_round_trip(&event,
                          "{\"seq\":1201,\"ts\":\"2026-11-20T12:00:00.123Z\",\"type\":\"move\","
                          "\"station\":\"pack-1\",\"operator\":\"op-17\",\"kind\":\"pick\","
                          "\"sku\":\"85123A\",\"qty\":6,\"from\":\"A-03-2\",\"to\":\"tote:T17\","
                          "\"sell\":-6,\"order\":\"536365\",\"line\":1,"
                          "\"scan\":\"]E05012345678900\"}");
}

static void a_reversal_names_what_it_reverses(void **state) {
        struct event event = event_of(EVENT_MOVE);

        (void)state;
        event.move = (struct move) { .kind = MOVE_REVERSE, .of = MOVE_RECEIVE, .qty_milli = 250,
                                     .reverses = 5 };
        SET(event.move.sku, "S");
        SET(event.move.lot, "L1");
        SET(event.move.serial, "SN");
        SET(event.move.expiry, "2027-01-31");
        SET(event.move.from, "DOCK");
        SET(event.move.to, LOCATION_SUPPLIER);
        SET(event.move.reason, "short");
        SET(event.move.id, "x-1");
        assert_round_trip(&event,
                          "{\"seq\":7,\"ts\":\"2026-11-20T12:00:00.123Z\",\"type\":\"move\","
                          "\"kind\":\"reverse\",\"of\":\"receive\",\"sku\":\"S\",\"lot\":\"L1\","
                          "\"serial\":\"SN\",\"expiry\":\"2027-01-31\",\"qty\":0.25,"
                          "\"from\":\"DOCK\",\"to\":\"@supplier\",\"reverses\":5,"
                          "\"reason\":\"short\",\"id\":\"x-1\"}");
}

static void an_order_change_carries_its_counts(void **state) {
        struct event event = event_of(EVENT_ORDER);

        (void)state;
        event.order = (struct order_change) { .state = ORDER_SHORT, .line = 2,
                                              .ordered_milli = 6000, .picked_milli = 4000,
                                              .short_milli = 2000 };
        SET(event.order.order, "536365");
        SET(event.order.tote, "T17");
        SET(event.order.sku, "S");
        assert_round_trip(&event,
                          "{\"seq\":7,\"ts\":\"2026-11-20T12:00:00.123Z\",\"type\":\"order\","
                          "\"state\":\"short\",\"order\":\"536365\",\"tote\":\"T17\",\"line\":2,"
                          "\"sku\":\"S\",\"ordered\":6,\"picked\":4,\"short\":2}");
}

static void an_exception_carries_its_evidence(void **state) {
        struct event event = event_of(EVENT_EXCEPTION);
        struct exception_change *exception = &event.exception;

        (void)state;
        *exception = (struct exception_change) {
                .state = EXCEPTION_RESOLVED, .kind = EXCEPTION_SHORT_PICK,
                .severity = SEVERITY_HIGH, .count = 2, .line = 1, .has_stock_before = true,
                .qty_milli = 500, .order_priority = -3, .order_due_ms = TS,
        };
        SET(exception->id, "gw-01-7");
        SET(exception->owner, "lead");
        SET(exception->group, "A-1|S");
        SET(exception->order, "O");
        SET(exception->sku, "S");
        SET(exception->location, "A-1");
        SET(exception->device, "zd");
        SET(exception->expected, "1 x \"S\"");
        SET(exception->found, "x\ty");
        SET(exception->action, "recount");
        SET(exception->by, "Ada");
        SET(exception->note, "\xC3\xA9");
        event.scan = (struct slice) { (const uint8_t *)"a\x1d\xE9", 3 };
        assert_round_trip(&event,
                          "{\"seq\":7,\"ts\":\"2026-11-20T12:00:00.123Z\",\"type\":\"exception\","
                          "\"kind\":\"short_pick\",\"state\":\"resolved\",\"id\":\"gw-01-7\","
                          "\"severity\":\"high\",\"owner\":\"lead\",\"group\":\"A-1|S\","
                          "\"count\":2,\"order\":\"O\",\"line\":1,\"sku\":\"S\","
                          "\"location\":\"A-1\",\"device\":\"zd\","
                          "\"expected\":\"1 x \\\"S\\\"\",\"found\":\"x\\u0009y\","
                          "\"stock_before\":0,\"qty\":0.5,\"order_priority\":-3,"
                          "\"order_due\":\"2026-11-20T12:00:00.123Z\",\"action\":\"recount\","
                          "\"by\":\"Ada\",\"note\":\"\xC3\xA9\","
                          "\"scan\":\"a\\u001d\xC3\xA9\",\"enc\":\"latin1\"}");
}

static void print_device_session_and_system_have_their_members(void **state) {
        struct event event = event_of(EVENT_PRINT);

        (void)state;
        event.print = (struct print_change) { .state = PRINT_UNCERTAIN, .job = 5 };
        SET(event.print.order, "O");
        SET(event.print.printer, "zd");
        SET(event.print.label, "shipping");
        SET(event.print.reason, "unplugged");
        SET(event.print.by, "Ada");
        assert_round_trip(&event,
                          "{\"seq\":7,\"ts\":\"2026-11-20T12:00:00.123Z\",\"type\":\"print\","
                          "\"state\":\"uncertain\",\"job\":5,\"order\":\"O\",\"printer\":\"zd\","
                          "\"label\":\"shipping\",\"reason\":\"unplugged\",\"by\":\"Ada\"}");

        event = event_of(EVENT_DEVICE);
        event.device.state = DEVICE_FIRMWARE;
        SET(event.device.device, "left");
        SET(event.device.port, "/dev/ttyACM0");
        SET(event.device.profile, "generic-serial");
        SET(event.device.firmware, "1.2");
        SET(event.device.detail, "drift");
        assert_round_trip(&event,
                          "{\"seq\":7,\"ts\":\"2026-11-20T12:00:00.123Z\",\"type\":\"device\","
                          "\"state\":\"firmware\",\"device\":\"left\",\"port\":\"/dev/ttyACM0\","
                          "\"profile\":\"generic-serial\",\"firmware\":\"1.2\","
                          "\"detail\":\"drift\"}");

        event = event_of(EVENT_SESSION);
        event.session.state = SESSION_LOGOUT;
        SET(event.boot, "6b3c1a52-0000-4000-8000-000000000000");
        event.mono_ms = 1234;
        assert_round_trip(&event,
                          "{\"seq\":7,\"ts\":\"2026-11-20T12:00:00.123Z\",\"type\":\"session\","
                          "\"boot\":\"6b3c1a52-0000-4000-8000-000000000000\",\"mono_ms\":1234,"
                          "\"state\":\"logout\"}");

        event = event_of(EVENT_SYSTEM);
        event.system.state = SYSTEM_CLOCK_JUMP;
        event.system.jump_ms = -60000;
        assert_round_trip(&event,
                          "{\"seq\":7,\"ts\":\"2026-11-20T12:00:00.123Z\",\"type\":\"system\","
                          "\"state\":\"clock_jump\",\"jump_ms\":-60000}");
}

static void an_epoch_names_the_point_it_continues_from(void **state) {
        struct event event = event_of(EVENT_SYSTEM);

        (void)state;
        SET(event.system.epoch, "01JD4Z00000000000000000000");
        SET(event.system.version, "0.1.0");
        assert_round_trip(&event,
                          "{\"seq\":7,\"ts\":\"2026-11-20T12:00:00.123Z\",\"type\":\"system\","
                          "\"state\":\"started\",\"epoch\":\"01JD4Z00000000000000000000\","
                          "\"version\":\"0.1.0\",\"after\":null}");
        SET(event.system.after.epoch, "01JD4Y00000000000000000000");
        event.system.after.seq = 6;
        memset(event.system.after.hash.bytes, 0xAB, DIGEST_LEN);
        assert_round_trip(&event,
                          "{\"seq\":7,\"ts\":\"2026-11-20T12:00:00.123Z\",\"type\":\"system\","
                          "\"state\":\"started\",\"epoch\":\"01JD4Z00000000000000000000\","
                          "\"version\":\"0.1.0\",\"after\":{"
                          "\"epoch\":\"01JD4Y00000000000000000000\",\"seq\":6,\"hash\":\""
                          "abababababababababababababababababababababababababababababababab"
                          "\"}}");
}

#define HEAD "{\"seq\":1,\"ts\":\"2026-11-20T12:00:00.123Z\",\"type\":"
#define MOVE HEAD "\"move\",\"kind\":\"pick\",\"sku\":\"S\","

static const struct {
        const char *line;
        const char *error; /* part of it */
} malformed[] = {
        { "", "" },
        { "[]", "seq is missing" },
        { "\"text\"", "seq is missing" },
        { "{\"seq\":1", "line 1" },
        { HEAD "\"move\"} x", "end of file expected" },
        { HEAD "\"dance\"}", "type \"dance\" is unknown" },
        { HEAD "7}", "type must be a text" },
        { "{\"seq\":0,\"ts\":\"2026-11-20T12:00:00Z\",\"type\":\"move\"}", "seq must be" },
        { "{\"seq\":1.0,\"ts\":\"2026-11-20T12:00:00Z\",\"type\":\"move\"}", "whole number" },
        { "{\"seq\":9223372036854775808,\"ts\":\"\",\"type\":\"move\"}", "too big" },
        { "{\"seq\":1,\"type\":\"session\",\"state\":\"login\"}", "ts is missing" },
        { "{\"seq\":1,\"ts\":\"yesterday\",\"type\":\"move\"}", "RFC 3339" },
        { "{\"seq\":1,\"seq\":2}", "duplicate" },
        { HEAD "\"move\",\"kind\":\"pick\"}", "sku is missing" },
        { HEAD "\"move\",\"kind\":\"steal\",\"sku\":\"S\"}", "kind \"steal\" is unknown" },
        { MOVE "\"qty\":0,\"from\":\"A\",\"to\":\"B\"}", "qty must be more than 0" },
        { MOVE "\"qty\":-1,\"from\":\"A\",\"to\":\"B\"}", "qty must be more than 0" },
        { MOVE "\"qty\":0.0001,\"from\":\"A\",\"to\":\"B\"}", "three decimals" },
        { MOVE "\"qty\":1e300,\"from\":\"A\",\"to\":\"B\"}", "qty" },
        { MOVE "\"qty\":\"6\",\"from\":\"A\",\"to\":\"B\"}", "qty must be a number" },
        { MOVE "\"qty\":1,\"from\":\"A\",\"to\":\"A\"}", "the same" },
        { MOVE "\"qty\":1,\"from\":\"\",\"to\":\"A\"}", "empty" },
        { MOVE "\"qty\":1,\"sell\":2,\"from\":\"B\",\"to\":\"A\"}", "sell" },
        { MOVE "\"qty\":1,\"from\":\"A\\u0000\",\"to\":\"B\"}", "NUL" },
        { MOVE "\"qty\":1,\"line\":-1,\"from\":\"A\",\"to\":\"B\"}", "line must be" },
        { HEAD "\"move\",\"kind\":\"reverse\",\"sku\":\"S\",\"qty\":1,\"from\":\"A\",\"to\":\"B\"}",
          "reverses is missing" },
        { HEAD "\"order\",\"state\":\"open\",\"order\":\"O\"}", "no event" },
        { HEAD "\"order\",\"state\":\"picked\"}", "order is missing" },
        { HEAD "\"print\",\"state\":\"sending\",\"job\":1}", "no event" },
        { HEAD "\"print\",\"state\":\"queued\",\"job\":0}", "job must be" },
        { HEAD "\"system\",\"state\":\"started\"}", "epoch is not a ULID" },
        { HEAD "\"system\",\"state\":\"restored\",\"after\":{\"epoch\":\"x\",\"seq\":1}}", "hash" },
};

static void hostile_lines_are_malformed_and_say_why(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(malformed); i++) {
                struct event event = { .seq = 42 };
                char error[160] = "";
                int r = event_parse(slice_of(malformed[i].line), &event, error, sizeof(error));

                if (r != EVENT_E_MALFORMED || !strstr(error, malformed[i].error))
                        fail_msg("%s: %d \"%s\"", malformed[i].line, r, error);
                assert_true(error[0]);
                assert_int_equal(event.seq, 42);
        }
}

static void every_cut_line_is_malformed(void **state) {
        struct event event = design_pick();
        struct bytes line = { 0 };
        char error[160];

        (void)state;
        assert_int_equal(event_write(&event, &line), 0);
        for (size_t len = 0; len < line.len; len++)
                assert_int_equal(event_parse((struct slice) { line.data, len }, &event, error,
                                             sizeof(error)),
                                 EVENT_E_MALFORMED);
        bytes_fini(&line);
}

static void an_overlong_name_is_malformed_and_not_cut(void **state) {
        struct bytes line = { 0 };
        struct event event;
        char error[160];

        (void)state;
        bytes_appendf(&line, HEAD "\"order\",\"state\":\"picked\",\"order\":\"%0*d\"}", ID_SIZE, 0);
        assert_int_equal(event_parse(bytes_slice(&line), &event, error, sizeof(error)),
                         EVENT_E_MALFORMED);
        assert_non_null(strstr(error, "order is longer than 64 bytes"));
        bytes_fini(&line);
}

static void a_line_over_the_limit_is_neither_written_nor_read(void **state) {
        static char scan[EVENT_LINE_MAX];
        struct event event = design_pick();
        struct bytes line = { 0 };
        char error[160];

        (void)state;
        memset(scan, 'x', sizeof(scan));
        event.scan = (struct slice) { (const uint8_t *)scan, sizeof(scan) };
        assert_int_equal(event_write(&event, &line), -EMSGSIZE);
        assert_int_equal(event_parse(bytes_slice(&line), &event, error, sizeof(error)),
                         EVENT_E_MALFORMED);
        bytes_fini(&line);
}

static void texts_of_devices_become_utf8_of_the_same_length(void **state) {
        struct event event = event_of(EVENT_EXCEPTION);

        (void)state;
        SET(event.exception.found, "a\xFF\xC3\xA9\xE2\x82");
        event_clean(&event);
        assert_string_equal(event.exception.found, "a?\xC3\xA9??");
}

static void members_of_tomorrow_are_ignored(void **state) {
        struct event event;
        char error[160];

        (void)state;
        assert_int_equal(event_parse(slice_of(HEAD "\"session\",\"state\":\"login\",\"new\":[{}]}"),
                                     &event, error, sizeof(error)),
                         0);
}

static void every_kind_of_exception_has_severity_owner_and_word(void **state) {
        (void)state;
        for (unsigned i = 0; i < EXCEPTION_KIND_MAX_; i++) {
                enum severity severity = SEVERITY_MAX_;
                enum exception_kind kind;
                char owner[ID_SIZE] = "";

                exception_defaults(i, &severity, owner);
                assert_true(severity < SEVERITY_MAX_);
                assert_true(owner[0]);
                assert_int_equal(exception_kind_parse(exception_kind_name(i), &kind), 0);
                assert_int_equal(kind, i);
        }
}

static void priority_grows_with_severity_urgency_and_repeats(void **state) {
        const int64_t hour = 3600 * 1000;

        (void)state;
        assert_int_equal(exception_priority(SEVERITY_INFO, 1, 0, TS), 1);
        assert_int_equal(exception_priority(SEVERITY_HIGH, 1, 0, TS), 4);
        assert_int_equal(exception_priority(SEVERITY_HIGH, 2, TS + 4 * hour + 1, TS), 8);
        assert_int_equal(exception_priority(SEVERITY_HIGH, 2, TS + 4 * hour, TS), 16);
        assert_int_equal(exception_priority(SEVERITY_HIGH, 2, TS + hour, TS), 24);
        assert_int_equal(exception_priority(SEVERITY_HIGH, 2, TS - hour, TS), 24);
        assert_int_equal(exception_priority(SEVERITY_CRITICAL, 1000, TS, TS), 150);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_pick_is_written_as_the_design_shows_it),
                cmocka_unit_test(a_reversal_names_what_it_reverses),
                cmocka_unit_test(an_order_change_carries_its_counts),
                cmocka_unit_test(an_exception_carries_its_evidence),
                cmocka_unit_test(print_device_session_and_system_have_their_members),
                cmocka_unit_test(an_epoch_names_the_point_it_continues_from),
                cmocka_unit_test(hostile_lines_are_malformed_and_say_why),
                cmocka_unit_test(every_cut_line_is_malformed),
                cmocka_unit_test(an_overlong_name_is_malformed_and_not_cut),
                cmocka_unit_test(a_line_over_the_limit_is_neither_written_nor_read),
                cmocka_unit_test(texts_of_devices_become_utf8_of_the_same_length),
                cmocka_unit_test(members_of_tomorrow_are_ignored),
                cmocka_unit_test(every_kind_of_exception_has_severity_owner_and_word),
                cmocka_unit_test(priority_grows_with_severity_urgency_and_repeats),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
