/* SPDX-License-Identifier: MIT */

/*
 * Wire and topics under any bytes: what is read keeps its promises, and written again it reads
 * the same. abort() says that a promise was broken.
 */

#include <stdio.h>
#include <stdlib.h>
#include "base/ulid.h"
#include "sync/topic.h"
#include "sync/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool promise) {
        if (!promise)
                abort();
}

static void fuzz_batch(struct slice payload) {
        CLEANUP(bytes_fini) struct bytes out = { 0 };
        struct batch_header header, again;
        struct slice lines, line;
        struct jsonr_error error;
        size_t total = 0;

        if (batch_read_header(payload, &header, &lines, &error) != 0)
                return;
        must(ulid_valid(header.epoch) && header.first >= 1 && header.last >= header.first);
        while (batch_next_line(&lines, &line))
                total += line.len;
        must(total < payload.len);
        must(batch_write_header(&header, &out) == 0);
        must(batch_read_header(bytes_slice(&out), &again, &lines, &error) == 0);
        must(again.first == header.first && again.last == header.last && lines.len == 0 &&
             digest_equal(&again.prev, &header.prev));
}

static void fuzz_feed(struct slice payload) {
        CLEANUP(bytes_fini) struct bytes out = { 0 };
        struct feed_header header, again;
        struct jsonr_error error;
        struct slice lines;

        if (feed_read_header(payload, &header, &lines, &error) != 0)
                return;
        must(ulid_valid(header.feed) && header.first >= 1 && header.last + 1 >= header.first);
        must(feed_write_header(&header, &out) == 0);
        must(feed_read_header(bytes_slice(&out), &again, &lines, &error) == 0);
        must(again.first == header.first && again.last == header.last &&
             again.compacted == header.compacted && again.more == header.more);
}

static void fuzz_ack(struct slice payload) {
        CLEANUP(bytes_fini) struct bytes out = { 0 };
        struct jsonr_error error;
        struct ack ack, again;

        if (ack_read(payload, &ack, &error) != 0)
                return;
        must(ulid_valid(ack.epoch));
        must(ack_write(&ack, &out) == 0 && ack_read(bytes_slice(&out), &again, &error) == 0);
        must(again.through == ack.through && again.gap == ack.gap && again.fork == ack.fork);
}

static void fuzz_want(struct slice payload) {
        CLEANUP(bytes_fini) struct bytes out = { 0 };
        struct jsonr_error error;
        struct want want, again;

        if (want_read(payload, &want, &error) != 0)
                return;
        must(!want.feed[0] || ulid_valid(want.feed));
        must(want_write(&want, &out) == 0 && want_read(bytes_slice(&out), &again, &error) == 0);
        must(again.from == want.from);
}

static int on_total(void *userdata, const char *sku, int64_t sell_milli, int64_t picked_milli) {
        struct bytes *out = userdata;

        must(*sku && strlen(sku) < ID_SIZE);
        totals_add(out, sku, sell_milli, picked_milli, out->len == 0);
        return 0;
}

static void fuzz_totals(struct slice payload) {
        CLEANUP(bytes_fini) struct bytes out = { 0 };
        struct totals_header header;
        struct jsonr_error error;

        if (totals_read(payload, &header, on_total, &out, &error) == 0)
                must(ulid_valid(header.epoch) && header.as_of > 0 && bytes_error(&out) == 0);
}

static void fuzz_topic(struct slice payload) {
        char text[TOPIC_SIZE * 2], site[NAME_SIZE], id[ID_SIZE], again[TOPIC_SIZE];
        enum topic_kind kind;

        (void)snprintf(text, sizeof(text), "%.*s", (int)payload.len, (const char *)payload.bytes);
        if (topic_parse(text, site, &kind, id) != 0)
                return;
        must(topic_make(again, site, kind, id[0] ? id : NULL) == 0);
        /* "+" alone is a subscription to all. */
        must(strcmp(again, text) == 0 || strcmp(id, "+") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const struct slice payload = { data, size };

        fuzz_batch(payload);
        fuzz_feed(payload);
        fuzz_ack(payload);
        fuzz_want(payload);
        fuzz_totals(payload);
        fuzz_topic(payload);
        return 0;
}
