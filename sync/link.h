/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Link: one MQTT connection on the event loop. Only link.c and its own link_*.c know libmosquitto.
 *
 * Keeps trying to be connected: each attempt is a fresh client object, made by a helper thread that
 * lives only for the attempt (DNS and connect block in the library) and hands the client over.
 * Back-off with full jitter, 0.2 s to 30 s. The library never holds a message across a connection:
 * while not up, publishing is refused. What libmosquitto 2.0.11 does that shapes this is listed at
 * the top of link.c.
 *
 * Inside a handler every verb may be called, link_free not.
 */

#include <stdbool.h>
#include <systemd/sd-event.h>
#include "base/bytes.h"

struct link;

enum link_protocol { LINK_MQTT5, LINK_MQTT311, LINK_AUTO };

struct link_config {
        char host[256];
        int64_t port;
        bool tls;
        char ca[PATH_SIZE], cert[PATH_SIZE], key[PATH_SIZE];
        char username[128];
        char password_file[PATH_SIZE]; /* read at each attempt; its first line */
        int protocol;                  /* enum link_protocol */
        char client_id[128];
        char will_topic[256]; /* "": no will; retained, QoS 1 */
        struct bytes will;    /* the link's own once link_new returned 0 */
        int keepalive_s;
        int receive_max; /* how many QoS 1 messages the broker may have under way to us */
};

struct link_message {
        const char *topic;
        struct slice payload;
        bool retained; /* the broker had kept it: said before we subscribed */
        const char *response_topic; /* MQTT 5, or NULL */
        struct slice correlation;
};

struct link_handler {
        /* CONNACK: subscribe and publish now. */
        void (*up)(void *userdata);
        /* Was up; every message under way is void. */
        void (*down)(void *userdata, const char *reason);
        void (*message)(void *userdata, const struct link_message *message);
        /* The broker took (ok) or refused message @id. Not proof that anybody has it. */
        void (*published)(void *userdata, int id, bool ok);
        /* There is room again after link_publish answered -EAGAIN. */
        void (*room)(void *userdata);
};

MUST_CHECK int link_new(sd_event *event, const struct link_config *config,
                        const struct link_handler *handler, void *userdata, struct link **ret);
/* Publishes @goodbye on the will's topic, disconnects and frees. At most a second. */
void link_free(struct link *link, struct slice goodbye);

bool link_is_up(const struct link *link);
int link_protocol(const struct link *link); /* 5 or 4 when up, else 0 */
/* Why it is not up, in words with the cure, or "". */
const char *link_last_error(const struct link *link);

/* QoS 1. -ENOTCONN; -EAGAIN: enough is under way, wait for room; -EMSGSIZE: over the broker's
 * limit; -EOPNOTSUPP: the broker retains nothing; -EINVAL: a bad topic. */
MUST_CHECK int link_publish(struct link *link, const char *topic, struct slice payload, bool retain,
                            uint32_t expiry_s, int *ret_id);
MUST_CHECK int link_subscribe(struct link *link, const char *filter);
/* The largest payload that link_publish takes on @topic: the broker's packet limit less headers, or
 * 256 MiB. */
size_t link_payload_max(const struct link *link, const char *topic);
