/* SPDX-License-Identifier: MIT */
#pragma once

/* Device open: a section's scanner or printer at a port, with its profile, and what it then tells. */

#include "agent/agent.h"

/*
 * Opens device->profile at device->port. What cannot be driven is told in device->detail and the log, and costs the
 * others nothing: 0. -ENOMEM.
 */
MUST_CHECK int device_open(struct agent_device *device);
/* agent->usb is there from now on: libusb costs memory, so not before a USB port is wanted. */
MUST_CHECK int device_need_usb(struct agent *agent);
bool device_is_open(const struct agent_device *device); /* it has a driver */
bool device_works(const struct agent_device *device);   /* and that is not in a fault that stays */
void device_close(struct agent_device *device);         /* keeps its profile and port */

/* It cannot be driven: @why goes to the log and to who looks. */
void device_fault(struct agent_device *device, const char *why);
