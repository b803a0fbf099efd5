/* SPDX-License-Identifier: MIT */
#pragma once

/* Epoch: how far each run of each gateway is applied, and where it continues from. */

#include "base/sha256.h"
#include "sync/event.h"
#include "sync/hub/db.h"

struct epoch_row {
        int64_t id;
        uint64_t first_seq, last_seq;
        struct digest hash;       /* after last_seq */
        struct chain_point after; /* seq 0: the file's first epoch */
};

/* -ENOENT */
MUST_CHECK int epoch_find(struct db *db, const char *site, const char *gateway, const char *epoch,
                          struct epoch_row *ret);
/* Another epoch of the gateway that continues from the same point. -ENOENT: none */
MUST_CHECK int epoch_find_twin(struct db *db, const char *site, const char *gateway,
                               const struct chain_point *after, char ret_epoch[ULID_SIZE]);
/* Any epoch at all. */
MUST_CHECK int epoch_any(struct db *db, const char *site, const char *gateway, bool *ret);
MUST_CHECK int epoch_add(struct db *db, const char *site, const char *gateway, const char *epoch,
                         uint64_t first_seq, const struct chain_point *after, int64_t received_ms,
                         struct epoch_row *ret);
MUST_CHECK int epoch_advance(struct db *db, const struct epoch_row *row);
/* The chain's hash after @seq of this epoch, which is held. -ENOENT */
MUST_CHECK int epoch_hash_at(struct db *db, const struct epoch_row *row, uint64_t seq,
                             struct digest *ret_hash);
