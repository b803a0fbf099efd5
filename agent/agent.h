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

struct agent;

struct agent_scanner {
        struct agent *agent;
        const struct config_device *config;
        struct profile *profile;
        struct scanner *scanner;
        struct station *station;
        bool attached;    /* as the log says it */
        char detail[160]; /* of the last state */
};

struct agent_printer {
        struct agent *agent;
        const struct config_device *config;
        struct profile *profile;
        struct printer *printer;
        bool was_ready, faulty; /* as the log says it */
        enum printer_state fault;
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
        bool jobs_waiting; /* queued in the open turn: the printers look after its commit */
};

/* Builds everything from @path in the order that lets scanning begin first. On failure @ret_error has one line for
 * people, and @ret_usage says whether the configuration is to blame. agent_fini is due in any case. */
MUST_CHECK int agent_init(struct agent *agent, const char *path, struct bytes *ret_error,
                          bool *ret_usage);
void agent_fini(struct agent *agent);

/* Reads the configuration again; what can change while it runs does, the rest is named in the log. */
void agent_reload(struct agent *agent);

struct station *agent_station(struct agent *agent, const char *name); /* NULL: none */
