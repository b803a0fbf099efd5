/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Device id: what a printer says of itself over USB, KEY:VALUE; pairs (IEEE 1284-2000, 7.6). Pure. Makers use the short
 * and the long names of keys, any case, and Zebra a blank behind its values.
 */

#include "base/def.h"

/* The value of either key, without blanks around it, in @id; empty: it has none. Borrowed. */
struct slice device_id_value(struct slice id, const char *name, const char *long_name);
