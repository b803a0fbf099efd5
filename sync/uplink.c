/* SPDX-License-Identifier: MIT */
#include "sync/uplink.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "sync/uplink_totals.h"

enum {
        HEADER_ROOM =
                512, /* bytes of a batch's header at most: names, ULID, digest, three numbers */
        WORDS_SIZE = 256,
};

#define NEVER INT64_MIN

struct flight {
        int id; /* of the transport */
        uint64_t last;
        bool taken; /* by the broker */
};

struct uplink {
        struct uplink_settings settings;
        struct uplink_store store;
        struct uplink_transport transport;
        struct uplink_handler handler;

        bool up;
        bool stopped; /* the log lane waits for people: until reconnect or the hub's restart */
        bool blocked; /* the transport says when there is room */
        bool probe;   /* after a time-out: one batch until an ack comes */
        bool pumping; /* the store may commit, and so call us, while we read it */
        bool told_unknown;

        uint64_t acked;         /* the mark */
        uint64_t next;          /* the first seq that is not under way */
        struct flight *flights; /* settings.window of them, oldest first */
        int n_flights;
        int64_t deadline_ms; /* -1: nothing under way */
        int64_t back_ms;     /* when a gap last sent us back; NEVER: not since the mark moved */

        struct uplink_totals totals;
        struct bytes lines, payload;
};

int uplink_new(const struct uplink_settings *settings, const struct uplink_store *store,
               const struct uplink_transport *transport, const struct uplink_handler *handler,
               struct uplink **ret) {
        struct uplink *uplink;

        if (settings->window < 1 || settings->batch_events < 1)
                return -EINVAL;
        uplink = calloc(1, sizeof(*uplink));
        if (!uplink)
                return -ENOMEM;
        uplink->flights = calloc((size_t)settings->window, sizeof(*uplink->flights));
        if (!uplink->flights) {
                free(uplink);
                return -ENOMEM;
        }
        uplink->settings = *settings;
        uplink->store = *store;
        uplink->transport = *transport;
        uplink->handler = *handler;
        uplink->deadline_ms = -1;
        uplink->back_ms = NEVER;
        /* Known before the first connection, for who looks. It is read again on each. */
        if (store->mark(store->ctx, &uplink->acked) < 0)
                uplink->acked = 0;
        *ret = uplink;
        return 0;
}

void uplink_free(struct uplink *uplink) {
        if (!uplink)
                return;
        uplink_totals_fini(&uplink->totals);
        bytes_fini(&uplink->lines);
        bytes_fini(&uplink->payload);
        free(uplink->flights);
        free(uplink);
}

uint64_t uplink_acked(const struct uplink *uplink) {
        return uplink->acked;
}

int64_t uplink_next_ms(const struct uplink *uplink) {
        return uplink->deadline_ms;
}

static void PRINTF_LIKE(3, 4)
        uplink_stop(struct uplink *uplink, enum uplink_trouble trouble, const char *format, ...) {
        char words[WORDS_SIZE];
        va_list args;

        uplink->n_flights = 0;
        uplink->deadline_ms = -1;
        if (uplink->stopped)
                return;
        uplink->stopped = true;
        va_start(args, format);
        (void)vsnprintf(words, sizeof(words), format, args);
        va_end(args);
        uplink->handler.trouble(uplink->handler.ctx, trouble, words);
}

static void uplink_store_failed(struct uplink *uplink, const char *what, int error) {
        uplink_stop(uplink, UPLINK_STORE, "cannot %s: %s; sending stops until the next connection",
                    what, strerror(-error));
}

/* ---- sending ------------------------------------------------------------------------------- */

