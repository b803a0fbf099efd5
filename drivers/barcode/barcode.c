/* SPDX-License-Identifier: MIT */
#include "drivers/barcode/barcode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "drivers/barcode/gs1.h"

enum { AIM_LEN = 3, GTIN_LEN = 14, EAN13_LEN = 13, UPCA_LEN = 12, EAN8_LEN = 8, UPCE_LEN = 8 };
enum { ADD_ON_2 = 2, ADD_ON_5 = 5 };

/* How the text of a carrier holds a GTIN. */
enum gtin_rule {
        GTIN_NONE,
        GTIN_EAN,      /* must be 13 digits, 12 (UPC-A) or 8 (UPC-E) */
        GTIN_EAN8,     /* must be 8 digits */
        GTIN_EAN_PLUS, /* 13 or 12 digits and an add-on of 2 or 5 */
        GTIN_ITF,      /* is one when it is 14 digits */
        GTIN_ANY,      /* may be one of any length */
};

struct carrier {
        char code;     /* AIM code character */
        char modifier; /* '*': any that has no row of its own above */
        enum symbology symbology;
        enum gtin_rule rule;
        const char *name;
};

/*
 * AIM symbology identifiers: ISO/IEC 15424. Rows for E, C, e, d, Q, J and I are checked against the GS1
 * syntax engine's scandata.c and Denso's and Zebra's manuals; the others are unverified.
 */
static const struct carrier carriers[] = {
        { 'E', '0', SYMBOLOGY_EAN,     GTIN_EAN,      "EAN-13" },
        { 'E', '1', SYMBOLOGY_OTHER,   GTIN_NONE,     "EAN add-on 2" },
        { 'E', '2', SYMBOLOGY_OTHER,   GTIN_NONE,     "EAN add-on 5" },
        { 'E', '3', SYMBOLOGY_EAN,     GTIN_EAN_PLUS, "EAN-13 with add-on" },
        { 'E', '4', SYMBOLOGY_EAN8,    GTIN_EAN8,     "EAN-8" },
        { 'C', '0', SYMBOLOGY_CODE128, GTIN_NONE,     "Code 128" },
        { 'C', '1', SYMBOLOGY_GS1,     GTIN_NONE,     "GS1-128" },
        { 'C', '*', SYMBOLOGY_CODE128, GTIN_NONE,     "Code 128" },
        { 'e', '0', SYMBOLOGY_GS1,     GTIN_NONE,     "GS1 DataBar" },
        { 'e', '*', SYMBOLOGY_OTHER,   GTIN_NONE,     "GS1 Composite" },
        { 'd', '2', SYMBOLOGY_GS1,     GTIN_NONE,     "GS1 DataMatrix" },
        { 'd', '*', SYMBOLOGY_OTHER,   GTIN_NONE,     "Data Matrix" },
        { 'Q', '3', SYMBOLOGY_GS1,     GTIN_NONE,     "GS1 QR Code" },
        { 'Q', '*', SYMBOLOGY_OTHER,   GTIN_NONE,     "QR Code" },
        { 'J', '1', SYMBOLOGY_GS1,     GTIN_NONE,     "GS1 DotCode" },
        { 'J', '*', SYMBOLOGY_OTHER,   GTIN_NONE,     "DotCode" },
        { 'I', '*', SYMBOLOGY_ITF,     GTIN_ITF,      "ITF" },
        { 'A', '*', SYMBOLOGY_OTHER,   GTIN_NONE,     "Code 39" },
        { 'F', '*', SYMBOLOGY_OTHER,   GTIN_NONE,     "Codabar" },
        { 'G', '*', SYMBOLOGY_OTHER,   GTIN_NONE,     "Code 93" },
        { 'L', '*', SYMBOLOGY_OTHER,   GTIN_NONE,     "PDF417" },
        { 'M', '*', SYMBOLOGY_OTHER,   GTIN_NONE,     "MSI" },
        { 'U', '*', SYMBOLOGY_OTHER,   GTIN_NONE,     "MaxiCode" },
        { 'z', '*', SYMBOLOGY_OTHER,   GTIN_NONE,     "Aztec" },
        { 'X', '*', SYMBOLOGY_OTHER,   GTIN_NONE,     "other" },
        { 'Z', '*', SYMBOLOGY_OTHER,   GTIN_NONE,     "no barcode" },
};

