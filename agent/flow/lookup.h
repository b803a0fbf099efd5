/* SPDX-License-Identifier: MIT */
#pragma once

/* Lookup: what a scanned code is, in the order of DESIGN 3. Control codes come before, see control.h. */

#include "agent/flow/flow.h"

#define TOTE_PREFIX "TOTE-"

enum found_kind { FOUND_NOTHING, FOUND_OPERATOR, FOUND_LOCATION, FOUND_ORDER, FOUND_TOTE, FOUND_ITEM };

struct found {
        enum found_kind kind;
        union {
                struct ledger_operator operator;
                struct ledger_location location;
                struct ledger_order order;
                char tote[ID_SIZE];
                struct ledger_item item;
        };
};

/* 0 (FOUND_NOTHING is no failure), or the view's negative errno. */
MUST_CHECK int lookup(const struct flow_view *view, const struct barcode *scan, struct found *ret_found);
