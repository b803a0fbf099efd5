/* SPDX-License-Identifier: MIT */

/*
 * HID keyboard: a scanner that types its scans. key_reader.h has its key strokes, and the profile's layout their text.
 *
 * A scan is the text up to an end of the profile, Enter and Tab being CR and HT, or up to a silence where the scanner never sent
 * an end. It is UTF-8: a scanner that types é has typed C3 A9. An Alt code (Alt held, digits of the keypad) is a character of code page 1252
 * with a leading zero, of 437 without, and ASCII below 128.
 *
 * A key that is no character is no part of any code: what it stands in is refused, for a lost GS would make of a lot
 * and a serial number one wrong lot.
 */

#include <errno.h>
#include <stdlib.h>
#include "drivers/hid_report.h"
#include "drivers/scanner/framer.h"
#include "drivers/scanner/key_reader.h"
#include "drivers/scanner/keyboard_layout.h"
#include "drivers/scanner/protocol.h"
#include "drivers/scanner/trim.h"

/* HID usage tables, pages 07 and 08 */
enum {
        PAGE_LEDS = 0x08,
        LED_CAPS = 0x02,

        KEY_CAPS_LOCK = 0x39,
        KEY_SCROLL_LOCK = 0x47,
        KEY_NUM_LOCK = 0x53,
        PAD_1 = 0x59,
        PAD_0 = 0x62,
};

enum {
        LED_REPORT_MAX = 16, /* bytes */
        PATIENCE_MS = 500,   /* with a cordless scanner that repeats what was lost on the air */
        ALT_VALUE_MAX = 255,
};

struct keyboard {
        const struct profile *profile;
        struct protocol_host host;
        struct hid_descriptor desc;
        struct key_reader reader;
        bool caps;
        bool ends_codes; /* a code came with its end: one without is half a code */

        uint8_t accent; /* waits for its letter; 0: none */
        struct {
                unsigned digits, value;
                bool zero; /* leads */
        } alt;

        struct framer framer;
        const char *damage; /* why what is typed now cannot be a scan; NULL: nothing */
        uint8_t trimmed[TRIM_ROOM];
};

static void keyboard_free(void *protocol) {
        free(protocol);
}

static int keyboard_new(const struct profile *profile, struct slice descriptor,
                        const struct protocol_host *host, void **ret) {
        const struct framer_rules rules = { profile->ends, profile->n_ends, profile->start };
        struct keyboard *keyboard = calloc(1, sizeof(*keyboard));
        const char *reason;

        if (!keyboard)
                return -ENOMEM;
        keyboard->profile = profile;
        keyboard->host = *host;
        framer_init(&keyboard->framer, &rules);
        if (hid_report_parse(descriptor, &keyboard->desc, &reason) < 0 ||
            key_reader_init(&keyboard->reader, &keyboard->desc) < 0) {
                free(keyboard);
                return -EINVAL;
        }
        *ret = keyboard;
        return 0;
}

/* ---- scans -------------------------------------------------------------------------------------- */

static void keyboard_refuse(struct keyboard *keyboard, const char *reason) {
        keyboard->host.refused(keyboard->host.ctx, reason);
}

static void keyboard_scan(struct keyboard *keyboard, struct slice frame) {
        frame = scan_trim(keyboard->profile, frame, keyboard->trimmed);
        if (frame.len > 0)
                keyboard->host.scan(keyboard->host.ctx, frame);
}

/* What is overlong has had its answer. */
static void keyboard_damage(struct keyboard *keyboard, const char *reason) {
        if (!keyboard->framer.overlong && !keyboard->damage)
                keyboard->damage = reason;
}

static void keyboard_drop(struct keyboard *keyboard) {
        (void)framer_end(&keyboard->framer);
        keyboard_refuse(keyboard, TAKE(keyboard->damage));
}

static void keyboard_byte(struct keyboard *keyboard, uint8_t byte) {
        const struct profile *profile = keyboard->profile;
        struct slice bytes = { &byte, 1 }, frame;

        if (keyboard->damage) {
                if (memchr(profile->ends, byte, profile->n_ends))
                        keyboard_drop(keyboard);
                return;
        }
        switch (framer_feed(&keyboard->framer, &bytes, &frame)) {
        case FRAMER_FRAME:
                keyboard->ends_codes = true;
                keyboard_scan(keyboard, frame);
                break;
        case FRAMER_OVERLONG:
                keyboard_refuse(keyboard, "longer than any code: scan it again");
                break;
        case FRAMER_MORE:
                break;
        }
}

