/* SPDX-License-Identifier: MIT */
#pragma once

/* Plug watch: says when something is plugged in or out. udev tells (sd-device); without udevd nothing does. */

#include <systemd/sd-event.h>
#include "base/def.h"

struct plug_watch;

/* @changed: ask plug_list. From the loop, once for what comes together. -ENOMEM, or why the kernel does not tell. */
MUST_CHECK int plug_watch_new(sd_event *event, void (*changed)(void *userdata), void *userdata,
                              struct plug_watch **ret);
void plug_watch_free(struct plug_watch *watch); /* NULL is fine */
