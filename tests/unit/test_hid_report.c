/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <cmocka.h>

#include "drivers/hid_report.h"

#define BYTES(...)                                                                                 \
        (struct slice) {                                                                           \
                (const uint8_t[]) { __VA_ARGS__ }, sizeof((const uint8_t[]) { __VA_ARGS__ })       \
        }

enum { KEYS = 0x07, LEDS = 0x08, POS = 0x8C };

static void parses(struct slice text, struct hid_descriptor *ret) {
        const char *reason = "";

        if (hid_report_parse(text, ret, &reason) != 0)
                fail_msg("%s", reason);
}

static const struct hid_field *finds(const struct hid_descriptor *desc, enum hid_report_type type,
                                     uint32_t usage, size_t index) {
        size_t at = SIZE_MAX;
        const struct hid_field *field = hid_report_find(desc, type, usage, NULL, &at);

        assert_non_null(field);
        assert_int_equal(at, index);
        return field;
}

static int64_t reads(const struct hid_descriptor *desc, const struct hid_field *field, size_t index,
                     struct slice report) {
        int64_t value;

        assert_true(hid_field_read(desc, field, index, report, &value));
        return value;
}

/* ---- keyboards ---------------------------------------------------------------------------------- */

/* HID 1.11, appendix B.1 */
#define BOOT_KEYBOARD                                                                              \
        0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x05, 0x07, 0x19, 0xE0, 0x29, 0xE7, 0x15, 0x00, 0x25,  \
                0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x01,      \
                0x95, 0x05, 0x75, 0x01, 0x05, 0x08, 0x19, 0x01, 0x29, 0x05, 0x91, 0x02, 0x95,      \
                0x01, 0x75, 0x03, 0x91, 0x01, 0x95, 0x06, 0x75, 0x08, 0x15, 0x00, 0x25, 0x65,      \
                0x05, 0x07, 0x19, 0x00, 0x29, 0x65, 0x81, 0x00, 0xC0

static void a_boot_keyboard_has_modifiers_keys_and_lights(void **state) {
        const struct slice report = BYTES(0x02, 0, 0x04, 0x65, 0x66, 0, 0, 0x1E);
        const struct hid_field *field;
        struct hid_descriptor desc;

        (void)state;
        parses(BYTES(BOOT_KEYBOARD), &desc);
        assert_false(desc.has_ids);
        assert_int_equal(desc.reports[0].application, HID_USAGE(1, 6));
        assert_int_equal(hid_report_size(&desc, HID_INPUT, 0), 8);
        assert_int_equal(hid_report_size(&desc, HID_OUTPUT, 0), 1);
        assert_int_equal(hid_report_size(&desc, HID_FEATURE, 0), 0);
        assert_int_equal(hid_report_size(&desc, HID_INPUT, 1), 0);

        field = finds(&desc, HID_INPUT, HID_USAGE(KEYS, 0xE1), 1); /* left shift */
        assert_false(field->array);
        assert_int_equal(reads(&desc, field, 1, report), 1);
        assert_int_equal(reads(&desc, field, 0, report), 0);
        assert_int_equal(hid_field_on(&desc, field, 1, report), HID_USAGE(KEYS, 0xE1));
        assert_int_equal(hid_field_on(&desc, field, 0, report), 0);

        field = finds(&desc, HID_INPUT, HID_USAGE(KEYS, 0x04), 0);
        assert_true(field->array);
        assert_int_equal(field->count, 6);
        assert_int_equal(hid_field_bit(&desc, field, 0), 2 * 8);
        assert_int_equal(hid_field_on(&desc, field, 0, report), HID_USAGE(KEYS, 0x04));
        assert_int_equal(hid_field_on(&desc, field, 1, report), HID_USAGE(KEYS, 0x65));
        assert_int_equal(hid_field_on(&desc, field, 2, report), 0); /* beyond the logical maximum */
        assert_int_equal(hid_field_on(&desc, field, 5, report), HID_USAGE(KEYS, 0x1E));
        assert_null(hid_report_find(&desc, HID_INPUT, HID_USAGE(KEYS, 0x66), NULL, NULL));

        field = finds(&desc, HID_OUTPUT, HID_USAGE(LEDS, 2), 1); /* caps lock */
        assert_int_equal(field->bit, 0);
        assert_int_equal(field->count, 5);
        assert_int_equal(hid_field_bit(&desc, field, 1), 1);
}

