/* SPDX-License-Identifier: MIT */
#include "sync/uplink_totals.h"

#include <errno.h>
#include "base/qty.h"

enum {
        /* One sku: each byte may become \u0000, and two quantities with their names. */
        ROW_MAX = (ID_SIZE - 1) * 6 + 2 * QTY_TEXT_SIZE + 32,
};

struct totals_walk {
        struct uplink_totals *totals;
        const struct uplink_store *store;
        const struct uplink_transport *transport;
        size_t part_max;
        struct totals_header header;
        bool behind;       /* past the last that went out */
        bool open;         /* the part holds something, */
        char sku[ID_SIZE]; /* up to this */
};

void uplink_totals_fini(struct uplink_totals *totals) {
        bytes_fini(&totals->part);
}

void uplink_totals_start(struct uplink_totals *totals, uint64_t since) {
        totals->pending = true;
        totals->since = since;
        totals->epoch[0] = '\0';
        totals->sku[0] = '\0';
}

static int totals_flush(struct totals_walk *walk) {
        struct uplink_totals *totals = walk->totals;
        int r;

        if (!walk->open)
                return 0;
        totals_end(&totals->part);
        r = bytes_error(&totals->part);
        if (r == 0)
                r = walk->transport->publish_now(walk->transport->ctx, bytes_slice(&totals->part));
        if (r < 0)
                return r;
        walk->open = false;
        memcpy(totals->epoch, walk->header.epoch, sizeof(totals->epoch));
        memcpy(totals->sku, walk->sku, sizeof(totals->sku));
        return 0;
}

/* Whether this one went out before. */
static bool totals_is_out(struct totals_walk *walk, const char *epoch, const char *sku) {
        const struct uplink_totals *totals = walk->totals;

        if (walk->behind)
                return false;
        if (strcmp(epoch, totals->epoch) == 0) {
                walk->behind = strcmp(sku, totals->sku) >= 0;
                return strcmp(sku, totals->sku) <= 0;
        }
        return true;
}

static int totals_one(void *userdata, const char *epoch, const char *sku, int64_t sell_milli,
                      int64_t picked_milli) {
        struct totals_walk *walk = userdata;
        struct bytes *part = &walk->totals->part;
        int r;

        if (totals_is_out(walk, epoch, sku))
                return 0;
        if (walk->open &&
            (strcmp(epoch, walk->header.epoch) != 0 || part->len + ROW_MAX > walk->part_max)) {
                r = totals_flush(walk);
                if (r < 0)
                        return r;
        }
        r = str_copy(walk->sku, sizeof(walk->sku), sku);
        if (r == 0)
                r = str_copy(walk->header.epoch, sizeof(walk->header.epoch), epoch);
        if (r < 0)
                return r;
        if (!walk->open) {
                walk->header.as_of = walk->store->epoch_last(walk->store->ctx, epoch);
                bytes_clear(part);
                totals_begin(part, &walk->header);
        }
        totals_add(part, sku, sell_milli, picked_milli, !walk->open);
        walk->open = true;
        return 0;
}

int uplink_totals_pump(struct uplink_totals *totals, const struct uplink_store *store,
                       const struct uplink_transport *transport) {
        struct totals_walk walk = {
                .totals = totals,
                .store = store,
                .transport = transport,
                .part_max = transport->payload_max(transport->ctx),
                .behind = totals->epoch[0] == '\0',
        };
        int r;

        if (!totals->pending)
                return 0;
        if (walk.part_max > BATCH_BYTES_MAX)
                walk.part_max = BATCH_BYTES_MAX;
        r = store->totals(store->ctx, totals->since, totals_one, &walk);
        if (r == 0)
                r = totals_flush(&walk);
        /* A broker that takes no such message takes none later; the log carries the same truth. */
        if (r == -EMSGSIZE)
                r = 0;
        totals->pending = r != 0;
        return r;
}
