/* SPDX-License-Identifier: MIT */
#pragma once

/* Agent: what tallyd is made of, for main (who builds it) and the API (which shows it). */

#include <systemd/sd-event.h>
#include "agent/config.h"
#include "agent/station.h"
#include "agent/turn.h"
#include "base/version.h"
#include "drivers/printer/printer.h"
#include "drivers/scanner/scanner.h"

struct syncer;
struct api;

struct agent_scanner {
        const struct config_device *config;
        struct profile *profile;
        struct scanner *scanner;
        struct station *station;
        char detail[160]; /* of the last state */
};

struct agent_printer {
        const struct config_device *config;
        struct profile *profile;
        struct printer *printer;
        char detail[160];
};

struct agent {
        sd_event *event;
        struct config config;
        char config_path[PATH_SIZE];
        int64_t started_ms;
        struct ledger *ledger;
        struct turn *turn;
        struct station *stations[STATIONS_MAX];
        size_t n_stations;
        struct agent_scanner scanners[SCANNERS_MAX];
        size_t n_scanners;
        struct agent_printer printers[PRINTERS_MAX];
        size_t n_printers;
        struct syncer *syncer; /* NULL without a broker */
        struct api *api;
};

struct station *agent_station(struct agent *agent, const char *name); /* NULL: none */
