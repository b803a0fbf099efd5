/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "drivers/barcode/barcode.h"
#include "drivers/scanner/keyboard_layout.h"
#include "tests/unit/helper_protocol.h"

#define BYTES(...)                                                                                 \
        (struct slice) {                                                                           \
                (const uint8_t[]) { __VA_ARGS__ }, sizeof((const uint8_t[]) { __VA_ARGS__ })       \
        }

/* HID 1.11, appendix B.1: modifiers, a constant byte, six keys; LEDs out. */
#define BOOT_KEYBOARD                                                                              \
        BYTES(0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x05, 0x07, 0x19, 0xE0, 0x29, 0xE7, 0x15, 0x00,  \
              0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x01,  \
              0x95, 0x05, 0x75, 0x01, 0x05, 0x08, 0x19, 0x01, 0x29, 0x05, 0x91, 0x02, 0x95, 0x01,  \
              0x75, 0x03, 0x91, 0x01, 0x95, 0x06, 0x75, 0x08, 0x15, 0x00, 0x25, 0x65, 0x05, 0x07,  \
              0x19, 0x00, 0x29, 0x65, 0x81, 0x00, 0xC0)

/* As Linux' f_hid documentation has it for a gadget: the same reports in another order of items. */
#define GADGET_KEYBOARD                                                                            \
        BYTES(0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x05, 0x07, 0x19, 0xE0, 0x29, 0xE7, 0x15, 0x00,  \
              0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x03,  \
              0x95, 0x05, 0x75, 0x01, 0x05, 0x08, 0x19, 0x01, 0x29, 0x05, 0x91, 0x02, 0x95, 0x01,  \
              0x75, 0x03, 0x91, 0x03, 0x95, 0x06, 0x75, 0x08, 0x15, 0x00, 0x25, 0x65, 0x05, 0x07,  \
              0x19, 0x00, 0x29, 0x65, 0x81, 0x00, 0xC0)

/* A mouse (id 1), and keys as bits (id 6): modifiers, then usages 04 to 83; LEDs out in id 6 too. */
#define BITMAP_KEYBOARD                                                                            \
        BYTES(0x05, 0x01, 0x09, 0x02, 0xA1, 0x01, 0x85, 0x01, 0x75, 0x08, 0x95, 0x02, 0x15, 0x81,  \
              0x25, 0x7F, 0x09, 0x30, 0x09, 0x31, 0x81, 0x06, 0xC0, 0x05, 0x01, 0x09, 0x06, 0xA1,  \
              0x01, 0x85, 0x06, 0x05, 0x07, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x19, 0xE0, 0x29,  \
              0xE7, 0x95, 0x08, 0x81, 0x02, 0x19, 0x04, 0x29, 0x83, 0x96, 0x80, 0x00, 0x81, 0x02,  \
              0x05, 0x08, 0x19, 0x01, 0x29, 0x05, 0x95, 0x05, 0x91, 0x02, 0x95, 0x03, 0x91, 0x03,  \
              0xC0)

enum { CTRL = 0x01, SHIFT = 0x02, ALT = 0x04, GUI = 0x08, ALTGR = 0x40 };
enum { ENTER = 0x28, TAB = 0x2B, SPACE = 0x2C, CAPS = 0x39, NUM = 0x53, F8 = 0x41 };

/* A keyboard cannot say such things. */
static void on_identity(void *ctx, const char *model, const char *firmware) {
        (void)ctx;
        (void)model;
        (void)firmware;
        fail();
}

static void on_trouble(void *ctx, const char *words) {
        (void)ctx;
        fail_msg("%s", words);
}

static int rig_try(struct rig *rig, struct slice descriptor) {
        struct protocol_host host = rig_host(rig);

        host.identity = on_identity;
        host.trouble = on_trouble;
        rig->profile.protocol = PROTOCOL_HID_KEYBOARD;
        return rig_new(rig, &host, descriptor);
}

/* CR and HT end a scan, and so do 100 ms of silence: as in the profiles. */
static void rig_init_with(struct rig *rig, struct slice descriptor) {
        *rig = (struct rig) { .profile = { .ends = { '\r', '\n', '\t' },
                                           .n_ends = 3,
                                           .start = -1,
                                           .gap_ms = 100,
                                           .alt_numpad = true } };
        assert_int_equal(rig_try(rig, descriptor), 0);
        protocol_hid_keyboard.attached(rig->protocol);
        bytes_clear(&rig->said);
}

