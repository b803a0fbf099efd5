/* SPDX-License-Identifier: MIT */
#include "sync/hub/publish.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/qty.h"
#include "sync/hub/availability.h"
#include "sync/hub/incident.h"
#include "sync/hub/payload.h"

enum {
        ENDED_S = 7 * 24 * 3600, /* how long an ended order stays to be seen */
        FEED_BYTES_MAX = 128 * 1024,
};

void publisher_fini(struct publisher *p) {
        for (size_t i = 0; i < p->n_letters; i++)
                bytes_fini(&p->letters[(p->first_letter + i) % p->cap_letters].payload);
        free(p->letters);
        free(p->wants);
        bytes_fini(&p->payload);
}

/* ---- queues --------------------------------------------------------------------------------------------- */

static int grow_letters(struct publisher *p) {
        size_t cap = p->cap_letters ? p->cap_letters * 2 : 64;
        struct letter *letters = calloc(cap, sizeof(*letters));

        if (!letters)
                return -ENOMEM;
        for (size_t i = 0; i < p->n_letters; i++)
                letters[i] = p->letters[(p->first_letter + i) % p->cap_letters];
        free(p->letters);
        p->letters = letters;
        p->cap_letters = cap;
        p->first_letter = 0;
        return 0;
}

static void drop_letter(struct publisher *p) {
        bytes_fini(&p->letters[p->first_letter].payload);
        p->first_letter = (p->first_letter + 1) % p->cap_letters;
        p->n_letters--;
}

int publish_later(struct publisher *p, const char *site, enum topic_kind kind, const char *id,
                  struct slice payload, bool retain) {
        struct letter *letter;
        int r;

        if (p->n_letters == LETTERS_MAX)
                drop_letter(p);
        if (p->n_letters == p->cap_letters) {
                r = grow_letters(p);
                if (r < 0)
                        return r;
        }
        letter = &p->letters[(p->first_letter + p->n_letters) % p->cap_letters];
        *letter = (struct letter) { .retain = retain };
        r = topic_make(letter->topic, site, kind, id);
        if (r < 0)
                return r;
        bytes_append(&letter->payload, payload.bytes, payload.len);
        p->n_letters++;
        return bytes_error(&letter->payload);
}

int publish_want(struct publisher *p, const char *site, const char *gateway, uint64_t after,
                 bool compacted) {
        struct want_job *job = NULL;

        for (size_t i = 0; i < p->n_wants && !job; i++)
                if (strcmp(p->wants[i].site, site) == 0 &&
                    strcmp(p->wants[i].gateway, gateway) == 0)
                        job = &p->wants[i];
        if (!job && p->n_wants == p->cap_wants) {
                size_t cap = p->cap_wants ? p->cap_wants * 2 : 16;
                struct want_job *wants = reallocarray(p->wants, cap, sizeof(*wants));

                if (!wants)
                        return -ENOMEM;
                p->wants = wants;
                p->cap_wants = cap;
        }
        if (!job && p->n_wants == WANTS_MAX)
                return 0; /* it asks again */
        if (!job)
                job = &p->wants[p->n_wants++];
        *job = (struct want_job) { .after = after, .compacted = compacted };
        (void)snprintf(job->site, sizeof(job->site), "%s", site);
        (void)snprintf(job->gateway, sizeof(job->gateway), "%s", gateway);
        return 0;
}

static int mark_skus(struct publisher *p, const char *site) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(p->db, &row,
                         "SELECT sku FROM item WHERE site = ?1 UNION"
                         " SELECT sku FROM sku_sum WHERE site = ?1",
                         V(site));

        while (r == 0 && (r = db_next(&row)) == DB_ROW)
                r = changes_add(&p->changes->stock, site, db_text(&row, 0));
        return r;
}

static int mark_orders(struct publisher *p, const char *site, int64_t since_ms) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(p->db, &row,
                         "SELECT ord FROM order_head WHERE site = ?1"
                         " AND ((cancelled = 0 AND ended = 0) OR ended >= ?2)",
                         V(site), V(since_ms));

        while (r == 0 && (r = db_next(&row)) == DB_ROW)
                r = changes_add(&p->changes->orders, site, db_text(&row, 0));
        return r;
}

