/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include "agent/ledger/internal.h"
#include "base/clock.h"

/*
 * Print jobs. What happened to a job is in the log and its projection; the states that are no events (sending, sent) are
 * in job_work, the label's bytes in job_label, and both go when enough newer labels have come. They are two tables, for a
 * change of a row reads and writes all of it: 5 MB for each state of a large label.
 */

static int forget_old(struct ledger *ledger) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        uint64_t job;
        int r = db_query(ledger, BOOK_MAIN, SQL_JOB_OLD, &row, "n", LEDGER_PAYLOADS_MAX);

        if (r < 0)
                return r == -ENOENT ? 0 : r;
        job = (uint64_t)db_int(row, 0);
        db_reset(&row);
        r = db_run(ledger, BOOK_MAIN, SQL_WORK_DROP, "u", job);
        return r == 0 ? db_run(ledger, BOOK_MAIN, SQL_LABEL_DROP, "u", job) : r;
}

int ledger_job_queue(struct ledger *ledger, struct event *queued, struct slice payload) {
        int r;

        if (payload.len > LEDGER_PAYLOAD_BYTES_MAX)
                return db_refuse(ledger, -EMSGSIZE, "a label of %zu bytes; at most %d are kept",
                                 payload.len, LEDGER_PAYLOAD_BYTES_MAX);
        r = ledger_append(ledger, queued);
        if (r == 0)
                r = db_run(ledger, BOOK_MAIN, SQL_WORK_ADD, "uti", queued->print.job,
                           queued->print.printer, queued->ts_ms);
        if (r == 0)
                r = db_run(ledger, BOOK_MAIN, SQL_LABEL_ADD, "ub", queued->print.job, payload);
        return r == 0 ? forget_old(ledger) : r;
}

int ledger_job_follow(struct ledger *ledger, const struct event *event) {
        const struct print_change *print = &event->print;
        enum print_state state = print->state == PRINT_REPRINTED ? PRINT_QUEUED : print->state;

        if (print->state == PRINT_QUEUED)
                return 0;
        return db_run(ledger, BOOK_MAIN, SQL_WORK_MARK, "unti", print->job, (int)state,
                      print->reason, event->ts_ms);
}

static void read_job(sqlite3_stmt *row, struct ledger_job *ret) {
        *ret = (struct ledger_job) { .job = (uint64_t)db_int(row, 0),
                                     .state = (enum print_state)db_int(row, 1) };
        db_text(row, 2, ret->order, sizeof(ret->order));
        db_text(row, 3, ret->station, sizeof(ret->station));
        db_text(row, 4, ret->printer, sizeof(ret->printer));
        db_text(row, 5, ret->label, sizeof(ret->label));
        db_text(row, 6, ret->reason, sizeof(ret->reason));
        ret->queued_ms = db_int(row, 7);
        ret->changed_ms = db_int(row, 8);
        ret->payload_len = (size_t)db_int(row, 9);
}

int ledger_job(struct ledger *ledger, uint64_t job, struct ledger_job *ret) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_JOB_GET, &row, "u", job);

        if (r == 0)
                read_job(row, ret);
        return r;
}

int ledger_job_next(struct ledger *ledger, const char *printer, struct ledger_job *ret) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_JOB_NEXT, &row, "t", printer);

        return r == 0 ? ledger_job(ledger, (uint64_t)db_int(row, 0), ret) : r;
}

/* ---- pieces of a label --------------------------------------------------------------------------- */

void ledger_payload_close(struct ledger *ledger) {
        (void)sqlite3_blob_close(ledger->payload); /* was only read */
        ledger->payload = NULL;
}

