/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Event: one fact of the log, and its one JSON text (DESIGN 4).
 *
 * event_write makes the line exactly as it is hashed, stored and sent; event_parse reads a
 * line back for projections, verification and the hub. Both are pure.
 *
 *     {"seq":1201,"ts":"…","type":"move","station":"pack-1","operator":"op-17","kind":"pick",
 *      "sku":"85123A","qty":6,"from":"A-03-2","to":"tote:T17","sell":-6,"order":"536365","line":1,
 *      "scan":"]E05012345678900"}
 *
 * Members that are empty, 0 or absent are left out. A "type" has a "kind" where it is a move or an
 * exception, and a "state" where something changes state.
 */

#include <stdbool.h>
#include "base/bytes.h"
#include "base/sha256.h"

enum event_type {
        EVENT_MOVE,
        EVENT_ORDER,
        EVENT_EXCEPTION,
        EVENT_PRINT,
        EVENT_DEVICE,
        EVENT_SESSION,
        EVENT_SYSTEM,
        EVENT_TYPE_MAX_,
};

enum move_kind {
        MOVE_RECEIVE,
        MOVE_PUTAWAY,
        MOVE_PICK,
        MOVE_PACK,
        MOVE_SHIP,
        MOVE_TRANSFER,
        MOVE_ADJUST,
        MOVE_RETURN,
        MOVE_SCRAP,
        MOVE_REVERSE,
        MOVE_KIND_MAX_,
};

/* "@customer": outside the warehouse; also the far side of adjust and scrap. */
#define LOCATION_SUPPLIER "@supplier"
#define LOCATION_CUSTOMER "@customer"
#define LOCATION_ADJUST "@adjust"
#define LOCATION_SCRAP "@scrap"

struct move {
        enum move_kind kind;
        enum move_kind of; /* MOVE_REVERSE: the kind of the move that is reversed ("of") */
        char sku[ID_SIZE];
        char lot[ID_SIZE];
        char serial[ID_SIZE];
        char expiry[11]; /* YYYY-MM-DD */
        int64_t qty_milli;  /* > 0 */
        int64_t sell_milli; /* change in sellable units */
        char from[LOCATION_SIZE];
        char to[LOCATION_SIZE];
        char order[ID_SIZE];
        int64_t line;      /* of the order; 0: none */
        uint64_t reverses; /* MOVE_REVERSE: seq of the move that is undone */
        char reason[ID_SIZE];
        char id[ID_SIZE]; /* moves put centrally: the caller's own id */
};

enum order_state {
        ORDER_OPEN, /* known, not begun; never the state of an event */
        ORDER_STARTED,
        ORDER_PICKED,
        ORDER_PACKED,
        ORDER_SHIPPED,
        ORDER_SHORT, /* one line was closed short; the event names line, sku and short_milli */
        ORDER_CANCELLED,
        ORDER_STATE_MAX_,
};

struct order_change {
        enum order_state state;
        char order[ID_SIZE];
        char tote[ID_SIZE];
        int64_t line; /* ORDER_SHORT */
        char sku[ID_SIZE];
        int64_t ordered_milli; /* sums over the order's lines; ORDER_SHORT: of the line */
        int64_t picked_milli;
        int64_t short_milli;
};

enum exception_kind {
        EXCEPTION_SHORT_PICK,
        EXCEPTION_WRONG_ITEM,
        EXCEPTION_OVER_PICK,
        EXCEPTION_UNKNOWN_CODE,
        EXCEPTION_DAMAGED,
        EXCEPTION_EXPIRED_LOT,
        EXCEPTION_DUPLICATE_SERIAL,
        EXCEPTION_NEGATIVE_STOCK,
        EXCEPTION_COUNT_DIFFERENCE,
        EXCEPTION_REPLENISH,
        EXCEPTION_TASK_CONFLICT,
        EXCEPTION_PRINTER_FAULT,
        EXCEPTION_PRINT_UNCERTAIN,
        EXCEPTION_DEVICE_LOST,
        EXCEPTION_FIRMWARE_DRIFT,
        EXCEPTION_CLOCK_JUMP,
        EXCEPTION_BROKER_UNREACHABLE,
        EXCEPTION_OUTBOX_HIGH,
        EXCEPTION_DISK_LOW,
        EXCEPTION_CERT_EXPIRING,
        EXCEPTION_FORK,
        EXCEPTION_TOTALS_MISMATCH,
        EXCEPTION_EPOCH_CHANGED,
        EXCEPTION_QUARANTINED_EVENT,
        EXCEPTION_OVERSELL_RISK,
        EXCEPTION_STUCK_ORDER,
        EXCEPTION_KIND_MAX_,
};

enum exception_state { EXCEPTION_OPENED, EXCEPTION_REPEATED, EXCEPTION_ACKED, EXCEPTION_RESOLVED, EXCEPTION_STATE_MAX_ };

enum severity { SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL, SEVERITY_MAX_ };

/* What a workflow or device raises. The ledger turns it into opened or repeated by its group,
 * and gives it its name: "{gateway}-{seq of the opening event}". */
