/* SPDX-License-Identifier: MIT */
#include "sync/topic.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include "base/bytes.h"

/*
 * A sku or an order's number may hold any character, and '/', '+' and '#' mean something in a topic
 * (MQTT 5, 4.7): they travel as in a URL, "%2F".
 */

#define TOPIC_PREFIX "tally/v1/"

enum topic_shape { SHAPE_SITE, SHAPE_GATEWAY, SHAPE_ID };

/* SHAPE_SITE: /words; SHAPE_GATEWAY: /{gw}/words; SHAPE_ID: /words/{id} */
static const struct {
        enum topic_shape shape;
        const char *words;
} kinds[] = {
        [TOPIC_STATUS] = { SHAPE_GATEWAY, "status" },
        [TOPIC_LOG] = { SHAPE_GATEWAY, "log" },
        [TOPIC_NOW] = { SHAPE_GATEWAY, "now" },
        [TOPIC_ACK] = { SHAPE_GATEWAY, "ack" },
        [TOPIC_WANT] = { SHAPE_GATEWAY, "want" },
        [TOPIC_GW_FEED] = { SHAPE_GATEWAY, "feed" },
        [TOPIC_CMD] = { SHAPE_GATEWAY, "cmd" },
        [TOPIC_REPLY] = { SHAPE_GATEWAY, "reply" },
        [TOPIC_FEED] = { SHAPE_SITE, "feed" },
        [TOPIC_PUT] = { SHAPE_SITE, "put" },
        [TOPIC_PUT_REPLY] = { SHAPE_SITE, "put/reply" },
        [TOPIC_HUB_STATUS] = { SHAPE_SITE, "hub/status" },
        [TOPIC_STOCK] = { SHAPE_ID, "stock" },
        [TOPIC_ORDER] = { SHAPE_ID, "order" },
        [TOPIC_EXCEPTION] = { SHAPE_ID, "exception" },
};

/* Names that would make a gateway's topics look like the site's. */
static const char *const reserved[] = { "hub", "put", "feed", "stock", "order", "exception" };

static bool topic_is_name(const char *name) {
        size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

        return len > 0 && len < NAME_SIZE && name[len] == '\0';
}

static bool topic_is_gateway(const char *name) {
        for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
                if (strcmp(name, reserved[i]) == 0)
                        return false;
        return topic_is_name(name);
}

static bool topic_is_plain(unsigned char c) {
        return c > ' ' && c != 0x7f && !strchr("/+#%", c);
}

/* Three bytes a character at most. */
enum { ESCAPED_SIZE = (ID_SIZE - 1) * 3 + 1 };

static void topic_escape(const char *id, char ret_escaped[ESCAPED_SIZE]) {
        static const char hex[] = "0123456789ABCDEF";

        for (; *id; id++) {
                unsigned char c = (unsigned char)*id;

                if (topic_is_plain(c)) {
                        *ret_escaped++ = *id;
                        continue;
                }
                *ret_escaped++ = '%';
                *ret_escaped++ = hex[c >> 4];
                *ret_escaped++ = hex[c & 15];
        }
        *ret_escaped = '\0';
}

