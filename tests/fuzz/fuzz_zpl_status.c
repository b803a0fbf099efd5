/* SPDX-License-Identifier: MIT */

/*
 * ZPL answers (~HS, ~HI, ~HQES, SGD) under any bytes in any pieces: always comes to an end, the model
 * stays short and printable, and what is read does not depend on how the bytes were cut. The first byte
 * chooses the pieces. The same bytes as a job: its count of labels is never negative.
 */

#include <stdlib.h>
#include "base/bytes.h"
#include "drivers/printer/zpl_count.h"
#include "drivers/printer/zpl_status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool promise) {
        if (!promise)
                abort();
}

static void keep_status(const struct zpl_status *status, struct bytes *out) {
        bytes_appendf(out, "%d%d", status->cold, status->corrupt);
        bytes_appendf(out, "%d%d%d%d%d%d%d %ld %ld;", status->paper_out, status->paused,
                      status->head_open, status->ribbon_out, status->hot, status->buffer_full,
                      status->partial, status->formats, status->labels);
}

static void keep_model(const char *model, struct bytes *out) {
        size_t len = strnlen(model, ZPL_MODEL_SIZE);

        must(len < ZPL_MODEL_SIZE);
        for (size_t i = 0; i < len; i++)
                must(model[i] >= ' ' && model[i] <= '~' && model[i] != ',');
        bytes_appendf(out, "%s;", model);
}

static void keep_value(const char *value, struct bytes *out) {
        int64_t count;

        must(strnlen(value, SGD_VALUE_SIZE) < SGD_VALUE_SIZE);
        if (sgd_count(value, &count) == 0)
                must(count >= 0);
        bytes_appendf(out, "%s;", value);
}

static void feed(struct zpl_reader *reader, struct slice bytes, struct bytes *out) {
        for (;;) {
                size_t left = bytes.len;

                switch (zpl_read(reader, &bytes)) {
                case ZPL_REPLY_STATUS:
                        must(bytes.len < left);
                        keep_status(&reader->status, out);
                        break;
                case ZPL_REPLY_MODEL:
                        must(bytes.len < left);
                        keep_model(reader->model, out);
                        break;
                case ZPL_REPLY_ERRORS:
                        must(bytes.len < left);
                        bytes_appendf(out, "%x %x;", reader->errors.errors,
                                      reader->errors.warnings);
                        break;
                case ZPL_REPLY_VALUE:
                        must(bytes.len < left);
                        keep_value(reader->sgd.value, out);
                        break;
                case ZPL_REPLY_NONE:
                        must(bytes.len == 0 && reader->len < ZPL_STRING_MAX);
                        return;
                }
        }
}

static void cut(struct slice bytes, size_t piece, struct bytes *out) {
        struct zpl_reader *reader = calloc(1, sizeof(*reader)); /* the sanitizer guards its edges */

        if (!reader)
                return;
        while (bytes.len > 0) {
                size_t n = bytes.len < piece ? bytes.len : piece;

                feed(reader, (struct slice) { bytes.bytes, n }, out);
                bytes.bytes += n;
                bytes.len -= n;
        }
        zpl_reset(reader);
        must(!reader->inside && !reader->have_first);
        free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        CLEANUP(bytes_fini) struct bytes whole = { 0 }, pieces = { 0 };
        struct zpl_count count;
        struct slice bytes;

        if (size < 2)
                return 0;
        bytes = (struct slice) { data + 1, size - 1 };
        zpl_count_init(&count);
        zpl_count_take(&count, bytes);
        must(count.labels >= 0);
        cut(bytes, bytes.len, &whole);
        cut(bytes, 1 + (data[0] & 0x3f), &pieces);
        must(whole.len == pieces.len &&
             (!whole.len || !memcmp(whole.data, pieces.data, whole.len)));
        return 0;
}
