/* SPDX-License-Identifier: MIT */
#include "drivers/scanner/key_reader.h"

#include <errno.h>

enum {
        PAGE_KEYS = 0x07,
        KEY_ERRORS = 0x0E,    /* usages 1 to 3 as bits */
        KEY_MODIFIERS = 0xE0, /* eight of them, a byte of a bitmap */
};

static bool has_keys(const struct hid_descriptor *desc, const struct hid_field *field) {
        return field->type == HID_INPUT && desc->usages[field->usages].first >> 16 == PAGE_KEYS;
}

static struct key_report *report_of(struct key_reader *reader, uint8_t id) {
        for (size_t i = 0; i < reader->n_reports; i++)
                if (reader->reports[i].id == id)
                        return &reader->reports[i];
        return NULL;
}

int key_reader_init(struct key_reader *reader, const struct hid_descriptor *desc) {
        *reader = (struct key_reader) { .desc = desc };
        for (size_t i = 0; i < desc->n_fields; i++) {
                const struct hid_field *field = &desc->fields[i];

                if (!has_keys(desc, field) || report_of(reader, field->id))
                        continue;
                if (reader->n_reports == KEY_READER_REPORTS)
                        return -EINVAL;
                reader->reports[reader->n_reports++].id = field->id;
        }
        return reader->n_reports > 0 ? 0 : -EINVAL;
}

/* Marks the key of an element as down. Answers it, or 0 where there is none or it was marked before. */
static uint8_t mark_key(const struct hid_descriptor *desc, const struct hid_field *field,
                        size_t index, struct slice bytes, uint8_t *down) {
        uint32_t usage = hid_field_on(desc, field, index, bytes);
        uint8_t key = (uint8_t)usage, bit = (uint8_t)(1U << key % 8);

        if (usage >> 8 != HID_USAGE(PAGE_KEYS, 0) >> 8 || down[key / 8] & bit)
                return 0;
        down[key / 8] |= bit;
        return key;
}

/* Every key that is down, in the report's order. */
static size_t read_down(const struct hid_descriptor *desc, uint8_t id, struct slice bytes,
                        uint8_t *down, uint8_t *ret_keys) {
        size_t n = 0;

        for (size_t i = 0; i < desc->n_fields; i++) {
                const struct hid_field *field = &desc->fields[i];

                if (!has_keys(desc, field) || field->id != id)
                        continue;
                for (size_t at = 0; at < field->count; at++) {
                        uint8_t key = mark_key(desc, field, at, bytes, down);

                        if (key)
                                ret_keys[n++] = key;
                }
        }
        return n;
}

size_t key_reader_read(struct key_reader *reader, struct slice bytes, uint8_t ret_keys[KEYS_MAX]) {
        bool has_ids = reader->desc->has_ids && bytes.len > 0;
        struct key_report *report = report_of(reader, has_ids ? bytes.bytes[0] : 0);
        uint8_t down[KEYS_MAX / 8] = { 0 };
        size_t n, n_new = 0;

        if (!report)
                return 0;
        n = read_down(reader->desc, report->id, bytes, down, ret_keys);
        if (down[0] & KEY_ERRORS)
                return 0;
        for (size_t i = 0; i < n; i++) {
                uint8_t key = ret_keys[i];

                if (key < KEY_MODIFIERS && !(report->down[key / 8] >> key % 8 & 1))
                        ret_keys[n_new++] = key;
        }
        memcpy(report->down, down, sizeof(down));
        reader->modifiers = 0;
        for (size_t i = 0; i < reader->n_reports; i++)
                reader->modifiers |= reader->reports[i].down[KEY_MODIFIERS / 8];
        return n_new;
}
