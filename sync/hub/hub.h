/* SPDX-License-Identifier: MIT */
#pragma once

/* Hub: the running centre: store, link and loop together. */

#include "sync/hub/config.h"

/* Runs until SIGTERM or SIGINT. The exit status. */
MUST_CHECK int hub_run(const struct hub_config *config);

/*
 * The lock that says "this store has its hub". ret_fd stays open while it is held. -EWOULDBLOCK: another process
 * holds it.
 */
MUST_CHECK int hub_lock(const char *path, int *ret_fd);
