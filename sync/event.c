/* SPDX-License-Identifier: MIT */
#include "sync/event.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/qty.h"
#include "base/ulid.h"
#include "sync/event_members.h"

/* ---- writing ----------------------------------------------------------------------------- */

static int64_t event_int_at(const struct event *event, size_t offset) {
        int64_t value;

        memcpy(&value, (const char *)event + offset, sizeof(value));
        return value;
}

/* All our enums are unsigned int to gcc (no negative member); the assertion keeps it so. */
_Static_assert(sizeof(enum move_kind) == sizeof(unsigned), "enums are read as unsigned");

static unsigned event_word_at(const struct event *event, size_t offset) {
        unsigned value;

        memcpy(&value, (const char *)event + offset, sizeof(value));
        return value;
}

static void event_write_after(struct jsonw *w, const struct chain_point *after) {
        if (!after->epoch[0]) {
                jsonw_null(w, "after");
                return;
        }
        jsonw_object(w, "after");
        jsonw_string(w, "epoch", after->epoch);
        jsonw_uint(w, "seq", after->seq);
        jsonw_digest(w, "hash", &after->hash);
        jsonw_object_end(w);
}

static void event_write_number(struct jsonw *w, const struct event_member *member, int64_t value) {
        if (value == 0)
                return;
        if (member->type == MEMBER_QTY)
                jsonw_qty(w, member->name, value);
        else if (member->type == MEMBER_TIME)
                jsonw_time(w, member->name, value);
        else
                jsonw_int(w, member->name, value);
}

static void event_write_member(struct jsonw *w, const struct event_member *member,
                               const struct event *event) {
        const char *at = (const char *)event + member->offset;

        switch (member->type) {
        case MEMBER_TEXT:
                jsonw_opt_string(w, member->name, at);
                return;
        case MEMBER_QTY:
        case MEMBER_INT:
        case MEMBER_COUNT:
        case MEMBER_TIME:
                event_write_number(w, member, event_int_at(event, member->offset));
                return;
        case MEMBER_OF:
                if (event->move.kind != MOVE_REVERSE)
                        return;
                /* fallthrough */
        case MEMBER_WORD:
                jsonw_string(w, member->name,
                             event_word(member->words, event_word_at(event, member->offset)));
                return;
        case MEMBER_BEFORE:
                if (event->exception.has_stock_before)
                        jsonw_qty(w, member->name, event->exception.stock_before_milli);
                return;
        case MEMBER_AFTER:
                if (event->system.state == SYSTEM_STARTED)
                        event_write_after(w, &event->system.after);
                return;
        }
}

int event_write(const struct event *event, struct bytes *out) {
        const struct event_shape *shape = &event_shapes[event->type];
        struct jsonw w = jsonw_to(out);
        size_t before = out->len;

        jsonw_object(&w, NULL);
        jsonw_uint(&w, "seq", event->seq);
        jsonw_time(&w, "ts", event->ts_ms);
        jsonw_string(&w, "type", event_type_name(event->type));
        jsonw_opt_string(&w, "station", event->station);
        jsonw_opt_string(&w, "operator", event->operator_id);
        if (event->boot[0]) {
                jsonw_string(&w, "boot", event->boot);
                jsonw_int(&w, "mono_ms", event->mono_ms);
        }
        for (size_t i = 0; i < shape->n_members; i++)
                event_write_member(&w, &shape->members[i], event);
        if (event->scan.len > 0)
                jsonw_scan(&w, "scan", event->scan);
        jsonw_object_end(&w);
        if (bytes_error(out) != 0)
                return -ENOMEM;
        return out->len - before > EVENT_LINE_MAX ? -EMSGSIZE : 0;
}

/* ---- checking ---------------------------------------------------------------------------- */

/* Bytes of the UTF-8 character at @at, 0 when it is none (Unicode 15, table 3-7). */
static size_t event_utf8_len(const uint8_t *at) {
        uint8_t low = 0x80, high = 0xBF;
        size_t len = at[0] < 0x80 ? 1 : at[0] < 0xC2 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;

        if (at[0] > 0xF4)
                return 0;
        if (at[0] == 0xE0)
                low = 0xA0;
        else if (at[0] == 0xED)
                high = 0x9F;
        else if (at[0] == 0xF0)
                low = 0x90;
        else if (at[0] == 0xF4)
                high = 0x8F;
        /* The text's NUL is no continuation byte, so this never reads past it. */
        for (size_t i = 1; i < len; i++, low = 0x80, high = 0xBF)
                if (at[i] < low || at[i] > high)
                        return 0;
        return len;
}