static int uplink_build(struct uplink *uplink, struct uplink_batch *ret_batch) {
        struct batch_header header = { .sent_ms = clock_wall_ms() };
        size_t max = uplink->transport.payload_max(uplink->transport.ctx);
        int r;

        if (max > BATCH_BYTES_MAX)
                max = BATCH_BYTES_MAX;
        bytes_clear(&uplink->lines);
        bytes_clear(&uplink->payload);
        r = uplink->store.read_batch(uplink->store.ctx, uplink->next, uplink->settings.batch_events,
                                     max > HEADER_ROOM ? max - HEADER_ROOM : 1, ret_batch,
                                     &uplink->lines);
        if (r < 0)
                return r;
        memcpy(header.site, uplink->settings.site, sizeof(header.site));
        memcpy(header.gateway, uplink->settings.gateway, sizeof(header.gateway));
        memcpy(header.epoch, ret_batch->epoch, sizeof(header.epoch));
        header.first = ret_batch->first;
        header.last = ret_batch->last;
        header.prev = ret_batch->prev;
        r = batch_write_header(&header, &uplink->payload);
        if (r < 0)
                return r;
        bytes_append(&uplink->payload, uplink->lines.data, uplink->lines.len);
        return bytes_error(&uplink->payload);
}

static int uplink_send_totals(struct uplink *uplink) {
        int r;

        r = uplink_totals_pump(&uplink->totals, &uplink->store, &uplink->transport);
        if (r == 0)
                return 0;
        if (r == -EAGAIN || r == -ENOTCONN)
                uplink->blocked = true;
        else
                uplink_store_failed(uplink, "read the totals", r);
        return r;
}

static int uplink_send_batch(struct uplink *uplink) {
        struct uplink_batch batch;
        int id = 0;
        int r;

        r = uplink_build(uplink, &batch);
        if (r < 0) {
                uplink_store_failed(uplink, "read the log", r);
                return r;
        }
        r = uplink->transport.publish_log(uplink->transport.ctx, bytes_slice(&uplink->payload),
                                          &id);
        if (r == -EMSGSIZE)
                uplink_stop(uplink, UPLINK_STORE,
                            "event %llu makes a message of %zu bytes and the broker takes %zu; "
                            "raise the "
                            "broker's packet limit",
                            (unsigned long long)batch.first, uplink->payload.len,
                            uplink->transport.payload_max(uplink->transport.ctx));
        else if (r == -EAGAIN || r == -ENOTCONN)
                uplink->blocked = true;
        else if (r < 0)
                uplink_store_failed(uplink, "send", r);
        if (r < 0)
                return r;
        uplink->flights[uplink->n_flights++] = (struct flight) { .id = id, .last = batch.last };
        uplink->next = batch.last + 1;
        return 0;
}

/* Also the totals of a stopped log go out: they are true whatever the log's chain looks like. */
static void uplink_pump(struct uplink *uplink, int64_t now_ms) {
        int window = uplink->probe ? 1 : uplink->settings.window;
        int r = 0;

        if (!uplink->up || uplink->blocked || uplink->pumping)
                return;
        uplink->pumping = true;
        r = uplink_send_totals(uplink);
        while (r == 0 && !uplink->stopped && uplink->n_flights < window &&
               uplink->next <= uplink->store.last_seq(uplink->store.ctx))
                r = uplink_send_batch(uplink);
        uplink->pumping = false;
        if (uplink->n_flights == 0)
                uplink->deadline_ms = -1;
        else if (uplink->deadline_ms < 0)
                uplink->deadline_ms = now_ms + UPLINK_ACK_TIMEOUT_MS;
}

/* Everything under way is void; sending goes on behind the mark. */
static void uplink_rewind(struct uplink *uplink) {
        uplink->n_flights = 0;
        uplink->deadline_ms = -1;
        uplink->next = uplink->acked + 1;
}

static void uplink_restart(struct uplink *uplink, int64_t now_ms) {
        int r;

        uplink->stopped = false;
        uplink->probe = false;
        uplink->told_unknown = false;
        uplink->back_ms = NEVER;
        r = uplink->store.mark(uplink->store.ctx, &uplink->acked);
        uplink_rewind(uplink);
        if (r < 0) {
                uplink_store_failed(uplink, "read the mark", r);
                return;
        }
        if (uplink->acked < uplink->store.last_seq(uplink->store.ctx))
                uplink_totals_start(&uplink->totals, uplink->acked);
        uplink_pump(uplink, now_ms);
}

