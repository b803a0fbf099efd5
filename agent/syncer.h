/* SPDX-License-Identifier: MIT */
#pragma once

/* Syncer: binds uplink and downlink to the ledger, the link and the loop; publishes the gateway's
 * status. */

#include "agent/config.h"
#include "agent/turn.h"

struct syncer;

struct syncer_status {
        bool up;           /* connected to the broker */
        int protocol;      /* 5, 4, 0 */
        const char *error; /* why not, with the cure; "" */
        uint64_t last_seq, acked_seq;
        char feed[ULID_SIZE];
        uint64_t feed_seq;
        bool hub_online; /* the hub's status topic says so */
};

/* @devices writes the "devices" array of the status message. */
MUST_CHECK int syncer_new(sd_event *event, const struct config *config, struct ledger *ledger,
                          struct turn *turn, void (*devices)(void *userdata, struct bytes *out),
                          void *userdata, struct syncer **ret);
void syncer_free(struct syncer *syncer); /* says offline, at most a second */

void syncer_committed(struct syncer *syncer); /* after each commit */
void syncer_devices_changed(struct syncer *syncer);
void syncer_status(const struct syncer *syncer, struct syncer_status *ret);
