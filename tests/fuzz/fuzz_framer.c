/* SPDX-License-Identifier: MIT */

/*
 * Framer under any bytes in any pieces: frames are bounded, never empty, hold no end byte, and do
 * not depend on how the bytes were cut. The first byte chooses rules and pieces.
 */

#include <stdlib.h>
#include "base/bytes.h"
#include "drivers/scanner/framer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t ends[] = { '\r', '\n', 0x03 };
static const struct framer_rules rules[] = {
        { ends, sizeof(ends), 0x02 },
        { ends, 1, -1 },
        { NULL, 0, -1 },
        { ends, 1, '\r' },
};

static void must(bool promise) {
        if (!promise)
                abort();
}

static void keep(const struct framer *framer, struct slice frame, struct bytes *out) {
        must(frame.len > 0 && frame.len <= SCAN_LEN_MAX);
        for (size_t i = 0; i < framer->rules.n_ends; i++)
                must(memchr(frame.bytes, framer->rules.ends[i], frame.len) == NULL);
        bytes_appendf(out, "%zu:", frame.len);
        bytes_append(out, frame.bytes, frame.len);
}

static void feed(struct framer *framer, struct slice bytes, struct bytes *out) {
        struct slice frame;

        for (;;)
                switch (framer_feed(framer, &bytes, &frame)) {
                case FRAMER_FRAME:
                        keep(framer, frame, out);
                        break;
                case FRAMER_OVERLONG:
                        must(framer_has_rest(framer));
                        bytes_append_char(out, '!');
                        break;
                case FRAMER_MORE:
                        must(bytes.len == 0 && framer->len <= SCAN_LEN_MAX);
                        return;
                }
}

static void cut(const struct framer_rules *by, struct slice bytes, size_t piece,
                struct bytes *out) {
        struct framer *framer = malloc(sizeof(*framer)); /* the sanitizer guards its edges */
        struct slice rest;

        if (!framer)
                return;
        framer_init(framer, by);
        while (bytes.len > 0) {
                size_t n = bytes.len < piece ? bytes.len : piece;

                feed(framer, (struct slice) { bytes.bytes, n }, out);
                bytes.bytes += n;
                bytes.len -= n;
        }
        rest = framer_end(framer);
        if (rest.len > 0)
                keep(framer, rest, out);
        must(!framer_has_rest(framer));
        free(framer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        CLEANUP(bytes_fini) struct bytes whole = { 0 }, pieces = { 0 };
        const struct framer_rules *by;
        struct slice bytes;

        if (size < 2)
                return 0;
        by = &rules[data[0] % ARRAY_LEN(rules)];
        bytes = (struct slice) { data + 1, size - 1 };
        /* Scans are longer than what a fuzzer likes to make: one byte stands for many. */
        if (data[0] & 0x80) {
                static uint8_t many[SCAN_LEN_MAX * 3];
                size_t n = 0, left = sizeof(many);

                for (size_t i = 0; i < bytes.len && left >= 2048; i++) {
                        size_t times = bytes.bytes[i] >= 0x80 ? 2048 : 1;

                        memset(many + n, bytes.bytes[i], times);
                        n += times;
                        left -= times;
                }
                bytes = (struct slice) { many, n };
        }
        cut(by, bytes, bytes.len ? bytes.len : 1, &whole);
        cut(by, bytes, 1 + (data[0] >> 2 & 0x1f), &pieces);
        must(whole.len == pieces.len &&
             (!whole.len || !memcmp(whole.data, pieces.data, whole.len)));
        return 0;
}
