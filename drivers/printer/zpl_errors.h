/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * ZPL errors: what a printer answers to ~HQES (Zebra, ZPL II Programming Guide P1099958, ~HQ). Pure.
 *
 *     STX CR LF
 *     PRINTER STATUS CR LF
 *     ERRORS:   1 00000000 00000005 CR LF
 *     WARNINGS: 0 00000000 00000000 CR LF
 *     ETX
 *
 * A flag, group 2 and group 1 in hexadecimal; group 2 is always zero in the guide's tables. A printer answers this also
 * while it is silent to ~HS.
 */

#include <stdbool.h>
#include "base/def.h"

/* Group 1 of the errors. Paused is told by the KR403 alone. */
enum {
        ZPL_ERROR_MEDIA_OUT = 0x1,
        ZPL_ERROR_RIBBON_OUT = 0x2,
        ZPL_ERROR_HEAD_OPEN = 0x4,
        ZPL_ERROR_CUTTER = 0x8,
        ZPL_ERROR_HEAD_HOT = 0x10,
        ZPL_ERROR_MOTOR_HOT = 0x20,
        ZPL_ERROR_HEAD_ELEMENT = 0x40,
        ZPL_ERROR_HEAD_UNKNOWN = 0x80,
        ZPL_ERROR_FIRMWARE = 0x100,
        ZPL_ERROR_THERMISTOR = 0x200,
        ZPL_ERROR_JAM = 0xF000,
        ZPL_ERROR_PAUSED = 0x10000,
};

struct zpl_errors {
        uint32_t errors, warnings; /* group 1; 0: none */
};

/* @text: what stands between STX and ETX. false: no answer to ~HQES. */
bool zpl_errors_read(const char *text, struct zpl_errors *ret);
