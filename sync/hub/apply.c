/* SPDX-License-Identifier: MIT */
#include "sync/hub/apply.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include "base/clock.h"
#include "sync/hub/epoch.h"
#include "sync/hub/incident.h"
#include "sync/hub/lost.h"

/* One batch under way. */
struct applying {
        struct book *book;
        const char *site, *gateway;
        struct batch_header header;
        struct slice lines;
        struct epoch_row epoch;
        struct apply_result *result;
        struct digest hash; /* after the line before the next */
};

/* ---- answers ------------------------------------------------------------------------------------------ */

static int answer(struct applying *a, enum apply_kind kind) {
        struct apply_result *result = a->result;

        result->kind = kind;
        result->ack = (struct ack) { .through = a->epoch.last_seq,
                                     .hash = a->epoch.hash,
                                     .gap = kind == APPLY_GAP,
                                     .fork = kind == APPLY_FORK };
        memcpy(result->ack.epoch, a->header.epoch, sizeof(result->ack.epoch));
        return 0;
}

/* What is held of another epoch, or nothing of this: the gateway goes back to there. */
static int answer_park(struct applying *a, const char *epoch, const struct epoch_row *held) {
        struct ack *ack = &a->result->ack;

        a->result->kind = APPLY_GAP;
        *ack = (struct ack) { .gap = true };
        (void)snprintf(ack->epoch, sizeof(ack->epoch), "%s", epoch);
        if (held) {
                ack->through = held->last_seq;
                ack->hash = held->hash;
        }
        return 0;
}

static int PRINTF_LIKE(2, 3) malformed(struct applying *a, const char *format, ...) {
        va_list args;

        va_start(args, format);
        (void)vsnprintf(a->result->words, sizeof(a->result->words), format, args);
        va_end(args);
        a->result->kind = APPLY_MALFORMED;
        return 0;
}

/* Both versions go into the evidence; nothing of the batch stands. */
static int fork_found(struct applying *a, uint64_t seq, const char *what, struct slice line) {
        struct exception_change change = { .kind = EXCEPTION_FORK };
        char evidence[300];

        (void)snprintf(a->result->words, sizeof(a->result->words), "event %llu: %s",
                       (unsigned long long)seq, what);
        (void)snprintf(change.group, sizeof(change.group), "%s", a->gateway);
        (void)snprintf(change.expected, sizeof(change.expected), "the chain of epoch %s as it is held",
                       a->header.epoch);
        (void)snprintf(change.found, sizeof(change.found), "event %llu: %.90s",
                       (unsigned long long)seq, what);
        (void)snprintf(evidence, sizeof(evidence), "%.*s",
                       (int)(line.len < 250 ? line.len : 250), (const char *)line.bytes);
        answer(a, APPLY_FORK);
        return incident_raise(a->book->db, a->book->changes, a->site, &change, a->gateway, evidence);
}

/* ---- a new epoch -------------------------------------------------------------------------------------- */

static int epoch_changed(struct applying *a, const char *found, const char *evidence) {
        struct exception_change change = { .kind = EXCEPTION_EPOCH_CHANGED };

        (void)snprintf(change.group, sizeof(change.group), "%s", a->gateway);
        (void)snprintf(change.expected, sizeof(change.expected), "one history of %s", a->gateway);
        (void)snprintf(change.found, sizeof(change.found), "%s", found);
        return incident_raise(a->book->db, a->book->changes, a->site, &change, a->gateway, evidence);
}

/* The first epoch of a file. Another file of the same gateway before it: its card was made anew. */
static int begin_first(struct applying *a, const struct chain_point *after) {
        bool known;
        int r = epoch_any(a->book->db, a->site, a->gateway, &known);

        if (r == 0 && known)
                r = epoch_changed(a, "a log that begins anew at 1", a->header.epoch);
        return r == 0 ? epoch_add(a->book->db, a->site, a->gateway, a->header.epoch,
                                  a->header.first, after, a->book->received_ms, &a->epoch)
                      : r;
}

/* Somebody else continues from the same point: a cloned card, or an image restored twice. */
static int check_twin(struct applying *a, const struct chain_point *after) {
        char twin[ULID_SIZE], words[128];
        int r = epoch_find_twin(a->book->db, a->site, a->gateway, after, twin);

        if (r == -ENOENT)
                return 0;
        (void)snprintf(words, sizeof(words), "two epochs that continue from event %llu: a cloned card?",
                       (unsigned long long)after->seq);
        return r == 0 ? epoch_changed(a, words, twin) : r;
}

