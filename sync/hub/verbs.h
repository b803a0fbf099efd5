/* SPDX-License-Identifier: MIT */
#pragma once

/* Verbs: what tally-hub shows and does besides running. Each gives the exit status. */

#include <stdbool.h>
#include "sync/hub/config.h"

struct verb_call {
        const struct hub_config *config;
        const char *site; /* the configuration's first, or --site */
        bool json;
        char **words; /* what follows the verb */
        int n_words;
};

int verb_stock(const struct verb_call *call);
int verb_orders(const struct verb_call *call);
int verb_exceptions(const struct verb_call *call);
int verb_gateways(const struct verb_call *call);
int verb_verify(const struct verb_call *call);
int verb_import(const struct verb_call *call); /* import.c */
