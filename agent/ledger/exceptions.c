/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include "agent/ledger/internal.h"
#include "base/clock.h"

/* ---- raising --------------------------------------------------------------------------------------- */

/* How urgent the order is decides the priority, and travels as evidence. */
static int add_urgency(struct ledger *ledger, struct exception_change *change) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r;

        if (!change->order[0])
                return 0;
        r = db_query(ledger, BOOK_MAIN, SQL_ORDER_URGENCY, &row, "t", change->order);
        if (r == 0) {
                change->order_priority = db_int(row, 0);
                change->order_due_ms = db_int(row, 1);
        }
        return r == -ENOENT ? 0 : r;
}

static int open_or_repeat(struct ledger *ledger, struct event *event) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        struct exception_change *change = &event->exception;
        int r = db_query(ledger, BOOK_MAIN, SQL_EXCEPTION_FIND, &row, "nt", (int)change->kind,
                         change->group);

        if (r == 0) {
                change->state = EXCEPTION_REPEATED;
                db_text(row, 0, change->id, sizeof(change->id));
                change->count = db_int(row, 1) + 1;
                return 0;
        }
        change->count = 1;
        (void)snprintf(change->id, sizeof(change->id), "%s-%llu", ledger->gateway,
                       (unsigned long long)event->seq);
        return r == -ENOENT ? 0 : r;
}

int ledger_exception_complete(struct ledger *ledger, struct event *event) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        struct exception_change *change = &event->exception;
        int r;

        if (change->state == EXCEPTION_OPENED || change->state == EXCEPTION_REPEATED) {
                change->state = EXCEPTION_OPENED;
                r = add_urgency(ledger, change);
                return r == 0 ? open_or_repeat(ledger, event) : r;
        }
        r = db_query(ledger, BOOK_MAIN, SQL_EXCEPTION_GET, &row, "t", change->id);
        return r == -ENOENT ? db_refuse(ledger, r, "there is no exception %s", change->id) : r;
}

/* ---- looking --------------------------------------------------------------------------------------- */

static int parse_kept(struct ledger *ledger, struct slice line, struct event *ret) {
        char why[160];
        int r = event_parse(line, ret, why, sizeof(why));

        return r > 0 ? db_refuse(ledger, -EIO, "an exception's evidence is damaged: %s", why) : r;
}

static int read_exception(struct ledger *ledger, sqlite3_stmt *row, struct ledger_exception *ret) {
        struct slice settled = db_slice(row, 6);
        struct event event;
        int r = parse_kept(ledger, db_slice(row, 5), &event);

        if (r < 0)
                return r;
        *ret = (struct ledger_exception) { .last = event.exception,
                                           .state = (enum exception_state)db_int(row, 1),
                                           .opened_ms = db_int(row, 3),
                                           .changed_ms = db_int(row, 4) };
        ret->last.count = db_int(row, 2);
        ret->priority = exception_priority(ret->last.severity, ret->last.count,
                                           ret->last.order_due_ms, clock_wall_ms());
        if (settled.len == 0)
                return 0;
        r = parse_kept(ledger, settled, &event);
        if (r < 0)
                return r;
        memcpy(ret->last.action, event.exception.action, sizeof(ret->last.action));
        memcpy(ret->last.by, event.exception.by, sizeof(ret->last.by));
        memcpy(ret->last.note, event.exception.note, sizeof(ret->last.note));
        return 0;
}

int ledger_exception(struct ledger *ledger, const char *id, struct ledger_exception *ret) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_EXCEPTION_GET, &row, "t", id);

        return r == 0 ? read_exception(ledger, row, ret) : r;
}

int ledger_exceptions_each(struct ledger *ledger, bool with_resolved, int limit,
                           int (*each)(void *userdata, const struct ledger_exception *exception),
                           void *userdata) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN,
                         with_resolved ? SQL_EXCEPTIONS_ALL : SQL_EXCEPTIONS_OPEN, &row, "n",
                         limit);

        while (r == 0) {
                struct ledger_exception exception;

                r = read_exception(ledger, row, &exception);
                if (r == 0)
                        r = each(userdata, &exception);
                if (r != 0)
                        return r;
                r = db_next(ledger, row);
        }
        return r == -ENOENT ? 0 : r;
}
