/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Printing: the ledger's jobs to the printers, and what became of them back into the ledger (DESIGN 6).
 *
 *     queued -> sending (durable before the first byte) -> printed
 *                                                       -> queued (no label came out)
 *                                                       -> uncertain (a person decides)
 *
 * A job that was being sent when the agent went stays so where the printer counts its labels: its
 * printer takes it first, and the count says which it is.
 */

#include "agent/agent.h"

extern const struct printer_handler printing_handler; /* its userdata is a struct agent_device */

/* Jobs that were under way when the power went, and that no printer's count can decide: nobody knows
 * what became of them. In a turn of its own. */
MUST_CHECK int printing_recover(struct agent *agent);

/* Prints @job again; @by: who says so. In the open turn. -ENOENT; -EBUSY: it waits or is under way. */
MUST_CHECK int printing_reprint(struct agent *agent, uint64_t job, const char *by);

/*
 * A label of another program for this printer (rawport.h), queued in the open turn, which is begun where none is. One that
 * the guard refuses is told as an exception and not printed: 0 as well. Negative: the ledger would not take it, and the
 * turn is gone.
 */
MUST_CHECK int printing_queue_raw(struct agent_device *device, struct slice zpl);
long printing_waiting(const struct agent_device *device); /* queued jobs */

/* Every printer looks for a job; cheap. */
void printing_wake(struct agent *agent);
