/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include "base/jsonw.h"

static void an_event_is_written_compactly(void **state) {
        struct bytes out CLEANUP(bytes_fini) = { 0 };
        struct jsonw w = jsonw_to(&out);
        struct digest digest = { { 0xAB } };

        (void)state;
        jsonw_object(&w, NULL);
        jsonw_uint(&w, "seq", UINT64_MAX);
        jsonw_int(&w, "min", INT64_MIN);
        jsonw_int(&w, "zero", 0);
        jsonw_time(&w, "ts", 1795176000123);
        jsonw_string(&w, "type", "move");
        jsonw_opt_string(&w, "operator", "");
        jsonw_opt_string(&w, "order", NULL);
        jsonw_opt_string(&w, "lot", "L1");
        jsonw_qty(&w, "qty", -250);
        jsonw_bool(&w, "yes", true);
        jsonw_bool(&w, "no", false);
        jsonw_null(&w, "none");
        jsonw_array(&w, "list");
        jsonw_int(&w, NULL, 1);
        jsonw_object(&w, NULL);
        jsonw_object_end(&w);
        jsonw_array(&w, NULL);
        jsonw_array_end(&w);
        jsonw_string(&w, NULL, "x");
        jsonw_array_end(&w);
        jsonw_raw(&w, "raw", slice_of("{\"a\":1}"));
        jsonw_digest(&w, "hash", &digest);
        jsonw_object_end(&w);
        assert_int_equal(bytes_error(&out), 0);
        assert_string_equal(
                bytes_str(&out),
                "{\"seq\":18446744073709551615,\"min\":-9223372036854775808,\"zero\":0,"
                "\"ts\":\"2026-11-20T12:00:00.123Z\",\"type\":\"move\",\"lot\":\"L1\",\"qty\":-0.25,"
                "\"yes\":true,\"no\":false,\"none\":null,\"list\":[1,{},[],\"x\"],\"raw\":{\"a\":1},"
                "\"hash\":\"ab00000000000000000000000000000000000000000000000000000000000000\"}");
}

static const struct {
        const char *title, *scan;
        size_t len;
        const char *json;
} scans[] = {
        { "plain", "]E05012345678900", 16, "{\"scan\":\"]E05012345678900\"}" },
        { "empty", "", 0, "{\"scan\":\"\"}" },
        { "quotes", "a\"b\\c/", 6, "{\"scan\":\"a\\\"b\\\\c/\"}" },
        { "controls", "\x1d\r\n\x7f", 4, "{\"scan\":\"\\u001d\\u000d\\u000a\x7f\"}" },
        { "NUL", "a\0b", 3, "{\"scan\":\"a\\u0000b\"}" },
        { "UTF-8", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x93\xA6", 9,
          "{\"scan\":\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x93\xA6\"}" },
        { "Latin-1", "\xE4x", 2, "{\"scan\":\"\xC3\xA4x\",\"enc\":\"latin1\"}" },
        { "Latin-1 with control", "\xFF\x1d\"", 3,
          "{\"scan\":\"\xC3\xBF\\u001d\\\"\",\"enc\":\"latin1\"}" },
        { "overlong", "\xC0\xAF", 2, "{\"scan\":\"\xC3\x80\xC2\xAF\",\"enc\":\"latin1\"}" },
        { "overlong of three", "\xE0\x9F\x80", 3,
          "{\"scan\":\"\xC3\xA0\xC2\x9F\xC2\x80\",\"enc\":\"latin1\"}" },
        { "surrogate", "\xED\xA0\x80", 3, "{\"scan\":\"\xC3\xAD\xC2\xA0\xC2\x80\",\"enc\":\"latin1\"}" },
        { "over U+10FFFF", "\xF4\x90\x80\x80", 4,
          "{\"scan\":\"\xC3\xB4\xC2\x90\xC2\x80\xC2\x80\",\"enc\":\"latin1\"}" },
        { "cut short", "a\xE2\x82", 3, "{\"scan\":\"a\xC3\xA2\xC2\x82\",\"enc\":\"latin1\"}" },
        { "lone continuation", "\x80", 1, "{\"scan\":\"\xC2\x80\",\"enc\":\"latin1\"}" },
};

static void scans_of_any_bytes_travel(void **state) {
        struct bytes out CLEANUP(bytes_fini) = { 0 };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(scans); i++) {
                struct jsonw w = jsonw_to(&out);

                bytes_clear(&out);
                jsonw_object(&w, NULL);
                jsonw_scan(&w, "scan", (struct slice) { (const uint8_t *)scans[i].scan, scans[i].len });
                jsonw_object_end(&w);
                if (strcmp(bytes_str(&out), scans[i].json) != 0)
                        print_error("%s\n", scans[i].title);
                assert_string_equal(bytes_str(&out), scans[i].json);
        }
}

/* jansson judges: whatever three bytes were scanned, the text is JSON and says them. */
static void every_three_bytes_come_back(void **state) {
        struct bytes out CLEANUP(bytes_fini) = { 0 };

        (void)state;
        for (uint32_t i = 0; i < 1 << 24; i += 37) {
                uint8_t scan[3] = { (uint8_t)i, (uint8_t)(i >> 8), (uint8_t)(i >> 16) }, back[8];
                struct jsonw w = jsonw_to(&out);
                const char *text;
                size_t n = 0, len;
                bool latin1;
                json_t *json;

                bytes_clear(&out);
                jsonw_object(&w, NULL);
                jsonw_scan(&w, "s", (struct slice) { scan, sizeof(scan) });
                jsonw_object_end(&w);
                json = json_loadb(bytes_str(&out), out.len, JSON_ALLOW_NUL, NULL);
                assert_non_null(json);
                text = json_string_value(json_object_get(json, "s"));
                len = json_string_length(json_object_get(json, "s"));
                latin1 = json_object_get(json, "enc") != NULL;
                for (size_t at = 0; at < len && n < sizeof(back); at++) {
                        uint8_t c = (uint8_t)text[at];

                        if (latin1 && c >= 0x80)
                                c = (uint8_t)(c << 6 | (text[++at] & 0x3F));
                        back[n++] = c;
                }
                if (n != 3 || memcmp(back, scan, 3) != 0)
                        fail_msg("%06x: %s", i, bytes_str(&out));
                json_decref(json);
        }
}

static void a_text_that_is_not_utf8_stays_readable(void **state) {
        struct bytes out CLEANUP(bytes_fini) = { 0 };
        struct jsonw w = jsonw_to(&out);

        (void)state;
        jsonw_array(&w, NULL);
        jsonw_string(&w, NULL, "a\xE4z\xE2\x82");
        jsonw_array_end(&w);
        assert_string_equal(bytes_str(&out),
                            "[\"a\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\"]");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_event_is_written_compactly),
                cmocka_unit_test(scans_of_any_bytes_travel),
                cmocka_unit_test(every_three_bytes_come_back),
                cmocka_unit_test(a_text_that_is_not_utf8_stays_readable),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
