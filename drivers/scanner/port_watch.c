/* SPDX-License-Identifier: MIT */
#include "drivers/scanner/port_watch.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { RETRY_US = 2 * 1000 * 1000 };

static void unwatch(struct port_watch *watch) {
        watch->folder = sd_event_source_disable_unref(watch->folder);
        if (watch->fd >= 0)
                (void)close(watch->fd);
        watch->fd = -1;
}

/* The folder, or while it is not there (/dev/serial/by-id without a device) one above it. */
static int watch_folder(int fd, const char *path) {
        char folder[PATH_SIZE];
        char *slash;

        (void)snprintf(folder, sizeof(folder), "%s", path);
        while ((slash = strrchr(folder, '/')) != NULL) {
                *slash = '\0';
                if (inotify_add_watch(fd, folder[0] ? folder : "/",
                                      IN_CREATE | IN_MOVED_TO | IN_ATTRIB) >= 0)
                        return 0;
                if (errno != ENOENT && errno != ENOTDIR)
                        return -errno;
        }
        return -ENOENT;
}

static int on_folder(sd_event_source *source, int fd, uint32_t events, void *userdata);

/* Without it the timer has to do. */
static void watch_path(struct port_watch *watch) {
        if (watch->fd >= 0 || !watch->path[0])
                return;
        watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (watch->fd < 0)
                return;
        if (watch_folder(watch->fd, watch->path) < 0 ||
            sd_event_add_io(watch->event, &watch->folder, watch->fd, EPOLLIN, on_folder, watch) < 0)
                unwatch(watch);
}

/* What happened does not matter: opening tells. The folder may be another one now, so it is watched
 * afresh, and before the attempt, so that nothing comes between. */
static int on_folder(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct port_watch *watch = userdata;

        (void)source;
        (void)fd;
        (void)events;
        unwatch(watch);
        watch_path(watch);
        watch->maybe(watch->userdata);
        return 0;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        struct port_watch *watch = userdata;

        (void)source;
        (void)usec;
        watch->maybe(watch->userdata);
        return 0;
}

int port_watch_init(struct port_watch *watch, sd_event *event, const char *path,
                    void (*maybe)(void *userdata), void *userdata) {
        int r;

        *watch = (struct port_watch) {
                .event = event, .path = path, .maybe = maybe, .userdata = userdata, .fd = -1
        };
        r = sd_event_add_time_relative(event, &watch->retry, CLOCK_MONOTONIC, RETRY_US,
                                       RETRY_US / 8, on_retry, watch);
        if (r >= 0)
                r = sd_event_source_set_enabled(watch->retry, SD_EVENT_OFF);
        return r < 0 ? r : 0;
}

void port_watch_fini(struct port_watch *watch) {
        if (!watch->event)
                return;
        unwatch(watch);
        watch->retry = sd_event_source_disable_unref(watch->retry);
}

void port_watch_arm(struct port_watch *watch) {
        watch_path(watch);
        (void)sd_event_source_set_time_relative(watch->retry, RETRY_US);
        (void)sd_event_source_set_enabled(watch->retry, SD_EVENT_ONESHOT);
}

void port_watch_disarm(struct port_watch *watch) {
        unwatch(watch);
        (void)sd_event_source_set_enabled(watch->retry, SD_EVENT_OFF);
}
