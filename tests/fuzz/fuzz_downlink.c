/* SPDX-License-Identifier: MIT */

/*
 * The downlink under any messages: transactions are opened and closed in pairs, the position
 * never goes ahead of what was adopted, and nothing is asked for in a hurry. The first byte of
 * each piece says what happens, the rest is its payload.
 */

#include <errno.h>
#include <stdlib.h>
#include "sync/downlink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PIECE_MAX = 400, STEP_MS = 700 };

struct catalogue {
        bool open;
        char feed[ULID_SIZE];
        uint64_t seq;
        int n_wants;
        bool fail;
};

static void must(bool promise) {
        if (!promise)
                abort();
}

static int on_position(void *ctx, char ret_feed[ULID_SIZE], uint64_t *ret_seq) {
        const struct catalogue *catalogue = ctx;

        memcpy(ret_feed, catalogue->feed, ULID_SIZE);
        *ret_seq = catalogue->seq;
        return 0;
}

static int on_begin(void *ctx, const char *feed, bool replace) {
        struct catalogue *catalogue = ctx;

        must(!catalogue->open && feed[0]);
        must(replace || strcmp(feed, catalogue->feed) == 0);
        catalogue->open = true;
        return 0;
}

static int on_adopt(void *ctx, struct slice entry, char *ret_error, size_t error_size) {
        const struct catalogue *catalogue = ctx;

        must(catalogue->open && entry.len > 0);
        if (catalogue->fail)
                return -EIO;
        if (entry.bytes[0] != '{')
                return str_copy(ret_error, error_size, "no object") == 0 ? 1 : -EINVAL;
        return 0;
}

static int on_end(void *ctx, const char *feed, uint64_t seq) {
        struct catalogue *catalogue = ctx;

        must(catalogue->open);
        catalogue->open = false;
        memcpy(catalogue->feed, feed, ULID_SIZE);
        catalogue->seq = seq;
        return 0;
}

static void on_abort(void *ctx) {
        struct catalogue *catalogue = ctx;

        must(catalogue->open);
        catalogue->open = false;
}

static int on_want(void *ctx, const struct want *want) {
        struct catalogue *catalogue = ctx;

        must(want->from == 0 || want->from == catalogue->seq + 1);
        catalogue->n_wants++;
        return catalogue->fail ? -EAGAIN : 0;
}

static void on_trouble(void *ctx, const char *words) {
        (void)ctx;
        must(words[0]);
}

static void play(struct downlink *downlink, struct catalogue *catalogue, uint8_t what,
                 struct slice payload, int64_t now_ms) {
        if (what == 'd')
                downlink_down(downlink);
        else if (what == 'u')
                downlink_up(downlink, now_ms);
        else if (what == 'h')
                downlink_hub_online(downlink, now_ms);
        else if (what == 'f')
                catalogue->fail = !catalogue->fail;
        else
                downlink_batch(downlink, payload, now_ms);
        downlink_timer(downlink, now_ms);
        must(!catalogue->open);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct catalogue catalogue = { .open = false };
        const struct downlink_store store = { &catalogue, on_position, on_begin,
                                              on_adopt,   on_end,      on_abort };
        const struct downlink_transport transport = { &catalogue, on_want };
        struct downlink *downlink;
        int64_t now_ms = 0;

        must(downlink_new(&store, &transport, on_trouble, &catalogue, &downlink) == 0);
        downlink_up(downlink, now_ms);
        while (size > 1) {
                const uint8_t *end = memchr(data, 0, size < PIECE_MAX ? size : PIECE_MAX);
                size_t len = end ? (size_t)(end - data) : size < PIECE_MAX ? size : PIECE_MAX;
                size_t step = len + (end ? 1 : 0);

                if (len > 0) {
                        const struct slice payload = { data + 1, len - 1 };

                        now_ms += STEP_MS;
                        play(downlink, &catalogue, data[0], payload, now_ms);
                }
                data += step;
                size -= step;
        }
        downlink_free(downlink);
        return 0;
}
