/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "drivers/printer/zpl_answer.h"
#include "drivers/printer/zpl_stream.h"

/* A digit stands where an event comes: 1 a label, 2 ~HS, 3 ~HI, 4 another question, 5 a byte of it, 6 SGD. */
static const struct {
        const char *sent;
        size_t len;
        const char *events;
} rows[] = {
#define ROW(sent, events)                                                                          \
        { sent, sizeof(sent) - 1, events }
        ROW("^XA^FDx^FS^XZ", "1"),
        ROW("^xa^xz", "1"),
        ROW("^XA^XZ^XA^XZ\r\n", "11"),
        ROW("~HS", "2"),
        ROW("~hi\r\n~HS\r\n", "32"),
        ROW("^XA^FD~HS^XZ", "1"), /* inside it is the guard's */
        ROW("^XA^FDhalf", ""),
        ROW("~DGR:A.GRF,4,1,FFFF^XA^XGR:A^XZ", "1"),
        ROW("^XA^GFA,2,2,1,^XZ", "1"),    /* hexadecimal: a prefix ends it */
        ROW("^XA^GFB,3,3,1,^XZ^XZ", "1"), /* the first are three bytes of picture */
        ROW("^XA^GFB,3,3,1,^X", ""),
        ROW("^XA^gfb,1,1,1,~HS^XZ", "1"),
        ROW("~DYR:A,P,G,3,0,^XZ^XA^XZ", "1"),
        ROW("~DYR:A,A,G,3,0,^XZ", "1"),
        ROW("^CC!!XA!FD^XZ!XZ!CC^^XA^XZ", "11"),
        ROW("~CT#^XA^XZ#HS", "12"),
        ROW("^XA^CD;^GFB;3;3;1;^XZ^CD,^XZ", "1"),
        ROW("^XA^GFB,99999999999999999999,1,1,^XZ", "1"),
        ROW("^XA^GFB,-1,1,1,^XZ", "1"),
        ROW("^XA^GFC,3,3,1,^XZ^XZ", "1"),
        ROW("~HQES\r\n^XA^XZ", "455551"),
        ROW("~HQOD^XA^XZ", "4551"), /* a prefix ends it */
        ROW("~HD~HS", "42"),
        ROW("^XA~HQES^XZ", "1"),
        ROW("! U1 getvar \"x\"\r\n^XA^XZ", "61"),
        ROW("^XA^FD! U1\n^XZ", "1"),
        ROW("! U1 getvar \"x\" ^XA^XZ", "1"),
        ROW("\x02^FDx\x03", "1"),
        ROW("^XA^FDx\x03~HS", "12"),
        ROW("^", ""),
        ROW("^X", ""),
        ROW("~~HS", ""), /* the first ~ takes the second as its name */
        ROW("", ""),
};

static void labels_and_questions_are_found(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct zpl_stream stream;
                char events[12] = "";
                size_t n = 0;

                zpl_stream_init(&stream);
                for (size_t j = 0; j < rows[i].len; j++) {
                        enum zpl_stream_event event =
                                zpl_stream_take(&stream, (uint8_t)rows[i].sent[j]);

                        if (event != ZPL_STREAM_MORE && n < sizeof(events) - 1)
                                events[n++] = (char)('0' + (int)event);
                }
                events[n] = '\0';
                assert_string_equal(events, rows[i].events);
        }
}

/* What we answer is what we would understand. */
static void answers_are_read_back(void **state) {
        const struct zpl_status told = {
                .paper_out = true, .hot = true, .formats = 3, .labels = 7
        };
        struct zpl_reader reader = { .len = 0 };
        CLEANUP(bytes_fini) struct bytes out = { 0 };
        struct slice bytes;

        (void)state;
        zpl_answer_status(&told, &out);
        zpl_answer_identity("ZD421-203dpi", "V93.21.15Z", &out);
        bytes = bytes_slice(&out);
        assert_int_equal(zpl_read(&reader, &bytes), ZPL_REPLY_STATUS);
        assert_true(reader.status.paper_out && reader.status.hot);
        assert_false(reader.status.head_open || reader.status.ribbon_out || reader.status.paused);
        assert_int_equal(reader.status.formats, 3);
        assert_int_equal(reader.status.labels, 7);
        assert_int_equal(zpl_read(&reader, &bytes), ZPL_REPLY_MODEL);
        assert_string_equal(reader.model, "ZD421-203dpi");
        assert_string_equal(reader.firmware, "V93.21.15Z");
        assert_int_equal(zpl_read(&reader, &bytes), ZPL_REPLY_NONE);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(labels_and_questions_are_found),
                cmocka_unit_test(answers_are_read_back),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
