/* SPDX-License-Identifier: MIT */
#pragma once

/* tally profile: its kinds, a file each. words[0] is the kind. */

#include "agent/cli/cli.h"

int profile_show(struct cli *cli);
int profile_identify(struct cli *cli);
int profile_propose(struct cli *cli);
