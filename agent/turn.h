/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Turn: the group commit. Everything that wants to write in one turn of the event loop shares one transaction, and
 * everything that has to wait for "durable" (feedback, HTTP 200, a label's first byte) waits for its commit.
 *
 *     turn_begin -> ledger_append … -> turn_after(feedback) -> [loop drained of scans] -> commit -> feedback
 *
 * The commit is a defer source of priority 0: scanners (priority -10) that are readable come first, at most
 * TURN_SCANS_MAX scans. If an append or the commit fails, all of the turn is rolled back, everyone who waits is told,
 * and the listeners (stations) read their place again.
 */

#include <systemd/sd-event.h>
#include "agent/ledger/ledger.h"

enum { TURN_SCANS_MAX = 256 };

struct turn;

/* @rolled_back runs after a failed turn, before the waiters are told. */
MUST_CHECK int turn_new(sd_event *event, struct ledger *ledger, void (*rolled_back)(void *userdata),
                        void *userdata, struct turn **ret);
void turn_free(struct turn *turn); /* commits what is open */

MUST_CHECK int turn_begin(struct turn *turn);
/* @done(0) after the commit, @done(negative errno) after a rollback. -ENOMEM. In the order of the calls. */
MUST_CHECK int turn_after(struct turn *turn, void (*done)(void *userdata, int result), void *userdata);
/* Something inside the turn failed: roll back at once and tell all who wait. */
void turn_fail(struct turn *turn, int error);
/* Commits now, and tells those who wait. For a caller that cannot go on before. */
MUST_CHECK int turn_commit(struct turn *turn);
/* Called after each successful commit (the uplink). One listener. */
void turn_on_commit(struct turn *turn, void (*committed)(void *userdata), void *userdata);
