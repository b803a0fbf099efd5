/* SPDX-License-Identifier: MIT */
#include "agent/devices.h"

#include <errno.h>
#include <stdio.h>
#include "agent/printing.h"
#include "agent/raise.h"
#include "agent/syncer.h"
#include "base/log.h"

/* ---- words ------------------------------------------------------------------------------------ */

static const char *const scanner_words[] = {
        [SCANNER_ABSENT] = "absent",
        [SCANNER_READY] = "ready",
        [SCANNER_FAULT] = "fault",
};

const char *devices_scanner_word(const struct agent_device *entry) {
        /* A device whose port or profile this program does not know has no driver, and its
         * detail says so. */
        return entry->scanner ? scanner_words[scanner_state(entry->scanner)] : "fault";
}

const char *devices_printer_word(const struct agent_device *entry) {
        return entry->printer ? printer_state_name(printer_state(entry->printer)) : "fault";
}

static void devices_write_one(struct jsonw *w, const char *kind, const struct config_device *config,
                              const char *state) {
        jsonw_object(w, NULL);
        jsonw_string(w, "name", config->name);
        jsonw_string(w, "kind", kind);
        jsonw_string(w, "station", config->station);
        jsonw_string(w, "state", state);
        jsonw_object_end(w);
}

void devices_write(void *userdata, struct bytes *out) {
        const struct agent *agent = userdata;
        struct jsonw w = jsonw_to(out);

        jsonw_array(&w, NULL);
        for (size_t i = 0; i < agent->n_scanners; i++)
                devices_write_one(&w, "scanner", agent->scanners[i].config,
                                  devices_scanner_word(&agent->scanners[i]));
        for (size_t i = 0; i < agent->n_printers; i++)
                devices_write_one(&w, "printer", agent->printers[i].config,
                                  devices_printer_word(&agent->printers[i]));
        jsonw_array_end(&w);
}

const char *devices_printer_of(void *userdata, const char *station) {
        const struct agent *agent = userdata;

        for (size_t i = 0; i < agent->n_printers; i++)
                if (strcmp(agent->printers[i].config->station, station) == 0)
                        return agent->printers[i].config->name;
        return "";
}

/* ---- what the log says -------------------------------------------------------------------------- */

int devices_record(struct agent *agent, enum device_state state, const struct config_device *device,
                   const char *detail) {
        struct event event = { .type = EVENT_DEVICE, .device.state = state };
        int r = turn_begin(agent->turn);

        memcpy(event.station, device->station, sizeof(event.station));
        memcpy(event.device.device, device->name, sizeof(event.device.device));
        memcpy(event.device.port, device->port, sizeof(event.device.port));
        memcpy(event.device.profile, device->profile, sizeof(event.device.profile));
        (void)snprintf(event.device.detail, sizeof(event.device.detail), "%s", detail);
        return r < 0 ? r : ledger_append(agent->ledger, &event);
}

void devices_changed(struct agent *agent) {
        if (agent->syncer)
                syncer_devices_changed(agent->syncer);
}

static int record_lost(struct agent_device *entry, const char *detail) {
        struct exception_change change = { .kind = EXCEPTION_DEVICE_LOST };
        int r = devices_record(entry->agent, DEVICE_LOST, entry->config, detail);

        (void)snprintf(change.group, sizeof(change.group), "scanner %s", entry->config->name);
        memcpy(change.device, entry->config->name, sizeof(change.device));
        (void)snprintf(change.expected, sizeof(change.expected), "attached at %.100s",
                       entry->config->port);
        (void)snprintf(change.found, sizeof(change.found), "%s", detail);
        return r < 0 ? r : raise_exception(entry->agent, &change);
}

static int record_attached(struct agent_device *entry, const char *detail) {
        char group[ID_SIZE + 16];
        int r = devices_record(entry->agent, DEVICE_ATTACHED, entry->config, detail);

        (void)snprintf(group, sizeof(group), "scanner %s", entry->config->name);
        return r < 0 ? r : raise_recovered(entry->agent, EXCEPTION_DEVICE_LOST, group);
}

static int record_scanner(struct agent_device *entry, enum scanner_state state,
                          const char *detail) {
        bool attached = state == SCANNER_READY;

        if (entry->attached == attached)
                return 0; /* the same, or absent from the start */
        entry->attached = attached;
        return attached ? record_attached(entry, detail) : record_lost(entry, detail);
}

/* ---- scanners ------------------------------------------------------------------------------------ */

static void on_reply(void *userdata, enum feedback feedback, struct station *station) {
        static const enum scanner_feedback feedbacks[] = {
                [FEEDBACK_GOOD] = SCANNER_GOOD,
                [FEEDBACK_BAD] = SCANNER_BAD,
                [FEEDBACK_ATTENTION] = SCANNER_ATTENTION,
        };
        struct agent_device *entry = userdata;

        (void)station;
        scanner_send_feedback(entry->scanner, feedbacks[feedback]);
}