/* The hub holds more than the new epoch continues from: an old image was restored. Both branches stand. */
static int check_lost(struct applying *a, const struct chain_point *after,
                      const struct epoch_row *before) {
        char words[128];
        int r = lost_move_branch(a->book->db, a->site, a->gateway, after->epoch, before,
                                 after->seq);

        if (r < 0 || before->last_seq == after->seq)
                return r;
        (void)snprintf(words, sizeof(words), "events %llu to %llu are held here and lost there: a "
                                             "restored image?",
                       (unsigned long long)after->seq + 1, (unsigned long long)before->last_seq);
        return epoch_changed(a, words, after->epoch);
}

static int begin_next(struct applying *a, const struct chain_point *after, struct slice line) {
        struct epoch_row before;
        struct digest hash;
        int r = epoch_find(a->book->db, a->site, a->gateway, after->epoch, &before);

        if (r == -ENOENT)
                return answer_park(a, after->epoch, NULL);
        if (r < 0)
                return r;
        if (before.last_seq < after->seq)
                return answer_park(a, after->epoch, &before);
        r = epoch_hash_at(a->book->db, &before, after->seq, &hash);
        if (r < 0 && r != -ENOENT)
                return r;
        if (r == -ENOENT || !digest_equal(&hash, &after->hash))
                return fork_found(a, a->header.first,
                                  "it continues from a point that is not held", line);
        r = check_twin(a, after);
        if (r == 0)
                r = check_lost(a, after, &before);
        return r == 0 ? epoch_add(a->book->db, a->site, a->gateway, a->header.epoch,
                                  a->header.first, after, a->book->received_ms, &a->epoch)
                      : r;
}

/* The batch has to begin with the epoch's system/started. */
static int begin_epoch(struct applying *a) {
        struct slice lines = a->lines, line;
        const struct chain_point *after;
        struct event event;
        char why[160];
        int r;

        if (!batch_next_line(&lines, &line))
                return malformed(a, "a batch without events");
        r = event_parse(line, &event, why, sizeof(why));
        if (r < 0)
                return r;
        if (r > 0 || event.type != EVENT_SYSTEM || event.system.state != SYSTEM_STARTED ||
            event.seq != a->header.first)
                return answer_park(a, a->header.epoch, NULL);
        after = &event.system.after;
        if (strcmp(event.system.epoch, a->header.epoch) != 0 ||
            !digest_equal(&a->header.prev, &after->hash) || a->header.first != after->seq + 1)
                return malformed(a, "its first event does not fit its header");
        return after->epoch[0] ? begin_next(a, after, line) : begin_first(a, after);
}

/* ---- the chain ----------------------------------------------------------------------------------------- */

/* Where the chain of the batch begins, from what is held. */
static int check_start(struct applying *a) {
        struct digest held;
        int r = epoch_hash_at(a->book->db, &a->epoch, a->header.first - 1, &held);

        if (r == -ENOENT)
                return answer_park(a, a->header.epoch, &a->epoch);
        if (r < 0)
                return r;
        if (!digest_equal(&held, &a->header.prev))
                return fork_found(a, a->header.first, "the chain before it is another one",
                                  a->lines);
        a->hash = held;
        return 0;
}

static int quarantine(struct applying *a, uint64_t seq, const char *why, struct slice line) {
        struct exception_change change = { .kind = EXCEPTION_QUARANTINED_EVENT };
        int r = DB_RUN(a->book->db, "INSERT INTO quarantine(epoch, seq, reason) VALUES(?1, ?2, ?3)",
                       V(a->epoch.id), V(seq), V(why));
        char evidence[300];

        (void)snprintf(change.group, sizeof(change.group), "%s", a->gateway);
        (void)snprintf(change.found, sizeof(change.found), "event %llu: %.100s",
                       (unsigned long long)seq, why);
        (void)snprintf(evidence, sizeof(evidence), "%.*s",
                       (int)(line.len < 250 ? line.len : 250), (const char *)line.bytes);
        return r == 0 ? incident_raise(a->book->db, a->book->changes, a->site, &change, a->gateway,
                                       evidence)
                      : r;
}

static int apply_line(struct applying *a, uint64_t seq, struct slice line) {
        struct event event;
        char why[160];
        int r = event_parse(line, &event, why, sizeof(why));

        if (r == 0 && event.seq != seq) {
                (void)snprintf(why, sizeof(why), "its line says %llu",
                               (unsigned long long)event.seq);
                r = EVENT_E_MALFORMED;
        }
        if (r < 0)
                return r;
        return r > 0 ? quarantine(a, seq, why, line) : book_event(a->book, &event);
}

static int keep_line(struct applying *a, uint64_t seq, struct slice line) {
        int r = DB_RUN(a->book->db,
                       "INSERT INTO event(epoch, seq, hash, line, received)"
                       " VALUES(?1, ?2, ?3, ?4, ?5)",
                       V(a->epoch.id), V(seq), V(&a->hash), V(line), V(a->book->received_ms));

        if (r == 0)
                r = apply_line(a, seq, line);
        if (r == 0) {
                a->epoch.last_seq = seq;
                a->epoch.hash = a->hash;
                a->result->n_events++;
        }
        return r;
}

