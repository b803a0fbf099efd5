/* SPDX-License-Identifier: MIT */
#include "agent/device_open.h"

#include <errno.h>
#include <stdio.h>
#include "agent/device_log.h"
#include "agent/device_plug.h"
#include "agent/devices.h"
#include "agent/printing.h"
#include "base/log.h"
#include "drivers/usb.h"

/* ---- scans and feedback -------------------------------------------------------------------------- */

/* The device that scanned may be gone by now, and another one in its place. */
static void on_reply(void *userdata, enum feedback feedback, struct station *station) {
        static const enum scanner_feedback feedbacks[] = {
                [FEEDBACK_GOOD] = SCANNER_GOOD,
                [FEEDBACK_BAD] = SCANNER_BAD,
                [FEEDBACK_ATTENTION] = SCANNER_ATTENTION,
        };
        struct agent_device *device = userdata;

        (void)station;
        if (device->scanner)
                scanner_send_feedback(device->scanner, feedbacks[feedback]);
}

static void on_scan(void *userdata, struct scanner *scanner, struct slice data) {
        struct agent_device *device = userdata;

        (void)scanner;
        station_scan(device->station, data, on_reply, device);
}

static void on_refused(void *userdata, struct scanner *scanner, const char *reason) {
        struct agent_device *device = userdata;

        (void)scanner;
        station_refuse(device->station, reason, on_reply, device);
}

/* ---- what devices tell --------------------------------------------------------------------------- */

static void device_recorded(struct agent_device *device, int r) {
        if (r == 0)
                return;
        log_error("device %s: not recorded: %s", device->config->name,
                  ledger_error(device->agent->ledger));
        turn_fail(device->agent->turn, r);
}

static void on_scanner_state(void *userdata, struct scanner *scanner, enum scanner_state state,
                             const char *detail) {
        struct agent_device *device = userdata;

        (void)scanner;
        (void)snprintf(device->detail, sizeof(device->detail), "%s", detail);
        log_emit(state == SCANNER_READY ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
                 LOG_FIELDS("DEVICE", device->config->name, "STATION", device->config->station),
                 "scanner %s: %s%s%s", device->config->name, devices_word(device),
                 detail[0] ? ": " : "", detail);
        device_recorded(device, device_record_scanner(device, state, detail));
        devices_changed(device->agent);
}

static void on_identity(void *userdata, struct scanner *scanner, const char *model,
                        const char *firmware) {
        struct agent_device *device = userdata;

        (void)scanner;
        log_info("scanner %s: model %s, firmware %s", device->config->name, model, firmware);
        device_recorded(device, device_record_identity(device, model, firmware));
}

static void on_foreign(void *userdata, struct scanner *scanner) {
        (void)scanner;
        device_plug_foreign(userdata);
}

static const struct scanner_handler scanner_events = { on_scan, on_refused, on_scanner_state,
                                                       on_identity, on_foreign };

/* ---- open and close ------------------------------------------------------------------------------ */

void device_fault(struct agent_device *device, const char *why) {
        if (strcmp(device->detail, why) == 0)
                return;
        (void)snprintf(device->detail, sizeof(device->detail), "%s", why);
        log_emit(LOG_LEVEL_ERROR,
                 LOG_FIELDS("DEVICE", device->config->name, "STATION", device->config->station),
                 "%s %s: %s", device->kind == PROFILE_SCANNER ? "scanner" : "printer",
                 device->config->name, why);
}

int device_need_usb(struct agent *agent) {
        return agent->usb ? 0 : usb_new(agent->event, &agent->usb);
}

static int open_scanner(struct agent_device *device) {
        struct scanner_config config = { .profile = device->profile, .usb = device->agent->usb };

        memcpy(config.name, device->config->name, sizeof(config.name));
        memcpy(config.port, device->port, sizeof(config.port));
        return scanner_new(device->agent->event, &config, &scanner_events, device,
                           &device->scanner);
}

static int open_printer(struct agent_device *device) {
        struct printer_config config = { .profile = device->profile, .usb = device->agent->usb };
        int r;

        memcpy(config.name, device->config->name, sizeof(config.name));
        memcpy(config.port, device->port, sizeof(config.port));
        r = printer_new(device->agent->event, &config, &printing_handler, device, &device->printer);
        if (r == 0)
                printer_inquire(device->printer);
        return r;
}

int device_open(struct agent_device *device) {
        int r = usb_is_port(device->port) ? device_need_usb(device->agent) : 0;

        if (r == 0)
                r = device->kind == PROFILE_SCANNER ? open_scanner(device) : open_printer(device);
        if (r == -ENOMEM || r == 0)
                return r;
        device_fault(device,
                     r == -EINVAL
                             ? "no driver of this version speaks as its profile says: take another"
                             : strerror(-r));
        return 0;
}

bool device_is_open(const struct agent_device *device) {
        return device->scanner || device->printer;
}

bool device_works(const struct agent_device *device) {
        return device->printer ||
               (device->scanner && scanner_state(device->scanner) != SCANNER_FAULT);
}

void device_close(struct agent_device *device) {
        scanner_free(TAKE(device->scanner));
        printer_free(TAKE(device->printer));
}
