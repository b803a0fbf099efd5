/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <errno.h>
#include <stdlib.h>
#include "agent/ledger/internal.h"

/*
 * Three families of tables, so that "rebuild from the log and compare" is exact:
 *
 *     the log             event (append-only by triggers)
 *     made from the log   epoch, stock, line_progress, order_progress, total, exception, job
 *     everything else     the feed's catalogue, the stations' places, labels to send, marks
 *
 * Only the log and what is made from it is proved by verify. "~" is the prefix of the book (main:
 * none; verify: temp.verify_). Quantities are thousandths, times Unix milliseconds, states
 * and kinds the numbers of sync/event.h, whose order never changes.
 */

static const char projections[] =
        "CREATE TABLE ~epoch(first_seq INTEGER PRIMARY KEY, epoch TEXT NOT NULL) STRICT;"
        /* No row where a place holds nothing. */
        "CREATE TABLE ~stock(location TEXT NOT NULL, sku TEXT NOT NULL, lot TEXT NOT NULL,"
        " qty INTEGER NOT NULL, PRIMARY KEY(location, sku, lot)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE ~line_progress(ord TEXT NOT NULL, line INTEGER NOT NULL,"
        " picked INTEGER NOT NULL, short INTEGER NOT NULL, PRIMARY KEY(ord, line))"
        " STRICT, WITHOUT ROWID;"
        "CREATE TABLE ~order_progress(ord TEXT PRIMARY KEY, state INTEGER NOT NULL,"
        " tote TEXT NOT NULL) STRICT, WITHOUT ROWID;"
        /* Running totals of an epoch (DESIGN 5.4), named by its first seq; seq: changed last. */
        "CREATE TABLE ~total(epoch_first INTEGER NOT NULL, sku TEXT NOT NULL,"
        " sell INTEGER NOT NULL, picked INTEGER NOT NULL, seq INTEGER NOT NULL,"
        " PRIMARY KEY(epoch_first, sku)) STRICT, WITHOUT ROWID;"
        /* raised, settled: the lines of the events, so that evidence outlives pruning. */
        "CREATE TABLE ~exception(id TEXT PRIMARY KEY, kind INTEGER NOT NULL, grp TEXT NOT NULL,"
        " state INTEGER NOT NULL, count INTEGER NOT NULL, opened_ms INTEGER NOT NULL,"
        " changed_ms INTEGER NOT NULL, raised TEXT NOT NULL, settled TEXT) STRICT, WITHOUT ROWID;"
        "CREATE TABLE ~job(job INTEGER PRIMARY KEY, state INTEGER NOT NULL, ord TEXT NOT NULL,"
        " station TEXT NOT NULL, printer TEXT NOT NULL, label TEXT NOT NULL,"
        " reason TEXT NOT NULL, queued_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL) STRICT;";