struct exception_change {
        enum exception_state state;
        char id[ID_SIZE];
        enum exception_kind kind;
        enum severity severity;
        char owner[ID_SIZE];         /* role: "lead", "operations" */
        char group[LOCATION_SIZE * 2]; /* repeats with the same kind and group are counted, not listed */
        int64_t count;               /* times seen, from the ledger */
        char order[ID_SIZE];
        int64_t line;
        char sku[ID_SIZE];
        char location[LOCATION_SIZE];
        char device[ID_SIZE];
        char expected[128]; /* evidence in words: "12 x 85123A from A-03-2" */
        char found[128];
        int64_t stock_before_milli;
        bool has_stock_before;
        int64_t qty_milli;
        int64_t order_priority; /* 0 where the exception has no order */
        int64_t order_due_ms;   /* 0: none */
        char action[ID_SIZE]; /* resolved: restock scrap recount reverse reprint ignore reassign … */
        char by[ID_SIZE];     /* acked, resolved: the person */
        char note[256];
};

enum print_state {
        PRINT_QUEUED,
        PRINT_SENDING, /* a job's state in the ledger, never an event's */
        PRINT_SENT,    /* likewise */
        PRINT_PRINTED,
        PRINT_FAILED,
        PRINT_UNCERTAIN,
        PRINT_REPRINTED,
        PRINT_STATE_MAX_,
};

struct print_change {
        enum print_state state;
        uint64_t job; /* seq of its "queued" event */
        char order[ID_SIZE];
        char printer[ID_SIZE];
        char label[ID_SIZE]; /* "zpl" or the template's name */
        char reason[128];
        char by[ID_SIZE];
};

enum device_state { DEVICE_ATTACHED, DEVICE_LOST, DEVICE_FAULT, DEVICE_OK, DEVICE_FIRMWARE, DEVICE_STATE_MAX_ };

struct device_change {
        enum device_state state;
        char device[ID_SIZE];
        char port[PATH_SIZE];
        char profile[ID_SIZE];
        char firmware[ID_SIZE];
        char detail[128];
};

enum session_state { SESSION_LOGIN, SESSION_LOGOUT, SESSION_STATE_MAX_ };

struct session_change {
        enum session_state state;
};

enum system_state { SYSTEM_STARTED, SYSTEM_CLOCK_JUMP, SYSTEM_EPOCH_CHANGE, SYSTEM_RESTORED, SYSTEM_STATE_MAX_ };

/* The point in the chain that an epoch continues from. */
struct chain_point {
        char epoch[ULID_SIZE]; /* "": the file's very first epoch */
        uint64_t seq;
        struct digest hash;
};

struct system_change {
        enum system_state state;
        char epoch[ULID_SIZE];
        char version[ID_SIZE];
        struct chain_point after; /* SYSTEM_STARTED; "after":null for the file's first epoch */
        int64_t jump_ms;
};

struct event {
        uint64_t seq;
        int64_t ts_ms;
        enum event_type type;
        char station[NAME_SIZE];
        char operator_id[ID_SIZE];
        char boot[37];     /* boot id, only where the clock is not known to be set; else "" */
        int64_t mono_ms;   /* goes with boot */
        struct slice scan; /* borrowed; written, but not read back by event_parse */
        union {
                struct move move;
                struct order_change order;
                struct exception_change exception;
                struct print_change print;
                struct device_change device;
                struct session_change session;
                struct system_change system;
        };
};

enum { EVENT_LINE_MAX = 16 * 1024 }; /* bytes; a longer line is refused by writer and reader */

/* An event without a line break at its end, appended to @out. -ENOMEM; -EMSGSIZE over EVENT_LINE_MAX. */
MUST_CHECK int event_write(const struct event *event, struct bytes *out);

enum { EVENT_E_MALFORMED = 1 };

/* EVENT_E_MALFORMED with the reason in @ret_error (size >= 160); -ENOMEM. Unknown members are ignored,
 * unknown types, kinds and states are malformed. */
MUST_CHECK int event_parse(struct slice line, struct event *ret_event, char *ret_error,
                           size_t error_size);

/* Makes every text UTF-8 in place ('?' for a byte that is none), so that the line says exactly what the
 * struct says. For who makes events from bytes of devices. */
void event_clean(struct event *event);

/* What event_parse asks beyond the single members, for who makes events: EVENT_E_MALFORMED. */
MUST_CHECK int event_check(const struct event *event, char *ret_error, size_t error_size);

/* The words of the wire for the enums, and back (-EINVAL). */
const char *event_type_name(enum event_type type);
const char *move_kind_name(enum move_kind kind);
const char *order_state_name(enum order_state state);
const char *exception_kind_name(enum exception_kind kind);
const char *exception_state_name(enum exception_state state);
const char *severity_name(enum severity severity);
const char *print_state_name(enum print_state state);
const char *device_state_name(enum device_state state);
const char *session_state_name(enum session_state state);
const char *system_state_name(enum system_state state);
MUST_CHECK int move_kind_parse(const char *name, enum move_kind *ret_kind);
MUST_CHECK int exception_kind_parse(const char *name, enum exception_kind *ret_kind);

/* ---- exceptions (exception.c); docs/exceptions.md explains both --------------------------- */

/* What who raises a kind says where it knows nothing better. */
void exception_defaults(enum exception_kind kind, enum severity *ret_severity,
                        char ret_owner[ID_SIZE]);

/* (severity + 1) x urgency of the order x min(count, 10); larger is more urgent: 1 to 150.
 * @due_ms 0: no order waits. */
int64_t exception_priority(enum severity severity, int64_t count, int64_t due_ms, int64_t now_ms);
