/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "drivers/scanner/scanner.h"
#include "tests/driver/helper_replay.h"

/*
 * Logs of scanners, replayed into the real driver with the maker's own profile:
 * tests/driver/scanner_*.log. The owner is told "ready;", "scan TEXT;", "refused;",
 * "identity MODEL/FIRMWARE;", "ready (DETAIL);", and does "good", "bad" or "attention". Each log is
 * played twice: as it is written, and with every byte from the device by itself.
 */

struct rig {
        sd_event *event;
        struct tty tty;
        struct profile *profile;
        struct scanner *scanner;
        struct bytes told;
};

static void on_scan(void *userdata, struct scanner *scanner, struct slice data) {
        struct rig *rig = userdata;

        (void)scanner;
        bytes_append_str(&rig->told, "scan ");
        bytes_append(&rig->told, data.bytes, data.len);
        bytes_append_str(&rig->told, ";");
}

static void on_refused(void *userdata, struct scanner *scanner, const char *reason) {
        struct rig *rig = userdata;

        (void)scanner;
        assert_true(reason[0]);
        bytes_append_str(&rig->told, "refused;");
}

static void on_state(void *userdata, struct scanner *scanner, enum scanner_state state,
                     const char *detail) {
        static const char *const words[] = { "absent", "ready", "fault" };
        struct rig *rig = userdata;

        (void)scanner;
        bytes_appendf(&rig->told, "%s%s%s%s;", words[state], detail[0] ? " (" : "", detail,
                      detail[0] ? ")" : "");
}

static void on_identity(void *userdata, struct scanner *scanner, const char *model,
                        const char *firmware) {
        struct rig *rig = userdata;

        (void)scanner;
        bytes_appendf(&rig->told, "identity %s/%s;", model, firmware);
}

static const struct scanner_handler handler = { on_scan, on_refused, on_state, on_identity, NULL };

static void act(void *userdata, const char *text) {
        static const char *const words[] = {
                [SCANNER_GOOD] = "good", [SCANNER_BAD] = "bad", [SCANNER_ATTENTION] = "attention"
        };
        struct rig *rig = userdata;

        for (size_t i = 0; i < ARRAY_LEN(words); i++)
                if (strcmp(text, words[i]) == 0) {
                        scanner_send_feedback(rig->scanner, (enum scanner_feedback)i);
                        return;
                }
        fail_msg("the owner cannot do \"%s\"", text);
}

static const char *told(void *userdata) {
        struct rig *rig = userdata;

        return bytes_str(&rig->told);
}

static void play_once(const char *log, const char *profile) {
        struct rig rig = { .event = NULL };
        struct scanner_config config = { .name = "gun" };
        struct bytes error = { .data = NULL };
        char folder[] = "/tmp/test_scanner_logs.XXXXXX";

        assert_int_equal(sd_event_new(&rig.event), 0);
        assert_int_equal(profile_load(profile, PROFILE_SCANNER, &rig.profile, &error), 0);
        assert_non_null(mkdtemp(folder));
        (void)snprintf(config.port, sizeof(config.port), "serial:%s/tty", folder);
        tty_plug(&rig.tty, config.port + strlen("serial:"));
        config.profile = rig.profile;
        assert_int_equal(scanner_new(rig.event, &config, &handler, &rig, &rig.scanner), 0);
        replay(log, &(struct replay_owner) { rig.event, &rig.tty, &rig, act, told });
        scanner_free(rig.scanner);
        tty_unplug(&rig.tty);
        assert_int_equal(rmdir(folder), 0);
        profile_free(rig.profile);
        bytes_fini(&rig.told);
        bytes_fini(&error);
        sd_event_unref(rig.event);
}

/* A line of each byte; an escape is one. */
static void cut_line(const char *text, FILE *out) {
        while (*text && *text != '\n') {
                size_t len = text[0] != '\\' ? 1 : text[1] == 'x' ? 4 : 2;

                assert_true(fprintf(out, "< %.*s\n", (int)len, text) > 0);
                text += len;
        }
}

static void cut(const char *log, const char *to) {
        FILE *in = fopen(log, "re"), *out = fopen(to, "we");
        char *line = NULL;
        size_t size = 0;

        if (!in || !out)
                fail_msg("%s cannot be copied to %s", log, to);
        while (getline(&line, &size, in) >= 0)
                if (line[0] == '<')
                        cut_line(line + 2, out);
                else
                        assert_true(fputs(line, out) >= 0);
        free(line);
        assert_int_equal(fclose(in), 0);
        assert_int_equal(fclose(out), 0);
}