static void event_clean_text(char *text) {
        for (uint8_t *at = (uint8_t *)text; *at;) {
                size_t len = event_utf8_len(at);

                if (len == 0)
                        *at = '?';
                at += len ? len : 1;
        }
}

void event_clean(struct event *event) {
        const struct event_shape *shape = &event_shapes[event->type];

        event_clean_text(event->station);
        event_clean_text(event->operator_id);
        for (size_t i = 0; i < shape->n_members; i++)
                if (shape->members[i].type == MEMBER_TEXT)
                        event_clean_text((char *)event + shape->members[i].offset);
}

static const char *event_move_fault(const struct move *move) {
        if (move->qty_milli <= 0 || move->qty_milli > QTY_MAX_MILLI)
                return "qty must be more than 0 and at most a thousand million";
        if (move->sell_milli > move->qty_milli || move->sell_milli < -move->qty_milli)
                return "sell must not be more than qty";
        if (!move->sku[0] || !move->from[0] || !move->to[0])
                return "sku, from and to must not be empty";
        if (strcmp(move->from, move->to) == 0)
                return "from and to are the same";
        if (move->kind == MOVE_REVERSE && move->reverses == 0)
                return "reverses is missing";
        return NULL;
}

static const char *event_fault(const struct event *event) {
        switch (event->type) {
        case EVENT_MOVE:
                return event_move_fault(&event->move);
        case EVENT_ORDER:
                if (event->order.state == ORDER_OPEN)
                        return "state \"open\" is no event";
                return event->order.order[0] ? NULL : "order is empty";
        case EVENT_EXCEPTION:
                return event->exception.id[0] ? NULL : "id is empty";
        case EVENT_PRINT:
                if (event->print.state == PRINT_SENDING || event->print.state == PRINT_SENT)
                        return "a job's sending is no event";
                return event->print.job > 0 ? NULL : "job must be more than 0";
        case EVENT_SYSTEM:
                if (event->system.state == SYSTEM_STARTED && !ulid_valid(event->system.epoch))
                        return "epoch is not a ULID";
                return NULL;
        default:
                return NULL;
        }
}

int event_check(const struct event *event, char *ret_error, size_t error_size) {
        const char *fault = event_fault(event);

        if (!fault)
                return 0;
        (void)snprintf(ret_error, error_size, "%s", fault);
        return EVENT_E_MALFORMED;
}

/* ---- reading ----------------------------------------------------------------------------- */

static int PRINTF_LIKE(2, 3) event_malformed(struct jsonr_error *error, const char *format, ...) {
        va_list args;

        va_start(args, format);
        (void)vsnprintf(error->text, sizeof(error->text), format, args);
        va_end(args);
        return EVENT_E_MALFORMED;
}

static int event_read_word(const json_t *object, const char *key, const struct event_words *words,
                           unsigned *ret_value, struct jsonr_error *error) {
        char word[ID_SIZE];

        if (jsonr_string(object, key, word, sizeof(word), error) != 0)
                return EVENT_E_MALFORMED;
        if (event_word_parse(words, word, ret_value) != 0)
                return event_malformed(error, "%s \"%s\" is unknown", key, word);
        return 0;
}

static int event_read_time(const json_t *object, const char *key, int64_t *ret_ms,
                           struct jsonr_error *error) {
        char text[TIMESTAMP_SIZE] = "";

        if (jsonr_opt_string(object, key, text, sizeof(text), error) != 0)
                return EVENT_E_MALFORMED;
        if (text[0] && clock_parse(text, ret_ms) != 0)
                return event_malformed(error, "%s is not an RFC 3339 time in UTC", key);
        return 0;
}

static int event_read_after(const json_t *object, const char *key, struct chain_point *ret_after,
                            struct jsonr_error *error) {
        const json_t *after = json_object_get(object, key);
        char hex[DIGEST_HEX_SIZE];
        int64_t seq;

        if (!after || json_is_null(after))
                return 0;
        if (jsonr_string(after, "epoch", ret_after->epoch, sizeof(ret_after->epoch), error) != 0 ||
            jsonr_int(after, "seq", 1, INT64_MAX, &seq, error) != 0 ||
            jsonr_string(after, "hash", hex, sizeof(hex), error) != 0)
                return EVENT_E_MALFORMED;
        if (!ulid_valid(ret_after->epoch) || digest_parse(hex, &ret_after->hash) != 0)
                return event_malformed(error, "after names no point of a chain");
        ret_after->seq = (uint64_t)seq;
        return 0;
}

