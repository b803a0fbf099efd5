/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Step: one scan under way, and what a workflow may do with it.
 *
 * A workflow works on a copy of the state; flow_step takes it over where the scan was answered good or
 * attention. Each scan ends in exactly one of step_good, step_bad and step_attention; a
 * refused one changes nothing, so nothing but exceptions may come before step_bad.
 */

#include "agent/flow/flow.h"
#include "agent/flow/show.h"

/* Outcomes between the functions of a step; none of them leaves flow_step. */
enum {
        STEP_E_ANSWERED = 1, /* the scan has its feedback already; stop here */
        STEP_E_TOO_MANY,     /* over FLOW_EVENTS_MAX or QTY_MAX_MILLI: refuse the scan whole */
        STEP_E_NOT_MINE,     /* a workflow leaves this to the general rule */
};

struct step {
        const struct flow_settings *settings;
        const struct flow_view *view;
        struct slice scan;        /* raw, as events carry it */
        struct flow_state state;  /* as it will be; without what was asked before */
        char asked[FLOW_ASKED_SIZE]; /* what the scan before asked */
        struct flow_effects *effects;
};

/* ---- the answer ------------------------------------------------------------------------- */

/* Each returns 0, so that a workflow can end with it. */
int step_good(struct step *step, const char *format, ...) PRINTF_LIKE(2, 3);
int step_bad(struct step *step, const char *format, ...) PRINTF_LIKE(2, 3);
int step_attention(struct step *step, const char *format, ...) PRINTF_LIKE(2, 3);

/* ---- events ------------------------------------------------------------------------------- */

/* -ENOMEM, STEP_E_TOO_MANY. @ret_event is valid until the next event. */
MUST_CHECK int step_event(struct step *step, enum event_type type, struct event **ret_event);

struct goods {
        const char *sku;
        const char *lot;
        int64_t milli;
};

/* @ret_move may be NULL; else order, line and reason can be set in it. @goods->milli > 0;
 * STEP_E_TOO_MANY over QTY_MAX_MILLI. */
MUST_CHECK int step_move(struct step *step, enum move_kind kind, const struct goods *goods,
                         const char *from, const char *to, struct move **ret_move);

/* With the kind's severity and owner; the rest is the caller's. */
MUST_CHECK int step_exception(struct step *step, enum exception_kind kind,
                              struct exception_change **ret_exception);

/* Order, priority and due time of @order as evidence. */
void step_blame_order(struct exception_change *exception, const struct ledger_order *order);

MUST_CHECK int step_order(struct step *step, enum order_state state, const struct ledger_order *order,
                          struct order_change **ret_change);

/* ---- quantities ------------------------------------------------------------------------------ */

/* How many units an item scan stands for: T$QTY times what the code stands for. STEP_E_ANSWERED
 * where that is no quantity of the item. 0 only with @zero. */
MUST_CHECK int step_quantity(struct step *step, const struct ledger_item *item, bool zero,
                             int64_t *ret_milli);

/* Over the item's max_qty: asks, unless this scan repeats the one that asked. STEP_E_ANSWERED. */
MUST_CHECK int step_confirm(struct step *step, const struct ledger_item *item, int64_t milli);

/* T$QTY is for one item scan; a refused one keeps it. */
void step_spend_quantity(struct step *step);

/* "6 x WHITE HANGING HEART" */
enum { STEP_GOODS_SIZE = 96 };
void step_goods_text(char ret_text[STEP_GOODS_SIZE], int64_t milli, const char *name);

/* ---- places ------------------------------------------------------------------------------------- */

/* Joins a kind of place and a name ("hold:", "A-03-2"). -ENAMETOOLONG. */
MUST_CHECK int step_place(char ret_place[LOCATION_SIZE], const char *kind, const char *name);
