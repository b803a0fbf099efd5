/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "drivers/printer/zpl_status.h"

/* Zebra, ZPL II Programming Guide, ~HS: what a printer at rest says. */
#define FIRST "\x02" "030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n"
#define SECOND "\x02" "000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n"
#define THIRD "\x02" "1234,0\x03\r\n"
#define MODEL "\x02ZD421-203dpi,V93.21.15Z,8,8176KB,X\x03\r\n"

static struct slice text(const char *bytes) {
        return (struct slice) { (const uint8_t *)bytes, strlen(bytes) };
}

/* How many whole statuses @bytes hold; the models are counted into @ret_models. */
static int feed(struct zpl_reader *reader, struct slice bytes, int *ret_models) {
        int n = 0;

        for (;;)
                switch (zpl_read(reader, &bytes)) {
                case ZPL_REPLY_ERRORS:
                case ZPL_REPLY_VALUE:
                        fail();
                case ZPL_REPLY_STATUS:
                        n++;
                        break;
                case ZPL_REPLY_MODEL:
                        ++*ret_models;
                        break;
                case ZPL_REPLY_NONE:
                        assert_int_equal(bytes.len, 0);
                        return n;
                }
}

static int statuses(struct zpl_reader *reader, const char *bytes) {
        int models = 0;

        return feed(reader, text(bytes), &models);
}

static void a_printer_at_rest_has_nothing_to_say(void **state) {
        struct zpl_reader reader = { 0 };
        const struct zpl_status *status = &reader.status;

        (void)state;
        assert_int_equal(statuses(&reader, FIRST SECOND THIRD), 1);
        assert_false(status->paper_out || status->paused || status->head_open ||
                     status->ribbon_out || status->hot || status->buffer_full || status->partial);
        assert_int_equal(status->formats, 0);
        assert_int_equal(status->labels, 0);
}

struct row {
        const char *answer;
        struct zpl_status wanted;
};

static void each_field_is_read_from_its_place(void **state) {
        static const struct row rows[] = {
                { "\x02" "030,1,0,1245,000,0,0,0,000,0,0,0\x03\r\n" SECOND, { .paper_out = true } },
                { "\x02" "030,0,1,1245,000,0,0,0,000,0,0,0\x03\r\n" SECOND, { .paused = true } },
                { "\x02" "030,0,0,1245,007,0,0,0,000,0,0,0\x03\r\n" SECOND, { .formats = 7 } },
                { "\x02" "030,0,0,1245,000,1,0,0,000,0,0,0\x03\r\n" SECOND,
                  { .buffer_full = true } },
                { "\x02" "030,0,0,1245,000,0,0,1,000,0,0,0\x03\r\n" SECOND, { .partial = true } },
                { "\x02" "030,0,0,1245,000,0,0,0,000,0,0,1\x03\r\n" SECOND, { .hot = true } },
                { FIRST "\x02" "000,0,1,0,0,2,4,0,00000000,1,000\x03\r\n", { .head_open = true } },
                { FIRST "\x02" "000,0,0,1,0,2,4,0,00000000,1,000\x03\r\n", { .ribbon_out = true } },
                { FIRST "\x02" "000,0,0,0,0,2,4,0,00000012,1,000\x03\r\n", { .labels = 12 } },
                { "\x02" "030,0,0,1245,000,0,0,0,000,1,0,0\x03\r\n" SECOND, { .corrupt = true } },
                { "\x02" "030,0,0,1245,000,0,0,0,000,0,1,0\x03\r\n" SECOND, { .cold = true } },
                /* diagnostics, label waiting: not read */
                { "\x02" "030,0,0,1245,000,0,1,0,000,0,0,0\x03\r\n"
                  "\x02" "000,1,0,0,1,2,4,1,00000000,1,000\x03\r\n", { 0 } },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct zpl_reader reader = { 0 };
                const struct zpl_status *got = &reader.status, *wanted = &rows[i].wanted;

                assert_int_equal(statuses(&reader, rows[i].answer), 1);
                assert_int_equal(got->paper_out, wanted->paper_out);
                assert_int_equal(got->paused, wanted->paused);
                assert_int_equal(got->head_open, wanted->head_open);
                assert_int_equal(got->ribbon_out, wanted->ribbon_out);
                assert_int_equal(got->hot, wanted->hot);
                assert_int_equal(got->cold, wanted->cold);
                assert_int_equal(got->corrupt, wanted->corrupt);
                assert_int_equal(got->buffer_full, wanted->buffer_full);
                assert_int_equal(got->partial, wanted->partial);
                assert_int_equal(got->formats, wanted->formats);
                assert_int_equal(got->labels, wanted->labels);
        }
}

