/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "drivers/scanner/trim.h"

static const struct {
        const char *prefix, *suffix;
        enum code_id_place place;
        const char *scan, *trimmed;
} rows[] = {
        { "", "", CODE_ID_NONE, "A1", "A1" },
        { "", "", CODE_ID_NONE, "", "" },
        { "<", ">", CODE_ID_NONE, "<A1>", "A1" },
        { "<", ">", CODE_ID_NONE, "A1>", "A1" },
        { "<", ">", CODE_ID_NONE, "<", "" },
        { "<", "<", CODE_ID_NONE, "<", "" },
        { "", "", CODE_ID_FRONT, "jA1", "]C0A1" },
        { "", "", CODE_ID_FRONT, "d4006381333931", "]E04006381333931" },
        { "", "", CODE_ID_FRONT, "B3A1", "]A0A1" }, /* longer ids first */
        { "", "", CODE_ID_FRONT, "BA1", "]F0A1" },
        { "", "", CODE_ID_FRONT, "xA1", "xA1" },     /* no id of ours */
        { "", "", CODE_ID_FRONT, "]E0A1", "]E0A1" }, /* has one */
        { "", "", CODE_ID_FRONT, "j", "]C0" },
        { "", "", CODE_ID_BACK, "A1j", "]C0A1" },
        { "", "", CODE_ID_BACK, "A1", "A1" },
        { "<", ">", CODE_ID_FRONT, "<jA1>", "]C0A1" },
        /* FNC1 in front, which the identifier says already */
        { "", "", CODE_ID_NONE, "]C1\x1d" "10A\x1d" "21B", "]C110A\x1d" "21B" },
        { "", "", CODE_ID_NONE, "]d2\x1d\x1d" "10A", "]d2\x1d" "10A" },
        { "", "", CODE_ID_NONE, "]Q3\x1d", "]Q3" },
        { "", "", CODE_ID_NONE, "]e0\x1d" "10A", "]e010A" },
        { "", "", CODE_ID_NONE, "]J1\x1d" "10A", "]J110A" },
        { "", "", CODE_ID_NONE, "]C0\x1d" "10A", "]C0\x1d" "10A" },
        { "", "", CODE_ID_NONE, "\x1d" "10A", "\x1d" "10A" },
        { "", "", CODE_ID_FRONT, "I\x1d" "10A", "]C110A" },
};

static void set(struct profile_bytes *dst, const char *text) {
        dst->len = strlen(text);
        memcpy(dst->bytes, text, dst->len);
}

static void every_row_is_trimmed(void **state) {
        static uint8_t buffer[TRIM_ROOM];

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct profile profile = {
                        .code_id_place = rows[i].place,
                        .code_ids = { { "j", "]C0" },
                                      { "d", "]E0" },
                                      { "B", "]F0" },
                                      { "B3", "]A0" },
                                      { "I", "]C1" } },
                        .n_code_ids = 5,
                };
                struct slice trimmed;

                set(&profile.prefix, rows[i].prefix);
                set(&profile.suffix, rows[i].suffix);
                trimmed = scan_trim(&profile, slice_of(rows[i].scan), buffer);
                assert_int_equal(trimmed.len, strlen(rows[i].trimmed));
                assert_memory_equal(trimmed.bytes, rows[i].trimmed, trimmed.len);
        }
}

static void the_longest_scan_has_room_for_an_identifier(void **state) {
        static uint8_t scan[SCAN_LEN_MAX], buffer[TRIM_ROOM];
        const struct profile profile = { .code_id_place = CODE_ID_FRONT,
                                         .code_ids = { { "j", "]C0" } },
                                         .n_code_ids = 1 };
        struct slice trimmed;

        (void)state;
        memset(scan, 'j', sizeof(scan));
        trimmed = scan_trim(&profile, (struct slice) { scan, sizeof(scan) }, buffer);
        assert_int_equal(trimmed.len, SCAN_LEN_MAX + 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_row_is_trimmed),
                cmocka_unit_test(the_longest_scan_has_room_for_an_identifier),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
