/* SPDX-License-Identifier: MIT */
#include "agent/device_plug.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "agent/assign.h"
#include "agent/device_open.h"
#include "agent/devices.h"
#include "base/log.h"
#include "drivers/plug.h"
#include "drivers/plug_watch.h"
#include "drivers/recognise.h"
#include "drivers/usb.h"

enum { WANTS_MAX = SCANNERS_MAX + PRINTERS_MAX };

/* One device that is plugged in. */
struct seen {
        struct plug_device device;
        struct profile_found found;
        bool held; /* a section has it already */
};

/* One look at what is plugged in, and who may have what of it. */
struct look {
        struct seen haves[PLUG_DEVICES_MAX];
        size_t n_haves;
        struct agent_device *wants[WANTS_MAX];
        const char *ports[WANTS_MAX]; /* where each was last, or is to be */
        size_t n_wants;
};

struct device_plug {
        sd_event_source *foreign; /* defer, one shot */
        struct plug_watch *watch; /* NULL: nobody tells */
        struct look *last;
};

static bool is_auto(const char *word) {
        return strcmp(word, "auto") == 0;
}

static bool is_tcp(const char *port) {
        return strncmp(port, "tcp:", strlen("tcp:")) == 0;
}

bool device_is_found(const struct agent_device *device) {
        const struct config_device *config = device->config;

        return is_auto(config->port) || (is_auto(config->profile) && usb_is_port(config->port));
}

/* A named serial port is opened at once, as a generic device where the profile is not named; what is plugged in may
 * tell more. */
static bool may_be_found(const struct agent_device *device) {
        return device_is_found(device) ||
               (is_auto(device->config->profile) && !is_tcp(device->config->port));
}

/* ---- what is plugged in ------------------------------------------------------------------------------------ */

static bool is_open(const struct agent_device *device) {
        return device->scanner || device->printer;
}

static const struct seen *seen_before(const struct look *last, const struct plug_device *device) {
        for (size_t i = 0; last && i < last->n_haves; i++)
                if (last->haves[i].device.number == device->number &&
                    strcmp(last->haves[i].device.port, device->port) == 0)
                        return &last->haves[i];
        return NULL;
}

/* What the driver tells goes when we take the device from it, so a device that is held is what it was. */
static bool is_known(const struct seen *before, const struct seen *now) {
        return before &&
               (now->held || (before->device.usage_page == now->device.usage_page &&
                              strcmp(before->device.device_id, now->device.device_id) == 0));
}

static bool is_held(const struct agent *agent, const struct plug_device *device) {
        const struct agent_device *of[] = { agent->scanners, agent->printers };
        const size_t n[] = { agent->n_scanners, agent->n_printers };

        for (size_t i = 0; i < ARRAY_LEN(of); i++)
                for (size_t j = 0; j < n[i]; j++)
                        if (is_open(&of[i][j]) && of[i][j].plugged_number == device->number &&
                            strcmp(of[i][j].plugged, device->port) == 0)
                                return true;
        return false;
}

/* Interfaces of one device: the first that is ours stands for it. */
static bool is_double(const struct look *look, const struct plug_device *device) {
        return look->n_haves > 0 &&
               strcmp(look->haves[look->n_haves - 1].device.port, device->port) == 0;
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
                        look->haves[look->n_haves].device = devices[i];
                        look->haves[look->n_haves].held = is_held(agent, &devices[i]);
                        look->n_haves++;
                }
        free(devices);
        return 0;
}

