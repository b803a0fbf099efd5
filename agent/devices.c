/* SPDX-License-Identifier: MIT */
#include "agent/devices.h"

#include <errno.h>
#include <stdio.h>
#include "agent/device_open.h"
#include "agent/device_plug.h"
#include "agent/rawport.h"
#include "agent/syncer.h"
#include "base/log.h"
#include "drivers/usb.h"

/* ---- words ------------------------------------------------------------------------------------ */

static const char *const scanner_words[] = {
        [SCANNER_ABSENT] = "absent",
        [SCANNER_READY] = "ready",
        [SCANNER_FAULT] = "fault",
};

/* Without a driver: nothing is plugged in for it yet, or it cannot be driven, as its detail says. */
const char *devices_word(const struct agent_device *device) {
        if (device->scanner)
                return scanner_words[scanner_state(device->scanner)];
        if (device->printer)
                return printer_state_name(printer_state(device->printer));
        return device_is_found(device) && !device->plugged[0] ? "absent" : "fault";
}

const char *devices_port(const struct agent_device *device) {
        return device->port[0] ? device->port : device->config->port;
}

const char *devices_profile(const struct agent_device *device) {
        return device->profile ? device->profile->name : device->config->profile;
}

static void devices_write_one(struct jsonw *w, const char *kind,
                              const struct agent_device *device) {
        jsonw_object(w, NULL);
        jsonw_string(w, "name", device->config->name);
        jsonw_string(w, "kind", kind);
        jsonw_string(w, "station", device->config->station);
        jsonw_string(w, "state", devices_word(device));
        jsonw_object_end(w);
}

void devices_write(void *userdata, struct bytes *out) {
        const struct agent *agent = userdata;
        struct jsonw w = jsonw_to(out);

        jsonw_array(&w, NULL);
        for (size_t i = 0; i < agent->n_scanners; i++)
                devices_write_one(&w, "scanner", &agent->scanners[i]);
        for (size_t i = 0; i < agent->n_printers; i++)
                devices_write_one(&w, "printer", &agent->printers[i]);
        jsonw_array_end(&w);
}

const char *devices_printer_of(void *userdata, const char *station) {
        const struct agent *agent = userdata;

        for (size_t i = 0; i < agent->n_printers; i++)
                if (strcmp(agent->printers[i].config->station, station) == 0)
                        return agent->printers[i].config->name;
        return "";
}

void devices_changed(struct agent *agent) {
        if (agent->syncer)
                syncer_devices_changed(agent->syncer);
}

/* ---- life ------------------------------------------------------------------------------------- */

/* A serial or TCP port is named by the configuration; its profile, where it is auto, is the generic one until what is
 * plugged in tells more. */
static int devices_open_named(struct agent_device *device) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        int r = profile_load(device->config->profile, device->kind, &device->profile, &error);

        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                device_fault(device, bytes_str(&error));
                return 0;
        }
        memcpy(device->port, device->config->port, sizeof(device->port));
        return device_open(device);
}

static int devices_add(struct agent *agent, struct agent_device *device,
                       const struct config_device *config, enum profile_kind kind) {
        device->agent = agent;
        device->config = config;
        device->kind = kind;
        device->seen_number = -1;
        if (kind == PROFILE_SCANNER)
                device->station = agent_station(agent, config->station);
        return device_is_found(device) ? 0 : devices_open_named(device);
}

/* A port that is taken costs the printer nothing but its other programs. */
static int devices_listen(struct agent_device *device) {
        int r = rawport_new(device, &device->rawport);

        if (r == 0)
                log_info("printer %s: other programs print at port %lld", device->config->name,
                         (long long)device->config->listen);
        else if (r != -ENOMEM)
                log_error("printer %s: other programs cannot print: port %lld: %s; stop who has "
                          "it, or set "
                          "another listen",
                          device->config->name, (long long)device->config->listen, strerror(-r));
        return r == -ENOMEM ? r : 0;
}

int devices_start(struct agent *agent) {
        const struct config *config = &agent->config;
        int r = 0;

        for (size_t i = 0; r == 0 && i < config->n_scanners; i++)
                r = devices_add(agent, &agent->scanners[agent->n_scanners++], &config->scanners[i],
                                PROFILE_SCANNER);
        for (size_t i = 0; r == 0 && i < config->n_printers; i++) {
                r = devices_add(agent, &agent->printers[agent->n_printers++], &config->printers[i],
                                PROFILE_PRINTER);
                if (r == 0 && config->printers[i].listen)
                        r = devices_listen(&agent->printers[i]);
        }
        return r < 0 ? r : device_plug_start(agent);
}

static void devices_drop(struct agent_device *devices, size_t n) {
        for (size_t i = 0; i < n; i++) {
                rawport_free(TAKE(devices[i].rawport));
                device_close(&devices[i]);
                profile_free(TAKE(devices[i].profile));
        }
}

void devices_stop(struct agent *agent) {
        device_plug_stop(agent);
        devices_drop(agent->scanners, agent->n_scanners);
        devices_drop(agent->printers, agent->n_printers);
        agent->n_scanners = agent->n_printers = 0;
        usb_free(TAKE(agent->usb));
}
