/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Uplink's own: sends the totals (DESIGN 5.4) in parts, and goes on behind the last part that
 * went out when the transport had no room. Holds one part, never all totals.
 */

#include "sync/uplink.h"

struct uplink_totals {
        bool pending;                        /* there is something to send */
        uint64_t since;                      /* totals changed after it */
        char epoch[ULID_SIZE], sku[ID_SIZE]; /* the last that went out; "": none */
        struct bytes part;
};

void uplink_totals_fini(struct uplink_totals *totals);
void uplink_totals_start(struct uplink_totals *totals, uint64_t since);
/* 0: all are out, or the broker takes none; else what the transport or the store answered. */
MUST_CHECK int uplink_totals_pump(struct uplink_totals *totals, const struct uplink_store *store,
                                  const struct uplink_transport *transport);
