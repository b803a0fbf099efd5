/* SPDX-License-Identifier: MIT */
#include "sync/event.h"

#include <errno.h>
#include "sync/event_words.h"

/* The words of the wire, in the order of the enums. They never change: they are in every log. */

static const char *const event_types[] = {
        "move", "order", "exception", "print", "device", "session", "system",
};
static const char *const move_kinds[] = {
        "receive", "putaway",  "pick",   "pack",   "ship",
        "transfer", "adjust", "return", "scrap", "reverse",
};
static const char *const order_states[] = {
        "open", "started", "picked", "packed", "shipped", "short", "cancelled",
};
static const char *const exception_kinds[] = {
        "short_pick",         "wrong_item",     "over_pick",       "unknown_code",
        "damaged",            "expired_lot",    "duplicate_serial", "negative_stock",
        "count_difference",   "replenish",      "task_conflict",   "printer_fault",
        "print_uncertain",    "device_lost",    "firmware_drift",  "clock_jump",
        "broker_unreachable", "outbox_high",    "disk_low",        "cert_expiring",
        "fork",               "totals_mismatch", "epoch_changed",  "quarantined_event",
        "oversell_risk",      "stuck_order",
};
static const char *const exception_states[] = { "opened", "repeated", "acked", "resolved" };
static const char *const severities[] = { "info", "low", "medium", "high", "critical" };
static const char *const print_states[] = {
        "queued", "sending", "sent", "printed", "failed", "uncertain", "reprinted",
};
static const char *const device_states[] = { "attached", "lost", "fault", "ok", "firmware" };
static const char *const session_states[] = { "login", "logout" };
static const char *const system_states[] = { "started", "clock_jump", "epoch_change", "restored" };

#define WORDS(name, array, count)                                                  \
        _Static_assert(ARRAY_LEN(array) == (count), "a word for each " #array);     \
        const struct event_words name = { array, ARRAY_LEN(array) }

WORDS(event_type_words, event_types, EVENT_TYPE_MAX_);
WORDS(move_kind_words, move_kinds, MOVE_KIND_MAX_);
WORDS(order_state_words, order_states, ORDER_STATE_MAX_);
WORDS(exception_kind_words, exception_kinds, EXCEPTION_KIND_MAX_);
WORDS(exception_state_words, exception_states, EXCEPTION_STATE_MAX_);
WORDS(severity_words, severities, SEVERITY_MAX_);
WORDS(print_state_words, print_states, PRINT_STATE_MAX_);
WORDS(device_state_words, device_states, DEVICE_STATE_MAX_);
WORDS(session_state_words, session_states, SESSION_STATE_MAX_);
WORDS(system_state_words, system_states, SYSTEM_STATE_MAX_);

const char *event_word(const struct event_words *words, unsigned value) {
        return value < words->n_words ? words->words[value] : "?";
}

int event_word_parse(const struct event_words *words, const char *name, unsigned *ret_value) {
        for (unsigned i = 0; i < words->n_words; i++) {
                if (strcmp(words->words[i], name) != 0)
                        continue;
                *ret_value = i;
                return 0;
        }
        return -EINVAL;
}

const char *event_type_name(enum event_type type) {
        return event_word(&event_type_words, type);
}

const char *move_kind_name(enum move_kind kind) {
        return event_word(&move_kind_words, kind);
}

const char *order_state_name(enum order_state state) {
        return event_word(&order_state_words, state);
}

const char *exception_kind_name(enum exception_kind kind) {
        return event_word(&exception_kind_words, kind);
}

const char *exception_state_name(enum exception_state state) {
        return event_word(&exception_state_words, state);
}

const char *severity_name(enum severity severity) {
        return event_word(&severity_words, severity);
}

const char *print_state_name(enum print_state state) {
        return event_word(&print_state_words, state);
}

const char *device_state_name(enum device_state state) {
        return event_word(&device_state_words, state);
}

const char *session_state_name(enum session_state state) {
        return event_word(&session_state_words, state);
}

const char *system_state_name(enum system_state state) {
        return event_word(&system_state_words, state);
}

int move_kind_parse(const char *name, enum move_kind *ret_kind) {
        unsigned value;

        if (event_word_parse(&move_kind_words, name, &value) != 0)
                return -EINVAL;
        *ret_kind = value;
        return 0;
}

int exception_kind_parse(const char *name, enum exception_kind *ret_kind) {
        unsigned value;

        if (event_word_parse(&exception_kind_words, name, &value) != 0)
                return -EINVAL;
        *ret_kind = value;
        return 0;
}