void uplink_up(struct uplink *uplink, int64_t now_ms) {
        uplink->up = true;
        uplink->blocked = false;
        uplink_restart(uplink, now_ms);
}

void uplink_down(struct uplink *uplink) {
        uplink->up = false;
        uplink->totals.pending = false;
        uplink_rewind(uplink);
}

void uplink_hub_online(struct uplink *uplink, int64_t now_ms) {
        if (uplink->up)
                uplink_restart(uplink, now_ms);
}

void uplink_committed(struct uplink *uplink, int64_t now_ms) {
        uplink_pump(uplink, now_ms);
}

void uplink_room(struct uplink *uplink, int64_t now_ms) {
        uplink->blocked = false;
        uplink_pump(uplink, now_ms);
}

void uplink_timer(struct uplink *uplink, int64_t now_ms) {
        if (uplink->deadline_ms < 0 || now_ms < uplink->deadline_ms)
                return;
        uplink_rewind(uplink);
        uplink->probe = true;
        uplink_pump(uplink, now_ms);
}

/* ---- acks ---------------------------------------------------------------------------------- */

static int uplink_set_mark(struct uplink *uplink, uint64_t mark) {
        int r;

        r = uplink->store.set_mark(uplink->store.ctx, mark);
        if (r < 0) {
                uplink_store_failed(uplink, "keep the mark", r);
                return r;
        }
        uplink->acked = mark;
        return 0;
}

static void uplink_advance(struct uplink *uplink, uint64_t through, int64_t now_ms) {
        int n = 0;

        if (uplink_set_mark(uplink, through) < 0)
                return;
        while (n < uplink->n_flights && uplink->flights[n].last <= through)
                n++;
        uplink->n_flights -= n;
        memmove(uplink->flights, uplink->flights + n,
                (size_t)uplink->n_flights * sizeof(*uplink->flights));
        if (uplink->next <= through)
                uplink->next = through + 1;
        uplink->probe = false;
        uplink->back_ms = NEVER;
        uplink->deadline_ms = uplink->n_flights > 0 ? now_ms + UPLINK_ACK_TIMEOUT_MS : -1;
        uplink->handler.acked(uplink->handler.ctx, through);
        uplink_pump(uplink, now_ms);
}

/* The hub holds less than the mark says. All batches under way answer so: once is enough. */
static void uplink_back(struct uplink *uplink, uint64_t through, int64_t now_ms) {
        if (uplink->back_ms != NEVER && now_ms - uplink->back_ms < UPLINK_ACK_TIMEOUT_MS)
                return;
        uplink->back_ms = now_ms;
        if (uplink_set_mark(uplink, through) < 0)
                return;
        uplink_rewind(uplink);
        uplink_pump(uplink, now_ms);
}

/* Nothing of an epoch is there. At its first event already: what lies before it is missing. */
static void uplink_back_to_epoch(struct uplink *uplink, uint64_t first, int64_t now_ms) {
        char before[ULID_SIZE] = "";
        uint64_t target = first - 1;
        struct digest hash;
        int r = 0;

        if (target > 0 && target >= uplink->acked) {
                r = uplink->store.chain_at(uplink->store.ctx, target, &hash, before);
                if (r == 0)
                        r = uplink->store.epoch_first(uplink->store.ctx, before, &first);
                target = first - 1;
        }
        if (r < 0)
                uplink_stop(
                        uplink, UPLINK_FORK,
                        "the hub lacks what lies before event %llu, and it is no longer here; put "
                        "the hub's newest backup back",
                        (unsigned long long)target + 1);
        else
                uplink_back(uplink, target, now_ms);
}