static int topic_nibble(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Exactly what topic_escape writes: one id has one topic. */
static int topic_unescape(const char *text, char ret_id[ID_SIZE]) {
        size_t n = 0;

        while (*text && n < ID_SIZE - 1) {
                char c = *text++;

                if (c == '%') {
                        int high = topic_nibble(text[0]);
                        int low = high < 0 ? -1 : topic_nibble(text[1]);

                        if (low < 0 || (high | low) == 0 ||
                            topic_is_plain((unsigned char)(high << 4 | low)))
                                return -EINVAL;
                        c = (char)(high << 4 | low);
                        text += 2;
                } else if (!topic_is_plain((unsigned char)c)) {
                        return -EINVAL;
                }
                ret_id[n++] = c;
        }
        ret_id[n] = '\0';
        return *text || n == 0 ? -EINVAL : 0;
}

static int topic_check_id(enum topic_shape shape, const char *id) {
        if (shape == SHAPE_SITE)
                return id ? -EINVAL : 0;
        if (!id || !*id)
                return -EINVAL;
        if (strlen(id) >= ID_SIZE)
                return -ENAMETOOLONG;
        return shape == SHAPE_ID || strcmp(id, "+") == 0 || topic_is_gateway(id) ? 0 : -EINVAL;
}

int topic_make(char ret_topic[TOPIC_SIZE], const char *site, enum topic_kind kind, const char *id) {
        char escaped[ESCAPED_SIZE] = "+";
        const char *words;
        int r, len;

        if ((unsigned)kind >= ARRAY_LEN(kinds) || !topic_is_name(site))
                return -EINVAL;
        r = topic_check_id(kinds[kind].shape, id);
        if (r < 0)
                return r;
        words = kinds[kind].words;
        if (id && strcmp(id, "+") != 0)
                topic_escape(id, escaped);
        if (kinds[kind].shape == SHAPE_SITE)
                len = snprintf(ret_topic, TOPIC_SIZE, TOPIC_PREFIX "%s/%s", site, words);
        else if (kinds[kind].shape == SHAPE_GATEWAY)
                len = snprintf(ret_topic, TOPIC_SIZE, TOPIC_PREFIX "%s/%s/%s", site, escaped,
                               words);
        else
                len = snprintf(ret_topic, TOPIC_SIZE, TOPIC_PREFIX "%s/%s/%s", site, words,
                               escaped);
        return len < 0 || len >= TOPIC_SIZE ? -ENAMETOOLONG : 0;
}

/* Copies up to the next '/', which must be there, and steps over it. */
static int topic_cut_name(const char **text, char ret_name[NAME_SIZE]) {
        size_t len = strcspn(*text, "/");

        if ((*text)[len] != '/' || len >= NAME_SIZE)
                return -EINVAL;
        memcpy(ret_name, *text, len);
        ret_name[len] = '\0';
        *text += len + 1;
        return topic_is_name(ret_name) ? 0 : -EINVAL;
}

static int topic_parse_gateway(const char *rest, enum topic_kind *ret_kind, char ret_id[ID_SIZE]) {
        char gateway[NAME_SIZE];

        if (topic_cut_name(&rest, gateway) < 0 || !topic_is_gateway(gateway))
                return -EINVAL;
        for (unsigned i = 0; i < ARRAY_LEN(kinds); i++) {
                if (kinds[i].shape != SHAPE_GATEWAY || strcmp(rest, kinds[i].words) != 0)
                        continue;
                *ret_kind = (enum topic_kind)i;
                return str_copy(ret_id, ID_SIZE, gateway);
        }
        return -EINVAL;
}

int topic_parse(const char *topic, char ret_site[NAME_SIZE], enum topic_kind *ret_kind,
                char ret_id[ID_SIZE]) {
        if (strncmp(topic, TOPIC_PREFIX, strlen(TOPIC_PREFIX)) != 0)
                return -EINVAL;
        topic += strlen(TOPIC_PREFIX);
        if (topic_cut_name(&topic, ret_site) < 0)
                return -EINVAL;
        for (unsigned i = 0; i < ARRAY_LEN(kinds); i++) {
                size_t len = strlen(kinds[i].words);

                if (kinds[i].shape == SHAPE_GATEWAY || strncmp(topic, kinds[i].words, len) != 0)
                        continue;
                *ret_kind = (enum topic_kind)i;
                ret_id[0] = '\0';
                if (kinds[i].shape == SHAPE_SITE && topic[len] == '\0')
                        return 0;
                if (kinds[i].shape == SHAPE_ID && topic[len] == '/')
                        return topic_unescape(topic + len + 1, ret_id);
        }
        return topic_parse_gateway(topic, ret_kind, ret_id);
}