static void rig_init(struct rig *rig) {
        rig_init_with(rig, BOOT_KEYBOARD);
}

static void holds(struct rig *rig, uint8_t modifiers) {
        rig_input(rig, BYTES(modifiers, 0, 0, 0, 0, 0, 0, 0));
}

static void presses(struct rig *rig, uint8_t modifiers, uint8_t key) {
        rig_input(rig, BYTES(modifiers, 0, key, 0, 0, 0, 0, 0));
        rig_input(rig, BYTES(0, 0, 0, 0, 0, 0, 0, 0));
}

/* Longer where the scanner sends ends: 100 or 500 ms. */
static void silence(struct rig *rig) {
        assert_true(rig->wait_ms == 100 || rig->wait_ms == 500);
        rig->wait_ms = 0;
        protocol_hid_keyboard.timer(rig->protocol);
        assert_int_equal(rig->wait_ms, 0);
}

/* Alt held, the digits on the keypad, Alt released. */
static void alt_code(struct rig *rig, const char *digits) {
        holds(rig, ALT);
        for (; *digits; digits++) {
                rig_input(rig,
                          BYTES(ALT, 0, *digits == '0' ? 0x62 : (uint8_t)(0x59 + *digits - '1'), 0,
                                0, 0, 0, 0));
                holds(rig, ALT);
        }
        holds(rig, 0);
}

/* ---- layouts ------------------------------------------------------------------------------------ */

/* A keyboard as it lies on the desk, row by row from the left; drawn by hand, not from the driver's tables. */
static const uint8_t places[] = {
        0x35, 0x1E, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2D,
        0x2E, 0x14, 0x1A, 0x08, 0x15, 0x17, 0x1C, 0x18, 0x0C, 0x12, 0x13, 0x2F,
        0x30, 0x04, 0x16, 0x07, 0x09, 0x0A, 0x0B, 0x0D, 0x0E, 0x0F, 0x33, 0x34,
        0x31, 0x64, 0x1D, 0x1B, 0x06, 0x19, 0x05, 0x11, 0x10, 0x36, 0x37, 0x38,
};

/* In UTF-8; a blank types nothing. A place whose character is in @dead waits for a letter. */
static const struct drawing {
        enum keyboard_layout layout;
        uint8_t modifiers;
        const char *dead, *rows;
} drawings[] = {
        { LAYOUT_US, 0, "", "`1234567890-=qwertyuiop[]asdfghjkl;'\\\\zxcvbnm,./" },
        { LAYOUT_US, SHIFT, "", "~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:\"||ZXCVBNM<>?" },
        { LAYOUT_GB, 0, "", "`1234567890-=qwertyuiop[]asdfghjkl;'#\\zxcvbnm,./" },
        { LAYOUT_GB, SHIFT, "", "¬!\"£$%^&*()_+QWERTYUIOP{}ASDFGHJKL:@~|ZXCVBNM<>?" },
        { LAYOUT_GB, ALTGR, "", "¦   €          é   úíó   á                      " },
        { LAYOUT_DE, 0, "^´", "^1234567890ß´qwertzuiopü+asdfghjklöä#<yxcvbnm,.-" },
        { LAYOUT_DE, SHIFT, "`", "°!\"§$%&/()=?`QWERTZUIOPÜ*ASDFGHJKLÖÄ'>YXCVBNM;:_" },
        { LAYOUT_DE, ALTGR, "", "  ²³   {[]}\\ @ €        ~            |      µ   " },
        { LAYOUT_FR, 0, "^", "²&é\"'(-è_çà)=azertyuiop^$qsdfghjklmù*<wxcvbn,;:!" },
        { LAYOUT_FR, SHIFT, "¨", " 1234567890°+AZERTYUIOP¨£QSDFGHJKLM%µ>WXCVBN?./§" },
        { LAYOUT_FR, ALTGR, "~`", "  ~#{[|`\\^@]}  €        ¤                       " },
};

static size_t character_len(const char *at) {
        uint8_t c = (uint8_t)*at;

        return c < 0x80 ? 1 : c < 0xE0 ? 2 : 3;
}

static bool is_in(const char *list, const char *at) {
        size_t len = character_len(at);

        for (; *list; list += character_len(list))
                if (character_len(list) == len && memcmp(list, at, len) == 0)
                        return true;
        return false;
}

