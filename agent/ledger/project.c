/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include "agent/ledger/internal.h"

/*
 * From one event to the projections. Knows the event, its line and the projections, nothing
 * else: neither catalogue nor clock. So the log alone gives the same rows again.
 */

#define RUN(p, sql, ...) db_run((p)->ledger, (p)->book, sql, __VA_ARGS__)

static int project_stock(struct projection *p, const char *location, const struct move *move,
                         int64_t qty_milli, int64_t *ret_after_milli) {
        sqlite3_stmt *row = NULL;
        int64_t after;
        int r = db_query(p->ledger, p->book, SQL_STOCK_ADD, &row, "ttti", location, move->sku,
                         move->lot, qty_milli);

        if (r < 0)
                return r == -ENOENT ? -EIO : r;
        after = db_int(row, 0);
        r = db_next(p->ledger, row); /* the statement is done only after its last row */
        db_reset(&row);
        if (r != -ENOENT)
                return r < 0 ? r : -EIO;
        *ret_after_milli = after;
        return after == 0 ? RUN(p, SQL_STOCK_DROP, "ttt", location, move->sku, move->lot) : 0;
}

static bool project_reopens_short(const struct move *move) {
        return move->kind == MOVE_REVERSE && move->of == MOVE_TRANSFER && move->order[0] &&
               move->line > 0 && strcmp(move->reason, "short") == 0;
}

static int project_line(struct projection *p, const struct move *move, int64_t picked_milli) {
        int r = 0;

        if (picked_milli != 0 && move->line > 0)
                r = RUN(p, SQL_LINE_ADD, "tiii", move->order, move->line, picked_milli, INT64_C(0));
        if (r == 0 && project_reopens_short(move))
                r = RUN(p, SQL_LINE_REOPEN, "ti", move->order, move->line);
        if (r == 0 && (picked_milli < 0 || project_reopens_short(move)))
                r = RUN(p, SQL_PROGRESS_REOPEN, "t", move->order);
        return r;
}

static int project_move(struct projection *p, const struct event *event) {
        const struct move *move = &event->move;
        int64_t picked_milli = 0, to_after;
        int r;

        if (move->order[0] && move->kind == MOVE_PICK)
                picked_milli = move->qty_milli;
        else if (move->order[0] && move->kind == MOVE_REVERSE && move->of == MOVE_PICK)
                picked_milli = -move->qty_milli;

        r = project_stock(p, move->from, move, -move->qty_milli, &p->from_after_milli);
        if (r == 0)
                r = project_stock(p, move->to, move, move->qty_milli, &to_after);
        if (r == 0 && (move->sell_milli != 0 || picked_milli != 0))
                r = RUN(p, SQL_TOTAL_ADD, "utiiu", p->epoch_first, move->sku, move->sell_milli,
                        picked_milli, event->seq);
        return r == 0 ? project_line(p, move, picked_milli) : r;
}

static int project_order(struct projection *p, const struct order_change *order) {
        if (order->state != ORDER_SHORT)
                return RUN(p, SQL_PROGRESS_SET, "tnt", order->order, (int)order->state,
                           order->tote);
        return RUN(p, SQL_LINE_ADD, "tiii", order->order, order->line, INT64_C(0),
                   order->short_milli);
}

static int project_exception(struct projection *p, const struct event *event, struct slice line) {
        const struct exception_change *change = &event->exception;

        switch (change->state) {
        case EXCEPTION_OPENED:
                return RUN(p, SQL_EXCEPTION_OPEN, "tntiis", change->id, (int)change->kind,
                           change->group, change->count, event->ts_ms, line);
        case EXCEPTION_REPEATED:
                return RUN(p, SQL_EXCEPTION_REPEAT, "tiis", change->id, change->count,
                           event->ts_ms, line);
        default:
                return RUN(p, SQL_EXCEPTION_SETTLE, "tnis", change->id, (int)change->state,
                           event->ts_ms, line);
        }
}

static int project_print(struct projection *p, const struct event *event) {
        const struct print_change *print = &event->print;

        if (print->state == PRINT_QUEUED)
                return RUN(p, SQL_JOB_ADD, "utttti", print->job, print->order, event->station,
                           print->printer, print->label, event->ts_ms);
        if (print->state == PRINT_REPRINTED)
                return RUN(p, SQL_JOB_REQUEUE, "uti", print->job, print->reason, event->ts_ms);
        return RUN(p, SQL_JOB_SET, "unti", print->job, (int)print->state, print->reason,
                   event->ts_ms);
}

int ledger_project(struct projection *projection, const struct event *event, struct slice line) {
        struct projection *p = projection;

        switch (event->type) {
        case EVENT_MOVE:
                return project_move(p, event);
        case EVENT_ORDER:
                return project_order(p, &event->order);
        case EVENT_EXCEPTION:
                return project_exception(p, event, line);
        case EVENT_PRINT:
                return project_print(p, event);
        case EVENT_SYSTEM:
                if (event->system.state != SYSTEM_STARTED)
                        return 0;
                p->epoch_first = event->seq;
                return RUN(p, SQL_EPOCH_ADD, "ut", event->seq, event->system.epoch);
        default:
                return 0; /* devices and sessions are the log's alone */
        }
}
