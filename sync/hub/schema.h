/* SPDX-License-Identifier: MIT */
#pragma once

/* The hub's tables in SQLite. A step is never changed once it was released: a new one follows. */

enum { HUB_SCHEMA_VERSION = 1, HUB_APPLICATION_ID = 0x54416c48 /* "TAlH" */ };

extern const char *const hub_schema_steps[HUB_SCHEMA_VERSION];