static void a_short_report_has_no_value(void **state) {
        const struct hid_field *field;
        struct hid_descriptor desc;
        int64_t value = 7;

        (void)state;
        parses(BYTES(BOOT_KEYBOARD), &desc);
        field = finds(&desc, HID_INPUT, HID_USAGE(KEYS, 0x04), 0);
        assert_false(hid_field_read(&desc, field, 0, BYTES(0, 0), &value));
        assert_false(hid_field_read(&desc, field, 0, (struct slice) { NULL, 0 }, &value));
        assert_false(hid_field_read(&desc, field, 6, BYTES(0, 0, 0, 0, 0, 0, 0, 0, 0), &value));
        assert_int_equal(value, 7);
        assert_int_equal(hid_field_on(&desc, field, 0, BYTES(0, 0)), 0);
}

/* A bit for each key, behind a report id. */
static void a_bitmap_has_a_usage_for_each_bit(void **state) {
        const struct slice text = BYTES(0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x85, 0x06, 0x05, 0x07,
                                        0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x19, 0x04, 0x29, 0x67,
                                        0x95, 0x64, 0x81, 0x02, 0x95, 0x04, 0x81, 0x03, 0xC0);
        uint8_t bytes[14] = { 6 };
        const struct hid_field *field;
        struct hid_descriptor desc;

        (void)state;
        parses(text, &desc);
        assert_true(desc.has_ids);
        assert_int_equal(hid_report_size(&desc, HID_INPUT, 6), 14);
        field = finds(&desc, HID_INPUT, HID_USAGE(KEYS, 0x28), 0x24);
        bytes[1 + 0x24 / 8] = 1 << 0x24 % 8;
        assert_int_equal(hid_field_on(&desc, field, 0x24, (struct slice) { bytes, sizeof(bytes) }),
                         HID_USAGE(KEYS, 0x28));
        assert_int_equal(hid_field_on(&desc, field, 0x25, (struct slice) { bytes, sizeof(bytes) }),
                         0);
        bytes[0] = 5; /* another report */
        assert_int_equal(hid_field_on(&desc, field, 0x24, (struct slice) { bytes, sizeof(bytes) }),
                         0);
}

/* ---- POS ---------------------------------------------------------------------------------------- */

/* Scanned data by HID POS usage tables 1.02, a command out in FD, and a switch that is a feature, FE. */
static void a_pos_scanner_has_its_usages_and_reports(void **state) {
        const struct slice text = BYTES(
                0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, 0x09, 0x12, 0xA1, 0x02, 0x85, 0x02, 0x15, 0x00,
                0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, 0x01, 0x05, 0x01, 0x09, 0x3B, 0x81, 0x02, 0x95,
                0x03, 0x05, 0x8C, 0x09, 0xFB, 0x09, 0xFC, 0x09, 0xFD, 0x81, 0x02, 0x95, 0x38, 0x09,
                0xFE, 0x82, 0x02, 0x01, 0x95, 0x01, 0x06, 0x66, 0xFF, 0x09, 0x04, 0x81, 0x02, 0x05,
                0x8C, 0x25, 0x01, 0x75, 0x01, 0x09, 0xFF, 0x81, 0x02, 0x95, 0x07, 0x81, 0x03, 0xC0,
                0x06, 0x66, 0xFF, 0x85, 0xFD, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, 0x3F, 0x09, 0x10,
                0x91, 0x02, 0x85, 0xFE, 0x95, 0x01, 0x09, 0x11, 0xB1, 0x02, 0xC0);
        const struct hid_field *field;
        struct hid_descriptor desc;

        (void)state;
        parses(text, &desc);
        assert_int_equal(desc.reports[0].application, HID_USAGE(POS, 2));
        assert_int_equal(hid_report_size(&desc, HID_INPUT, 2), 63);
        assert_int_equal(hid_report_size(&desc, HID_OUTPUT, 0xFD), 64);
        assert_int_equal(hid_report_size(&desc, HID_FEATURE, 0xFE), 2);
        assert_true(hid_report_is_feature(&desc, 0xFE));
        assert_false(hid_report_is_feature(&desc, 0xFD));
        assert_false(hid_report_is_feature(&desc, 0x55));

        field = finds(&desc, HID_INPUT, HID_USAGE(1, 0x3B), 0);
        assert_int_equal(hid_field_bit(&desc, field, 0), 1 * 8);
        field = finds(&desc, HID_INPUT, HID_USAGE(POS, 0xFD), 2);
        assert_int_equal(hid_field_bit(&desc, field, 2), 4 * 8);
        field = finds(&desc, HID_INPUT, HID_USAGE(POS, 0xFE), 0);
        assert_int_equal(hid_field_bit(&desc, field, 0), 5 * 8);
        assert_int_equal(field->count, 56);
        assert_int_equal(hid_field_usage(&desc, field, 55), HID_USAGE(POS, 0xFE));
        field = finds(&desc, HID_INPUT, HID_USAGE(0xFF66, 4), 0);
        assert_int_equal(hid_field_bit(&desc, field, 0), 61 * 8);
        field = finds(&desc, HID_INPUT, HID_USAGE(POS, 0xFF), 0);
        assert_int_equal(field->bits, 1);
        assert_int_equal(hid_field_bit(&desc, field, 0), 62 * 8);
}