/* A file that cannot be read is no reason to leave the other profiles untried: recognise says so and goes on. */
static int look_recognise(struct look *look, const struct look *last) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        const struct plug_device *unknown[PLUG_DEVICES_MAX];
        struct profile_found *found[PLUG_DEVICES_MAX];
        size_t n = 0;
        int r;

        for (size_t i = 0; i < look->n_haves; i++) {
                struct seen *now = &look->haves[i];
                const struct seen *before = seen_before(last, &now->device);

                if (is_known(before, now)) {
                        now->device = before->device;
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

/* ---- who looks for something --------------------------------------------------------------------------------- */

static bool is_there(const struct look *look, const struct agent_device *device) {
        for (size_t i = 0; i < look->n_haves; i++)
                if (look->haves[i].device.number == device->plugged_number &&
                    strcmp(look->haves[i].device.port, device->plugged) == 0)
                        return true;
        return false;
}

static const char *serial_path(const char *port) {
        static const char prefix[] = "serial:";

        return strncmp(port, prefix, strlen(prefix)) == 0 ? port + strlen(prefix) : NULL;
}

static bool is_same_file(const char *left, const char *right) {
        char *left_real = realpath(left, NULL), *right_real = realpath(right, NULL);
        bool same = left_real && right_real && strcmp(left_real, right_real) == 0;

        free(left_real);
        free(right_real);
        return same;
}

/* A tty has many names, and "usb:1-1.2:1.0" is one interface of what is at usb:1-1.2. */
static bool is_at(const char *port, const char *plugged) {
        const char *left = serial_path(port), *right = serial_path(plugged);
        size_t len = strlen(plugged);

        if (left && right)
                return is_same_file(left, right);
        return strncmp(port, plugged, len) == 0 && (!port[len] || port[len] == ':');
}

static const char *port_wanted(const struct look *look, const struct agent_device *device) {
        const char *port = is_auto(device->config->port) ? device->port : device->config->port;

        for (size_t i = 0; i < look->n_haves; i++)
                if (is_at(port, look->haves[i].device.port))
                        return look->haves[i].device.port;
        return port;
}

static void look_add_wants(struct look *look, struct agent_device *devices, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (!may_be_found(&devices[i]) ||
                    (is_open(&devices[i]) && is_there(look, &devices[i])))
                        continue;
                look->ports[look->n_wants] = port_wanted(look, &devices[i]);
                look->wants[look->n_wants++] = &devices[i];
        }
}

/* ---- who may have what ------------------------------------------------------------------------------------------ */

/* Any keyboard looks like a scanner that types, and any printer like one that knows ZPL: only who asks for such a one
 * by name or port gets it, lest a person's own keyboard goes dead. */
static bool is_anybodys(const char *profile, const struct plug_device *device) {
        if (strcmp(profile, "generic-hid-keyboard") == 0)
                return true;
        return strcmp(profile, "generic-zpl") == 0 && device->device_id[0] &&
               !strstr(device->device_id, "ZPL");
}

static bool fits(void *userdata, size_t want, size_t have) {
        const struct look *look = userdata;
        const struct agent_device *device = look->wants[want];
        const struct seen *seen = &look->haves[have];
        const char *found = seen->found.name[device->kind];
        bool anywhere = is_auto(device->config->port);

        if (seen->held)
                return false;
        if (!is_auto(device->config->profile))
                return device->profile && profile_fit(device->profile, &seen->device) > 0;
        return found[0] && !(anywhere && is_anybodys(found, &seen->device));
}

static void look_assign(struct look *look, int *ret) {
        struct assign_want wants[WANTS_MAX];
        struct assign_have haves[PLUG_DEVICES_MAX];

        for (size_t i = 0; i < look->n_wants; i++) {
                wants[i].port = look->ports[i];
                wants[i].only_there = !is_auto(look->wants[i]->config->port);
        }
        for (size_t i = 0; i < look->n_haves; i++)
                haves[i].port = look->haves[i].device.port;
        assign(wants, look->n_wants, haves, look->n_haves, fits, look, ret);
}

/* ---- what follows ------------------------------------------------------------------------------------------------ */

/* Where it was is remembered for the next start, with the next turn that is committed. */
static void remember_port(struct agent_device *device) {
        struct agent *agent = device->agent;
        int r = turn_begin(agent->turn);

        if (r == 0)
                r = ledger_set_device_port(agent->ledger, device->config->name, device->port);
        if (r == 0)
                return;
        log_error("device %s: its port is not recorded: %s", device->config->name,
                  ledger_error(agent->ledger));
        turn_fail(agent->turn, r);
}

static int device_move(struct agent_device *device, const char *port, const char *profile) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        bool moved = strcmp(device->port, port) != 0;
        int r = 0;

        device_close(device);
        memcpy(device->port, port, strlen(port) + 1);
        if (!device->profile || strcmp(device->profile->name, profile) != 0) {
                profile_free(TAKE(device->profile));
                r = profile_load(profile, device->kind, &device->profile, &error);
        }
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                device_fault(device, bytes_str(&error));
                return 0;
        }
        if (moved && is_auto(device->config->port))
                remember_port(device);
        log_info("device %s: %s, profile %s", device->config->name, device->port,
                 device->profile->name);
        return device_open(device);
}

