/* SPDX-License-Identifier: MIT */
#pragma once

/* Raise: exceptions that the agent itself finds (devices, printing), and their end when it sees that the cause is gone. */

#include "agent/agent.h"

/* Opens or repeats @change (kind, group and evidence set; severity and owner by default) in the open turn, which it
 * begins where none is. Negative errno of the ledger: the caller fails the turn. */
MUST_CHECK int raise_exception(struct agent *agent, const struct exception_change *change);

/* Resolves what is open of this kind whose group begins with @prefix, by "tallyd" with action "recovered". */
MUST_CHECK int raise_recovered(struct agent *agent, enum exception_kind kind, const char *prefix);