int publish_all_again(struct publisher *p) {
        int64_t since_ms = clock_wall_ms() - ENDED_S * INT64_C(1000);
        int r = 0;

        while (p->n_letters > 0)
                drop_letter(p);
        p->n_wants = 0;
        for (size_t i = 0; r == 0 && i < p->config->n_sites; i++) {
                const char *site = p->config->sites[i];

                /* Gateways ask for what they miss when they see the hub online. */
                r = feed_site(p->db, site, p->feeds[i].feed, &p->feeds[i].told);
                if (r == 0)
                        r = mark_skus(p, site);
                if (r == 0)
                        r = mark_orders(p, site, since_ms);
                if (r == 0)
                        r = incident_mark(p->db, p->changes, site, since_ms);
        }
        return r;
}

/* ---- sending --------------------------------------------------------------------------------------------- */

/* 0 sent (or never to be sent); -EAGAIN, -ENOTCONN: later. */
static int send_topic(struct publisher *p, const char *topic, struct slice payload, bool retain,
                      uint32_t expiry_s) {
        int id, r = link_publish(p->link, topic, payload, retain, expiry_s, &id);

        if (r == 0 || r == -EAGAIN || r == -ENOTCONN || r == -ENOMEM)
                return r;
        log_warning("%s cannot be published (%zu bytes): %s", topic, payload.len, strerror(-r));
        return 0;
}

static int send_to(struct publisher *p, const char *site, enum topic_kind kind, const char *id,
                   bool retain, uint32_t expiry_s) {
        char topic[TOPIC_SIZE];
        int r = topic_make(topic, site, kind, id);

        if (r < 0)
                return 0; /* a name that no topic can carry was adopted by an older version */
        return send_topic(p, topic, bytes_slice(&p->payload), retain, expiry_s);
}

static int pump_letters(struct publisher *p) {
        while (p->n_letters > 0) {
                const struct letter *letter = &p->letters[p->first_letter];
                int r = send_topic(p, letter->topic, bytes_slice(&letter->payload),
                                   letter->retain, 0);

                if (r < 0)
                        return r;
                drop_letter(p);
        }
        return 0;
}

/* Selling more than there is begins or ends: told once. */
static int note_risk(struct publisher *p, const char *site, const char *sku,
                     const struct availability *a) {
        struct exception_change change = { .kind = EXCEPTION_OVERSELL_RISK };
        char qty[QTY_TEXT_SIZE];
        bool begins;
        int r = DB_RUN(p->db,
                       "UPDATE sku_sum SET risk = ?3 WHERE site = ?1 AND sku = ?2 AND risk <> ?3",
                       V(site), V(sku), V(a->oversell_risk));

        begins = r == 0 && db_changed(p->db) > 0 && a->oversell_risk;
        if (r < 0 || !begins)
                return r;
        (void)snprintf(change.group, sizeof(change.group), "%s", sku);
        (void)snprintf(change.sku, sizeof(change.sku), "%s", sku);
        qty_format(a->reserved_milli, qty);
        (void)snprintf(change.expected, sizeof(change.expected), "%s on hand, which are reserved",
                       qty);
        qty_format(a->on_hand_milli, qty);
        (void)snprintf(change.found, sizeof(change.found), "%s on hand", qty);
        return incident_raise(p->db, p->changes, site, &change, "hub", "");
}

static int send_stock(struct publisher *p, const char *site, const char *sku) {
        struct jsonw w = jsonw_to(&p->payload);
        struct availability a;
        int64_t now_ms = clock_wall_ms();
        int r = availability_of(p->db, site, sku, now_ms, &a);

        if (r == 0)
                r = note_risk(p, site, sku, &a);
        if (r < 0 || !a.known)
                return r;
        availability_write(&a, sku, now_ms, &w);
        r = bytes_error(&p->payload);
        return r == 0 ? send_to(p, site, TOPIC_STOCK, sku, true, 0) : r;
}

static int send_order(struct publisher *p, const char *site, const char *order) {
        bool ended;
        int r = payload_order(p->db, site, order, &p->payload, &ended);

        if (r == -ENOENT)
                return 0;
        return r == 0 ? send_to(p, site, TOPIC_ORDER, order, true, ended ? ENDED_S : 0) : r;
}

