/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "drivers/scanner/framer.h"
#include "drivers/scanner/setup.h"
#include "tests/unit/helper_protocol.h"

/* The framed protocol and what it asked of its scanner: "send Q;scan A1;". */
static void on_send(void *ctx, struct slice bytes) {
        bytes_appendf(&((struct rig *)ctx)->said, "send %.*s;", (int)bytes.len,
                      (const char *)bytes.bytes);
}

static void set(struct profile_bytes *dst, const char *text) {
        dst->len = strlen(text);
        memcpy(dst->bytes, text, dst->len);
}

static void rig_init(struct rig *rig) {
        *rig = (struct rig) {
                .profile = { .ends = { '\r' }, .n_ends = 1, .start = -1, .rest_ms = 500 }
        };
        set(&rig->profile.good, "+");
        set(&rig->profile.bad, "-");
        set(&rig->profile.attention, "?");
}

static void attach(struct rig *rig) {
        struct protocol_host host = rig_host(rig);

        host.send = on_send;
        assert_int_equal(rig_new(rig, &host, slice_of("")), 0);
        protocol_framed.attached(rig->protocol);
}

static void input(struct rig *rig, const char *text) {
        protocol_framed.input(rig->protocol, slice_of(text));
}

static void with_setup(struct rig *rig) {
        struct profile *profile = &rig->profile;

        profile->n_setup = 2;
        set(&profile->setup[0].send, "S1");
        set(&profile->setup[0].expect, "ok1");
        set(&profile->setup[1].send, "S2");
        set(&profile->identify.query, "WHO");
        set(&profile->identify.end, ".");
        assert_int_equal(str_copy(profile->identify.model, sizeof(profile->identify.model),
                                  "Model: ([A-Z0-9]+)"),
                         0);
        assert_int_equal(str_copy(profile->identify.firmware, sizeof(profile->identify.firmware),
                                  "Rev ([0-9]+)"),
                         0);
}

/* ---- without a set-up --------------------------------------------------------------------------- */

static void scans_come_and_feedback_goes(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        attach(&rig);
        rig_expect(&rig, "");
        input(&rig, "A1\rB");
        rig_expect(&rig, "scan A1;");
        assert_int_equal(rig.wait_ms, 500);
        input(&rig, "2\r");
        rig_expect(&rig, "scan B2;");
        assert_int_equal(rig.wait_ms, 0);
        protocol_framed.feedback(rig.protocol, SCANNER_GOOD);
        protocol_framed.feedback(rig.protocol, SCANNER_BAD);
        protocol_framed.feedback(rig.protocol, SCANNER_ATTENTION);
        rig_expect(&rig, "send +;send -;send ?;");
        rig_fini(&rig);
}

static void silence_refuses_a_rest_or_ends_a_scan(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        attach(&rig);
        input(&rig, "half");
        protocol_framed.timer(rig.protocol);
        rig_expect(&rig, "refused;");
        rig.profile.gap_ms = 50;
        input(&rig, "whole");
        assert_int_equal(rig.wait_ms, 50);
        protocol_framed.timer(rig.protocol);
        rig_expect(&rig, "scan whole;");
        rig_fini(&rig);
}

static const struct {
        const char *frame;
        enum frame_check check;
        bool holds;
} checks[] = {
        { "A", FRAME_CHECK_NONE, true },           { "AB\x03", FRAME_CHECK_LRC, true },
        { "AB\x04", FRAME_CHECK_LRC, false },      { "A", FRAME_CHECK_LRC, false },
        { "AB\x83", FRAME_CHECK_SUM, true },       { "AB\x03", FRAME_CHECK_SUM, false },
        { "\xff\x02\x01", FRAME_CHECK_SUM, true },
};

static void a_check_byte_is_verified_and_taken_off(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
                struct slice frame = slice_of(checks[i].frame);
                size_t len = frame.len - (checks[i].check == FRAME_CHECK_NONE ? 0 : 1);

                assert_int_equal(frame_check_holds(checks[i].check, &frame), checks[i].holds);
                if (checks[i].holds)
                        assert_int_equal(frame.len, len);
        }
}

static void a_damaged_frame_is_refused(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        rig.profile.check = FRAME_CHECK_LRC;
        attach(&rig);
        input(&rig, "AB\x03\rAC\x03\r");
        rig_expect(&rig, "scan AB;refused;");
        rig_fini(&rig);
}

/* ---- set-up ------------------------------------------------------------------------------------- */

static void the_setup_goes_step_by_step(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        with_setup(&rig);
        attach(&rig);
        rig_expect(&rig, "send S1;");
        assert_int_equal(rig.wait_ms, SETUP_ANSWER_MS);
        input(&rig, "ok");
        rig_expect(&rig, "");
        input(&rig, "1\r");
        rig_expect(&rig, "send S2;send WHO;");
        input(&rig, "Model: DS22\r\nRev 017");
        rig_expect(&rig, "");
        input(&rig, ".");
        rig_expect(&rig, "is DS22/017;");
        assert_int_equal(rig.wait_ms, 0);
        input(&rig, "A1\r");
        rig_expect(&rig, "scan A1;");
        rig_fini(&rig);
}

static void a_mute_device_is_told_of_and_still_scans(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        with_setup(&rig);
        attach(&rig);
        input(&rig, "A1\rB"); /* a scan at the wrong moment is none less */
        rig_expect(&rig, "send S1;");
        protocol_framed.timer(rig.protocol);
        rig_expect(&rig, "scan A1;send S2;send WHO;");
        protocol_framed.timer(rig.protocol);
        rig_expect(&rig, "trouble;");
        assert_int_equal(rig.wait_ms, 500); /* B still waits for its end */
        input(&rig, "2\r");
        rig_expect(&rig, "scan B2;");
        rig_fini(&rig);
}

static void an_answer_without_an_end_is_bounded(void **state) {
        char line[128];
        struct rig rig;

        (void)state;
        rig_init(&rig);
        with_setup(&rig);
        attach(&rig);
        memset(line, 'x', sizeof(line) - 2);
        line[sizeof(line) - 2] = '\r';
        line[sizeof(line) - 1] = '\0';
        for (size_t sent = 0; sent < 2 * SETUP_ANSWER_MAX + sizeof(line); sent += sizeof(line) - 1)
                input(&rig, line);
        assert_non_null(strstr(bytes_str(&rig.said), "trouble;"));
        assert_non_null(strstr(bytes_str(&rig.said), "scan xxx"));
        rig_fini(&rig);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(scans_come_and_feedback_goes),
                cmocka_unit_test(silence_refuses_a_rest_or_ends_a_scan),
                cmocka_unit_test(a_check_byte_is_verified_and_taken_off),
                cmocka_unit_test(a_damaged_frame_is_refused),
                cmocka_unit_test(the_setup_goes_step_by_step),
                cmocka_unit_test(a_mute_device_is_told_of_and_still_scans),
                cmocka_unit_test(an_answer_without_an_end_is_bounded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
