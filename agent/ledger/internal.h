/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The ledger's own: the struct, its statements, and the way from struct event to the projections.
 *
 *     append.c    what an event still lacks, the line, the chain
 *     project.c   event -> projections, the same code for the book and for verify
 *     db.c sql.c  statements, prepared when first used and kept
 *     schema.c    tables and migrations
 */

#include <sqlite3.h>
#include "agent/ledger/ledger.h"

enum {
        LEDGER_ERROR_SIZE = 256,
        LEDGER_APPLICATION_ID = 0x54614C79, /* "TaLy" in the file's header */
        LEDGER_SCAN_EVIDENCE_MAX = 1024,    /* bytes kept of a scan that makes its line too long */
        LEDGER_UNDO_EVENTS_MAX = 4096,      /* how far back T$UNDO looks */
        LEDGER_PAYLOADS_MAX = 500,          /* labels kept for reprints, of the newest jobs */
        LEDGER_PAYLOAD_BYTES_MAX = 6 * 1024 * 1024, /* of one label: a page of graphics */
        LEDGER_ENTRY_BYTES_MAX = 64 * 1024, /* of a feed entry */
        LEDGER_ORDER_LINES_MAX = 2000,
        LEDGER_CODES_MAX = 64, /* of an item, and case codes */
        LEDGER_PLACE_BYTES_MAX = 16 * 1024,
        /* The WAL is moved into the file at this many frames, whatever else happens (4 MiB of 1-KiB
         * pages); ledger_checkpoint() does it when a quarter is reached. */
        LEDGER_WAL_FRAMES_CAP = 4096,
        LEDGER_WAL_FRAMES_IDLE = 1024,
};

enum sql {
        SQL_BEGIN,
        SQL_COMMIT,
        SQL_ROLLBACK,

        SQL_EVENT_ADD,
        SQL_EVENT_HEAD,
        SQL_EVENT_HASH,
        SQL_EVENT_LINE,
        SQL_EVENTS_FROM,
        SQL_EVENTS_BACK,
        SQL_MARK_GET,
        SQL_MARK_SET,

        /* projections: '~' is the book's prefix */
        SQL_STOCK_ADD,
        SQL_STOCK_DROP,
        SQL_LINE_ADD,
        SQL_LINE_REOPEN,
        SQL_PROGRESS_SET,
        SQL_PROGRESS_REOPEN,
        SQL_TOTAL_ADD,
        SQL_EPOCH_ADD,
        SQL_EXCEPTION_OPEN,
        SQL_EXCEPTION_REPEAT,
        SQL_EXCEPTION_SETTLE,
        SQL_JOB_ADD,
        SQL_JOB_SET,
        SQL_JOB_REQUEUE,

        SQL_EPOCH_OF,
        SQL_EPOCH_AFTER,
        SQL_EPOCH_FIRST,
        SQL_TOTALS_DROP,
        SQL_TOTALS_SINCE,

        SQL_EXCEPTION_FIND,
        SQL_EXCEPTION_GET,
        SQL_EXCEPTIONS_OPEN,
        SQL_EXCEPTIONS_ALL,

        SQL_JOB_GET,
        SQL_JOBS,
        SQL_JOB_NEXT,
        SQL_JOBS_UNDER_WAY,
        SQL_JOB_OLD,
        SQL_WORK_ADD,
        SQL_WORK_MARK,
        SQL_COUNT_SET,
        SQL_COUNT_GET,
        SQL_JOB_INTERRUPTED,
        SQL_WORK_DROP,
        SQL_LABEL_ADD,
        SQL_LABEL_DROP,
        SQL_WORK_WAITING,

        SQL_PLACE_GET,
        SQL_PLACE_SET,
        SQL_COUNTED_ADD,
        SQL_COUNTED_CLEAR,
        SQL_COUNTED_DROP,
        SQL_COUNTED_GET,

        SQL_STOCK_QTY,
        SQL_STOCK_QTY_LOT,
        SQL_SITE_QTY,
        SQL_STOCK_AT,
        SQL_STOCK_ALL,
        SQL_STOCK_OF_SKU,
        SQL_STOCK_OF_LOCATION,
        SQL_STOCK_OF_BOTH,

        SQL_ITEM_BY_CODE,
        SQL_ITEM_BY_GTIN,
        SQL_ITEM_GET,
        SQL_LOCATION_GET,
        SQL_LOCATION_BY_CODE,
        SQL_LOCATION_OF_KIND,
        SQL_LOCATION_SELLABLE,
        SQL_OPERATOR_BY_BADGE,
        SQL_ORDER_GET,
        SQL_ORDER_SUMS,
        SQL_ORDER_BY_TOTE,
        SQL_ORDER_URGENCY,
        SQL_ORDER_LABEL,
        SQL_OPEN_LINE,
        SQL_ORDER_LINE,
        SQL_TEMPLATE_GET,

        SQL_ITEM_SET,
        SQL_ITEM_CODES_CLEAR,
        SQL_ITEM_CODE_SET,
        SQL_LOCATION_SET,
        SQL_SLOT_SET,
        SQL_ORDER_SET,
        SQL_ORDER_CANCEL,
        SQL_ORDER_LINES_CLEAR,
        SQL_ORDER_LINE_SET,
        SQL_OPERATOR_SET,
        SQL_TEMPLATE_SET,
        SQL_LOT_SET,
        SQL_SITE_SET,

        SQL_COUNT_CATALOGUE,
        SQL_COUNT_WORK,

