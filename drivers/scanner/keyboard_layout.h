/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Keyboard layout: what the keys of a scanner that types mean in the country that it is set to. Pure.
 *
 * Scanners type what Windows would understand, so the layouts are Windows' (us, gb, de, fr: KBDUS, KBDUK, KBDGR,
 * KBDFR) with their AltGr and dead keys. A key is its usage on page 07 of the HID usage tables, a character a byte of
 * Windows' code page 1252.
 */

#include <stdbool.h>
#include "base/def.h"
#include "drivers/profile.h"

enum key_modifier {
        KEY_SHIFT = 1,
        KEY_CTRL = 2,
        KEY_ALTGR = 4,
        KEY_CAPS = 8, /* caps lock is on: letters alone change their case */
};

enum {
        KEY_DEAD = 0x100, /* an accent that waits for its letter */
        UTF8_MAX = 3,     /* bytes of one character of the code pages */
};

/*
 * What a key types: a character, one below 20 (hexadecimal) where Ctrl or the key itself makes it one, or an accent
 * with KEY_DEAD; 0: nothing. @modifiers: enum key_modifier. Digits of the keypad are digits whatever Num Lock is.
 */
int keyboard_char(enum keyboard_layout layout, uint8_t key, unsigned modifiers);
/* Right Alt is AltGr, and so is Ctrl with Alt. */
bool keyboard_has_altgr(enum keyboard_layout layout);
/* The letter with the accent, or with a space the accent alone; 0: there is none such. */
uint8_t keyboard_compose(uint8_t accent, uint8_t letter);

enum code_page { CODE_PAGE_1252, CODE_PAGE_437 };

/* Answers how many bytes of @ret (UTF8_MAX) the character has as UTF-8, 1 to 3. */
size_t character_to_utf8(uint8_t character, enum code_page page, uint8_t *ret);

/* ---- the tables (keyboard_table.c) -------------------------------------------------------------- */

enum { KEYBOARD_KEYS = 49 }; /* 04 to 27, 2D to 38, 64, in this order */

struct key_char {
        uint8_t key, character;
};

struct keyboard_table {
        uint8_t plain[KEYBOARD_KEYS],
                shift[KEYBOARD_KEYS]; /* 0: nothing; below 20: 1 + number of an accent */
        uint8_t decimal;              /* the keypad's */
        uint8_t n_third;
        struct key_char third[14]; /* with AltGr */
};

extern const struct keyboard_table keyboard_tables[];
extern const uint8_t keyboard_accents[];
extern const uint16_t cp1252_points[32]; /* 80 to 9F */
extern const uint16_t cp437_points[128]; /* 80 to FF */
