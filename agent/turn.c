/* SPDX-License-Identifier: MIT */
#include "agent/turn.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/log.h"

enum {
        COMMIT_PRIORITY = 0,
        COMMIT_PRIORITY_FULL = -20, /* before the scanners (-10): the turn has enough */
        CHECKPOINT_IDLE_MS = 5000,  /* after the last commit */
        WAITERS_FIRST = 64,
};

struct waiter {
        void (*done)(void *userdata, int result);
        void *userdata;
};

struct waiters {
        struct waiter *items;
        size_t n, cap;
};

struct turn {
        sd_event *event;
        struct ledger *ledger;
        sd_event_source *commit;     /* defer, one shot */
        sd_event_source *checkpoint; /* one shot; runs only after commits */
        bool checkpoint_due;
        int64_t committed_ms;
        /* Who waits, and the spare that is filled while those are told. */
        struct waiters waiters, spare;
        void (*rolled_back)(void *userdata);
        void *rolled_back_userdata;
        void (*committed)(void *userdata);
        void *committed_userdata;
};

/* Those who are told may begin the next turn and wait for it. */
static void turn_tell(struct turn *turn, int result) {
        struct waiters told = turn->waiters;

        turn->waiters = turn->spare;
        turn->waiters.n = 0;
        turn->spare = (struct waiters) { 0 };
        for (size_t i = 0; i < told.n; i++)
                told.items[i].done(told.items[i].userdata, result);
        told.n = 0;
        turn->spare = told;
}

/* The next turn is asked for by the next turn_begin. */
static void turn_calm(struct turn *turn) {
        (void)sd_event_source_set_enabled(turn->commit, SD_EVENT_OFF);
        (void)sd_event_source_set_priority(turn->commit, COMMIT_PRIORITY);
}

static void turn_arm_checkpoint(struct turn *turn) {
        turn->committed_ms = clock_mono_ms();
        if (turn->checkpoint_due)
                return;
        if (sd_event_source_set_time_relative(turn->checkpoint, CHECKPOINT_IDLE_MS * 1000) >= 0 &&
            sd_event_source_set_enabled(turn->checkpoint, SD_EVENT_ONESHOT) >= 0)
                turn->checkpoint_due = true;
}

static int on_checkpoint(sd_event_source *source, uint64_t usec, void *userdata) {
        struct turn *turn = userdata;
        int64_t idle_ms = clock_mono_ms() - turn->committed_ms;

        (void)source;
        (void)usec;
        turn->checkpoint_due = false;
        if (idle_ms < CHECKPOINT_IDLE_MS) {
                int64_t committed_ms = turn->committed_ms;

                turn_arm_checkpoint(turn);
                turn->committed_ms = committed_ms;
                return 0;
        }
        if (!ledger_in_transaction(turn->ledger) && ledger_checkpoint(turn->ledger) < 0)
                log_warning("checkpoint: %s", ledger_error(turn->ledger));
        (void)malloc_trim(0); /* what a burst needed goes back: gateways are small */
        return 0;
}

static int on_commit(sd_event_source *source, void *userdata) {
        struct turn *turn = userdata;

        (void)source;
        if (turn_commit(turn) < 0)
                log_error("not recorded: %s", ledger_error(turn->ledger));
        return 0;
}

int turn_new(sd_event *event, struct ledger *ledger, void (*rolled_back)(void *userdata),
             void *userdata, struct turn **ret) {
        struct turn *turn = calloc(1, sizeof(*turn));
        int r;

        if (!turn)
                return -ENOMEM;
        turn->event = sd_event_ref(event);
        turn->ledger = ledger;
        turn->rolled_back = rolled_back;
        turn->rolled_back_userdata = userdata;
        r = sd_event_add_defer(event, &turn->commit, on_commit, turn);
        if (r >= 0)
                r = sd_event_source_set_enabled(turn->commit, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_time_relative(event, &turn->checkpoint, CLOCK_MONOTONIC,
                                               CHECKPOINT_IDLE_MS * 1000, 0, on_checkpoint, turn);
        if (r >= 0)
                r = sd_event_source_set_enabled(turn->checkpoint, SD_EVENT_OFF);
        if (r < 0) {
                turn_free(turn);
                return r;
        }
        *ret = turn;
        return 0;
}

void turn_free(struct turn *turn) {
        if (!turn)
                return;
        if (turn_commit(turn) < 0)
                log_error("not recorded: %s", ledger_error(turn->ledger));
        sd_event_source_disable_unref(turn->commit);
        sd_event_source_disable_unref(turn->checkpoint);
        sd_event_unref(turn->event);
        free(turn->waiters.items);
        free(turn->spare.items);
        free(turn);
}

int turn_begin(struct turn *turn) {
        int r;

        if (ledger_in_transaction(turn->ledger))
                return 0;
        r = ledger_begin(turn->ledger);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(turn->commit, SD_EVENT_ONESHOT);
        if (r < 0)
                ledger_rollback(turn->ledger);
        return r < 0 ? r : 0;
}

int turn_after(struct turn *turn, void (*done)(void *userdata, int result), void *userdata) {
        struct waiters *waiters = &turn->waiters;

        if (waiters->n == waiters->cap) {
                size_t cap = waiters->cap ? waiters->cap * 2 : WAITERS_FIRST;
                struct waiter *items = reallocarray(waiters->items, cap, sizeof(*items));

                if (!items)
                        return -ENOMEM;
                waiters->items = items;
                waiters->cap = cap;
        }
        waiters->items[waiters->n++] = (struct waiter) { done, userdata };
        if (waiters->n == TURN_SCANS_MAX)
                (void)sd_event_source_set_priority(turn->commit, COMMIT_PRIORITY_FULL);
        return 0;
}

void turn_fail(struct turn *turn, int error) {
        ledger_rollback(turn->ledger);
        turn_calm(turn);
        turn->rolled_back(turn->rolled_back_userdata);
        turn_tell(turn, error);
}

int turn_commit(struct turn *turn) {
        int r;

        if (!ledger_in_transaction(turn->ledger))
                return 0;
        r = ledger_commit(turn->ledger);
        if (r < 0) {
                turn_fail(turn, r);
                return r;
        }
        turn_calm(turn);
        turn_tell(turn, 0);
        turn_arm_checkpoint(turn);
        if (turn->committed)
                turn->committed(turn->committed_userdata);
        return 0;
}

void turn_on_commit(struct turn *turn, void (*committed)(void *userdata), void *userdata) {
        turn->committed = committed;
        turn->committed_userdata = userdata;
}
