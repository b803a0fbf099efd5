/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Barcode: what a scanner read, before anybody knows what it means.
 *
 * Pure, no allocation. Reads the AIM symbology identifier (ISO/IEC 15424: "]", code character, modifier)
 * where there is one, checks EAN/UPC check digits (GS1 General Specifications 7.9.1) and normalises
 * GTINs to 14 digits. GS1 element strings are read by gs1.h (drivers issue).
 */

#include <stdbool.h>
#include "base/def.h"

enum { GS1_LOT_SIZE = 21, GS1_EXPIRY_SIZE = 7 };

enum { SCAN_LEN_MAX = 7168, AIM_SIZE = 4, GTIN_SIZE = 15 }; /* QR 40-L: 7089 digits (ISO/IEC 18004 table 7) */

enum symbology {
        SYMBOLOGY_UNKNOWN, /* no identifier: text could be anything */
        SYMBOLOGY_EAN,     /* ]E0 EAN-13, UPC-A, UPC-E */
        SYMBOLOGY_EAN8,    /* ]E4 */
        SYMBOLOGY_CODE128, /* ]C0 */
        SYMBOLOGY_GS1,     /* a GS1 carrier: ]C1 ]e0 ]d2 ]Q3 ]J1 */
        SYMBOLOGY_ITF,     /* ]I0 ]I1 */
        SYMBOLOGY_OTHER,
};

enum { BARCODE_E_INVALID = 1 };

struct barcode {
        struct slice raw;     /* as the scanner sent it, with the identifier */
        struct slice text;    /* without */
        struct slice add_on;    /* the two or five digits behind an EAN or UPC code; empty: none */
        struct slice composite; /* element strings of the 2D part above one; NULL bytes: none */
        char aim[AIM_SIZE];   /* "]E0", or "" */
        enum symbology symbology;
        bool has_gtin;        /* an EAN or UPC code, ITF-14, or AI 01 or 02 of a GS1 code */
        char gtin[GTIN_SIZE]; /* 14 digits */

        /* What else a GS1 code says; "" and 0 where it does not. */
        char lot[GS1_LOT_SIZE];       /* AI 10 */
        char serial[GS1_LOT_SIZE];    /* AI 21 */
        char expiry[GS1_EXPIRY_SIZE]; /* AI 17, YYMMDD */
        int64_t count;                /* AI 30 or 37: how many pieces */
};

/* @raw is borrowed for the life of @ret. BARCODE_E_INVALID with the exact reason in @ret_error (>= 160):
 * empty, too long, an EAN carrier with a wrong length, letter or check digit, a GS1
 * carrier whose element strings break a rule (gs1.h). A web address with a GS1 key (Digital Link) is read
 * likewise; one without is plain text. Without an identifier digits of
 * length 8, 12, 13 or 14 with a right check digit have a GTIN; a wrong one is just text. */
MUST_CHECK int barcode_parse(struct slice raw, struct barcode *ret, char *ret_error, size_t error_size);

struct gs1;

/* The elements of a GS1 carrier, of a composite's 2D part or of a web address; none of any other code. GS1_E_INVALID with
 * the reason in ret->error: only a web address that is none of GS1's, since barcode_parse refuses the others. */
MUST_CHECK int barcode_elements(const struct barcode *barcode, struct gs1 *ret);

const char *barcode_symbology_name(const struct barcode *barcode); /* "EAN-13", "Code 128" … */

/* GS1 mod-10 check digit of @n digits that precede it. */
int gtin_check_digit(const char *digits, size_t n);
/* Digits of length 8, 12, 13, 14 with a right check digit to 14 digits; -EINVAL. */
MUST_CHECK int gtin_normalise(struct slice digits, char ret_gtin[GTIN_SIZE]);
/* UPC-E (number system, six digits, check digit) to UPC-A's 12 digits; -EINVAL. */
MUST_CHECK int upce_expand(struct slice digits, char ret_upca[13]);