static void on_scan(void *userdata, struct scanner *scanner, struct slice data) {
        struct agent_device *entry = userdata;

        (void)scanner;
        station_scan(entry->station, data, on_reply, entry);
}

static void on_refused(void *userdata, struct scanner *scanner, const char *reason) {
        struct agent_device *entry = userdata;

        (void)scanner;
        station_refuse(entry->station, reason, on_reply, entry);
}

static void on_scanner_state(void *userdata, struct scanner *scanner, enum scanner_state state,
                             const char *detail) {
        struct agent_device *entry = userdata;
        int r;

        (void)scanner;
        (void)snprintf(entry->detail, sizeof(entry->detail), "%s", detail);
        log_emit(state == SCANNER_READY ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
                 LOG_FIELDS("DEVICE", entry->config->name, "STATION", entry->config->station),
                 "scanner %s: %s%s%s", entry->config->name, scanner_words[state], detail[0] ? ": " : "",
                 detail);
        r = record_scanner(entry, state, detail);
        if (r < 0) {
                log_error("scanner %s: not recorded: %s", entry->config->name,
                          ledger_error(entry->agent->ledger));
                turn_fail(entry->agent->turn, r);
        }
        devices_changed(entry->agent);
}

static const struct scanner_handler scanner_events = { on_scan, on_refused, on_scanner_state, NULL };

static int devices_fault(const struct config_device *device, const char *kind, char *detail,
                         size_t size, const char *why) {
        (void)snprintf(detail, size, "%s", why);
        log_emit(LOG_LEVEL_ERROR, LOG_FIELDS("DEVICE", device->name, "STATION", device->station),
                 "%s %s: %s", kind, device->name, why);
        return 0;
}

/* In this version every device stands at a serial port or, a printer, at a TCP address. */
static const char *port_trouble(const struct config_device *device) {
        if (strcmp(device->port, "auto") == 0)
                return "port = auto finds no device yet: name it, port = serial:/dev/serial/by-id/…";
        if (strncmp(device->port, "usb:", 4) == 0)
                return "usb: ports cannot be driven yet: use the device's serial mode, port = serial:…";
        return NULL;
}

static int devices_add_scanner(struct agent *agent, struct agent_device *entry) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        struct scanner_config config = { .name = "" };
        const char *trouble = port_trouble(entry->config);
        int r;

        if (trouble)
                return devices_fault(entry->config, "scanner", entry->detail, sizeof(entry->detail),
                                     trouble);
        r = profile_load(entry->config->profile, PROFILE_SCANNER, &entry->profile, &error);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return devices_fault(entry->config, "scanner", entry->detail, sizeof(entry->detail),
                                     bytes_str(&error));
        memcpy(config.name, entry->config->name, sizeof(config.name));
        memcpy(config.port, entry->config->port, sizeof(config.port));
        config.profile = entry->profile;
        return scanner_new(agent->event, &config, &scanner_events, entry, &entry->scanner);
}

static int devices_add_printer(struct agent *agent, struct agent_device *entry) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        struct printer_config config = { .name = "" };
        const char *trouble = port_trouble(entry->config);
        int r;

        if (trouble)
                return devices_fault(entry->config, "printer", entry->detail, sizeof(entry->detail),
                                     trouble);
        r = profile_load(entry->config->profile, PROFILE_PRINTER, &entry->profile, &error);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return devices_fault(entry->config, "printer", entry->detail, sizeof(entry->detail),
                                     bytes_str(&error));
        if (entry->config->listen)
                log_warning("printer %s: listen is not in this version; other programs cannot print here",
                            entry->config->name);
        memcpy(config.name, entry->config->name, sizeof(config.name));
        memcpy(config.port, entry->config->port, sizeof(config.port));
        config.profile = entry->profile;
        return printer_new(agent->event, &config, &printing_handler, entry, &entry->printer);
}

int devices_start(struct agent *agent) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < agent->config.n_scanners; i++) {
                struct agent_device *entry = &agent->scanners[agent->n_scanners++];

                entry->agent = agent;
                entry->config = &agent->config.scanners[i];
                entry->station = agent_station(agent, entry->config->station);
                r = devices_add_scanner(agent, entry);
        }
        for (size_t i = 0; r == 0 && i < agent->config.n_printers; i++) {
                struct agent_device *entry = &agent->printers[agent->n_printers++];

                entry->agent = agent;
                entry->config = &agent->config.printers[i];
                r = devices_add_printer(agent, entry);
        }
        return r;
}

void devices_stop(struct agent *agent) {
        for (size_t i = 0; i < agent->n_scanners; i++) {
                scanner_free(agent->scanners[i].scanner);
                profile_free(agent->scanners[i].profile);
        }
        for (size_t i = 0; i < agent->n_printers; i++) {
                printer_free(agent->printers[i].printer);
                profile_free(agent->printers[i].profile);
        }
        agent->n_scanners = agent->n_printers = 0;
}
