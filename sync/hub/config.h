/* SPDX-License-Identifier: MIT */
#pragma once

/* Configuration of tally-hub: [hub] and the same [broker] as tallyd's. */

#include "sync/link.h"

enum { SITES_MAX = 64 };

struct hub_config {
        char sites[SITES_MAX][NAME_SIZE];
        size_t n_sites;
        char instance[NAME_SIZE];
        char path[PATH_SIZE]; /* of the SQLite store */
        bool has_broker;
        struct link_config broker;
};

/* The number of problems, each a line in @errors, or a negative errno. */
MUST_CHECK int hub_config_read(const char *path, struct hub_config *ret, struct bytes *errors);
