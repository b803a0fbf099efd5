/* SPDX-License-Identifier: MIT */
#pragma once

/* API: the local HTTP interface (DESIGN 8) over libmicrohttpd, on the agent's loop; the only
 * file group that knows it is api*.c. Two doors: a Unix socket (its file mode is the permission)
 * and TCP with a token. */

#include "agent/agent.h"

/* On failure @ret_error says in words what to do (busy port, missing directory). */
MUST_CHECK int api_new(struct agent *agent, struct api **ret, struct bytes *ret_error);
void api_free(struct api *api);
