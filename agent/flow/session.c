/* SPDX-License-Identifier: MIT */
#include "agent/flow/workflow.h"

static int session_event(struct step *step, enum session_state state) {
        struct event *event;
        int r = step_event(step, EVENT_SESSION, &event);

        if (r == 0)
                event->session.state = state;
        return r;
}

/* One person at a time: the next badge logs the one before out. */
int session_badge(struct step *step, const struct ledger_operator *operator) {
        int r = 0;

        if (strcmp(step->state.operator_id, operator->operator_id) == 0)
                return step_good(step, "%s", operator->name);
        if (step->state.operator_id[0])
                r = session_event(step, SESSION_LOGOUT);
        if (r)
                return r;
        memcpy(step->state.operator_id, operator->operator_id, sizeof(step->state.operator_id));
        r = session_event(step, SESSION_LOGIN);
        return r ? r : step_good(step, "hello %s", operator->name);
}

int session_logout(struct step *step) {
        int r;

        if (!step->state.operator_id[0])
                return step_bad(step, "nobody is logged in");
        r = session_event(step, SESSION_LOGOUT);
        if (r)
                return r;
        step->state.operator_id[0] = '\0';
        return step_good(step, "goodbye");
}
