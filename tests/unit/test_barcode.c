/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "drivers/barcode/barcode.h"
#include "drivers/barcode/gs1.h"

static const struct {
        const char *raw, *aim, *text, *gtin, *name;
        enum symbology symbology;
} good[] = {
        { "]E09521234543213", "]E0", "9521234543213", "09521234543213", "EAN-13", SYMBOLOGY_EAN },
        { "]E05012345678900", "]E0", "5012345678900", "05012345678900", "EAN-13", SYMBOLOGY_EAN },
        { "]E0012345000065", "]E0", "012345000065", "00012345000065", "UPC-A", SYMBOLOGY_EAN },
        { "]E001234565", "]E0", "01234565", "00012345000065", "UPC-E", SYMBOLOGY_EAN },
        { "]E3952123454321312", "]E3", "952123454321312", "09521234543213", "EAN-13 with add-on",
          SYMBOLOGY_EAN },
        { "]E3952123454321352999", "]E3", "952123454321352999", "09521234543213", "EAN-13 with add-on",
          SYMBOLOGY_EAN },
        { "]E301234500006512", "]E3", "01234500006512", "00012345000065", "UPC-A with add-on",
          SYMBOLOGY_EAN },
        { "]E301234500006552999", "]E3", "01234500006552999", "00012345000065", "UPC-A with add-on",
          SYMBOLOGY_EAN },
        { "]E112", "]E1", "12", NULL, "EAN add-on 2", SYMBOLOGY_OTHER },
        { "]E496385074", "]E4", "96385074", "00000096385074", "EAN-8", SYMBOLOGY_EAN8 },
        { "]I119521234543210", "]I1", "19521234543210", "19521234543210", "ITF-14", SYMBOLOGY_ITF },
        { "]I019521234543211", "]I0", "19521234543211", NULL, "ITF", SYMBOLOGY_ITF },
        { "]C085123A", "]C0", "85123A", NULL, "Code 128", SYMBOLOGY_CODE128 },
        { "]C09521234543213", "]C0", "9521234543213", NULL, "Code 128", SYMBOLOGY_CODE128 },
        { "]C10109521234543213", "]C1", "0109521234543213", "09521234543213", "GS1-128", SYMBOLOGY_GS1 },
        { "]d20109521234543213", "]d2", "0109521234543213", "09521234543213", "GS1 DataMatrix", SYMBOLOGY_GS1 },
        { "]d1A", "]d1", "A", NULL, "Data Matrix", SYMBOLOGY_OTHER },
        { "]Q310x", "]Q3", "10x", NULL, "GS1 QR Code", SYMBOLOGY_GS1 },
        { "]e010x", "]e0", "10x", NULL, "GS1 DataBar", SYMBOLOGY_GS1 },
        { "]J110x", "]J1", "10x", NULL, "GS1 DotCode", SYMBOLOGY_GS1 },
        { "]zCx", "]zC", "x", NULL, "Aztec", SYMBOLOGY_OTHER },
        { "T$PICK", "", "T$PICK", NULL, "unknown", SYMBOLOGY_UNKNOWN },
        { "9521234543213", "", "9521234543213", "09521234543213", "unknown", SYMBOLOGY_UNKNOWN },
        { "9521234543214", "", "9521234543214", NULL, "unknown", SYMBOLOGY_UNKNOWN },
        { "012345000065", "", "012345000065", "00012345000065", "unknown", SYMBOLOGY_UNKNOWN },
        { "96385074", "", "96385074", "00000096385074", "unknown", SYMBOLOGY_UNKNOWN },
        { "19521234543210", "", "19521234543210", "19521234543210", "unknown", SYMBOLOGY_UNKNOWN },
        { "952123454321", "", "952123454321", NULL, "unknown", SYMBOLOGY_UNKNOWN },
        /* not identifiers: too short, no code character, no modifier */
        { "]E", "", "]E", NULL, "unknown", SYMBOLOGY_UNKNOWN },
        { "]1234", "", "]1234", NULL, "unknown", SYMBOLOGY_UNKNOWN },
        { "]C-12", "", "]C-12", NULL, "unknown", SYMBOLOGY_UNKNOWN },
        { "]b0AB", "", "]b0AB", NULL, "unknown", SYMBOLOGY_UNKNOWN },
};

