/* SPDX-License-Identifier: MIT */
#include "agent/device_plug.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "agent/assign.h"
#include "agent/device_look.h"
#include "agent/device_open.h"
#include "agent/devices.h"
#include "base/log.h"
#include "drivers/plug_watch.h"
#include "drivers/usb.h"

enum { WANTS_MAX = SCANNERS_MAX + PRINTERS_MAX, AGAIN_US = 30 * 1000 * 1000 };

/* Who looks for a device, and where each was last, or is to be. */
struct wants {
        const struct look *look;
        struct agent *agent;
        struct agent_device *device[WANTS_MAX];
        const char *port[WANTS_MAX];
        size_t n;
};

struct device_plug {
        sd_event_source *foreign; /* defer, one shot */
        sd_event_source *again;   /* one shot */
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

/* ---- who looks for something --------------------------------------------------------------------------------- */

static const struct seen *look_at_place(const struct look *look, const char *place) {
        for (size_t i = 0; place[0] && i < look->n; i++)
                if (strcmp(look->seen[i].device.place, place) == 0)
                        return &look->seen[i];
        return NULL;
}

static const char *port_wanted(const struct look *look, const struct agent_device *device) {
        const struct config_device *config = device->config;
        const struct seen *there = is_auto(config->port) ? look_at_place(look, device->last_place)
                                                         : look_at(look, config->port);

        return there ? there->device.port : "";
}

static void add_wants(struct wants *wants, struct agent_device *devices, size_t n) {
        for (size_t i = 0; i < n; i++) {
                struct agent_device *device = &devices[i];
                bool has = device_works(device) &&
                           look_find(wants->look, device->plugged, device->plugged_number);

                if (!may_be_found(device) || has)
                        continue;
                wants->port[wants->n] = port_wanted(wants->look, device);
                wants->device[wants->n++] = device;
        }
}

/* ---- who may have what ------------------------------------------------------------------------------------------ */

/* Its device id tells; without usblp there is none, and the USB product string may: "ZTC ZD421-203dpi ZPL". */
static bool says_zpl(const struct seen *seen) {
        const struct plug_device *device = &seen->device;

        if (device->device_id[0])
                return strstr(device->device_id, "ZPL");
        return strstr(device->model, "ZPL") || seen->found.fit[PROFILE_PRINTER] & PROFILE_FIT_SAYS;
}

/*
 * Any keyboard looks like a scanner that types, and a printer may speak anything: only who asks for such a one by name or
 * port gets it, lest a person's own keyboard goes dead, or an invoice printer prints commands.
 */
static bool is_anybodys(const char *profile, const struct seen *seen, enum profile_kind kind) {
        return kind == PROFILE_PRINTER ? !says_zpl(seen)
                                       : strcmp(profile, "generic-hid-keyboard") == 0;
}

static bool is_named_in(const struct agent_device *devices, size_t n,
                        const struct agent_device *but, const char *plugged) {
        for (size_t i = 0; i < n; i++)
                if (&devices[i] != but && !is_auto(devices[i].config->port) &&
                    port_is_at(devices[i].config->port, plugged))
                        return true;
        return false;
}

static bool is_anothers(const struct agent *agent, const struct agent_device *device,
                        const char *plugged) {
        return is_named_in(agent->scanners, agent->n_scanners, device, plugged) ||
               is_named_in(agent->printers, agent->n_printers, device, plugged);
}

/* Without its driver a printer does not tell its id: then it is what was there before. "": unknown. */
static const char *found_as(const struct agent_device *device, const struct seen *seen) {
        if (device->kind == PROFILE_PRINTER && !seen->device.device_id[0] &&
            device->last_place[0] && strcmp(device->last_place, seen->device.place) == 0)
                return device->last_profile;
        return seen->found.name[device->kind];
}

static bool goes_with(const struct wants *wants, const struct agent_device *device,
                      const struct seen *seen) {
        const char *found = found_as(device, seen);

        if (seen->held || is_anothers(wants->agent, device, seen->device.port))
                return false;
        if (!is_auto(device->config->profile))
                return device->profile && profile_fit(device->profile, &seen->device) > 0;
        return found[0] && (!is_auto(device->config->port) || found == device->last_profile ||
                            !is_anybodys(found, seen, device->kind));
}

/* What may not be opened is taken where nothing else fits, to say so. */
static bool fits(void *userdata, size_t want, size_t have) {
        const struct wants *wants = userdata;
        const struct agent_device *device = wants->device[want];
        const struct look *look = wants->look;

        if (!goes_with(wants, device, &look->seen[have]))
                return false;
        if (look->seen[have].usable || !is_auto(device->config->port))
                return true;
        for (size_t i = 0; i < look->n; i++)
                if (look->seen[i].usable && goes_with(wants, device, &look->seen[i]))
                        return false;
        return true;
}

static void share_out(struct wants *wants, int *ret) {
        struct assign_want want[WANTS_MAX];
        struct assign_have have[PLUG_DEVICES_MAX];

        for (size_t i = 0; i < wants->n; i++) {
                want[i].port = wants->port[i];
                want[i].only_there = !is_auto(wants->device[i]->config->port);
        }
        for (size_t i = 0; i < wants->look->n; i++)
                have[i].port = wants->look->seen[i].device.port;
        assign(want, wants->n, have, wants->look->n, fits, wants, ret);
}

/* ---- what follows ------------------------------------------------------------------------------------------------ */

/* Profile and place, with a blank between: for the next start, with the next turn that is committed. */
static void remember(struct agent_device *device) {
        char text[ID_SIZE + PATH_SIZE];
        struct agent *agent = device->agent;
        int r = turn_begin(agent->turn);

        (void)snprintf(text, sizeof(text), "%s %s", device->last_profile, device->last_place);
        if (r == 0)
                r = ledger_set_device_port(agent->ledger, device->config->name, text);
        if (r == 0)
                return;
        log_error("device %s: its port is not recorded: %s", device->config->name,
                  ledger_error(agent->ledger));
        turn_fail(agent->turn, r);
}

static int recall(struct agent_device *device) {
        char text[ID_SIZE + PATH_SIZE];
        const char *place;
        int r = ledger_device_port(device->agent->ledger, device->config->name, text, sizeof(text));

        if (r < 0)
                return r == -ENOENT ? 0 : r;
        place = strchr(text, ' ');
        if (!place || (size_t)(place - text) >= sizeof(device->last_profile))
                return 0;
        (void)snprintf(device->last_profile, sizeof(device->last_profile), "%.*s",
                       (int)(place - text), text);
        return str_copy(device->last_place, sizeof(device->last_place), place + 1);
}

/* Its place is how people know it: another one may mean that two have been swapped. */
static void note_place(struct agent_device *device, const char *place, const char *profile) {
        bool moved = strcmp(device->last_place, place) != 0;

        if (!moved && strcmp(device->last_profile, profile) == 0)
                return;
        if (moved && device->last_place[0])
                log_warning(
                        "device %s: it was plugged in at %s, and is taken to be the one at %s now",
                        device->config->name, device->last_place, place);
        (void)snprintf(device->last_place, sizeof(device->last_place), "%s", place);
        (void)snprintf(device->last_profile, sizeof(device->last_profile), "%s", profile);
        remember(device);
}

static int device_move(struct agent_device *device, const char *port, const char *name) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        struct profile *profile = NULL;
        int r = profile_load(name, device->kind, &profile, &error);

        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                device_fault(device, bytes_str(&error));
                return 0;
        }
        device_close(device);
        profile_free(device->profile);
        device->profile = profile;
        (void)snprintf(device->port, sizeof(device->port), "%s", port);
        log_info("device %s: %s, profile %s", device->config->name, device->port,
                 device->profile->name);
        devices_changed(device->agent);
        return device_open(device);
}

