/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include "agent/ledger/internal.h"
#include "base/clock.h"

/* ---- what an event still lacks ------------------------------------------------------------------- */

/* The outside, totes, orders, parcels, holds and hands are never for sale. */
static int is_sellable(struct ledger *ledger, const char *location, int64_t *ret) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r;

        *ret = 0;
        if (strpbrk(location, "@:"))
                return 0;
        r = db_query(ledger, BOOK_MAIN, SQL_LOCATION_SELLABLE, &row, "t", location);
        if (r == 0)
                *ret = db_int(row, 0) != 0;
        return r == -ENOENT ? 0 : r;
}

static int complete_move(struct ledger *ledger, struct move *move) {
        int64_t from, to;
        int r = is_sellable(ledger, move->from, &from);

        if (r == 0)
                r = is_sellable(ledger, move->to, &to);
        if (r == 0)
                move->sell_milli = move->qty_milli * (to - from);
        return r;
}

static int complete(struct ledger *ledger, struct event *event) {
        event->seq = ledger->last_seq + 1;
        event->ts_ms = clock_wall_ms();
        if (ledger->boot[0]) {
                memcpy(event->boot, ledger->boot, sizeof(event->boot));
                event->mono_ms = clock_mono_ms();
        }
        event_clean(event);
        if (event->type == EVENT_MOVE)
                return complete_move(ledger, &event->move);
        if (event->type == EVENT_EXCEPTION)
                return ledger_exception_complete(ledger, event);
        if (event->type == EVENT_PRINT && event->print.state == PRINT_QUEUED)
                event->print.job = event->seq;
        return 0;
}

/* ---- the line and the chain ----------------------------------------------------------------------- */

static int write_line(struct ledger *ledger, struct event *event) {
        char why[160];
        int r = event_check(event, why, sizeof(why));

        if (r != 0)
                return r < 0 ? r : db_refuse(ledger, -EINVAL, "event: %s", why);
        bytes_clear(&ledger->line);
        r = event_write(event, &ledger->line);
        if (r != -EMSGSIZE || event->scan.len <= LEDGER_SCAN_EVIDENCE_MAX)
                return r;
        event->scan.len = LEDGER_SCAN_EVIDENCE_MAX;
        bytes_clear(&ledger->line);
        return event_write(event, &ledger->line);
}

static int store(struct ledger *ledger, const struct event *event, struct digest *ret_hash) {
        struct slice line = bytes_slice(&ledger->line), hash = { ret_hash->bytes, DIGEST_LEN };
        int r = sha256_chain(&ledger->head, line, ret_hash);

        return r < 0 ? r : db_run(ledger, BOOK_MAIN, SQL_EVENT_ADD, "ubs", event->seq, hash, line);
}

/* ---- a book that goes below zero ------------------------------------------------------------------ */

static int site_qty(struct ledger *ledger, const struct move *move, int64_t *ret_milli) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_SITE_QTY, &row, "ttt", move->from, move->sku,
                         move->lot);

        *ret_milli = r == 0 ? db_int(row, 0) : 0;
        return r == -ENOENT ? 0 : r;
}

static int raise_negative(struct ledger *ledger, const struct event *moved, int64_t after_milli) {
        const struct move *move = &moved->move;
        struct event event = { .type = EVENT_EXCEPTION };
        struct exception_change *change = &event.exception;

        change->state = EXCEPTION_OPENED;
        change->kind = EXCEPTION_NEGATIVE_STOCK;
        exception_defaults(change->kind, &change->severity, change->owner);
        (void)snprintf(change->group, sizeof(change->group), "%s|%s", move->from, move->sku);
        memcpy(change->order, move->order, sizeof(change->order));
        change->line = move->line;
        memcpy(change->sku, move->sku, sizeof(change->sku));
        memcpy(change->location, move->from, sizeof(change->location));
        change->has_stock_before = true;
        change->stock_before_milli = after_milli + move->qty_milli;
        change->qty_milli = move->qty_milli;
        memcpy(event.station, moved->station, sizeof(event.station));
        memcpy(event.operator_id, moved->operator_id, sizeof(event.operator_id));
        return ledger_append(ledger, &event);
}

/* Goods that are in somebody's hand were there: the move stands, and people look at the book. */
static int check_negative(struct ledger *ledger, const struct event *event, int64_t own_milli) {
        int64_t site_milli;
        int r;

        if (event->type != EVENT_MOVE || event->move.from[0] == '@' || own_milli >= 0)
                return 0;
        r = site_qty(ledger, &event->move, &site_milli);
        if (r < 0 || own_milli + site_milli >= 0)
                return r;
        return raise_negative(ledger, event, own_milli + site_milli);
}

/* ---- append --------------------------------------------------------------------------------------- */

static int append_complete(struct ledger *ledger, struct event *event, int64_t *ret_own_milli) {
        struct projection projection = { .ledger = ledger,
                                         .book = BOOK_MAIN,
                                         .epoch_first = ledger->epoch_first };
        struct digest hash;
        int r = write_line(ledger, event);

        if (r == 0)
                r = store(ledger, event, &hash);
        if (r == 0)
                r = ledger_project(&projection, event, bytes_slice(&ledger->line));
        if (r == 0 && event->type == EVENT_PRINT)
                r = ledger_job_follow(ledger, event);
        if (r < 0)
                return r;
        ledger->last_seq = event->seq;
        ledger->head = hash;
        *ret_own_milli = projection.from_after_milli;
        return 0;
}

int ledger_append(struct ledger *ledger, struct event *event) {
        int64_t own_milli = 0;
        int r;

        if (!ledger->in_transaction)
                return db_refuse(ledger, -EINVAL, "append outside a transaction");
        r = complete(ledger, event);
        if (r == 0)
                r = append_complete(ledger, event, &own_milli);
        return r == 0 ? check_negative(ledger, event, own_milli) : r;
}
