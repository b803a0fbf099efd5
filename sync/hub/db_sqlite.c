/* SPDX-License-Identifier: MIT */

/*
 * SQLite as the hub uses it: WAL with synchronous=FULL, since an ack follows a commit, and one writing
 * process (flock on PATH.lock in lock.c): 3.40.1 may damage the WAL when two connections checkpoint at once
 * (https://sqlite.org/wal.html#walresetbug). Readers beside it open read-only and never checkpoint.
 */

#include "sync/hub/db.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include "sync/hub/schema.h"

enum {
        STATEMENTS_MAX = 512,  /* slots for texts of statements; a power of two, at most half are used */
        DB_BUSY_MS = 5000,     /* how long a reader waits for a checkpoint to end */
};

struct statement {
        const char *sql;
        sqlite3_stmt *stmt;
};

struct db {
        sqlite3 *sqlite;
        struct statement statements[STATEMENTS_MAX];
        char error[256];
};

/* ---- errors ------------------------------------------------------------------------------ */

static int db_errno(int code) {
        switch (code & 0xff) {
        case SQLITE_FULL:
                return -ENOSPC;
        case SQLITE_NOMEM:
                return -ENOMEM;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
                return -EBUSY;
        default:
                return -EIO;
        }
}

static int db_failed(struct db *db, int code) {
        (void)snprintf(db->error, sizeof(db->error), "%s", sqlite3_errmsg(db->sqlite));
        return db_errno(code);
}

const char *db_error(const struct db *db) {
        return db->error;
}

/* ---- statements -------------------------------------------------------------------------- */

static int db_statement(struct db *db, const char *sql, sqlite3_stmt **ret_stmt) {
        size_t slot = ((uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (STATEMENTS_MAX - 1);
        struct statement *statement;
        int r;

        while (db->statements[slot].sql && db->statements[slot].sql != sql)
                slot = (slot + 1) & (STATEMENTS_MAX - 1);
        statement = &db->statements[slot];
        if (!statement->sql) {
                r = sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                       &statement->stmt, NULL);
                if (r != SQLITE_OK)
                        return db_failed(db, r);
                statement->sql = sql;
        }
        assert(!sqlite3_stmt_busy(statement->stmt));
        *ret_stmt = statement->stmt;
        return 0;
}

/* Values are bound without a copy: the caller's memory lives until the statement is done or, for rows of a
 * query, for the time of the query. */
static int db_bind(struct db *db, sqlite3_stmt *stmt, const struct db_value *values, size_t n) {
        static const char empty[] = "";

        for (size_t i = 0; i < n; i++) {
                const struct db_value *value = &values[i];
                const char *bytes = value->bytes.len ? (const char *)value->bytes.bytes : empty;
                int at = (int)i + 1, r;

                if (value->type == DB_INT)
                        r = sqlite3_bind_int64(stmt, at, value->number);
                else if (value->type == DB_TEXT)
                        r = sqlite3_bind_text64(stmt, at, bytes, value->bytes.len, SQLITE_STATIC,
                                                SQLITE_UTF8);
                else
                        r = sqlite3_bind_blob64(stmt, at, bytes, value->bytes.len, SQLITE_STATIC);
                if (r != SQLITE_OK)
                        return db_failed(db, r);
        }
        return 0;
}

static int db_start(struct db *db, const char *sql, const struct db_value *values, size_t n,
                    sqlite3_stmt **ret_stmt) {
        sqlite3_stmt *stmt = NULL;
        int r = db_statement(db, sql, &stmt);

        if (r != 0)
                return r;
        r = db_bind(db, stmt, values, n);
        if (r != 0) {
                (void)sqlite3_reset(stmt);
                return r;
        }
        *ret_stmt = stmt;
        return 0;
}

int db_run_values(struct db *db, const char *sql, const struct db_value *values, size_t n) {
        sqlite3_stmt *stmt = NULL;
        int r = db_start(db, sql, values, n, &stmt);

        if (r != 0)
                return r;
        r = sqlite3_step(stmt);
        r = r == SQLITE_DONE || r == SQLITE_ROW ? 0 : db_failed(db, r);
        (void)sqlite3_reset(stmt); /* repeats the error of the step */
        return r;
}

int64_t db_changed(const struct db *db) {
        return sqlite3_changes64(db->sqlite);
}

int64_t db_last_id(const struct db *db) {
        return sqlite3_last_insert_rowid(db->sqlite);
}

int db_query_values(struct db *db, const char *sql, const struct db_value *values, size_t n,
                    struct db_query *ret_query) {
        sqlite3_stmt *stmt = NULL;
        int r = db_start(db, sql, values, n, &stmt);

        if (r != 0)
                return r;
        ret_query->statement = stmt;
        return 0;
}

int db_next(struct db_query *query) {
        int r = sqlite3_step(query->statement);

        if (r == SQLITE_ROW)
                return DB_ROW;
        return r == SQLITE_DONE ? 0 : db_errno(r);
}

int64_t db_int(const struct db_query *query, int column) {
        return sqlite3_column_int64(query->statement, column);
}

const char *db_text(const struct db_query *query, int column) {
        const char *text = (const char *)sqlite3_column_text(query->statement, column);

        return text ? text : "";
}

struct slice db_bytes(const struct db_query *query, int column) {
        const uint8_t *bytes = sqlite3_column_blob(query->statement, column);

        return (struct slice) { bytes, (size_t)sqlite3_column_bytes(query->statement, column) };
}

void db_copy(const struct db_query *query, int column, char *dst, size_t size) {
        (void)snprintf(dst, size, "%s", db_text(query, column));
}

void db_digest(const struct db_query *query, int column, struct digest *ret_digest) {
        struct slice bytes = db_bytes(query, column);

        memset(ret_digest, 0, sizeof(*ret_digest));
        if (bytes.len == DIGEST_LEN)
                memcpy(ret_digest->bytes, bytes.bytes, DIGEST_LEN);
}

void db_done(struct db_query *query) {
        if (query->statement)
                (void)sqlite3_reset(query->statement);
        query->statement = NULL;
}

/* ---- transactions ------------------------------------------------------------------------ */

static int db_exec(struct db *db, const char *sql) {
        int r = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);

        return r == SQLITE_OK ? 0 : db_failed(db, r);
}

