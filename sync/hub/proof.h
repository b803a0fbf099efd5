/* SPDX-License-Identifier: MIT */
#pragma once

/* Proof: every chain again, and every figure again from the events, against what the store says. */

#include "base/bytes.h"
#include "sync/hub/db.h"

struct proof {
        uint64_t n_events, n_gateways, n_findings;
        struct bytes text; /* a line for each of the first 50 findings */
};

MUST_CHECK int proof_run(struct db *db, const char *site, struct proof *ret);
