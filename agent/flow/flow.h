/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Flow: what happens in a warehouse, as a pure function (DESIGN 3).
 *
 *     flow_step(settings, view, state, scan) -> state', effects
 *
 * No I/O, no clock, no allocation but the effects' array, which is kept between steps. What a step has to know
 * of the world it asks through a view; what it wants done it says in effects. The caller makes
 * the effects durable, and only then gives the feedback.
 *
 * One file a workflow (pick.c, count.c …), a table of modes in flow.c.
 */

#include <stdbool.h>
#include "agent/ledger/ledger.h" /* the row structs; flow calls no ledger function */
#include "drivers/barcode/barcode.h"
#include "sync/event.h"

enum feedback { FEEDBACK_GOOD, FEEDBACK_BAD, FEEDBACK_ATTENTION };

const char *feedback_name(enum feedback feedback); /* "good", "bad", "attention" */

enum flow_mode {
        MODE_PICK,
        MODE_PACK,
        MODE_RECEIVE,
        MODE_PUTAWAY,
        MODE_MOVE,
        MODE_COUNT,
        MODE_RETURN,
        MODE_SHIP,
        MODE_CHECK,
        MODE_MAX_,
};

const char *flow_mode_name(enum flow_mode mode);
MUST_CHECK int flow_mode_parse(const char *name, enum flow_mode *ret_mode);

enum {
        FLOW_EVENTS_MAX = 4096, /* one scan that would make more is refused: a huge order's T$DONE */
        FLOW_SCAN_MAX = 1024,   /* bytes of the scan that its events carry; as \u escapes these are 6 KiB of a line */
        FLOW_ASKED_SIZE = ID_SIZE + 40,
};

enum label_on { LABEL_ON_PICKED, LABEL_ON_PACKED, LABEL_NEVER };

/* From [station NAME]. */
struct flow_settings {
        char station[NAME_SIZE];
        char gateway[NAME_SIZE];
        enum flow_mode mode; /* where the station starts */
        bool require_location_scan;
        enum label_on label_on;
        bool verify;
        bool ship_on_pack;
};

/* What a step may ask. Each function answers like the ledger's function of the same name. */
struct flow_view {
        void *ctx;
        int (*operator_by_badge)(void *ctx, struct slice code, struct ledger_operator *ret);
        int (*location_by_code)(void *ctx, struct slice code, struct ledger_location *ret);
        int (*location_of_kind)(void *ctx, const char *kind, struct ledger_location *ret);
        int (*item_by_code)(void *ctx, struct slice code, struct ledger_item *ret);
        int (*item_by_gtin)(void *ctx, const char gtin14[15], struct ledger_item *ret);
        int (*item)(void *ctx, const char *sku, struct ledger_item *ret);
        int (*order)(void *ctx, const char *order, struct ledger_order *ret);
        int (*order_by_tote)(void *ctx, const char *tote, struct ledger_order *ret);
        int (*open_line)(void *ctx, const char *order, const char *location, const char *sku, int n,
                         struct ledger_line *ret);
        int (*stock_qty)(void *ctx, const char *location, const char *sku, const char *lot, int64_t *ret_milli);
        int (*stock_at)(void *ctx, const char *location, int n, struct ledger_stock *ret);
        int (*last_move)(void *ctx, struct event *ret_event); /* of this station */
        int (*counted)(void *ctx, int n, struct ledger_counted *ret); /* this station's count sheet */
};

/* Where a station is. Saved as text with every step that changes it. */
struct flow_state {
        enum flow_mode mode;
        char operator_id[ID_SIZE];
        char order[ID_SIZE];
        char tote[ID_SIZE];
        char bin[LOCATION_SIZE];   /* scanned last in this workflow; "": none */
        char sku[ID_SIZE];         /* return: waits for reason and bin; move: scanned before its bin; count: counted last */
        char lot[ID_SIZE];
        int64_t sku_milli;         /* how many of it */
        bool has_qty;              /* T$QTY was scanned, for the next item */
        int64_t qty_milli;
        char reason[ID_SIZE];
        int step;                  /* the workflow's own place; see its file */
        bool damaged;              /* T$DAMAGED is under way on top of the mode */
        char damaged_bin[LOCATION_SIZE];
        char asked[FLOW_ASKED_SIZE]; /* what a repeat of the same scan confirms: "done", "qty:<milli>:<sku>" */
        uint64_t n_recorded;       /* scans answered good or attention since the station's first day */
};

void flow_state_init(struct flow_state *state, const struct flow_settings *settings);
/* JSON text of the state, appended; and back. -EINVAL: not ours, start afresh. */
MUST_CHECK int flow_state_write(const struct flow_state *state, struct bytes *out);
MUST_CHECK int flow_state_parse(struct slice text, struct flow_state *ret_state);

/* What the station shows: the same words on the page, in the API and in tests. */
struct flow_screen {
        char title[64];     /* "pick 536365" */
        char instruction[160]; /* what to do next: "go to A-03-2, take 6 x WHITE HANGING HEART" */
        char message[200];  /* what the last scan did, or why it was refused */
        char location[LOCATION_SIZE];
        char sku[ID_SIZE];
        int64_t wanted_milli, done_milli;
        int64_t n_lines, n_open_lines; /* of the order */
};

/* COUNT_DROP: the item was counted as 0, and is taken back: not seen, where nothing else of it was counted. */
enum flow_count_change { COUNT_KEEP, COUNT_ADD, COUNT_DROP, COUNT_CLEAR };

struct flow_effects {
        enum feedback feedback;
        struct event *events; /* in order; station and operator already set, seq and ts not */
        size_t n_events, cap_events;
        bool print_order_label; /* of label_order, queued for this station's printer */
        char label_order[ID_SIZE];
        bool recorded;          /* state or events changed: save and commit before the feedback. A refused scan
                                 * changes no state; it is recorded where it raised an exception */
        enum flow_count_change count; /* change of this station's count sheet, after the events */
        char count_sku[ID_SIZE], count_lot[ID_SIZE];
        int64_t count_milli;
        /* Only its message is set: the rest depends on what the events change. Once they are applied,
         * flow_screen() gives the whole, and the caller puts this message in. */
        struct flow_screen screen;
};

void flow_effects_fini(struct flow_effects *effects);

/*
 * One scan. @state is changed only where effects->recorded. Returns 0 (also for refused scans: feedback bad)
 * or the view's negative errno (-ENOMEM), then nothing happened and the caller answers bad.
 * @effects is emptied first. Its events borrow @scan's bytes.
 */
MUST_CHECK int flow_step(const struct flow_settings *settings, const struct flow_view *view,
                         struct flow_state *state, const struct barcode *scan, struct flow_effects *effects);

/* The screen of a state, as the view is now: its message empty. */
MUST_CHECK int flow_screen(const struct flow_settings *settings, const struct flow_view *view,
                           const struct flow_state *state, struct flow_screen *ret_screen);
