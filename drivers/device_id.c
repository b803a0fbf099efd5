/* SPDX-License-Identifier: MIT */
#include "drivers/device_id.h"

#include <stdbool.h>
#include <strings.h>

static struct slice trim(struct slice text) {
        while (text.len > 0 && text.bytes[0] == ' ')
                text = (struct slice) { text.bytes + 1, text.len - 1 };
        while (text.len > 0 && text.bytes[text.len - 1] == ' ')
                text.len--;
        return text;
}

static bool is_key(struct slice key, const char *name) {
        return key.len == strlen(name) && strncasecmp((const char *)key.bytes, name, key.len) == 0;
}

/* Takes what is before @end, and it, from *text. */
static struct slice take_until(struct slice *text, char end) {
        const uint8_t *at = text->len > 0 ? memchr(text->bytes, end, text->len) : NULL;
        struct slice part = { text->bytes, at ? (size_t)(at - text->bytes) : text->len };
        size_t taken = part.len + (at != NULL);

        *text = (struct slice) { text->bytes + taken, text->len - taken };
        return part;
}

struct slice device_id_value(struct slice id, const char *name, const char *long_name) {
        while (id.len > 0) {
                struct slice value = take_until(&id, ';');
                struct slice key = trim(take_until(&value, ':'));

                if (is_key(key, name) || is_key(key, long_name))
                        return trim(value);
        }
        return (struct slice) { NULL, 0 };
}
