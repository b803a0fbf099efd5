/* SPDX-License-Identifier: MIT */
#include "agent/flow/flow.h"

#include <errno.h>
#include <stdlib.h>
#include "agent/flow/control.h"
#include "agent/flow/lookup.h"
#include "agent/flow/workflow.h"
#include "base/qty.h"

/* An array that one huge step left behind is given back. */
enum { EVENTS_KEPT = 64 };

/* ---- the table of modes ------------------------------------------------------------------- */

static const struct workflow workflow_pack = { .name = "pack" };
static const struct workflow workflow_receive = { .name = "receive" };
static const struct workflow workflow_putaway = { .name = "putaway" };
static const struct workflow workflow_ship = { .name = "ship" };
static const struct workflow workflow_check = { .name = "check" };

static const struct workflow *const workflows[MODE_MAX_] = {
        [MODE_PICK] = &workflow_pick,
        [MODE_PACK] = &workflow_pack,
        [MODE_RECEIVE] = &workflow_receive,
        [MODE_PUTAWAY] = &workflow_putaway,
        [MODE_MOVE] = &workflow_move,
        [MODE_COUNT] = &workflow_count,
        [MODE_RETURN] = &workflow_return,
        [MODE_SHIP] = &workflow_ship,
        [MODE_CHECK] = &workflow_check,
};

const struct workflow *workflow_of(enum flow_mode mode) {
        return workflows[mode];
}

const char *flow_mode_name(enum flow_mode mode) {
        return workflows[mode]->name;
}

int flow_mode_parse(const char *name, enum flow_mode *ret_mode) {
        for (enum flow_mode mode = 0; mode < MODE_MAX_; mode++)
                if (strcmp(workflows[mode]->name, name) == 0) {
                        *ret_mode = mode;
                        return 0;
                }
        return -EINVAL;
}

const char *feedback_name(enum feedback feedback) {
        static const char *const names[] = {
                [FEEDBACK_GOOD] = "good",
                [FEEDBACK_BAD] = "bad",
                [FEEDBACK_ATTENTION] = "attention",
        };

        return names[feedback];
}

/* Everything but the mode, the operator and the number of scans. */
static void forget(struct flow_state *state) {
        struct flow_state fresh = { .mode = state->mode, .n_recorded = state->n_recorded };

        memcpy(fresh.operator_id, state->operator_id, sizeof(fresh.operator_id));
        *state = fresh;
}

static int drop(struct step *step) {
        const struct workflow *workflow = workflow_of(step->state.mode);
        int r = workflow->drop ? workflow->drop(step) : 0;

        if (r)
                return r;
        forget(&step->state);
        return 0;
}

int workflow_enter(struct step *step, enum flow_mode mode) {
        int r = drop(step);

        if (r)
                return r;
        step->state.mode = mode;
        return 0;
}

/* ---- control codes that mean the same in every mode ----------------------------------------- */

static int on_mode(struct step *step, const struct control *control) {
        const struct workflow *workflow = workflow_of(control->mode);
        int r;

        if (!workflow->ready)
                return step_bad(step, "%s is not in this version", workflow->name);
        r = workflow_enter(step, control->mode);
        return r ? r : step_good(step, "%s", workflow->name);
}

static int on_qty(struct step *step, const struct control *control) {
        char qty[QTY_TEXT_SIZE];
        bool counting = step->state.mode == MODE_COUNT && !step->state.damaged;

        if (control->qty_milli == 0 && !counting)
                return step_bad(step, "a quantity of 0 is only for counting");
        step->state.has_qty = true;
        step->state.qty_milli = control->qty_milli;
        qty_format(control->qty_milli, qty);
        return step_good(step, "%s of the next item", qty);
}

static int on_cancel(struct step *step, const struct control *control) {
        int r;

        (void)control;
        if (step->state.damaged) {
                step->state.damaged = false;
                step->state.damaged_bin[0] = 0;
                step_spend_quantity(step);
                return step_good(step, "back to %s", flow_mode_name(step->state.mode));
        }
        r = drop(step);
        return r ? r : step_good(step, "cancelled");
}

