/* SPDX-License-Identifier: MIT */
#pragma once

/* Device look: what is plugged in at the moment, what it is recognised as, and whether a section has it. */

#include "agent/agent.h"
#include "drivers/plug.h"
#include "drivers/recognise.h"

struct seen {
        struct plug_device device;
        struct profile_found found;
        bool held;   /* a section has it already */
        bool usable; /* we may open it */
};

struct look {
        struct seen seen[PLUG_DEVICES_MAX]; /* one for each device, ordered by port */
        size_t n;
};

/* Looks now. What @last (may be NULL) knows of a device that is still there is not found out again. -ENOMEM; what else fails
 * is told in the log and leaves out what it concerns. */
MUST_CHECK int look_take(struct agent *agent, const struct look *last, struct look **ret);

/* Whether a port of the configuration means what is plugged in at @plugged: a tty has many names, and "usb:1-1.2:1.0" is one
 * interface of what is at usb:1-1.2. */
bool port_is_at(const char *port, const char *plugged);

const struct seen *look_at(const struct look *look, const char *port); /* NULL: nothing is there */
/* The same device, not unplugged in between. NULL: it is gone; also where @look is NULL. */
const struct seen *look_find(const struct look *look, const char *plugged, int number);
