/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Key reader: a keyboard's reports to key strokes, by its report descriptor (USB HID 1.11, appendix C). Pure.
 *
 * Keys may come as an array of usages or as a bit for each usage, in several reports, each of which says which of its
 * keys are down. A key is new when the former report did not have it; of several new ones in a report its order is
 * theirs. An error report (usages 1 to 3: too many keys, failed, undefined) says nothing of any key.
 */

#include "drivers/hid_report.h"

enum {
        KEY_READER_REPORTS = 4,
        KEYS_MAX = 256, /* usages of page 07 that are read */
};

/* Modifiers, the bits of usages E0 to E7. */
enum {
        MOD_CTRL = 0x11,
        MOD_SHIFT = 0x22,
        MOD_LEFT_ALT = 0x04,
        MOD_ALT = 0x44,
        MOD_GUI = 0x88,
};

struct key_reader {
        const struct hid_descriptor *desc;
        struct key_report {
                uint8_t id;
                uint8_t down[KEYS_MAX / 8];
        } reports[KEY_READER_REPORTS];
        size_t n_reports;
        uint8_t modifiers; /* that are down */
};

/* @desc is borrowed for the reader's life. -EINVAL: no keys in it, or in more reports than there is room for. */
MUST_CHECK int key_reader_init(struct key_reader *reader, const struct hid_descriptor *desc);
/* An input report, its id in front where there are ids. Answers how many keys are new, and which; modifiers are none. */
size_t key_reader_read(struct key_reader *reader, struct slice report, uint8_t ret_keys[KEYS_MAX]);
