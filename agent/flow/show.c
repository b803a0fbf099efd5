/* SPDX-License-Identifier: MIT */
#include "agent/flow/show.h"

#include <stdarg.h>
#include <stdio.h>

static int is_tail(uint8_t byte) {
        return (byte & 0xC0) == 0x80;
}

/* Bytes of the UTF-8 character at @at (RFC 3629 section 4), 0 where there is none. */
static size_t utf8_len(const uint8_t *at, size_t left) {
        if (at[0] < 0x80)
                return 1;
        if (left >= 2 && at[0] >= 0xC2 && at[0] <= 0xDF && is_tail(at[1]))
                return 2;
        if (left >= 3 && (at[0] & 0xF0) == 0xE0 && is_tail(at[1]) && is_tail(at[2]) &&
            !(at[0] == 0xE0 && at[1] < 0xA0) && !(at[0] == 0xED && at[1] > 0x9F))
                return 3;
        if (left >= 4 && at[0] >= 0xF0 && at[0] <= 0xF4 && is_tail(at[1]) && is_tail(at[2]) &&
            is_tail(at[3]) && !(at[0] == 0xF0 && at[1] < 0x90) && !(at[0] == 0xF4 && at[1] > 0x8F))
                return 4;
        return 0;
}

struct slice show_cut(struct slice text, size_t max) {
        size_t len = max;

        if (text.len <= max)
                return text;
        while (len > 0 && max - len < 4 && is_tail(text.bytes[len]))
                len--;
        return (struct slice) { text.bytes, len };
}

void show_text(char *dst, size_t size, const char *format, ...) {
        va_list args;
        int len;

        va_start(args, format);
        len = vsnprintf(dst, size, format, args);
        va_end(args);
        if (len < 0)
                dst[0] = 0;
        else if ((size_t)len >= size) {
                size_t end = size - 1;

                /* The last character may have lost its tail. */
                while (end > 0 && is_tail((uint8_t)dst[end - 1]))
                        end--;
                if (end > 0 && utf8_len((uint8_t *)dst + end - 1, size - end) == 0)
                        end--;
                else
                        end = size - 1;
                dst[end] = 0;
        }
}

void show_code(char *dst, size_t size, struct slice code) {
        static const char more[] = "...";
        size_t at = 0, n = 0;

        while (at < code.len) {
                size_t len = utf8_len(code.bytes + at, code.len - at);
                char piece[5];

                if (len == 0 || code.bytes[at] < ' ' || code.bytes[at] == 0x7F) {
                        (void)snprintf(piece, sizeof(piece), "\\x%02x", code.bytes[at]);
                        at++;
                        len = 4;
                } else {
                        memcpy(piece, code.bytes + at, len);
                        at += len;
                }
                if (n + len + sizeof(more) > size) {
                        memcpy(dst + n, more, sizeof(more));
                        return;
                }
                memcpy(dst + n, piece, len);
                n += len;
        }
        dst[n] = 0;
}