static int on_help(struct step *step, const struct control *control) {
        struct flow_screen screen;
        int r;

        (void)control;
        r = flow_screen(step->settings, step->view, &step->state, &screen);
        return r ? r : step_attention(step, "%s", screen.instruction);
}

static int on_damaged(struct step *step, const struct control *control) {
        (void)control;
        return damaged_begin(step);
}

static int on_logout(struct step *step, const struct control *control) {
        (void)control;
        return session_logout(step);
}

/* ---- control codes that the mode decides ------------------------------------------------------ */

static int on_done(struct step *step, const struct control *control) {
        const struct workflow *workflow = workflow_of(step->state.mode);

        (void)control;
        return workflow->done ? workflow->done(step) : step_bad(step, "nothing to finish here");
}

static int on_short(struct step *step, const struct control *control) {
        const struct workflow *workflow = workflow_of(step->state.mode);

        (void)control;
        return workflow->close_short ? workflow->close_short(step) :
                                       step_bad(step, "T$SHORT is for picking");
}

static int on_reason(struct step *step, const struct control *control) {
        const struct workflow *workflow = workflow_of(step->state.mode);

        return workflow->reason ? workflow->reason(step, control->reason) :
                                  step_bad(step, "T$REASON is for returns");
}

static int on_undo(struct step *step, const struct control *control) {
        const struct workflow *workflow = workflow_of(step->state.mode);
        int r = workflow->undo ? workflow->undo(step) : STEP_E_NOT_MINE;

        (void)control;
        return r == STEP_E_NOT_MINE ? undo_last_move(step) : r;
}

static const struct control_row {
        int (*run)(struct step *step, const struct control *control); /* NULL: not in this version */
        bool in_damaged; /* also between T$DAMAGED and its item */
        const char *name;
} controls[CONTROL_VERB_MAX_] = {
        [CONTROL_MODE] =    { on_mode,    true,  "" },
        [CONTROL_QTY] =     { on_qty,     true,  "T$QTY" },
        [CONTROL_SHORT] =   { on_short,   false, "T$SHORT" },
        [CONTROL_DAMAGED] = { on_damaged, true,  "T$DAMAGED" },
        [CONTROL_UNDO] =    { on_undo,    false, "T$UNDO" },
        [CONTROL_DONE] =    { on_done,    false, "T$DONE" },
        [CONTROL_CANCEL] =  { on_cancel,  true,  "T$CANCEL" },
        [CONTROL_REPRINT] = { NULL,       true,  "T$REPRINT" },
        [CONTROL_LOGOUT] =  { on_logout,  true,  "T$LOGOUT" },
        [CONTROL_REASON] =  { on_reason,  false, "T$REASON" },
        [CONTROL_HELP] =    { on_help,    true,  "T$HELP" },
};

static int step_control(struct step *step, const struct control *control) {
        const struct control_row *row = &controls[control->verb];

        if (!row->run)
                return step_bad(step, "%s is not in this version", row->name);
        if (step->state.damaged && !row->in_damaged)
                return step_bad(step, "first the damaged item: scan its bin and the item, or T$CANCEL");
        return row->run(step, control);
}

/* ---- scans --------------------------------------------------------------------------------------- */

static int step_unknown(struct step *step, struct slice text) {
        struct exception_change *exception;
        char code[ID_SIZE];
        int r = step_exception(step, EXCEPTION_UNKNOWN_CODE, &exception);

        if (r)
                return r;
        show_code(exception->group, sizeof(exception->group), text);
        show_code(exception->found, sizeof(exception->found), text);
        show_code(code, sizeof(code), text);
        return step_bad(step, "unknown code %s", code);
}

static int step_damaged(struct step *step, const struct found *found) {
        if (found->kind == FOUND_LOCATION)
                return damaged_location(step, &found->location);
        if (found->kind == FOUND_ITEM)
                return damaged_item(step, &found->item);
        return step_bad(step, "first the damaged item: scan its bin and the item, or T$CANCEL");
}

