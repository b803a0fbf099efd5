/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Db: the narrow door to the hub's SQL database. db_sqlite.c is the only file that knows SQLite.
 *
 * The store's modules write the part of SQL that SQLite and PostgreSQL share (ON CONFLICT, CASE, ?1), so that
 * a second driver needs this file's functions and a schema, and no second copy of the rules.
 *
 * A statement is prepared when it is first used and kept by the address of its text: @sql has to be a literal.
 * Functions return 0 or a negative errno: -ENOSPC disk full, -ENOMEM, -EBUSY, -EIO for the rest; db_error()
 * has the words.
 */

#include <stdbool.h>
#include "base/bytes.h"
#include "base/sha256.h"

struct db;

enum {
        DB_E_NEWER = 1, /* the file was written by a newer program */
        DB_E_FOREIGN,   /* not a hub's database, or damaged */
        DB_E_MISSING,   /* @readonly, and it is not there */
};

/* On failure @ret_error holds one line for people: what is wrong and what to do. */
MUST_CHECK int db_open(const char *path, bool readonly, struct db **ret_db, struct bytes *ret_error);
void db_close(struct db *db); /* rolls back what is open */
const char *db_error(const struct db *db);

MUST_CHECK int db_begin(struct db *db); /* takes the write lock at once */
MUST_CHECK int db_commit(struct db *db);
void db_rollback(struct db *db);
bool db_in_transaction(const struct db *db);

enum db_type { DB_INT, DB_TEXT, DB_BLOB };

struct db_value {
        enum db_type type;
        int64_t number;
        struct slice bytes;
};

static inline struct db_value db_of_int(int64_t number) {
        return (struct db_value) { .type = DB_INT, .number = number };
}
static inline struct db_value db_of_uint(uint64_t number) {
        return (struct db_value) { .type = DB_INT, .number = (int64_t)number };
}
static inline struct db_value db_of_text(const char *text) {
        return (struct db_value) { .type = DB_TEXT, .bytes = slice_of(text) };
}
static inline struct db_value db_of_slice(struct slice text) {
        return (struct db_value) { .type = DB_TEXT, .bytes = text };
}
static inline struct db_value db_of_digest(const struct digest *digest) {
        return (struct db_value) { .type = DB_BLOB, .bytes = { digest->bytes, DIGEST_LEN } };
}

#define V(value)                                        \
        _Generic((value),                               \
                int64_t: db_of_int,                     \
                int: db_of_int,                         \
                unsigned: db_of_int,                    \
                bool: db_of_int,                        \
                uint64_t: db_of_uint,                   \
                char *: db_of_text,                     \
                const char *: db_of_text,               \
                struct slice: db_of_slice,              \
                struct digest *: db_of_digest,          \
                const struct digest *: db_of_digest)(value)

MUST_CHECK int db_run_values(struct db *db, const char *sql, const struct db_value *values, size_t n);
/* Runs a statement that answers no rows. */
#define DB_RUN(db, sql, ...)                                              \
        db_run_values((db), "" sql, (const struct db_value[]) { __VA_ARGS__ }, \
                      ARRAY_LEN(((const struct db_value[]) { __VA_ARGS__ })))
int64_t db_changed(const struct db *db); /* rows of the last DB_RUN */
int64_t db_last_id(const struct db *db);

struct db_query {
        void *statement; /* NULL: none */
};

MUST_CHECK int db_query_values(struct db *db, const char *sql, const struct db_value *values, size_t n,
                               struct db_query *ret_query);
#define DB_QUERY(db, ret_query, sql, ...)                                   \
        db_query_values((db), "" sql, (const struct db_value[]) { __VA_ARGS__ }, \
                        ARRAY_LEN(((const struct db_value[]) { __VA_ARGS__ })), (ret_query))

enum { DB_ROW = 1 };

/* DB_ROW, 0 when there are no more, or a negative errno. */
MUST_CHECK int db_next(struct db_query *query);
int64_t db_int(const struct db_query *query, int column);
const char *db_text(const struct db_query *query, int column); /* "" for NULL; borrowed until db_next */
struct slice db_bytes(const struct db_query *query, int column);
/* Copies; what is too long for @size is cut (columns are written from the same sizes). */
void db_copy(const struct db_query *query, int column, char *dst, size_t size);
void db_digest(const struct db_query *query, int column, struct digest *ret_digest);
void db_done(struct db_query *query); /* for CLEANUP: statements never stay open over a turn */
