/* SPDX-License-Identifier: MIT */
#include "sync/link.h"

/*
 * What libmosquitto 2.0.11 does that shapes this file; tests/sync has a test of each.
 *
 * - Across a reconnect a client object keeps queued messages without bound and limits of the last
 *   broker, and a queued message over the new broker's packet limit aborts the process. So each
 *   attempt has a fresh object, nothing is published before CONNACK, and what is under way when a
 *   connection ends is void.
 * - The check against the broker's packet limit is short by a byte, and then aborts. So we check,
 *   with slack.
 * - Names are resolved and, in the only call that sends MQTT 5 properties, connections are made in
 *   a blocking way. So a helper thread does that (link_attempt.c).
 * - Sockets are closed by the library, at any call, and their number is soon another's, so that
 *   epoll goes deaf. So epoll watches a duplicate that only we close.
 * - Callbacks come twice or not at all (failing TLS handshake). So they only take notes, and after
 *   each call link_settle looks at its result, at the socket and at the notes.
 * - A connection that dies within the TLS handshake is reported as success, over and over. So
 *   before CONNACK we look at the socket ourselves, and a timer of ours ends a broker that never
 *   answers.
 * - Reading stops early when errno is EAGAIN by chance, with decrypted bytes left in OpenSSL, which
 *   epoll does not see. So callbacks keep errno, and what is left is read from a defer source.
 * - The back-off exists only in its own loop. So ours is here.
 * - loop_misc once a second is for its own connect time-out. Here it is only the keep-alive, and a
 *   quarter of it is often enough: a ping leaves after 1.25 of it at the latest, brokers wait
 *   for 1.5 (MQTT 5, 3.1.2.10).
 * - on_publish without v5 hides refusals. So the v5 callbacks are used with both versions.
 *
 * Not worked around: a property that MQTT does not define makes the library abort the process (its
 * log function asserts a client that property.c does not pass). Who speaks for the broker can do
 * that; so TLS, and the service manager starts us again.
 *
 * Not bounded: the library believes the length of an incoming packet (up to 256 MiB). MQTT 5
 * brokers are told our limit; a 3.1.1 broker is trusted with it.
 */

#include <errno.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "sync/link_attempt.h"
#include "sync/link_internal.h"

enum {
        /* Fixed header 5, topic length 2, packet id 2, property length 1, message expiry 5; the
         * rest is the slack for the library's own wrong sum. */
        PACKET_OVERHEAD = 15 + 17,

        BACKOFF_MIN_MS = 200,
        BACKOFF_MAX_MS = 30000,
        BACKOFF_STABLE_MS = 10000, /* a connection that lasted this long was a good one */
        GREETING_MS = 10000,       /* from TCP connection to CONNACK, with TLS between */
        PUBACK_MS = 60000,         /* a broker that acknowledges nothing for so long is gone */
        GOODBYE_MS = 1000,
        GREETING_WAKEUPS = 2000, /* a handshake takes ten; this many is a spinning library */
};

static void link_attempt_begin(struct link *link);
static void link_settle(struct link *link, int rc, int error);

/* ---- ends ---------------------------------------------------------------------------------- */

static sd_event_source *source_drop(sd_event_source *source) {
        return sd_event_source_disable_unref(source);
}

static int link_arm(struct link *link, int64_t in_ms) {
        int r = sd_event_source_set_time_relative(link->timer, (uint64_t)in_ms * 1000);

        if (r >= 0)
                r = sd_event_source_set_enabled(link->timer, SD_EVENT_ONESHOT);
        return r;
}

static void link_arm_defer(struct link *link) {
        (void)sd_event_source_set_enabled(link->defer, SD_EVENT_ONESHOT);
}

/* Everything that belongs to one connection. Never inside a callback of the library. */
static void link_drop_client(struct link *link) {
        link->io = source_drop(link->io);
        link->attempt_source = source_drop(link->attempt_source);
        link_attempt_abandon(TAKE(link->attempt));
        if (link->client)
                mosquitto_destroy(TAKE(link->client));
        if (link->fd >= 0)
                (void)close(link->fd);
        link->fd = -1;
        link->n_sent = 0;
        link->n_subscribed = 0;
        link->wants_room = false;
}