/* An id that is an output report too is sent as one. */
static void a_feature_that_is_also_an_output_is_none(void **state) {
        struct hid_descriptor desc;

        (void)state;
        parses(BYTES(0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01, 0x75, 0x08, 0x95, 0x01, 0x85, 0x07,
                     0x09, 0x01, 0x91, 0x02, 0x09, 0x01, 0xB1, 0x02, 0xC0),
               &desc);
        assert_false(hid_report_is_feature(&desc, 7));
        parses(BYTES(0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01, 0x75, 0x08, 0x95, 0x01, 0x09, 0x01,
                     0xB1, 0x02, 0xC0),
               &desc);
        assert_true(hid_report_is_feature(&desc, 0)); /* no ids */
}

/* ---- usages ------------------------------------------------------------------------------------- */

static const struct {
        const char *what;
        struct slice locals;
        uint8_t count, array;
        uint32_t usages[5];
} lists[] = {
        { "the last goes on",
          BYTES(0x09, 1, 0x09, 5),
          4,
          0,
          { 0x10001, 0x10005, 0x10005, 0x10005 } },
        { "a range", BYTES(0x19, 1, 0x29, 3), 3, 0, { 0x10001, 0x10002, 0x10003 } },
        { "its end first", BYTES(0x29, 3, 0x19, 1), 3, 0, { 0x10001, 0x10002, 0x10003 } },
        { "range and single",
          BYTES(0x19, 1, 0x29, 2, 0x09, 9),
          3,
          0,
          { 0x10001, 0x10002, 0x10009 } },
        { "backwards is none", BYTES(0x09, 7, 0x19, 3, 0x29, 1), 2, 0, { 0x10007, 0x10007 } },
        { "extended", BYTES(0x0B, 2, 0, 0x8C, 0), 1, 0, { 0x8C0002 } },
        { "extended range", BYTES(0x1B, 1, 0, 7, 0, 0x2B, 2, 0, 7, 0), 2, 0, { 0x70001, 0x70002 } },
        { "half extended range", BYTES(0x1B, 1, 0, 7, 0, 0x29, 2), 2, 0, { 0x70001, 0x70002 } },
        { "the page comes after", BYTES(0x09, 4, 0x05, 9), 1, 0, { 0x90004 } },
        { "two pages", BYTES(0x05, 8, 0x09, 4, 0x05, 9, 0x09, 3), 2, 0, { 0x80004, 0x90003 } },
        { "not of an extended one",
          BYTES(0x0B, 2, 0, 0x8C, 0, 0x09, 1, 0x05, 9),
          2,
          0,
          { 0x8C0002, 0x90001 } },
        { "alternates: the first",
          BYTES(0xA9, 1, 0x09, 3, 0x09, 4, 0xA9, 0, 0x09, 6),
          2,
          0,
          { 0x10003, 0x10006 } },
        { "an array ends",
          BYTES(0x19, 1, 0x29, 2, 0x09, 9),
          1,
          1,
          { 0x10001, 0x10002, 0x10009, 0 } },
        { "strings are nothing", BYTES(0x79, 1, 0x09, 3, 0x49, 2), 1, 0, { 0x10003 } },
};

static void usages_belong_to_elements(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
                uint8_t text[64] = { 0x05, 1, 0x15, 0, 0x25, 1, 0x75, 8, 0x95, lists[i].count };
                size_t len = 10;
                struct hid_descriptor desc;

                memcpy(text + len, lists[i].locals.bytes, lists[i].locals.len);
                len += lists[i].locals.len;
                text[len++] = 0x81;
                text[len++] = lists[i].array ? 0 : 2;
                parses((struct slice) { text, len }, &desc);
                assert_int_equal(desc.n_fields, 1);
                for (size_t at = 0; at < (lists[i].array ? 4 : lists[i].count); at++)
                        if (hid_field_usage(&desc, desc.fields, at) != lists[i].usages[at])
                                fail_msg("%s: %zu is %x", lists[i].what, at,
                                         hid_field_usage(&desc, desc.fields, at));
        }
}