static int event_read_number(const json_t *object, const struct event_member *member, void *at,
                             struct jsonr_error *error) {
        int64_t value = 0;
        int r;

        if (member->type == MEMBER_QTY || member->type == MEMBER_BEFORE)
                r = jsonr_opt_qty(object, member->name, &value, error);
        else if (member->type == MEMBER_TIME)
                r = event_read_time(object, member->name, &value, error);
        else
                r = jsonr_opt_int(object, member->name, member->type == MEMBER_COUNT ? 0 : INT64_MIN,
                                  INT64_MAX, &value, error);
        if (r != 0)
                return EVENT_E_MALFORMED;
        memcpy(at, &value, sizeof(value));
        return 0;
}

static int event_read_member(const json_t *object, const struct event_member *member,
                             struct event *ret_event, struct jsonr_error *error) {
        const json_t *value = json_object_get(object, member->name);
        void *at = (char *)ret_event + member->offset;
        bool absent = !value || json_is_null(value);
        unsigned word;

        if (absent)
                return member->required ? event_malformed(error, "%s is missing", member->name) : 0;
        switch (member->type) {
        case MEMBER_TEXT:
                return jsonr_opt_string(object, member->name, at, member->size, error) != 0 ?
                               EVENT_E_MALFORMED :
                               0;
        case MEMBER_WORD:
        case MEMBER_OF:
                if (event_read_word(object, member->name, member->words, &word, error) != 0)
                        return EVENT_E_MALFORMED;
                memcpy(at, &word, sizeof(word));
                return 0;
        case MEMBER_AFTER:
                return event_read_after(object, member->name, at, error);
        case MEMBER_BEFORE:
                ret_event->exception.has_stock_before = true;
                /* fallthrough */
        case MEMBER_QTY:
        case MEMBER_INT:
        case MEMBER_COUNT:
        case MEMBER_TIME:
                return event_read_number(object, member, at, error);
        }
        return 0;
}

static int event_read_common(const json_t *object, struct event *ret_event,
                             struct jsonr_error *error) {
        int64_t seq;
        unsigned type;

        if (jsonr_int(object, "seq", 1, INT64_MAX, &seq, error) != 0 ||
            event_read_word(object, "type", &event_type_words, &type, error) != 0 ||
            event_read_time(object, "ts", &ret_event->ts_ms, error) != 0 ||
            jsonr_opt_string(object, "station", ret_event->station, sizeof(ret_event->station),
                             error) != 0 ||
            jsonr_opt_string(object, "operator", ret_event->operator_id,
                             sizeof(ret_event->operator_id), error) != 0 ||
            jsonr_opt_string(object, "boot", ret_event->boot, sizeof(ret_event->boot), error) != 0 ||
            jsonr_opt_int(object, "mono_ms", INT64_MIN, INT64_MAX, &ret_event->mono_ms, error) != 0)
                return EVENT_E_MALFORMED;
        if (!json_object_get(object, "ts"))
                return event_malformed(error, "ts is missing");
        ret_event->seq = (uint64_t)seq;
        ret_event->type = type;
        return 0;
}

static int event_read(const json_t *object, struct event *ret_event, struct jsonr_error *error) {
        const struct event_shape *shape;
        int r = event_read_common(object, ret_event, error);

        if (r != 0)
                return r;
        shape = &event_shapes[ret_event->type];
        for (size_t i = 0; i < shape->n_members; i++) {
                r = event_read_member(object, &shape->members[i], ret_event, error);
                if (r != 0)
                        return r;
        }
        return event_check(ret_event, error->text, sizeof(error->text));
}

int event_parse(struct slice line, struct event *ret_event, char *ret_error, size_t error_size) {
        CLEANUP(jsonr_unref) json_t *object = NULL;
        struct jsonr_error error = { "" };
        struct event event = { 0 };
        int r;

        if (line.len > EVENT_LINE_MAX) {
                (void)snprintf(ret_error, error_size, "longer than %d bytes", EVENT_LINE_MAX);
                return EVENT_E_MALFORMED;
        }
        r = jsonr_parse(line, &object, &error);
        if (r < 0)
                return r;
        if (r == 0)
                r = event_read(object, &event, &error);
        if (r != 0) {
                (void)snprintf(ret_error, error_size, "%s", error.text);
                return EVENT_E_MALFORMED;
        }
        *ret_event = event;
        return 0;
}