/* Types the first character of @text as its layout is drawn. false: it is not on it. */
static bool types_one(struct rig *rig, const char *text) {
        size_t len = character_len(text);

        if (*text == ' ') {
                presses(rig, 0, SPACE);
                return true;
        }
        for (size_t i = 0; i < ARRAY_LEN(drawings); i++) {
                const struct drawing *drawing = &drawings[i];
                const char *at = drawing->rows;

                for (size_t k = 0; drawing->layout == rig->profile.layout && k < ARRAY_LEN(places);
                     k++, at += character_len(at)) {
                        if (character_len(at) != len || memcmp(at, text, len) != 0)
                                continue;
                        presses(rig, drawing->modifiers, places[k]);
                        if (is_in(drawing->dead, text))
                                presses(rig, 0, SPACE);
                        return true;
                }
        }
        return false;
}

static void types(struct rig *rig, const char *text) {
        for (; *text; text += character_len(text))
                if (!types_one(rig, text))
                        fail_msg("layout %d has no %s", (int)rig->profile.layout, text);
}

static void every_key_types_what_is_printed_on_it(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(drawings); i++) {
                const struct drawing *drawing = &drawings[i];
                const char *at = drawing->rows;

                for (size_t k = 0; k < ARRAY_LEN(places); k++, at += character_len(at)) {
                        char said[32] = "refused;";
                        struct rig rig;

                        rig_init(&rig);
                        rig.profile.layout = drawing->layout;
                        presses(&rig, drawing->modifiers, places[k]);
                        if (is_in(drawing->dead, at))
                                presses(&rig, 0, SPACE);
                        presses(&rig, 0, ENTER);
                        if (*at != ' ')
                                (void)snprintf(said, sizeof(said), "scan %.*s;",
                                               (int)character_len(at), at);
                        rig_expect(&rig, said);
                        rig_fini(&rig);
                }
                assert_int_equal(*at, '\0');
        }
}

static void every_layout_has_all_of_ascii(void **state) {
        static const char *const more[] = {
                [LAYOUT_US] = "",
                [LAYOUT_GB] = "£¬¦€áéíóú",
                [LAYOUT_DE] = "äöüÄÖÜß§°€µ²³´",
                [LAYOUT_FR] = "éèçàùµ§°£¤€²¨",
        };

        (void)state;
        for (enum keyboard_layout layout = LAYOUT_US; layout <= LAYOUT_FR; layout++) {
                char text[160], said[192];
                size_t n = 0;
                struct rig rig;

                for (int c = ' '; c <= '~'; c++)
                        text[n++] = (char)c;
                (void)snprintf(text + n, sizeof(text) - n, "%s", more[layout]);
                rig_init(&rig);
                rig.profile.layout = layout;
                types(&rig, text);
                presses(&rig, 0, ENTER);
                (void)snprintf(said, sizeof(said), "scan %s;", text);
                rig_expect(&rig, said);
                rig_fini(&rig);
        }
}

static void gs1_data_comes_with_its_separators(void **state) {
        (void)state;
        for (enum keyboard_layout layout = LAYOUT_US; layout <= LAYOUT_FR; layout++) {
                struct rig rig;

                rig_init(&rig);
                rig.profile.layout = layout;
                types(&rig, "]C101095212345432131012-AB/Z");
                presses(&rig, CTRL, 0x30);
                types(&rig, "21Y7z");
                alt_code(&rig, "029");
                types(&rig, "3012");
                presses(&rig, 0, ENTER);
                rig_expect(&rig, "scan ]C101095212345432131012-AB/Z<1D>21Y7z<1D>3012;");
                rig_fini(&rig);
        }
}