/* ---- values ------------------------------------------------------------------------------------- */

static void values_are_signed_where_their_minimum_is(void **state) {
        /* 4 bits -8..7, 12 bits 0..4095, 1 byte 0..255 written as 25 FF, 32 bits both ways */
        const struct slice text =
                BYTES(0x05, 1, 0x95, 1, 0x15, 0xF8, 0x25, 7, 0x75, 4, 0x09, 0x30, 0x81, 2, 0x15, 0,
                      0x26, 0xFF, 0x0F, 0x75, 12, 0x09, 0x31, 0x81, 2, 0x25, 0xFF, 0x75, 8, 0x09,
                      0x32, 0x81, 2, 0x75, 32, 0x27, 0xFF, 0xFF, 0xFF, 0xFF, 0x09, 0x33, 0x81, 2,
                      0x17, 0, 0, 0, 0x80, 0x27, 0xFF, 0xFF, 0xFF, 0x7F, 0x09, 0x34, 0x81, 2);
        const struct slice report =
                BYTES(0x3C, 0xAB, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF);
        const int64_t values[] = { -4, 0xAB3, 0xFE, 0xFFFFFFFF, -2 };
        struct hid_descriptor desc;

        (void)state;
        parses(text, &desc);
        assert_int_equal(desc.n_fields, ARRAY_LEN(values));
        for (size_t i = 0; i < ARRAY_LEN(values); i++)
                assert_int_equal(reads(&desc, &desc.fields[i], 0, report), values[i]);
        assert_int_equal(desc.fields[2].max, 255);
        assert_int_equal(desc.fields[3].max, 0xFFFFFFFF);
        assert_int_equal(desc.fields[4].min, INT32_MIN);
}

static void push_and_pop_keep_the_globals(void **state) {
        struct hid_descriptor desc;

        (void)state;
        parses(BYTES(0x05, 1, 0x75, 8, 0x95, 1, 0xA4, 0x05, 9, 0x75, 1, 0x95, 8, 0x09, 1, 0x81, 2,
                     0xB4, 0x09, 0x30, 0x81, 2),
               &desc);
        assert_int_equal(desc.fields[0].count, 8);
        assert_int_equal(hid_field_usage(&desc, &desc.fields[1], 0), HID_USAGE(1, 0x30));
        assert_int_equal(desc.fields[1].bits, 8);
        assert_int_equal(desc.fields[1].bit, 8);
}

static void long_items_and_units_say_nothing(void **state) {
        struct hid_descriptor desc;

        (void)state;
        parses(BYTES(0xFE, 3, 0xF0, 1, 2, 3, 0x05, 1, 0x35, 0, 0x46, 0x2C, 1, 0x55, 0x0E, 0x67, 1,
                     0, 0, 1, 0x75, 8, 0x95, 1, 0xFE, 0, 0xF0, 0x09, 0x30, 0x81, 2, 0x0C),
               &desc);
        assert_int_equal(desc.n_fields, 1);
}

/* ---- hostile descriptors ------------------------------------------------------------------------ */

static const struct {
        struct slice text;
        const char *reason;
} hostile[] = {
        { { NULL, 0 }, "no report" },
        { BYTES(0x05), "an item is cut off" },
        { BYTES(0x27, 1, 2, 3), "an item is cut off" },
        { BYTES(0xFE), "an item is cut off" },
        { BYTES(0xFE, 200), "an item is cut off" },
        { BYTES(0xFE, 200, 1, 2, 3), "an item is cut off" },
        { BYTES(0xA1, 1), "a collection does not end" },
        { BYTES(0xC0), "a collection ends that did not begin" },
        { BYTES(0xA1, 1, 0xC0, 0xC0), "a collection ends that did not begin" },
        { BYTES(0xA1, 1, 0xC0), "no report" },
        { BYTES(0x85, 0), "a report id that is not 1 to 255" },
        { BYTES(0x86, 0, 1), "a report id that is not 1 to 255" },
        { BYTES(0xB4), "a pop without a push" },
        { BYTES(0xA4, 0xA4, 0xA4, 0xA4, 0xA4, 0xA4, 0xA4, 0xA4, 0xA4),
          "more than there is room for" },
        { BYTES(0x07, 0, 0, 1, 0), "a usage page beyond FFFF" },
        { BYTES(0x1B, 1, 0, 7, 0, 0x2B, 2, 0, 8, 0), "a usage range over two pages" },
        { BYTES(0x75, 8, 0x96, 1, 8, 0x81, 1), "more than there is room for" },
        { BYTES(0x77, 0xFF, 0xFF, 0xFF, 0xFF, 0x97, 0xFF, 0xFF, 0xFF, 0xFF, 0x81, 1),
          "more than there is room for" },
        { BYTES(0x76, 0, 0x40, 0x95, 1, 0x81, 1, 0x81, 1), "more than there is room for" },
};

