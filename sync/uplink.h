/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Uplink: gets the gateway's log to the hub (DESIGN 5.2 to 5.4). Pure: time, store and transport
 * come through small tables, so that a simulation runs thousands of gateways without a socket.
 *
 * At most `window` batches are under way; everything else waits in the store. Only an ack of the
 * hub, whose hash is our own, moves the mark. On (re)connect the totals go first, then the log
 * from the mark.
 */

#include <stdbool.h>
#include "base/bytes.h"
#include "sync/wire.h"

struct uplink_batch {
        char epoch[ULID_SIZE];
        uint64_t first, last;
        struct digest prev;
};

struct uplink_store {
        void *ctx;
        /* Committed lines from @from, of one epoch, each with "\n". -ENOENT: none. */
        int (*read_batch)(void *ctx, uint64_t from, int max_events, size_t max_bytes,
                          struct uplink_batch *ret, struct bytes *ret_lines);
        int (*mark)(void *ctx, uint64_t *ret_acked); /* what the hub has */
        int (*set_mark)(void *ctx, uint64_t acked);
        /* The chain's hash after @seq and the epoch of that event. */
        int (*chain_at)(void *ctx, uint64_t seq, struct digest *ret_hash,
                        char ret_epoch[ULID_SIZE]);
        int (*epoch_first)(void *ctx, const char *epoch, uint64_t *ret_seq); /* -ENOENT */
        uint64_t (*last_seq)(void *ctx);                                     /* committed */
        /* Totals changed after @since: epoch by epoch. */
        int (*totals)(void *ctx, uint64_t since,
                      int (*each)(void *userdata, const char *epoch, const char *sku,
                                  int64_t sell_milli, int64_t picked_milli),
                      void *userdata);
        uint64_t (*epoch_last)(void *ctx, const char *epoch); /* last committed seq of an epoch */
};

struct uplink_transport {
        void *ctx;
        /* 0, -EAGAIN (room follows), -ENOTCONN, -EMSGSIZE. */
        int (*publish_log)(void *ctx, struct slice payload, int *ret_id);
        int (*publish_now)(void *ctx, struct slice payload);
        size_t (*payload_max)(void *ctx);
};

struct uplink_settings {
        char site[NAME_SIZE];
        char gateway[NAME_SIZE];
        int window;       /* batches under way */
        int batch_events; /* events a batch */
        bool ack_broker;  /* [sync] ack = broker: PUBACK moves the mark */
};

enum { UPLINK_ACK_TIMEOUT_MS = 10000 }; /* no ack for what is under way: go back to the mark */

struct uplink;

enum uplink_trouble { UPLINK_FORK, UPLINK_STORE }; /* reported once each time it begins */

struct uplink_handler {
        void *ctx;
        void (*trouble)(void *ctx, enum uplink_trouble trouble, const char *words);
        void (*acked)(void *ctx, uint64_t through);
};

MUST_CHECK int uplink_new(const struct uplink_settings *settings, const struct uplink_store *store,
                          const struct uplink_transport *transport,
                          const struct uplink_handler *handler, struct uplink **ret);
void uplink_free(struct uplink *uplink);

void uplink_up(struct uplink *uplink, int64_t now_ms);
void uplink_down(struct uplink *uplink);
void uplink_committed(struct uplink *uplink, int64_t now_ms); /* the log grew */
void uplink_room(struct uplink *uplink, int64_t now_ms);
void uplink_ack(struct uplink *uplink, const struct ack *ack, int64_t now_ms);
void uplink_published(struct uplink *uplink, int id, bool ok, int64_t now_ms);
/* The hub came back: go back to the mark. */
void uplink_hub_online(struct uplink *uplink, int64_t now_ms);
void uplink_timer(struct uplink *uplink, int64_t now_ms);
/* When uplink_timer wants to be called; -1: never (nothing under way). */
int64_t uplink_next_ms(const struct uplink *uplink);

uint64_t uplink_acked(const struct uplink *uplink);
