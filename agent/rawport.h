/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Raw port: [printer NAME] listen = 9100. Any program prints here as if to the printer (raw TCP), through the durable
 * queue; ~HS and ~HI are answered from the real printer's state, other questions with silence.
 *
 * A label is a job when its ^XZ has come and the guard lets it through; before more is read it is durable, with the others
 * of the same read. Half a label of a connection that ends is dropped. Scans come first: everything here has a low priority, and a connection is read
 * in bounded pieces. At most RAWPORT_CONNECTIONS at a time, at most RAWPORT_LABEL_MAX bytes of a label in memory each.
 */

#include "agent/agent.h"

enum { RAWPORT_CONNECTIONS = 8, RAWPORT_LABEL_MAX = 6 * 1024 * 1024 };

struct rawport;

/* Listens for device->config->listen on every address. -EADDRINUSE and its like, -ENOMEM. */
MUST_CHECK int rawport_new(struct agent_device *device, struct rawport **ret);
void rawport_free(struct rawport *port); /* NULL is fine */
