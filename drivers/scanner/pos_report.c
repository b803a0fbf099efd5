/* SPDX-License-Identifier: MIT */
#include "drivers/scanner/pos_report.h"

enum {
        PAGE_POS = 0x8C,
        BYTE_COUNT = HID_USAGE(0x01, 0x3B),
        SYMBOLOGY_ID = HID_USAGE(PAGE_POS, 0xFB),
        DECODED_DATA = HID_USAGE(PAGE_POS, 0xFE),
        DATA_CONTINUED = HID_USAGE(PAGE_POS, 0xFF),

        AIM_LEN = AIM_SIZE - 1,
        USUAL_SIZE = 64, /* with its id */
};

static const struct pos_layout usual_layouts[] = {
        { .count = 8, .n_count = 8, .more = 63 * 8, .n_more = 1, .aim = 2, .data = 5, .room = 56 },
        { .count = 8, .n_count = 8, .more = 63 * 8, .n_more = 1, .aim = 3, .data = 6, .room = 56 },
        { .count = 8, .n_count = 8, .more = 63 * 8, .n_more = 1, .aim = 0, .data = 2, .room = 56 },
};

/* ---- by the descriptor -------------------------------------------------------------------------- */

static const struct hid_field *find_in(const struct hid_descriptor *desc, uint8_t id,
                                       uint32_t usage, size_t *ret_index) {
        const struct hid_field *field = NULL;

        do
                field = hid_report_find(desc, HID_INPUT, usage, field, ret_index);
        while (field && (field->id != id || field->array));
        return field;
}

/* First bit of a number with the usage. Answers its bits; 0: there is none. */
static uint16_t find_bits(const struct hid_descriptor *desc, uint8_t id, uint32_t usage,
                          uint16_t *ret) {
        size_t index;
        const struct hid_field *field = find_in(desc, id, usage, &index);

        if (!field)
                return 0;
        *ret = (uint16_t)hid_field_bit(desc, field, index);
        return field->bits;
}

/*
 * The identifier's first byte: of three in a row with the usages FB, FC and FD, or of one field that has FB for all of
 * them. 0: none, for where there are no ids the first byte is the count's.
 */
static uint16_t find_aim(const struct hid_descriptor *desc, uint8_t id) {
        uint16_t first = 0, bit;
        size_t index;
        const struct hid_field *field = find_in(desc, id, SYMBOLOGY_ID, &index);

        if (!field || find_bits(desc, id, SYMBOLOGY_ID, &first) != 8 || first % 8)
                return 0;
        if (index + AIM_LEN <= field->count &&
            hid_field_usage(desc, field, index + AIM_LEN - 1) == SYMBOLOGY_ID)
                return first / 8;
        for (unsigned i = 1; i < AIM_LEN; i++)
                if (find_bits(desc, id, SYMBOLOGY_ID + i, &bit) != 8 || bit != first + i * 8)
                        return 0;
        return first / 8;
}

/* Decoded data may be the end of a field whose beginning is the identifier. */
static bool find_data(const struct hid_descriptor *desc, uint8_t id, struct pos_layout *ret) {
        size_t index, first;
        const struct hid_field *field = find_in(desc, id, DECODED_DATA, &first);

        if (!field || field->bits % 8 || hid_field_bit(desc, field, first) % 8)
                return false;
        index = first;
        while (index < field->count && hid_field_usage(desc, field, index) == DECODED_DATA)
                index++;
        ret->data = (uint16_t)(hid_field_bit(desc, field, first) / 8);
        ret->room = (uint16_t)((index - first) * field->bits / 8);
        return true;
}

static bool layout_by_usages(const struct hid_descriptor *desc, uint8_t id,
                             struct pos_layout *ret) {
        *ret = (struct pos_layout) { .n_count = 0 };
        if (!find_data(desc, id, ret))
                return false;
        ret->n_count = find_bits(desc, id, BYTE_COUNT, &ret->count);
        ret->n_more = find_bits(desc, id, DATA_CONTINUED, &ret->more);
        ret->aim = find_aim(desc, id);
        return true;
}

/* ---- by custom ---------------------------------------------------------------------------------- */

static const struct hid_report *find_usual(const struct hid_descriptor *desc) {
        const struct hid_report *report = desc->reports;

        if (!desc->has_ids || hid_report_find(desc, HID_INPUT, DECODED_DATA, NULL, NULL))
                return NULL;
        for (; report < desc->reports + desc->n_reports; report++)
                if (report->type == HID_INPUT && report->application >> 16 == PAGE_POS &&
                    report->bits >= (USUAL_SIZE - 1) * 8)
                        return report;
        return NULL;
}

static bool layout_by_custom(const struct hid_descriptor *desc, struct slice report,
                             struct pos_layout *ret) {
        const struct hid_report *usual = find_usual(desc);
        const struct pos_layout *layout = usual_layouts;

        if (!usual || report.len < 4 || usual->id != report.bytes[0])
                return false;
        while (layout->aim && report.bytes[layout->aim] != ']')
                layout++;
        *ret = *layout;
        return true;
}

bool pos_report_is_known(const struct hid_descriptor *desc) {
        return hid_report_find(desc, HID_INPUT, DECODED_DATA, NULL, NULL) || find_usual(desc);
}

bool pos_report_layout(const struct hid_descriptor *desc, struct slice report,
                       struct pos_layout *ret) {
        uint8_t id = desc->has_ids && report.len > 0 ? report.bytes[0] : 0;

        return layout_by_usages(desc, id, ret) || layout_by_custom(desc, report, ret);
}

/* ---- reading ------------------------------------------------------------------------------------ */

static bool is_aim(const uint8_t *bytes) {
        return bytes[0] == ']' && bytes[1] > ' ' && bytes[1] < 0x7F && bytes[2] > ' ' &&
               bytes[2] < 0x7F;
}

void pos_report_read(const struct pos_layout *layout, struct slice report, struct pos_part *ret) {
        size_t room = report.len > layout->data ? report.len - layout->data : 0;
        size_t behind = (size_t)layout->data + layout->room;
        uint32_t count = 0, more = 0;

        *ret = (struct pos_part) { .more = false };
        if (room > layout->room)
                room = layout->room;
        if (!hid_report_bits(report, layout->count, layout->n_count, &count) || count > room)
                count = (uint32_t)room;
        if (!layout->n_count)
                while (count > 0 && report.bytes[layout->data + count - 1] == '\0')
                        count--;
        ret->data = (struct slice) { report.bytes + (count ? layout->data : 0), count };
        ret->more = hid_report_bits(report, layout->more, layout->n_more, &more) && more;
        if (layout->aim && report.len >= layout->aim + (size_t)AIM_LEN &&
            is_aim(report.bytes + layout->aim))
                memcpy(ret->aim, report.bytes + layout->aim, AIM_LEN);
        if (behind < report.len)
                ret->maker = report.bytes[behind];
}