static int step_workflow(struct step *step, const struct found *found) {
        const struct workflow *workflow = workflow_of(step->state.mode);

        if (!workflow->ready)
                return step_bad(step, "%s is not in this version: scan T$PICK, T$COUNT, T$MOVE or T$RETURN",
                                workflow->name);
        if (found->kind == FOUND_LOCATION && workflow->location)
                return workflow->location(step, &found->location);
        if (found->kind == FOUND_ORDER && workflow->order)
                return workflow->order(step, &found->order);
        if (found->kind == FOUND_TOTE && workflow->tote)
                return workflow->tote(step, found->tote);
        if (found->kind == FOUND_ITEM && workflow->item)
                return workflow->item(step, &found->item);
        return step_bad(step, "%s does not need that code here", workflow->name);
}

static int step_code(struct step *step, const struct barcode *scan) {
        struct found found;
        int r = lookup(step->view, scan, &found);

        if (r)
                return r;
        if (found.kind == FOUND_NOTHING)
                return step_unknown(step, scan->text);
        if (found.kind == FOUND_OPERATOR)
                return session_badge(step, &found.operator);
        if (step->state.damaged)
                return step_damaged(step, &found);
        return step_workflow(step, &found);
}

static int step_scan(struct step *step, const struct barcode *scan) {
        struct control control;

        switch (control_parse(scan->text, &control)) {
        case 0:
                return step_control(step, &control);
        case CONTROL_E_QTY:
                return step_bad(step, "T$QTY needs a number, like T$QTY6 or T$QTY0.5");
        case CONTROL_E_REASON:
                return step_bad(step, "T$REASON needs a code, like T$REASONunwanted");
        default:
                return step_code(step, scan);
        }
}

/* ---- the public function ---------------------------------------------------------------------------- */

static void effects_clear(struct flow_effects *effects) {
        if (effects->cap_events > EVENTS_KEPT)
                flow_effects_fini(effects);
        *effects = (struct flow_effects) { .events = effects->events, .cap_events = effects->cap_events };
}

void flow_effects_fini(struct flow_effects *effects) {
        free(effects->events);
        effects->events = NULL;
        effects->n_events = effects->cap_events = 0;
}

int flow_step(const struct flow_settings *settings, const struct flow_view *view,
              struct flow_state *state, const struct barcode *scan, struct flow_effects *effects) {
        struct step step = { settings, view, scan->raw, *state, "", effects };
        int r;

        effects_clear(effects);
        memcpy(step.asked, state->asked, sizeof(step.asked));
        memset(step.state.asked, 0, sizeof(step.state.asked));
        r = step_scan(&step, scan);
        if (r == STEP_E_TOO_MANY) {
                effects_clear(effects);
                r = step_bad(&step, "too much for one scan: do it in smaller parts");
        }
        if (r < 0) {
                effects_clear(effects);
                effects->feedback = FEEDBACK_BAD;
                return r;
        }
        if (effects->feedback == FEEDBACK_BAD) {
                effects->recorded = effects->n_events > 0;
                return 0;
        }
        *state = step.state;
        state->n_recorded++;
        effects->recorded = true;
        return 0;
}

int flow_screen(const struct flow_settings *settings, const struct flow_view *view,
                const struct flow_state *state, struct flow_screen *ret_screen) {
        const struct workflow *workflow = workflow_of(state->mode);
        struct flow_screen screen = { 0 };
        int r;

        if (!workflow->ready) {
                show_text(screen.title, sizeof(screen.title), "%s", workflow->name);
                show_text(screen.instruction, sizeof(screen.instruction),
                          "%s is not in this version: scan T$PICK, T$COUNT, T$MOVE or T$RETURN",
                          workflow->name);
        } else {
                r = workflow->screen(settings, view, state, &screen);
                if (r)
                        return r;
        }
        if (state->damaged)
                damaged_screen(state, &screen);
        *ret_screen = screen;
        return 0;
}
