/* SPDX-License-Identifier: MIT */
#include "agent/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "base/conf.h"
#include "sync/broker_conf.h"
#include "sync/topic.h"

/* DESIGN 5.2, 4. */
enum { WINDOW_DEFAULT = 8, BATCH_EVENTS_DEFAULT = 500, RETAIN_DAYS_DEFAULT = 30 };

struct config_sync {
        int ack;
        int64_t window, batch_events;
};

/* While the files are read. */
struct reading {
        struct config *config;
        struct config_sync sync;
        bool has_gateway;
        const char *path;
        struct bytes *errors;
        int n_problems;
};

/* In the order of enum flow_mode and enum label_on. */
static const char *const modes[] = { "pick",  "pack",   "receive", "putaway", "move",
                                     "count", "return", "ship",    "check",   NULL };
static const char *const label_ons[] = { "picked", "packed", "never", NULL };
static const char *const acks[] = { "hub", "broker", NULL };

_Static_assert(ARRAY_LEN(modes) == MODE_MAX_ + 1, "a word for every mode");
_Static_assert(sizeof(enum flow_mode) == sizeof(int) && sizeof(enum label_on) == sizeof(int),
               "CONF_ENUM stores an int");

#define ROW(in, word, kind, owner, member, ...)                                          \
        { .section = in, .key = word, .type = kind, .offset = offsetof(struct owner, member), \
          .size = sizeof(((struct owner *)0)->member), __VA_ARGS__ }

static const struct conf_key keys[] = {
        ROW("gateway", "site", CONF_NAME, config, site, .required = true),
        ROW("gateway", "id", CONF_NAME, config, gateway, .required = true),
        ROW("gateway", "data", CONF_PATH, config, data),
        ROW("gateway", "retain_days", CONF_INT, config, retain_days, .min = 1, .max = 3650),

        BROKER_CONF_KEYS,

        ROW("sync", "ack", CONF_ENUM, config_sync, ack, .choices = acks),
        ROW("sync", "window", CONF_INT, config_sync, window, .min = 1, .max = 64),
        ROW("sync", "batch_events", CONF_INT, config_sync, batch_events, .min = 1, .max = 10000),

        ROW("station *", "mode", CONF_ENUM, config_station, flow.mode, .choices = modes),
        ROW("station *", "token_file", CONF_PATH, config_station, token_file),
        ROW("station *", "require_location_scan", CONF_BOOL, config_station,
            flow.require_location_scan),
        ROW("station *", "debounce_ms", CONF_INT, config_station, debounce_ms, .max = 10000),
        ROW("station *", "label_on", CONF_ENUM, config_station, flow.label_on,
            .choices = label_ons),
        ROW("station *", "verify", CONF_BOOL, config_station, flow.verify),
        ROW("station *", "ship_on_pack", CONF_BOOL, config_station, flow.ship_on_pack),

        ROW("scanner *", "station", CONF_NAME, config_device, station),
        ROW("scanner *", "profile", CONF_STRING, config_device, profile),
        ROW("scanner *", "port", CONF_STRING, config_device, port),

        ROW("printer *", "station", CONF_NAME, config_device, station),
        ROW("printer *", "profile", CONF_STRING, config_device, profile),
        ROW("printer *", "port", CONF_STRING, config_device, port),
        ROW("printer *", "listen", CONF_INT, config_device, listen, .min = 1, .max = 65535),

        ROW("api", "socket", CONF_PATH, config, api_socket),
        ROW("api", "listen", CONF_STRING, config, api_listen),
};

static bool is_name(const char *text) {
        size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

        return len > 0 && len < NAME_SIZE && text[len] == '\0';
}

static struct config_station *config_find_station(struct config *config, const char *name) {
        for (size_t i = 0; i < config->n_stations; i++)
                if (strcmp(config->stations[i].flow.station, name) == 0)
                        return &config->stations[i];
        return NULL;
}

static void *config_add_station(struct config *config, const char *name) {
        struct config_station *station = &config->stations[config->n_stations];

        if (config->n_stations == STATIONS_MAX) {
                errno = ENOSPC;
                return NULL;
        }
        *station = (struct config_station) {
                .flow = { .mode = MODE_PICK,
                          .require_location_scan = true,
                          .label_on = LABEL_ON_PACKED,
                          .verify = true },
        };
        memcpy(station->flow.station, name, strlen(name) + 1); /* is_name has bounded it */
        config->n_stations++;
        return station;
}

static void *config_add_device(struct config_device *devices, size_t *n, size_t max,
                               const char *name) {
        struct config_device *device = &devices[*n];

        if (*n == max) {
                errno = ENOSPC;
                return NULL;
        }
        *device = (struct config_device) { .profile = "auto", .port = "auto" };
        memcpy(device->name, name, strlen(name) + 1); /* is_name has bounded it */
        (*n)++;
        return device;
}

static bool config_has_device(const struct config *config, const char *name) {
        for (size_t i = 0; i < config->n_scanners; i++)
                if (strcmp(config->scanners[i].name, name) == 0)
                        return true;
        for (size_t i = 0; i < config->n_printers; i++)
                if (strcmp(config->printers[i].name, name) == 0)
                        return true;
        return false;
}

/* "station", "scanner", "printer": a section with a name of its own. */
static void *config_named_section(struct config *config, const char *section, const char *name) {
        if (!is_name(name)) {
                errno = EINVAL;
                return NULL;
        }
        if (strcmp(section, "station") == 0)
                return config_add_station(config, name);
        if (config_has_device(config, name)) {
                errno = EEXIST; /* events and the API name a device by this alone */
                return NULL;
        }
        if (strcmp(section, "scanner") == 0)
                return config_add_device(config->scanners, &config->n_scanners, SCANNERS_MAX, name);
        return config_add_device(config->printers, &config->n_printers, PRINTERS_MAX, name);
}