/* ---- totals that came before the log ------------------------------------------------------------------- */

/* The next point at which running totals have to agree; UINT64_MAX: none. */
static int next_checkpoint(struct applying *a, uint64_t *ret_seq) {
        CLEANUP(db_done) struct db_query query = { NULL };
        int r = DB_QUERY(a->book->db, &query,
                         "SELECT min(as_of) FROM ahead WHERE site = ?1 AND gateway = ?2"
                         " AND epoch = ?3 AND as_of > ?4",
                         V(a->site), V(a->gateway), V((const char *)a->header.epoch),
                         V(a->epoch.last_seq));

        if (r == 0)
                r = db_next(&query);
        *ret_seq = r == DB_ROW && db_int(&query, 0) > 0 ? (uint64_t)db_int(&query, 0) : UINT64_MAX;
        return r < 0 ? r : 0;
}

static int mismatch(struct applying *a, const struct db_query *row) {
        struct exception_change change = { .kind = EXCEPTION_TOTALS_MISMATCH };
        const char *sku = db_text(row, 0);

        (void)snprintf(change.group, sizeof(change.group), "%s|%s", a->gateway, sku);
        (void)snprintf(change.sku, sizeof(change.sku), "%s", sku);
        (void)snprintf(change.expected, sizeof(change.expected),
                       "log: sell %lld picked %lld thousandths", (long long)db_int(row, 3),
                       (long long)db_int(row, 4));
        (void)snprintf(change.found, sizeof(change.found),
                       "totals: sell %lld picked %lld thousandths", (long long)db_int(row, 1),
                       (long long)db_int(row, 2));
        return incident_raise(a->book->db, a->book->changes, a->site, &change, a->gateway,
                              a->header.epoch);
}

/* The log has reached @as_of: both must agree, and the log takes over. */
static int settle_totals(struct applying *a, uint64_t as_of) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = book_flush(a->book);

        if (r == 0)
                r = DB_QUERY(a->book->db, &row,
                             "SELECT a.sku, a.sell, a.picked, coalesce(e.sell, 0),"
                             " coalesce(e.picked, 0) FROM ahead a LEFT JOIN epoch_sku e"
                             " ON e.epoch = ?4 AND e.sku = a.sku WHERE a.site = ?1"
                             " AND a.gateway = ?2 AND a.epoch = ?3 AND a.as_of <= ?5",
                             V(a->site), V(a->gateway), V((const char *)a->header.epoch),
                             V(a->epoch.id), V(as_of));
        while (r == 0 && (r = db_next(&row)) == DB_ROW) {
                r = changes_add(&a->book->changes->stock, a->site, db_text(&row, 0));
                if (r == 0 && (db_int(&row, 1) != db_int(&row, 3) ||
                               db_int(&row, 2) != db_int(&row, 4)))
                        r = mismatch(a, &row);
        }
        db_done(&row);
        if (r < 0)
                return r;
        return DB_RUN(a->book->db,
                      "DELETE FROM ahead WHERE site = ?1 AND gateway = ?2 AND epoch = ?3"
                      " AND as_of <= ?4",
                      V(a->site), V(a->gateway), V((const char *)a->header.epoch), V(as_of));
}

/* ---- a batch -------------------------------------------------------------------------------------------- */

/* Lines that are held already go through the chain only; where they end it must be the chain that is held. */
static int pass_known(struct applying *a, uint64_t seq, struct slice line, bool *ret_fork) {
        struct digest held;
        int r;

        *ret_fork = false;
        if (seq != a->epoch.last_seq && seq != a->header.last)
                return 0;
        r = epoch_hash_at(a->book->db, &a->epoch, seq, &held);
        if (r < 0)
                return r;
        if (digest_equal(&held, &a->hash))
                return 0;
        *ret_fork = true;
        return fork_found(a, seq, "another event is held under this number", line);
}

static int apply_lines(struct applying *a) {
        uint64_t held = a->epoch.last_seq, checkpoint, seq = a->header.first;
        struct slice line;
        int r = next_checkpoint(a, &checkpoint);

        for (; r == 0 && batch_next_line(&a->lines, &line); seq++) {
                r = sha256_chain(&a->hash, line, &a->hash);
                if (r == 0 && seq <= held) {
                        bool fork;

                        r = pass_known(a, seq, line, &fork);
                        if (r < 0 || fork)
                                return r;
                } else if (r == 0)
                        r = keep_line(a, seq, line);
                if (r == 0 && seq == checkpoint) {
                        r = settle_totals(a, checkpoint);
                        if (r == 0)
                                r = next_checkpoint(a, &checkpoint);
                }
        }
        if (r == 0)
                r = book_flush(a->book);
        if (r == 0)
                r = epoch_advance(a->book->db, &a->epoch);
        return r == 0 ? answer(a, a->epoch.last_seq > held ? APPLIED : APPLY_KNOWN) : r;
}