static const struct carrier carrier_unknown = { 0, 0, SYMBOLOGY_UNKNOWN, GTIN_ANY, "unknown" };

static const struct carrier *carrier_find(char code, char modifier) {
        for (size_t i = 0; i < ARRAY_LEN(carriers); i++)
                if (carriers[i].code == code &&
                    (carriers[i].modifier == modifier || carriers[i].modifier == '*'))
                        return &carriers[i];
        return NULL;
}

static const struct carrier *carrier_of(const char aim[AIM_SIZE]) {
        const struct carrier *carrier = aim[0] ? carrier_find(aim[1], aim[2]) : NULL;

        return carrier ? carrier : &carrier_unknown;
}

static bool digits_only(struct slice text) {
        for (size_t i = 0; i < text.len; i++)
                if (text.bytes[i] < '0' || text.bytes[i] > '9')
                        return false;
        return true;
}

/* GS1 General Specifications 7.9.1: weights 3, 1, 3, 1 … from the right. */
int gtin_check_digit(const char *digits, size_t n) {
        int sum = 0;

        for (size_t i = 0; i < n; i++)
                sum += (digits[n - 1 - i] - '0') * (i % 2 == 0 ? 3 : 1);
        return (10 - sum % 10) % 10;
}

int gtin_normalise(struct slice digits, char ret_gtin[GTIN_SIZE]) {
        const char *text = (const char *)digits.bytes;
        size_t n = digits.len;

        if (n != EAN8_LEN && n != UPCA_LEN && n != EAN13_LEN && n != GTIN_LEN)
                return -EINVAL;
        if (!digits_only(digits) || gtin_check_digit(text, n - 1) != text[n - 1] - '0')
                return -EINVAL;
        memset(ret_gtin, '0', GTIN_LEN - n);
        memcpy(ret_gtin + GTIN_LEN - n, text, n);
        ret_gtin[GTIN_LEN] = 0;
        return 0;
}

/*
 * GS1 General Specifications, UPC-E: the last of the six digits says where the zeros go.
 * Letters name the six digits a b c d e f.
 */
static const struct { char last; const char *upca; } upce_forms[] = {
        { '0', "ab00000cde" }, { '1', "ab10000cde" }, { '2', "ab20000cde" }, { '3', "abc00000de" },
        { '4', "abcd00000e" }, { '5', "abcde00005" }, { '6', "abcde00006" }, { '7', "abcde00007" },
        { '8', "abcde00008" }, { '9', "abcde00009" },
};

int upce_expand(struct slice digits, char ret_upca[13]) {
        const char *text = (const char *)digits.bytes;
        const char *form;
        char upca[UPCA_LEN + 1] = "";

        if (digits.len != UPCE_LEN || !digits_only(digits) || (text[0] != '0' && text[0] != '1'))
                return -EINVAL;
        form = upce_forms[text[6] - '0'].upca;
        upca[0] = text[0];
        for (size_t i = 0; i < UPCA_LEN - 2; i++)
                upca[i + 1] = form[i] >= 'a' ? text[1 + form[i] - 'a'] : form[i];
        upca[UPCA_LEN - 1] = text[UPCE_LEN - 1];
        if (gtin_check_digit(upca, UPCA_LEN - 1) != upca[UPCA_LEN - 1] - '0')
                return -EINVAL;
        memcpy(ret_upca, upca, sizeof(upca));
        return 0;
}

static int refuse(char *ret_error, size_t size, const char *words) {
        (void)snprintf(ret_error, size, "%s", words);
        return BARCODE_E_INVALID;
}

static int refuse_check(char *ret_error, size_t size, const char *name, struct slice text) {
        const char *digits = (const char *)text.bytes;

        (void)snprintf(ret_error, size, "%s %.*s: the check digit is %c and should be %d", name,
                       (int)text.len, digits, digits[text.len - 1],
                       gtin_check_digit(digits, text.len - 1));
        return BARCODE_E_INVALID;
}

