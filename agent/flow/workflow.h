/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Workflow: what one mode does with each kind of scan. One file a workflow, one row a mode.
 *
 * A function that is NULL refuses: the general words are in flow.c. Control codes that mean the same
 * everywhere (T$QTY, T$CANCEL …) never reach a workflow but through these.
 */

#include "agent/flow/step.h"

struct workflow {
        const char *name;
        bool ready; /* false: "pack is not in this version" */
        int (*location)(struct step *step, const struct ledger_location *location);
        int (*order)(struct step *step, const struct ledger_order *order);
        int (*tote)(struct step *step, const char *tote);
        int (*item)(struct step *step, const struct ledger_item *item);
        int (*done)(struct step *step);
        int (*close_short)(struct step *step);
        int (*reason)(struct step *step, const char *reason);
        /* Before the general rule; STEP_E_NOT_MINE hands over to it. */
        int (*undo)(struct step *step);
        /* Drops what is half done, for T$CANCEL and a change of mode; answers nothing. */
        int (*drop)(struct step *step);
        /* Title, instruction and figures. */
        int (*screen)(const struct flow_settings *settings, const struct flow_view *view,
                      const struct flow_state *state, struct flow_screen *screen);
};

extern const struct workflow workflow_pick, workflow_move, workflow_count, workflow_return;

const struct workflow *workflow_of(enum flow_mode mode);

/* Drops the old workflow's half done things and stands at the beginning of @mode. */
MUST_CHECK int workflow_enter(struct step *step, enum flow_mode mode);

/* T$DAMAGED on top of any mode (damaged.c). */
int damaged_begin(struct step *step);
int damaged_location(struct step *step, const struct ledger_location *location);
int damaged_item(struct step *step, const struct ledger_item *item);
void damaged_screen(const struct flow_state *state, struct flow_screen *screen);

/* T$UNDO's general rule (undo.c). */
int undo_last_move(struct step *step);

/* Operators (session.c). */
int session_badge(struct step *step, const struct ledger_operator *operator);
int session_logout(struct step *step);

/* hand:<station>, where a move's goods are between two bins (move.c). */
MUST_CHECK int move_hand(const struct flow_settings *settings, char ret_hand[LOCATION_SIZE]);
/* Where returned goods wait for their bin (returns.c). */
MUST_CHECK int returns_place(const struct flow_view *view, char ret_place[LOCATION_SIZE]);
/* A return that was undone is forgotten, and goods whose way to the bin was undone wait for it again;
 * moves of other workflows change nothing (returns.c). */
MUST_CHECK int returns_reopen(struct step *step, const struct move *undone);