static int send_exception(struct publisher *p, const char *site, const char *id) {
        bool open;
        int r = incident_write(p->db, site, id, &p->payload, &open);

        if (r == -ENOENT)
                return 0;
        if (r == 0 && !open)
                bytes_clear(&p->payload); /* an empty retained message clears the topic */
        return r == 0 ? send_to(p, site, TOPIC_EXCEPTION, id, true, 0) : r;
}

static int pump_marks(struct publisher *p, struct marks *marks,
                      int (*send)(struct publisher *p, const char *site, const char *id)) {
        struct slice key;

        while (marks_next(marks, &key)) {
                const char *parts[KEYMAP_PARTS_MAX];
                int r;

                keymap_split(key, parts);
                bytes_clear(&p->payload);
                r = send(p, parts[0], parts[1]);
                if (r < 0)
                        return r;
                marks_taken(marks);
        }
        return 0;
}

/* ---- the feed --------------------------------------------------------------------------------------------- */

static size_t feed_room(const struct publisher *p, const char *topic) {
        size_t room = link_payload_max(p->link, topic);

        return room < FEED_BYTES_MAX ? room : FEED_BYTES_MAX;
}

static int send_part(struct publisher *p, const char *site, enum topic_kind kind,
                     const char *gateway, struct feed_part *part) {
        char topic[TOPIC_SIZE];
        int r = topic_make(topic, site, kind, gateway);

        if (r < 0)
                return r;
        part->max_bytes = feed_room(p, topic);
        bytes_clear(&p->payload);
        r = feed_read(p->db, site, part, &p->payload);
        return r == 0 ? send_topic(p, topic, bytes_slice(&p->payload), false, 0) : r;
}

static int pump_feed(struct publisher *p) {
        for (size_t i = 0; i < p->config->n_sites; i++) {
                int r = 0;

                while (r == 0) {
                        struct feed_part part = { .after = p->feeds[i].told };

                        r = send_part(p, p->config->sites[i], TOPIC_FEED, NULL, &part);
                        if (r == 0)
                                p->feeds[i].told = part.ret_last;
                }
                if (r != -ENOENT)
                        return r;
        }
        return 0;
}

/* Nothing new is an answer too: a header alone, last = first - 1. */
static int answer_nothing(struct publisher *p, const struct want_job *job) {
        struct feed_header header = { .first = job->after + 1,
                                      .last = job->after,
                                      .sent_ms = clock_wall_ms() };
        uint64_t last;
        int r = feed_site(p->db, job->site, header.feed, &last);

        (void)snprintf(header.site, sizeof(header.site), "%s", job->site);
        bytes_clear(&p->payload);
        if (r == 0)
                r = feed_write_header(&header, &p->payload);
        return r == 0 ? send_to(p, job->site, TOPIC_GW_FEED, job->gateway, false, 0) : r;
}

static int pump_want(struct publisher *p, struct want_job *job) {
        for (;;) {
                struct feed_part part = { .after = job->after, .compacted = job->compacted };
                int r = send_part(p, job->site, TOPIC_GW_FEED, job->gateway, &part);

                if (r == -ENOENT)
                        return answer_nothing(p, job);
                if (r < 0)
                        return r;
                job->after = part.ret_last;
                if (!part.ret_more)
                        return 0;
        }
}

static int pump_wants(struct publisher *p) {
        while (p->n_wants > 0) {
                int r = pump_want(p, &p->wants[p->n_wants - 1]);

                if (r < 0)
                        return r;
                p->n_wants--;
        }
        return 0;
}

int publish_pump(struct publisher *p) {
        int r;

        if (!p->link || !link_is_up(p->link))
                return 0;
        r = pump_letters(p);
        if (r == 0)
                r = pump_marks(p, &p->changes->stock, send_stock);
        if (r == 0)
                r = pump_marks(p, &p->changes->orders, send_order);
        if (r == 0)
                r = pump_marks(p, &p->changes->exceptions, send_exception);
        if (r == 0)
                r = pump_feed(p);
        if (r == 0)
                r = pump_wants(p);
        return r == -EAGAIN || r == -ENOTCONN ? 0 : r;
}
