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
struct rawport;
struct usb;
struct device_plug;

struct agent;

/* A [scanner NAME] or [printer NAME] and what is plugged in for it. */
struct agent_device {
        struct agent *agent;
        const struct config_device *config;
        enum profile_kind kind;
        struct profile *profile; /* NULL: nothing is recognised yet */
        char last_place[PATH_SIZE],
                last_profile[ID_SIZE]; /* where it was found last, as what; or "" */
        char port[PATH_SIZE];    /* where it is looked for; "" until something is plugged in */
        char plugged[PATH_SIZE]; /* what was found there, as struct plug_device names it */
        int plugged_number;
        bool is_foreign;  /* its driver has just found out */
        int seen_number;  /* of what is plugged in at its port, -1 nothing; its driver knows */
        char detail[160]; /* of the last state */
        char model[PROFILE_WORD_SIZE], firmware[PROFILE_WORD_SIZE]; /* as it said, or "" */

        struct scanner *scanner; /* NULL: a printer, or cannot be driven, as the detail says */
        struct station *station; /* the scanner's */
        bool attached;           /* as the log says it */

        struct printer *printer;
        struct rawport *rawport; /* NULL: other programs cannot print here */
        bool was_ready, faulty;  /* as the log says it */
        enum printer_state fault;
        bool owes_outcome; /* of its last job: the ledger would not take it yet */
        uint64_t owed_job;
        enum print_outcome owed_outcome;
        char owed_detail[160];
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
        struct agent_device scanners[SCANNERS_MAX];
        size_t n_scanners;
        struct agent_device printers[PRINTERS_MAX];
        size_t n_printers;
        struct usb *usb;          /* NULL until a USB port is wanted */
        struct device_plug *plug; /* NULL where nothing that is plugged in matters */
        struct syncer *syncer;    /* NULL without a broker */
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
