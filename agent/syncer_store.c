/* SPDX-License-Identifier: MIT */
#include "agent/syncer_store.h"

#include <errno.h>
#include "base/log.h"

int syncer_store_init(struct syncer_store *store, struct ledger *ledger, struct turn *turn) {
        *store = (struct syncer_store) { .ledger = ledger, .turn = turn };
        return ledger_acked(ledger, &store->mark);
}

int syncer_store_keep_mark(struct syncer_store *store) {
        int r;

        if (!store->mark_dirty)
                return 0;
        r = turn_begin(store->turn);
        if (r < 0)
                return r;
        r = ledger_set_acked(store->ledger, store->mark);
        if (r < 0)
                turn_fail(store->turn, r);
        else
                store->mark_dirty = false;
        return r;
}

/* ---- for the uplink ------------------------------------------------------------------------ */

static int store_read_batch(void *ctx, uint64_t from, int max_events, size_t max_bytes,
                            struct uplink_batch *ret, struct bytes *ret_lines) {
        const struct syncer_store *store = ctx;
        struct ledger_batch batch;
        int r;

        r = ledger_read_batch(store->ledger, from, max_events, max_bytes, &batch, ret_lines);
        if (r < 0)
                return r;
        *ret = (struct uplink_batch) { .first = batch.first,
                                       .last = batch.last,
                                       .prev = batch.prev };
        memcpy(ret->epoch, batch.epoch, sizeof(ret->epoch));
        return 0;
}

static int store_mark(void *ctx, uint64_t *ret_acked) {
        const struct syncer_store *store = ctx;

        *ret_acked = store->mark;
        return 0;
}

static int store_set_mark(void *ctx, uint64_t acked) {
        struct syncer_store *store = ctx;

        store->mark_dirty = store->mark_dirty || store->mark != acked;
        store->mark = acked;
        return 0;
}

static int store_chain_at(void *ctx, uint64_t seq, struct digest *ret_hash,
                          char ret_epoch[ULID_SIZE]) {
        const struct syncer_store *store = ctx;

        return ledger_chain_at(store->ledger, seq, ret_hash, ret_epoch);
}

static int store_epoch_first(void *ctx, const char *epoch, uint64_t *ret_seq) {
        const struct syncer_store *store = ctx;

        return ledger_epoch_first(store->ledger, epoch, ret_seq);
}

static uint64_t store_last_seq(void *ctx) {
        const struct syncer_store *store = ctx;

        return ledger_committed_seq(store->ledger);
}

/* Epochs follow one another, so the end of one is found by halving. */
static uint64_t store_epoch_last(void *ctx, const char *epoch) {
        const struct syncer_store *store = ctx;
        uint64_t high = ledger_committed_seq(store->ledger), low = 0;

        if (strcmp(epoch, ledger_epoch(store->ledger)) == 0)
                return high;
        if (ledger_epoch_first(store->ledger, epoch, &low) < 0)
                return 0;
        while (low < high) {
                uint64_t middle = high - (high - low) / 2;
                char found[ULID_SIZE] = "";
                struct digest hash;

                if (ledger_chain_at(store->ledger, middle, &hash, found) == 0 &&
                    strcmp(found, epoch) == 0)
                        low = middle;
                else
                        high = middle - 1;
        }
        return low;
}

struct totals_each {
        int (*each)(void *userdata, const char *epoch, const char *sku, int64_t sell_milli,
                    int64_t picked_milli);
        void *userdata;
};

static int store_total(void *userdata, const struct ledger_total *total) {
        const struct totals_each *each = userdata;

        return each->each(each->userdata, total->epoch, total->sku, total->sell_milli,
                          total->picked_milli);
}

/* Totals with events that are not committed would contradict their as_of. */
static int store_totals(void *ctx, uint64_t since,
                        int (*each)(void *userdata, const char *epoch, const char *sku,
                                    int64_t sell_milli, int64_t picked_milli),
                        void *userdata) {
        const struct syncer_store *store = ctx;
        struct totals_each all = { each, userdata };

        if (turn_commit(store->turn) < 0)
                log_error("not recorded: %s", ledger_error(store->ledger));
        return ledger_totals_each(store->ledger, since, store_total, &all);
}

struct uplink_store syncer_store_uplink(struct syncer_store *store) {
        return (struct uplink_store) {
                .ctx = store,
                .read_batch = store_read_batch,
                .mark = store_mark,
                .set_mark = store_set_mark,
                .chain_at = store_chain_at,
                .epoch_first = store_epoch_first,
                .last_seq = store_last_seq,
                .totals = store_totals,
                .epoch_last = store_epoch_last,
        };
}

/* ---- for the downlink ---------------------------------------------------------------------- */

static int store_position(void *ctx, char ret_feed[ULID_SIZE], uint64_t *ret_seq) {
        const struct syncer_store *store = ctx;

        return ledger_feed_position(store->ledger, ret_feed, ret_seq);
}

static void store_abort(void *ctx) {
        const struct syncer_store *store = ctx;

        turn_fail(store->turn, -EIO);
}

/* A turn of its own: a feed that cannot be kept must not take scans with it. */
static int store_begin(void *ctx, const char *feed, bool replace) {
        struct syncer_store *store = ctx;
        int r;

        r = turn_commit(store->turn);
        if (r == 0)
                r = turn_begin(store->turn);
        if (r < 0)
                return r;
        if (replace)
                r = ledger_feed_move(store->ledger, feed, 0);
        if (r < 0)
                turn_fail(store->turn, r);
        return r;
}

static int store_adopt(void *ctx, struct slice entry, char *ret_error, size_t error_size) {
        const struct syncer_store *store = ctx;

        return ledger_feed_adopt(store->ledger, entry, ret_error, error_size);
}

static int store_end(void *ctx, const char *feed, uint64_t seq) {
        struct syncer_store *store = ctx;
        int r;

        r = ledger_feed_move(store->ledger, feed, seq);
        if (r < 0) {
                turn_fail(store->turn, r);
                return r;
        }
        r = syncer_store_keep_mark(store);
        return r < 0 ? r : turn_commit(store->turn);
}

struct downlink_store syncer_store_downlink(struct syncer_store *store) {
        return (struct downlink_store) {
                .ctx = store,
                .position = store_position,
                .begin = store_begin,
                .adopt = store_adopt,
                .end = store_end,
                .abort = store_abort,
        };
}