int db_begin(struct db *db) {
        return db_exec(db, "BEGIN IMMEDIATE");
}

int db_commit(struct db *db) {
        int r = db_exec(db, "COMMIT");

        if (r != 0)
                db_rollback(db);
        return r;
}

void db_rollback(struct db *db) {
        /* A failed statement may have rolled back already (disk full): the words of that failure stay. */
        if (!sqlite3_get_autocommit(db->sqlite))
                (void)sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
}

bool db_in_transaction(const struct db *db) {
        return !sqlite3_get_autocommit(db->sqlite);
}

/* ---- life -------------------------------------------------------------------------------- */

void db_close(struct db *db) {
        if (!db)
                return;
        if (db->sqlite)
                db_rollback(db);
        for (size_t i = 0; i < STATEMENTS_MAX; i++)
                (void)sqlite3_finalize(db->statements[i].stmt);
        (void)sqlite3_close(db->sqlite);
        free(db);
}

static int db_pragma_int(struct db *db, const char *sql, int64_t *ret_value) {
        sqlite3_stmt *stmt = NULL;
        int r = sqlite3_prepare_v2(db->sqlite, sql, -1, &stmt, NULL);

        if (r == SQLITE_OK)
                r = sqlite3_step(stmt);
        if (r == SQLITE_ROW)
                *ret_value = sqlite3_column_int64(stmt, 0);
        else
                (void)db_failed(db, r);
        (void)sqlite3_finalize(stmt);
        return r == SQLITE_ROW ? 0 : db_errno(r);
}

