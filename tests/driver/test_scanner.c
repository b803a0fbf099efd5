/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "drivers/barcode/barcode.h"
#include "drivers/scanner/scanner.h"
#include "drivers/usb.h"
#include "tests/driver/helper_tty.h"

enum { PATIENCE_MS = 10000 };

/* One scanner and what it said: "ready;scan A1;". */
struct rig {
        sd_event *event;
        char folder[32], link[64];
        struct tty tty;
        struct profile *profile;
        struct scanner *scanner;
        struct bytes said;
        char detail[160];
};

static void on_scan(void *userdata, struct scanner *scanner, struct slice data) {
        struct rig *rig = userdata;

        bytes_appendf(&rig->said, "scan %.*s;", (int)data.len, (const char *)data.bytes);
        scanner_send_feedback(scanner, data.bytes[0] == 'B'   ? SCANNER_BAD
                                       : data.bytes[0] == '?' ? SCANNER_ATTENTION
                                                              : SCANNER_GOOD);
}

static void on_refused(void *userdata, struct scanner *scanner, const char *reason) {
        struct rig *rig = userdata;

        assert_true(reason[0]);
        bytes_append_str(&rig->said, "refused;");
        scanner_send_feedback(scanner, SCANNER_BAD);
}

static void on_state(void *userdata, struct scanner *scanner, enum scanner_state state,
                     const char *detail) {
        static const char *const words[] = { "absent;", "ready;", "fault;" };
        struct rig *rig = userdata;

        assert_int_equal(scanner_state(scanner), state);
        bytes_append_str(&rig->said, words[state]);
        (void)snprintf(rig->detail, sizeof(rig->detail), "%s", detail);
}

static const struct scanner_handler handler = { on_scan, on_refused, on_state, NULL, NULL };

static void run(struct rig *rig, const char *until) {
        int64_t end = clock_mono_ms() + PATIENCE_MS;

        while (!strstr(bytes_str(&rig->said), until)) {
                assert_true(sd_event_run(rig->event, 100 * 1000) >= 0);
                if (clock_mono_ms() > end)
                        fail_msg("\"%s\" did not come, but \"%s\"", until, bytes_str(&rig->said));
        }
}

/* Everything that can be done now. */
static void settle(struct rig *rig) {
        while (sd_event_run(rig->event, 0) > 0)
                ;
}

static void hears(struct rig *rig, const char *feedback) {
        char heard[64] = "";
        size_t len = 0;
        int64_t end = clock_mono_ms() + PATIENCE_MS;

        while (len < strlen(feedback) && clock_mono_ms() < end) {
                settle(rig);
                len += tty_receive(&rig->tty, heard + len, sizeof(heard) - len);
        }
        assert_string_equal(heard, feedback);
}

static void start(struct rig *rig, const char *port, const char *profile) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        struct scanner_config config = { .name = "test" };

        assert_int_equal(profile_load(profile, PROFILE_SCANNER, &rig->profile, &error), 0);
        (void)snprintf(config.port, sizeof(config.port), "serial:%s", port);
        config.profile = rig->profile;
        assert_int_equal(scanner_new(rig->event, &config, &handler, rig, &rig->scanner), 0);
        assert_string_equal(scanner_name(rig->scanner), "test");
        assert_string_equal(scanner_port(rig->scanner), config.port);
}

static void start_plugged(struct rig *rig, const char *profile) {
        tty_plug(&rig->tty, rig->link);
        start(rig, rig->link, profile);
        run(rig, "ready;");
        bytes_clear(&rig->said);
}

static int rig_new(void **state) {
        struct rig *rig = calloc(1, sizeof(*rig));

        assert_non_null(rig);
        rig->tty.master = -1;
        (void)snprintf(rig->folder, sizeof(rig->folder), "/tmp/test-scanner-XXXXXX");
        assert_non_null(mkdtemp(rig->folder));
        (void)snprintf(rig->link, sizeof(rig->link), "%s/tty", rig->folder);
        assert_true(sd_event_new(&rig->event) >= 0);
        *state = rig;
        return 0;
}

