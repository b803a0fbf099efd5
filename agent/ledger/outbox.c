/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include "agent/ledger/internal.h"

/* What goes upwards: the hub's mark, the chain, batches of lines, running totals. */

static const char mark_name[] = "acked";

/* ---- the mark ------------------------------------------------------------------------------------- */

int ledger_acked_load(struct ledger *ledger) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_MARK_GET, &row, "t", mark_name);

        ledger->acked = r == 0 ? (uint64_t)db_int(row, 0) : 0;
        return r == -ENOENT ? 0 : r;
}

int ledger_acked_flush(struct ledger *ledger) {
        int r;

        if (!ledger->acked_dirty)
                return 0;
        r = db_run(ledger, BOOK_MAIN, SQL_MARK_SET, "tut", mark_name, ledger->acked, "");
        if (r == 0)
                r = db_run(ledger, BOOK_MAIN, SQL_TOTALS_DROP, "u", ledger->acked);
        if (r == 0)
                ledger->acked_dirty = false;
        return r;
}

int ledger_acked(struct ledger *ledger, uint64_t *ret_seq) {
        *ret_seq = ledger->acked;
        return 0;
}

int ledger_set_acked(struct ledger *ledger, uint64_t seq) {
        ledger->acked_dirty = ledger->acked_dirty || ledger->acked != seq;
        ledger->acked = seq;
        return 0;
}

/* ---- the chain ------------------------------------------------------------------------------------ */

static int hash_at(struct ledger *ledger, uint64_t seq, struct digest *ret_hash) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        struct slice hash;
        int r;

        *ret_hash = (struct digest) { .bytes = { 0 } };
        if (seq == 0)
                return 0;
        r = db_query(ledger, BOOK_MAIN, SQL_EVENT_HASH, &row, "u", seq);
        if (r < 0)
                return r;
        hash = db_slice(row, 0);
        if (hash.len != DIGEST_LEN)
                return db_refuse(ledger, -EIO, "the hash of event %llu is damaged",
                                 (unsigned long long)seq);
        memcpy(ret_hash->bytes, hash.bytes, DIGEST_LEN);
        return 0;
}

int ledger_chain_at(struct ledger *ledger, uint64_t seq, struct digest *ret_hash,
                    char ret_epoch[ULID_SIZE]) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = hash_at(ledger, seq, ret_hash);

        ret_epoch[0] = '\0';
        if (r < 0 || seq == 0)
                return r;
        r = db_query(ledger, BOOK_MAIN, SQL_EPOCH_OF, &row, "u", seq);
        if (r == 0)
                db_text(row, 1, ret_epoch, ULID_SIZE);
        return r;
}

int ledger_epoch_first(struct ledger *ledger, const char *epoch, uint64_t *ret_seq) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_EPOCH_FIRST, &row, "t", epoch);

        if (r == 0)
                *ret_seq = (uint64_t)db_int(row, 0);
        return r;
}

/* ---- batches -------------------------------------------------------------------------------------- */

/* The last committed event of the epoch that @seq belongs to. */
static int epoch_end(struct ledger *ledger, uint64_t seq, uint64_t *ret_last) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_EPOCH_AFTER, &row, "u", seq);

        *ret_last = ledger->committed_seq;
        if (r == 0 && (uint64_t)db_int(row, 0) <= *ret_last)
                *ret_last = (uint64_t)db_int(row, 0) - 1;
        return r == -ENOENT ? 0 : r;
}

static int read_lines(struct ledger *ledger, uint64_t from, uint64_t to, int max_events,
                      size_t max_bytes, struct ledger_batch *ret_batch, struct bytes *ret_lines) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        size_t before = ret_lines->len;
        int r = db_query(ledger, BOOK_MAIN, SQL_EVENTS_FROM, &row, "uun", from, to, max_events);

        if (r < 0)
                return r;
        ret_batch->first = (uint64_t)db_int(row, 0);
        while (r == 0) {
                struct slice line = db_slice(row, 2);

                if (ret_lines->len > before && ret_lines->len - before + line.len + 1 > max_bytes)
                        break;
                bytes_append(ret_lines, line.bytes, line.len);
                bytes_append_char(ret_lines, '\n');
                ret_batch->last = (uint64_t)db_int(row, 0);
                r = db_next(ledger, row);
        }
        return r < 0 && r != -ENOENT ? r : bytes_error(ret_lines);
}

int ledger_read_batch(struct ledger *ledger, uint64_t from, int max_events, size_t max_bytes,
                      struct ledger_batch *ret_batch, struct bytes *ret_lines) {
        struct digest hash;
        uint64_t to;
        int r;

        if (from == 0)
                from = 1;
        if (from > ledger->committed_seq)
                return -ENOENT;
        r = epoch_end(ledger, from, &to);
        if (r == 0)
                r = read_lines(ledger, from, to, max_events, max_bytes, ret_batch, ret_lines);
        if (r == 0)
                r = hash_at(ledger, ret_batch->first - 1, &ret_batch->prev);
        return r == 0 ? ledger_chain_at(ledger, ret_batch->first, &hash, ret_batch->epoch) : r;
}

/* ---- totals --------------------------------------------------------------------------------------- */

int ledger_totals_each(struct ledger *ledger, uint64_t since,
                       int (*each)(void *userdata, const struct ledger_total *total),
                       void *userdata) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_TOTALS_SINCE, &row, "u", since);

        while (r == 0) {
                struct ledger_total total;

                db_text(row, 0, total.epoch, sizeof(total.epoch));
                db_text(row, 1, total.sku, sizeof(total.sku));
                total.sell_milli = db_int(row, 2);
                total.picked_milli = db_int(row, 3);
                r = each(userdata, &total);
                if (r != 0)
                        return r;
                r = db_next(ledger, row);
        }
        return r == -ENOENT ? 0 : r;
}

int ledger_log_each(struct ledger *ledger, uint64_t from, int limit,
                    int (*each)(void *userdata, uint64_t seq, const struct digest *hash,
                                struct slice line),
                    void *userdata) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_EVENTS_FROM, &row, "uun", from,
                         ledger->committed_seq, limit);

        while (r == 0) {
                struct slice hash = db_slice(row, 1);
                struct digest digest = { .bytes = { 0 } };

                if (hash.len == DIGEST_LEN)
                        memcpy(digest.bytes, hash.bytes, DIGEST_LEN);
                r = each(userdata, (uint64_t)db_int(row, 0), &digest, db_slice(row, 2));
                if (r != 0)
                        return r;
                r = db_next(ledger, row);
        }
        return r == -ENOENT ? 0 : r;
}