static const char first_tables[] =
        "CREATE TABLE event(seq INTEGER PRIMARY KEY, hash BLOB NOT NULL, line TEXT NOT NULL) STRICT;"
        "CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN"
        " SELECT RAISE(ABORT, 'the log is append-only'); END;"
        "CREATE TRIGGER event_is_kept BEFORE DELETE ON event BEGIN"
        " SELECT RAISE(ABORT, 'the log is append-only'); END;"
        "CREATE INDEX stock_sku ON stock(sku);"
        "CREATE INDEX order_tote ON order_progress(tote) WHERE tote <> '';"
        /* 3: EXCEPTION_RESOLVED */
        "CREATE INDEX exception_open ON exception(kind, grp) WHERE state <> 3;"

        "CREATE TABLE mark(name TEXT PRIMARY KEY, seq INTEGER NOT NULL, text TEXT NOT NULL)"
        " STRICT, WITHOUT ROWID;"
        "CREATE TABLE place(station TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;"
        "CREATE TABLE counted(station TEXT NOT NULL, sku TEXT NOT NULL, lot TEXT NOT NULL,"
        " qty INTEGER NOT NULL, PRIMARY KEY(station, sku, lot)) STRICT, WITHOUT ROWID;"
        /* state: also sending and sent, which are no events. 0: PRINT_QUEUED */
        "CREATE TABLE job_work(job INTEGER PRIMARY KEY, state INTEGER NOT NULL,"
        " printer TEXT NOT NULL, reason TEXT NOT NULL, changed_ms INTEGER NOT NULL,"
        " payload BLOB NOT NULL) STRICT;"
        "CREATE INDEX job_waits ON job_work(printer, job) WHERE state = 0;"

        "CREATE TABLE item(sku TEXT PRIMARY KEY, name TEXT NOT NULL, decimals INTEGER NOT NULL,"
        " track INTEGER NOT NULL, safety INTEGER NOT NULL, max_qty INTEGER NOT NULL)"
        " STRICT, WITHOUT ROWID;"
        "CREATE TABLE item_code(code TEXT PRIMARY KEY, sku TEXT NOT NULL, qty INTEGER NOT NULL,"
        " gtin TEXT) STRICT, WITHOUT ROWID;"
        "CREATE INDEX item_code_sku ON item_code(sku);"
        "CREATE INDEX item_code_gtin ON item_code(gtin) WHERE gtin IS NOT NULL;"
        "CREATE TABLE location(location TEXT PRIMARY KEY, code TEXT NOT NULL, kind TEXT NOT NULL,"
        " sellable INTEGER NOT NULL, walk INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
        "CREATE INDEX location_code ON location(code);"
        "CREATE INDEX location_kind ON location(kind, walk, location);"
        "CREATE TABLE slot(location TEXT NOT NULL, sku TEXT NOT NULL, min INTEGER NOT NULL,"
        " max INTEGER NOT NULL, PRIMARY KEY(location, sku)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE order_head(ord TEXT PRIMARY KEY, gateway TEXT NOT NULL,"
        " priority INTEGER NOT NULL, due_ms INTEGER NOT NULL, cancelled INTEGER NOT NULL,"
        " carrier TEXT NOT NULL, tracking TEXT NOT NULL, label TEXT) STRICT, WITHOUT ROWID;"
        "CREATE TABLE order_line(ord TEXT NOT NULL, line INTEGER NOT NULL, sku TEXT NOT NULL,"
        " qty INTEGER NOT NULL, location TEXT NOT NULL, PRIMARY KEY(ord, line))"
        " STRICT, WITHOUT ROWID;"
        "CREATE TABLE operator(operator TEXT PRIMARY KEY, badge TEXT NOT NULL, name TEXT NOT NULL,"
        " role TEXT NOT NULL) STRICT, WITHOUT ROWID;"
        "CREATE INDEX operator_badge ON operator(badge);"
        "CREATE TABLE template(name TEXT PRIMARY KEY, zpl TEXT NOT NULL) STRICT, WITHOUT ROWID;"
        "CREATE TABLE lot(sku TEXT NOT NULL, lot TEXT NOT NULL, state TEXT NOT NULL,"
        " PRIMARY KEY(sku, lot)) STRICT, WITHOUT ROWID;"
        /* What others did: the site's quantity without this gateway's own moves. */
        "CREATE TABLE site_stock(location TEXT NOT NULL, sku TEXT NOT NULL, lot TEXT NOT NULL,"
        " qty INTEGER NOT NULL, PRIMARY KEY(location, sku, lot)) STRICT, WITHOUT ROWID;"
        "CREATE INDEX site_stock_sku ON site_stock(sku);";

static int schema_projections(struct ledger *ledger, const char *prefix) {
        struct bytes sql = { 0 };
        int r;

        for (const char *at = projections; *at; at++)
                if (*at == '~')
                        bytes_append_str(&sql, prefix);
                else
                        bytes_append_char(&sql, *at);
        r = bytes_error(&sql);
        if (r == 0)
                r = db_script(ledger, bytes_str(&sql));
        bytes_fini(&sql);
        return r;
}

static int schema_first(struct ledger *ledger) {
        int r = schema_projections(ledger, "");

        return r == 0 ? db_script(ledger, first_tables) : r;
}

