/* SPDX-License-Identifier: MIT */
#pragma once

/* Topics of DESIGN 5.1: "tally/v1/{site}" and what follows. */

#include "base/def.h"

enum { TOPIC_SIZE = 256 };

enum topic_kind {
        /* of a gateway */
        TOPIC_STATUS,
        TOPIC_LOG,
        TOPIC_NOW,
        TOPIC_ACK,
        TOPIC_WANT,
        TOPIC_GW_FEED,
        TOPIC_CMD,
        TOPIC_REPLY,
        /* of the site */
        TOPIC_FEED,
        TOPIC_PUT,
        TOPIC_PUT_REPLY,
        TOPIC_HUB_STATUS,
        /* with an id, which travels as in a URL where a topic cannot hold it: "a%2Fb" */
        TOPIC_STOCK,
        TOPIC_ORDER,
        TOPIC_EXCEPTION,
};

/* @id: gateway, sku, order or exception; NULL where the kind has none; "+" to subscribe.
 * -ENAMETOOLONG; -EINVAL, also for a gateway named as a part of the site (hub put feed stock order
 * exception). */
MUST_CHECK int topic_make(char ret_topic[TOPIC_SIZE], const char *site, enum topic_kind kind,
                          const char *id);

/* -EINVAL: not one of ours. @ret_id "" where the kind has none. */
MUST_CHECK int topic_parse(const char *topic, char ret_site[NAME_SIZE], enum topic_kind *ret_kind,
                           char ret_id[ID_SIZE]);
