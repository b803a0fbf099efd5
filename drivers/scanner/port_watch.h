/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Port watch: says when a port that is not there may have come. inotify on its folder where it has one, and a
 * slow timer as the belt, for what no folder tells of. Nothing runs while it is not armed.
 */

#include <systemd/sd-event.h>
#include "base/def.h"

struct port_watch {
        sd_event *event;
        const char *path; /* borrowed; "" where there is no folder to watch */
        void (*maybe)(void *userdata);
        void *userdata;
        sd_event_source *retry; /* one shot */
        int fd;                 /* inotify, -1 */
        sd_event_source *folder;
};

MUST_CHECK int port_watch_init(struct port_watch *watch, sd_event *event, const char *path,
                               void (*maybe)(void *userdata), void *userdata);
void port_watch_fini(struct port_watch *watch);

/* From now on; again after each maybe() that did not find it. */
void port_watch_arm(struct port_watch *watch);
void port_watch_disarm(struct port_watch *watch);
