/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "drivers/scanner/framer.h"

static const uint8_t ends[] = { '\r', '\n', 0x03 };
static const struct framer_rules serial = { ends, sizeof(ends), 0x02 };
static const struct framer_rules raw = { NULL, 0, -1 };

/* Feeds all; frames as "a|b|", a refusal as "!|". */
static void feed(struct framer *framer, const void *data, size_t len, struct bytes *out) {
        struct slice bytes = { data, len }, frame;

        for (;;)
                switch (framer_feed(framer, &bytes, &frame)) {
                case FRAMER_FRAME:
                        bytes_append(out, frame.bytes, frame.len);
                        bytes_append_char(out, '|');
                        break;
                case FRAMER_OVERLONG:
                        bytes_append_str(out, "!|");
                        break;
                case FRAMER_MORE:
                        assert_int_equal(bytes.len, 0);
                        return;
                }
}

static const struct {
        const char *sent, *frames;
} streams[] = {
        { "A1\r", "A1|" },
        { "A1\n", "A1|" },
        { "A1\r\n", "A1|" },
        { "A1\r\nB2\r\n", "A1|B2|" },
        { "A1\rB2\nC3\003", "A1|B2|C3|" },
        { "\002A1\003", "A1|" },
        { "\002A1\003\002B2\003", "A1|B2|" },
        { "\002A1\003\r\n\002B2\r", "A1|B2|" },
        { "A\002B\r", "A\002B|" }, /* only in front */
        { "\002\002A\r", "A|" },
        { "\r\n\r\n\003\r", "" },
        { "]C1010952123454321310AB\03521X\r", "]C1010952123454321310AB\03521X|" },
        { "\xe9\xff\r", "\xe9\xff|" },
        { "half", "" },
        { "A\rhalf", "A|" },
};

static void frames_come_out_at_every_split(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
                size_t len = strlen(streams[i].sent);

                for (size_t a = 0; a <= len; a++)
                        for (size_t b = a; b <= len; b++) {
                                CLEANUP(bytes_fini) struct bytes out = { 0 };
                                struct framer framer;

                                framer_init(&framer, &serial);
                                feed(&framer, streams[i].sent, a, &out);
                                feed(&framer, streams[i].sent + a, b - a, &out);
                                feed(&framer, streams[i].sent + b, len - b, &out);
                                assert_string_equal(bytes_str(&out), streams[i].frames);
                        }
        }
}

static void nul_bytes_are_data(void **state) {
        CLEANUP(bytes_fini) struct bytes out = { 0 };
        struct framer framer;

        (void)state;
        framer_init(&framer, &serial);
        feed(&framer, "A\0B\r", 4, &out);
        assert_int_equal(out.len, 4);
        assert_memory_equal(out.data, "A\0B|", 4);
}

static void the_longest_scan_is_taken_and_one_byte_more_is_not(void **state) {
        CLEANUP(bytes_fini) struct bytes out = { 0 };
        static uint8_t code[SCAN_LEN_MAX + 2];
        struct framer framer;

        (void)state;
        memset(code, 'A', sizeof(code));
        code[SCAN_LEN_MAX] = '\r';
        framer_init(&framer, &serial);
        feed(&framer, code, SCAN_LEN_MAX + 1, &out);
        assert_int_equal(out.len, SCAN_LEN_MAX + 1);
        bytes_clear(&out);
        code[SCAN_LEN_MAX] = 'A';
        code[SCAN_LEN_MAX + 1] = '\r';
        feed(&framer, code, sizeof(code), &out);
        assert_string_equal(bytes_str(&out), "!|");
}

static void overlong_frame_resyncs_on_its_end(void **state) {
        static uint8_t noise[SCAN_LEN_MAX * 3];
        const size_t chunks[] = { 1, 7, 4096, sizeof(noise) };

        (void)state;
        memset(noise, 'N', sizeof(noise));
        for (size_t i = 0; i < ARRAY_LEN(chunks); i++) {
                CLEANUP(bytes_fini) struct bytes out = { 0 };
                struct framer framer;

                framer_init(&framer, &serial);
                for (size_t at = 0; at < sizeof(noise); at += chunks[i])
                        feed(&framer, noise + at,
                             at + chunks[i] > sizeof(noise) ? sizeof(noise) - at : chunks[i], &out);
                assert_true(framer_has_rest(&framer));
                feed(&framer, "tail\r\nA1\r", 9, &out);
                assert_string_equal(bytes_str(&out), "!|A1|");
                assert_false(framer_has_rest(&framer));
        }
}

static void silence_ends_a_frame_without_suffix(void **state) {
        CLEANUP(bytes_fini) struct bytes out = { 0 };
        struct framer framer;
        struct slice frame;

        (void)state;
        framer_init(&framer, &raw);
        feed(&framer, "\00295\r", 4, &out); /* no byte means anything */
        feed(&framer, "21", 2, &out);
        assert_int_equal(out.len, 0);
        assert_true(framer_has_rest(&framer));
        frame = framer_end(&framer);
        assert_int_equal(frame.len, 6);
        assert_memory_equal(frame.bytes, "\00295\r21", 6);
        assert_false(framer_has_rest(&framer));
        assert_int_equal(framer_end(&framer).len, 0);
}

static void silence_forgets_half_a_code(void **state) {
        CLEANUP(bytes_fini) struct bytes out = { 0 };
        struct framer framer;

        (void)state;
        framer_init(&framer, &serial);
        feed(&framer, "ha", 2, &out);
        assert_int_equal(framer_end(&framer).len, 2);
        feed(&framer, "A1\r", 3, &out);
        assert_string_equal(bytes_str(&out), "A1|");
}

static void silence_after_an_overlong_frame_gives_no_frame(void **state) {
        CLEANUP(bytes_fini) struct bytes out = { 0 };
        static uint8_t noise[SCAN_LEN_MAX + 9];
        struct framer framer;

        (void)state;
        memset(noise, 'N', sizeof(noise));
        framer_init(&framer, &raw);
        feed(&framer, noise, sizeof(noise), &out);
        assert_string_equal(bytes_str(&out), "!|");
        assert_int_equal(framer_end(&framer).len, 0);
        feed(&framer, "A1", 2, &out);
        assert_int_equal(framer_end(&framer).len, 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(frames_come_out_at_every_split),
                cmocka_unit_test(nul_bytes_are_data),
                cmocka_unit_test(the_longest_scan_is_taken_and_one_byte_more_is_not),
                cmocka_unit_test(overlong_frame_resyncs_on_its_end),
                cmocka_unit_test(silence_ends_a_frame_without_suffix),
                cmocka_unit_test(silence_forgets_half_a_code),
                cmocka_unit_test(silence_after_an_overlong_frame_gives_no_frame),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
