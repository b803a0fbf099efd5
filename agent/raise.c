/* SPDX-License-Identifier: MIT */
#include "agent/raise.h"

#include <errno.h>
#include <stdio.h>

enum { OPEN_MAX = 10000, RECOVERED_MAX = 16 };

int raise_exception(struct agent *agent, const struct exception_change *change) {
        struct event event = { .type = EVENT_EXCEPTION, .exception = *change };
        int r = turn_begin(agent->turn);

        event.exception.state = EXCEPTION_OPENED;
        exception_defaults(change->kind, &event.exception.severity, event.exception.owner);
        return r < 0 ? r : ledger_append(agent->ledger, &event);
}

struct found {
        enum exception_kind kind;
        const char *prefix;
        struct exception_change changes[RECOVERED_MAX];
        size_t n;
};

static int on_open(void *userdata, const struct ledger_exception *exception) {
        struct found *found = userdata;
        const struct exception_change *change = &exception->last;

        if (change->kind == found->kind &&
            strncmp(change->group, found->prefix, strlen(found->prefix)) == 0)
                found->changes[found->n++] = *change;
        return found->n == RECOVERED_MAX ? 1 : 0;
}

int raise_recovered(struct agent *agent, enum exception_kind kind, const char *prefix) {
        struct found found = { .kind = kind, .prefix = prefix };
        int r = ledger_exceptions_each(agent->ledger, false, OPEN_MAX, on_open, &found);

        for (size_t i = 0; r >= 0 && i < found.n; i++) {
                struct event event = { .type = EVENT_EXCEPTION, .exception = found.changes[i] };

                event.exception.state = EXCEPTION_RESOLVED;
                (void)snprintf(event.exception.by, sizeof(event.exception.by), "tallyd");
                (void)snprintf(event.exception.action, sizeof(event.exception.action), "recovered");
                r = turn_begin(agent->turn);
                if (r == 0)
                        r = ledger_append(agent->ledger, &event);
        }
        return r < 0 ? r : 0;
}
