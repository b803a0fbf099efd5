/* SPDX-License-Identifier: MIT */

/* Fields of a report whose descriptor hid_report.c has parsed. */

#include "drivers/hid_report.h"

size_t hid_report_size(const struct hid_descriptor *desc, enum hid_report_type type, uint8_t id) {
        for (size_t i = 0; i < desc->n_reports; i++)
                if (desc->reports[i].type == type && desc->reports[i].id == id)
                        return (desc->reports[i].bits + 7U) / 8 + desc->has_ids;
        return 0;
}

bool hid_report_is_feature(const struct hid_descriptor *desc, uint8_t id) {
        return hid_report_size(desc, HID_FEATURE, id) > 0 &&
               hid_report_size(desc, HID_OUTPUT, id) == 0;
}

/* The usage of number @index among the field's. @ret_last: of the last one. 0: there are fewer. */
static uint32_t nth_usage(const struct hid_descriptor *desc, const struct hid_field *field,
                          size_t index, uint32_t *ret_last) {
        const struct hid_usages *usages = &desc->usages[field->usages];

        for (size_t i = 0; i < field->n_usages; i++) {
                size_t n = (size_t)(usages[i].last - usages[i].first) + 1;

                if (index < n)
                        return usages[i].first + (uint32_t)index;
                index -= n;
                *ret_last = usages[i].last;
        }
        return 0;
}

uint32_t hid_field_usage(const struct hid_descriptor *desc, const struct hid_field *field,
                         size_t index) {
        uint32_t last = 0, usage = nth_usage(desc, field, index, &last);

        return usage || field->array ? usage : last;
}

/* The first number that stands for @usage among the field's. false: none. */
static bool usage_number(const struct hid_descriptor *desc, const struct hid_field *field,
                         uint32_t usage, size_t *ret) {
        const struct hid_usages *usages = &desc->usages[field->usages];
        size_t before = 0;

        for (size_t i = 0; i < field->n_usages; i++) {
                if (usage >= usages[i].first && usage <= usages[i].last) {
                        *ret = before + (usage - usages[i].first);
                        return true;
                }
                before += (size_t)(usages[i].last - usages[i].first) + 1;
        }
        return false;
}

const struct hid_field *hid_report_find(const struct hid_descriptor *desc,
                                        enum hid_report_type type, uint32_t usage,
                                        const struct hid_field *after, size_t *ret_index) {
        const struct hid_field *field = after ? after + 1 : desc->fields;
        size_t number;

        for (; field < desc->fields + desc->n_fields; field++) {
                if (field->type != type || !usage_number(desc, field, usage, &number) ||
                    (!field->array && number >= field->count))
                        continue;
                if (ret_index)
                        *ret_index = field->array ? 0 : number;
                return field;
        }
        return NULL;
}

size_t hid_field_bit(const struct hid_descriptor *desc, const struct hid_field *field,
                     size_t index) {
        return (desc->has_ids ? 8U : 0U) + field->bit + index * field->bits;
}

/* HID 1.11, 5.8 */
bool hid_report_bits(struct slice report, size_t bit, size_t bits, uint32_t *ret) {
        uint32_t value = 0;

        if (bits == 0 || bits > 32 || bit + bits > report.len * 8)
                return false;
        for (size_t i = 0; i < bits; i++, bit++)
                value |= (uint32_t)(report.bytes[bit / 8] >> bit % 8 & 1) << i;
        *ret = value;
        return true;
}

bool hid_field_read(const struct hid_descriptor *desc, const struct hid_field *field, size_t index,
                    struct slice report, int64_t *ret) {
        uint32_t value;

        if (index >= field->count ||
            !hid_report_bits(report, hid_field_bit(desc, field, index), field->bits, &value) ||
            (desc->has_ids && report.bytes[0] != field->id))
                return false;
        *ret = value;
        if (field->min < 0 && value >> (field->bits - 1) & 1)
                *ret -= (int64_t)1 << field->bits;
        return true;
}

/* A number beyond the logical limits selects nothing (6.2.2.5, null state). */
uint32_t hid_field_on(const struct hid_descriptor *desc, const struct hid_field *field,
                      size_t index, struct slice report) {
        int64_t value;

        if (!hid_field_read(desc, field, index, report, &value))
                return 0;
        if (!field->array)
                return value ? hid_field_usage(desc, field, index) : 0;
        if (value < field->min || value > field->max)
                return 0;
        return hid_field_usage(desc, field, (size_t)(value - field->min));
}