/* ]E0 with 13 digits, or what scanners send that are set not to widen it: 12 (UPC-A), 8 (UPC-E). */
static int read_ean(struct barcode *barcode, char *ret_error, size_t size) {
        struct slice text = barcode->text;
        char upca[UPCA_LEN + 1];

        if (!digits_only(text))
                return refuse(ret_error, size, "an EAN or UPC code has only digits");
        if (text.len == UPCE_LEN) {
                if (upce_expand(text, upca))
                        return refuse(ret_error, size, "UPC-E: wrong number system or check digit");
                text = slice_of(upca);
        } else if (text.len != EAN13_LEN && text.len != UPCA_LEN) {
                (void)snprintf(ret_error, size, "EAN-13 has 13 digits (UPC-A 12, UPC-E 8), not %zu",
                               text.len);
                return BARCODE_E_INVALID;
        }
        if (gtin_normalise(text, barcode->gtin))
                return refuse_check(ret_error, size, barcode_symbology_name(barcode), text);
        barcode->has_gtin = true;
        return 0;
}

static int read_ean8(struct barcode *barcode, char *ret_error, size_t size) {
        if (!digits_only(barcode->text))
                return refuse(ret_error, size, "an EAN or UPC code has only digits");
        if (barcode->text.len != EAN8_LEN) {
                (void)snprintf(ret_error, size, "EAN-8 has 8 digits, not %zu", barcode->text.len);
                return BARCODE_E_INVALID;
        }
        if (gtin_normalise(barcode->text, barcode->gtin))
                return refuse_check(ret_error, size, "EAN-8", barcode->text);
        barcode->has_gtin = true;
        return 0;
}

/* The two lengths of the main part and of the add-on make four sums, no two of them alike. */
static size_t main_len(size_t len) {
        static const size_t mains[] = { EAN13_LEN, UPCA_LEN };

        for (size_t i = 0; i < ARRAY_LEN(mains); i++)
                if (len == mains[i] + ADD_ON_2 || len == mains[i] + ADD_ON_5)
                        return mains[i];
        return 0;
}

static int read_ean_plus(struct barcode *barcode, char *ret_error, size_t size) {
        struct slice text = barcode->text, main_part = { text.bytes, main_len(text.len) };

        if (!digits_only(text))
                return refuse(ret_error, size, "an EAN or UPC code has only digits");
        if (main_part.len == 0) {
                (void)snprintf(ret_error, size,
                               "EAN-13 with an add-on has 15 or 18 digits (UPC-A 14 or 17), not "
                               "%zu",
                               text.len);
                return BARCODE_E_INVALID;
        }
        if (gtin_normalise(main_part, barcode->gtin))
                return refuse_check(ret_error, size, main_part.len == UPCA_LEN ? "UPC-A" : "EAN-13",
                                    main_part);
        barcode->add_on = (struct slice) { text.bytes + main_part.len, text.len - main_part.len };
        barcode->has_gtin = true;
        return 0;
}

/*
 * The 2D part of a composite code is a message of its own with its own identifier (ISO/IEC 24723).
 * Where both come as one, GS1's engine has "|" between them; no digit is taken for either.
 */
static void split_composite(struct barcode *barcode) {
        static const char mark[] = { ']', 'e', '0' };
        struct slice *text = &barcode->text;
        const uint8_t *at = memmem(text->bytes, text->len, mark, sizeof(mark));

        if (!at)
                return;
        barcode->composite.bytes = at + sizeof(mark);
        barcode->composite.len = text->len - (size_t)(barcode->composite.bytes - text->bytes);
        text->len = (size_t)(at - text->bytes);
        if (text->len > 0 && text->bytes[text->len - 1] == '|')
                text->len--;
}

static int read_gtin(struct barcode *barcode, enum gtin_rule rule, char *ret_error, size_t size) {
        if (rule == GTIN_EAN || rule == GTIN_EAN8 || rule == GTIN_EAN_PLUS)
                split_composite(barcode);
        switch (rule) {
        case GTIN_EAN:
                return read_ean(barcode, ret_error, size);
        case GTIN_EAN8:
                return read_ean8(barcode, ret_error, size);
        case GTIN_EAN_PLUS:
                return read_ean_plus(barcode, ret_error, size);
        case GTIN_ITF:
                barcode->has_gtin = barcode->text.len == GTIN_LEN &&
                                    gtin_normalise(barcode->text, barcode->gtin) == 0;
                return 0;
        case GTIN_ANY:
                barcode->has_gtin = gtin_normalise(barcode->text, barcode->gtin) == 0;
                return 0;
        case GTIN_NONE:
                break;
        }
        return 0;
}

/* ---- what a GS1 code says ------------------------------------------------------------------- */