static void play(const char *log, const char *profile) {
        char copy[] = "/tmp/test_scanner_logs.XXXXXX";
        int fd = mkstemp(copy);

        assert_true(fd >= 0);
        assert_int_equal(close(fd), 0);
        play_once(log, profile);
        cut(log, copy);
        play_once(copy, profile);
        assert_int_equal(unlink(copy), 0);
}

static void a_honeywell_says_who_it_is_and_waits_for_host_ack(void **state) {
        (void)state;
        play("tests/driver/scanner_honeywell.log", "honeywell-serial");
}

static void a_honeywell_that_does_not_say_who_it_is_scans(void **state) {
        (void)state;
        play("tests/driver/scanner_honeywell_mute.log", "honeywell-serial");
}

static void a_datalogic_beeps_by_single_bytes(void **state) {
        (void)state;
        play("tests/driver/scanner_datalogic.log", "datalogic-serial");
}

/* Newland's own profile sends nothing, as no list of its tags was in reach. */
static void a_newland_takes_its_setup_and_tells_of_what_it_does_not_know(void **state) {
        static const char text[] =
                "{ \"name\": \"newland-setup\", \"kind\": \"scanner\", \"model\": \"x\","
                "  \"verified\": false, \"sources\": [\"tests/driver/scanner_newland_setup.log\"],"
                "  \"serial\": { \"baud\": 9600, \"data_bits\": 8, \"parity\": \"none\","
                "                \"stop_bits\": 1, \"flow\": \"none\" },"
                "  \"setup\": ["
                "    { \"send\": \"7e013030303023544147535542313b03\", \"expect\": \"063b03\" },"
                "    { \"send\": \"7e013030303023544147535542323b03\", \"expect\": \"063b03\" }],"
                "  \"framing\": { \"ends\": \"0d0a\", \"rest_ms\": 500 } }";
        char folder[] = "/tmp/test_scanner_logs.XXXXXX", path[64];
        FILE *file;

        (void)state;
        assert_non_null(mkdtemp(folder));
        (void)snprintf(path, sizeof(path), "%s/newland-setup.json", folder);
        file = fopen(path, "we");
        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(setenv("TALLYMAN_PROFILES", folder, 1), 0);
        play("tests/driver/scanner_newland_setup.log", "newland-setup");
        assert_int_equal(setenv("TALLYMAN_PROFILES", "firmware-profiles", 1), 0);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(rmdir(folder), 0);
}

static void a_newland_scans_with_cr(void **state) {
        (void)state;
        play("tests/driver/scanner_newland.log", "newland-serial");
}

static void a_zebra_is_set_up_acknowledged_and_beeps(void **state) {
        (void)state;
        play("tests/driver/scanner_zebra_ssi.log", "zebra-ssi");
}

static void a_zebras_long_code_comes_in_packets(void **state) {
        (void)state;
        play("tests/driver/scanner_zebra_ssi_long.log", "zebra-ssi");
}

static void a_zebra_on_a_bad_line_loses_and_doubles_nothing(void **state) {
        (void)state;
        play("tests/driver/scanner_zebra_ssi_line.log", "zebra-ssi");
}

static void a_zebra_in_plain_serial_hears_bel_for_bad(void **state) {
        (void)state;
        play("tests/driver/scanner_zebra_serial.log", "zebra-serial");
}

static void stx_and_etx_frame_a_scan(void **state) {
        (void)state;
        play("tests/driver/scanner_stx_etx.log", "generic-serial");
}

static void scans_come_together_and_in_halves(void **state) {
        (void)state;
        play("tests/driver/scanner_pieces.log", "generic-serial");
}

static void gs_travels_inside_of_gs1_codes(void **state) {
        (void)state;
        play("tests/driver/scanner_gs1.log", "generic-serial");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_honeywell_says_who_it_is_and_waits_for_host_ack),
                cmocka_unit_test(a_honeywell_that_does_not_say_who_it_is_scans),
                cmocka_unit_test(a_datalogic_beeps_by_single_bytes),
                cmocka_unit_test(a_newland_takes_its_setup_and_tells_of_what_it_does_not_know),
                cmocka_unit_test(a_newland_scans_with_cr),
                cmocka_unit_test(a_zebra_is_set_up_acknowledged_and_beeps),
                cmocka_unit_test(a_zebras_long_code_comes_in_packets),
                cmocka_unit_test(a_zebra_on_a_bad_line_loses_and_doubles_nothing),
                cmocka_unit_test(a_zebra_in_plain_serial_hears_bel_for_bad),
                cmocka_unit_test(stx_and_etx_frame_a_scan),
                cmocka_unit_test(scans_come_together_and_in_halves),
                cmocka_unit_test(gs_travels_inside_of_gs1_codes),
        };

        if (setenv("TALLYMAN_PROFILES", "firmware-profiles", 1) != 0)
                return 1;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