static void widths_vary_and_only_commas_count(void **state) {
        struct zpl_reader reader = { 0 };

        (void)state;
        assert_int_equal(statuses(&reader, "\x02" "30,1,,5,3,0,0,0,,,0,0\x03"
                                           "\x02" ",,1,,,,,,000000000000000004,,\x03"), 1);
        assert_true(reader.status.paper_out && reader.status.head_open);
        assert_false(reader.status.paused || reader.status.ribbon_out);
        assert_int_equal(reader.status.formats, 3);
        assert_int_equal(reader.status.labels, 4);
}

static void an_answer_may_be_cut_at_every_byte(void **state) {
        static const char answer[] = MODEL "\x02" "030,1,0,1245,002,0,0,0,000,0,0,0\x03\r\n"
                                     "\x02" "000,0,1,0,0,2,4,0,00000003,1,000\x03\r\n" THIRD;

        (void)state;
        for (size_t at = 0; at < sizeof(answer); at++) {
                struct zpl_reader reader = { 0 };
                struct slice bytes = text(answer);
                int models = 0, n;

                n = feed(&reader, (struct slice) { bytes.bytes, at }, &models);
                n += feed(&reader, (struct slice) { bytes.bytes + at, bytes.len - at }, &models);
                assert_int_equal(n, 1);
                assert_int_equal(models, 1);
                assert_string_equal(reader.model, "ZD421-203dpi");
                assert_true(reader.status.paper_out && reader.status.head_open);
                assert_int_equal(reader.status.formats, 2);
                assert_int_equal(reader.status.labels, 3);
        }
}

static void several_answers_in_one_read_are_given_one_by_one(void **state) {
        struct zpl_reader reader = { 0 };
        struct slice bytes = text(FIRST SECOND THIRD MODEL
                                  "\x02" "030,1,0,1245,000,0,0,0,000,0,0,0\x03\r\n" SECOND THIRD);

        (void)state;
        assert_int_equal(zpl_read(&reader, &bytes), ZPL_REPLY_STATUS);
        assert_false(reader.status.paper_out);
        assert_int_equal(zpl_read(&reader, &bytes), ZPL_REPLY_MODEL);
        assert_string_equal(reader.model, "ZD421-203dpi");
        assert_int_equal(zpl_read(&reader, &bytes), ZPL_REPLY_STATUS);
        assert_true(reader.status.paper_out);
        assert_int_equal(zpl_read(&reader, &bytes), ZPL_REPLY_NONE);
        assert_int_equal(bytes.len, 0);
}

static void noise_between_the_strings_is_skipped(void **state) {
        struct zpl_reader reader = { 0 };

        (void)state;
        assert_int_equal(statuses(&reader, "\x03\x03,,,\r\n" FIRST "\x11\x13 1,1,1 \x03" SECOND
                                           "noise" THIRD "\x03"), 1);
        assert_false(reader.status.paper_out || reader.status.paused);
}

static void a_string_that_begins_anew_forgets_the_first_half(void **state) {
        struct zpl_reader reader = { 0 };

        (void)state;
        assert_int_equal(statuses(&reader, "\x02" "030,1,1,12" FIRST "\x02" "000,0,1" SECOND), 1);
        assert_false(reader.status.paper_out || reader.status.head_open);
}

static void a_second_string_without_its_first_is_no_status(void **state) {
        struct zpl_reader reader = { 0 };

        (void)state;
        assert_int_equal(statuses(&reader, SECOND THIRD SECOND), 0);
        assert_int_equal(statuses(&reader, FIRST SECOND SECOND), 1);
}

static void strings_of_other_counts_are_not_believed(void **state) {
        static const char *const rows[] = {
                "\x02\x03", "\x02" "030,0,0\x03", "\x02" "030,0,0,1245,000,0,0,0,000,0,0,0,0\x03",
                "\x02,,,,,,,,,\x03",
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct zpl_reader reader = { 0 };
                int models = 0;

                assert_int_equal(feed(&reader, text(rows[i]), &models), 0);
                assert_int_equal(models, 0);
                assert_int_equal(statuses(&reader, SECOND), 0);
                assert_int_equal(statuses(&reader, FIRST SECOND), 1);
        }
}

static void a_reset_forgets_what_is_half_read_but_not_the_model(void **state) {
        struct zpl_reader reader = { 0 };

        (void)state;
        assert_int_equal(statuses(&reader, MODEL FIRST), 0);
        zpl_reset(&reader);
        assert_int_equal(statuses(&reader, SECOND), 0);
        assert_int_equal(statuses(&reader, FIRST "\x02" "000,0,0,0,0,2"), 0);
        zpl_reset(&reader);
        assert_int_equal(statuses(&reader, ",4,0,00000000,1,000\x03"), 0);
        assert_string_equal(reader.model, "ZD421-203dpi");
        assert_string_equal(reader.firmware, "V93.21.15Z");
}