static const struct {
        enum keyboard_layout layout;
        struct {
                uint8_t modifiers, key;
        } keys[3];
        const char *said;
} accents[] = {
        { LAYOUT_DE, { { 0, 0x35 }, { 0, 0x04 } }, "â" },
        { LAYOUT_DE, { { 0, 0x2E }, { 0, 0x08 } }, "é" },
        { LAYOUT_DE, { { 0, 0x2E }, { SHIFT, 0x08 } }, "É" },
        { LAYOUT_DE, { { SHIFT, 0x2E }, { 0, 0x18 } }, "ù" },
        { LAYOUT_DE, { { 0, 0x2E }, { 0, 0x1D } }, "ý" }, /* the key that is z on a US keyboard */
        { LAYOUT_DE, { { 0, 0x35 }, { 0, SPACE } }, "^" },
        { LAYOUT_DE, { { 0, 0x35 }, { 0, 0x05 } }, "^b" }, /* does not go with it */
        { LAYOUT_DE, { { 0, 0x35 }, { 0, 0x1E } }, "^1" },
        { LAYOUT_DE, { { 0, 0x35 }, { 0, 0x35 } }, "^^" },
        { LAYOUT_DE, { { 0, 0x35 }, { 0, 0x2E }, { 0, 0x08 } }, "^´e" },
        { LAYOUT_DE, { { 0, 0x35 } }, "^" }, /* the end comes */
        { LAYOUT_FR, { { 0, 0x2F }, { 0, 0x12 } }, "ô" },
        { LAYOUT_FR, { { SHIFT, 0x2F }, { 0, 0x0C } }, "ï" },
        { LAYOUT_FR, { { SHIFT, 0x2F }, { SHIFT, 0x1C } }, "Ÿ" },
        { LAYOUT_FR, { { ALTGR, 0x1F }, { 0, 0x11 } }, "ñ" },
        { LAYOUT_FR,
          { { ALTGR, 0x24 }, { 0, 0x14 } },
          "à" },                                      /* the key that is q on a US keyboard */
        { LAYOUT_FR, { { CTRL | ALT, 0x27 } }, "@" }, /* AltGr by its other name */
        { LAYOUT_FR, { { CTRL | ALTGR, 0x27 } }, "@" },
        { LAYOUT_GB, { { ALTGR | SHIFT, 0x08 } }, "É" },
};

static void accents_wait_for_their_letter(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(accents); i++) {
                struct bytes said = { 0 };
                struct rig rig;

                rig_init(&rig);
                rig.profile.layout = accents[i].layout;
                for (size_t k = 0; k < 3 && accents[i].keys[k].key; k++)
                        presses(&rig, accents[i].keys[k].modifiers, accents[i].keys[k].key);
                presses(&rig, 0, ENTER);
                bytes_appendf(&said, "scan %s;", accents[i].said);
                rig_expect(&rig, bytes_str(&said));
                bytes_fini(&said);
                rig_fini(&rig);
        }
}

static void a_lone_accent_is_a_character_after_the_silence(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        rig.profile.layout = LAYOUT_DE;
        types(&rig, "A");
        presses(&rig, 0, 0x35);
        silence(&rig);
        rig_expect(&rig, "scan A^;");
        presses(&rig, 0, 0x04);
        presses(&rig, 0, ENTER);
        rig_expect(&rig, "scan a;");
        rig_fini(&rig);
}

/* ---- Alt codes and control characters ------------------------------------------------------------- */

static const struct {
        const char *digits, *said;
} alt_codes[] = {
        { "065", "scan A;" },       { "65", "scan A;" },
        { "0065", "scan A;" },      { "029", "scan <1D>;" },
        { "29", "scan <1D>;" },     { "0128", "scan €;" },
        { "0228", "scan ä;" },      { "132", "scan ä;" },
        { "225", "scan ß;" },       { "0223", "scan ß;" },
        { "255", "scan \u00a0;" },  { "0255", "scan ÿ;" },
        { "176", "scan ░;" },       { "0", "refused;" },
        { "256", "refused;" },      { "0256", "refused;" },
        { "99999999", "refused;" }, { "00000000000000000000065", "scan A;" },
};

static void alt_codes_are_characters(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(alt_codes); i++) {
                struct rig rig;

                rig_init(&rig);
                alt_code(&rig, alt_codes[i].digits);
                presses(&rig, 0, ENTER);
                rig_expect(&rig, alt_codes[i].said);
                rig_fini(&rig);
        }
}

static void a_whole_code_may_come_as_alt_codes(void **state) {
        static const char *const digits[] = { "093", "067", "049", "048", "049", "029", "013" };
        struct rig rig;

        (void)state;
        rig_init(&rig);
        for (size_t i = 0; i < ARRAY_LEN(digits); i++)
                alt_code(&rig, digits[i]);
        rig_expect(&rig, "scan ]C101<1D>;");
        assert_int_equal(rig.wait_ms, 0);
        rig_fini(&rig);
}

static void alt_ends_with_the_report_of_the_next_key(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        rig_input(&rig, BYTES(ALT, 0, 0x5E, 0, 0, 0, 0, 0)); /* 6 */
        rig_input(&rig, BYTES(ALT, 0, 0x5D, 0, 0, 0, 0, 0)); /* 5 */
        rig_input(&rig, BYTES(0, 0, 0x05, 0, 0, 0, 0, 0));
        presses(&rig, 0, ENTER);
        rig_expect(&rig, "scan Ab;");
        rig_fini(&rig);
}

