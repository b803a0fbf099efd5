/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Syncer's own: the ledger as uplink and downlink want it.
 *
 * The mark lives in memory and is written every few seconds while it moves: an ack must not cost
 * an fsync, and a mark that is lost in a crash costs no more than sending again what the hub then
 * skips.
 */

#include "agent/turn.h"
#include "sync/downlink.h"
#include "sync/uplink.h"

struct syncer_store {
        struct ledger *ledger;
        struct turn *turn;
        uint64_t mark;
        bool mark_dirty; /* not in the ledger yet */
};

MUST_CHECK int syncer_store_init(struct syncer_store *store, struct ledger *ledger,
                                 struct turn *turn);
struct uplink_store syncer_store_uplink(struct syncer_store *store);
struct downlink_store syncer_store_downlink(struct syncer_store *store);
/* Puts the mark into the open turn, or into one of its own. */
MUST_CHECK int syncer_store_keep_mark(struct syncer_store *store);
