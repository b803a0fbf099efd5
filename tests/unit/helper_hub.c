/* SPDX-License-Identifier: MIT */
#include "tests/unit/helper_hub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include <sqlite3.h>
#include "base/clock.h"
#include "sync/hub/put.h"

/* ---- the store ------------------------------------------------------------------------------- */

static void path_of(const struct hub_store *hub, const char *suffix, char ret[128]) {
        (void)snprintf(ret, 128, "%s/hub.db%s", hub->folder, suffix);
}

void hub_open(struct hub_store *hub) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        char path[128], feed[ULID_SIZE];
        uint64_t last;

        *hub = (struct hub_store) { .folder = "/tmp/tally-hub-XXXXXX" };
        assert_non_null(mkdtemp(hub->folder));
        path_of(hub, "", path);
        if (db_open(path, false, &hub->db, &error) != 0)
                fail_msg("%s", bytes_str(&error));
        hub->book.db = hub->db;
        hub->book.changes = &hub->changes;
        assert_int_equal(feed_site(hub->db, HUB_SITE, feed, &last), 0);
}

void hub_close(struct hub_store *hub) {
        static const char *const suffixes[] = { "", "-wal", "-shm" };
        char path[128];

        book_fini(&hub->book);
        changes_fini(&hub->changes);
        bytes_fini(&hub->answers);
        db_close(hub->db);
        for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
                path_of(hub, suffixes[i], path);
                (void)unlink(path);
        }
        assert_int_equal(rmdir(hub->folder), 0);
}

static sqlite3 *second_connection(struct hub_store *hub) {
        sqlite3 *sqlite = NULL;
        char path[128];

        path_of(hub, "", path);
        assert_int_equal(sqlite3_open(path, &sqlite), SQLITE_OK);
        return sqlite;
}

const char *hub_text(struct hub_store *hub, const char *sql) {
        static char text[4096];
        sqlite3 *sqlite = second_connection(hub);
        sqlite3_stmt *statement = NULL;
        int r = sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL);

        if (r != SQLITE_OK)
                fail_msg("%s: %s", sql, sqlite3_errmsg(sqlite));
        r = sqlite3_step(statement);
        if (r == SQLITE_ROW) {
                const unsigned char *held = sqlite3_column_text(statement, 0);

                (void)snprintf(text, sizeof(text), "%s", held ? (const char *)held : "null");
        } else
                (void)snprintf(text, sizeof(text), "none");
        (void)sqlite3_finalize(statement);
        (void)sqlite3_close(sqlite);
        return text;
}

int64_t hub_int(struct hub_store *hub, const char *sql) {
        const char *text = hub_text(hub, sql);
        char *end;
        long long value = strtoll(text, &end, 10);

        return *text && !*end ? value : INT64_MIN;
}

void hub_tamper(struct hub_store *hub, const char *sql) {
        sqlite3 *sqlite = second_connection(hub);

        if (sqlite3_exec(sqlite, sql, NULL, NULL, NULL) != SQLITE_OK)
                fail_msg("%s: %s", sql, sqlite3_errmsg(sqlite));
        (void)sqlite3_close(sqlite);
}

const char *hub_exceptions(struct hub_store *hub) {
        static char words[1024];
        sqlite3 *sqlite = second_connection(hub);
        sqlite3_stmt *row = NULL;
        size_t len = 0;

        assert_int_equal(sqlite3_prepare_v2(sqlite,
                                            "SELECT kind, grp FROM exception ORDER BY rowid", -1,
                                            &row, NULL), SQLITE_OK);
        words[0] = '\0';
        while (sqlite3_step(row) == SQLITE_ROW && len < sizeof(words))
                len += (size_t)snprintf(
                        words + len, sizeof(words) - len, "%s %s;",
                        exception_kind_name((enum exception_kind)sqlite3_column_int(row, 0)),
                        (const char *)sqlite3_column_text(row, 1));
        (void)sqlite3_finalize(row);
        (void)sqlite3_close(sqlite);
        return words;
}

/* ---- logs ------------------------------------------------------------------------------------ */

void hublog_begin(struct hublog *log, const char *gateway, const char *epoch,
                  const struct chain_point *after) {
        struct event started = { .type = EVENT_SYSTEM, .system.state = SYSTEM_STARTED };

        *log = (struct hublog) { .gateway = gateway, .epoch = epoch };
        if (after) {
                started.system.after = *after;
                log->hashes[0] = after->hash;
                log->last = after->seq;
        }
        log->first = log->last + 1;
        (void)snprintf(started.system.epoch, sizeof(started.system.epoch), "%s", epoch);
        (void)snprintf(started.system.version, sizeof(started.system.version), "test");
        hublog_add(log, started);
}

