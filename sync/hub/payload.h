/* SPDX-License-Identifier: MIT */
#pragma once

/* Payload: what the hub publishes, as bytes. Reads the store; publishes nothing itself. */

#include "base/bytes.h"
#include "sync/hub/config.h"
#include "sync/hub/db.h"

/* /order/{order}. ret_ended: shipped or cancelled, the topic expires. -ENOENT */
MUST_CHECK int payload_order(struct db *db, const char *site, const char *order, struct bytes *out,
                             bool *ret_ended);
/* /hub/status */
MUST_CHECK int payload_status(struct db *db, const struct hub_config *config, const char *site,
                              const char *state, struct bytes *out);