/* ---- characters --------------------------------------------------------------------------------- */

static void keyboard_put(struct keyboard *keyboard, uint8_t character, enum code_page page) {
        uint8_t bytes[UTF8_MAX];
        size_t n = character_to_utf8(character, page, bytes);

        for (size_t i = 0; i < n; i++)
                keyboard_byte(keyboard, bytes[i]);
}

/* An accent and what it does not go with are two characters; @typed 0: what comes goes with no accent. */
static void keyboard_type(struct keyboard *keyboard, int typed) {
        uint8_t accent = keyboard->accent, character = (uint8_t)typed;
        uint8_t composed = typed < KEY_DEAD ? keyboard_compose(accent, character) : 0;

        keyboard->accent = 0;
        if (accent)
                keyboard_put(keyboard, composed ? composed : accent, CODE_PAGE_1252);
        if (typed & KEY_DEAD && !accent)
                keyboard->accent = character;
        else if (typed && !composed)
                keyboard_put(keyboard, character, CODE_PAGE_1252);
}

/* ---- Alt codes ---------------------------------------------------------------------------------- */

static void keyboard_alt_digit(struct keyboard *keyboard, unsigned digit) {
        if (!keyboard->profile->alt_numpad) {
                keyboard_damage(keyboard, "it types Alt codes: set keyboard.alt_numpad");
                return;
        }
        if (keyboard->alt.digits++ == 0)
                keyboard->alt.zero = digit == 0;
        if (keyboard->alt.value <= ALT_VALUE_MAX)
                keyboard->alt.value = keyboard->alt.value * 10 + digit;
}

static void keyboard_alt_released(struct keyboard *keyboard) {
        unsigned value = keyboard->alt.value;
        enum code_page page = keyboard->alt.zero ? CODE_PAGE_1252 : CODE_PAGE_437;

        if (keyboard->alt.digits == 0)
                return;
        memset(&keyboard->alt, 0, sizeof(keyboard->alt));
        keyboard_type(keyboard, 0);
        if (value == 0 || value > ALT_VALUE_MAX)
                keyboard_damage(keyboard, "an Alt code came that is no character: scan it again");
        else
                keyboard_put(keyboard, (uint8_t)value, page);
}

/* ---- keys --------------------------------------------------------------------------------------- */

static bool keyboard_alt_held(const struct keyboard *keyboard) {
        bool altgr = keyboard_has_altgr(keyboard->profile->layout);

        return keyboard->reader.modifiers & (altgr ? MOD_LEFT_ALT : MOD_ALT) &&
               !(keyboard->reader.modifiers & MOD_CTRL);
}

static unsigned keyboard_modifiers(const struct keyboard *keyboard) {
        uint8_t held = keyboard->reader.modifiers;
        unsigned modifiers = keyboard->caps ? KEY_CAPS : 0;

        if (held & MOD_SHIFT)
                modifiers |= KEY_SHIFT;
        if (held & MOD_ALT)
                modifiers |= KEY_ALTGR; /* plain Alt is dealt with before */
        else if (held & MOD_CTRL)
                modifiers |= KEY_CTRL;
        return modifiers;
}

/*
 * Zeros at attach: a scanner that sees caps lock on changes its case. Its own caps lock key is answered as a host would,
 * or it might press it again.
 */
static void keyboard_send_leds(struct keyboard *keyboard) {
        const struct hid_descriptor *desc = &keyboard->desc;
        size_t index, size, bit,
                front = desc->has_ids ? 0 : 1; /* the 0 of a report without an id */
        uint8_t bytes[1 + LED_REPORT_MAX] = { 0 };
        const struct hid_field *caps;

        caps = hid_report_find(desc, HID_OUTPUT, HID_USAGE(PAGE_LEDS, LED_CAPS), NULL, &index);
        size = caps ? hid_report_size(desc, HID_OUTPUT, caps->id) : 0;
        if (size == 0 || size > LED_REPORT_MAX)
                return;
        bytes[0] = caps->id;
        bit = front * 8 + hid_field_bit(desc, caps, index);
        if (keyboard->caps && !caps->array)
                bytes[bit / 8] |= (uint8_t)(1U << bit % 8);
        keyboard->host.send(keyboard->host.ctx, (struct slice) { bytes, front + size });
}

