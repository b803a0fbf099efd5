/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * HID report: what a USB device's report descriptor says of its reports, and reading of their fields
 * (USB Device Class Definition for Human Interface Devices 1.11, "HID 1.11" below). Pure, no allocation, bounded: a
 * descriptor that needs more than the tables hold is refused with the reason.
 *
 * A report is meant as it travels: with its id in the first byte where the descriptor has ids. Units, physical
 * limits, strings and designators are skipped; of alternate usages (delimiters) the first counts. Constant fields
 * are room only.
 */

#include <stdbool.h>
#include "base/def.h"

enum {
        HID_DESCRIPTOR_MAX = 4096, /* bytes; Linux's HID_MAX_DESCRIPTOR_SIZE */
        HID_REPORT_MAX = 2048,     /* bytes; an interrupt transfer of USB 2.0 has 1024 (5.7.3) */
        HID_REPORTS_MAX = 48,
        HID_FIELDS_MAX = 96,
        HID_USAGES_MAX = 192, /* ranges; usages in a row are one */
};

/* A usage is its page in the upper 16 bits and its id in the lower. */
#define HID_USAGE(page, id) ((uint32_t)(page) << 16 | (uint32_t)(id))

enum hid_report_type { HID_INPUT, HID_OUTPUT, HID_FEATURE };

struct hid_usages {
        uint32_t first, last;
};

/* One main item with usages: @count elements of @bits each. */
struct hid_field {
        int64_t min, max;  /* logical */
        uint16_t bit;      /* of the first element; behind the report id */
        uint16_t bits;     /* of one element; numbers up to 32, more are bytes */
        uint16_t count;    /* elements */
        uint16_t usages;   /* its first in the table of usages */
        uint16_t n_usages; /* ranges of it, at least one */
        uint8_t id;        /* of the report; 0: reports have no ids */
        enum hid_report_type type;
        bool array; /* an element is the number of a usage; else each element has its own usage */
};

struct hid_report {
        uint32_t application; /* usage of the application collection that it is in; 0: none */
        uint16_t bits;        /* without the id */
        uint8_t id;
        enum hid_report_type type;
};

struct hid_descriptor {
        bool has_ids; /* each report begins with a byte, its id */
        struct hid_report reports[HID_REPORTS_MAX];
        struct hid_field fields[HID_FIELDS_MAX];
        struct hid_usages usages[HID_USAGES_MAX];
        size_t n_reports, n_fields, n_usages;
};

/* -EINVAL with the reason, a constant text, in @ret_reason. @ret has everything then that came before. */
MUST_CHECK int hid_report_parse(struct slice descriptor, struct hid_descriptor *ret,
                                const char **ret_reason);

/* Bytes of a report as it travels, its id with it; 0: there is none such. */
size_t hid_report_size(const struct hid_descriptor *desc, enum hid_report_type type, uint8_t id);
/* @id is a feature report, and no output report: what is sent as SET_REPORT's type 3 (HID 1.11, 7.2.2). */
bool hid_report_is_feature(const struct hid_descriptor *desc, uint8_t id);

/*
 * The next field with @usage; @after NULL: from the first one on. NULL: no more. @ret_index (may be NULL) is the first
 * element that has it; of an array, whose elements each may have it, 0.
 */
const struct hid_field *hid_report_find(const struct hid_descriptor *desc,
                                        enum hid_report_type type, uint32_t usage,
                                        const struct hid_field *after, size_t *ret_index);

/*
 * The usage of an element; of an array the one that element number @index of its usages stands for. More elements than
 * usages: the last one's goes on (HID 1.11, 6.2.2.8); more numbers than usages: 0.
 */
uint32_t hid_field_usage(const struct hid_descriptor *desc, const struct hid_field *field,
                         size_t index);

/* An element's value; signed where its logical minimum is. false: another report, too short a one, not a number. */
MUST_CHECK bool hid_field_read(const struct hid_descriptor *desc, const struct hid_field *field,
                               size_t index, struct slice report, int64_t *ret);
/* The usage that an element says is on: of an array the selected one, of a variable its own where it is not 0; else 0. */
uint32_t hid_field_on(const struct hid_descriptor *desc, const struct hid_field *field,
                      size_t index, struct slice report);
/* An element's first bit in a report. */
size_t hid_field_bit(const struct hid_descriptor *desc, const struct hid_field *field,
                     size_t index);
/* A number in a report, up to 32 bits from @bit on, the lowest first. false: it is cut off, or has no bits. */
MUST_CHECK bool hid_report_bits(struct slice report, size_t bit, size_t bits, uint32_t *ret);
