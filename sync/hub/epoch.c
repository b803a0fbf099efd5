/* SPDX-License-Identifier: MIT */
#include "sync/hub/epoch.h"

#include <errno.h>

static void read_row(const struct db_query *query, struct epoch_row *ret) {
        *ret = (struct epoch_row) { .id = db_int(query, 0),
                                    .first_seq = (uint64_t)db_int(query, 1),
                                    .last_seq = (uint64_t)db_int(query, 2),
                                    .after.seq = (uint64_t)db_int(query, 5) };
        db_digest(query, 3, &ret->hash);
        db_copy(query, 4, ret->after.epoch, sizeof(ret->after.epoch));
        db_digest(query, 6, &ret->after.hash);
}

int epoch_find(struct db *db, const char *site, const char *gateway, const char *epoch,
               struct epoch_row *ret) {
        CLEANUP(db_done) struct db_query query = { NULL };
        int r = DB_QUERY(db, &query,
                         "SELECT id, first_seq, last_seq, hash, after_epoch, after_seq, after_hash"
                         " FROM epoch WHERE site = ?1 AND gateway = ?2 AND epoch = ?3",
                         V(site), V(gateway), V(epoch));

        if (r == 0)
                r = db_next(&query);
        if (r != DB_ROW)
                return r < 0 ? r : -ENOENT;
        read_row(&query, ret);
        return 0;
}

int epoch_find_twin(struct db *db, const char *site, const char *gateway,
                    const struct chain_point *after, char ret_epoch[ULID_SIZE]) {
        CLEANUP(db_done) struct db_query query = { NULL };
        int r = DB_QUERY(db, &query,
                         "SELECT epoch FROM epoch WHERE site = ?1 AND gateway = ?2"
                         " AND after_epoch = ?3 AND after_seq = ?4 ORDER BY id DESC LIMIT 1",
                         V(site), V(gateway), V((const char *)after->epoch), V(after->seq));

        if (r == 0)
                r = db_next(&query);
        if (r != DB_ROW)
                return r < 0 ? r : -ENOENT;
        db_copy(&query, 0, ret_epoch, ULID_SIZE);
        return 0;
}

int epoch_any(struct db *db, const char *site, const char *gateway, bool *ret) {
        CLEANUP(db_done) struct db_query query = { NULL };
        int r = DB_QUERY(db, &query,
                         "SELECT 1 FROM epoch WHERE site = ?1 AND gateway = ?2 LIMIT 1", V(site),
                         V(gateway));

        if (r == 0)
                r = db_next(&query);
        *ret = r == DB_ROW;
        return r < 0 ? r : 0;
}

int epoch_add(struct db *db, const char *site, const char *gateway, const char *epoch,
              uint64_t first_seq, const struct chain_point *after, int64_t received_ms,
              struct epoch_row *ret) {
        int r = DB_RUN(db,
                       "INSERT INTO epoch(site, gateway, epoch, first_seq, last_seq, hash,"
                       " after_epoch, after_seq, after_hash, kept, received)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?5, ?6, ?8, ?9)",
                       V(site), V(gateway), V(epoch), V(first_seq), V(after->seq), V(&after->hash),
                       V((const char *)after->epoch), V(INT64_MAX), V(received_ms));

        if (r < 0)
                return r;
        *ret = (struct epoch_row) { .id = db_last_id(db),
                                    .first_seq = first_seq,
                                    .last_seq = after->seq,
                                    .hash = after->hash,
                                    .after = *after };
        return 0;
}

int epoch_advance(struct db *db, const struct epoch_row *row) {
        return DB_RUN(db, "UPDATE epoch SET last_seq = ?2, hash = ?3 WHERE id = ?1", V(row->id),
                      V(row->last_seq), V(&row->hash));
}

int epoch_hash_at(struct db *db, const struct epoch_row *row, uint64_t seq,
                  struct digest *ret_hash) {
        CLEANUP(db_done) struct db_query query = { NULL };
        int r;

        if (seq == row->last_seq) {
                *ret_hash = row->hash;
                return 0;
        }
        if (seq == row->after.seq) {
                *ret_hash = row->after.hash;
                return 0;
        }
        r = DB_QUERY(db, &query, "SELECT hash FROM event WHERE epoch = ?1 AND seq = ?2", V(row->id),
                     V(seq));
        if (r == 0)
                r = db_next(&query);
        if (r != DB_ROW)
                return r < 0 ? r : -ENOENT;
        db_digest(&query, 0, ret_hash);
        return 0;
}
