/* SPDX-License-Identifier: MIT */
#include "sync/event_members.h"

enum { MAYBE = false, MUST = true };

#define AT(field) offsetof(struct event, field)
#define TEXT(name, must, field)                                                        \
        { name, MEMBER_TEXT, must, AT(field), sizeof(((struct event *)0)->field), NULL }
#define VALUE(name, type, must, field) { name, MEMBER_##type, must, AT(field), 0, NULL }
#define WORD(name, field, words) { name, MEMBER_WORD, MUST, AT(field), 0, &(words) }

static const struct event_member move_members[] = {
        WORD("kind", move.kind, move_kind_words),
        { "of", MEMBER_OF, MAYBE, AT(move.of), 0, &move_kind_words },
        TEXT("sku", MUST, move.sku),
        TEXT("lot", MAYBE, move.lot),
        TEXT("serial", MAYBE, move.serial),
        TEXT("expiry", MAYBE, move.expiry),
        VALUE("qty", QTY, MUST, move.qty_milli),
        TEXT("from", MUST, move.from),
        TEXT("to", MUST, move.to),
        VALUE("sell", QTY, MAYBE, move.sell_milli),
        TEXT("order", MAYBE, move.order),
        VALUE("line", COUNT, MAYBE, move.line),
        VALUE("reverses", COUNT, MAYBE, move.reverses),
        TEXT("reason", MAYBE, move.reason),
        TEXT("id", MAYBE, move.id),
};

static const struct event_member order_members[] = {
        WORD("state", order.state, order_state_words),
        TEXT("order", MUST, order.order),
        TEXT("tote", MAYBE, order.tote),
        VALUE("line", COUNT, MAYBE, order.line),
        TEXT("sku", MAYBE, order.sku),
        VALUE("ordered", QTY, MAYBE, order.ordered_milli),
        VALUE("picked", QTY, MAYBE, order.picked_milli),
        VALUE("short", QTY, MAYBE, order.short_milli),
};

static const struct event_member exception_members[] = {
        WORD("kind", exception.kind, exception_kind_words),
        WORD("state", exception.state, exception_state_words),
        TEXT("id", MUST, exception.id),
        WORD("severity", exception.severity, severity_words),
        TEXT("owner", MAYBE, exception.owner),
        TEXT("group", MAYBE, exception.group),
        VALUE("count", COUNT, MAYBE, exception.count),
        TEXT("order", MAYBE, exception.order),
        VALUE("line", COUNT, MAYBE, exception.line),
        TEXT("sku", MAYBE, exception.sku),
        TEXT("location", MAYBE, exception.location),
        TEXT("device", MAYBE, exception.device),
        TEXT("expected", MAYBE, exception.expected),
        TEXT("found", MAYBE, exception.found),
        VALUE("stock_before", BEFORE, MAYBE, exception.stock_before_milli),
        VALUE("qty", QTY, MAYBE, exception.qty_milli),
        VALUE("order_priority", INT, MAYBE, exception.order_priority),
        VALUE("order_due", TIME, MAYBE, exception.order_due_ms),
        TEXT("action", MAYBE, exception.action),
        TEXT("by", MAYBE, exception.by),
        TEXT("note", MAYBE, exception.note),
};

static const struct event_member print_members[] = {
        WORD("state", print.state, print_state_words),
        VALUE("job", COUNT, MUST, print.job),
        TEXT("order", MAYBE, print.order),
        TEXT("printer", MAYBE, print.printer),
        TEXT("label", MAYBE, print.label),
        TEXT("reason", MAYBE, print.reason),
        TEXT("by", MAYBE, print.by),
};

static const struct event_member device_members[] = {
        WORD("state", device.state, device_state_words),
        TEXT("device", MUST, device.device),
        TEXT("port", MAYBE, device.port),
        TEXT("profile", MAYBE, device.profile),
        TEXT("firmware", MAYBE, device.firmware),
        TEXT("detail", MAYBE, device.detail),
};

static const struct event_member session_members[] = {
        WORD("state", session.state, session_state_words),
};

static const struct event_member system_members[] = {
        WORD("state", system.state, system_state_words),
        TEXT("epoch", MAYBE, system.epoch),
        TEXT("version", MAYBE, system.version),
        VALUE("after", AFTER, MAYBE, system.after),
        VALUE("jump_ms", INT, MAYBE, system.jump_ms),
};

#define SHAPE(members) { members, ARRAY_LEN(members) }

const struct event_shape event_shapes[EVENT_TYPE_MAX_] = {
        [EVENT_MOVE] = SHAPE(move_members),
        [EVENT_ORDER] = SHAPE(order_members),
        [EVENT_EXCEPTION] = SHAPE(exception_members),
        [EVENT_PRINT] = SHAPE(print_members),
        [EVENT_DEVICE] = SHAPE(device_members),
        [EVENT_SESSION] = SHAPE(session_members),
        [EVENT_SYSTEM] = SHAPE(system_members),
};
