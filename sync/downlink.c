/* SPDX-License-Identifier: MIT */
#include "sync/downlink.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORDS_SIZE = 320 };

struct downlink {
        struct downlink_store store;
        struct downlink_transport transport;
        void (*trouble)(void *ctx, const char *words);
        void *ctx;

        bool up;
        char feed[ULID_SIZE]; /* the position: what the catalogue holds */
        uint64_t seq;
        uint64_t newest; /* the highest number seen of the feed; over seq: something is missing */
        bool other_feed; /* the hub has another feed than we: only all of it helps */
        bool collecting; /* parts of a compacted copy arrive */
        uint64_t part_first; /* where the next part begins at most */

        int64_t asked_ms; /* the last want; INT64_MIN: none on this connection */
        int64_t due_ms;   /* the next want; -1: nothing is missing */
};

struct entries {
        uint64_t n, n_skipped;
        char first_error[160];
};

int downlink_new(const struct downlink_store *store, const struct downlink_transport *transport,
                 void (*trouble)(void *ctx, const char *words), void *ctx, struct downlink **ret) {
        struct downlink *downlink = calloc(1, sizeof(*downlink));

        if (!downlink)
                return -ENOMEM;
        downlink->store = *store;
        downlink->transport = *transport;
        downlink->trouble = trouble;
        downlink->ctx = ctx;
        downlink->asked_ms = INT64_MIN;
        downlink->due_ms = -1;
        *ret = downlink;
        return 0;
}

void downlink_free(struct downlink *downlink) {
        free(downlink);
}

int64_t downlink_next_ms(const struct downlink *downlink) {
        return downlink->due_ms;
}

static void PRINTF_LIKE(2, 3) downlink_say(struct downlink *downlink, const char *format, ...) {
        char words[WORDS_SIZE];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(words, sizeof(words), format, args);
        va_end(args);
        downlink->trouble(downlink->ctx, words);
}

/* ---- asking -------------------------------------------------------------------------------- */

static bool downlink_lacks(const struct downlink *downlink) {
        return downlink->other_feed || downlink->collecting || downlink->newest > downlink->seq;
}

static void downlink_ask(struct downlink *downlink, int64_t now_ms) {
        struct want want = { 0 };
        int r;

        memcpy(want.feed, downlink->feed, sizeof(want.feed));
        if (!downlink->other_feed && downlink->seq > 0)
                want.from = downlink->seq + 1;
        downlink->collecting = false;
        r = downlink->transport.publish_want(downlink->transport.ctx, &want);
        downlink->asked_ms = now_ms;
        downlink->due_ms = r < 0 || downlink_lacks(downlink) ? now_ms + DOWNLINK_WANT_RETRY_MS : -1;
}

/* Many batches may show the same gap: one want, and the timer repeats it. */
static void downlink_need(struct downlink *downlink, int64_t now_ms) {
        if (downlink->due_ms < 0)
                downlink_ask(downlink, now_ms);
}

void downlink_up(struct downlink *downlink, int64_t now_ms) {
        int r;

        downlink->up = true;
        downlink->other_feed = false;
        downlink->collecting = false;
        downlink->feed[0] = '\0';
        downlink->seq = 0;
        r = downlink->store.position(downlink->store.ctx, downlink->feed, &downlink->seq);
        downlink->newest = downlink->seq;
        if (r < 0)
                downlink_say(downlink,
                             "cannot read how far the catalogue is: %s; asking for all of it",
                             strerror(-r));
        downlink_ask(downlink, now_ms);
}

void downlink_down(struct downlink *downlink) {
        downlink->up = false;
        downlink->collecting = false;
        downlink->asked_ms = INT64_MIN;
        downlink->due_ms = -1;
}

/* A want of a moment ago may have reached the hub or not: the timer repeats it if none answers. */
void downlink_hub_online(struct downlink *downlink, int64_t now_ms) {
        if (!downlink->up)
                return;
        if (downlink->asked_ms != INT64_MIN && now_ms - downlink->asked_ms < DOWNLINK_ASK_GAP_MS)
                downlink->due_ms = downlink->asked_ms + DOWNLINK_ASK_GAP_MS;
        else
                downlink_ask(downlink, now_ms);
}

void downlink_timer(struct downlink *downlink, int64_t now_ms) {
        if (downlink->due_ms >= 0 && now_ms >= downlink->due_ms)
                downlink_ask(downlink, now_ms);
}

/* ---- adopting ------------------------------------------------------------------------------ */

