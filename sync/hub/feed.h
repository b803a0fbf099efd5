/* SPDX-License-Identifier: MIT */
#pragma once

/* Feed: the hub's numbered entries towards gateways, the newest of each key (DESIGN 5.5). */

#include "base/bytes.h"
#include "sync/hub/db.h"
#include "sync/wire.h"

/* Makes the site's row where it is new; gives the feed's epoch and its last number. */
MUST_CHECK int feed_site(struct db *db, const char *site, char ret_feed[ULID_SIZE],
                         uint64_t *ret_last);

/* The entry of a key; ret_changed false: it was the same before. In a transaction. */
MUST_CHECK int feed_set(struct db *db, const char *site, const char *key, struct slice entry,
                        bool *ret_changed);

/* stock entries for what moved; in a transaction. */
MUST_CHECK int feed_set_stock(struct db *db, const char *site, bool *ret_any);

/*
 * A batch of what is newer than @after, at most @max_bytes. Its header says how far it reaches; with @compacted it is a
 * part of the whole copy. -ENOENT: nothing newer (and @compacted is false).
 */
struct feed_part {
        uint64_t after;
        bool compacted;
        size_t max_bytes;
        uint64_t ret_last; /* the number it reaches */
        bool ret_more;
};
MUST_CHECK int feed_read(struct db *db, const char *site, struct feed_part *part,
                         struct bytes *out);