static void a_model_is_short_and_printable(void **state) {
        struct zpl_reader reader = { 0 };
        char text_of[ZPL_STRING_MAX];
        int models = 0;

        (void)state;
        (void)snprintf(text_of, sizeof(text_of), "\x02%0200d,V1,8,8176KB\x03", 0);
        assert_int_equal(feed(&reader, text(text_of), &models), 0);
        assert_int_equal(models, 1);
        assert_int_equal(strlen(reader.model), ZPL_MODEL_SIZE - 1);
        assert_int_equal(feed(&reader, text("\x02Z\x1b[2J,V1,8,8176KB\x03"), &models), 0);
        assert_int_equal(feed(&reader, text("\x02Z\xc3\xa9,V1,8,8176KB\x03"), &models), 0);
        assert_int_equal(models, 1);
        assert_int_equal(feed(&reader, text("\x02,V1,8,8176KB\x03"), &models), 0);
        assert_string_equal(reader.model, "");
}

static void an_endless_string_is_dropped_and_the_next_one_read(void **state) {
        struct zpl_reader reader = { 0 };
        char many[4096];

        (void)state;
        memset(many, '1', sizeof(many) - 1);
        many[0] = '\x02';
        many[sizeof(many) - 1] = '\0';
        assert_int_equal(statuses(&reader, many), 0);
        assert_int_equal(statuses(&reader, ",0,0,0,0,0,0,0,0,0,0,0\x03" SECOND), 0);
        assert_int_equal(statuses(&reader, FIRST SECOND), 1);
}

/* 255 characters fit, 256 do not. */
static void the_longest_string_is_read_and_one_more_is_not(void **state) {
        for (int longer = 0; longer < 2; longer++) {
                struct zpl_reader reader = { 0 };
                char first[ZPL_STRING_MAX + 8];
                int rest = (int)strlen(",1,0,0,0,0,0,0,0,0,0,0");

                (void)state;
                (void)snprintf(first, sizeof(first), "\x02%0*d,1,0,0,0,0,0,0,0,0,0,0\x03",
                               ZPL_STRING_MAX - 1 - rest + longer, 0);
                assert_int_equal(statuses(&reader, first), 0);
                assert_int_equal(statuses(&reader, SECOND), 1 - longer);
                assert_int_equal(reader.status.paper_out, 1 - longer);
        }
}

static void bytes_that_are_no_text_and_numbers_that_are_none_do_no_harm(void **state) {
        static const char zeros[] = "\x02" "030,0\0,1,1245,000,0,0,0,000,0,0,0\x03" SECOND;
        struct zpl_reader reader = { 0 };
        int models = 0;

        (void)state;
        assert_int_equal(feed(&reader, (struct slice) { (const uint8_t *)zeros, sizeof(zeros) - 1 },
                              &models), 0);
        assert_int_equal(models, 0);
        assert_int_equal(statuses(&reader, "\x02" "x,y,z,?,-5,\xff,,,,,,\x03"
                                           "\x02" "a,b,c,d,e,f,g,h,99999999999999999999,j,k\x03"),
                         1);
        assert_int_equal(reader.status.formats, -5);
        assert_true(reader.status.labels == LONG_MAX);
        assert_false(reader.status.paper_out || reader.status.hot || reader.status.buffer_full);
}

/* ---- ~HQES and SGD ------------------------------------------------------------------------------ */