/* Before anything is written: as many lines as the header says. */
static bool has_all_lines(const struct applying *a) {
        struct slice lines = a->lines, line;
        uint64_t n = 0;

        while (batch_next_line(&lines, &line))
                n++;
        return n == a->header.last - a->header.first + 1;
}

static int apply_parsed(struct applying *a) {
        int r;

        if (strcmp(a->header.site, a->site) != 0 || strcmp(a->header.gateway, a->gateway) != 0)
                return malformed(a, "it says it is of %s/%s", a->header.site, a->header.gateway);
        if (!has_all_lines(a))
                return malformed(a, "it says %llu to %llu and has another number of events",
                                 (unsigned long long)a->header.first,
                                 (unsigned long long)a->header.last);
        a->result->kind = APPLIED;
        r = epoch_find(a->book->db, a->site, a->gateway, a->header.epoch, &a->epoch);
        if (r == -ENOENT)
                r = begin_epoch(a);
        if (r < 0 || a->result->kind != APPLIED)
                return r;
        if (a->header.first > a->epoch.last_seq + 1)
                return answer(a, APPLY_GAP);
        r = check_start(a);
        if (r < 0 || a->result->kind != APPLIED)
                return r;
        a->book->epoch_id = a->epoch.id;
        return apply_lines(a);
}

int apply_batch(struct book *book, const char *site, const char *gateway, struct slice payload,
                struct apply_result *ret) {
        struct applying a = { .book = book, .site = site, .gateway = gateway, .result = ret };
        struct jsonr_error error;
        int r;

        *ret = (struct apply_result) { .kind = APPLIED };
        book_begin(book, site, gateway, 0, clock_wall_ms());
        r = batch_read_header(payload, &a.header, &a.lines, &error);
        if (r < 0)
                return r;
        return r > 0 ? malformed(&a, "%s", error.text) : apply_parsed(&a);
}

/* ---- what is held ---------------------------------------------------------------------------------------- */

int apply_each_held(struct db *db, const char *site,
                    int (*each)(void *userdata, const char *gateway, const struct ack *ack),
                    void *userdata) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(db, &row,
                         "SELECT gateway, epoch, last_seq, hash FROM epoch e WHERE site = ?1"
                         " AND gateway <> 'hub' AND id = (SELECT max(id) FROM epoch m"
                         " WHERE m.site = e.site AND m.gateway = e.gateway)",
                         V(site));

        while (r == 0 && (r = db_next(&row)) == DB_ROW) {
                struct ack ack = { .through = (uint64_t)db_int(&row, 2) };

                db_copy(&row, 1, ack.epoch, sizeof(ack.epoch));
                db_digest(&row, 3, &ack.hash);
                r = each(userdata, db_text(&row, 0), &ack);
        }
        return r;
}

/* ---- central moves ----------------------------------------------------------------------------------------- */

static const char central[] = "hub";

static int central_epoch(struct book *book, const char *site, const char *epoch,
                         struct epoch_row *ret) {
        struct chain_point none = { .seq = 0 };
        int r = epoch_find(book->db, site, central, epoch, ret);

        return r == -ENOENT ? epoch_add(book->db, site, central, epoch, 1, &none,
                                        book->received_ms, ret)
                            : r;
}

int apply_central(struct book *book, const char *site, const char *epoch, struct event *event) {
        CLEANUP(bytes_fini) struct bytes line = { 0 };
        struct epoch_row row;
        struct digest hash = { 0 };
        int r;

        book_begin(book, site, central, 0, clock_wall_ms());
        r = central_epoch(book, site, epoch, &row);
        if (r < 0)
                return r;
        book->epoch_id = row.id;
        event->seq = row.last_seq + 1;
        event->ts_ms = book->received_ms;
        r = event_write(event, &line);
        if (r == 0)
                r = sha256_chain(&row.hash, bytes_slice(&line), &hash);
        if (r == 0)
                r = DB_RUN(book->db,
                           "INSERT INTO event(epoch, seq, hash, line, received)"
                           " VALUES(?1, ?2, ?3, ?4, ?5)",
                           V(row.id), V(event->seq), V(&hash), V(bytes_slice(&line)),
                           V(book->received_ms));
        if (r == 0)
                r = book_event(book, event);
        if (r == 0)
                r = book_flush(book);
        row.last_seq = event->seq;
        row.hash = hash;
        return r == 0 ? epoch_advance(book->db, &row) : r;
}