/* Full jitter: a thousand gateways that lost one broker come back spread over the whole time. */
static int64_t link_backoff_ms(struct link *link) {
        unsigned n = link->n_failed;
        int64_t most = n < 8 ? (int64_t)BACKOFF_MIN_MS << n : BACKOFF_MAX_MS;

        if (most > BACKOFF_MAX_MS)
                most = BACKOFF_MAX_MS;
        if (n < 8)
                link->n_failed++;
        return 1 + (int64_t)arc4random_uniform((uint32_t)most);
}

/* Once for each reason: an outage is a line in the log, not a line each attempt. */
static void link_tell(struct link *link) {
        if (!link->words[0] || strcmp(link->told, link->words) == 0)
                return;
        memcpy(link->told, link->words, sizeof(link->told));
        log_warning("link: no connection yet: %s", link->words);
}

/* The connection or the attempt is over for the reason in link->words. */
static void link_lost(struct link *link, bool at_once) {
        bool was_up = link->was_up;

        link_drop_client(link);
        link->state = LINK_WAITING;
        link->was_up = false;
        if (link->leaving)
                return;
        if (was_up && clock_mono_ms() - link->up_since_ms >= BACKOFF_STABLE_MS)
                link->n_failed = 0;
        if (was_up && link->config.protocol == LINK_AUTO)
                link->version = 5; /* the broker may have been replaced */
        if (link_arm(link, at_once ? 0 : link_backoff_ms(link)) < 0)
                log_error("link: cannot set a timer, giving up: %s", link->words);
        if (was_up)
                link->handler.down(link->userdata, link->words);
        else
                link_tell(link);
}

/* For where the client cannot be destroyed: in a callback, or under a caller who publishes. */
static void link_doom(struct link *link, int rc, int error) {
        if (link->state == LINK_BROKEN)
                return;
        link_words_failed(rc, error, link->notes.tls, &link->config, link->words);
        link->state = LINK_BROKEN;
        link_arm_defer(link);
}

static void link_fail(struct link *link, int rc, int error) {
        if (link->state != LINK_BROKEN)
                link_words_failed(rc, error, link->notes.tls, &link->config, link->words);
        link_lost(link, false);
}

/* ---- after each call of the library ---------------------------------------------------------- */

static void link_watch(struct link *link) {
        uint32_t events = EPOLLIN | EPOLLRDHUP;

        if (!link->io || !link->client || link->leaving) /* a finished loop takes no orders */
                return;
        if (mosquitto_want_write(link->client))
                events |= EPOLLOUT;
        if (sd_event_source_set_io_events(link->io, events) < 0)
                link_doom(link, MOSQ_ERR_NOMEM, ENOMEM);
}

static void link_go_up(struct link *link) {
        link->state = LINK_UP;
        link->was_up = true;
        link->words[0] = link->told[0] = '\0';
        link->up_since_ms = link->progress_ms = clock_mono_ms();
        if (link_arm(link, (int64_t)link->keepalive_s * 1000 / 4) < 0)
                link_doom(link, MOSQ_ERR_NOMEM, ENOMEM);
        else
                link->handler.up(link->userdata);
}

static void link_refused(struct link *link) {
        int code = link->notes.connack;
        bool only_v4 = link->version == 5 && link->config.protocol == LINK_AUTO &&
                       (code == 0x84 || code == 1);

        link_words_refused(link->version, code, &link->config, link->words);
        if (link->config.protocol == LINK_AUTO)
                link->version = only_v4 ? 4 : 5;
        link_lost(link, only_v4);
}

static void link_give_room(struct link *link) {
        if (link->state != LINK_UP || !link->wants_room || link->n_sent >= link->send_max)
                return;
        link->wants_room = false;
        link->handler.room(link->userdata);
}

static bool link_left_in_tls(const struct link *link) {
        const SSL *ssl = link->client ? mosquitto_ssl_get(link->client) : NULL;

        return ssl && SSL_pending(ssl) > 0;
}

/* @rc and @error: what the call returned, and errno after it. */
static void link_settle(struct link *link, int rc, int error) {
        bool failed = rc != MOSQ_ERR_SUCCESS || mosquitto_socket(link->client) < 0;

        if (link->leaving)
                return;
        if (link->state == LINK_GREETING && link->notes.connack > 0) {
                link_refused(link);
                return;
        }
        if (link->notes.disconnect >= 0) {
                link_words_disconnect(link->notes.disconnect, &link->config, link->words);
                link_lost(link, false);
                return;
        }
        if (failed || link->state == LINK_BROKEN) {
                link_fail(link, rc, error);
                return;
        }
        if (link->state == LINK_GREETING && link->notes.connack == 0)
                link_go_up(link);
        link_give_room(link);
        if (link_left_in_tls(link))
                link_arm_defer(link);
        link_watch(link);
}

