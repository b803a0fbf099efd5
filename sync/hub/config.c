/* SPDX-License-Identifier: MIT */
#include "sync/hub/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include "sync/broker_conf.h"

struct reading {
        struct hub_config *config;
        bool has_hub;
        char sites[1024];
        char store[PATH_SIZE + 16];
        char instance[NAME_SIZE];
        const char *path;
        struct bytes *errors;
        int n_problems;
};

static const struct conf_key keys[] = {
        { .section = "hub", .key = "sites", .type = CONF_STRING, .required = true,
          .offset = offsetof(struct reading, sites), .size = sizeof(((struct reading *)0)->sites) },
        { .section = "hub", .key = "instance", .type = CONF_NAME,
          .offset = offsetof(struct reading, instance) },
        { .section = "hub", .key = "store", .type = CONF_STRING, .required = true,
          .offset = offsetof(struct reading, store), .size = sizeof(((struct reading *)0)->store) },
        BROKER_CONF_KEYS,
};

static void *on_section(void *userdata, const char *section, const char *name) {
        struct reading *reading = userdata;

        (void)name;
        if (strcmp(section, "hub") == 0) {
                reading->has_hub = true;
                return reading;
        }
        reading->config->has_broker = true;
        return &reading->config->broker;
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

static bool is_name(const char *text, size_t len) {
        return len > 0 && len < NAME_SIZE &&
               strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") >= len;
}

/* "leeds, york" */
static void read_sites(struct reading *reading) {
        struct hub_config *config = reading->config;
        const char *at = reading->sites;

        while (*(at += strspn(at, ", \t"))) {
                size_t len = strcspn(at, ", \t");

                if (config->n_sites == SITES_MAX) {
                        problem(reading, "[hub] sites: at most %d", SITES_MAX);
                        return;
                }
                if (is_name(at, len))
                        memcpy(config->sites[config->n_sites++], at, len);
                else
                        problem(reading, "[hub] sites: \"%.*s\" must be 1 to %d of a-z, 0-9 and -",
                                (int)len, at, NAME_SIZE - 1);
                at += len;
        }
        if (config->n_sites == 0 && reading->n_problems == 0)
                problem(reading, "[hub] sites: name at least one");
}

static void read_store(struct reading *reading) {
        static const char sqlite[] = "sqlite:", postgres[] = "postgresql:";
        const char *store = reading->store;

        if (strncmp(store, postgres, strlen(postgres)) == 0)
                problem(reading, "[hub] store: postgresql comes with a later version; use sqlite:PATH");
        else if (strncmp(store, sqlite, strlen(sqlite)) != 0 || !store[strlen(sqlite)])
                problem(reading, "[hub] store must be sqlite:PATH, not \"%s\"", store);
        else if (str_copy(reading->config->path, PATH_SIZE, store + strlen(sqlite)) < 0)
                problem(reading, "[hub] store: the path is too long");
}

static void check(struct reading *reading) {
        struct hub_config *config = reading->config;

        if (!reading->has_hub) {
                problem(reading, "no [hub] section: it says sites and store");
                return;
        }
        read_sites(reading);
        read_store(reading);
        memcpy(config->instance, reading->instance, sizeof(config->instance));
        if (config->has_broker)
                reading->n_problems +=
                        broker_conf_finish(&config->broker, reading->path, reading->errors);
}

int hub_config_read(const char *path, struct hub_config *ret, struct bytes *errors) {
        struct reading reading = { .config = ret, .instance = "hub", .path = path,
                                   .errors = errors };
        struct conf_schema schema = { keys, ARRAY_LEN(keys), on_section };
        int r;

        *ret = (struct hub_config) { .has_broker = false };
        broker_conf_init(&ret->broker);
        r = conf_read(path, &schema, &reading, errors);
        if (r < 0)
                return r;
        reading.n_problems = r;
        if (r == 0 || reading.has_hub)
                check(&reading);
        r = bytes_error(errors);
        return r < 0 ? r : reading.n_problems;
}