static void keyboard_press(struct keyboard *keyboard, uint8_t key) {
        uint8_t held = keyboard->reader.modifiers;
        bool digit = key >= PAD_1 && key <= PAD_0, alt = keyboard_alt_held(keyboard);
        int typed = 0;

        if (key == KEY_SCROLL_LOCK || key == KEY_NUM_LOCK)
                return;
        if (key == KEY_CAPS_LOCK) {
                keyboard->caps = !keyboard->caps;
                keyboard_send_leds(keyboard);
                return;
        }
        if (alt && digit) {
                keyboard_alt_digit(keyboard, (key - PAD_1 + 1U) % 10);
                return;
        }
        if (!alt && !(held & MOD_GUI) && !(digit && held & MOD_ALT))
                typed = keyboard_char(keyboard->profile->layout, key, keyboard_modifiers(keyboard));
        if (typed)
                keyboard_type(keyboard, typed);
        else
                keyboard_damage(keyboard,
                                "it typed a key that is no character: correct keyboard.layout");
}

/* ---- reports ------------------------------------------------------------------------------------ */

/* What waits for its end is over after a silence. */
static void keyboard_arm(struct keyboard *keyboard) {
        const struct profile *profile = keyboard->profile;
        bool waits = framer_has_rest(&keyboard->framer) || keyboard->damage || keyboard->accent ||
                     keyboard->alt.digits > 0;
        int ms = profile->gap_ms ? profile->gap_ms : profile->rest_ms;

        if (keyboard->ends_codes && ms < PATIENCE_MS)
                ms = PATIENCE_MS;
        keyboard->host.wait(keyboard->host.ctx, waits ? ms : 0);
}

/* An Alt code is over before the keys that come in the report of its end. */
static void keyboard_input(void *protocol, struct slice report) {
        struct keyboard *keyboard = protocol;
        bool had_alt = keyboard_alt_held(keyboard);
        uint8_t keys[KEYS_MAX];
        size_t n = key_reader_read(&keyboard->reader, report, keys);

        if (had_alt && !keyboard_alt_held(keyboard))
                keyboard_alt_released(keyboard);
        for (size_t i = 0; i < n; i++)
                keyboard_press(keyboard, keys[i]);
        keyboard_arm(keyboard);
}

static void keyboard_timer(void *protocol) {
        struct keyboard *keyboard = protocol;
        struct slice frame;

        keyboard_type(keyboard, 0);
        if (keyboard->alt.digits > 0)
                keyboard_damage(keyboard, "half a code came: scan it again");
        memset(&keyboard->alt, 0, sizeof(keyboard->alt));
        if (keyboard->damage) {
                keyboard_drop(keyboard);
                return;
        }
        frame = framer_end(
                &keyboard->framer); /* of an overlong one, which has had its answer, none */
        if (frame.len == 0)
                return;
        if (keyboard->profile->gap_ms && !keyboard->ends_codes)
                keyboard_scan(keyboard, frame);
        else
                keyboard_refuse(keyboard, "half a code came: scan it again");
}

/* ---- the other way ------------------------------------------------------------------------------ */

static void keyboard_attached(void *protocol) {
        keyboard_send_leds(protocol);
}

static void keyboard_feedback(void *protocol, enum scanner_feedback feedback) {
        const struct keyboard *keyboard = protocol;
        const struct profile_bytes *report = protocol_feedback(keyboard->profile, feedback);

        if (report->len > 0)
                keyboard->host.send(keyboard->host.ctx,
                                    (struct slice) { report->bytes, report->len });
}

const struct protocol_ops protocol_hid_keyboard = { keyboard_new,      keyboard_free,
                                                    keyboard_attached, keyboard_input,
                                                    keyboard_timer,    keyboard_feedback };
