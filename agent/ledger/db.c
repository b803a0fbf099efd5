/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "agent/ledger/internal.h"

int db_fail(struct ledger *ledger, const char *doing) {
        int code = sqlite3_extended_errcode(ledger->db) & 0xff;

        (void)snprintf(ledger->error, sizeof(ledger->error), "%s: %s", doing,
                       sqlite3_errmsg(ledger->db));
        if (code == SQLITE_FULL)
                return -ENOSPC;
        return code == SQLITE_NOMEM ? -ENOMEM : -EIO;
}

int db_refuse(struct ledger *ledger, int error, const char *format, ...) {
        va_list args;

        va_start(args, format);
        (void)vsnprintf(ledger->error, sizeof(ledger->error), format, args);
        va_end(args);
        return error;
}

/* '~' in front of a projection's table is the book's prefix. */
static char *db_text_of(enum book book, const char *sql) {
        struct bytes text = { 0 };

        for (; *sql; sql++) {
                if (*sql != '~')
                        bytes_append_char(&text, *sql);
                else if (book == BOOK_VERIFY)
                        bytes_append_str(&text, "temp.verify_");
        }
        if (bytes_error(&text) != 0)
                bytes_fini(&text);
        return (char *)text.data;
}

static int db_prepare(struct ledger *ledger, enum book book, enum sql sql, sqlite3_stmt **ret) {
        sqlite3_stmt **kept = &ledger->statements[book][sql];
        char *text;
        int r;

        if (*kept) {
                *ret = *kept;
                return 0;
        }
        text = db_text_of(book, ledger_sql[sql]);
        if (!text)
                return -ENOMEM;
        r = sqlite3_prepare_v3(ledger->db, text, -1, SQLITE_PREPARE_PERSISTENT, kept, NULL);
        free(text);
        if (r != SQLITE_OK)
                return db_fail(ledger, "prepare");
        *ret = *kept;
        return 0;
}

static int db_bind_text(sqlite3_stmt *row, int n, struct slice text) {
        /* A NULL pointer would bind SQL NULL, which equals nothing. */
        return sqlite3_bind_text64(row, n, text.bytes ? (const char *)text.bytes : "", text.len,
                                   SQLITE_STATIC, SQLITE_UTF8);
}

static int db_bind_one(sqlite3_stmt *row, int n, char type, va_list *args) {
        struct slice slice;

        switch (type) {
        case 't':
                return db_bind_text(row, n, slice_of(va_arg(*args, const char *)));
        case 's':
                return db_bind_text(row, n, va_arg(*args, struct slice));
        case 'b':
                slice = va_arg(*args, struct slice);
                return sqlite3_bind_blob64(row, n, slice.bytes ? (const void *)slice.bytes : "",
                                           slice.len, SQLITE_STATIC);
        case 'i':
                return sqlite3_bind_int64(row, n, va_arg(*args, int64_t));
        case 'u':
                return sqlite3_bind_int64(row, n, (int64_t)va_arg(*args, uint64_t));
        case 'n':
                return sqlite3_bind_int(row, n, va_arg(*args, int));
        default:
                return sqlite3_bind_null(row, n);
        }
}

static int db_start(struct ledger *ledger, enum book book, enum sql sql, sqlite3_stmt **ret_row,
                    const char *types, va_list *args) {
        sqlite3_stmt *row = NULL;
        int r = db_prepare(ledger, book, sql, &row);

        if (r < 0)
                return r;
        for (int n = 0; types[n]; n++)
                if (db_bind_one(row, n + 1, types[n], args) != SQLITE_OK)
                        return db_fail(ledger, "bind");
        *ret_row = row;
        return 0;
}

int db_next(struct ledger *ledger, sqlite3_stmt *row) {
        int r = sqlite3_step(row);

        if (r == SQLITE_ROW)
                return 0;
        if (r == SQLITE_DONE) {
                (void)sqlite3_reset(row);
                return -ENOENT;
        }
        r = db_fail(ledger, "SQLite");
        (void)sqlite3_reset(row);
        return r;
}

int db_query(struct ledger *ledger, enum book book, enum sql sql, sqlite3_stmt **ret_row,
             const char *types, ...) {
        sqlite3_stmt *row = NULL;
        va_list args;
        int r;

        va_start(args, types);
        r = db_start(ledger, book, sql, &row, types, &args);
        va_end(args);
        if (r == 0)
                r = db_next(ledger, row);
        if (r == 0)
                *ret_row = row;
        return r;
}

int db_run(struct ledger *ledger, enum book book, enum sql sql, const char *types, ...) {
        sqlite3_stmt *row = NULL;
        va_list args;
        int r;

        va_start(args, types);
        r = db_start(ledger, book, sql, &row, types, &args);
        va_end(args);
        while (r == 0)
                r = db_next(ledger, row);
        return r == -ENOENT ? 0 : r;
}

void db_reset(sqlite3_stmt **row) {
        if (*row)
                (void)sqlite3_reset(*row);
        *row = NULL;
}

void db_finalize_book(struct ledger *ledger, enum book book) {
        for (int i = 0; i < SQL_MAX_; i++) {
                (void)sqlite3_finalize(ledger->statements[book][i]);
                ledger->statements[book][i] = NULL;
        }
}

void db_finalize_all(struct ledger *ledger) {
        for (int book = 0; book < BOOK_MAX_; book++)
                db_finalize_book(ledger, (enum book)book);
}

int db_script(struct ledger *ledger, const char *sql) {
        return sqlite3_exec(ledger->db, sql, NULL, NULL, NULL) == SQLITE_OK ?
                       0 :
                       db_fail(ledger, "SQLite");
}

struct slice db_slice(sqlite3_stmt *row, int column) {
        const void *data = sqlite3_column_blob(row, column);

        return (struct slice) { data, data ? (size_t)sqlite3_column_bytes(row, column) : 0 };
}

void db_text(sqlite3_stmt *row, int column, char *dst, size_t size) {
        struct slice text = db_slice(row, column);
        size_t len = text.len < size ? text.len : size - 1;

        if (len > 0)
                memcpy(dst, text.bytes, len);
        dst[len] = 0;
}

int64_t db_int(sqlite3_stmt *row, int column) {
        return sqlite3_column_int64(row, column);
}