static int rig_free(void **state) {
        struct rig *rig = *state;

        scanner_free(rig->scanner);
        profile_free(rig->profile);
        tty_unplug(&rig->tty);
        sd_event_unref(rig->event);
        bytes_fini(&rig->said);
        (void)rmdir(rig->folder);
        free(rig);
        return 0;
}

/* ---- scans and feedback ---------------------------------------------------------------------- */

static void every_scan_gets_its_feedback_byte(void **state) {
        struct rig *rig = *state;

        start_plugged(rig, "generic-serial");
        tty_send(&rig->tty, "A1\r");
        run(rig, "scan A1;");
        hears(rig, "\x06");
        tty_send(&rig->tty, "B2\r\n");
        run(rig, "scan B2;");
        hears(rig, "\x15");
        tty_send(&rig->tty, "\002?3\003");
        run(rig, "scan ?3;");
        hears(rig, "\x07");
        assert_string_equal(bytes_str(&rig->said), "scan A1;scan B2;scan ?3;");
}

static void many_scans_in_one_burst_keep_their_order(void **state) {
        struct rig *rig = *state;

        start_plugged(rig, "generic-serial");
        tty_send(&rig->tty, "A1\rB2\rA3\rB4\r?5\r");
        run(rig, "scan ?5;");
        assert_string_equal(bytes_str(&rig->said), "scan A1;scan B2;scan A3;scan B4;scan ?5;");
        hears(rig, "\x06\x15\x06\x15\x07");
}

static void a_terminals_special_characters_are_data(void **state) {
        struct rig *rig = *state;

        start_plugged(rig, "generic-serial");
        /* EOF XON XOFF SUSP QUIT GS */
        tty_send(&rig->tty, "A\x04\x11\x13\x1a\x1c\x1d\x7f\xff"
                            "Z\r");
        run(rig, "Z;");
        assert_string_equal(bytes_str(&rig->said), "scan A\x04\x11\x13\x1a\x1c\x1d\x7f\xff"
                                                   "Z;");
        hears(rig, "\x06"); /* and nothing is echoed */
}

static void what_waited_before_the_start_is_dropped(void **state) {
        struct rig *rig = *state;
        char heard[8];

        tty_plug(&rig->tty, rig->link);
        tty_send(&rig->tty, "old\r");
        start(rig, rig->link, "generic-serial");
        run(rig, "ready;");
        (void)tty_receive(&rig->tty, heard, sizeof(heard)); /* a new pty echoes */
        tty_send(&rig->tty, "new\r");
        run(rig, "scan ");
        assert_string_equal(bytes_str(&rig->said), "ready;scan new;");
}

/* ---- silence --------------------------------------------------------------------------------- */

static void half_a_code_is_refused_after_silence(void **state) {
        struct rig *rig = *state;
        int64_t at;

        start_plugged(rig, "generic-serial");
        at = clock_mono_ms();
        tty_send(&rig->tty, "hal");
        run(rig, "refused;");
        assert_true(clock_mono_ms() - at >= 490);
        hears(rig, "\x15");
        tty_send(&rig->tty, "A1\r");
        run(rig, "scan A1;");
        assert_string_equal(bytes_str(&rig->said), "refused;scan A1;");
}

/* The kernel hands bytes over in its own time. */
static void send_and_wait(struct rig *rig, struct pollfd *port, const char *text) {
        tty_send(&rig->tty, text);
        assert_int_equal(poll(port, 1, PATIENCE_MS), 1);
}