static void *on_section(void *userdata, const char *section, const char *name) {
        struct reading *reading = userdata;
        struct config *config = reading->config;

        if (strcmp(section, "gateway") == 0) {
                reading->has_gateway = true;
                return config;
        }
        if (strcmp(section, "api") == 0)
                return config;
        if (strcmp(section, "sync") == 0)
                return &reading->sync;
        if (strcmp(section, "broker") == 0) {
                config->has_broker = true;
                return &config->broker;
        }
        return config_named_section(config, section, name);
}

static void PRINTF_LIKE(2, 3) problem(struct reading *reading, const char *format, ...) {
        char words[512];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(words, sizeof(words), format, args);
        va_end(args);
        bytes_appendf(reading->errors, "%s: %s\n", reading->path, words);
        reading->n_problems++;
}

/* Forms of a port (DESIGN 8). Whether the device is there is not the configuration's business. */
static bool is_port(const char *port, bool printer) {
        static const char *const prefixes[] = { "serial:", "usb:", "tcp:" };

        if (strcmp(port, "auto") == 0)
                return true;
        for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
                size_t len = strlen(prefixes[i]);

                if (strncmp(port, prefixes[i], len) == 0 && port[len])
                        return printer || prefixes[i][0] != 't';
        }
        return false;
}

static void check_device(struct reading *reading, const char *kind, struct config_device *device) {
        struct config *config = reading->config;
        bool printer = kind[0] == 'p';

        if (!is_port(device->port, printer))
                problem(reading, "[%s %s] port must be auto, serial:PATH%s or usb:PORT, not \"%s\"",
                        kind, device->name, printer ? ", tcp:HOST:PORT" : "", device->port);
        if (device->station[0] && !config_find_station(config, device->station))
                problem(reading, "[%s %s] station = %s: there is no [station %s]", kind,
                        device->name, device->station, device->station);
        if (!device->station[0] && config->n_stations == 1)
                memcpy(device->station, config->stations[0].flow.station, NAME_SIZE);
        if (!device->station[0])
                problem(reading, "[%s %s] needs a station", kind, device->name);
}

static void check_twice(struct reading *reading, const struct config_device *devices, size_t n) {
        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < i; j++)
                        if (strcmp(devices[i].port, "auto") != 0 &&
                            strcmp(devices[i].port, devices[j].port) == 0)
                                problem(reading, "port %s is given to both %s and %s",
                                        devices[i].port, devices[j].name, devices[i].name);
}

static void check_stations(struct reading *reading) {
        struct config *config = reading->config;

        if (config->n_stations == 0)
                problem(reading, "no [station NAME]: a gateway needs at least one");
        for (size_t i = 0; i < config->n_stations; i++) {
                struct config_station *station = &config->stations[i];

                memcpy(station->flow.gateway, config->gateway, NAME_SIZE);
                if (station->token_file[0] && access(station->token_file, R_OK) < 0)
                        problem(reading, "[station %s] token_file: cannot read %s: %s",
                                station->flow.station, station->token_file, strerror(errno));
        }
}

static void check(struct reading *reading) {
        struct config *config = reading->config;

        char topic[TOPIC_SIZE];

        if (!reading->has_gateway)
                problem(reading, "no [gateway] section: it says site and id");
        else if (config->site[0] && config->gateway[0] &&
                 topic_make(topic, config->site, TOPIC_STATUS, config->gateway) < 0)
                problem(reading, "[gateway] id = %s: that word names a topic, choose another",
                        config->gateway);
        check_stations(reading);
        for (size_t i = 0; i < config->n_scanners; i++)
                check_device(reading, "scanner", &config->scanners[i]);
        for (size_t i = 0; i < config->n_printers; i++)
                check_device(reading, "printer", &config->printers[i]);
        check_twice(reading, config->scanners, config->n_scanners);
        check_twice(reading, config->printers, config->n_printers);
        if (config->has_broker)
                reading->n_problems +=
                        broker_conf_finish(&config->broker, reading->path, reading->errors);
}

static void config_defaults(struct config *config) {
        *config = (struct config) {
                .data = "/var/lib/tallyman",
                .retain_days = RETAIN_DAYS_DEFAULT,
                .api_socket = "/run/tallyman/api.sock",
                .api_listen = "127.0.0.1:8420",
        };
        broker_conf_init(&config->broker);
}

int config_read(const char *path, struct config *ret_config, struct bytes *errors) {
        struct reading reading = {
                .config = ret_config,
                .sync = { .window = WINDOW_DEFAULT, .batch_events = BATCH_EVENTS_DEFAULT },
                .path = path,
                .errors = errors,
        };
        struct conf_schema schema = { keys, ARRAY_LEN(keys), on_section };
        int r;

        config_defaults(ret_config);
        r = conf_read(path, &schema, &reading, errors);
        if (r < 0)
                return r;
        reading.n_problems = r;
        /* A file that could not be read has problems enough. */
        if (r == 0 || reading.has_gateway)
                check(&reading);
        ret_config->ack_broker = reading.sync.ack == 1;
        ret_config->window = reading.sync.window;
        ret_config->batch_events = reading.sync.batch_events;
        r = bytes_error(errors);
        return r < 0 ? r : reading.n_problems;
}
