/* SPDX-License-Identifier: MIT */
#pragma once

/* Link's own: the struct, and the library's callbacks, which do nothing but take notes in it. */

#include "sync/link_words.h"

struct mosquitto;
struct link_attempt;

enum {
        LINK_SEND_MAX = 64,      /* messages under way to the broker, if it does not ask for less */
        LINK_SUBSCRIBE_MAX = 16, /* whose SUBACK we wait for, to name them when refused */
        LINK_PACKET_MAX = 268435455, /* MQTT's longest remaining length (MQTT 5, 1.5.5) */
};

enum link_state {
        LINK_WAITING,    /* for the next attempt */
        LINK_CONNECTING, /* the helper thread is at it */
        LINK_GREETING,   /* TLS handshake, CONNECT, CONNACK */
        LINK_UP,
        LINK_BROKEN, /* over, found out where it cannot be torn down; the defer source will */
};

/* What callbacks saw. */
struct link_notes {
        int connack;    /* reason code, -1: none yet */
        int disconnect; /* the broker's reason code, -1: none */
        char tls[LINK_WORDS_SIZE];
};

/* A message or subscription under way. */
struct link_pending {
        int id;
        char filter[256]; /* of a subscription */
};

struct link {
        sd_event *event;
        struct link_config config;
        struct link_handler handler;
        void *userdata;

        enum link_state state;
        bool was_up;  /* the handler knows this connection */
        bool leaving; /* link_free: nobody is told anything any more */
        int version;  /* of the next or present attempt: 5 or 4 */
        struct link_attempt *attempt;
        struct mosquitto *client;
        int fd;             /* duplicate of the client's socket */
        unsigned n_wakeups; /* while greeting */
        struct link_notes notes;
        char words[LINK_WORDS_SIZE];
        char told[LINK_WORDS_SIZE]; /* the reason that the log has already */

        size_t packet_max;
        int send_max;
        int keepalive_s;
        bool retains;
        int sent[LINK_SEND_MAX]; /* ids */
        int n_sent;
        bool wants_room;
        struct link_pending subscribed[LINK_SUBSCRIBE_MAX];
        int n_subscribed;
        int64_t up_since_ms, progress_ms;
        unsigned n_failed; /* attempts in a row */

        sd_event_source *attempt_source, *io, *timer, *defer;
};

/* Sets notes and limits of link->client to those of a new connection, and the callbacks. */
void link_notes_attach(struct link *link);
