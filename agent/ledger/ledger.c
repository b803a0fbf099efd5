/* SPDX-License-Identifier: MIT */
#include "agent/ledger/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "agent/ledger/internal.h"
#include "base/clock.h"
#include "base/ulid.h"

/*
 * The file, its transaction and its settings.
 *
 * locking_mode=EXCLUSIVE before WAL: no shared memory, and a second process is refused at open. Pages of 1 KiB:
 * a scan touches about eight pages, and a WAL writes whole pages (budget: 12 KB a scan).
 */
static const char settings[] = "PRAGMA page_size = 1024;"
                               "PRAGMA locking_mode = EXCLUSIVE;"
                               "PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA wal_autocheckpoint = 0;"
                               "PRAGMA cache_size = -512;"
                               "PRAGMA trusted_schema = OFF;"
                               "PRAGMA temp_store = MEMORY;";

/* ---- accessors ----------------------------------------------------------------------------------- */

const char *ledger_error(const struct ledger *ledger) {
        return ledger->error;
}

const char *ledger_epoch(const struct ledger *ledger) {
        return ledger->epoch;
}

uint64_t ledger_last_seq(const struct ledger *ledger) {
        return ledger->last_seq;
}

uint64_t ledger_committed_seq(const struct ledger *ledger) {
        return ledger->committed_seq;
}

bool ledger_in_transaction(const struct ledger *ledger) {
        return ledger->in_transaction;
}

/* ---- opening ------------------------------------------------------------------------------------- */

static int on_wal(void *userdata, sqlite3 *db, const char *name, int frames) {
        struct ledger *ledger = userdata;

        (void)db;
        (void)name;
        ledger->wal_frames = frames;
        return SQLITE_OK;
}

static int ledger_configure(struct ledger *ledger) {
        sqlite3_stmt *row = NULL;
        bool wal;

        (void)sqlite3_extended_result_codes(ledger->db, 1);
        if (sqlite3_db_config(ledger->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) != SQLITE_OK ||
            sqlite3_exec(ledger->db, settings, NULL, NULL, NULL) != SQLITE_OK)
                return db_fail(ledger, "open");
        /* A folder that cannot hold a WAL would silently stay with another journal. */
        if (sqlite3_prepare_v2(ledger->db, "PRAGMA journal_mode", -1, &row, NULL) != SQLITE_OK ||
            sqlite3_step(row) != SQLITE_ROW) {
                (void)sqlite3_finalize(row);
                return db_fail(ledger, "open");
        }
        wal = strcmp((const char *)sqlite3_column_text(row, 0), "wal") == 0;
        (void)sqlite3_finalize(row);
        (void)sqlite3_wal_hook(ledger->db, on_wal, ledger);
        return wal ? 0 : db_refuse(ledger, -EIO, "the file system cannot hold a write-ahead log");
}

/* The end of the chain as the file has it. */
static int ledger_load_head(struct ledger *ledger) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        struct slice hash;
        int r = db_query(ledger, BOOK_MAIN, SQL_EVENT_HEAD, &row, "");

        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return r;
        hash = db_slice(row, 1);
        if (hash.len != DIGEST_LEN)
                return db_refuse(ledger, LEDGER_E_FOREIGN, "the last event's hash is damaged");
        ledger->last_seq = ledger->committed_seq = (uint64_t)db_int(row, 0);
        memcpy(ledger->head.bytes, hash.bytes, DIGEST_LEN);
        ledger->committed_head = ledger->head;
        return 0;
}

static int ledger_load_epoch(struct ledger *ledger, struct chain_point *ret_last) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r;

        *ret_last = (struct chain_point) { .seq = ledger->last_seq, .hash = ledger->head };
        if (ledger->last_seq == 0)
                return 0;
        r = db_query(ledger, BOOK_MAIN, SQL_EPOCH_OF, &row, "u", ledger->last_seq);
        if (r < 0)
                return r;
        db_text(row, 1, ret_last->epoch, sizeof(ret_last->epoch));
        ledger->epoch_first = (uint64_t)db_int(row, 0);
        memcpy(ledger->epoch, ret_last->epoch, sizeof(ledger->epoch));
        return 0;
}

/* Before the year of this program the clock cannot be set: an RTC is missing, and no time server answered yet. */
static void ledger_note_boot(struct ledger *ledger) {
        enum { BUILD_YEAR_S = 1767225600 }; /* 2026-01-01 */
        int fd;
        ssize_t n;

        if (clock_wall_ms() >= BUILD_YEAR_S * INT64_C(1000))
                return;
        fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return;
        n = read(fd, ledger->boot, sizeof(ledger->boot) - 1);
        ledger->boot[n > 0 ? n : 0] = '\0';
        (void)close(fd);
}

