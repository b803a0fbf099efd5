/* SPDX-License-Identifier: MIT */
#include "agent/device_look.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "agent/device_open.h"
#include "base/log.h"
#include "drivers/usb.h"

enum { CLASS_HID = 0x03 }; /* USB HID 1.11, 4.1 */

/* ---- where it is ----------------------------------------------------------------------------------------- */

static const char *serial_path(const char *port) {
        static const char prefix[] = "serial:";

        return strncmp(port, prefix, strlen(prefix)) == 0 ? port + strlen(prefix) : NULL;
}

static bool is_same_tty(const char *left, const char *right) {
        struct stat a, b;

        return stat(left, &a) == 0 && stat(right, &b) == 0 && S_ISCHR(a.st_mode) &&
               S_ISCHR(b.st_mode) && a.st_rdev == b.st_rdev;
}

bool port_is_at(const char *port, const char *plugged) {
        const char *left = serial_path(port), *right = serial_path(plugged);
        size_t len = strlen(plugged);

        if (left && right)
                return strcmp(left, right) == 0 || is_same_tty(left, right);
        return strncmp(port, plugged, len) == 0 && (!port[len] || port[len] == ':');
}

const struct seen *look_at(const struct look *look, const char *port) {
        for (size_t i = 0; i < look->n; i++)
                if (port_is_at(port, look->seen[i].device.port))
                        return &look->seen[i];
        return NULL;
}

const struct seen *look_find(const struct look *look, const char *plugged, int number) {
        for (size_t i = 0; look && i < look->n; i++)
                if (look->seen[i].device.number == number &&
                    strcmp(look->seen[i].device.port, plugged) == 0)
                        return &look->seen[i];
        return NULL;
}

/* ---- what is plugged in ------------------------------------------------------------------------------------ */

static bool is_held(const struct agent *agent, const struct plug_device *device) {
        const struct agent_device *of[] = { agent->scanners, agent->printers };
        const size_t n[] = { agent->n_scanners, agent->n_printers };

        for (size_t i = 0; i < ARRAY_LEN(of); i++)
                for (size_t j = 0; j < n[i]; j++)
                        if (device_works(&of[i][j]) && of[i][j].plugged_number == device->number &&
                            strcmp(of[i][j].plugged, device->port) == 0)
                                return true;
        return false;
}

/* Interfaces of one device: the first that is ours stands for it. */
static bool is_double(const struct look *look, const struct plug_device *device) {
        return look->n > 0 && strcmp(look->seen[look->n - 1].device.port, device->port) == 0;
}

/* What is not there may come. */
static bool may_open(const char *node) {
        return access(node, R_OK | W_OK) == 0 || errno == ENOENT;
}

static int look_list(struct look *look, const struct agent *agent) {
        struct plug_device *devices = calloc(PLUG_DEVICES_MAX, sizeof(*devices));
        int n;

        if (!devices)
                return -ENOMEM;
        n = plug_list(devices, PLUG_DEVICES_MAX);
        if (n < 0)
                log_warning("devices: cannot look what is plugged in: %s", strerror(-n));
        for (int i = 0; i < n; i++)
                if (!is_double(look, &devices[i])) {
                        struct seen *seen = &look->seen[look->n++];

                        seen->device = devices[i];
                        seen->held = is_held(agent, &devices[i]);
                        seen->usable = may_open(devices[i].node);
                }
        if (n == PLUG_DEVICES_MAX)
                log_warning("devices: more are plugged in than the %d that are looked at", n);
        free(devices);
        return 0;
}

/* ---- what it is -------------------------------------------------------------------------------------------- */

/* What the driver tells goes when we take the device from it, so a device that is held is what it was; of one that another
 * program had little was known. */
static bool is_known(const struct seen *before, const struct seen *now) {
        return before &&
               (now->held ||
                (!before->device.taken && before->device.usage_page == now->device.usage_page &&
                 strcmp(before->device.device_id, now->device.device_id) == 0));
}

/* A file that cannot be read is no reason to leave the other profiles untried: recognise says so and goes on. */
static int look_recognise(struct look *look, const struct look *last) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        const struct plug_device *unknown[PLUG_DEVICES_MAX];
        struct profile_found *found[PLUG_DEVICES_MAX];
        size_t n = 0;
        int r;

        for (size_t i = 0; i < look->n; i++) {
                struct seen *now = &look->seen[i];
                const struct seen *before = look_find(last, now->device.port, now->device.number);

                if (is_known(before, now)) {
                        bool orphan = now->device.orphan, taken = now->device.taken;

                        now->device = before->device;
                        now->device.orphan = orphan;
                        now->device.taken = taken;
                        now->found = before->found;
                        continue;
                }
                unknown[n] = &now->device;
                found[n++] = &now->found;
        }
        r = profile_recognise_all(unknown, n, found, &error);
        if (error.len > 0)
                log_warning("%s", bytes_str(&error));
        return r;
}

/*
 * A scanner that nobody has, after an agent and its keeper were killed together or another program let go of it: what it is for,
 * the kernel's driver finds out (plug_device.usage_page). That is news, and we look again. A keyboard is known by its class,
 * and a printer is better off without usblp.
 */
static bool is_to_be_adopted(const struct plug_device *device, const struct look *last) {
        const struct seen *before = look_find(last, device->port, device->number);

        return device->orphan && device->class == CLASS_HID && device->protocol == 0 &&
               device->usage_page < 0 && device->interface >= 0 && usb_is_port(device->port) &&
               !(before && before->device.orphan);
}

static void look_adopt(const struct look *look, const struct look *last, struct agent *agent) {
        for (size_t i = 0; i < look->n; i++) {
                const struct plug_device *device = &look->seen[i].device;
                int r;

                if (!is_to_be_adopted(device, last))
                        continue;
                r = device_need_usb(agent);
                if (r == 0)
                        r = usb_give(agent->usb, device->port, (uint8_t)device->interface);
                if (r < 0)
                        log_warning("devices: %s has no driver: plug it in again", device->port);
        }
}

int look_take(struct agent *agent, const struct look *last, struct look **ret) {
        struct look *look = calloc(1, sizeof(*look));
        int r;

        if (!look)
                return -ENOMEM;
        r = look_list(look, agent);
        if (r == 0)
                r = look_recognise(look, last);
        if (r < 0) {
                free(look);
                return r;
        }
        look_adopt(look, last, agent);
        *ret = look;
        return 0;
}