static void copy_element(const struct gs1 *gs1, const char *code, char *dst, size_t size) {
        const struct gs1_element *element = gs1_find(gs1, code);

        if (element && element->value.len < size)
                memcpy(dst, element->value.bytes, element->value.len);
}

static void take_elements(struct barcode *barcode, const struct gs1 *gs1) {
        char count[GTIN_SIZE] = "";

        if (!barcode->has_gtin) {
                copy_element(gs1, "02", barcode->gtin, sizeof(barcode->gtin));
                copy_element(gs1, "01", barcode->gtin, sizeof(barcode->gtin));
                barcode->has_gtin = barcode->gtin[0] != '\0';
        }
        copy_element(gs1, "10", barcode->lot, sizeof(barcode->lot));
        copy_element(gs1, "21", barcode->serial, sizeof(barcode->serial));
        copy_element(gs1, "17", barcode->expiry, sizeof(barcode->expiry));
        copy_element(gs1, "30", count, sizeof(count));
        copy_element(gs1, "37", count, sizeof(count));
        barcode->count = strtoll(count, NULL, 10);
}

int barcode_elements(const struct barcode *barcode, struct gs1 *ret) {
        if (barcode->symbology == SYMBOLOGY_GS1)
                return gs1_parse(barcode->text, ret);
        if (barcode->composite.bytes)
                return gs1_parse(barcode->composite, ret);
        if (gs1_is_link(barcode->text))
                return gs1_link_parse(barcode->text, ret);
        ret->n_elements = 0;
        return 0;
}

static int read_gs1(struct barcode *barcode, char *ret_error, size_t size) {
        struct gs1 gs1;

        if (barcode_elements(barcode, &gs1) == 0)
                take_elements(barcode, &gs1);
        else if (barcode->symbology == SYMBOLOGY_GS1 || barcode->composite.bytes)
                return refuse(ret_error, size, gs1.error);
        return 0; /* any text, or a web address that is none of GS1's */
}

/* The identifier in front, where there is one: a "]" before anything else is part of the text. */
static void split_aim(struct barcode *barcode) {
        const uint8_t *bytes = barcode->raw.bytes;

        barcode->text = barcode->raw;
        if (barcode->raw.len < AIM_LEN || bytes[0] != ']' ||
            !carrier_find((char)bytes[1], (char)bytes[2]))
                return;
        if (!((bytes[2] >= '0' && bytes[2] <= '9') || (bytes[2] >= 'A' && bytes[2] <= 'Z') ||
              (bytes[2] >= 'a' && bytes[2] <= 'z')))
                return;
        memcpy(barcode->aim, bytes, AIM_LEN);
        barcode->text.bytes += AIM_LEN;
        barcode->text.len -= AIM_LEN;
}

int barcode_parse(struct slice raw, struct barcode *ret, char *ret_error, size_t error_size) {
        struct barcode barcode = { .raw = raw };
        const struct carrier *carrier;
        int r;

        if (raw.len > SCAN_LEN_MAX) {
                (void)snprintf(ret_error, error_size, "the scan has %zu bytes; the most is %d",
                               raw.len, SCAN_LEN_MAX);
                return BARCODE_E_INVALID;
        }
        split_aim(&barcode);
        if (barcode.text.len == 0)
                return refuse(ret_error, error_size, "the scan is empty");
        carrier = carrier_of(barcode.aim);
        barcode.symbology = carrier->symbology;
        r = read_gtin(&barcode, carrier->rule, ret_error, error_size);
        if (r == 0)
                r = read_gs1(&barcode, ret_error, error_size);
        if (r)
                return r;
        *ret = barcode;
        return 0;
}

const char *barcode_symbology_name(const struct barcode *barcode) {
        const struct carrier *carrier = carrier_of(barcode->aim);

        if (carrier->rule == GTIN_EAN && barcode->text.len == UPCA_LEN)
                return "UPC-A";
        if (carrier->rule == GTIN_EAN && barcode->text.len == UPCE_LEN)
                return "UPC-E";
        if (carrier->rule == GTIN_EAN_PLUS && barcode->text.len - barcode->add_on.len == UPCA_LEN)
                return "UPC-A with add-on";
        if (carrier->rule == GTIN_ITF && barcode->has_gtin)
                return "ITF-14";
        return carrier->name;
}
