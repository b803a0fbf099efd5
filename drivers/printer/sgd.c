/* SPDX-License-Identifier: MIT */
#include "drivers/printer/sgd.h"

#include <errno.h>
#include <stdlib.h>

enum { COUNT_DIGITS_MAX = 15 };

void sgd_reset(struct sgd_reader *reader) {
        reader->inside = false;
        reader->len = 0;
}

bool sgd_take(struct sgd_reader *reader, uint8_t byte) {
        if (byte == '"') {
                reader->inside = !reader->inside;
                if (reader->inside)
                        reader->len = 0;
                else
                        reader->value[reader->len] = '\0';
                return !reader->inside;
        }
        if (!reader->inside)
                return false;
        if (byte < ' ' || reader->len + 1 == sizeof(reader->value))
                sgd_reset(reader);
        else
                reader->value[reader->len++] = (char)byte;
        return false;
}

int sgd_count(const char *value, int64_t *ret) {
        size_t len = strspn(value, "0123456789");

        if (len == 0 || len > COUNT_DIGITS_MAX || value[len])
                return -EINVAL;
        *ret = strtoll(value, NULL, 10);
        return 0;
}
