/* SPDX-License-Identifier: MIT */
#include "drivers/scanner/keyboard_layout.h"

enum {
        KEY_A = 0x04,
        KEY_0 = 0x27,
        KEY_6 = 0x23,
        KEY_MINUS = 0x2D,
        KEY_OPEN = 0x2F, /* [ of a US keyboard */
        KEY_CLOSE = 0x30,
        KEY_BACKSLASH = 0x31,
        KEY_HASH = 0x32,
        KEY_SLASH = 0x38,
        KEY_102 = 0x64, /* between shift and Z */
        PAD_DECIMAL = 0x63,
};

/* ---- keys that are the same everywhere ----------------------------------------------------------- */

static const struct key_char fixed[] = {
        { 0x28, '\r' }, /* Enter */
        { 0x29, 0x1B }, { 0x2A, '\b' }, { 0x2B, '\t' }, { 0x2C, ' ' },  { 0x54, '/' },
        { 0x55, '*' },  { 0x56, '-' },  { 0x57, '+' },  { 0x58, '\r' }, { 0x59, '1' },
        { 0x5A, '2' },  { 0x5B, '3' },  { 0x5C, '4' },  { 0x5D, '5' },  { 0x5E, '6' },
        { 0x5F, '7' },  { 0x60, '8' },  { 0x61, '9' },  { 0x62, '0' },  { 0x67, '=' },
};

static uint8_t find_char(const struct key_char *table, size_t n, uint8_t key) {
        for (size_t i = 0; i < n; i++)
                if (table[i].key == key)
                        return table[i].character;
        return 0;
}

/* ---- keys of a country --------------------------------------------------------------------------- */

/* Its place in a table's rows; KEYBOARD_KEYS: none. */
static size_t place_of(uint8_t key) {
        if (key >= KEY_A && key <= KEY_0)
                return (size_t)(key - KEY_A);
        if (key >= KEY_MINUS && key <= KEY_SLASH)
                return (size_t)(key - KEY_MINUS) + KEY_0 - KEY_A + 1;
        return key == KEY_102 ? KEYBOARD_KEYS - 1 : KEYBOARD_KEYS;
}

static bool is_small(uint8_t c) {
        return (c >= 'a' && c <= 'z') || (c >= 0xE0 && c != 0xF7 && c != 0xFF);
}

static uint8_t printed(const struct keyboard_table *table, uint8_t key, unsigned modifiers) {
        bool shift = modifiers & KEY_SHIFT, caps = modifiers & KEY_CAPS;
        size_t place = place_of(key);

        if (modifiers & KEY_ALTGR) {
                uint8_t c = find_char(table->third, table->n_third, key);

                return shift != caps && is_small(c) ? (uint8_t)(c - 0x20) : c;
        }
        if (key == PAD_DECIMAL)
                return table->decimal;
        if (place == KEYBOARD_KEYS)
                return 0;
        if (caps && is_small(table->plain[place]) &&
            table->shift[place] == table->plain[place] - 0x20)
                shift = !shift;
        return shift ? table->shift[place] : table->plain[place];
}

/*
 * Ctrl and a letter are 01 to 1A, by what the key prints; the others go by where the key is, on every layout. Shift or
 * none is all the same: some scanners send it (Datalogic, "Ctrl + capital").
 */
static uint8_t control_char(const struct keyboard_table *table, uint8_t key) {
        static const struct key_char places[] = {
                { KEY_OPEN, 0x1B },  { KEY_BACKSLASH, 0x1C }, { KEY_HASH, 0x1C },
                { KEY_102, 0x1C },   { KEY_CLOSE, 0x1D },     { KEY_6, 0x1E },
                { KEY_MINUS, 0x1F },
        };
        uint8_t c = printed(table, key, 0);

        return c >= 'a' && c <= 'z' ? c & 0x1F : find_char(places, ARRAY_LEN(places), key);
}

int keyboard_char(enum keyboard_layout layout, uint8_t key, unsigned modifiers) {
        const struct keyboard_table *table = &keyboard_tables[layout];
        uint8_t c;

        if (modifiers & KEY_CTRL)
                return control_char(table, key);
        c = find_char(fixed, ARRAY_LEN(fixed), key);
        if (c)
                return c;
        c = printed(table, key, modifiers);
        return c > 0 && c < ' ' ? KEY_DEAD | keyboard_accents[c - 1] : c;
}

bool keyboard_has_altgr(enum keyboard_layout layout) {
        return keyboard_tables[layout].n_third > 0;
}

/* ---- accents ------------------------------------------------------------------------------------- */

static const struct {
        uint8_t accent;
        char letters[12], composed[12];
} compositions[] = {
        { '^', "aeiouAEIOU", "\xE2\xEA\xEE\xF4\xFB\xC2\xCA\xCE\xD4\xDB" },
        { 0xB4, "aeiouyAEIOUY", "\xE1\xE9\xED\xF3\xFA\xFD\xC1\xC9\xCD\xD3\xDA\xDD" },
        { '`', "aeiouAEIOU", "\xE0\xE8\xEC\xF2\xF9\xC0\xC8\xCC\xD2\xD9" },
        { 0xA8, "aeiouyAEIOUY", "\xE4\xEB\xEF\xF6\xFC\xFF\xC4\xCB\xCF\xD6\xDC\x9F" },
        { '~', "anoANO", "\xE3\xF1\xF5\xC3\xD1\xD5" },
};

uint8_t keyboard_compose(uint8_t accent, uint8_t letter) {
        if (letter == ' ')
                return accent;
        for (size_t i = 0; i < ARRAY_LEN(compositions) && letter; i++) {
                const char *letters = compositions[i].letters;
                const char *at = memchr(letters, letter, sizeof(compositions[i].letters));

                if (compositions[i].accent == accent)
                        return at ? (uint8_t)compositions[i].composed[at - letters] : 0;
        }
        return 0;
}

/* ---- code pages ---------------------------------------------------------------------------------- */

/* 1252 is ISO 8859-1, and so Unicode, but for 80 to 9F. */
static uint16_t point_of(uint8_t character, enum code_page page) {
        if (character < 0x80 || (page == CODE_PAGE_1252 && character >= 0xA0))
                return character;
        return page == CODE_PAGE_1252 ? cp1252_points[character - 0x80]
                                      : cp437_points[character - 0x80];
}

size_t character_to_utf8(uint8_t character, enum code_page page, uint8_t *ret) {
        uint16_t point = point_of(character, page);
        size_t n = 0;

        if (point < 0x80) {
                ret[0] = (uint8_t)point;
                return 1;
        }
        if (point < 0x800) {
                ret[n++] = (uint8_t)(0xC0 | point >> 6);
        } else {
                ret[n++] = (uint8_t)(0xE0 | point >> 12);
                ret[n++] = (uint8_t)(0x80 | (point >> 6 & 0x3F));
        }
        ret[n++] = (uint8_t)(0x80 | (point & 0x3F));
        return n;
}
