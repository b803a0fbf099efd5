/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Apply: the hub's rules for what gateways send (DESIGN 5.3, 5.4). Everything inside the caller's transaction.
 */

#include "sync/hub/book.h"
#include "sync/wire.h"

enum apply_kind {
        APPLIED,         /* new events stand */
        APPLY_KNOWN,     /* nothing new */
        APPLY_GAP,       /* it does not follow: the ack says from where on */
        APPLY_FORK,      /* it contradicts what is held: nothing stands */
        APPLY_MALFORMED, /* no batch at all: there is nothing to answer */
};

struct apply_result {
        enum apply_kind kind;
        struct ack ack; /* not for APPLY_MALFORMED */
        uint64_t n_events;
        char words[200]; /* why, for APPLY_FORK and APPLY_MALFORMED */
};

/* A batch from the topic of @site and @gateway. 0, or a negative errno: roll back. */
MUST_CHECK int apply_batch(struct book *book, const char *site, const char *gateway,
                           struct slice payload, struct apply_result *ret);

/* Running totals, newer than the log. 1 with words when they are malformed. */
MUST_CHECK int apply_totals(struct book *book, const char *site, const char *gateway,
                            struct slice payload, struct jsonr_error *error);

/* What is held of each epoch of a gateway's newest: acks for a new connection. Calls @each. */
MUST_CHECK int apply_each_held(struct db *db, const char *site,
                               int (*each)(void *userdata, const char *gateway,
                                           const struct ack *ack),
                               void *userdata);

/* An event of the pseudo-gateway "hub": a central move. Gives seq, hash and line. */
MUST_CHECK int apply_central(struct book *book, const char *site, const char *epoch,
                             struct event *event);