/*
 * What the hub holds of an epoch that ended here earlier: a branch that a restored image has lost.
 * Both stand (DESIGN 4), and ours up to the epoch's end is part of it.
 */
static uint64_t uplink_clamp(struct uplink *uplink, const struct ack *ack) {
        uint64_t end = uplink->store.epoch_last(uplink->store.ctx, ack->epoch);

        if (ack->through > end && end < uplink->store.last_seq(uplink->store.ctx))
                return end;
        return ack->through;
}

static bool uplink_agrees(struct uplink *uplink, const struct ack *ack) {
        char epoch[ULID_SIZE] = "";
        struct digest hash = { 0 };
        int r;

        r = uplink->store.chain_at(uplink->store.ctx, ack->through, &hash, epoch);
        if (r == -ENOENT && ack->through <= uplink->acked && !ack->gap)
                return true; /* a late ack of what is pruned */
        if (r < 0 && r != -ENOENT) {
                uplink_store_failed(uplink, "read the chain", r);
                return false;
        }
        if (r == 0 && strcmp(epoch, ack->epoch) == 0 && digest_equal(&hash, &ack->hash))
                return true;
        uplink_stop(
                uplink, UPLINK_FORK,
                "the hub holds another event %llu of epoch %s than this gateway; nothing is sent "
                "until people have decided",
                (unsigned long long)ack->through, ack->epoch);
        return false;
}

static void uplink_unknown_epoch(struct uplink *uplink, const struct ack *ack) {
        char words[WORDS_SIZE];

        if (uplink->told_unknown)
                return;
        uplink->told_unknown = true;
        (void)snprintf(
                words, sizeof(words),
                "the hub answers for epoch %s, which this gateway does not have (an older image "
                "was restored?); ignored",
                ack->epoch);
        uplink->handler.trouble(uplink->handler.ctx, UPLINK_STORE, words);
}

static void uplink_take_ack(struct uplink *uplink, const struct ack *ack, uint64_t first,
                            int64_t now_ms) {
        uint64_t through = uplink_clamp(uplink, ack);

        if (ack->fork) {
                uplink_stop(
                        uplink, UPLINK_FORK,
                        "the hub says that event %llu of epoch %s does not follow what it holds; "
                        "nothing is sent until people have decided",
                        (unsigned long long)ack->through + 1, ack->epoch);
                return;
        }
        if (ack->through == 0) {
                uplink_back_to_epoch(uplink, first, now_ms);
                return;
        }
        if (through == ack->through && !uplink_agrees(uplink, ack))
                return;
        if (through > uplink->acked)
                uplink_advance(uplink, through, now_ms);
        else if (ack->gap)
                uplink_back(uplink, through, now_ms);
}

void uplink_ack(struct uplink *uplink, const struct ack *ack, int64_t now_ms) {
        uint64_t first = 0;
        int r;

        if (!uplink->up || uplink->stopped || uplink->settings.ack_broker)
                return;
        r = uplink->store.epoch_first(uplink->store.ctx, ack->epoch, &first);
        if (r == -ENOENT)
                uplink_unknown_epoch(uplink, ack);
        else if (r < 0)
                uplink_store_failed(uplink, "find an epoch", r);
        else
                uplink_take_ack(uplink, ack, first, now_ms);
}

/* A refused batch is sent again by the time-out: a broker in trouble has six a minute. */
void uplink_published(struct uplink *uplink, int id, bool ok, int64_t now_ms) {
        uint64_t through = 0;

        if (!ok || !uplink->settings.ack_broker)
                return;
        for (int i = 0; i < uplink->n_flights; i++)
                if (uplink->flights[i].id == id)
                        uplink->flights[i].taken = true;
        for (int i = 0; i < uplink->n_flights && uplink->flights[i].taken; i++)
                through = uplink->flights[i].last;
        if (through > uplink->acked)
                uplink_advance(uplink, through, now_ms);
}
