/* SPDX-License-Identifier: MIT */
#include "sync/link_words.h"

#include <errno.h>
#include <mosquitto.h>
#include <netdb.h>
#include <stdio.h>

struct reason {
        int code;
        const char *words;
};

/* Of MQTT 5 (2.4), the ones that a client may see. */
static const struct reason reasons[] = {
        { 0x80, "unspecified error" },
        { 0x81, "malformed packet" },
        { 0x82, "protocol error" },
        { 0x83, "implementation specific error" },
        { 0x84, "protocol version not supported: set protocol = 3.1.1 or auto" },
        { 0x85, "client id not allowed: it is made of site and gateway name" },
        { 0x86, "bad user name or password: check username and password_file" },
        { 0x87, "not authorized: check username, password_file, cert and the broker's ACL" },
        { 0x88, "server unavailable" },
        { 0x89, "server busy" },
        { 0x8a, "banned by the broker" },
        { 0x8b, "server shutting down" },
        { 0x8c, "bad authentication method" },
        { 0x8d, "keep-alive timeout" },
        { 0x8e, "session taken over: another client has the same id; "
                "two gateways must not have one name, and a card must not be cloned" },
        { 0x8f, "topic filter not valid" },
        { 0x90, "topic name not valid" },
        { 0x93, "receive maximum exceeded" },
        { 0x95, "packet too large: raise the broker's packet limit" },
        { 0x96, "message rate too high" },
        { 0x97, "quota exceeded: the broker keeps no more messages" },
        { 0x98, "ended by an administrator" },
        { 0x99, "payload format not valid" },
        { 0x9a, "the broker retains no messages: switch that on" },
        { 0x9b, "the broker does not support QoS 1" },
        { 0x9c, "use another server: check host" },
        { 0x9d, "server moved: check host" },
        { 0x9f, "connection rate exceeded" },
};

/* MQTT 3.1.1's CONNACK codes mean the same as these. */
static const int reasons_v4[] = { [1] = 0x84, [2] = 0x85, [3] = 0x88, [4] = 0x86, [5] = 0x87 };

const char *link_words_reason(int code) {
        for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
                if (reasons[i].code == code)
                        return reasons[i].words;
        return "unknown reason";
}

void link_words_refused(int version, int code, const struct link_config *config,
                        char ret_words[LINK_WORDS_SIZE]) {
        int reason = code;

        if (version == 4 && code > 0 && code < (int)ARRAY_LEN(reasons_v4))
                reason = reasons_v4[code];
        (void)snprintf(ret_words, LINK_WORDS_SIZE, "%s:%d refused the connection (0x%02x): %s",
                       config->host, (int)config->port, (unsigned)code, link_words_reason(reason));
}

void link_words_disconnect(int code, const struct link_config *config,
                           char ret_words[LINK_WORDS_SIZE]) {
        (void)snprintf(ret_words, LINK_WORDS_SIZE, "%s:%d ended the connection (0x%02x): %s",
                       config->host, (int)config->port, (unsigned)code, link_words_reason(code));
}

static const char *words_of_errno(int error) {
        switch (error) {
        case ECONNREFUSED:
                return "connection refused: is the broker running, and is the port right?";
        case ETIMEDOUT:
        case EHOSTUNREACH:
        case ENETUNREACH:
                return "no answer: is the host right, and does the network let us through?";
        default:
                return strerror(error);
        }
}

void link_words_failed(int rc, int error, const char *tls, const struct link_config *config,
                       char ret_words[LINK_WORDS_SIZE]) {
        const char *words;

        if (rc == MOSQ_ERR_TLS || (tls[0] && rc != MOSQ_ERR_ERRNO && rc != MOSQ_ERR_EAI)) {
                (void)snprintf(ret_words, LINK_WORDS_SIZE,
                               "%s:%d: TLS failed: %.120s; check ca, cert, key, the name in the "
                               "broker's certificate, and the clock",
                               config->host, (int)config->port, tls[0] ? tls : "no reason given");
                return;
        }
        if (rc == MOSQ_ERR_EAI) /* 2.0.11 leaves getaddrinfo's code in errno */
                words = error == EAI_AGAIN ? "the name server does not answer: check host and DNS"
                                           : "the host's name is not known: check host and DNS";
        else if (rc == MOSQ_ERR_ERRNO && error != 0)
                words = words_of_errno(error);
        else if (rc == MOSQ_ERR_CONN_LOST || rc == MOSQ_ERR_ERRNO || rc == MOSQ_ERR_SUCCESS)
                words = "connection closed by the broker";
        else if (rc == MOSQ_ERR_KEEPALIVE)
                words = "no answer to a ping";
        else
                words = mosquitto_strerror(rc);
        (void)snprintf(ret_words, LINK_WORDS_SIZE, "%s:%d: %s", config->host, (int)config->port,
                       words);
}
