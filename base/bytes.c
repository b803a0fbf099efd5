/* SPDX-License-Identifier: MIT */
#include "base/bytes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BYTES_CAP_MIN = 256 };

void bytes_fini(struct bytes *bytes) {
        free(bytes->data);
        *bytes = (struct bytes) { 0 };
}

void bytes_clear(struct bytes *bytes) {
        bytes->len = 0;
        bytes->failed = false;
        if (bytes->data)
                bytes->data[0] = 0;
}

/* Makes room for @len more bytes and the NUL; remembers when there is none. */
static bool bytes_reserve(struct bytes *bytes, size_t len) {
        size_t need, cap = bytes->cap ? bytes->cap : BYTES_CAP_MIN;
        uint8_t *data;

        if (bytes->failed)
                return false;
        /* Half the address space, so that the doubling below cannot overflow. */
        if (len >= SIZE_MAX / 2 - bytes->len) {
                bytes->failed = true;
                return false;
        }
        need = bytes->len + len + 1;
        if (need <= bytes->cap)
                return true;
        while (cap < need)
                cap *= 2;
        data = realloc(bytes->data, cap);
        if (!data) {
                bytes->failed = true;
                return false;
        }
        bytes->data = data;
        bytes->cap = cap;
        return true;
}

void bytes_append(struct bytes *bytes, const void *data, size_t len) {
        if (!bytes_reserve(bytes, len))
                return;
        if (len > 0)
                memcpy(bytes->data + bytes->len, data, len);
        bytes->len += len;
        bytes->data[bytes->len] = 0;
}

void bytes_append_str(struct bytes *bytes, const char *text) {
        bytes_append(bytes, text, strlen(text));
}

void bytes_append_char(struct bytes *bytes, char c) {
        bytes_append(bytes, &c, 1);
}

void bytes_appendf(struct bytes *bytes, const char *format, ...) {
        va_list args, again;
        int len;

        va_start(args, format);
        va_copy(again, args);
        len = vsnprintf(NULL, 0, format, args);
        va_end(args);
        if (len < 0)
                bytes->failed = true;
        else if (bytes_reserve(bytes, (size_t)len)) {
                (void)vsnprintf((char *)bytes->data + bytes->len, (size_t)len + 1, format, again);
                bytes->len += (size_t)len;
        }
        va_end(again);
}

int bytes_error(const struct bytes *bytes) {
        return bytes->failed ? -ENOMEM : 0;
}

int str_copy(char *dst, size_t size, const char *text) {
        size_t len = strlen(text);

        if (size == 0)
                return -ENAMETOOLONG;
        if (len >= size) {
                dst[0] = 0;
                return -ENAMETOOLONG;
        }
        memmove(dst, text, len + 1);
        return 0;
}
