/* SPDX-License-Identifier: MIT */
#pragma once

/* Devices: scanners and printers of the configuration, opened, watched, and told of in the log. */

#include "agent/agent.h"
#include "base/jsonw.h"

/* Makes them all. A device whose port or profile this program cannot drive is reported and left out: it
 * never keeps the others from working. -ENOMEM. */
MUST_CHECK int devices_start(struct agent *agent);
void devices_stop(struct agent *agent);

/* Appends a device event in the open turn, which it begins where none is. */
MUST_CHECK int devices_record(struct agent *agent, enum device_state state,
                              const struct config_device *device, const char *detail);
void devices_changed(struct agent *agent); /* the status topic follows */

/* The array "devices" of the status message. @userdata is the agent. */
void devices_write(void *userdata, struct bytes *out);
/* "ready", "absent", "fault"; a printer's as printer_state_name says. */
const char *devices_scanner_word(const struct agent_device *entry);
const char *devices_printer_word(const struct agent_device *entry);

/* Name of a station's printer, "" where it has none. @userdata is the agent. */
const char *devices_printer_of(void *userdata, const char *station);
