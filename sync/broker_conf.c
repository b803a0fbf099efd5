/* SPDX-License-Identifier: MIT */
#include "sync/broker_conf.h"

#include <errno.h>
#include <unistd.h>

/* IANA: secure-mqtt and mqtt. */
enum { BROKER_PORT_TLS = 8883, BROKER_PORT_PLAIN = 1883, BROKER_KEEPALIVE_S = 60, BROKER_RECEIVE_MAX = 64 };

const char *const broker_conf_protocols[] = {
        [LINK_MQTT5] = "5",
        [LINK_MQTT311] = "3.1.1",
        [LINK_AUTO] = "auto",
        NULL,
};

void broker_conf_init(struct link_config *broker) {
        *broker = (struct link_config) {
                .tls = true,
                .protocol = LINK_AUTO,
                .keepalive_s = BROKER_KEEPALIVE_S,
                .receive_max = BROKER_RECEIVE_MAX,
        };
}

static int broker_conf_file(const char *key, const char *path, const char *file,
                            struct bytes *errors) {
        if (!path[0] || access(path, R_OK) == 0)
                return 0;
        bytes_appendf(errors, "%s: [broker] %s: cannot read %s: %s\n", file, key, path,
                      strerror(errno));
        return 1;
}

int broker_conf_finish(struct link_config *broker, const char *file, struct bytes *errors) {
        int n = 0;

        if (broker->port == 0)
                broker->port = broker->tls ? BROKER_PORT_TLS : BROKER_PORT_PLAIN;
        if (!broker->cert[0] != !broker->key[0]) {
                bytes_appendf(errors, "%s: [broker] cert and key go together: %s is missing\n",
                              file, broker->cert[0] ? "key" : "cert");
                n++;
        }
        if (!broker->tls && (broker->ca[0] || broker->cert[0])) {
                bytes_appendf(errors, "%s: [broker] ca, cert and key need tls = yes\n", file);
                n++;
        }
        if (broker->password_file[0] && !broker->username[0]) {
                bytes_appendf(errors, "%s: [broker] password_file needs a username\n", file);
                n++;
        }
        n += broker_conf_file("ca", broker->ca, file, errors);
        n += broker_conf_file("cert", broker->cert, file, errors);
        n += broker_conf_file("key", broker->key, file, errors);
        n += broker_conf_file("password_file", broker->password_file, file, errors);
        return n;
}

bool broker_conf_same(const struct link_config *a, const struct link_config *b) {
        return strcmp(a->host, b->host) == 0 && a->port == b->port && a->tls == b->tls &&
               strcmp(a->ca, b->ca) == 0 && strcmp(a->cert, b->cert) == 0 &&
               strcmp(a->key, b->key) == 0 && strcmp(a->username, b->username) == 0 &&
               strcmp(a->password_file, b->password_file) == 0 && a->protocol == b->protocol;
}
