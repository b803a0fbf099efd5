/* SPDX-License-Identifier: MIT */
#pragma once

/* Lost: a branch of a gateway's log that the gateway itself has no more (a restored image). */

#include "sync/hub/epoch.h"

/*
 * The branch's moves after @kept_seq stop being the gateway's own part of the stock and become part
 * "{gateway}~{epoch}": the sums stay, and what the gateway is told as "its own" is what it knows.
 */
MUST_CHECK int lost_move_branch(struct db *db, const char *site, const char *gateway,
                                const char *epoch, const struct epoch_row *row, uint64_t kept_seq);