/* As what it is recognised; a fallback that was taken stays, until it is recognised as something else. */
static const char *profile_of(const struct agent_device *device, const struct seen *seen) {
        const char *found = seen->found.name[device->kind];

        if (!is_auto(device->config->profile))
                return device->config->profile;
        return device->foreign[0] && strcmp(device->foreign, found) == 0 ? device->profile->name
                                                                         : found;
}

/* The same device again: its driver looks for it; another one: it gets another driver. */
static int device_take(struct agent_device *device, const struct seen *seen) {
        const struct config_device *config = device->config;
        const char *port = is_auto(config->port) ? seen->device.port : config->port;
        const char *profile = profile_of(device, seen);

        memcpy(device->plugged, seen->device.port, sizeof(device->plugged));
        device->plugged_number = seen->device.number;
        if (!is_open(device) || strcmp(device->port, port) != 0 ||
            strcmp(device->profile->name, profile) != 0)
                return device_move(device, port, profile);
        return 0;
}

static void device_miss(struct agent_device *device) {
        if (!is_open(device))
                (void)snprintf(
                        device->detail, sizeof(device->detail), "%s",
                        "nothing that fits is plugged in: plug it in, or name profile and port");
}

static int number_at(const struct look *look, const char *port) {
        for (size_t i = 0; i < look->n_haves; i++)
                if (is_at(port, look->haves[i].device.port))
                        return look->haves[i].device.number;
        return -1;
}

/* A driver whose device has come or gone looks for itself. Only then: taking a device and giving it back is news of the
 * kernel's, too. */
static void wake(const struct look *look, struct agent_device *devices, size_t n) {
        for (size_t i = 0; i < n; i++) {
                struct agent_device *device = &devices[i];
                int number = number_at(look, device->port);

                if (!is_open(device) || is_tcp(device->port) || number == device->seen_number)
                        continue;
                device->seen_number = number;
                if (device->scanner)
                        scanner_look(device->scanner);
                if (device->printer)
                        printer_came(device->printer);
        }
}

static int look_apply(struct agent *agent, struct look *look) {
        int given[WANTS_MAX];
        int r = 0;

        look_assign(look, given);
        for (size_t i = 0; r == 0 && i < look->n_wants; i++) {
                if (given[i] < 0)
                        device_miss(look->wants[i]);
                else
                        r = device_take(look->wants[i], &look->haves[given[i]]);
        }
        wake(look, agent->scanners, agent->n_scanners);
        wake(look, agent->printers, agent->n_printers);
        return r;
}

static int look_now(struct agent *agent) {
        struct look *look = calloc(1, sizeof(*look));
        int r;

        if (!look)
                return -ENOMEM;
        r = look_list(look, agent);
        if (r == 0)
                r = look_recognise(look, agent->plug->last);
        if (r == 0) {
                look_add_wants(look, agent->scanners, agent->n_scanners);
                look_add_wants(look, agent->printers, agent->n_printers);
                r = look_apply(agent, look);
        }
        free(agent->plug->last);
        agent->plug->last = look;
        devices_changed(agent);
        return r;
}