/* 0 new, 1 ours, DB_E_*. */
static int db_recognise(struct db *db, const char *path, int64_t *ret_version,
                        struct bytes *ret_error) {
        int64_t application = 0, tables = 0;
        int r = db_pragma_int(db, "PRAGMA application_id", &application);

        if (r == 0)
                r = db_pragma_int(db, "PRAGMA user_version", ret_version);
        if (r == 0)
                r = db_pragma_int(db, "SELECT count(*) FROM sqlite_schema", &tables);
        if (r == -ENOMEM || r == -EBUSY)
                return r;
        if (r != 0 || (application != HUB_APPLICATION_ID && (application != 0 || tables != 0))) {
                bytes_appendf(ret_error, "%s is no database of tally-hub%s%s; name another file in "
                              "[hub] store, or restore a backup", path, r ? ": " : "",
                              r ? db->error : "");
                return DB_E_FOREIGN;
        }
        if (*ret_version > HUB_SCHEMA_VERSION) {
                bytes_appendf(ret_error, "%s was written by a newer tally-hub (schema %lld, this "
                              "program knows %d); install the newer version",
                              path, (long long)*ret_version, HUB_SCHEMA_VERSION);
                return DB_E_NEWER;
        }
        return 0;
}

/* Each step is one transaction: a crash leaves the version before or after it. */
static int db_migrate(struct db *db, int64_t version) {
        for (; version < HUB_SCHEMA_VERSION; version++) {
                char done[64];
                int r = db_begin(db);

                if (r == 0)
                        r = db_exec(db, hub_schema_steps[version]);
                (void)snprintf(done, sizeof(done), "PRAGMA user_version = %lld",
                               (long long)version + 1);
                if (r == 0)
                        r = db_exec(db, done);
                if (r == 0)
                        r = db_commit(db);
                if (r != 0) {
                        db_rollback(db);
                        return r;
                }
        }
        return 0;
}

static int db_settings(struct db *db, bool readonly) {
        static const char both[] = "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
                                   "PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
                                   "PRAGMA cache_size = -65536;";
        static const char writer[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                     "PRAGMA wal_autocheckpoint = 8000;"
                                     "PRAGMA journal_size_limit = 67108864;";
        int r = db_exec(db, both);

        (void)sqlite3_busy_timeout(db->sqlite, DB_BUSY_MS);
        (void)sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        if (r == 0 && !readonly)
                r = db_exec(db, writer);
        return r;
}

static int db_check_wal(struct db *db) {
        sqlite3_stmt *stmt = NULL;
        bool wal = false;

        if (sqlite3_prepare_v2(db->sqlite, "PRAGMA journal_mode", -1, &stmt, NULL) == SQLITE_OK &&
            sqlite3_step(stmt) == SQLITE_ROW)
                wal = sqlite3_stricmp((const char *)sqlite3_column_text(stmt, 0), "wal") == 0;
        (void)sqlite3_finalize(stmt);
        if (wal)
                return 0;
        (void)snprintf(db->error, sizeof(db->error), "the file system does not allow WAL");
        return -EIO;
}

static int db_prepare_file(struct db *db, const char *path, bool readonly, struct bytes *ret_error) {
        int64_t version = 0;
        int r = db_recognise(db, path, &version, ret_error);

        if (r == 0)
                r = db_settings(db, readonly);
        if (r == 0 && !readonly)
                r = db_check_wal(db);
        if (r == 0 && !readonly)
                r = db_migrate(db, version);
        return r;
}

static void db_explain(const struct db *db, const char *path, int code, struct bytes *ret_error) {
        if (code == -ENOSPC)
                bytes_appendf(ret_error, "%s: the disk is full; make room and start again", path);
        else
                bytes_appendf(ret_error, "%s: %s; check that the folder is there and may be written "
                              "by this user", path, db->error[0] ? db->error : strerror(-code));
}

int db_open(const char *path, bool readonly, struct db **ret_db, struct bytes *ret_error) {
        int flags = readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        struct db *db = calloc(1, sizeof(*db));
        int r;

        if (!db)
                return -ENOMEM;
        r = sqlite3_open_v2(path, &db->sqlite, flags | SQLITE_OPEN_NOMUTEX, NULL);
        if (r == SQLITE_CANTOPEN && readonly) {
                bytes_appendf(ret_error, "%s cannot be opened; has the hub run yet?", path);
                r = DB_E_MISSING;
        } else if (r != SQLITE_OK)
                r = db->sqlite ? db_failed(db, r) : -ENOMEM;
        else
                r = db_prepare_file(db, path, readonly, ret_error);
        if (r != 0) {
                if (r < 0)
                        db_explain(db, path, r, ret_error);
                db_close(db);
                return r;
        }
        *ret_db = db;
        return 0;
}
