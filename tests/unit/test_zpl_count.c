/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "drivers/printer/zpl_count.h"

static int64_t count_in_pieces(const char *zpl, size_t len, size_t piece) {
        struct zpl_count count;

        zpl_count_init(&count);
        for (size_t at = 0; at < len; at += piece) {
                size_t n = len - at < piece ? len - at : piece;

                zpl_count_take(&count, (struct slice) { (const uint8_t *)zpl + at, n });
        }
        return count.labels;
}

static const struct {
        const char *zpl;
        int64_t labels;
} rows[] = {
        { "", 0 },
        { "^XA^FO20,20^FDorder 4711^FS^XZ", 1 },
        { "^xa^fdlower case^fs^xz", 1 },
        { "^XA^FDone^FS^XZ\r\n^XA^FDtwo^FS^XZ", 2 },
        { "^XA^FDmany^FS^PQ12,0,1,Y^XZ", 12 },
        { "^XA^PQ3^FDmany^FS^XZ^XA^FDone^FS^XZ", 4 },
        { "^XA^FDx^FS^PQ0^XZ", 1 },
        { "^XA^FDx^FS^PQ^XZ", 1 },
        { "^XA^FDx^FS^PQ99999999^XZ", 99999999 },
        /* settings, downloads, stored formats: nothing comes out */
        { "^XA^CI28^MMT^PW812^XZ", 0 },
        { "^XA^IDR:LOGO.GRF^FS^XZ", 0 },
        { "~DGR:LOGO.GRF,4,1,00FF00FF^XA^XGR:LOGO.GRF,1,1^FS^XZ", 1 },
        { "^XA^DFR:FORM.ZPL^FS^FO1,1^FN1^FDx^FS^XZ", 0 },
        { "^XA^XFR:FORM.ZPL^FS^FN1^FDx^FS^XZ", 1 },
        { "^XA^GB100,100,2^FS^XZ", 1 },
        /* no end, no label; what looks like one in the data is none */
        { "^XA^FDcut", 0 },
        { "^XA^FDcut^XA^FDwhole^FS^XZ", 1 },
        { "^XA^GFB,9,9,9,^XZ^XZ^XZ^FS^XZ", 1 },
        { "^XA^CC/ /FDx/FS/PQ2/XZ", 2 },
};

static void each_format_counts_as_often_as_it_prints(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                size_t len = strlen(rows[i].zpl);

                for (size_t piece = 1; piece <= len; piece++)
                        assert_int_equal(count_in_pieces(rows[i].zpl, len, piece), rows[i].labels);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_format_counts_as_often_as_it_prints),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
