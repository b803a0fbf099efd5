/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "agent/ledger/internal.h"

/*
 * Proof: every line again through the chain, and through the same projections into tables beside the book; then
 * both must hold the same rows. Slices keep a live agent's scans going.
 */

enum { FINDINGS_MAX = 50 };

struct ledger_verify {
        struct ledger *ledger;
        struct ledger_findings findings;
        struct projection projection;
        uint64_t next_seq;
        struct digest hash;
        uint64_t n_rollbacks; /* of the ledger, when this run began */
        bool done;
};

static void PRINTF_LIKE(2, 3) finding(struct ledger_verify *verify, const char *format, ...) {
        char words[512];
        va_list args;

        if (verify->findings.n_findings++ >= FINDINGS_MAX)
                return;
        va_start(args, format);
        (void)vsnprintf(words, sizeof(words), format, args);
        va_end(args);
        bytes_appendf(&verify->findings.text, "%s\n", words);
}

/* ---- the chain ------------------------------------------------------------------------------------ */

static int check_hash(struct ledger_verify *verify, uint64_t seq, struct slice kept,
                      struct slice line) {
        struct digest hash;
        int r = sha256_chain(&verify->hash, line, &hash);

        if (r < 0)
                return r;
        if (kept.len != DIGEST_LEN || memcmp(kept.bytes, hash.bytes, DIGEST_LEN) != 0)
                finding(verify, "event %llu: its hash does not fit: it, or one before it, was changed",
                        (unsigned long long)seq);
        /* What follows is compared with what was kept, so that one change is one finding. */
        if (kept.len == DIGEST_LEN)
                memcpy(verify->hash.bytes, kept.bytes, DIGEST_LEN);
        else
                verify->hash = hash;
        return 0;
}

static int check_event(struct ledger_verify *verify, uint64_t seq, struct slice line) {
        struct event event;
        char why[160];
        int r = event_parse(line, &event, why, sizeof(why));

        if (r < 0)
                return r;
        if (r > 0) {
                finding(verify, "event %llu: %s", (unsigned long long)seq, why);
                return 0;
        }
        if (event.seq != seq)
                finding(verify, "event %llu: its line says %llu", (unsigned long long)seq,
                        (unsigned long long)event.seq);
        r = ledger_project(&verify->projection, &event, line);
        if (r == -ENOMEM || r == -ENOSPC)
                return r;
        if (r < 0)
                finding(verify, "event %llu: cannot be applied: %s", (unsigned long long)seq,
                        verify->ledger->error);
        return 0;
}

static int check_row(struct ledger_verify *verify, sqlite3_stmt *row) {
        uint64_t seq = (uint64_t)db_int(row, 0);
        struct slice line = db_slice(row, 2);
        int r;

        if (seq != verify->next_seq)
                finding(verify, "events %llu to %llu are missing",
                        (unsigned long long)verify->next_seq, (unsigned long long)seq - 1);
        verify->next_seq = seq + 1;
        verify->findings.n_events++;
        r = check_hash(verify, seq, db_slice(row, 1), line);
        return r == 0 ? check_event(verify, seq, line) : r;
}

static int check_slice(struct ledger_verify *verify, int n_events) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        struct ledger *ledger = verify->ledger;
        int r = db_query(ledger, BOOK_MAIN, SQL_EVENTS_FROM, &row, "uun", verify->next_seq,
                         ledger->committed_seq, n_events);

        while (r == 0) {
                r = check_row(verify, row);
                if (r == 0)
                        r = db_next(ledger, row);
        }
        return r == -ENOENT ? 0 : r;
}

/* ---- the rows ------------------------------------------------------------------------------------- */

/* What names a row, and what it says; the book and the log have to agree. */
static const struct comparison {
        const char *table, *key, *value;
} comparisons[] = {
        { "stock", "location || ' ' || sku || ' ' || lot", "printf('%g', qty / 1000.0)" },
        { "line_progress", "ord || ' line ' || line",
          "printf('picked %g short %g', picked / 1000.0, short / 1000.0)" },
        { "order_progress", "ord", "'state ' || state || ' tote ' || tote" },
        { "total", "epoch_first || ' ' || sku",
          "printf('sell %g picked %g at %d', sell / 1000.0, picked / 1000.0, seq)" },
        { "exception", "id",
          "printf('%d %s %d %d %d %d %s %s', kind, grp, state, count, opened_ms, changed_ms, raised,"
          " settled)" },
        { "job", "job",
          "printf('%d %s %s %s %s %s %d %d', state, ord, station, printer, label, reason,"
          " queued_ms, changed_ms)" },
        { "epoch", "first_seq", "epoch" },
};

static int each_text_row(struct ledger_verify *verify, const char *sql, const char *format) {
        struct ledger *ledger = verify->ledger;
        sqlite3_stmt *row = NULL;
        int r = sqlite3_prepare_v2(ledger->db, sql, -1, &row, NULL);

        while (r == SQLITE_OK || r == SQLITE_ROW) {
                r = sqlite3_step(row);
                if (r == SQLITE_ROW)
                        finding(verify, "%s %s: %.120s, %s %.120s", format,
                                (const char *)sqlite3_column_text(row, 0),
                                (const char *)sqlite3_column_text(row, 1),
                                (const char *)sqlite3_column_text(row, 2),
                                (const char *)sqlite3_column_text(row, 3));
        }
        r = r == SQLITE_DONE ? 0 : db_fail(ledger, "verify");
        (void)sqlite3_finalize(row);
        return r;
}

