/* SPDX-License-Identifier: MIT */

/*
 * The layouts of four countries as Windows has them, and two code pages as Unicode has them. Characters are bytes of code
 * page 1252; 1 to 5 are the dead keys ^ ´ ` ¨ ~. Each row in the order of the keys' usages:
 *
 *   a to z (04), 1 to 9 and 0 (1E), then by their US names - = [ ] \ (2D), the key beside Enter (32),
 *   ; ' ` , . / (33), and the key beside the left shift (64)
 *
 * On a US keyboard Windows and Linux take 32 for the backslash. Unverified on scanners: that they type the third row
 * with AltGr and not as an Alt code.
 */

#include "drivers/scanner/keyboard_layout.h"

const uint8_t keyboard_accents[] = { '^', 0xB4, '`', 0xA8, '~' };

const struct keyboard_table keyboard_tables[] = {
        [LAYOUT_US] = {
                .plain = "abcdefghijklmnopqrstuvwxyz" "1234567890" "-=[]\\" "\\" ";'`,./" "\\",
                .shift = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" "!@#$%^&*()" "_+{}|" "|" ":\"~<>?" "|",
                .decimal = '.',
        },
        [LAYOUT_GB] = {
                .plain = "abcdefghijklmnopqrstuvwxyz" "1234567890" "-=[]#" "#" ";'`,./" "\\",
                .shift = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" "!\"\xA3$%^&*()" "_+{}~" "~" ":@\xAC<>?" "|",
                .decimal = '.',
                .n_third = 7,
                .third = {
                        { 0x04, 0xE1 }, { 0x08, 0xE9 }, { 0x0C, 0xED }, { 0x12, 0xF3 }, { 0x18, 0xFA },
                        { 0x21, 0x80 }, /* euro */
                        { 0x35, 0xA6 },
                },
        },
        [LAYOUT_DE] = {
                .plain = "abcdefghijklmnopqrstuvwxzy" "1234567890" "\xDF\2\xFC+#" "#" "\xF6\xE4\1,.-" "<",
                .shift = "ABCDEFGHIJKLMNOPQRSTUVWXZY" "!\"\xA7$%&/()=" "?\3\xDC*'" "'" "\xD6\xC4\xB0;:_" ">",
                .decimal = ',',
                .n_third = 12,
                .third = {
                        { 0x08, 0x80 }, { 0x10, 0xB5 }, { 0x14, '@' },  { 0x1F, 0xB2 }, { 0x20, 0xB3 },
                        { 0x24, '{' },  { 0x25, '[' },  { 0x26, ']' },  { 0x27, '}' },  { 0x2D, '\\' },
                        { 0x30, '~' },  { 0x64, '|' },
                },
        },
        [LAYOUT_FR] = {
                .plain = "qbcdefghijkl,noparstuvzxyw" "&\xE9\"'(-\xE8_\xE7\xE0" ")=\1$*" "*" "m\xF9\xB2;:!" "<",
                .shift = "QBCDEFGHIJKL?NOPARSTUVZXYW" "1234567890" "\xB0+\4\xA3\xB5" "\xB5" "M%\0./\xA7" ">",
                .decimal = '.',
                .n_third = 13,
                .third = {
                        { 0x08, 0x80 }, { 0x1F, 5 },    { 0x20, '#' },  { 0x21, '{' },  { 0x22, '[' },
                        { 0x23, '|' },  { 0x24, 3 },    { 0x25, '\\' }, { 0x26, '^' },  { 0x27, '@' },
                        { 0x2D, ']' },  { 0x2E, '}' },  { 0x30, 0xA4 },
                },
        },
};

/* 81, 8D, 8F, 90 and 9D are not assigned. */
const uint16_t cp1252_points[32] = {
        0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
        0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

const uint16_t cp437_points[128] = {
        0x00C7, 0x00FC, 0x00E9, 0x00E2, 0x00E4, 0x00E0, 0x00E5, 0x00E7, 0x00EA, 0x00EB, 0x00E8,
        0x00EF, 0x00EE, 0x00EC, 0x00C4, 0x00C5, 0x00C9, 0x00E6, 0x00C6, 0x00F4, 0x00F6, 0x00F2,
        0x00FB, 0x00F9, 0x00FF, 0x00D6, 0x00DC, 0x00A2, 0x00A3, 0x00A5, 0x20A7, 0x0192, 0x00E1,
        0x00ED, 0x00F3, 0x00FA, 0x00F1, 0x00D1, 0x00AA, 0x00BA, 0x00BF, 0x2310, 0x00AC, 0x00BD,
        0x00BC, 0x00A1, 0x00AB, 0x00BB, 0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562,
        0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255D, 0x255C, 0x255B, 0x2510, 0x2514, 0x2534,
        0x252C, 0x251C, 0x2500, 0x253C, 0x255E, 0x255F, 0x255A, 0x2554, 0x2569, 0x2566, 0x2560,
        0x2550, 0x256C, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256B,
        0x256A, 0x2518, 0x250C, 0x2588, 0x2584, 0x258C, 0x2590, 0x2580, 0x03B1, 0x00DF, 0x0393,
        0x03C0, 0x03A3, 0x03C3, 0x00B5, 0x03C4, 0x03A6, 0x0398, 0x03A9, 0x03B4, 0x221E, 0x03C6,
        0x03B5, 0x2229, 0x2261, 0x00B1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00F7, 0x2248, 0x00B0,
        0x2219, 0x00B7, 0x221A, 0x207F, 0x00B2, 0x25A0, 0x00A0,
};
