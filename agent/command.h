/* SPDX-License-Identifier: MIT */
#pragma once

/* Command: answers what operator tools ask over /{gw}/cmd (DESIGN 5.1). Pure. */

#include "base/bytes.h"

struct command_facts {
        const char *epoch;
        uint64_t seq, acked;
};

enum { COMMAND_BYTES_MAX = 16 * 1024 };

/* Appends the reply, also where @payload is malformed. -ENOMEM. */
MUST_CHECK int command_answer(struct slice payload, const struct command_facts *facts,
                              struct bytes *ret_reply);