/* The same device again: its driver looks for it; another one: it gets another driver. */
static int device_take(struct agent_device *device, const struct seen *seen) {
        const struct config_device *config = device->config;
        const char *port = is_auto(config->port) ? seen->device.port : config->port;
        char profile[ID_SIZE];

        (void)snprintf(profile, sizeof(profile), "%s",
                       is_auto(config->profile) ? found_as(device, seen) : config->profile);
        memcpy(device->plugged, seen->device.port, sizeof(device->plugged));
        device->plugged_number = seen->device.number;
        if (is_auto(config->port))
                note_place(device, seen->device.place, profile);
        if (!device_is_open(device) || strcmp(device->port, port) != 0 ||
            strcmp(device->profile->name, profile) != 0)
                return device_move(device, port, profile);
        return 0;
}

static const char *taken_port(const struct look *look) {
        for (size_t i = 0; i < look->n; i++)
                if (look->seen[i].device.taken && !look->seen[i].held)
                        return look->seen[i].device.port;
        return NULL;
}

static void device_miss(struct agent_device *device, const struct look *look) {
        const char *taken = taken_port(look);
        char words[sizeof(device->detail)];

        if (device_is_open(device))
                return;
        if (taken)
                (void)snprintf(
                        words, sizeof(words),
                        "nothing that fits is free: another program has claimed %.60s: stop that",
                        taken);
        else
                (void)snprintf(
                        words, sizeof(words), "%s",
                        "nothing that fits is plugged in: plug it in, or name profile and port");
        if (strcmp(device->detail, words) == 0)
                return;
        memcpy(device->detail, words, sizeof(words));
        devices_changed(device->agent);
}