/* On a layout with AltGr the right Alt is that; on the US one it is an Alt. */
static void right_alt_is_alt_where_there_is_no_altgr(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        rig_input(&rig, BYTES(ALTGR, 0, 0x5E, 0, 0, 0, 0, 0));
        rig_input(&rig, BYTES(ALTGR, 0, 0x5D, 0, 0, 0, 0, 0));
        holds(&rig, 0);
        presses(&rig, 0, ENTER);
        rig_expect(&rig, "scan A;");
        rig_fini(&rig);
}

static void altgr_and_the_keypad_are_no_alt_code(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        rig.profile.layout = LAYOUT_DE;
        presses(&rig, ALTGR, 0x5E);
        presses(&rig, 0, ENTER);
        rig_expect(&rig, "refused;");
        presses(&rig, CTRL | ALT, 0x5E);
        presses(&rig, 0, ENTER);
        rig_expect(&rig, "refused;");
        rig_fini(&rig);
}

static void half_an_alt_code_is_refused(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        types(&rig, "1234");
        rig_input(&rig, BYTES(ALT, 0, 0x5E, 0, 0, 0, 0, 0));
        silence(&rig);
        rig_expect(&rig, "refused;");
        holds(&rig, 0);
        types(&rig, "A");
        presses(&rig, 0, ENTER);
        rig_expect(&rig, "scan A;");
        rig_fini(&rig);
}

static void alt_codes_that_the_profile_does_not_know_are_refused_with_the_cure(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        rig.profile.alt_numpad = false;
        types(&rig, "10A");
        alt_code(&rig, "029");
        types(&rig, "21B");
        presses(&rig, 0, ENTER);
        rig_expect(&rig, "refused;");
        assert_non_null(strstr(rig.words, "alt_numpad"));
        presses(&rig, 0, 0x59); /* the keypad alone */
        presses(&rig, 0, ENTER);
        rig_expect(&rig, "scan 1;");
        rig_fini(&rig);
}

static const struct {
        enum keyboard_layout layout;
        uint8_t modifiers, key;
        const char *said;
} controls[] = {
        { LAYOUT_US, CTRL, 0x30, "<1D>" },
        { LAYOUT_US, CTRL | SHIFT, 0x30, "<1D>" },
        { LAYOUT_US, 0x10, 0x30, "<1D>" }, /* right Ctrl */
        { LAYOUT_US, CTRL, 0x2F, "<1B>" },
        { LAYOUT_US, CTRL, 0x31, "<1C>" },
        { LAYOUT_US, CTRL | SHIFT, 0x23, "<1E>" },
        { LAYOUT_US, CTRL | SHIFT, 0x2D, "<1F>" },
        { LAYOUT_US, CTRL, 0x07, "<04>" },
        { LAYOUT_US, CTRL | SHIFT, 0x1D, "<1A>" },
        { LAYOUT_DE, CTRL, 0x30, "<1D>" },
        { LAYOUT_FR, CTRL, 0x30, "<1D>" },
        { LAYOUT_DE, CTRL, 0x1C, "<1A>" },
        { LAYOUT_FR, CTRL, 0x14, "<01>" },
        { LAYOUT_US, 0, 0x29, "<1B>" },
        { LAYOUT_US, 0, 0x2A, "<08>" },
};

static void control_characters_are_ctrl_and_a_key(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(controls); i++) {
                char said[32];
                struct rig rig;

                rig_init(&rig);
                rig.profile.layout = controls[i].layout;
                types(&rig, "1");
                presses(&rig, controls[i].modifiers, controls[i].key);
                types(&rig, "2");
                /* Ctrl+M is CR; M is beside L in France */
                presses(&rig, CTRL, controls[i].layout == LAYOUT_FR ? 0x33 : 0x10);
                (void)snprintf(said, sizeof(said), "scan 1%s2;", controls[i].said);
                rig_expect(&rig, said);
                rig_fini(&rig);
        }
}

static const struct {
        uint8_t modifiers, key;
} nothings[] = {
        { 0, F8 },       { 0, 0x4F },    { GUI, 0x15 },
        { ALT, 0x04 },   { CTRL, 0x1E }, { ALTGR | SHIFT, 0x04 },
        { CTRL, SPACE },
};