static void carriers_are_told_apart_and_gtins_normalised(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(good); i++) {
                struct barcode barcode;
                char error[160] = "";

                assert_int_equal(barcode_parse(slice_of(good[i].raw), &barcode, error, sizeof(error)), 0);
                assert_string_equal(barcode.aim, good[i].aim);
                assert_true(slice_is(barcode.text, good[i].text));
                assert_true(slice_is(barcode.raw, good[i].raw));
                assert_int_equal(barcode.symbology, good[i].symbology);
                assert_string_equal(barcode_symbology_name(&barcode), good[i].name);
                assert_int_equal(barcode.has_gtin, good[i].gtin != NULL);
                assert_string_equal(barcode.gtin, good[i].gtin ? good[i].gtin : "");
        }
}

static const struct {
        const char *raw, *error;
} bad[] = {
        { "", "the scan is empty" },
        { "]E0", "the scan is empty" },
        { "]C0", "the scan is empty" },
        { "]E09521234543214", "EAN-13 9521234543214: the check digit is 4 and should be 3" },
        { "]E0012345000066", "UPC-A 012345000066: the check digit is 6 and should be 5" },
        { "]E001234566", "UPC-E: wrong number system or check digit" },
        { "]E021234565", "UPC-E: wrong number system or check digit" },
        { "]E0952123454321", "UPC-A 952123454321: the check digit is 1 and should be 4" },
        { "]E095212345432", "EAN-13 has 13 digits (UPC-A 12, UPC-E 8), not 11" },
        { "]E0952123454321A", "an EAN or UPC code has only digits" },
        { "]E09521234543213\n", "an EAN or UPC code has only digits" },
        { "]E496385075", "EAN-8 96385075: the check digit is 5 and should be 4" },
        { "]E49638507", "EAN-8 has 8 digits, not 7" },
        { "]E4963850A4", "an EAN or UPC code has only digits" },
        { "]E39521234543213", "EAN-13 with an add-on has 15 or 18 digits (UPC-A 14 or 17), not 13" },
        { "]E395212345432141200000", "EAN-13 with an add-on has 15 or 18 digits (UPC-A 14 or 17), not 20" },
        { "]E3952123454321412", "EAN-13 9521234543214: the check digit is 4 and should be 3" },
        { "]E39521234543213X2", "an EAN or UPC code has only digits" },
};

static void damaged_codes_are_refused_with_the_exact_reason(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
                struct barcode barcode = { .symbology = SYMBOLOGY_OTHER };
                char error[160] = "";

                assert_int_equal(barcode_parse(slice_of(bad[i].raw), &barcode, error, sizeof(error)),
                                 BARCODE_E_INVALID);
                assert_string_equal(error, bad[i].error);
                assert_int_equal(barcode.symbology, SYMBOLOGY_OTHER); /* untouched */
        }
}

static void a_scan_longer_than_any_symbol_is_refused(void **state) {
        static uint8_t bytes[SCAN_LEN_MAX + 1];
        struct barcode barcode;
        char error[160];

        (void)state;
        memset(bytes, '7', sizeof(bytes));
        assert_int_equal(barcode_parse((struct slice) { bytes, SCAN_LEN_MAX }, &barcode, error, sizeof(error)), 0);
        assert_int_equal(barcode.text.len, SCAN_LEN_MAX);
        assert_int_equal(barcode_parse((struct slice) { bytes, sizeof(bytes) }, &barcode, error, sizeof(error)),
                         BARCODE_E_INVALID);
        assert_string_equal(error, "the scan has 7169 bytes; the most is 7168");
}

