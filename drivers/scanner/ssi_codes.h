/* SPDX-License-Identifier: MIT */
#pragma once

/* SSI code types: the first byte of decode data (Zebra, CS3000 Product Reference Guide, table B-1). */

#include "base/def.h"

/* The AIM identifier of a code type, or NULL: its data goes on without one. */
const char *ssi_code_aim(uint8_t code_type);