/* ---- the loop's sources ---------------------------------------------------------------------- */

/* True when the peer is gone and nothing it sent is left; the library may say success for ever. */
static bool socket_is_over(int fd, uint32_t events, int *ret_error) {
        socklen_t size = sizeof(*ret_error);
        char byte;
        ssize_t n;

        *ret_error = 0;
        if (!(events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)))
                return false;
        if ((events & EPOLLERR) && getsockopt(fd, SOL_SOCKET, SO_ERROR, ret_error, &size) == 0 &&
            *ret_error != 0)
                return true;
        n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

/* A broker that coalesces (mosquitto's default) holds its next packet until we acknowledge the last, which the
 * kernel delays by 40 ms unless it is asked not to, again after each read (tcp(7)). */
static void ack_at_once(int fd) {
        int on = 1;

        (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on)); /* only a speed */
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct link *link = userdata;
        int rc = MOSQ_ERR_SUCCESS, error = 0;

        (void)source;
        if (link->state == LINK_BROKEN) {
                link_lost(link, false);
                return 0;
        }
        if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
                rc = mosquitto_loop_read(link->client, 1);
                error = errno;
                ack_at_once(fd);
        }
        if (rc == MOSQ_ERR_SUCCESS && (events & EPOLLOUT) && mosquitto_socket(link->client) >= 0) {
                rc = mosquitto_loop_write(link->client, 1);
                error = errno;
        }
        if (rc == MOSQ_ERR_SUCCESS && link->notes.connack <= 0 &&
            socket_is_over(fd, events, &error))
                rc = error ? MOSQ_ERR_ERRNO : MOSQ_ERR_CONN_LOST;
        if (link->state == LINK_GREETING && ++link->n_wakeups > GREETING_WAKEUPS)
                rc = MOSQ_ERR_PROTOCOL;
        link_settle(link, rc, error);
        return 0;
}

static int on_defer(sd_event_source *source, void *userdata) {
        struct link *link = userdata;
        int rc;

        (void)source;
        if (link->state == LINK_BROKEN) {
                link_lost(link, false);
        } else if (link_left_in_tls(link)) {
                rc = mosquitto_loop_read(link->client, 1);
                link_settle(link, rc, errno);
        }
        return 0;
}

static void link_tick(struct link *link) {
        int rc = mosquitto_loop_misc(link->client), error = errno;

        if (link->n_sent > 0 && clock_mono_ms() - link->progress_ms > PUBACK_MS) {
                (void)snprintf(link->words, sizeof(link->words),
                               "%s:%d acknowledges nothing that we publish", link->config.host,
                               (int)link->config.port);
                link_lost(link, false);
                return;
        }
        if (link_arm(link, (int64_t)link->keepalive_s * 1000 / 4) < 0)
                rc = MOSQ_ERR_NOMEM;
        link_settle(link, rc, error);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        struct link *link = userdata;

        (void)source;
        (void)usec;
        if (link->state == LINK_WAITING) {
                link_attempt_begin(link);
        } else if (link->state == LINK_UP) {
                link_tick(link);
        } else if (link->state == LINK_CONNECTING) {
                /* The thread goes on: a second client with our id would take the session away. */
                (void)snprintf(link->words, sizeof(link->words),
                               "%s:%d: no answer yet: is the host right, and does the network let "
                               "us through?",
                               link->config.host, (int)link->config.port);
        } else if (link->state == LINK_GREETING) {
                (void)snprintf(link->words, sizeof(link->words),
                               "%s:%d takes the connection and does not answer%s",
                               link->config.host, (int)link->config.port,
                               link->config.tls ? ": is it an MQTT broker with TLS?"
                                                : ": is it an MQTT broker without TLS?");
                link_lost(link, false);
        }
        return 0;
}

/* ---- attempts -------------------------------------------------------------------------------- */

static int link_adopt(struct link *link, struct mosquitto *client) {
        int r;

        link->client = client;
        link->n_wakeups = 0;
        link_notes_attach(link);
        (void)fcntl(mosquitto_socket(client), F_SETFD, FD_CLOEXEC); /* the library does not */
        link->fd = fcntl(mosquitto_socket(client), F_DUPFD_CLOEXEC, 3);
        if (link->fd < 0)
                return -errno;
        r = sd_event_add_io(link->event, &link->io, link->fd, EPOLLIN | EPOLLRDHUP, on_io, link);
        if (r >= 0)
                r = link_arm(link, GREETING_MS);
        return r < 0 ? r : 0;
}

