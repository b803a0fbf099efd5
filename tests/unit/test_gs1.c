/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "base/bytes.h"
#include "drivers/barcode/gs1.h"

static struct gs1 gs1;

/* "(01)…(10)…" of what was read, or the reason. */
static const char *show(int r) {
        static struct bytes text;

        bytes_clear(&text);
        if (r)
                return gs1.error;
        for (size_t i = 0; i < gs1.n_elements; i++)
                bytes_appendf(&text, "(%.*s)%.*s", (int)gs1.elements[i].code.len,
                              (const char *)gs1.elements[i].code.bytes,
                              (int)gs1.elements[i].value.len,
                              (const char *)gs1.elements[i].value.bytes);
        return bytes_str(&text);
}

struct row {
        const char *scan, *wanted;
};

static void element_strings_are_cut_and_checked(void **state) {
        static const struct row rows[] = {
                /* a separator where one is due, and where none is but is tolerated */
                { "010952123454321310ABC", "(01)09521234543213(10)ABC" },
                { "10ABC\x1d" "0109521234543213", "(10)ABC(01)09521234543213" },
                { "0109521234543213\x1d" "10ABC", "(01)09521234543213(10)ABC" },
                { "10ABC\x1d", "(10)ABC" },
                { "3103001750", "(3103)001750" },
                { "00095201234567891235", "(00)095201234567891235" },
                { "3932978" "1234", "(3932)9781234" },
                /* day 00 only where the standard has it */
                { "17260200", "(17)260200" },
                { "17260229", "(17) at 3: 260229 has no such day" },
                { "17240229", "(17)240229" },
                { "17261300", "(17) at 3: 261300 has no such month" },
                { "7006260200", "(7006) at 5: 260200 has no such day" },
                { "70032211080030", "(7003)2211080030" },
                { "70032211082430", "(7003) at 11: 2430 has no such hour" },
                { "80082211081201", "(8008)2211081201" },
                { "800822110812", "(8008)22110812" },
                { "8008221108126000", "(8008) at 13: 60 has no such minute" },
                /* what is wrong is named with AI, place and reason */
                { "0109521234543214", "(01) at 3: 09521234543214 has a wrong check digit" },
                { "010952123454321", "(01) at 3: 13 characters are too few" },
                { "01095212345432A3", "(01) at 15: 'A' is not a digit" },
                { "10", "(10) at 3: 0 characters are too few" },
                { "10ABCDEFGHIJKLMNOPQRSTU", "(10) at 3: 21 characters, at most 20 fit" },
                { "10A C", "(10) at 4: byte 20 is not a GS1 character" },
                { "10A\x1d\x1d" "11", "at 5: no application identifier begins ?11" },
                { "0499", "at 1: no application identifier begins 0499" },
                { "", "no application identifier" },
                { "1", "at 1: no application identifier begins 1" },
                { "391" "2000" "100", "(3912) at 5: 000 is not an ISO 4217 currency number" },
                { "421004AB", "(421)004AB" },
                { "421001AB", "(421) at 4: 001 is not an ISO 3166 country number" },
                { "4307GB", "(4307)GB" },
                { "4307ZZ", "(4307) at 5: ZZ is not an ISO 3166 country code" },
                { "4309" "0000000000" "3600000001",
                  "(4309) at 15: 3600000001 is no longitude: 0 to 3600000000" },
                { "4321" "2", "(4321) at 5: 2 must be 0 or 1" },
                { "4330" "001234-", "(4330)001234-" },
                { "4330" "001234+", "(4330) at 11: + may end only with a hyphen" },
                { "4300Acme%20Ltd", "(4300)Acme%20Ltd" },
                { "4300Acme%2", "(4300) at 5: Acme%2 has a % that no two hexadecimal digits follow" },
                { "7041PX", "(7041)PX" },
                { "7041QZ", "(7041) at 5: QZ is not a package type code" },
                { "7258" "2/3", "(7258)2/3" },
                { "7258" "3/2", "(7258) at 5: 3/2 has a piece beyond the total" },
                { "8006" "09521234543213" "0304", "(8006)095212345432130304" },
                { "8006" "09521234543213" "0504", "(8006) at 19: 0504 has a piece beyond the total" },
                { "8007FR7630006000011234567890189", "(8007)FR7630006000011234567890189" },
                { "8007FR7630006000011234567890188",
                  "(8007) at 5: FR7630006000011234567890188 has wrong check digits of an IBAN" },
                { "80131987654Ad4X4bL5ttr2310c2K", "(8013)1987654Ad4X4bL5ttr2310c2K" },
                { "80131987654Ad4X4bL5ttr2310c2L",
                  "(8013) at 5: 1987654Ad4X4bL5ttr2310c2L has wrong check characters" },
                { "80110", "(8011) at 5: 0 must not begin with 0" },
                { "401952XY", "(401) at 4: 952XY does not begin with the digits of a GS1 company "
                              "prefix" },
                { "401952", "(401) at 4: 952 is too short for a GS1 company prefix" },
                { "8112" "0" "0" "123456" "123456" "0" "123456", "(8112)001234561234560123456" },
                { "8112" "2", "(8112) at 5: 2 has a wrong coupon format" },
                /* what may not stand together */
                { "02095212345432130109521234543213", "(02) may not stand beside (01)" },
                { "3100123456" "3101123456", "(3100) may not stand beside (3101)" },
                { "10A\x1d" "10B", "(10) stands twice with different values" },
                { "10A\x1d" "10A", "(10)A(10)A" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                assert_string_equal(show(gs1_parse(slice_of(rows[i].scan), &gs1)), rows[i].wanted);
}

static void what_should_stand_beside_is_a_warning(void **state) {
        static const struct row rows[] = {
                { "010952123454321310ABC", "" },
                { "10ABC", "(10) should stand beside (01) or (02) or (03) or (8006) or (8026)" },
                { "0209521234543213", "(02) should stand beside (37)" },
                { "020952123454321337"
                  "10",
                  "(37) should stand beside (00)" },
                { "00095201234567891235"
                  "020952123454321337"
                  "10",
                  "" },
                /* each of two groups; a pattern; several at once */
                { "0109521234543213"
                  "250ABC",
                  "(250) should stand beside (21)" },
                { "0109521234543213"
                  "3922100",
                  "(3922) should stand beside (30) or (31nn) or (32nn) "
                  "or (35nn) or (36nn)" },
                { "0109521234543213"
                  "3103001750"
                  "3922100",
                  "" },
                { "7230EM1X", "(7230) should stand beside (01) or (8004)" },
                { "0109521234543213"
                  "8030abc",
                  "(8030) should stand beside (00) or (01) with (21) or (253) or (255) or (8003) "
                  "or "
                  "(8004) or (8006) with (21) or (8010) with (8011) or (8017) or (8018)" },
                { "0109521234543213"
                  "21A\x1d"
                  "8030abc",
                  "" },
                { "7258"
                  "1/2",
                  "(7258) should stand beside (8018) with (7259)" },
                { "8018952123456789123454", "" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                char words[GS1_ERROR_SIZE] = "";

                assert_int_equal(gs1_parse(slice_of(rows[i].scan), &gs1), 0);
                assert_int_equal(gs1_lacks(&gs1, words, sizeof(words)), rows[i].wanted[0] != '\0');
                assert_string_equal(words, rows[i].wanted);
        }
}

static void a_signature_has_whole_base64url(void **state) {
        static const struct row rows[] = {
                { "8030AZaz09-_", "(8030)AZaz09-_" },
                { "8030A", "(8030)A" },
                { "8030AB=", "(8030)AB=" },
                { "8030A==", "(8030)A==" },
                { "8030ABC=", "(8030) at 8: wrong padding at the end of base64url" },
                { "8030AB==", "(8030) at 7: wrong padding at the end of base64url" },
                { "8030===", "(8030) at 5: wrong padding at the end of base64url" },
                { "8030A=B", "(8030) at 6: '=' is not a base64url character" },
                { "8030A+B", "(8030) at 6: '+' is not a base64url character" },
                /* what a signature stands beside has a serial number */
                { "2539521234543213\x1d"
                  "8030AB",
                  "(253) has no serial number, and (8030) beside it wants one" },
                { "8030AB\x1d"
                  "2559521234543213",
                  "(255) has no serial number, and (8030) beside it wants one" },
                { "800309521234543213\x1d"
                  "8030AB",
                  "(8003) has no serial number, and (8030) beside it wants one" },
                { "2539521234543213S\x1d"
                  "8030AB",
                  "(253)9521234543213S(8030)AB" },
                { "2539521234543213", "(253)9521234543213" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                assert_string_equal(show(gs1_parse(slice_of(rows[i].scan), &gs1)), rows[i].wanted);
}

static void coupons_are_read_field_by_field(void **state) {
        /* company 0 614141, offer 123456, save 2 10, purchase 1 5 code 0 family 123, and options */
        static const struct row rows[] = {
                { "8110" "0614141" "123456" "210" "150123", "(8110)0614141123456210150123" },
                { "8110" "0614141" "123456" "210" "150123" "3261231" "4260101",
                  "(8110)061414112345621015012332612314260101" },
                { "8110" "0614141" "123456" "210" "150123" "3260101" "4261231",
                  "(8110) at 5: 061414112345621015012332601014261231 expires before it starts" },
                { "8110" "0614141" "123456" "210" "150123" "10" "15" "0" "456" "9",
                  "(8110)0614141123456210150123101504569" },
                { "8110" "0614141" "123456" "210" "150123" "7",
                  "(8110) at 5: 06141411234562101501237 goes on after its end" },
                { "8110" "9", "(8110) at 5: 9 has a wrong company prefix" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                assert_string_equal(show(gs1_parse(slice_of(rows[i].scan), &gs1)), rows[i].wanted);
}

static void links_are_read_from_their_end(void **state) {
        static const struct row rows[] = {
                { "https://example.com/some/path/01/09521234543213?17=270131",
                  "(01)09521234543213(17)270131" },
                { "HTTP://id.gs1.org/01/09521234543213/22/A%2fB/10/L/21/S",
                  "(01)09521234543213(22)A/B(10)L(21)S" },
                { "https://a.example/01/09521234543213?3103=001250&linkType=all&15=270100#x",
                  "(01)09521234543213(3103)001250(15)270100" },
                { "https://a.example/01/09521234543213/235/X", "(01)09521234543213(235)X" },
                { "https://a.example/8010/1234AB/8011/77", "(8010)1234AB(8011)77" },
                { "https://a.example/01/09521234543213/10/L/22/V",
                  "what follows /01/ in the address does not belong there" },
                { "https://a.example/01/09521234543213/22/V/235/X",
                  "what follows /01/ in the address does not belong there" },
                { "https://a.example/01/09521234543213?10=L",
                  "(10) may not stand behind the ? of an address" },
                { "https://a.example/01/09521234543213?21=S",
                  "(21) may not stand behind the ? of an address" },
                { "https://a.example/01/09521234543213?17=270131&17=270131",
                  "(17) stands twice in the address" },
                { "https://a.example/01/09521234543213?99999=1",
                  "?99999= is no application identifier" },
                { "https://a.example/01/9521234543213", "(01) at 22: 13 characters are too few" },
                { "https://a.example/gtin/09521234543213",
                  "the address has no GS1 key such as /01/ and a GTIN" },
                { "https://a.example/", "the address has no GS1 key such as /01/ and a GTIN" },
                { "https:///01/09521234543213", "the address names no host" },
                { "https://a.example/01/0952123454321%3", "(01) at 35: '%' is not a digit" },
                /* a % that begins no escape is a character like any other */
                { "https://a.example/01/09521234543213/10/50%", "(01)09521234543213(10)50%" },
                { "https://a.example/01/09521234543213/10/5%4", "(01)09521234543213(10)5%4" },
                { "https://a.example/01/09521234543213/10/%ZZ%41", "(01)09521234543213(10)%ZZA" },
                { "https://a.example/01/09521234543213/10/%00",
                  "(10) at 40: byte 00 is not a GS1 character" },
                { "https://a.example/01/09521234543213/10/A+B", "(01)09521234543213(10)A+B" },
                { "https://a.example/01/09521234543213?3103=001250&99=A+B",
                  "(99) at 53: byte 20 is not a GS1 character" },
                /* the place is that in the address, where an escape has three characters */
                { "https://a.example/01/09521234543213/10/A%2FB%20C",
                  "(10) at 45: byte 20 is not a GS1 character" },
                { "https://a.example/8006/0952123454321%330502",
                  "(8006) at 40: 0502 has a piece beyond the total" },
                { "https://a.example/01/09521234543213/10/A%2FB/21/C%20",
                  "(21) at 50: byte 20 is not a GS1 character" },
                /* a parameter without = is none of GS1's, one with an empty name is nobody's */
                { "https://a.example/01/09521234543213?17", "(01)09521234543213" },
                { "https://a.example/01/09521234543213?17&&9999&3103=001250&",
                  "(01)09521234543213(3103)001250" },
                { "https://a.example/01/09521234543213?17=", "(17) at 40: 0 characters are too few" },
                { "https://a.example/01/09521234543213?=1", "?= is no application identifier" },
                /* (10) may stand beside (235), where no path has both */
                { "https://a.example/01/09521234543213/235/T?10=L", "(01)09521234543213(235)T(10)L" },
                { "https://a.example/01/09521234543213/22/V?10=L",
                  "(10) may not stand behind the ? of an address" },
                { "https://a.example/8006/095212345432130102/21/S?10=L",
                  "(10) may not stand behind the ? of an address" },
                { "https://a.example/415/9521234543213?8020=R",
                  "(8020) may not stand behind the ? of an address" },
                { "https://a.example/01/09521234543213?235=T",
                  "(235) may not stand behind the ? of an address" },
                /* the last key counts; what is before it may look like anything */
                { "https://a.example/01/00000000000000/01/09521234543213", "(01)09521234543213" },
                { "https://a.example/414/9521234543213/01/09521234543213", "(01)09521234543213" },
                { "https://a.example/01/09521234543213/10/L/x",
                  "the address has no GS1 key such as /01/ and a GTIN" },
                { "https://a.example/01/09521234543213/",
                  "the address has no GS1 key such as /01/ and a GTIN" },
                { "https://a.example/01/09521234543213//10/L",
                  "the address has no GS1 key such as /01/ and a GTIN" },
                { "https://a.example/01//10/L", "(01) at 22: 0 characters are too few" },
                { "https://a.example/x/10/L", "the address has no GS1 key such as /01/ and a GTIN" },
                { "https://a.example/10/L/01/09521234543213", "(01)09521234543213" },
                { "https://a.example/01/09521234543213/17/270131",
                  "what follows /01/ in the address does not belong there" },
                { "https://a.example/01/09521234543213#/10/L?17=1", "(01)09521234543213" },
                { "https://a.example?/01/09521234543213",
                  "the address has no GS1 key such as /01/ and a GTIN" },
                /* a host has no such characters */
                { "https://user@a.example/01/09521234543213",
                  "at 13: '@' cannot stand in the name of a host" },
                { "https://a_b.example/01/09521234543213",
                  "at 10: '_' cannot stand in the name of a host" },
                { "https://a%2eb/01/09521234543213",
                  "at 10: '%' cannot stand in the name of a host" },
                { "https://[::1]:8080/01/09521234543213", "(01)09521234543213" },
                { "https://a.example/01/09521234543213/10/A%20B",
                  "(10) at 41: byte 20 is not a GS1 character" },
                { "https://a.example/01/09521234543213/10/A B",
                  "at 41: byte 20 cannot stand in an address" },
                { "ftp://a.example/01/09521234543213",
                  "no address: it begins with neither http:// nor https://" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                assert_string_equal(show(gs1_link_parse(slice_of(rows[i].scan), &gs1)),
                                    rows[i].wanted);
}

static void century_follows_the_year_that_reads_it(void **state) {
        static const struct {
                const char *text;
                int year;
                const char *wanted;
        } rows[] = {
                { "270131", 2026, "2027-01-31" }, { "760131", 2026, "2076-01-31" },
                { "770131", 2026, "1977-01-31" }, { "010131", 2060, "2101-01-31" },
                { "260200", 2026, "2026-02-28" }, { "280200", 2026, "2028-02-29" },
                { "261200", 2026, "2026-12-31" },
        };
        char date[GS1_DATE_SIZE];

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                assert_int_equal(gs1_date(slice_of(rows[i].text), rows[i].year, date), 0);
                assert_string_equal(date, rows[i].wanted);
        }
        assert_int_equal(gs1_date(slice_of("261300"), 2026, date), -EINVAL);
        assert_int_equal(gs1_date(slice_of("2613"), 2026, date), -EINVAL);
}

static void rows_stand_in_order_and_are_found(void **state) {
        size_t n;
        const struct gs1_ai *rows = gs1_ai_rows(&n);

        (void)state;
        assert_true(n > 200);
        for (size_t i = 0; i < n; i++) {
                assert_true(rows[i].first[0] && rows[i].last[0]);
                assert_ptr_equal(gs1_ai_find(slice_of(rows[i].first)), &rows[i]);
                assert_ptr_equal(gs1_ai_find(slice_of(rows[i].last)), &rows[i]);
                assert_int_equal(gs1_ai_len((const uint8_t *)rows[i].first), strlen(rows[i].first));
                if (i > 0)
                        assert_true(strcmp(rows[i - 1].last, rows[i].first) < 0);
        }
        assert_null(gs1_ai_find(slice_of("3106")));
        assert_null(gs1_ai_find(slice_of("04")));
        assert_null(gs1_ai_find(slice_of("0")));
        assert_null(gs1_ai_find(slice_of("80200")));
}

static void more_elements_than_fit_are_refused(void **state) {
        struct bytes text = { 0 };

        (void)state;
        for (int i = 0; i <= GS1_ELEMENTS_MAX; i++)
                bytes_append_str(&text, "10A\x1d");
        assert_string_equal(show(gs1_parse(bytes_slice(&text), &gs1)),
                            "more than 64 elements in one scan");
        bytes_fini(&text);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(element_strings_are_cut_and_checked),
                cmocka_unit_test(what_should_stand_beside_is_a_warning),
                cmocka_unit_test(a_signature_has_whole_base64url),
                cmocka_unit_test(coupons_are_read_field_by_field),
                cmocka_unit_test(links_are_read_from_their_end),
                cmocka_unit_test(century_follows_the_year_that_reads_it),
                cmocka_unit_test(rows_stand_in_order_and_are_found),
                cmocka_unit_test(more_elements_than_fit_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