static int ledger_start_epoch(struct ledger *ledger, const char *version) {
        struct event started = { .type = EVENT_SYSTEM, .system.state = SYSTEM_STARTED };
        struct system_change *system = &started.system;
        int r = ledger_load_epoch(ledger, &system->after);

        if (r == 0)
                r = ulid_new(clock_wall_ms(), system->epoch);
        if (r == 0)
                r = str_copy(system->version, sizeof(system->version), version);
        if (r == 0)
                r = ledger_begin(ledger);
        if (r < 0)
                return r;
        memcpy(ledger->epoch, system->epoch, sizeof(ledger->epoch));
        ledger->epoch_first = ledger->last_seq + 1;
        r = ledger_append(ledger, &started);
        return r == 0 ? ledger_commit(ledger) : r;
}

static int ledger_use_schema(struct ledger *ledger, bool readonly) {
        int version, r = ledger_schema_check(ledger, &version);

        if (r == LEDGER_E_NEWER)
                return db_refuse(ledger, r,
                                 "written by a newer version (schema %d, this program knows %d): "
                                 "install the newer version again",
                                 version, ledger_schema_version);
        if (r == LEDGER_E_FOREIGN)
                return db_refuse(ledger, r, "not a ledger of Tallyman: correct [gateway] data");
        if (r == 0 && readonly && version < ledger_schema_version)
                return db_refuse(ledger, LEDGER_E_FOREIGN,
                                 "written by an older version: start tallyd once, it brings it up "
                                 "to date");
        return r == 0 && !readonly ? ledger_schema_migrate(ledger, version) : r;
}

/* One thread uses SQLite, and nobody asks for its statistics: both cost a mutex at every allocation. */
static void configure_library(void) {
        static bool done;

        if (!done) {
                (void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
                (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        }
        done = true;
}

static int ledger_connect(struct ledger *ledger, const char *path, int flags) {
        int r;

        configure_library();
        r = sqlite3_open_v2(path, &ledger->db, flags | SQLITE_OPEN_NOMUTEX, NULL);

        if (!ledger->db)
                return -ENOMEM;
        return r == SQLITE_OK ? 0 : db_fail(ledger, "open");
}

static int open_prepared(struct ledger *ledger, const struct ledger_options *options) {
        int r = ledger_connect(ledger, options->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);

        if (r == 0)
                r = ledger_configure(ledger);
        if (r == 0)
                r = ledger_use_schema(ledger, false);
        if (r == 0)
                r = ledger_load_head(ledger);
        if (r == 0)
                r = ledger_acked_load(ledger);
        if (r == 0)
                r = ledger_feed_load(ledger);
        if (r == 0) {
                ledger_note_boot(ledger);
                r = ledger_start_epoch(ledger, options->version);
        }
        return r;
}

/* SQLite's code tells more than an errno: a lock, a foreign file. */
static int refine(const struct ledger *ledger, int r) {
        int code = ledger->db ? sqlite3_errcode(ledger->db) & 0xff : SQLITE_OK;

        if (r == -EIO && (code == SQLITE_BUSY || code == SQLITE_LOCKED))
                return LEDGER_E_LOCKED;
        return r == -EIO && (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) ? LEDGER_E_FOREIGN : r;
}

static void explain(const struct ledger *ledger, const char *path, int r, struct bytes *ret_error) {
        char folder[PATH_SIZE * 2];
        const char *slash = strrchr(path, '/');

        (void)snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) : 1,
                       slash ? path : ".");
        if (r == LEDGER_E_LOCKED)
                bytes_appendf(ret_error, "%s: another tallyd has the ledger open: stop it first\n",
                              path);
        else if (r == -ENOSPC)
                bytes_appendf(ret_error,
                              "%s: the disk is full: make room in %s and start again; nothing that "
                              "was acknowledged is lost\n",
                              path, folder);
        else if (r == -ENOMEM)
                bytes_appendf(ret_error, "%s: out of memory\n", path);
        else if (r < 0 && access(folder, W_OK | X_OK) < 0)
                bytes_appendf(ret_error, "%s: %s: make the folder, or correct [gateway] data\n",
                              folder, strerror(errno));
        else
                bytes_appendf(ret_error, "%s: %s\n", path, ledger->error);
}

