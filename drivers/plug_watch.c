/* SPDX-License-Identifier: MIT */
#include "drivers/plug_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <systemd/sd-device.h>

/* A device comes as a handful of events: itself, its interfaces, their drivers, their nodes and links. One look at all of it,
 * for a scanner may be a keyboard as well, and that comes first. */
enum { SETTLE_US = 200 * 1000 };

struct plug_watch {
        sd_device_monitor *monitor;
        sd_event_source *settled; /* one shot */
        void (*changed)(void *userdata);
        void *userdata;
};

static int on_device(sd_device_monitor *monitor, sd_device *device, void *userdata) {
        struct plug_watch *watch = userdata;

        (void)monitor;
        (void)device;
        /* Never put off again: a cable with a loose contact would keep it waiting for ever. */
        if (sd_event_source_get_enabled(watch->settled, NULL) > 0)
                return 0;
        (void)sd_event_source_set_time_relative(watch->settled, SETTLE_US);
        (void)sd_event_source_set_enabled(watch->settled, SD_EVENT_ONESHOT);
        return 0;
}

static int on_settled(sd_event_source *source, uint64_t usec, void *userdata) {
        struct plug_watch *watch = userdata;

        (void)source;
        (void)usec;
        watch->changed(watch->userdata);
        return 0;
}

/* The interfaces; what says which of them are ours (hid: the usage page, usbmisc: the IEEE 1284 id); serial ports. */
static int monitor_start(struct plug_watch *watch, sd_event *event) {
        static const char *const subsystems[] = { "usb", "hid", "usbmisc", "tty" };
        int r = sd_device_monitor_new(&watch->monitor);

        for (size_t i = 0; r >= 0 && i < ARRAY_LEN(subsystems); i++)
                r = sd_device_monitor_filter_add_match_subsystem_devtype(watch->monitor,
                                                                         subsystems[i], NULL);
        if (r >= 0)
                r = sd_device_monitor_attach_event(watch->monitor, event);
        return r < 0 ? r : sd_device_monitor_start(watch->monitor, on_device, watch);
}

int plug_watch_new(sd_event *event, void (*changed)(void *userdata), void *userdata,
                   struct plug_watch **ret) {
        struct plug_watch *watch = calloc(1, sizeof(*watch));
        int r;

        if (!watch)
                return -ENOMEM;
        watch->changed = changed;
        watch->userdata = userdata;
        r = sd_event_add_time_relative(event, &watch->settled, CLOCK_MONOTONIC, SETTLE_US,
                                       SETTLE_US / 2, on_settled, watch);
        if (r >= 0)
                r = sd_event_source_set_enabled(watch->settled, SD_EVENT_OFF);
        if (r >= 0)
                r = monitor_start(watch, event);
        if (r < 0) {
                plug_watch_free(watch);
                return r;
        }
        *ret = watch;
        return 0;
}

void plug_watch_free(struct plug_watch *watch) {
        if (!watch)
                return;
        sd_device_monitor_unref(watch->monitor);
        sd_event_source_disable_unref(watch->settled);
        free(watch);
}
