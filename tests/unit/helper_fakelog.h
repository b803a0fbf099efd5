/* SPDX-License-Identifier: MIT */
#pragma once

/* Fakelog: a gateway's log in memory, as the uplink sees it. A test only looks at what went out. */

#include "sync/uplink.h"

enum { FAKELOG_EVENTS_MAX = 4096, FAKELOG_EPOCHS_MAX = 16, FAKELOG_LINE_SIZE = 80 };

struct fakelog {
        uint64_t n; /* events 1 to n */
        char lines[FAKELOG_EVENTS_MAX + 1][FAKELOG_LINE_SIZE];
        struct digest hashes[FAKELOG_EVENTS_MAX + 1];
        int epoch_of[FAKELOG_EVENTS_MAX + 1];
        uint64_t firsts[FAKELOG_EPOCHS_MAX];
        int n_epochs;
        uint64_t pruned; /* up to and including */
        uint64_t mark;
        int n_totals; /* skus in each epoch */
        int fail;     /* negative errno for the next read_batch */
};

void fakelog_start_epoch(struct fakelog *log); /* and its first event */
void fakelog_append(struct fakelog *log);
void fakelog_epoch_name(int epoch, char ret_epoch[ULID_SIZE]);
int fakelog_epoch_number(const char *epoch); /* -1: none */
struct uplink_store fakelog_store(struct fakelog *log);
/* What a hub that holds all up to @through of its epoch says. */
struct ack fakelog_ack(const struct fakelog *log, uint64_t through);
