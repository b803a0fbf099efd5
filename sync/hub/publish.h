/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Publish: everything that leaves the hub, in order of haste, for as long as the link takes it: acks and answers,
 * figures, orders, exceptions, the feed. What the link does not take yet stays where it is.
 */

#include "sync/hub/book.h"
#include "sync/hub/config.h"
#include "sync/hub/feed.h"
#include "sync/link.h"
#include "sync/topic.h"

enum { WANTS_MAX = 4096, LETTERS_MAX = 8192 };

struct letter { /* a small message that waits */
        char topic[TOPIC_SIZE];
        struct bytes payload;
        bool retain;
};

struct want_job { /* a gateway that is being answered */
        char site[NAME_SIZE], gateway[NAME_SIZE];
        uint64_t after;
        bool compacted;
};

struct site_feed {
        char feed[ULID_SIZE];
        uint64_t told; /* up to this number everybody was told */
};

struct publisher {
        struct db *db;
        struct link *link;
        const struct hub_config *config;
        struct changes *changes;
        struct letter *letters;
        size_t n_letters, first_letter, cap_letters;
        struct want_job *wants;
        size_t n_wants, cap_wants;
        struct site_feed feeds[SITES_MAX];
        struct bytes payload; /* kept for its memory */
};

void publisher_fini(struct publisher *publisher);

/* Queues a message; too many: the oldest goes (they are answers that will be asked for again). -ENOMEM */
MUST_CHECK int publish_later(struct publisher *publisher, const char *site, enum topic_kind kind,
                             const char *id, struct slice payload, bool retain);
MUST_CHECK int publish_want(struct publisher *publisher, const char *site, const char *gateway,
                            uint64_t after, bool compacted);
/* A new connection: what was under way is void, and everything retained is told again. */
MUST_CHECK int publish_all_again(struct publisher *publisher);
/* Sends what there is; 0 also where the link is full. */
MUST_CHECK int publish_pump(struct publisher *publisher);