static void errors_are_read_as_the_guide_writes_them(void **state) {
        static const struct {
                const char *text;
                bool good;
                uint32_t errors, warnings;
        } rows[] = {
                { "\r\nPRINTER STATUS\r\nERRORS: 1 00000000 00000005\r\n"
                  "WARNINGS: 1 00000000 00000002\r\n", true, 5, 2 },
                { "\r\n  PRINTER STATUS        \r\n   ERRORS:         0 00000000 00000000    \r\n"
                  "   WARNINGS:       0 00000000 00000000  \r\n", true, 0, 0 },
                { "ERRORS: 1 0 1000f", true, 0x1000f, 0 },
                { "ERRORS: 0 00000000 00000001", true, 0, 0 }, /* the flag says none */
                { "ERRORS: 1 00000000 ffffFFFF\r\nWARNINGS: 1 x", true, 0xffffffff, 0 },
                { "ERRORS: 1 00000000", false, 0, 0 },
                { "ERRORS: 11 00000000 00000001", false, 0, 0 },
                { "ERRORS: 1 00000000 000000001", false, 0, 0 },
                { "ERRORS: 1 00000000 1g", false, 0, 0 },
                { "ERRORS:", false, 0, 0 },
                { "PRINTER STATUS", false, 0, 0 },
                { "", false, 0, 0 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct zpl_errors errors = { 77, 77 };

                assert_int_equal(zpl_errors_read(rows[i].text, &errors), rows[i].good);
                assert_int_equal(errors.errors, rows[i].good ? rows[i].errors : 77);
                assert_int_equal(errors.warnings, rows[i].good ? rows[i].warnings : 77);
        }
}

static void a_count_is_a_number_and_nothing_else(void **state) {
        static const struct {
                const char *value;
                int64_t count; /* -1: none */
        } rows[] = {
                { "1523", 1523 },         { "0", 0 },   { "999999999999999", 999999999999999 },
                { "?", -1 },              { "", -1 },   { "1234567890123456", -1 },
                { "8 INCHES", -1 },       { "-5", -1 }, { "+5", -1 },
                { "18446744073709551616", -1 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                int64_t count = -1;

                assert_int_equal(sgd_count(rows[i].value, &count),
                                 rows[i].count < 0 ? -EINVAL : 0);
                assert_int_equal(count, rows[i].count);
        }
}

/* Every reply in one stream, cut at every byte, with an alert of the printer's own between them. */
static void all_replies_come_out_of_one_stream(void **state) {
        static const char stream[] =
                MODEL "\x02\r\nPRINTER STATUS\r\nERRORS: 1 00000000 00000004\r\n"
                      "WARNINGS: 0 00000000 00000000\r\n\x03\r\n\"1523\"" FIRST SECOND THIRD
                      "ERROR CONDITION: HEAD OPEN [dock]\r\n\"?\"";
        static const enum zpl_reply wanted[] = { ZPL_REPLY_MODEL, ZPL_REPLY_ERRORS, ZPL_REPLY_VALUE,
                                                 ZPL_REPLY_STATUS, ZPL_REPLY_VALUE };

        (void)state;
        for (size_t at = 0; at <= sizeof(stream) - 1; at++) {
                struct zpl_reader reader = { 0 };
                struct slice parts[] = { { (const uint8_t *)stream, at },
                                         { (const uint8_t *)stream + at, sizeof(stream) - 1 - at } };
                size_t n = 0;

                for (size_t i = 0; i < 2; i++) {
                        enum zpl_reply reply;

                        while ((reply = zpl_read(&reader, &parts[i])) != ZPL_REPLY_NONE) {
                                assert_true(n < ARRAY_LEN(wanted));
                                assert_int_equal(reply, wanted[n++]);
                                if (n == 3)
                                        assert_string_equal(reader.sgd.value, "1523");
                        }
                }
                assert_int_equal(n, ARRAY_LEN(wanted));
                assert_int_equal(reader.errors.errors, ZPL_ERROR_HEAD_OPEN);
        }
}

static void a_value_without_an_end_is_no_value(void **state) {
        struct zpl_reader reader = { 0 };
        struct slice endless = text("\"12345678901234567890123456789012345\"");
        struct slice after = text("\"7\""), lost = text("\"15"), later = text("\"23\"");

        (void)state;
        assert_int_equal(zpl_read(&reader, &endless), ZPL_REPLY_NONE);
        assert_true(reader.sgd.inside); /* the closing quote has opened one */
        zpl_reset(&reader);
        assert_int_equal(zpl_read(&reader, &after), ZPL_REPLY_VALUE);
        assert_int_equal(zpl_read(&reader, &lost), ZPL_REPLY_NONE);
        zpl_reset(&reader);
        assert_int_equal(zpl_read(&reader, &later), ZPL_REPLY_VALUE);
        assert_string_equal(reader.sgd.value, "23");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_printer_at_rest_has_nothing_to_say),
                cmocka_unit_test(each_field_is_read_from_its_place),
                cmocka_unit_test(widths_vary_and_only_commas_count),
                cmocka_unit_test(an_answer_may_be_cut_at_every_byte),
                cmocka_unit_test(several_answers_in_one_read_are_given_one_by_one),
                cmocka_unit_test(noise_between_the_strings_is_skipped),
                cmocka_unit_test(a_string_that_begins_anew_forgets_the_first_half),
                cmocka_unit_test(a_second_string_without_its_first_is_no_status),
                cmocka_unit_test(strings_of_other_counts_are_not_believed),
                cmocka_unit_test(a_reset_forgets_what_is_half_read_but_not_the_model),
                cmocka_unit_test(a_model_is_short_and_printable),
                cmocka_unit_test(an_endless_string_is_dropped_and_the_next_one_read),
                cmocka_unit_test(the_longest_string_is_read_and_one_more_is_not),
                cmocka_unit_test(bytes_that_are_no_text_and_numbers_that_are_none_do_no_harm),
                cmocka_unit_test(errors_are_read_as_the_guide_writes_them),
                cmocka_unit_test(a_count_is_a_number_and_nothing_else),
                cmocka_unit_test(all_replies_come_out_of_one_stream),
                cmocka_unit_test(a_value_without_an_end_is_no_value),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