static void a_key_that_is_no_character_makes_its_code_no_scan(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(nothings); i++) {
                struct rig rig;

                rig_init(&rig);
                types(&rig, "10LOT");
                presses(&rig, nothings[i].modifiers, nothings[i].key);
                presses(&rig, nothings[i].modifiers, nothings[i].key);
                types(&rig, "21SERIAL");
                presses(&rig, 0, ENTER);
                rig_expect(&rig, "refused;");
                types(&rig, "A1");
                presses(&rig, 0, ENTER);
                rig_expect(&rig, "scan A1;");
                presses(&rig, nothings[i].modifiers, nothings[i].key); /* and alone */
                silence(&rig);
                rig_expect(&rig, "refused;");
                types(&rig, "A1");
                presses(&rig, 0, ENTER);
                rig_expect(&rig, "scan A1;");
                rig_fini(&rig);
        }
}

/* ---- key strokes -------------------------------------------------------------------------------- */

static void a_key_is_new_once(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        rig_input(&rig, BYTES(0, 0, 0x1E, 0, 0, 0, 0, 0));
        rig_input(&rig, BYTES(0, 0, 0x1E, 0, 0, 0, 0, 0));    /* held */
        rig_input(&rig, BYTES(0, 0, 0x1F, 0x1E, 0, 0, 0, 0)); /* and moved */
        rig_input(&rig, BYTES(0, 0, 0x1F, 0, 0, 0, 0, 0));
        rig_input(&rig, BYTES(0, 0, 0x1F, 0x1E, 0, 0, 0, 0)); /* released between */
        rig_input(&rig, BYTES(0, 0, 0, 0, 0, 0, 0, 0));
        rig_input(&rig,
                  BYTES(0, 0, 0x20, 0x20, 0x21, 0x22, 0x23, 0x24)); /* a report full, in order */
        rig_input(&rig, BYTES(0, 0, ENTER, 0, 0, 0, 0, 0));
        rig_expect(&rig, "scan 12134567;");
        rig_fini(&rig);
}

static void shift_belongs_to_its_own_report(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        rig_input(&rig, BYTES(SHIFT, 0, 0x04, 0, 0, 0, 0, 0));
        rig_input(&rig, BYTES(0, 0, 0x05, 0, 0, 0, 0, 0));
        rig_input(&rig, BYTES(0x20, 0, 0x06, 0, 0, 0, 0, 0)); /* the right one */
        rig_input(&rig, BYTES(0, 0, ENTER, 0, 0, 0, 0, 0));
        rig_expect(&rig, "scan AbC;");
        rig_fini(&rig);
}

static void an_error_report_says_nothing(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        rig_input(&rig, BYTES(0, 0, 0x1E, 0, 0, 0, 0, 0));
        for (uint8_t error = 1; error <= 3; error++)
                rig_input(&rig, BYTES(0, 0, error, error, error, error, error, error));
        rig_input(&rig, BYTES(0, 0, 0x1E, 0x1F, 0, 0, 0, 0)); /* still held */
        rig_input(&rig, BYTES(0, 0, 0x58, 0, 0, 0, 0, 0));    /* Enter of the keypad */
        rig_expect(&rig, "scan 12;");
        rig_fini(&rig);
}

static void the_gadgets_keyboard_is_one(void **state) {
        struct rig rig;

        (void)state;
        rig_init_with(&rig, GADGET_KEYBOARD);
        types(&rig, "4006381333931");
        presses(&rig, 0, ENTER);
        rig_expect(&rig, "scan 4006381333931;");
        rig_fini(&rig);
}

/* The report of id 6 with one key. */
static void bitmap(struct rig *rig, uint8_t modifiers, uint8_t key, uint8_t other) {
        uint8_t bytes[18] = { 6, modifiers };

        if (key)
                bytes[2 + (key - 4) / 8] |= (uint8_t)(1 << (key - 4) % 8);
        if (other)
                bytes[2 + (other - 4) / 8] |= (uint8_t)(1 << (other - 4) % 8);
        rig_input(rig, (struct slice) { bytes, sizeof(bytes) });
}

static void keys_may_be_bits_behind_an_id(void **state) {
        struct rig rig;

        (void)state;
        rig_init_with(&rig, BITMAP_KEYBOARD);
        bitmap(&rig, SHIFT, 0x04, 0);
        rig_input(&rig, BYTES(1, 0x1E, 0x1F)); /* the mouse moves */
        rig_input(&rig, BYTES(9, 0x1E));       /* no report at all */
        rig_input(&rig, BYTES(6));             /* cut off: all up */
        rig_input(&rig, (struct slice) { NULL, 0 });
        bitmap(&rig, 0, 0x1E, 0x04);
        bitmap(&rig, 0, 0x1E, ENTER);
        rig_expect(&rig, "scan Aa1;");
        rig_fini(&rig);
}