static void a_loop_that_was_late_is_no_silence(void **state) {
        struct pollfd port = { .events = POLLIN };
        struct rig *rig = *state;

        tty_plug(&rig->tty, rig->link);
        start(rig, rig->link, "generic-serial");
        rig->profile->rest_ms = 20;
        run(rig, "ready;");
        port.fd = open(rig->link, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        assert_true(port.fd >= 0);
        for (int i = 0; i < 5; i++) {
                send_and_wait(rig, &port, "ha");
                settle(rig);
                (void)usleep(30 * 1000); /* a slow card */
                send_and_wait(rig, &port, "lf\r");
                settle(rig);
        }
        assert_string_equal(bytes_str(&rig->said),
                            "ready;scan half;scan half;scan half;scan half;scan half;");
        assert_int_equal(close(port.fd), 0);
}

static void silence_ends_a_scan_without_suffix(void **state) {
        struct rig *rig = *state;

        start_plugged(rig, "generic-serial-raw");
        tty_send(&rig->tty, "A1");
        run(rig, "scan A1;");
        hears(rig, "\x06");
        tty_send(&rig->tty, "B2");
        settle(rig);
        tty_send(&rig->tty, "B3");
        run(rig, "scan B");
        assert_string_equal(bytes_str(&rig->said), "scan A1;scan B2B3;");
        hears(rig, "\x15");
}

static void an_overlong_code_is_refused_once(void **state) {
        struct rig *rig = *state;
        char part[1001];

        start_plugged(rig, "generic-serial");
        memset(part, 'N', sizeof(part));
        part[1000] = '\0';
        for (int sent = 0; sent < SCAN_LEN_MAX * 2; sent += 1000) {
                tty_send(&rig->tty, part);
                settle(rig);
        }
        tty_send(&rig->tty, "\rA1\r");
        run(rig, "scan A1;");
        assert_string_equal(bytes_str(&rig->said), "refused;scan A1;");
        hears(rig, "\x15\x06");
}

/* ---- coming and going ------------------------------------------------------------------------ */

static void the_port_may_come_later(void **state) {
        struct rig *rig = *state;
        int64_t at;

        start(rig, rig->link, "generic-serial");
        run(rig, "absent;");
        assert_non_null(strstr(rig->detail, "plug it in"));
        at = clock_mono_ms();
        tty_plug(&rig->tty, rig->link);
        run(rig, "ready;");
        assert_true(clock_mono_ms() - at < 1000); /* the folder told, not the timer */
        tty_send(&rig->tty, "A1\r");
        run(rig, "scan A1;");
}

static void its_folder_may_come_and_go_too(void **state) {
        struct rig *rig = *state;
        char by_id[64], link[80];

        (void)snprintf(by_id, sizeof(by_id), "%s/by-id", rig->folder);
        (void)snprintf(link, sizeof(link), "%s/tty", by_id);
        start(rig, link, "generic-serial");
        run(rig, "absent;");
        for (int i = 0; i < 3; i++) {
                int64_t at = clock_mono_ms();

                assert_int_equal(mkdir(by_id, 0700), 0);
                settle(rig);
                tty_plug(&rig->tty, link);
                run(rig, "ready;");
                assert_true(clock_mono_ms() - at < 1000);
                bytes_clear(&rig->said);
                tty_unplug(&rig->tty);
                assert_int_equal(rmdir(by_id), 0);
                run(rig, "absent;");
                settle(rig);
        }
}

static void a_port_that_went_comes_back_as_another_one(void **state) {
        struct rig *rig = *state;

        start_plugged(rig, "generic-serial");
        for (int i = 0; i < 3; i++) {
                tty_send(&rig->tty, "half of it"); /* dies with its device */
                settle(rig);
                tty_unplug(&rig->tty);
                run(rig, "absent;");
                tty_plug(&rig->tty, rig->link);
                run(rig, "ready;");
                tty_send(&rig->tty, "A1\r");
                run(rig, "scan A1;");
                hears(rig, "\x06");
                assert_string_equal(bytes_str(&rig->said), "absent;ready;scan A1;");
                bytes_clear(&rig->said);
        }
}

static void feedback_for_an_absent_scanner_is_dropped(void **state) {
        struct rig *rig = *state;
        char heard[8];

        start_plugged(rig, "generic-serial");
        for (int i = 0; i < 200000; i++) /* more than it takes: some wait */
                scanner_send_feedback(rig->scanner, SCANNER_ATTENTION);
        tty_unplug(&rig->tty);
        scanner_send_feedback(rig->scanner, SCANNER_ATTENTION); /* gone, and nobody knows yet */
        run(rig, "absent;");
        scanner_send_feedback(rig->scanner, SCANNER_GOOD);
        tty_plug(&rig->tty, rig->link);
        run(rig, "ready;");
        settle(rig);
        assert_int_equal(tty_receive(&rig->tty, heard, sizeof(heard)), 0);
        tty_send(&rig->tty, "A1\r");
        run(rig, "scan A1;");
        hears(rig, "\x06");
}

static void what_is_no_serial_port_is_a_fault_with_its_cure(void **state) {
        struct rig *rig = *state;

        start(rig, "/dev/null", "generic-serial");
        run(rig, "fault;");
        assert_string_equal(rig->detail, "not a serial port: correct port");
}

static void a_port_of_another_form_is_a_fault(void **state) {
        static const char *const ports[] = { "",        "serial",
                                             "serial:", "serial:ttyS0",
                                             "usb:1-2", "tcp:127.0.0.1:9100" };
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        struct scanner_config config = { .name = "test" };
        struct rig *rig = *state;

        assert_int_equal(profile_load("auto", PROFILE_SCANNER, &rig->profile, &error), 0);
        config.profile = rig->profile;
        for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
                assert_int_equal(str_copy(config.port, sizeof(config.port), ports[i]), 0);
                assert_int_equal(scanner_new(rig->event, &config, &handler, rig, &rig->scanner), 0);
                run(rig, "fault;");
                assert_non_null(strstr(rig->detail,
                                       usb_is_port(ports[i]) ? "correct either" : "serial:/dev/"));
                scanner_free(TAKE(rig->scanner));
                bytes_clear(&rig->said);
        }
}