        SQL_MAX_,
};

/* Which set of projection tables: the book itself, or the one that verify makes beside it. */
enum book { BOOK_MAIN, BOOK_VERIFY, BOOK_MAX_ };

struct ledger {
        sqlite3 *db;
        sqlite3_stmt *statements[BOOK_MAX_][SQL_MAX_];
        char error[LEDGER_ERROR_SIZE];
        char gateway[NAME_SIZE];
        bool readonly;

        char boot[37]; /* boot id, where the clock was not set when the ledger was opened; else "" */
        char epoch[ULID_SIZE];
        uint64_t epoch_first;
        bool in_transaction;
        uint64_t n_rollbacks; /* verify starts again when what it read was taken back */
        uint64_t last_seq, committed_seq;
        struct digest head, committed_head; /* the chain's hash after last_seq, committed_seq */
        struct bytes line;                  /* of the event under way; kept for its memory */

        /* The hub's mark and the feed's position are written with the next transaction that writes anyway: to
         * lose them costs a resend, and a commit of their own would cost the card a page each scan. */
        uint64_t acked, feed_seq;
        char feed[ULID_SIZE];
        bool acked_dirty, feed_dirty;
        struct {
                char feed[ULID_SIZE];
                uint64_t seq;
                bool dirty;
        } feed_before; /* the transaction: what a rollback goes back to */
        int64_t changes_before; /* sqlite3_total_changes64 when the transaction began */

        int wal_frames; /* as of the last commit */
        int page_size;

        sqlite3_blob *payload; /* of the label that is being read; closed before a checkpoint */
        uint64_t payload_job;

        bool counts_known; /* the figures below are those of the tables */
        int64_t n_items, n_locations;
};

/* ---- db.c ------------------------------------------------------------------------------ */

/* Remembers SQLite's last failure in words, and returns -ENOSPC, -ENOMEM or -EIO. */
int db_fail(struct ledger *ledger, const char *doing);
/* Remembers words of our own; returns @error. */
int db_refuse(struct ledger *ledger, int error, const char *format, ...) PRINTF_LIKE(3, 4);

/*
 * Binds and steps. @types has a letter for each parameter: t text (const char *), s text
 * (struct slice), b blob (struct slice), i int64_t, u uint64_t, n int or enum, z SQL NULL (no argument).
 *
 * db_query: 0 with the first row in *ret_row, -ENOENT without one. The row lives until db_reset.
 * db_run: to the end; rows are dropped.
 */
MUST_CHECK int db_query(struct ledger *ledger, enum book book, enum sql sql, sqlite3_stmt **ret_row,
                        const char *types, ...);
MUST_CHECK int db_run(struct ledger *ledger, enum book book, enum sql sql, const char *types, ...);
/* The next row; -ENOENT at the end. */
MUST_CHECK int db_next(struct ledger *ledger, sqlite3_stmt *row);
void db_reset(sqlite3_stmt **row); /* for CLEANUP; NULL is fine */
void db_finalize_all(struct ledger *ledger);
void db_finalize_book(struct ledger *ledger, enum book book);
MUST_CHECK int db_script(struct ledger *ledger, const char *sql); /* statements without results */

/* Columns. A text that is too long for its place (a damaged file) is cut. */
void db_text(sqlite3_stmt *row, int column, char *dst, size_t size);
struct slice db_slice(sqlite3_stmt *row, int column); /* until the row's reset or next */
int64_t db_int(sqlite3_stmt *row, int column);

extern const char *const ledger_sql[SQL_MAX_];

/* ---- schema.c -------------------------------------------------------------------------- */

extern const int ledger_schema_version;
/* LEDGER_E_*, or 0 after bringing the file to ledger_schema_version. */
MUST_CHECK int ledger_schema_check(struct ledger *ledger, int *ret_version);
MUST_CHECK int ledger_schema_migrate(struct ledger *ledger, int from);
/* The projections of BOOK_VERIFY, empty, in the temporary database. */
MUST_CHECK int ledger_schema_verify_tables(struct ledger *ledger);
MUST_CHECK int ledger_schema_drop_verify_tables(struct ledger *ledger);

/* ---- append.c, project.c --------------------------------------------------------------- */

struct projection {
        struct ledger *ledger;
        enum book book;
        uint64_t epoch_first;     /* of the epoch that the event belongs to */
        int64_t from_after_milli; /* result: a move's source, own log only, after the move */
};

/* @line: the event as it was written. */
MUST_CHECK int ledger_project(struct projection *projection, const struct event *event,
                              struct slice line);

/* Completes an exception event: opened or repeated, id, count; settled ones get what was raised. */
MUST_CHECK int ledger_exception_complete(struct ledger *ledger, struct event *event);
/* An open one would keep the write-ahead log from being moved into the file, and from its start. */
void ledger_payload_close(struct ledger *ledger);
/* A label's row follows what the log says of its job. */
MUST_CHECK int ledger_job_follow(struct ledger *ledger, const struct event *event);

/* ---- outbox.c -------------------------------------------------------------------------- */

MUST_CHECK int ledger_acked_load(struct ledger *ledger);
MUST_CHECK int ledger_acked_flush(struct ledger *ledger); /* into the open transaction */

/* ---- feed.c ---------------------------------------------------------------------------- */

MUST_CHECK int ledger_feed_load(struct ledger *ledger);
MUST_CHECK int ledger_feed_flush(struct ledger *ledger); /* likewise */
