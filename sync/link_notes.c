/* SPDX-License-Identifier: MIT */
#include "sync/link_internal.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/log.h"
#include "sync/link_attempt.h"

/*
 * The library reads on, or not, by what errno says after a callback: so each gives it back as it
 * was.
 */

static void read_limits(struct link *link, const mosquitto_property *properties) {
        uint32_t packet_max = 0;
        uint16_t receive_max = 0, keepalive_s = 0;
        uint8_t qos_max = 1, retains = 1;

        (void)mosquitto_property_read_int32(properties, MQTT_PROP_MAXIMUM_PACKET_SIZE, &packet_max,
                                            false);
        (void)mosquitto_property_read_int16(properties, MQTT_PROP_RECEIVE_MAXIMUM, &receive_max,
                                            false);
        (void)mosquitto_property_read_int16(properties, MQTT_PROP_SERVER_KEEP_ALIVE, &keepalive_s,
                                            false);
        (void)mosquitto_property_read_byte(properties, MQTT_PROP_MAXIMUM_QOS, &qos_max, false);
        (void)mosquitto_property_read_byte(properties, MQTT_PROP_RETAIN_AVAILABLE, &retains, false);
        link->retains = retains != 0;
        if (packet_max > 0 && packet_max < LINK_PACKET_MAX)
                link->packet_max = packet_max;
        if (receive_max > 0 && receive_max < LINK_SEND_MAX)
                link->send_max = receive_max;
        if (keepalive_s > 0)
                link->keepalive_s = keepalive_s;
        if (qos_max == 0)
                link->notes.connack = 0x9b;
}

static void on_connect(struct mosquitto *client, void *userdata, int code, int flags,
                       const mosquitto_property *properties) {
        struct link *link = userdata;
        int saved = errno;

        (void)client;
        (void)flags;
        link->notes.connack = code;
        if (code == 0)
                read_limits(link, properties);
        errno = saved;
}

/* Called up to twice, the second time without the reason. Results of the library come this way too.
 */
static void on_disconnect(struct mosquitto *client, void *userdata, int code,
                          const mosquitto_property *properties) {
        struct link *link = userdata;

        (void)client;
        (void)properties;
        if (code >= 0x80 && link->notes.disconnect < 0)
                link->notes.disconnect = code;
}

static void on_publish(struct mosquitto *client, void *userdata, int id, int code,
                       const mosquitto_property *properties) {
        struct link *link = userdata;
        int saved = errno;

        (void)client;
        (void)properties;
        for (int i = 0; i < link->n_sent; i++) {
                if (link->sent[i] != id)
                        continue;
                link->sent[i] = link->sent[--link->n_sent];
                link->progress_ms = clock_mono_ms();
                if (!link->leaving && link->was_up)
                        link->handler.published(link->userdata, id, code < 0x80);
                break;
        }
        errno = saved;
}

static void on_subscribe(struct mosquitto *client, void *userdata, int id, int n_codes,
                         const int *codes, const mosquitto_property *properties) {
        struct link *link = userdata;
        int saved = errno;

        (void)client;
        (void)properties;
        for (int i = 0; i < link->n_subscribed; i++) {
                struct link_pending *pending = &link->subscribed[i];

                if (pending->id != id)
                        continue;
                if (n_codes > 0 && codes[0] >= 0x80)
                        log_warning("link: the broker refused our subscription to %s (0x%02x): %s",
                                    pending->filter, (unsigned)codes[0],
                                    link_words_reason(codes[0]));
                *pending = link->subscribed[--link->n_subscribed];
                break;
        }
        errno = saved;
}

static void on_message(struct mosquitto *client, void *userdata,
                       const struct mosquitto_message *message,
                       const mosquitto_property *properties) {
        struct link *link = userdata;
        char *response_topic = NULL;
        void *correlation = NULL;
        uint16_t correlation_len = 0;
        int saved = errno;

        (void)client;
        if (link->leaving || link->state != LINK_UP || message->payloadlen < 0)
                return;
        (void)mosquitto_property_read_string(properties, MQTT_PROP_RESPONSE_TOPIC, &response_topic,
                                             false);
        (void)mosquitto_property_read_binary(properties, MQTT_PROP_CORRELATION_DATA, &correlation,
                                             &correlation_len, false);
        link->handler.message(link->userdata,
                              &(struct link_message) {
                                      .topic = message->topic,
                                      .payload = { message->payload, (size_t)message->payloadlen },
                                      .retained = message->retain,
                                      .response_topic = response_topic,
                                      .correlation = { correlation, correlation_len },
                              });
        free(response_topic);
        free(correlation);
        errno = saved;
}

static void on_log(struct mosquitto *client, void *userdata, int level, const char *line) {
        struct link *link = userdata;
        int saved = errno;

        (void)client;
        if (level == MOSQ_LOG_ERR && !link->notes.tls[0])
                link_attempt_note_tls(line, link->notes.tls);
        errno = saved;
}

void link_notes_attach(struct link *link) {
        struct mosquitto *client = link->client;

        link->notes = (struct link_notes) { .connack = -1, .disconnect = -1 };
        link->packet_max = LINK_PACKET_MAX;
        link->send_max = LINK_SEND_MAX;
        link->keepalive_s = link->config.keepalive_s;
        link->retains = true;
        mosquitto_user_data_set(client, link);
        mosquitto_log_callback_set(client, on_log);
        mosquitto_connect_v5_callback_set(client, on_connect);
        mosquitto_disconnect_v5_callback_set(client, on_disconnect);
        mosquitto_publish_v5_callback_set(client, on_publish);
        mosquitto_subscribe_v5_callback_set(client, on_subscribe);
        mosquitto_message_v5_callback_set(client, on_message);
}
