/* SPDX-License-Identifier: MIT */
#pragma once

/* Configuration of tallyd (DESIGN 8): /etc/tallyman/tallyd.conf and tallyd.conf.d/ into one struct. */

#include <stdbool.h>
#include "agent/flow/flow.h"
#include "base/bytes.h"
#include "sync/link.h"

enum { STATIONS_MAX = 16, SCANNERS_MAX = 32, PRINTERS_MAX = 16 };

struct config_station {
        struct flow_settings flow; /* station name, mode, label_on … */
        char token_file[PATH_SIZE];
        int64_t debounce_ms;
};

struct config_device { /* [scanner NAME], [printer NAME] */
        char name[ID_SIZE];
        char station[NAME_SIZE];
        char profile[ID_SIZE]; /* "auto" */
        char port[PATH_SIZE];  /* "auto", "serial:…", "tcp:…", "usb:…" */
        int64_t listen;        /* printers: raw port of its own, 0: none */
};

struct config {
        char site[NAME_SIZE];
        char gateway[NAME_SIZE];
        char data[PATH_SIZE]; /* the ledger is DATA/ledger.db */
        int64_t retain_days;

        bool has_broker; /* no [broker] section: works alone */
        struct link_config broker;

        bool ack_broker;
        int64_t window, batch_events;

        char api_socket[PATH_SIZE];
        char api_listen[128]; /* "127.0.0.1:8420"; "": no TCP door */

        struct config_station stations[STATIONS_MAX];
        size_t n_stations;
        struct config_device scanners[SCANNERS_MAX];
        size_t n_scanners;
        struct config_device printers[PRINTERS_MAX];
        size_t n_printers;
};

/* Reads and cross-checks (stations named by devices exist, ports have a form …). Returns the number of problems,
 * each a line in @errors, or a negative errno. */
MUST_CHECK int config_read(const char *path, struct config *ret_config, struct bytes *errors);