/* What a printer had printed before its last job: after a crash the difference decides on it. */
static int schema_printer_count(struct ledger *ledger) {
        return db_script(ledger, "CREATE TABLE printer_count(printer TEXT PRIMARY KEY,"
                                 " job INTEGER NOT NULL, labels INTEGER NOT NULL)"
                                 " STRICT, WITHOUT ROWID;");
}

/* Labels apart from what is known of their jobs: a row is read and written whole. */
static int schema_labels(struct ledger *ledger) {
        return db_script(ledger, "CREATE TABLE job_label(job INTEGER PRIMARY KEY,"
                                 " payload BLOB NOT NULL) STRICT;"
                                 "INSERT INTO job_label SELECT job, payload FROM job_work;"
                                 "ALTER TABLE job_work DROP COLUMN payload;");
}

/* steps[n] brings a file of version n to n + 1. Steps are never changed once released. */
static int (*const steps[])(struct ledger *ledger) = {
        schema_first,
        schema_printer_count,
        schema_labels,
};

const int ledger_schema_version = ARRAY_LEN(steps);

static int schema_number(struct ledger *ledger, const char *sql, int *ret_number) {
        sqlite3_stmt *row = NULL;
        int r;

        if (sqlite3_prepare_v2(ledger->db, sql, -1, &row, NULL) != SQLITE_OK)
                return db_fail(ledger, "open");
        r = sqlite3_step(row) == SQLITE_ROW ? 0 : db_fail(ledger, "open");
        if (r == 0)
                *ret_number = sqlite3_column_int(row, 0);
        (void)sqlite3_finalize(row);
        return r;
}

int ledger_schema_check(struct ledger *ledger, int *ret_version) {
        int version = 0, id = 0, n_tables = 0, r;

        r = schema_number(ledger, "PRAGMA user_version", &version);
        if (r == 0)
                r = schema_number(ledger, "PRAGMA application_id", &id);
        if (r == 0)
                r = schema_number(ledger, "SELECT count(*) FROM sqlite_schema", &n_tables);
        if (r < 0)
                return r;
        /* A crash right after the file was made leaves one without tables: still new. */
        if (version == 0 && id == 0 && n_tables == 0) {
                *ret_version = 0;
                return 0;
        }
        if (id != LEDGER_APPLICATION_ID)
                return LEDGER_E_FOREIGN;
        *ret_version = version;
        return version > ledger_schema_version ? LEDGER_E_NEWER : 0;
}

static int schema_step(struct ledger *ledger, int version) {
        char sql[96];
        int r = db_script(ledger, "BEGIN IMMEDIATE");

        if (r < 0)
                return r;
        (void)snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d",
                       LEDGER_APPLICATION_ID, version + 1);
        r = steps[version](ledger);
        if (r == 0)
                r = db_script(ledger, sql);
        if (r == 0)
                r = db_script(ledger, "COMMIT");
        if (r < 0 && !sqlite3_get_autocommit(ledger->db))
                (void)sqlite3_exec(ledger->db, "ROLLBACK", NULL, NULL, NULL);
        return r;
}

int ledger_schema_migrate(struct ledger *ledger, int from) {
        for (int version = from; version < ledger_schema_version; version++) {
                int r = schema_step(ledger, version);

                if (r < 0)
                        return r;
        }
        return 0;
}

int ledger_schema_verify_tables(struct ledger *ledger) {
        int r = ledger_schema_drop_verify_tables(ledger);

        return r == 0 ? schema_projections(ledger, "temp.verify_") : r;
}

int ledger_schema_drop_verify_tables(struct ledger *ledger) {
        static const char *const tables[] = {
                "epoch", "stock", "line_progress", "order_progress", "total", "exception", "job",
        };

        db_finalize_book(ledger, BOOK_VERIFY);
        for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
                char sql[64];
                int r;

                (void)snprintf(sql, sizeof(sql), "DROP TABLE IF EXISTS temp.verify_%s", tables[i]);
                r = db_script(ledger, sql);
                if (r < 0)
                        return r;
        }
        return 0;
}
