/* SPDX-License-Identifier: MIT */
#include "agent/api_url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <jansson.h>

static int hex_value(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return -1;
}

/* UTF-8 as jansson checks it; one check for all that enters as text. */
static bool is_utf8(const char *text) {
        json_t *string = json_string(text);
        bool good = string != NULL;

        json_decref(string);
        return good;
}

/* Decodes in place; "+" is a space only in a query (HTML 5, application/x-www-form-urlencoded). */
static int decode(char *text, bool query) {
        char *out = text;

        for (const char *in = text; *in; in++) {
                int high, low;
                unsigned char c = (unsigned char)*in;

                if (c == '%') {
                        high = hex_value(in[1]);
                        low = high < 0 ? -1 : hex_value(in[2]);
                        if (low < 0)
                                return -EINVAL;
                        c = (unsigned char)(high << 4 | low);
                        in += 2;
                } else if (c == '+' && query)
                        c = ' ';
                if (c < 0x20 || c == 0x7F)
                        return -EINVAL;
                *out++ = (char)c;
        }
        *out = '\0';
        return is_utf8(text) ? 0 : -EINVAL;
}

static int parse_path(char *path, struct api_url *url) {
        char *next = path;

        while (next) {
                char *segment = strsep(&next, "/");
                int r;

                if (*segment == '\0')
                        continue;
                if (url->n_segments == API_SEGMENTS_MAX)
                        return -ENAMETOOLONG;
                r = decode(segment, false);
                if (r < 0)
                        return r;
                url->segments[url->n_segments++] = segment;
        }
        return 0;
}

static int parse_query(char *query, struct api_url *url) {
        while (query) {
                char *value = strsep(&query, "&"), *name = strsep(&value, "=");
                int r;

                if (*name == '\0')
                        continue;
                if (url->n_params == API_PARAMS_MAX)
                        return -ENAMETOOLONG;
                r = decode(name, true);
                if (r == 0 && value)
                        r = decode(value, true);
                if (r < 0)
                        return r;
                url->params[url->n_params++] = (struct api_param) { name, value ? value : "" };
        }
        return 0;
}

int api_url_parse(const char *target, struct api_url *ret) {
        char *query, *path;
        int r;

        ret->n_segments = ret->n_params = 0;
        r = str_copy(ret->text, sizeof(ret->text), target);
        if (r < 0)
                return r;
        query = ret->text;
        path = strsep(&query, "?");
        r = parse_path(path, ret);
        return r < 0 ? r : parse_query(query, ret);
}

const char *api_url_param(const struct api_url *url, const char *name) {
        for (size_t i = 0; i < url->n_params; i++)
                if (strcmp(url->params[i].name, name) == 0)
                        return url->params[i].value;
        return NULL;
}

int api_url_uint(const struct api_url *url, const char *name, uint64_t min, uint64_t max,
                 uint64_t *ret_value) {
        const char *text = api_url_param(url, name);
        unsigned long long value;
        char *end;

        if (!text || *text == '\0')
                return 0;
        if (*text < '0' || *text > '9') /* strtoull would take "-1" and " 1" */
                return -EINVAL;
        errno = 0;
        value = strtoull(text, &end, 10);
        if (errno || *end || value < min || value > max)
                return -EINVAL;
        *ret_value = value;
        return 0;
}

/* "name:80", "[::1]:80", "::1" -> the name alone. */
static int host_name(const char *host, char *ret_name, size_t size) {
        const char *from = host, *end;
        size_t len;

        if (*host == '[') {
                from = host + 1;
                end = strchr(from, ']');
                if (!end || (end[1] && end[1] != ':'))
                        return -EINVAL;
        } else {
                end = strchr(host, ':');
                if (!end || strchr(end + 1, ':')) /* a bare IPv6 address has no port */
                        end = host + strlen(host);
        }
        len = (size_t)(end - from);
        if (len == 0 || len >= size)
                return -EINVAL;
        memcpy(ret_name, from, len);
        ret_name[len] = '\0';
        return 0;
}

static bool is_address(const char *name) {
        struct in6_addr address;

        return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

bool api_host_allowed(const char *host, const char *listen_host) {
        char name[256];

        if (!host || host_name(host, name, sizeof(name)) < 0)
                return false;
        if (strcasecmp(name, "localhost") == 0 || strcmp(name, "127.0.0.1") == 0 ||
            strcmp(name, "::1") == 0 || strcasecmp(name, listen_host) == 0)
                return true;
        return (strcmp(listen_host, "0.0.0.0") == 0 || strcmp(listen_host, "::") == 0) &&
               is_address(name);
}

bool api_origin_allowed(const char *origin, const char *host) {
        static const char scheme[] = "http://";

        if (!origin)
                return true;
        return host && strncmp(origin, scheme, sizeof(scheme) - 1) == 0 &&
               strcasecmp(origin + sizeof(scheme) - 1, host) == 0;
}

int api_listen_parse(const char *text, char *ret_host, size_t size, char ret_port[6]) {
        const char *colon = strrchr(text, ':');
        unsigned long port;
        char *end;

        if (!colon || colon == text || colon[1] < '0' || colon[1] > '9')
                return -EINVAL;
        port = strtoul(colon + 1, &end, 10);
        if (*end || port > 65535)
                return -EINVAL;
        (void)snprintf(ret_port, 6, "%u", (unsigned)port);
        if (*text != '[' && memchr(text, ':', (size_t)(colon - text)))
                return -EINVAL; /* which of the colons is the port's? "[::1]:8420" says it */
        return host_name(text, ret_host, size);
}