static void add_ons_and_composites_stand_beside_the_gtin(void **state) {
        static const struct {
                const char *raw, *text, *add_on, *lot, *expiry, *ai;
        } rows[] = {
                { "]E3952123454321312", "952123454321312", "12", "", "", "" },
                { "]E301234500006552999", "01234500006552999", "52999", "", "", "" },
                { "]E09521234543213", "9521234543213", "", "", "", "" },
                { "]E09521234543213|]e017270131" "10AB", "9521234543213", "", "AB", "270131", "17" },
                { "]E09521234543213]e010AB", "9521234543213", "", "AB", "", "10" },
                { "]E496385074|]e010AB", "96385074", "", "AB", "", "10" },
                { "]E3952123454321312]e010AB", "952123454321312", "12", "AB", "", "10" },
                /* the GTIN is the linear part's */
                { "]E09521234543213|]e0020952123454321337" "5", "9521234543213", "", "", "", "02" },
        };
        static struct gs1 gs1;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct barcode barcode;
                char error[160] = "";

                assert_int_equal(barcode_parse(slice_of(rows[i].raw), &barcode, error, sizeof(error)), 0);
                assert_true(slice_is(barcode.text, rows[i].text));
                assert_true(slice_is(barcode.add_on, rows[i].add_on));
                assert_true(barcode.has_gtin);
                assert_string_equal(barcode.lot, rows[i].lot);
                assert_string_equal(barcode.expiry, rows[i].expiry);
                assert_int_equal(barcode_elements(&barcode, &gs1), 0);
                assert_int_equal(gs1.n_elements > 0, rows[i].ai[0] != '\0');
                if (rows[i].ai[0])
                        assert_true(slice_is(gs1.elements[0].code, rows[i].ai));
                if (strcmp(rows[i].ai, "02") == 0)
                        assert_string_equal(barcode.gtin, "09521234543213");
        }
}

static void any_bytes_are_text(void **state) {
        struct barcode barcode;
        char error[160];
        struct slice raw = { (const uint8_t *)"\0]\xff\x1d", 4 };

        (void)state;
        assert_int_equal(barcode_parse(raw, &barcode, error, sizeof(error)), 0);
        assert_int_equal(barcode.text.len, 4);
        assert_false(barcode.has_gtin);
}

static void check_digits_follow_the_published_vectors(void **state) {
        (void)state;
        assert_int_equal(gtin_check_digit("952123454321", 12), 3);
        assert_int_equal(gtin_check_digit("0952123454321", 13), 3);
        assert_int_equal(gtin_check_digit("19521234567890000", 17), 6); /* an SSCC */
        assert_int_equal(gtin_check_digit("09520123456789123", 17), 5);
        assert_int_equal(gtin_check_digit("9638507", 7), 4);
}

static const struct {
        const char *upce, *upca;
} upce[] = {
        { "01234565", "012345000065" }, { "04252614", "042100005264" }, { "01234531", "012300000451" },
        { "01234543", "012340000053" }, { "01234505", "012000003455" },
};

static void upc_e_expands_to_upc_a(void **state) {
        char upca[13];

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(upce); i++) {
                assert_int_equal(upce_expand(slice_of(upce[i].upce), upca), 0);
                assert_string_equal(upca, upce[i].upca);
        }
        assert_int_equal(upce_expand(slice_of("0123456"), upca), -EINVAL);
        assert_int_equal(upce_expand(slice_of("0123456A"), upca), -EINVAL);
}

/* A carrier's text is any tail of a scan: no split of a good code may read past it. */
static void every_prefix_of_a_code_is_read_or_refused(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(good); i++)
                for (size_t len = 0; len <= strlen(good[i].raw); len++) {
                        struct barcode barcode;
                        char error[160] = "";
                        struct slice raw = { (const uint8_t *)good[i].raw, len };

                        if (barcode_parse(raw, &barcode, error, sizeof(error)) == 0)
                                assert_int_equal(strlen(barcode.aim) + barcode.text.len, len);
                        else
                                assert_true(error[0]);
                }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(carriers_are_told_apart_and_gtins_normalised),
                cmocka_unit_test(damaged_codes_are_refused_with_the_exact_reason),
                cmocka_unit_test(a_scan_longer_than_any_symbol_is_refused),
                cmocka_unit_test(add_ons_and_composites_stand_beside_the_gtin),
                cmocka_unit_test(any_bytes_are_text),
                cmocka_unit_test(check_digits_follow_the_published_vectors),
                cmocka_unit_test(upc_e_expands_to_upc_a),
                cmocka_unit_test(every_prefix_of_a_code_is_read_or_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
