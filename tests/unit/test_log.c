/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/log.h"

/* Standard error is one end of a socket pair of records: each write(2) is one record. */
static int real_stderr, records[2];

static int capture(void **state) {
        (void)state;
        real_stderr = dup(STDERR_FILENO);
        if (real_stderr < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, records) < 0)
                return -1;
        return dup2(records[1], STDERR_FILENO) < 0 ? -1 : 0;
}

static int restore(void **state) {
        (void)state;
        if (dup2(real_stderr, STDERR_FILENO) < 0)
                return -1;
        return close(real_stderr) | close(records[0]) | close(records[1]);
}

static const char *record(void) {
        static char text[8192];
        ssize_t n = read(records[0], text, sizeof(text) - 1);

        text[n < 0 ? 0 : n] = 0;
        return text;
}

static void one_event_is_one_write(void **state) {
        (void)state;
        log_init("tallyd", LOG_LEVEL_INFO);
        log_emit(LOG_LEVEL_WARNING, LOG_FIELDS("DEVICE", "zd", "STATION", "pack-1"),
                 "printer %s: paper out", "zd");
        assert_string_equal(record(),
                            "tallyd: warning: printer zd: paper out DEVICE=zd STATION=pack-1\n");
        log_error("%d", 1);
        assert_string_equal(record(), "tallyd: error: 1\n");
        log_info("up");
        assert_string_equal(record(), "tallyd: info: up\n");
        assert_string_equal(record(), "");
}

static void what_is_below_the_level_is_not_written(void **state) {
        (void)state;
        log_init("tallyd", LOG_LEVEL_WARNING);
        log_info("quiet");
        assert_string_equal(record(), "");
        log_init("tallyd", LOG_LEVEL_DEBUG);
        log_debug("loud");
        assert_string_equal(record(), "tallyd: debug: loud\n");
}

static void control_characters_cannot_forge_a_line_or_move_a_cursor(void **state) {
        (void)state;
        log_init("tallyd", LOG_LEVEL_INFO);
        log_emit(LOG_LEVEL_INFO, LOG_FIELDS("SCAN", "a b\n", "EMPTY", ""), "%s",
                 "x\nerror: \x1b[31mred\x7f \xC3\xA4");
        assert_string_equal(record(), "tallyd: info: x\\nerror: \\x1b[31mred\\x7f \xC3\xA4 "
                                      "SCAN=\"a b\\n\" EMPTY=\"\"\n");
}

static void overlong_words_are_cut_and_the_line_still_ends(void **state) {
        static char words[10000], controls[5000];
        const char *text;

        (void)state;
        memset(words, 'x', sizeof(words) - 1);
        memset(controls, 1, sizeof(controls) - 1);
        log_init("tallyd", LOG_LEVEL_INFO);
        log_emit(LOG_LEVEL_INFO, LOG_FIELDS("A", words, "B", controls), "%s", words);
        text = record();
        assert_true(strlen(text) > 1000 && strlen(text) < 4096);
        assert_int_equal(text[strlen(text) - 1], '\n');
        log_emit(LOG_LEVEL_INFO, NULL, "%s", controls);
        text = record();
        assert_int_equal(text[strlen(text) - 1], '\n');
        assert_null(strchr(text, 1));
}

static void errno_survives(void **state) {
        (void)state;
        log_init("tallyd", LOG_LEVEL_INFO);
        errno = ENOSPC;
        log_info("%s", "x");
        assert_int_equal(errno, ENOSPC);
        (void)record();
}

static void another_process_journal_is_not_ours(void **state) {
        static const char *const streams[] = { "1:2", "", ":", "8:", "x:y", "99999999999999999999:1" };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
                assert_int_equal(setenv("JOURNAL_STREAM", streams[i], 1), 0);
                log_init("tallyd", LOG_LEVEL_INFO);
                log_info("here");
                assert_string_equal(record(), "tallyd: info: here\n");
        }
        assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(one_event_is_one_write, capture, restore),
                cmocka_unit_test_setup_teardown(what_is_below_the_level_is_not_written, capture,
                                                restore),
                cmocka_unit_test_setup_teardown(
                        control_characters_cannot_forge_a_line_or_move_a_cursor, capture, restore),
                cmocka_unit_test_setup_teardown(overlong_words_are_cut_and_the_line_still_ends,
                                                capture, restore),
                cmocka_unit_test_setup_teardown(errno_survives, capture, restore),
                cmocka_unit_test_setup_teardown(another_process_journal_is_not_ours, capture, restore),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