static int on_attempt(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct link *link = userdata;
        struct mosquitto *client;
        int r;

        (void)source;
        (void)fd;
        (void)events;
        link->attempt_source = source_drop(link->attempt_source);
        client = link_attempt_finish(TAKE(link->attempt), link->words);
        if (!client) {
                link_lost(link, false);
                return 0;
        }
        link->state = LINK_GREETING;
        r = link_adopt(link, client);
        if (r < 0)
                link_fail(link, MOSQ_ERR_ERRNO, -r);
        else
                link_settle(link, MOSQ_ERR_SUCCESS, 0);
        return 0;
}

static void link_attempt_begin(struct link *link) {
        char words[LINK_WORDS_SIZE];
        int r = link_attempt_new(&link->config, link->version, words, &link->attempt);

        if (r < 0) {
                memcpy(link->words, words, sizeof(words));
                link_lost(link, false);
                return;
        }
        link->state = LINK_CONNECTING; /* until it is over, the words say why the last one failed */
        r = sd_event_add_io(link->event, &link->attempt_source, link_attempt_fd(link->attempt),
                            EPOLLIN, on_attempt, link);
        if (r >= 0)
                r = link_arm(link, GREETING_MS);
        if (r < 0)
                link_fail(link, MOSQ_ERR_ERRNO, -r);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void link_destroy(struct link *link) {
        link_drop_client(link);
        source_drop(link->timer);
        source_drop(link->defer);
        sd_event_unref(link->event);
        bytes_fini(&link->config.will);
        free(link);
}

static int link_add_sources(struct link *link) {
        int r = sd_event_add_time_relative(link->event, &link->timer, CLOCK_BOOTTIME, 0, 1000,
                                           on_timer, link);

        if (r >= 0)
                r = sd_event_add_defer(link->event, &link->defer, on_defer, link);
        if (r >= 0)
                r = sd_event_source_set_enabled(link->defer, SD_EVENT_OFF);
        return r < 0 ? r : 0;
}

int link_new(sd_event *event, const struct link_config *config, const struct link_handler *handler,
             void *userdata, struct link **ret) {
        struct link *link = calloc(1, sizeof(*link));
        int r;

        if (!link)
                return -ENOMEM;
        (void)mosquitto_lib_init(); /* counts; on Linux it cannot fail */
        link->event = sd_event_ref(event);
        link->config = *config;
        link->handler = *handler;
        link->userdata = userdata;
        link->fd = -1;
        link->version = config->protocol == LINK_MQTT311 ? 4 : 5;
        (void)snprintf(link->words, sizeof(link->words), "not connected yet");
        r = link_add_sources(link);
        if (r < 0) {
                link->config.will = (struct bytes) { 0 }; /* still the caller's */
                link_destroy(link);
                return r;
        }
        *ret = link;
        return 0;
}

/* Lets the library read and write until @id is acknowledged (0: until all is written), or time is
 * up. */
static void link_drain(struct link *link, int id, int64_t until_ms) {
        while (mosquitto_socket(link->client) >= 0) {
                int64_t left_ms = until_ms - clock_mono_ms();
                bool writes = mosquitto_want_write(link->client), waits = id == 0 && writes;
                struct pollfd pollfd = { link->fd, (short)(POLLIN | (writes ? POLLOUT : 0)), 0 };

                for (int i = 0; i < link->n_sent; i++)
                        waits = waits || link->sent[i] == id;
                if (!waits || left_ms <= 0 || poll(&pollfd, 1, (int)left_ms) <= 0)
                        return;
                if ((pollfd.revents & (POLLIN | POLLERR | POLLHUP)) &&
                    mosquitto_loop_read(link->client, 1) != MOSQ_ERR_SUCCESS)
                        return;
                if ((pollfd.revents & POLLOUT) &&
                    mosquitto_loop_write(link->client, 1) != MOSQ_ERR_SUCCESS)
                        return;
        }
}

static bool link_is_sent(const struct link *link, int id) {
        for (int i = 0; i < link->n_sent; i++)
                if (link->sent[i] == id)
                        return false;
        return true;
}

/* Without the broker's word that it has the goodbye there is no DISCONNECT: the will says it then.
 */
static void link_say_goodbye(struct link *link, struct slice goodbye) {
        int64_t until_ms = clock_mono_ms() + GOODBYE_MS;
        int id;

        link->leaving = true;
        if (link->config.will_topic[0] && goodbye.len > 0) {
                link->send_max = LINK_SEND_MAX;
                if (link_publish(link, link->config.will_topic, goodbye, true, 0, &id) < 0)
                        return;
                link_drain(link, id, until_ms);
                if (!link_is_sent(link, id) || link->state != LINK_UP)
                        return;
        }
        if (mosquitto_disconnect(link->client) == MOSQ_ERR_SUCCESS)
                link_drain(link, 0, until_ms);
}

void link_free(struct link *link, struct slice goodbye) {
        if (!link)
                return;
        if (link->state == LINK_UP)
                link_say_goodbye(link, goodbye);
        link->leaving = true;
        link_destroy(link);
}

/* ---- verbs ----------------------------------------------------------------------------------- */

bool link_is_up(const struct link *link) {
        return link->state == LINK_UP;
}

int link_protocol(const struct link *link) {
        return link->state == LINK_UP ? link->version : 0;
}

const char *link_last_error(const struct link *link) {
        return link->state == LINK_UP ? "" : link->words;
}

size_t link_payload_max(const struct link *link, const char *topic) {
        size_t packet_max = link->state == LINK_UP ? link->packet_max : LINK_PACKET_MAX;
        size_t overhead = PACKET_OVERHEAD + strlen(topic);

        return packet_max > overhead ? packet_max - overhead : 0;
}

/* The call's result as an errno. Only what the library checks before it takes a message leaves the
 * connection alone; all else may have left half a message behind. */
static int link_result(struct link *link, int rc, int error) {
        switch (rc) {
        case MOSQ_ERR_SUCCESS:
                link_watch(link);
                return 0;
        case MOSQ_ERR_INVAL:
        case MOSQ_ERR_MALFORMED_UTF8:
                return -EINVAL;
        case MOSQ_ERR_PAYLOAD_SIZE:
        case MOSQ_ERR_OVERSIZE_PACKET:
                return -EMSGSIZE;
        case MOSQ_ERR_QOS_NOT_SUPPORTED:
        case MOSQ_ERR_RETAIN_NOT_SUPPORTED:
                return -EOPNOTSUPP;
        default:
                link_doom(link, rc, error);
                return rc == MOSQ_ERR_NOMEM ? -ENOMEM : -ENOTCONN;
        }
}

static int link_publish_now(struct link *link, const char *topic, struct slice payload, bool retain,
                            uint32_t expiry_s, int *ret_id) {
        mosquitto_property *properties = NULL;
        int rc = MOSQ_ERR_SUCCESS;

        if (expiry_s > 0 && link->version == 5)
                rc = mosquitto_property_add_int32(&properties, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL,
                                                  expiry_s);
        if (rc != MOSQ_ERR_SUCCESS)
                return -ENOMEM;
        rc = mosquitto_publish_v5(link->client, ret_id, topic, (int)payload.len, payload.bytes, 1,
                                  retain, properties);
        rc = link_result(link, rc, errno);
        mosquitto_property_free_all(&properties);
        return rc;
}

int link_publish(struct link *link, const char *topic, struct slice payload, bool retain,
                 uint32_t expiry_s, int *ret_id) {
        int id = 0, r;

        if (link->state != LINK_UP)
                return -ENOTCONN;
        if (payload.len > link_payload_max(link, topic))
                return -EMSGSIZE;
        if (retain && !link->retains)
                return -EOPNOTSUPP;
        if (link->n_sent >= link->send_max) {
                link->wants_room = true;
                return -EAGAIN;
        }
        r = link_publish_now(link, topic, payload, retain, expiry_s, &id);
        if (r < 0)
                return r;
        if (link->n_sent == 0)
                link->progress_ms = clock_mono_ms();
        link->sent[link->n_sent++] = id;
        *ret_id = id;
        return 0;
}

int link_subscribe(struct link *link, const char *filter) {
        int id = 0, r;

        if (link->state != LINK_UP)
                return -ENOTCONN;
        r = mosquitto_subscribe(link->client, &id, filter, 1);
        r = link_result(link, r, errno);
        if (r == 0 && link->n_subscribed < LINK_SUBSCRIBE_MAX) {
                struct link_pending *pending = &link->subscribed[link->n_subscribed++];

                pending->id = id;
                (void)snprintf(pending->filter, sizeof(pending->filter), "%s", filter);
        }
        return r;
}
