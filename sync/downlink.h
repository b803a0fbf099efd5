/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Downlink: the hub's feed into the gateway's catalogue (DESIGN 5.5): in order, idempotent,
 * notices gaps and asks with want. Pure, like the uplink.
 */

#include "sync/wire.h"

struct downlink_store {
        void *ctx;
        int (*position)(void *ctx, char ret_feed[ULID_SIZE], uint64_t *ret_seq);
        /* One batch: everything between begin and end is one transaction. @replace: empty the
         * catalogue first. */
        int (*begin)(void *ctx, const char *feed, bool replace);
        int (*adopt)(void *ctx, struct slice entry, char *ret_error,
                     size_t error_size); /* > 0: malformed entry, skipped */
        /* Commits, or rolls back and says why. */
        int (*end)(void *ctx, const char *feed, uint64_t seq);
        void (*abort)(void *ctx);
};

struct downlink_transport {
        void *ctx;
        int (*publish_want)(void *ctx, const struct want *want); /* 0 or negative errno */
};

enum {
        DOWNLINK_WANT_RETRY_MS = 5000,
        DOWNLINK_ASK_GAP_MS = 500, /* a hub that comes back is asked at once, but not twice in a row */
};

struct downlink;

MUST_CHECK int downlink_new(const struct downlink_store *store,
                            const struct downlink_transport *transport,
                            void (*trouble)(void *ctx, const char *words), void *ctx,
                            struct downlink **ret);
void downlink_free(struct downlink *downlink);

void downlink_up(struct downlink *downlink,
                 int64_t now_ms); /* asks for what follows the position */
void downlink_down(struct downlink *downlink);
void downlink_batch(struct downlink *downlink, struct slice payload, int64_t now_ms);
void downlink_hub_online(struct downlink *downlink, int64_t now_ms);
void downlink_timer(struct downlink *downlink, int64_t now_ms);
int64_t downlink_next_ms(const struct downlink *downlink); /* -1: never */
