/* SPDX-License-Identifier: MIT */
#pragma once

/* Devices: scanners and printers of the configuration, opened, watched, and told of in the log. */

#include "agent/agent.h"
#include "base/jsonw.h"

/* Makes them all. A device whose port or profile this program cannot drive is reported and left out: it
 * never keeps the others from working. -ENOMEM. */
MUST_CHECK int devices_start(struct agent *agent);
void devices_stop(struct agent *agent);

void devices_changed(struct agent *agent); /* the status topic follows */

/* The array "devices" of the status message. @userdata is the agent. */
void devices_write(void *userdata, struct bytes *out);
/* "ready", "absent", "fault"; a printer's as printer_state_name says. */
const char *devices_word(const struct agent_device *device);
/* As far as they are known; else as the configuration has them: "auto". */
const char *devices_port(const struct agent_device *device);
const char *devices_profile(const struct agent_device *device);

/* Name of a station's printer, "" where it has none. @userdata is the agent. */
const char *devices_printer_of(void *userdata, const char *station);
