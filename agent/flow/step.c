/* SPDX-License-Identifier: MIT */
#include "agent/flow/step.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/qty.h"

/* ---- the answer ------------------------------------------------------------------------- */

static void answer(struct step *step, enum feedback feedback, const char *format, va_list args) {
        char *message = step->effects->screen.message;
        char words[sizeof(step->effects->screen.message) * 2];

        (void)vsnprintf(words, sizeof(words), format, args);
        show_text(message, sizeof(step->effects->screen.message), "%s", words);
        step->effects->feedback = feedback;
}

int step_good(struct step *step, const char *format, ...) {
        va_list args;

        va_start(args, format);
        answer(step, FEEDBACK_GOOD, format, args);
        va_end(args);
        return 0;
}

int step_bad(struct step *step, const char *format, ...) {
        va_list args;

        va_start(args, format);
        answer(step, FEEDBACK_BAD, format, args);
        va_end(args);
        return 0;
}

int step_attention(struct step *step, const char *format, ...) {
        va_list args;

        va_start(args, format);
        answer(step, FEEDBACK_ATTENTION, format, args);
        va_end(args);
        return 0;
}

/* ---- events ------------------------------------------------------------------------------- */

static int reserve(struct flow_effects *effects) {
        size_t cap = effects->cap_events ? effects->cap_events * 2 : 4;
        struct event *events;

        if (effects->n_events < effects->cap_events)
                return 0;
        if (effects->n_events == FLOW_EVENTS_MAX)
                return STEP_E_TOO_MANY;
        events = reallocarray(effects->events, cap, sizeof(*events));
        if (!events)
                return -ENOMEM;
        effects->events = events;
        effects->cap_events = cap;
        return 0;
}

int step_event(struct step *step, enum event_type type, struct event **ret_event) {
        struct event *event;
        int r = reserve(step->effects);

        if (r)
                return r;
        event = &step->effects->events[step->effects->n_events++];
        *event = (struct event) { .type = type, .scan = show_cut(step->scan, FLOW_SCAN_MAX) };
        memcpy(event->station, step->settings->station, sizeof(event->station));
        memcpy(event->operator_id, step->state.operator_id, sizeof(event->operator_id));
        *ret_event = event;
        return 0;
}

int step_move(struct step *step, enum move_kind kind, const struct goods *goods, const char *from,
              const char *to, struct move **ret_move) {
        struct event *event;
        struct move *move;
        int r;

        /* Sums of many scans may come to more than one event may say. */
        if (goods->milli > QTY_MAX_MILLI)
                return STEP_E_TOO_MANY;
        r = step_event(step, EVENT_MOVE, &event);
        if (r)
                return r;
        move = &event->move;
        move->kind = kind;
        move->qty_milli = goods->milli;
        if (str_copy(move->sku, sizeof(move->sku), goods->sku) ||
            str_copy(move->lot, sizeof(move->lot), goods->lot) ||
            str_copy(move->from, sizeof(move->from), from) ||
            str_copy(move->to, sizeof(move->to), to))
                return -ENAMETOOLONG;
        if (ret_move)
                *ret_move = move;
        return 0;
}

int step_exception(struct step *step, enum exception_kind kind,
                   struct exception_change **ret_exception) {
        struct event *event;
        int r = step_event(step, EVENT_EXCEPTION, &event);

        if (r)
                return r;
        event->exception.kind = kind;
        event->exception.state = EXCEPTION_OPENED;
        exception_defaults(kind, &event->exception.severity, event->exception.owner);
        *ret_exception = &event->exception;
        return 0;
}

void step_blame_order(struct exception_change *exception, const struct ledger_order *order) {
        memcpy(exception->order, order->order, sizeof(exception->order));
        exception->order_priority = order->priority;
        exception->order_due_ms = order->due_ms;
}

int step_order(struct step *step, enum order_state state, const struct ledger_order *order,
               struct order_change **ret_change) {
        struct event *event;
        int r = step_event(step, EVENT_ORDER, &event);

        if (r)
                return r;
        event->order.state = state;
        memcpy(event->order.order, order->order, sizeof(event->order.order));
        memcpy(event->order.tote, step->state.tote, sizeof(event->order.tote));
        event->order.ordered_milli = order->ordered_milli;
        event->order.picked_milli = order->picked_milli;
        event->order.short_milli = order->short_milli;
        *ret_change = &event->order;
        return 0;
}

/* ---- quantities ------------------------------------------------------------------------------ */

/* The smallest quantity of an item that is counted with 0 to 3 decimals. */
static int64_t smallest(int decimals) {
        static const int64_t milli[] = { 1000, 100, 10, 1 };

        return milli[decimals < 0 ? 0 : decimals > 3 ? 3 : decimals];
}

int step_quantity(struct step *step, const struct ledger_item *item, bool zero, int64_t *ret_milli) {
        int64_t milli = item->case_milli;

        if (step->state.has_qty) {
                if (__builtin_mul_overflow(step->state.qty_milli, item->case_milli, &milli) ||
                    milli / QTY_UNIT > QTY_MAX_MILLI)
                        return step_bad(step, "that is too many: scan a smaller T$QTY"), STEP_E_ANSWERED;
                if (milli % QTY_UNIT)
                        return step_bad(step, "%s cannot be counted that finely", item->name), STEP_E_ANSWERED;
                milli /= QTY_UNIT;
        }
        if (milli < 0 || (milli == 0 && !zero))
                return step_bad(step, "a quantity of 0 is only for counting"), STEP_E_ANSWERED;
        if (milli % smallest(item->decimals))
                return step_bad(step, "%s is not counted in parts so small: scan another T$QTY", item->name),
                       STEP_E_ANSWERED;
        *ret_milli = milli;
        return 0;
}

int step_confirm(struct step *step, const struct ledger_item *item, int64_t milli) {
        char question[FLOW_ASKED_SIZE], goods[STEP_GOODS_SIZE];

        if (milli <= item->max_qty_milli)
                return 0;
        show_text(question, sizeof(question), "qty:%lld:%s", (long long)milli, item->sku);
        if (strcmp(question, step->asked) == 0)
                return 0;
        memcpy(step->state.asked, question, sizeof(question));
        step_goods_text(goods, milli, item->name);
        (void)step_attention(step, "%s? That is a lot: scan again to confirm", goods);
        return STEP_E_ANSWERED;
}

void step_spend_quantity(struct step *step) {
        step->state.has_qty = false;
        step->state.qty_milli = 0;
}

void step_goods_text(char ret_text[STEP_GOODS_SIZE], int64_t milli, const char *name) {
        char qty[QTY_TEXT_SIZE];

        qty_format(milli, qty);
        show_text(ret_text, STEP_GOODS_SIZE, "%s x %s", qty, name);
}

/* ---- places ------------------------------------------------------------------------------------- */

int step_place(char ret_place[LOCATION_SIZE], const char *kind, const char *name) {
        if (strlen(kind) + strlen(name) >= LOCATION_SIZE)
                return -ENAMETOOLONG;
        show_text(ret_place, LOCATION_SIZE, "%s%s", kind, name);
        return 0;
}