void hublog_end(struct hublog *log) {
        for (size_t i = 0; i < HUBLOG_EVENTS_MAX; i++)
                free(log->lines[i]);
}

void hublog_raw(struct hublog *log, const char *line) {
        size_t at = (size_t)(log->last + 1 - log->first);

        assert_true(at < HUBLOG_EVENTS_MAX);
        log->lines[at] = strdup(line);
        assert_non_null(log->lines[at]);
        assert_int_equal(sha256_chain(&log->hashes[at], slice_of(line), &log->hashes[at + 1]), 0);
        log->last++;
}

void hublog_add(struct hublog *log, struct event event) {
        CLEANUP(bytes_fini) struct bytes line = { 0 };

        event.seq = log->last + 1;
        if (event.ts_ms == 0)
                event.ts_ms = clock_wall_ms();
        assert_int_equal(event_write(&event, &line), 0);
        hublog_raw(log, bytes_str(&line));
}

struct chain_point hublog_point(const struct hublog *log, uint64_t seq) {
        struct chain_point point = { .seq = seq, .hash = log->hashes[seq + 1 - log->first] };

        (void)snprintf(point.epoch, sizeof(point.epoch), "%s", log->epoch);
        return point;
}

void hublog_batch(const struct hublog *log, uint64_t first, uint64_t last, struct bytes *out) {
        struct batch_header header = { .first = first,
                                       .last = last,
                                       .prev = log->hashes[first - log->first],
                                       .sent_ms = clock_wall_ms(),
                                       .site = HUB_SITE };

        (void)snprintf(header.gateway, sizeof(header.gateway), "%s", log->gateway);
        (void)snprintf(header.epoch, sizeof(header.epoch), "%s", log->epoch);
        assert_int_equal(batch_write_header(&header, out), 0);
        for (uint64_t seq = first; seq <= last; seq++)
                bytes_appendf(out, "%s\n", log->lines[seq - log->first]);
        assert_int_equal(bytes_error(out), 0);
}

/* ---- events ---------------------------------------------------------------------------------- */

struct event hub_pick(const char *order, int line, int64_t units) {
        struct event event = { .type = EVENT_MOVE };
        struct move *move = &event.move;

        move->kind = units < 0 ? MOVE_REVERSE : MOVE_PICK;
        move->of = MOVE_PICK;
        move->reverses = units < 0 ? 2 : 0;
        move->qty_milli = 1000 * (units < 0 ? -units : units);
        move->sell_milli = -1000 * units;
        move->line = line;
        (void)snprintf(move->sku, sizeof(move->sku), "TEA");
        (void)snprintf(units < 0 ? move->to : move->from, sizeof(move->to), "A-01");
        (void)snprintf(units < 0 ? move->from : move->to, sizeof(move->to), "tote:T1");
        (void)snprintf(move->order, sizeof(move->order), "%s", order);
        return event;
}

struct event hub_order(const char *order, enum order_state state) {
        struct event event = { .type = EVENT_ORDER, .order.state = state };

        (void)snprintf(event.order.order, sizeof(event.order.order), "%s", order);
        return event;
}

struct event hub_short(const char *order, int line, int64_t units) {
        struct event event = hub_order(order, ORDER_SHORT);

        event.order.line = line;
        event.order.short_milli = 1000 * units;
        (void)snprintf(event.order.sku, sizeof(event.order.sku), "TEA");
        return event;
}

/* ---- sending --------------------------------------------------------------------------------- */

struct apply_result hub_send(struct hub_store *hub, const char *gateway, const char *payload) {
        struct apply_result result;

        assert_int_equal(db_begin(hub->db), 0);
        if (apply_batch(&hub->book, HUB_SITE, gateway, slice_of(payload), &result) != 0)
                fail_msg("apply: %s", db_error(hub->db));
        assert_int_equal(db_commit(hub->db), 0);
        return result;
}

struct apply_result hub_apply(struct hub_store *hub, const struct hublog *log, uint64_t first,
                              uint64_t last) {
        CLEANUP(bytes_fini) struct bytes payload = { 0 };

        hublog_batch(log, first, last, &payload);
        return hub_send(hub, log->gateway, bytes_str(&payload));
}

const char *hub_put(struct hub_store *hub, const char *lines) {
        struct put put = { .book = &hub->book, .site = HUB_SITE };

        bytes_clear(&hub->answers);
        assert_int_equal(db_begin(hub->db), 0);
        if (put_lines(&put, slice_of(lines), &hub->answers) != 0)
                fail_msg("put: %s", db_error(hub->db));
        assert_int_equal(db_commit(hub->db), 0);
        return bytes_str(&hub->answers);
}