int ledger_open(const struct ledger_options *options, struct ledger **ret_ledger,
                struct bytes *ret_error) {
        struct ledger *ledger = calloc(1, sizeof(*ledger));
        int r;

        if (!ledger)
                return -ENOMEM;
        r = str_copy(ledger->gateway, sizeof(ledger->gateway), options->gateway);
        if (r == 0)
                r = refine(ledger, open_prepared(ledger, options));
        if (r != 0) {
                explain(ledger, options->path, r, ret_error);
                ledger_rollback(ledger);
                ledger_close(ledger);
                return r;
        }
        *ret_ledger = ledger;
        return 0;
}

int ledger_open_readonly(const char *path, struct ledger **ret_ledger, struct bytes *ret_error) {
        struct ledger *ledger = calloc(1, sizeof(*ledger));
        struct chain_point last;
        int r;

        if (!ledger)
                return -ENOMEM;
        ledger->readonly = true;
        /* Read-write, since a WAL that was left behind has to be read with a lock; nothing is written. */
        r = ledger_connect(ledger, path, SQLITE_OPEN_READWRITE);
        if (r == 0)
                r = sqlite3_exec(ledger->db,
                                 "PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY",
                                 NULL, NULL, NULL) == SQLITE_OK
                            ? 0
                            : db_fail(ledger, "open");
        if (r == 0)
                r = ledger_use_schema(ledger, true);
        if (r == 0)
                r = ledger_load_head(ledger);
        if (r == 0)
                r = ledger_load_epoch(ledger, &last);
        r = refine(ledger, r);
        if (r != 0) {
                explain(ledger, path, r, ret_error);
                ledger_close(ledger);
                return r;
        }
        *ret_ledger = ledger;
        return 0;
}

static int flush_marks(struct ledger *ledger, bool always) {
        int r;

        if (!always && sqlite3_total_changes64(ledger->db) == ledger->changes_before)
                return 0;
        r = ledger_acked_flush(ledger);
        return r == 0 ? ledger_feed_flush(ledger) : r;
}

/* A clean end asks for nothing twice; a failure costs a resend. */
static void keep_marks(struct ledger *ledger) {
        if (ledger->readonly || !(ledger->acked_dirty || ledger->feed_dirty) ||
            ledger_begin(ledger) < 0)
                return;
        if (flush_marks(ledger, true) < 0 || ledger_commit(ledger) < 0)
                ledger_rollback(ledger);
}

void ledger_close(struct ledger *ledger) {
        if (!ledger)
                return;
        ledger_rollback(ledger);
        keep_marks(ledger);
        ledger_payload_close(ledger);
        db_finalize_all(ledger);
        (void)sqlite3_close(ledger->db); /* checkpoints; a crash here loses nothing */
        bytes_fini(&ledger->line);
        free(ledger);
}

/* ---- the transaction ----------------------------------------------------------------------------- */

int ledger_begin(struct ledger *ledger) {
        int r;

        if (ledger->in_transaction)
                return 0;
        r = db_run(ledger, BOOK_MAIN, SQL_BEGIN, "");
        ledger->in_transaction = r == 0;
        ledger->changes_before = sqlite3_total_changes64(ledger->db);
        memcpy(ledger->feed_before.feed, ledger->feed, sizeof(ledger->feed));
        ledger->feed_before.seq = ledger->feed_seq;
        ledger->feed_before.dirty = ledger->feed_dirty;
        return r;
}

void ledger_rollback(struct ledger *ledger) {
        if (!ledger->in_transaction)
                return;
        /* SQLite may have rolled back by itself (disk full, I/O error). */
        if (!sqlite3_get_autocommit(ledger->db))
                (void)sqlite3_exec(ledger->db, "ROLLBACK", NULL, NULL, NULL);
        ledger->in_transaction = false;
        ledger->n_rollbacks++;
        ledger->last_seq = ledger->committed_seq;
        ledger->head = ledger->committed_head;
        ledger->counts_known = false;
        memcpy(ledger->feed, ledger->feed_before.feed, sizeof(ledger->feed));
        ledger->feed_seq = ledger->feed_before.seq;
        ledger->feed_dirty = ledger->feed_before.dirty;
}

int ledger_commit(struct ledger *ledger) {
        int r;

        if (!ledger->in_transaction)
                return 0;
        r = flush_marks(ledger, false);
        if (r == 0)
                r = db_run(ledger, BOOK_MAIN, SQL_COMMIT, "");
        if (r < 0) {
                ledger_rollback(ledger);
                return r;
        }
        ledger->in_transaction = false;
        ledger->committed_seq = ledger->last_seq;
        ledger->committed_head = ledger->head;
        if (ledger->wal_frames >= LEDGER_WAL_FRAMES_CAP) {
                ledger_payload_close(ledger);
                (void)sqlite3_wal_checkpoint_v2(ledger->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
                                                NULL); /* a failure shows at the next commit */
        }
        return 0;
}