static int compare_table(struct ledger_verify *verify, const struct comparison *comparison) {
        char sql[2048];

        /* Differences first: joining the whole tables by computed keys would be quadratic. */
        (void)snprintf(sql, sizeof(sql),
                       "WITH book AS (SELECT %s AS k, %s AS v FROM main.%s),"
                       " log AS (SELECT %s AS k, %s AS v FROM temp.verify_%s),"
                       " a AS MATERIALIZED (SELECT k, v FROM book EXCEPT SELECT k, v FROM log),"
                       " b AS MATERIALIZED (SELECT k, v FROM log EXCEPT SELECT k, v FROM book)"
                       " SELECT coalesce(a.k, b.k), 'book ' || coalesce(a.v, 'nothing'),"
                       " 'the log says', coalesce(b.v, 'nothing') FROM a FULL JOIN b"
                       " ON a.k = b.k",
                       comparison->key, comparison->value, comparison->table, comparison->key,
                       comparison->value, comparison->table);
        return each_text_row(verify, sql, comparison->table);
}

/* DESIGN 1.3: what left one place is in another. */
static int check_double_entry(struct ledger_verify *verify) {
        return each_text_row(verify,
                             "SELECT sku || ' ' || lot, printf('%g', sum(qty) / 1000.0),"
                             " 'over all places instead of', '0' FROM main.stock"
                             " GROUP BY sku, lot HAVING sum(qty) <> 0",
                             "double entry");
}

/* The book forgets the totals of epochs that are acknowledged. */
static int drop_old_totals(struct ledger_verify *verify) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(verify->ledger, BOOK_MAIN, SQL_MARK_GET, &row, "t", "acked");

        if (r < 0)
                return r == -ENOENT ? 0 : r;
        return db_run(verify->ledger, BOOK_VERIFY, SQL_TOTALS_DROP, "u", (uint64_t)db_int(row, 0));
}

static int compare_all(struct ledger_verify *verify) {
        int r = drop_old_totals(verify);

        for (size_t i = 0; r == 0 && i < ARRAY_LEN(comparisons); i++)
                r = compare_table(verify, &comparisons[i]);
        return r == 0 ? check_double_entry(verify) : r;
}

/* ---- a run ---------------------------------------------------------------------------------------- */

static int verify_restart(struct ledger_verify *verify) {
        verify->projection = (struct projection) { .ledger = verify->ledger,
                                                   .book = BOOK_VERIFY };
        verify->next_seq = 1;
        verify->hash = (struct digest) { .bytes = { 0 } };
        verify->n_rollbacks = verify->ledger->n_rollbacks;
        bytes_clear(&verify->findings.text);
        verify->findings.n_events = verify->findings.n_findings = 0;
        return ledger_schema_verify_tables(verify->ledger);
}

int ledger_verify_new(struct ledger *ledger, struct ledger_verify **ret) {
        struct ledger_verify *verify = calloc(1, sizeof(*verify));
        int r;

        if (!verify)
                return -ENOMEM;
        verify->ledger = ledger;
        r = verify_restart(verify);
        if (r < 0) {
                ledger_verify_free(verify);
                return r;
        }
        *ret = verify;
        return 0;
}

/* One transaction around a slice: the tables beside are in memory, so this costs no write. */
static int verify_slice(struct ledger_verify *verify, int n_events) {
        struct ledger *ledger = verify->ledger;
        bool own = sqlite3_get_autocommit(ledger->db);
        int r = own ? db_script(ledger, "BEGIN") : 0;

        if (r == 0)
                r = check_slice(verify, n_events);
        if (own && !sqlite3_get_autocommit(ledger->db))
                (void)sqlite3_exec(ledger->db, r == 0 ? "COMMIT" : "ROLLBACK", NULL, NULL, NULL);
        return r;
}

int ledger_verify_step(struct ledger_verify *verify, int n_events) {
        struct ledger *ledger = verify->ledger;
        int r = 0;

        if (verify->done)
                return 0;
        /* What was rolled back took what this run wrote beside with it. */
        if (verify->n_rollbacks != ledger->n_rollbacks)
                r = verify_restart(verify);
        if (r == 0)
                r = verify_slice(verify, n_events);
        if (r < 0)
                return r;
        if (verify->next_seq <= ledger->committed_seq || ledger->in_transaction)
                return 1;
        r = compare_all(verify);
        if (r == 0)
                r = bytes_error(&verify->findings.text);
        verify->done = r == 0;
        return r;
}

const struct ledger_findings *ledger_verify_findings(const struct ledger_verify *verify) {
        return &verify->findings;
}

void ledger_verify_free(struct ledger_verify *verify) {
        if (!verify)
                return;
        if (ledger_schema_drop_verify_tables(verify->ledger) < 0)
                (void)db_refuse(verify->ledger, 0, "the tables of a proof stay until the next start");
        bytes_fini(&verify->findings.text);
        free(verify);
}
