/* SPDX-License-Identifier: MIT */
/*
 * bare_sqlite: the limit that `make bench` measures tallyd against. The same rows as one pick scan, in the same durability
 * (WAL, synchronous=FULL), by a loop that does nothing else: no scanner, no workflow, no hash, no network.
 *
 *     bare_sqlite FILE COMMITS ROWS_A_COMMIT      prints {"commits":…,"p50_us":…,"p99_us":…,"scans_s":…}
 */

#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COMMITS_MAX = 1000000, N_STATEMENTS = 5 };

static const char schema[] =
        "PRAGMA page_size=4096; PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE event(seq INTEGER PRIMARY KEY, hash BLOB, line TEXT) STRICT;"
        "CREATE TABLE stock(location TEXT, sku TEXT, lot TEXT, qty INTEGER, PRIMARY KEY(location, sku, lot))"
        " STRICT, WITHOUT ROWID;"
        "CREATE TABLE total(epoch TEXT, sku TEXT, sell INTEGER, picked INTEGER, seq INTEGER,"
        " PRIMARY KEY(epoch, sku)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE line(ord TEXT, line INTEGER, picked INTEGER, PRIMARY KEY(ord, line)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE place(station TEXT PRIMARY KEY, state TEXT) STRICT, WITHOUT ROWID;";

static const char *const statements[N_STATEMENTS] = {
        "INSERT INTO event VALUES(NULL, zeroblob(32), ?1)",
        "INSERT INTO stock VALUES('A-01-1','HL-001','',-1),('order:BENCH','HL-001','',1)"
        " ON CONFLICT DO UPDATE SET qty = qty + excluded.qty",
        "INSERT INTO total VALUES('01J00000000000000000000000','HL-001',-1,1,0)"
        " ON CONFLICT DO UPDATE SET sell = sell - 1, picked = picked + 1, seq = seq + 1",
        "INSERT INTO line VALUES('BENCH',1,1) ON CONFLICT DO UPDATE SET picked = picked + 1",
        "INSERT OR REPLACE INTO place VALUES('pack-1', ?1)",
};

static const char line[] =
        "{\"seq\":1000000,\"ts\":\"2026-11-20T12:00:00.123Z\",\"type\":\"move\",\"station\":\"pack-1\",\"kind\":\"pick\","
        "\"sku\":\"HL-001\",\"qty\":1,\"from\":\"A-01-1\",\"to\":\"order:BENCH\",\"sell\":-1,\"order\":\"BENCH\",\"line\":1,"
        "\"scan\":\"]E05012345670000\"}";

static void must(int ok, sqlite3 *db) {
        if (ok)
                return;
        fprintf(stderr, "bare_sqlite: %s\n", db ? sqlite3_errmsg(db) : "usage: FILE COMMITS ROWS_A_COMMIT");
        exit(1);
}

static int64_t now_ns(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int by_size(const void *a, const void *b) {
        int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

        return x < y ? -1 : x > y;
}

static void one_scan(sqlite3 *db, sqlite3_stmt *const *rows) {
        for (int i = 0; i < N_STATEMENTS; i++) {
                must(sqlite3_step(rows[i]) == SQLITE_DONE, db);
                sqlite3_reset(rows[i]);
        }
}

int main(int argc, char **argv) {
        sqlite3 *db = NULL;
        sqlite3_stmt *rows[N_STATEMENTS];

        must(argc == 4, NULL);
        long commits = atol(argv[2]), scans = atol(argv[3]);

        must(commits > 0 && commits <= COMMITS_MAX && scans > 0, NULL);
        int64_t *took = calloc((size_t)commits, sizeof(*took));

        must(took && sqlite3_open(argv[1], &db) == SQLITE_OK, db);
        must(sqlite3_exec(db, schema, NULL, NULL, NULL) == SQLITE_OK, db);
        for (int i = 0; i < N_STATEMENTS; i++) {
                must(sqlite3_prepare_v2(db, statements[i], -1, &rows[i], NULL) == SQLITE_OK, db);
                if (sqlite3_bind_parameter_count(rows[i]) > 0)
                        must(sqlite3_bind_text(rows[i], 1, line, -1, SQLITE_STATIC) == SQLITE_OK, db);
        }

        int64_t start = now_ns();

        for (long i = 0; i < commits; i++) {
                int64_t before = now_ns();

                must(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK, db);
                for (long k = 0; k < scans; k++)
                        one_scan(db, rows);
                must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, db);
                took[i] = now_ns() - before;
        }
        double seconds = (double)(now_ns() - start) / 1e9;

        qsort(took, (size_t)commits, sizeof(*took), by_size);
        printf("{\"commits\":%ld,\"p50_us\":%.0f,\"p99_us\":%.0f,\"scans_s\":%.0f}\n", commits,
               (double)took[commits / 2] / 1e3, (double)took[commits * 99 / 100] / 1e3,
               (double)(commits * scans) / seconds);
        for (int i = 0; i < N_STATEMENTS; i++)
                sqlite3_finalize(rows[i]);
        sqlite3_close(db);
        free(took);
        return 0;
}
