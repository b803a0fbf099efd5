/* SPDX-License-Identifier: MIT */

/*
 * wire_probe KIND: reads a payload from standard input as our programs do and writes it back as
 * they would; of a batch also "hash HEX", the chain after its last event. A malformed payload: its
 * reason and status 1.
 *
 *     batch ack totals feed want
 */

#include <stdio.h>
#include <stdlib.h>
#include "sync/event.h"
#include "sync/wire.h"

enum { INPUT_MAX = 256 * 1024 };

static int probe_batch(struct slice in, struct bytes *out, struct jsonr_error *error) {
        char hex[DIGEST_HEX_SIZE];
        struct batch_header header;
        struct slice lines, line;
        int r = batch_read_header(in, &header, &lines, error);

        if (r != 0)
                return r;
        r = batch_write_header(&header, out);
        while (r == 0 && batch_next_line(&lines, &line)) {
                struct event event;

                r = event_parse(line, &event, error->text, sizeof(error->text));
                if (r == 0)
                        r = sha256_chain(&header.prev, line, &header.prev);
                bytes_append(out, line.bytes, line.len);
                bytes_append_char(out, '\n');
        }
        digest_hex(&header.prev, hex);
        bytes_appendf(out, "hash %s\n", hex);
        return r;
}

static int probe_ack(struct slice in, struct bytes *out, struct jsonr_error *error) {
        struct ack ack;
        int r = ack_read(in, &ack, error);

        return r == 0 ? ack_write(&ack, out) : r;
}

static int probe_want(struct slice in, struct bytes *out, struct jsonr_error *error) {
        struct want want;
        int r = want_read(in, &want, error);

        return r == 0 ? want_write(&want, out) : r;
}

static int probe_feed(struct slice in, struct bytes *out, struct jsonr_error *error) {
        struct feed_header header;
        struct slice lines;
        int r = feed_read_header(in, &header, &lines, error);

        if (r != 0)
                return r;
        r = feed_write_header(&header, out);
        bytes_append(out, lines.bytes, lines.len);
        return r;
}

struct totals {
        struct bytes *out;
        bool begun;
};

static int each_total(void *userdata, const char *sku, int64_t sell_milli, int64_t picked_milli) {
        struct totals *totals = userdata;

        totals_add(totals->out, sku, sell_milli, picked_milli, !totals->begun);
        totals->begun = true;
        return 0;
}

static int probe_totals(struct slice in, struct bytes *out, struct jsonr_error *error) {
        struct bytes CLEANUP(bytes_fini) skus = { 0 };
        struct totals totals = { &skus, false };
        struct totals_header header;
        int r = totals_read(in, &header, each_total, &totals, error);

        if (r != 0)
                return r;
        totals_begin(out, &header);
        bytes_append(out, skus.data, skus.len);
        totals_end(out);
        return 0;
}

static const struct {
        const char *kind;
        int (*run)(struct slice in, struct bytes *out, struct jsonr_error *error);
} probes[] = {
        { "batch", probe_batch }, { "ack", probe_ack },       { "want", probe_want },
        { "feed", probe_feed },   { "totals", probe_totals },
};

int main(int argc, char **argv) {
        static uint8_t input[INPUT_MAX];
        size_t n = fread(input, 1, sizeof(input), stdin);
        struct bytes CLEANUP(bytes_fini) out = { 0 };
        struct jsonr_error error = { "" };
        int r = -1;

        for (size_t i = 0; i < ARRAY_LEN(probes) && argc == 2; i++)
                if (strcmp(probes[i].kind, argv[1]) == 0)
                        r = probes[i].run((struct slice) { input, n }, &out, &error);
        (void)fputs(r == 0 ? bytes_str(&out) : error.text, stdout);
        return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
