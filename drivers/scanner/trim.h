/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Trim: takes off a scan what its maker's settings put around it, and writes the maker's code id as an AIM
 * identifier (ISO/IEC 15424). Pure.
 */

#include "base/def.h"
#include "drivers/barcode/barcode.h"
#include "drivers/profile.h"

enum { TRIM_ROOM = SCAN_LEN_MAX + AIM_SIZE };

/*
 * Prefix and suffix of the profile, where they are there, and its code id. A scan that has an AIM identifier keeps
 * it; an unknown code id stays, for it may be no id. A GS right behind the identifier of a GS1 code goes. Answers a
 * part of @scan, or of @buffer (>= TRIM_ROOM) where what is in front changes.
 */
struct slice scan_trim(const struct profile *profile, struct slice scan, uint8_t *buffer);
