/* SPDX-License-Identifier: MIT */
#pragma once

/* Changes: what a turn touched and has to be told: SKUs, orders, exceptions, by site. */

#include "sync/hub/keymap.h"

struct changes {
        struct marks stock, orders, exceptions; /* keys: site, id */
};

void changes_fini(struct changes *changes);
MUST_CHECK int changes_add(struct marks *marks, const char *site, const char *id);
