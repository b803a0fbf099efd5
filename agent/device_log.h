/* SPDX-License-Identifier: MIT */
#pragma once

/* Device log: what becomes of devices, as events and exceptions. All in the open turn, which is begun where none is. */

#include "agent/agent.h"

MUST_CHECK int device_record(struct agent_device *device, enum device_state state,
                             const char *detail);

/* Its scanner came or went: once for each change, and an exception while it is gone. */
MUST_CHECK int device_record_scanner(struct agent_device *device, enum scanner_state state,
                                     const char *detail);

/* It said what it is: an event when this run of the agent did not know the firmware yet, an exception while its profile does not
 * approve it. */
MUST_CHECK int device_record_identity(struct agent_device *device, const char *model,
                                      const char *firmware);
