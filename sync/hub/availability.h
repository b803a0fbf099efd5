/* SPDX-License-Identifier: MIT */
#pragma once

/* Availability: what a storefront may sell of a SKU (DESIGN 5.5). */

#include "base/jsonw.h"
#include "sync/hub/db.h"

struct availability {
        bool known; /* an item, or at least something that moved */
        char name[128];
        int64_t on_hand_milli, reserved_milli, available_milli, safety_milli;
        bool has_cover;
        int64_t cover_milli; /* days */
        bool out, low, oversell_risk;
};

MUST_CHECK int availability_of(struct db *db, const char *site, const char *sku, int64_t now_ms,
                               struct availability *ret);
/* The payload of /stock/{sku}. */
void availability_write(const struct availability *availability, const char *sku, int64_t now_ms,
                        struct jsonw *w);