/* A driver whose device has come or gone looks for itself. Only then: taking a device and giving it back is news of the
 * kernel's, too. */
static void wake(const struct look *look, struct agent_device *devices, size_t n) {
        for (size_t i = 0; i < n; i++) {
                struct agent_device *device = &devices[i];
                const struct seen *there = look_at(look, device->port);
                int number = there ? there->device.number : -1;

                if (!device_is_open(device) || is_tcp(device->port) ||
                    number == device->seen_number)
                        continue;
                device->seen_number = number;
                if (device->scanner)
                        scanner_look(device->scanner);
                if (device->printer)
                        printer_came(device->printer);
        }
}

static int look_apply(struct agent *agent, const struct look *look, bool *ret_missing) {
        struct wants wants = { .look = look, .agent = agent };
        int given[WANTS_MAX];
        int r = 0;

        add_wants(&wants, agent->scanners, agent->n_scanners);
        add_wants(&wants, agent->printers, agent->n_printers);
        share_out(&wants, given);
        for (size_t i = 0; r == 0 && i < wants.n; i++) {
                if (given[i] < 0)
                        device_miss(wants.device[i], look);
                else
                        r = device_take(wants.device[i], &look->seen[given[i]]);
                *ret_missing |= given[i] < 0;
        }
        wake(look, agent->scanners, agent->n_scanners);
        wake(look, agent->printers, agent->n_printers);
        return r;
}

/* udev's news can be lost; while something is missed, it is looked for now and then. */
static void look_again(const struct device_plug *plug, bool missing) {
        (void)sd_event_source_set_time_relative(plug->again, AGAIN_US);
        (void)sd_event_source_set_enabled(plug->again, missing ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int look_now(struct agent *agent) {
        struct look *look = NULL;
        bool missing = false;
        int r = look_take(agent, agent->plug->last, &look);

        look_again(agent->plug, true);
        if (r < 0)
                return r;
        r = look_apply(agent, look, &missing);
        if (r == 0)
                look_again(agent->plug, missing);
        free(agent->plug->last);
        agent->plug->last = look;
        return r;
}

static void on_changed(void *userdata) {
        int r = look_now(userdata);

        if (r < 0)
                log_error("devices: cannot look what is plugged in: %s", strerror(-r));
}

static int on_again(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source;
        (void)usec;
        on_changed(userdata);
        return 0;
}

/* ---- what it turned out not to be --------------------------------------------------------------------------------- */

static int device_fall_back(struct agent_device *device) {
        char port[PATH_SIZE], fallback[ID_SIZE];

        memcpy(port, device->port, sizeof(port));
        memcpy(fallback, device->profile->fallback, sizeof(fallback));
        log_warning("scanner %s: it does not answer as %s does: taken for %s", device->config->name,
                    device->profile->name, fallback);
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
        int r = recall(device);

        if (r < 0 || is_auto(device->config->profile))
                return r;
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

static int add_sources(struct device_plug *plug, struct agent *agent) {
        int r = sd_event_add_defer(agent->event, &plug->foreign, on_foreign, agent);

        if (r >= 0)
                r = sd_event_source_set_enabled(plug->foreign, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_time_relative(agent->event, &plug->again, CLOCK_MONOTONIC,
                                               AGAIN_US, AGAIN_US / 8, on_again, agent);
        return r < 0 ? r : 0;
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
        r = add_sources(agent->plug, agent);
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
        sd_event_source_disable_unref(agent->plug->again);
        plug_watch_free(agent->plug->watch);
        free(agent->plug->last);
        free(TAKE(agent->plug));
}
