/* SPDX-License-Identifier: MIT */
#pragma once

/* ZPL answer: what a printer would say to ~HS and ~HI, for those who print through us. Pure. */

#include "base/bytes.h"
#include "drivers/printer/zpl_status.h"

/* The three strings of ~HS. */
void zpl_answer_status(const struct zpl_status *status, struct bytes *out);
/* The string of ~HI. Resolution and memory are not known: those of a small printer of 203 dpi. */
void zpl_answer_identity(const char *model, const char *firmware, struct bytes *out);