/* ---- bounds ---------------------------------------------------------------------------------- */

/* Writes what the pty takes. */
static size_t pour(struct tty *tty, const char *bytes, size_t len) {
        ssize_t n = write(tty->master, bytes, len);

        if (n < 0)
                assert_int_equal(errno, EAGAIN);
        return n > 0 ? (size_t)n : 0;
}

static int on_ordinary(sd_event_source *source, void *userdata) {
        (void)source;
        (*(unsigned *)userdata)++;
        return 0;
}

/* Fills the port and runs the loop twice: a read, and then? False also when this process was not
 * let run for as long as the scanner rests. */
static bool second_turn_is_another(struct rig *rig, const unsigned *turns) {
        struct pollfd port = { .events = POLLIN };
        static char noise[16 * 1024];
        unsigned before;
        int waiting = 0;

        port.fd = open(rig->link, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        assert_true(port.fd >= 0);
        memset(noise, 'N', sizeof(noise));
        while (waiting < 4000) { /* the kernel keeps 4095 for a reader */
                (void)pour(&rig->tty, noise, sizeof(noise));
                assert_int_equal(poll(&port, 1, PATIENCE_MS), 1);
                assert_int_equal(ioctl(port.fd, FIONREAD, &waiting), 0);
        }
        assert_int_equal(close(port.fd), 0);
        before = *turns;
        assert_true(sd_event_run(rig->event, 0) >= 0);
        assert_int_equal(*turns, before); /* scans come first */
        assert_true(sd_event_run(rig->event, 0) >= 0);
        return *turns > before;
}

static void after_a_full_read_others_have_their_turn(void **state) {
        struct rig *rig = *state;
        sd_event_source *ordinary = NULL;
        unsigned turns = 0;
        bool other = false;

        start_plugged(rig, "generic-serial");
        assert_true(sd_event_add_defer(rig->event, &ordinary, on_ordinary, &turns) >= 0);
        for (int i = 0; i < 10 && !other; i++) {
                assert_true(sd_event_source_set_enabled(ordinary, SD_EVENT_OFF) >= 0);
                settle(rig);
                (void)usleep(2000); /* the last try's rest */
                settle(rig);
                assert_true(sd_event_source_set_enabled(ordinary, SD_EVENT_ON) >= 0);
                other = second_turn_is_another(rig, &turns);
        }
        assert_true(other);
        sd_event_source_disable_unref(ordinary);
}

static void a_flood_starves_neither_another_scanner_nor_the_rest(void **state) {
        enum { FLOOD = 1024 * 1024, CODES = 50 };
        struct rig *rig = *state, *other;
        void *second = NULL;
        sd_event_source *ordinary = NULL;
        unsigned turns = 0;
        static char noise[4096];
        size_t sent = 0;

        assert_int_equal(rig_new(&second), 0);
        other = second;
        sd_event_unref(other->event);
        other->event = sd_event_ref(rig->event);
        start_plugged(rig, "generic-serial");
        start_plugged(other, "generic-serial");
        assert_true(sd_event_add_defer(rig->event, &ordinary, on_ordinary, &turns) >= 0);
        assert_true(sd_event_source_set_enabled(ordinary, SD_EVENT_ON) >= 0);
        memset(noise, 'N', sizeof(noise));
        for (int i = 0; i < CODES; i++) {
                tty_send(&other->tty, "A1\r");
                while (!strstr(bytes_str(&other->said), "scan A1;")) {
                        sent += pour(&rig->tty, noise, sizeof(noise));
                        assert_true(sd_event_run(rig->event, 0) >= 0);
                }
                bytes_clear(&other->said);
        }
        while (sent < FLOOD) {
                sent += pour(&rig->tty, noise, sizeof(noise));
                assert_true(sd_event_run(rig->event, 0) >= 0);
        }
        assert_true(turns > FLOOD / 4096);
        sd_event_source_disable_unref(ordinary);
        for (size_t n = 0; n < 4; n += pour(&rig->tty, &"\rA2\r"[n], 4 - n))
                assert_true(sd_event_run(rig->event, 1000) >= 0);
        run(rig, "scan A2;");
        assert_string_equal(bytes_str(&rig->said), "refused;scan A2;");
        assert_int_equal(rig_free(&second), 0);
}

static void a_scanner_that_takes_no_feedback_loses_it(void **state) {
        struct rig *rig = *state;
        char heard[4096];

        start_plugged(rig, "generic-serial");
        for (int i = 0; i < 1000000; i++)
                scanner_send_feedback(rig->scanner, SCANNER_ATTENTION);
        tty_send(&rig->tty, "A1\r");
        run(rig, "scan A1;"); /* it is still heard */
        do
                settle(rig);
        while (tty_receive(&rig->tty, heard, sizeof(heard)) > 0);
        tty_send(&rig->tty, "A2\r");
        run(rig, "scan A2;");
        hears(rig, "\x06");
}

#define RIG_TEST(f) cmocka_unit_test_setup_teardown(f, rig_new, rig_free)

int main(void) {
        const struct CMUnitTest tests[] = {
                RIG_TEST(every_scan_gets_its_feedback_byte),
                RIG_TEST(many_scans_in_one_burst_keep_their_order),
                RIG_TEST(a_terminals_special_characters_are_data),
                RIG_TEST(what_waited_before_the_start_is_dropped),
                RIG_TEST(half_a_code_is_refused_after_silence),
                RIG_TEST(a_loop_that_was_late_is_no_silence),
                RIG_TEST(silence_ends_a_scan_without_suffix),
                RIG_TEST(an_overlong_code_is_refused_once),
                RIG_TEST(the_port_may_come_later),
                RIG_TEST(its_folder_may_come_and_go_too),
                RIG_TEST(a_port_that_went_comes_back_as_another_one),
                RIG_TEST(feedback_for_an_absent_scanner_is_dropped),
                RIG_TEST(what_is_no_serial_port_is_a_fault_with_its_cure),
                RIG_TEST(a_port_of_another_form_is_a_fault),
                RIG_TEST(after_a_full_read_others_have_their_turn),
                RIG_TEST(a_flood_starves_neither_another_scanner_nor_the_rest),
                RIG_TEST(a_scanner_that_takes_no_feedback_loses_it),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
