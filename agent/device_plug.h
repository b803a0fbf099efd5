/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Device plug: finds devices for the sections that do not name them (port = auto), recognises those that have no
 * profile named (profile = auto), and does it again whenever something is plugged in or out.
 */

#include "agent/agent.h"

/* Whether its port or profile follows from what is plugged in. */
bool device_is_found(const struct agent_device *device);

/* Looks now, and from now on. -ENOMEM; what else fails is told in the log and leaves out what it concerns. */
MUST_CHECK int device_plug_start(struct agent *agent);
/* The scanner does not speak as what it was recognised as: it gets that profile's fallback, from the loop. */
void device_plug_foreign(struct agent_device *device);
void device_plug_stop(struct agent *agent);
