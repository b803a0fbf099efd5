/* SPDX-License-Identifier: MIT */
#include "sync/hub/lost.h"

#include <stdio.h>
#include "sync/hub/book.h"

enum { LOST_FOLLOWERS_MAX = 16, LOST_DEPTH_MAX = 64 };

static int move_share(struct db *db, const char *site, const char *from_part, const char *to_part,
                      const struct move *move) {
        int r = book_add_stock(db, site, from_part, move, move->from, move->qty_milli);

        if (r == 0)
                r = book_add_stock(db, site, from_part, move, move->to, -move->qty_milli);
        if (r == 0)
                r = book_add_stock(db, site, to_part, move, move->from, -move->qty_milli);
        return r == 0 ? book_add_stock(db, site, to_part, move, move->to, move->qty_milli) : r;
}

static int move_line(struct db *db, const char *site, const char *gateway, const char *part,
                     struct slice line) {
        struct event event;
        char why[160];
        int r = event_parse(line, &event, why, sizeof(why));

        if (r < 0)
                return r;
        /* What is in quarantine never counted. */
        if (r > 0 || event.type != EVENT_MOVE)
                return 0;
        return move_share(db, site, gateway, part, &event.move);
}

static int move_events(struct db *db, const char *site, const char *gateway, const char *epoch,
                       int64_t id, uint64_t kept_seq) {
        CLEANUP(db_done) struct db_query query = { NULL };
        char part[NAME_SIZE + ULID_SIZE];
        /* What was lost before stays where it is. */
        int r = DB_QUERY(db, &query,
                         "SELECT e.line FROM event e JOIN epoch p ON p.id = e.epoch"
                         " WHERE e.epoch = ?1 AND e.seq > ?2 AND e.seq <= p.kept ORDER BY e.seq",
                         V(id), V(kept_seq));

        (void)snprintf(part, sizeof(part), "%s~%s", gateway, epoch);
        while (r == 0 && (r = db_next(&query)) == DB_ROW)
                r = move_line(db, site, gateway, part, db_bytes(&query, 0));
        db_done(&query);
        return r < 0 ? r
                     : DB_RUN(db, "UPDATE epoch SET kept = min(kept, ?2) WHERE id = ?1", V(id),
                              V(kept_seq));
}

struct lost_epoch {
        int64_t id;
        char epoch[ULID_SIZE];
        uint64_t after_seq;
};

/* Epochs that continued from what is lost, and are not known as lost themselves. */
static int find_followers(struct db *db, const char *site, const char *gateway, const char *epoch,
                          uint64_t kept_seq, struct lost_epoch *ret, size_t *ret_n) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(db, &row,
                         "SELECT id, epoch, after_seq FROM epoch WHERE site = ?1 AND gateway = ?2"
                         " AND after_epoch = ?3 AND after_seq >= ?4 AND kept > after_seq",
                         V(site), V(gateway), V(epoch), V(kept_seq));

        for (*ret_n = 0; r == 0 && *ret_n < LOST_FOLLOWERS_MAX && (r = db_next(&row)) == DB_ROW;
             r = 0) {
                struct lost_epoch *found = &ret[(*ret_n)++];

                found->id = db_int(&row, 0);
                db_copy(&row, 1, found->epoch, sizeof(found->epoch));
                found->after_seq = (uint64_t)db_int(&row, 2);
        }
        return r;
}

static int lose(struct db *db, const char *site, const char *gateway, const char *epoch, int64_t id,
                uint64_t kept_seq, int depth) {
        struct lost_epoch followers[LOST_FOLLOWERS_MAX];
        size_t n = 0;
        int r = move_events(db, site, gateway, epoch, id, kept_seq);

        if (r == 0 && depth < LOST_DEPTH_MAX)
                r = find_followers(db, site, gateway, epoch, kept_seq, followers, &n);
        for (size_t i = 0; r == 0 && i < n; i++)
                r = lose(db, site, gateway, followers[i].epoch, followers[i].id,
                         followers[i].after_seq, depth + 1);
        return r;
}

int lost_move_branch(struct db *db, const char *site, const char *gateway, const char *epoch,
                     const struct epoch_row *row, uint64_t kept_seq) {
        return lose(db, site, gateway, epoch, row->id, kept_seq, 0);
}