static void hostile_descriptors_are_refused_with_the_reason(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
                const char *reason = "taken";
                struct hid_descriptor desc;

                assert_int_equal(hid_report_parse(hostile[i].text, &desc, &reason), -EINVAL);
                assert_string_equal(reason, hostile[i].reason);
        }
}

/* The same items so many times; there is room for one time less. */
static const struct {
        struct slice items;
        size_t times;
} floods[] = {
        { BYTES(0x09, 1, 0x09, 3), HID_USAGES_MAX / 2 + 1 },
        { BYTES(0x75, 1, 0x95, 1, 0x09, 1, 0x81, 2), HID_FIELDS_MAX + 1 },
        { BYTES(0xA1, 0), 65 },
        { BYTES(0x05, 1), HID_DESCRIPTOR_MAX / 2 + 1 },
};

static void floods_are_bounded(void **state) {
        static uint8_t text[HID_DESCRIPTOR_MAX * 2];

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(floods); i++) {
                size_t len = 0, n = floods[i].items.len;
                const char *reason = "taken";
                struct hid_descriptor desc;

                for (size_t k = 0; k < floods[i].times; k++, len += n)
                        memcpy(text + len, floods[i].items.bytes, n);
                assert_int_equal(hid_report_parse((struct slice) { text, len }, &desc, &reason),
                                 -EINVAL);
                assert_string_equal(reason, "more than there is room for");
                reason = "";
                assert_int_equal(hid_report_parse((struct slice) { text, len - n }, &desc, &reason),
                                 i == 1 ? 0 : -EINVAL);
                assert_string_not_equal(reason, "more than there is room for");
        }
}

static void reports_are_bounded(void **state) {
        uint8_t text[(HID_REPORTS_MAX + 1) * 4];
        const char *reason = "taken";
        struct hid_descriptor desc;

        (void)state;
        for (size_t i = 0; i <= HID_REPORTS_MAX; i++)
                memcpy(text + 4 * i, (const uint8_t[]) { 0x85, (uint8_t)(i + 1), 0x81, 1 }, 4);
        assert_int_equal(hid_report_parse((struct slice) { text, sizeof(text) }, &desc, &reason),
                         -EINVAL);
        assert_string_equal(reason, "more than there is room for");
}

/* Every beginning of a descriptor is refused or has sense; ASan sees what reads beyond it. */
static void cut_off_descriptors_harm_none(void **state) {
        const struct slice whole = BYTES(BOOT_KEYBOARD);

        (void)state;
        for (size_t len = 0; len < whole.len; len++) {
                struct hid_descriptor desc;
                const char *reason;

                assert_int_equal(
                        hid_report_parse((struct slice) { whole.bytes, len }, &desc, &reason),
                        -EINVAL);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_boot_keyboard_has_modifiers_keys_and_lights),
                cmocka_unit_test(a_short_report_has_no_value),
                cmocka_unit_test(a_bitmap_has_a_usage_for_each_bit),
                cmocka_unit_test(a_pos_scanner_has_its_usages_and_reports),
                cmocka_unit_test(a_feature_that_is_also_an_output_is_none),
                cmocka_unit_test(usages_belong_to_elements),
                cmocka_unit_test(values_are_signed_where_their_minimum_is),
                cmocka_unit_test(push_and_pop_keep_the_globals),
                cmocka_unit_test(long_items_and_units_say_nothing),
                cmocka_unit_test(hostile_descriptors_are_refused_with_the_reason),
                cmocka_unit_test(floods_are_bounded),
                cmocka_unit_test(reports_are_bounded),
                cmocka_unit_test(cut_off_descriptors_harm_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
