/* SPDX-License-Identifier: MIT */

/*
 * link_probe: one link, driven from a test by lines, telling what happens by lines.
 *
 *     link_probe KEY=VALUE...   host port tls ca cert key user password_file protocol id will
 *                               keepalive receive_max
 *
 *     pub TOPIC LENGTH [COUNT]  messages of LENGTH bytes: "pub ok ID", or "pub" and the error's
 * name retain TOPIC TEXT         the same, retained, expires after 60 s sub FILTER "sub ok" or
 * "sub" and the error's name echo                      publishes on out/ID each message that comes,
 * from inside its handler max TOPIC                 "max" and link_payload_max state "state" up,
 * protocol, last error wakeups                   "wakeups" and how often the loop has run quit
 * link_free with "gone" as goodbye; so does the end of input
 *
 *     up VERSION · down REASON · message TOPIC LENGTH RESPONSE CORRELATION · published ID ok|no ·
 * room
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/epoll.h>
#include "base/log.h"
#include "sync/link.h"

enum { LINE_SIZE = 1024, PAYLOAD_MAX = 4 * 1024 * 1024 };

struct probe {
        sd_event *event;
        struct link *link;
        char line[LINE_SIZE];
        size_t n_line;
        bool echo;
        uint64_t n_wakeups;
        uint8_t *payload;
};

static void on_up(void *userdata) {
        struct probe *probe = userdata;

        printf("up %d\n", link_protocol(probe->link));
}

static void on_down(void *userdata, const char *reason) {
        struct probe *probe = userdata;

        printf("down %s%s\n", link_is_up(probe->link) ? "WHILE UP " : "", reason);
}

static void publish(struct probe *probe, const char *topic, struct slice payload, bool retain) {
        int id = 0, r;

        r = link_publish(probe->link, topic, payload, retain, retain ? 60 : 0, &id);
        if (r < 0)
                printf("pub %s\n", strerrorname_np(-r));
        else
                printf("pub ok %d\n", id);
}

static void on_message(void *userdata, const struct link_message *message) {
        struct probe *probe = userdata;

        printf("message %s %zu %s %.*s\n", message->topic, message->payload.len,
               message->response_topic ? message->response_topic : "-",
               (int)message->correlation.len,
               message->correlation.bytes ? (const char *)message->correlation.bytes : "");
        if (probe->echo)
                publish(probe, "out", message->payload, false);
}

static void on_published(void *userdata, int id, bool ok) {
        (void)userdata;
        printf("published %d %s\n", id, ok ? "ok" : "no");
}

static void on_room(void *userdata) {
        (void)userdata;
        printf("room\n");
}

static void command(struct probe *probe, char *line) {
        char *rest = line, *verb = strsep(&rest, " "), *first = strsep(&rest, " ");
        char *second = strsep(&rest, " ");
        long length = second ? strtol(second, NULL, 10) : 0,
             count = rest ? strtol(rest, NULL, 10) : 1;
        int r;

        if (strcmp(verb, "pub") == 0 && first && length <= PAYLOAD_MAX) {
                for (; count > 0; count--)
                        publish(probe, first, (struct slice) { probe->payload, (size_t)length },
                                false);
        } else if (strcmp(verb, "retain") == 0 && first) {
                publish(probe, first, slice_of(second), true);
        } else if (strcmp(verb, "sub") == 0 && first) {
                r = link_subscribe(probe->link, first);
                printf("sub %s\n", r < 0 ? strerrorname_np(-r) : "ok");
        } else if (strcmp(verb, "echo") == 0) {
                probe->echo = true;
                printf("echo\n");
        } else if (strcmp(verb, "max") == 0 && first) {
                printf("max %zu\n", link_payload_max(probe->link, first));
        } else if (strcmp(verb, "state") == 0) {
                printf("state %d %d %s\n", link_is_up(probe->link), link_protocol(probe->link),
                       link_last_error(probe->link));
        } else if (strcmp(verb, "wakeups") == 0) {
                printf("wakeups %llu\n", (unsigned long long)probe->n_wakeups);
        } else if (strcmp(verb, "quit") == 0) {
                (void)sd_event_exit(probe->event, 0);
        } else {
                printf("what? %s\n", verb);
        }
}

static int on_input(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct probe *probe = userdata;
        ssize_t n = read(fd, probe->line + probe->n_line, LINE_SIZE - 1 - probe->n_line);
        char *end;

        (void)source;
        (void)events;
        if (n <= 0)
                return sd_event_exit(probe->event, 0);
        probe->n_line += (size_t)n;
        probe->line[probe->n_line] = '\0';
        while ((end = strchr(probe->line, '\n'))) {
                *end = '\0';
                command(probe, probe->line);
                probe->n_line -= (size_t)(end + 1 - probe->line);
                memmove(probe->line, end + 1, probe->n_line + 1);
        }
        return 0;
}

static int setting(struct link_config *config, const char *key, const char *value) {
        const struct {
                const char *key;
                char *dst;
                size_t size;
        } texts[] = {
                { "host", config->host, sizeof(config->host) },
                { "ca", config->ca, sizeof(config->ca) },
                { "cert", config->cert, sizeof(config->cert) },
                { "key", config->key, sizeof(config->key) },
                { "user", config->username, sizeof(config->username) },
                { "password_file", config->password_file, sizeof(config->password_file) },
                { "id", config->client_id, sizeof(config->client_id) },
                { "will", config->will_topic, sizeof(config->will_topic) },
        };

        for (size_t i = 0; i < ARRAY_LEN(texts); i++)
                if (strcmp(texts[i].key, key) == 0)
                        return str_copy(texts[i].dst, texts[i].size, value);
        if (strcmp(key, "port") == 0)
                config->port = strtol(value, NULL, 10);
        else if (strcmp(key, "tls") == 0)
                config->tls = strcmp(value, "yes") == 0;
        else if (strcmp(key, "keepalive") == 0)
                config->keepalive_s = (int)strtol(value, NULL, 10);
        else if (strcmp(key, "receive_max") == 0)
                config->receive_max = (int)strtol(value, NULL, 10);
        else if (strcmp(key, "protocol") == 0)
                config->protocol = strcmp(value, "5") == 0   ? LINK_MQTT5
                                   : strcmp(value, "4") == 0 ? LINK_MQTT311
                                                             : LINK_AUTO;
        else
                return -EINVAL;
        return 0;
}

static int probe_run(struct probe *probe, const struct link_config *config) {
        const struct link_handler handler = { on_up, on_down, on_message, on_published, on_room };
        int r = sd_event_add_io(probe->event, NULL, STDIN_FILENO, EPOLLIN, on_input, probe);

        if (r >= 0)
                r = link_new(probe->event, config, &handler, probe, &probe->link);
        while (r >= 0 && sd_event_get_state(probe->event) != SD_EVENT_FINISHED) {
                r = sd_event_run(probe->event, UINT64_MAX);
                probe->n_wakeups++;
        }
        link_free(probe->link, slice_of("gone"));
        return r < 0 ? r : 0;
}

int main(int argc, char **argv) {
        struct probe probe = { .payload = calloc(1, PAYLOAD_MAX) };
        struct link_config config = {
                .host = "127.0.0.1",
                .client_id = "probe",
                .keepalive_s = 60,
                .receive_max = 20,
        };
        int r = 0;

        log_init("link_probe", LOG_LEVEL_DEBUG);
        (void)setvbuf(stdout, NULL, _IOLBF, 0);
        for (int i = 1; i < argc && r == 0; i++) {
                const char *key = strsep(&argv[i], "=");

                r = setting(&config, key, argv[i] ? argv[i] : "");
        }
        bytes_append_str(&config.will, "lost");
        if (r == 0)
                r = sd_event_new(&probe.event);
        if (r >= 0 && probe.payload)
                r = probe_run(&probe, &config);
        printf("end %d\n", r);
        sd_event_unref(probe.event);
        free(probe.payload);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
