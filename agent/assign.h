/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Assign: which plugged-in device belongs to which section of the configuration. Pure.
 *
 * Who has a device keeps it; who had one at a port gets what is plugged in there; who has none gets the first that
 * fits, sections in the order of the configuration, devices in the order of their ports. So two identical scanners
 * keep their stations however often they are unplugged, and a replaced one takes the place of the old.
 */

#include <stdbool.h>
#include <stddef.h>
#include "base/def.h"

struct assign_want {
        const char *port; /* where it was last, "" never */
        bool only_there;  /* the configuration names the port */
};

struct assign_have {
        const char *port;
};

/* Whether a device may be this section's: kind and profile. */
typedef bool assign_fits(void *userdata, size_t want, size_t have);

/* ret[want] is the index of its device, or -1. Every device goes to one section at most. */
void assign(const struct assign_want *wants, size_t n_wants, const struct assign_have *haves,
            size_t n_haves, assign_fits *fits, void *userdata, int *ret);
