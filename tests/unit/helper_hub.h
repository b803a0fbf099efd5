/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Hub: a hub's store in a folder of its own, and logs of gateways that are made up line by line.
 * What the store holds is looked at through a second connection, so only what is committed counts.
 */

#include "sync/hub/apply.h"
#include "sync/hub/feed.h"

#define HUB_SITE "leeds"

enum { HUBLOG_EVENTS_MAX = 64 };

struct hub_store {
        char folder[64];
        struct db *db;
        struct book book;
        struct changes changes;
        struct bytes answers; /* of the last hub_put */
};

/* A gateway's log of one epoch. */
struct hublog {
        const char *gateway, *epoch;
        uint64_t first, last;
        char *lines[HUBLOG_EVENTS_MAX];
        struct digest hashes[HUBLOG_EVENTS_MAX + 1]; /* the first: before the first line */
};

void hub_open(struct hub_store *hub);
void hub_close(struct hub_store *hub);

/* With its system/started; @after NULL: the file's very first epoch. */
void hublog_begin(struct hublog *log, const char *gateway, const char *epoch,
                  const struct chain_point *after);
void hublog_end(struct hublog *log);
/* seq is given; ts too, where it is 0. */
void hublog_add(struct hublog *log, struct event event);
void hublog_raw(struct hublog *log, const char *line);
struct chain_point hublog_point(const struct hublog *log, uint64_t seq);
void hublog_batch(const struct hublog *log, uint64_t first, uint64_t last, struct bytes *out);

/* A sale: so many units from A-01 for a line of an order (0: no line), or back (< 0). */
struct event hub_pick(const char *order, int line, int64_t units);
struct event hub_order(const char *order, enum order_state state);
struct event hub_short(const char *order, int line, int64_t units);

/* In a transaction of its own. */
struct apply_result hub_send(struct hub_store *hub, const char *gateway, const char *payload);
struct apply_result hub_apply(struct hub_store *hub, const struct hublog *log, uint64_t first,
                              uint64_t last);
/* The answers' lines; borrowed until the next. */
const char *hub_put(struct hub_store *hub, const char *lines);
/* The first column of the first row; INT64_MIN: no row. */
int64_t hub_int(struct hub_store *hub, const char *sql);
/* As text, "none": no row. Borrowed until the next. */
const char *hub_text(struct hub_store *hub, const char *sql);
/* Through the second connection: what nobody but a test does. */
void hub_tamper(struct hub_store *hub, const char *sql);
/* "kind gateway;" of each exception, in the order in which they came. */
const char *hub_exceptions(struct hub_store *hub);