int ledger_checkpoint(struct ledger *ledger) {
        if (ledger->in_transaction || ledger->wal_frames < LEDGER_WAL_FRAMES_IDLE)
                return 0;
        ledger_payload_close(ledger);
        if (sqlite3_wal_checkpoint_v2(ledger->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL) !=
            SQLITE_OK)
                return db_fail(ledger, "checkpoint");
        ledger->wal_frames = 0;
        return 0;
}

/* ---- a copy while running ------------------------------------------------------------------------- */

static int copy_pages(struct ledger *ledger, const char *path) {
        sqlite3 *copy = NULL;
        sqlite3_backup *backup;
        int r = sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

        if (r == SQLITE_OK) {
                backup = sqlite3_backup_init(copy, "main", ledger->db, "main");
                if (backup)
                        (void)sqlite3_backup_step(backup, -1);
                r = backup ? sqlite3_backup_finish(backup) : sqlite3_errcode(copy);
        }
        if (r != SQLITE_OK)
                (void)snprintf(ledger->error, sizeof(ledger->error), "backup: %s",
                               sqlite3_errstr(r));
        (void)sqlite3_close(copy);
        if (r == SQLITE_FULL)
                return -ENOSPC;
        return r == SQLITE_OK ? 0 : -EIO;
}

static int sync_path(const char *path, int flags) {
        int fd = open(path, flags | O_CLOEXEC), r = 0;

        if (fd < 0 || fsync(fd) < 0)
                r = -errno;
        if (fd >= 0)
                (void)close(fd);
        return r;
}

int ledger_backup(struct ledger *ledger, const char *path) {
        char temporary[PATH_SIZE + 8], folder[PATH_SIZE];
        const char *slash = strrchr(path, '/');
        int r;

        if (strlen(path) >= PATH_SIZE)
                return -ENAMETOOLONG;
        (void)snprintf(temporary, sizeof(temporary), "%s.new", path);
        (void)snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) : 1,
                       slash ? path : ".");
        if (unlink(temporary) < 0 && errno != ENOENT)
                return -errno;
        r = copy_pages(ledger, temporary);
        if (r == 0)
                r = sync_path(temporary, O_RDONLY);
        if (r == 0 && rename(temporary, path) < 0)
                r = -errno;
        if (r == 0)
                r = sync_path(folder[0] ? folder : "/", O_RDONLY | O_DIRECTORY);
        if (r < 0)
                (void)unlink(temporary);
        return r;
}

/* ---- figures -------------------------------------------------------------------------------------- */

static int figures_counts(struct ledger *ledger, struct ledger_figures *ret) {
        CLEANUP(db_reset) sqlite3_stmt *catalogue = NULL;
        CLEANUP(db_reset) sqlite3_stmt *work = NULL;
        int r = 0;

        if (!ledger->counts_known) {
                r = db_query(ledger, BOOK_MAIN, SQL_COUNT_CATALOGUE, &catalogue, "");
                if (r < 0)
                        return r;
                ledger->n_items = db_int(catalogue, 0);
                ledger->n_locations = db_int(catalogue, 1);
                ledger->counts_known = true;
        }
        r = db_query(ledger, BOOK_MAIN, SQL_COUNT_WORK, &work, "");
        if (r < 0)
                return r;
        ret->n_items = ledger->n_items;
        ret->n_locations = ledger->n_locations;
        ret->n_orders = db_int(work, 0);
        ret->n_open_orders = db_int(work, 1);
        ret->n_open_exceptions = db_int(work, 2);
        ret->n_waiting_jobs = db_int(work, 3);
        return 0;
}

static int figures_size(struct ledger *ledger, struct ledger_figures *ret) {
        sqlite3_stmt *row = NULL;
        int r = sqlite3_prepare_v2(ledger->db,
                                   "SELECT page_count * page_size, page_size"
                                   " FROM pragma_page_count(), pragma_page_size()",
                                   -1, &row, NULL);

        if (r == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) {
                ret->db_bytes = sqlite3_column_int64(row, 0);
                ret->wal_bytes = ledger->wal_frames * (sqlite3_column_int64(row, 1) + 24);
                r = 0;
        } else
                r = db_fail(ledger, "figures");
        (void)sqlite3_finalize(row);
        return r;
}

int ledger_figures(struct ledger *ledger, struct ledger_figures *ret) {
        int r;

        *ret = (struct ledger_figures) { .last_seq = ledger->last_seq, .acked_seq = ledger->acked };
        r = figures_counts(ledger, ret);
        return r == 0 ? figures_size(ledger, ret) : r;
}
