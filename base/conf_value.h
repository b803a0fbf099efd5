/* SPDX-License-Identifier: MIT */
#pragma once

/* Conf's own: from a value's text to the struct of its section. No files, no state. */

#include "base/conf.h"

/* Stores @text at @dest + @key->offset. 0, or -EINVAL with the reason appended to @ret_reason. */
MUST_CHECK int conf_value_store(const struct conf_key *key, const char *text, void *dest,
                                struct bytes *ret_reason);
