/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * ZPL guard: may these bytes go to a printer as a label? Pure.
 *
 * Cuts ZPL II into its commands (Zebra, ZPL II Programming Guide), also with changed prefixes (^CC ~CC ^CT ~CT ^CD ~CD) and
 * binary data (^GF, ~DG, ~DY), and lets through what makes a label. What would reconfigure, reset or fill the printer,
 * ask it something, or speak another of its languages is refused. A carrier's label passes byte for byte.
 */

#include "base/def.h"

enum { ZPL_REFUSED = 1, ZPL_REASON_SIZE = 160 };

/* 0, or ZPL_REFUSED with command, offset (from 1) and reason in @ret_reason (>= ZPL_REASON_SIZE). */
MUST_CHECK int zpl_guard(struct slice zpl, char *ret_reason);
