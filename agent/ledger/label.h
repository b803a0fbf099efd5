/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Label: an order's template and fields to ZPL. Pure.
 *
 * {{field}} may stand in field data (^FD, ^FV) only. Values are hex-escaped after ^FH, so that no customer's
 * name is ever read as a command, and ^CI28 says that they are UTF-8 (Zebra, ZPL II Programming Guide: ^FH, ^CI).
 */

#include "base/jsonr.h"

/* Appended to @out. -EINVAL with words: an unknown field, a placeholder in the wrong place. -ENOMEM */
MUST_CHECK int label_fill(struct slice template, const json_t *fields, struct bytes *out,
                          char *ret_error, size_t error_size);
