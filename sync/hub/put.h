/* SPDX-License-Identifier: MIT */
#pragma once

/* Put: what others write for the hub to adopt (DESIGN 5.5), line by line, each with its answer. */

#include "sync/hub/book.h"
#include "sync/hub/feed.h"

struct put {
        struct book *book;
        const char *site;
        char feed[ULID_SIZE]; /* of the site: the epoch of central moves */
        uint64_t n_ok, n_bad;
        bool feed_changed;
};

/* Adopts NDJSON in the caller's transaction and appends an answer line for each: {"line":1,"id":…,"ok":true}. A bad
 * line changes nothing. Negative errno: roll back. */
MUST_CHECK int put_lines(struct put *put, struct slice payload, struct bytes *answers);