static const struct {
        const char *what;
        struct slice descriptor;
} strangers[] = {
        { "nothing", { NULL, 0 } },
        { "garbage", BYTES(0xFF, 0xFF, 0xFF) },
        { "a mouse", BYTES(0x05, 0x01, 0x09, 0x02, 0xA1, 0x01, 0x75, 0x08, 0x95, 0x02, 0x09, 0x30,
                           0x09, 0x31, 0x81, 0x06, 0xC0) },
        { "keys out",
          BYTES(0x05, 0x07, 0x75, 0x08, 0x95, 0x06, 0x19, 0x00, 0x29, 0x65, 0x91, 0x00) },
        { "too many keyboards", BYTES(0x05, 0x07, 0x75, 0x08, 0x95, 0x01, 0x85, 1, 0x09, 4, 0x81, 2,
                                      0x85, 2, 0x09, 4, 0x81, 2, 0x85, 3, 0x09, 4, 0x81, 2, 0x85, 4,
                                      0x09, 4, 0x81, 2, 0x85, 5, 0x09, 4, 0x81, 2) },
};

static void what_has_no_keys_is_no_keyboard(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
                struct rig rig = { .wait_ms = 0 };

                if (rig_try(&rig, strangers[i].descriptor) != -EINVAL)
                        fail_msg("%s is taken", strangers[i].what);
        }
}

/* ---- caps lock ---------------------------------------------------------------------------------- */

static void the_lights_are_put_out_at_attach(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        protocol_hid_keyboard.attached(rig.protocol);
        rig_expect(&rig, "send 00 00;");
        rig_fini(&rig);
        rig_init_with(&rig, BITMAP_KEYBOARD);
        protocol_hid_keyboard.attached(rig.protocol);
        rig_expect(&rig, "send 06 00;");
        rig_fini(&rig);
        rig_init_with(&rig, BYTES(0x05, 0x07, 0x75, 0x08, 0x95, 0x06, 0x19, 0x00, 0x29, 0x65, 0x25,
                                  0x65, 0x81, 0x00)); /* has none */
        protocol_hid_keyboard.attached(rig.protocol);
        rig_expect(&rig, "");
        rig_fini(&rig);
}

static void a_scanner_may_type_caps_lock_itself(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        presses(&rig, 0, CAPS);
        rig_expect(&rig, "send 00 02;");
        presses(&rig, 0, 0x04);
        presses(&rig, SHIFT, 0x05);
        presses(&rig, 0, 0x1E);
        presses(&rig, SHIFT, 0x2D);
        presses(&rig, 0, CAPS);
        presses(&rig, 0, 0x06);
        presses(&rig, 0, NUM); /* says nothing of digits */
        presses(&rig, 0, 0x61);
        presses(&rig, 0, ENTER);
        rig_expect(&rig, "send 00 00;scan Ab1_c9;");
        rig.profile.layout = LAYOUT_DE;
        presses(&rig, 0, CAPS);
        presses(&rig, 0, 0x34);
        presses(&rig, SHIFT, 0x2F);
        presses(&rig, 0, 0x2D);
        presses(&rig, 0, 0x63);
        presses(&rig, 0, ENTER);
        rig_expect(&rig, "send 00 02;scan Äüß,;");
        rig_fini(&rig);
}

/* ---- scans -------------------------------------------------------------------------------------- */

static void silence_ends_a_scan_and_tab_does_too(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        types(&rig, "B2");
        assert_int_equal(rig.wait_ms, 100);
        silence(&rig);
        rig_expect(&rig, "scan B2;");
        presses(&rig, 0, ENTER);
        presses(&rig, 0, ENTER);
        rig_expect(&rig, "");
        types(&rig, "A1");
        presses(&rig, 0, TAB);
        rig_expect(&rig, "scan A1;");
        assert_int_equal(rig.wait_ms, 0);
        rig_fini(&rig);
}

static void a_scanner_that_sends_ends_has_typed_half_a_code_without_one(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        types(&rig, "A1");
        presses(&rig, 0, ENTER);
        rig_expect(&rig, "scan A1;");
        types(&rig, "A");
        assert_int_equal(rig.wait_ms, 500);
        silence(&rig);
        rig_expect(&rig, "refused;");
        rig_fini(&rig);
}

