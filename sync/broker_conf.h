/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The [broker] section, the same for tallyd and tally-hub. Its values go into a struct link_config:
 * a program puts BROKER_CONF_KEYS among its rows and answers the section "broker" with that struct.
 */

#include "base/conf.h"
#include "sync/link.h"

extern const char *const broker_conf_protocols[]; /* in the order of enum link_protocol */

#define BROKER_CONF_ROW(name, kind, ...)                                                  \
        { .section = "broker", .key = #name, .type = kind,                                \
          .offset = offsetof(struct link_config, name),                                   \
          .size = sizeof(((struct link_config *)0)->name), __VA_ARGS__ }

#define BROKER_CONF_KEYS                                                                  \
        BROKER_CONF_ROW(host, CONF_STRING, .required = true),                             \
        BROKER_CONF_ROW(port, CONF_INT, .min = 1, .max = 65535),                          \
        BROKER_CONF_ROW(tls, CONF_BOOL, .required = false),                               \
        BROKER_CONF_ROW(ca, CONF_PATH, .required = false),                                \
        BROKER_CONF_ROW(cert, CONF_PATH, .required = false),                              \
        BROKER_CONF_ROW(key, CONF_PATH, .required = false),                               \
        BROKER_CONF_ROW(username, CONF_STRING, .required = false),                        \
        BROKER_CONF_ROW(password_file, CONF_PATH, .required = false),                     \
        BROKER_CONF_ROW(protocol, CONF_ENUM, .choices = broker_conf_protocols)

/* What stands where the section is silent: TLS, protocol auto; port 0 until broker_conf_finish. */
void broker_conf_init(struct link_config *broker);

/* The port that goes with tls where none is given, and the cross-checks. Problems go to @errors, one
 * "FILE: [broker] words" a line. Returns how many. */
MUST_CHECK int broker_conf_finish(struct link_config *broker, const char *file,
                                  struct bytes *errors);

/* Do both name the same broker in the same way? */
bool broker_conf_same(const struct link_config *a, const struct link_config *b);