static int downlink_adopt(struct downlink *downlink, struct slice lines, struct entries *entries) {
        struct slice line;

        while (batch_next_line(&lines, &line)) {
                char error[sizeof(entries->first_error)] = "";
                int r;

                if (line.len == 0)
                        continue;
                entries->n++;
                r = downlink->store.adopt(downlink->store.ctx, line, error, sizeof(error));
                if (r < 0)
                        return r;
                if (r > 0 && entries->n_skipped++ == 0)
                        memcpy(entries->first_error, error, sizeof(error));
        }
        return 0;
}

/* One batch, one transaction; @seq is the position after it. */
static int downlink_apply(struct downlink *downlink, const struct feed_header *header, bool replace,
                          uint64_t seq, struct slice lines) {
        struct entries entries = { 0 };
        void *store = downlink->store.ctx;
        int r;

        r = downlink->store.begin(store, header->feed, replace);
        if (r < 0)
                return r;
        r = downlink_adopt(downlink, lines, &entries);
        if (r < 0) {
                downlink->store.abort(store);
                return r;
        }
        r = downlink->store.end(store, header->feed, seq);
        if (r < 0)
                return r;
        memcpy(downlink->feed, header->feed, sizeof(downlink->feed));
        downlink->seq = seq;
        downlink->other_feed = false;
        if (entries.n_skipped > 0)
                downlink_say(downlink,
                             "%llu of %llu entries %llu to %llu of the feed are malformed and "
                             "skipped: %s",
                             (unsigned long long)entries.n_skipped, (unsigned long long)entries.n,
                             (unsigned long long)header->first, (unsigned long long)header->last,
                             entries.first_error);
        return 0;
}

static void downlink_failed(struct downlink *downlink, int error, int64_t now_ms) {
        downlink_say(downlink, "cannot keep the hub's feed: %s; asking again", strerror(-error));
        downlink->collecting = false;
        downlink->due_ms = now_ms + DOWNLINK_WANT_RETRY_MS;
}

/* After something was applied, or was known: ask on, wait on, or rest. */
static void downlink_settle(struct downlink *downlink, int64_t now_ms) {
        downlink->due_ms = -1;
        if (downlink->collecting)
                downlink->due_ms = now_ms + DOWNLINK_WANT_RETRY_MS;
        else if (downlink_lacks(downlink))
                downlink_ask(downlink, now_ms);
}

/*
 * A copy in parts is one thing: until its last part the position says 0, so that after a crash or
 * a lost part all of it is asked for again.
 */
static void downlink_copy(struct downlink *downlink, const struct feed_header *header, bool same,
                          struct slice lines, int64_t now_ms) {
        bool goes_on = downlink->collecting && same;
        int r;

        if (!goes_on && same && header->last <= downlink->seq) {
                downlink_settle(downlink, now_ms);
                return;
        }
        if (header->first > (goes_on ? downlink->part_first : 1)) {
                downlink->collecting = false;
                downlink->newest =
                        header->last > downlink->newest ? header->last : downlink->newest;
                downlink->other_feed = !same;
                downlink_need(downlink, now_ms);
                return;
        }
        if (!same)
                downlink->newest = 0;
        r = downlink_apply(downlink, header, !goes_on, header->more ? 0 : header->last, lines);
        if (r < 0) {
                downlink_failed(downlink, r, now_ms);
                return;
        }
        downlink->collecting = header->more;
        downlink->part_first = header->last + 1;
        downlink_settle(downlink, now_ms);
}

static void downlink_entries(struct downlink *downlink, const struct feed_header *header, bool same,
                             struct slice lines, int64_t now_ms) {
        uint64_t seq = same ? downlink->seq : 0;
        int r;

        if (same && header->last > downlink->newest)
                downlink->newest = header->last;
        if (downlink->collecting)
                return; /* asked for behind the copy */
        if (header->first > seq + 1) {
                downlink->other_feed = !same;
                downlink_need(downlink, now_ms);
                return;
        }
        if (!same || header->last > seq) {
                if (!same)
                        downlink->newest = header->last;
                r = downlink_apply(downlink, header, !same, header->last, lines);
                if (r < 0) {
                        downlink_failed(downlink, r, now_ms);
                        return;
                }
        }
        downlink_settle(downlink, now_ms);
}

void downlink_batch(struct downlink *downlink, struct slice payload, int64_t now_ms) {
        struct feed_header header;
        struct jsonr_error error;
        struct slice lines;
        bool same;
        int r;

        if (!downlink->up)
                return;
        r = feed_read_header(payload, &header, &lines, &error);
        if (r < 0) {
                downlink_failed(downlink, r, now_ms);
                return;
        }
        if (r > 0) {
                downlink_say(downlink, "a message of the hub's feed is malformed and ignored: %s",
                             error.text);
                return;
        }
        same = strcmp(header.feed, downlink->feed) == 0;
        if (header.compacted)
                downlink_copy(downlink, &header, same, lines, now_ms);
        else
                downlink_entries(downlink, &header, same, lines, now_ms);
}