static void half_a_code_is_refused_where_ends_are_sure(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        rig.profile.gap_ms = 0;
        rig.profile.rest_ms = 500;
        types(&rig, "400638");
        assert_int_equal(rig.wait_ms, 500);
        protocol_hid_keyboard.timer(rig.protocol);
        rig_expect(&rig, "refused;");
        types(&rig, "A1");
        presses(&rig, 0, ENTER);
        rig_expect(&rig, "scan A1;");
        assert_int_equal(rig.wait_ms, 0);
        rig_fini(&rig);
}

static void an_overlong_code_is_refused_once(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        for (size_t i = 0; i <= SCAN_LEN_MAX + 10; i++)
                presses(&rig, 0, 0x1E);
        rig_expect(&rig, "refused;");
        presses(&rig, 0, F8);
        presses(&rig, 0, ENTER);
        rig_expect(&rig, "");
        types(&rig, "A1");
        presses(&rig, 0, ENTER);
        rig_expect(&rig, "scan A1;");
        for (size_t i = 0; i <= SCAN_LEN_MAX; i++)
                presses(&rig, 0, 0x1E);
        silence(&rig);
        rig_expect(&rig, "refused;");
        rig_fini(&rig);
}

static void the_makers_ids_are_taken_off(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        rig.profile.code_id_place = CODE_ID_FRONT;
        rig.profile.n_code_ids = 1;
        rig.profile.code_ids[0] = (struct profile_code_id) { "j", "]C0" };
        rig.profile.prefix = (struct profile_bytes) { "*", 1 };
        types(&rig, "*jA1");
        presses(&rig, 0, ENTER);
        rig_expect(&rig, "scan ]C0A1;");
        types(&rig, "]E04006381333931");
        presses(&rig, 0, ENTER);
        rig_expect(&rig, "scan ]E04006381333931;");
        types(&rig, "*");
        presses(&rig, 0, ENTER);
        rig_expect(&rig, "");
        rig_fini(&rig);
}

static void feedback_is_a_report_of_the_profile(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        protocol_hid_keyboard.feedback(rig.protocol, SCANNER_GOOD);
        rig_expect(&rig, "");
        rig.profile.bad = (struct profile_bytes) { { 0x00, 0x07 }, 2 };
        protocol_hid_keyboard.feedback(rig.protocol, SCANNER_BAD);
        rig_expect(&rig, "send 00 07;");
        rig_fini(&rig);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_key_types_what_is_printed_on_it),
                cmocka_unit_test(every_layout_has_all_of_ascii),
                cmocka_unit_test(gs1_data_comes_with_its_separators),
                cmocka_unit_test(accents_wait_for_their_letter),
                cmocka_unit_test(a_lone_accent_is_a_character_after_the_silence),
                cmocka_unit_test(alt_codes_are_characters),
                cmocka_unit_test(a_whole_code_may_come_as_alt_codes),
                cmocka_unit_test(alt_ends_with_the_report_of_the_next_key),
                cmocka_unit_test(right_alt_is_alt_where_there_is_no_altgr),
                cmocka_unit_test(altgr_and_the_keypad_are_no_alt_code),
                cmocka_unit_test(half_an_alt_code_is_refused),
                cmocka_unit_test(
                        alt_codes_that_the_profile_does_not_know_are_refused_with_the_cure),
                cmocka_unit_test(control_characters_are_ctrl_and_a_key),
                cmocka_unit_test(a_key_that_is_no_character_makes_its_code_no_scan),
                cmocka_unit_test(a_key_is_new_once),
                cmocka_unit_test(shift_belongs_to_its_own_report),
                cmocka_unit_test(an_error_report_says_nothing),
                cmocka_unit_test(the_gadgets_keyboard_is_one),
                cmocka_unit_test(keys_may_be_bits_behind_an_id),
                cmocka_unit_test(what_has_no_keys_is_no_keyboard),
                cmocka_unit_test(the_lights_are_put_out_at_attach),
                cmocka_unit_test(a_scanner_may_type_caps_lock_itself),
                cmocka_unit_test(silence_ends_a_scan_and_tab_does_too),
                cmocka_unit_test(a_scanner_that_sends_ends_has_typed_half_a_code_without_one),
                cmocka_unit_test(half_a_code_is_refused_where_ends_are_sure),
                cmocka_unit_test(an_overlong_code_is_refused_once),
                cmocka_unit_test(the_makers_ids_are_taken_off),
                cmocka_unit_test(feedback_is_a_report_of_the_profile),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
