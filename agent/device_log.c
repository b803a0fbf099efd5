/* SPDX-License-Identifier: MIT */
#include "agent/device_log.h"

#include <stdio.h>
#include "agent/raise.h"

enum { GROUP_SIZE = ID_SIZE + 16 };

static const char *port_of(const struct agent_device *device) {
        return device->port[0] ? device->port : device->config->port;
}

static const char *kind_word(const struct agent_device *device) {
        return device->kind == PROFILE_SCANNER ? "scanner" : "printer";
}

static void group_of(const struct agent_device *device, char *dst, size_t size) {
        (void)snprintf(dst, size, "%s %s", kind_word(device), device->config->name);
}

int device_record(struct agent_device *device, enum device_state state, const char *detail) {
        struct event event = { .type = EVENT_DEVICE, .device.state = state };
        const struct config_device *config = device->config;
        const char *profile = device->profile ? device->profile->name : config->profile;
        int r = turn_begin(device->agent->turn);

        memcpy(event.station, config->station, sizeof(event.station));
        memcpy(event.device.device, config->name, sizeof(event.device.device));
        (void)snprintf(event.device.port, sizeof(event.device.port), "%s", port_of(device));
        (void)snprintf(event.device.profile, sizeof(event.device.profile), "%s", profile);
        (void)snprintf(event.device.firmware, sizeof(event.device.firmware), "%s",
                       state == DEVICE_FIRMWARE ? device->firmware : "");
        (void)snprintf(event.device.detail, sizeof(event.device.detail), "%s", detail);
        return r < 0 ? r : ledger_append(device->agent->ledger, &event);
}

/* ---- came and went ------------------------------------------------------------------------------- */

static int record_lost(struct agent_device *device, const char *detail) {
        struct exception_change change = { .kind = EXCEPTION_DEVICE_LOST };
        int r = device_record(device, DEVICE_LOST, detail);

        group_of(device, change.group, sizeof(change.group));
        memcpy(change.device, device->config->name, sizeof(change.device));
        (void)snprintf(change.expected, sizeof(change.expected), "attached at %.100s",
                       port_of(device));
        (void)snprintf(change.found, sizeof(change.found), "%s", detail);
        return r < 0 ? r : raise_exception(device->agent, &change);
}

static int record_attached(struct agent_device *device, const char *detail) {
        char group[GROUP_SIZE];
        int r = device_record(device, DEVICE_ATTACHED, detail);

        group_of(device, group, sizeof(group));
        return r < 0 ? r : raise_recovered(device->agent, EXCEPTION_DEVICE_LOST, group);
}

int device_record_scanner(struct agent_device *device, enum scanner_state state,
                          const char *detail) {
        bool attached = state == SCANNER_READY;

        if (device->attached == attached)
                return 0; /* the same, or absent from the start */
        device->attached = attached;
        return attached ? record_attached(device, detail) : record_lost(device, detail);
}

/* ---- firmware ------------------------------------------------------------------------------------ */

static int raise_drift(struct agent_device *device) {
        struct exception_change change = { .kind = EXCEPTION_FIRMWARE_DRIFT };
        const struct profile *profile = device->profile;

        group_of(device, change.group, sizeof(change.group));
        memcpy(change.device, device->config->name, sizeof(change.device));
        (void)snprintf(change.expected, sizeof(change.expected),
                       "firmware %.40s%s of profile %.40s", profile->approved[0],
                       profile->n_approved > 1 ? " or another" : "", profile->name);
        (void)snprintf(change.found, sizeof(change.found), "firmware %.60s", device->firmware);
        return raise_exception(device->agent, &change);
}

int device_record_identity(struct agent_device *device, const char *model, const char *firmware) {
        bool same = strcmp(device->firmware, firmware) == 0;
        char group[GROUP_SIZE];
        int r;

        (void)snprintf(device->model, sizeof(device->model), "%s", model);
        (void)snprintf(device->firmware, sizeof(device->firmware), "%s", firmware);
        if (same || !firmware[0])
                return 0;
        r = device_record(device, DEVICE_FIRMWARE, device->model);
        if (r < 0)
                return r;
        if (!profile_approves(device->profile, firmware))
                return raise_drift(device);
        group_of(device, group, sizeof(group));
        return raise_recovered(device->agent, EXCEPTION_FIRMWARE_DRIFT, group);
}