/* Kept open from piece to piece: SQLite finds a place in a large label by all pages before it. */
static int open_payload(struct ledger *ledger, uint64_t job) {
        int code;

        if (ledger->payload && ledger->payload_job == job)
                return 0;
        ledger_payload_close(ledger);
        ledger->payload_job = job;
        code = sqlite3_blob_open(ledger->db, "main", "job_label", "payload", (sqlite3_int64)job, 0,
                                 &ledger->payload);
        if (code == SQLITE_OK)
                return 0;
        ledger_payload_close(ledger);
        /* SQLITE_ERROR stands for a row that is not there, too */
        return (code & 0xff) == SQLITE_ERROR ? -ENOENT : db_fail(ledger, "read a label");
}

static int read_piece(struct ledger *ledger, size_t offset, void *buffer, size_t size) {
        size_t len = (size_t)sqlite3_blob_bytes(ledger->payload);
        size_t n = offset >= len ? 0 : len - offset < size ? len - offset : size;
        int code = SQLITE_OK;

        if (n > 0)
                code = sqlite3_blob_read(ledger->payload, buffer, (int)n, (int)offset);
        if (code != SQLITE_OK || offset + n >= len)
                ledger_payload_close(ledger);
        if (code == SQLITE_ABORT)
                return -EAGAIN; /* something in the label's row has changed, or was taken back */
        return code == SQLITE_OK ? (int)n : db_fail(ledger, "read a label");
}

int ledger_job_read(struct ledger *ledger, uint64_t job, size_t offset, void *buffer, size_t size) {
        int r = open_payload(ledger, job);

        if (r == 0)
                r = read_piece(ledger, offset, buffer, size);
        if (r == -EAGAIN) {
                r = open_payload(ledger, job);
                if (r == 0)
                        r = read_piece(ledger, offset, buffer, size);
        }
        return r == -EAGAIN ? -EIO : r;
}

int ledger_jobs_waiting(struct ledger *ledger, const char *printer, int64_t *ret_n) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_WORK_WAITING, &row, "t", printer);

        if (r == 0)
                *ret_n = db_int(row, 0);
        return r;
}

int ledger_job_mark(struct ledger *ledger, uint64_t job, enum print_state state,
                    const char *reason) {
        int r = db_run(ledger, BOOK_MAIN, SQL_WORK_MARK, "unti", job, (int)state, reason,
                       clock_wall_ms());

        return r == 0 && sqlite3_changes(ledger->db) == 0 ? -ENOENT : r;
}

int ledger_job_sending(struct ledger *ledger, uint64_t job, int64_t labels_before) {
        int r = ledger_job_mark(ledger, job, PRINT_SENDING, "");

        return r == 0 ? db_run(ledger, BOOK_MAIN, SQL_COUNT_SET, "ui", job, labels_before) : r;
}

int ledger_job_labels_before(struct ledger *ledger, uint64_t job, int64_t *ret_labels) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_COUNT_GET, &row, "u", job);

        if (r == 0)
                *ret_labels = db_int(row, 0);
        return r;
}

int ledger_job_interrupted(struct ledger *ledger, const char *printer, struct ledger_job *ret,
                           int64_t *ret_labels) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_JOB_INTERRUPTED, &row, "t", printer);

        if (r < 0)
                return r;
        *ret_labels = db_int(row, 1);
        return ledger_job(ledger, (uint64_t)db_int(row, 0), ret);
}

static int each_job(struct ledger *ledger, sqlite3_stmt *row, int r,
                    int (*each)(void *userdata, const struct ledger_job *job), void *userdata) {
        while (r == 0) {
                struct ledger_job job;

                read_job(row, &job);
                r = each(userdata, &job);
                if (r != 0)
                        return r;
                r = db_next(ledger, row);
        }
        return r == -ENOENT ? 0 : r;
}

int ledger_jobs_each(struct ledger *ledger, int limit,
                     int (*each)(void *userdata, const struct ledger_job *job), void *userdata) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_JOBS, &row, "n", limit);

        return each_job(ledger, row, r, each, userdata);
}

int ledger_jobs_under_way(struct ledger *ledger,
                          int (*each)(void *userdata, const struct ledger_job *job),
                          void *userdata) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_JOBS_UNDER_WAY, &row, "");

        return each_job(ledger, row, r, each, userdata);
}