static void on_changed(void *userdata) {
        int r = look_now(userdata);

        if (r < 0)
                log_error("devices: cannot look what is plugged in: %s", strerror(-r));
}

/* ---- what it turned out not to be ---- */

static int device_fall_back(struct agent_device *device) {
        char port[PATH_SIZE], fallback[ID_SIZE];

        memcpy(device->foreign, device->profile->name, sizeof(device->foreign));
        memcpy(port, device->port, sizeof(port));
        memcpy(fallback, device->profile->fallback, sizeof(fallback));
        log_warning("scanner %s: it does not answer as %s does: taken for %s", device->config->name,
                    device->foreign, fallback);
        return device_move(device, port, fallback);
}

static bool is_foreign(const struct agent_device *device) {
        return device->is_foreign && device->profile && device->profile->fallback[0];
}

static int on_foreign(sd_event_source *source, void *userdata) {
        struct agent *agent = userdata;
        int r = 0;

        (void)source;
        for (size_t i = 0; r == 0 && i < agent->n_scanners; i++) {
                if (is_foreign(&agent->scanners[i]))
                        r = device_fall_back(&agent->scanners[i]);
                agent->scanners[i].is_foreign = false;
        }
        if (r < 0)
                log_error("devices: %s", strerror(-r));
        return 0;
}

void device_plug_foreign(struct agent_device *device) {
        const struct device_plug *plug = device->agent->plug;

        if (!plug || !is_auto(device->config->profile))
                return;
        device->is_foreign = true;
        (void)sd_event_source_set_enabled(plug->foreign, SD_EVENT_ONESHOT);
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

/* Named profiles are read at once, so that a mistake in one is told at the start. */
static int device_prepare(struct agent_device *device) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        int r = ledger_device_port(device->agent->ledger, device->config->name, device->port,
                                   sizeof(device->port));

        if (r < 0 && r != -ENOENT)
                return r;
        if (is_auto(device->config->profile))
                return 0;
        r = profile_load(device->config->profile, device->kind, &device->profile, &error);
        if (r < 0 && r != -ENOMEM) {
                device_fault(device, bytes_str(&error));
                r = 0;
        }
        return r;
}

/* Whether anything that is plugged in concerns them. */
static int devices_prepare(struct agent_device *devices, size_t n, bool *ret_any) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < n; i++) {
                if (may_be_found(&devices[i]) || usb_is_port(devices[i].config->port))
                        *ret_any = true;
                if (device_is_found(&devices[i]))
                        r = device_prepare(&devices[i]);
        }
        return r;
}

int device_plug_start(struct agent *agent) {
        bool any = false;
        int r = devices_prepare(agent->scanners, agent->n_scanners, &any);

        if (r == 0)
                r = devices_prepare(agent->printers, agent->n_printers, &any);
        if (r < 0 || !any)
                return r;
        agent->plug = calloc(1, sizeof(*agent->plug));
        if (!agent->plug)
                return -ENOMEM;
        r = sd_event_add_defer(agent->event, &agent->plug->foreign, on_foreign, agent);
        if (r >= 0)
                r = sd_event_source_set_enabled(agent->plug->foreign, SD_EVENT_OFF);
        if (r < 0)
                return r;
        r = plug_watch_new(agent->event, on_changed, agent, &agent->plug->watch);
        if (r < 0 && r != -ENOMEM)
                log_warning("devices: what is plugged in later is not noticed: %s", strerror(-r));
        return r == -ENOMEM ? r : look_now(agent);
}

void device_plug_stop(struct agent *agent) {
        if (!agent->plug)
                return;
        sd_event_source_disable_unref(agent->plug->foreign);
        plug_watch_free(agent->plug->watch);
        free(agent->plug->last);
        free(TAKE(agent->plug));
}
