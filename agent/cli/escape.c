/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include "agent/cli/cli.h"

static int digit(char c) {
        const char *digits = "0123456789abcdef", *at;

        at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;
        return at ? (int)(at - digits) : -1;
}

/* @least to @most digits of @base at *text. */
static int number(const char **text, int base, int least, int most, uint32_t *ret_value) {
        uint32_t value = 0;
        int n = 0;

        for (int d; n < most && (d = digit(**text)) >= 0 && d < base; n++, ++*text)
                value = value * (uint32_t)base + (uint32_t)d;
        *ret_value = value;
        return n < least ? -EINVAL : 0;
}

/* RFC 3629; \u reaches U+FFFF without the surrogates. */
static int put_utf8(struct bytes *out, uint32_t c) {
        if (c >= 0xD800 && c <= 0xDFFF)
                return -EINVAL;
        if (c < 0x80) {
                bytes_append_char(out, (char)c);
                return 0;
        }
        if (c >= 0x800) {
                bytes_append_char(out, (char)(uint8_t)(0xE0 | c >> 12));
                bytes_append_char(out, (char)(uint8_t)(0x80 | (c >> 6 & 0x3F)));
        } else
                bytes_append_char(out, (char)(uint8_t)(0xC0 | c >> 6));
        bytes_append_char(out, (char)(uint8_t)(0x80 | (c & 0x3F)));
        return 0;
}

/* @text stands after the backslash. */
static int unescape_one(const char **text, struct bytes *out) {
        static const char letters[] = "abefnrtv\\'\"?", values[] = "\a\b\033\f\n\r\t\v\\'\"?";
        const char *letter;
        uint32_t value;
        int r;

        if (**text == '\0')
                return -EINVAL;
        letter = strchr(letters, **text);
        if (letter) {
                bytes_append_char(out, values[letter - letters]);
                ++*text;
                return 0;
        }
        if (**text == 'u') {
                ++*text;
                r = number(text, 16, 4, 4, &value);
                return r < 0 ? r : put_utf8(out, value);
        }
        if (**text == 'x') {
                ++*text;
                r = number(text, 16, 1, 2, &value);
        } else
                r = number(text, 8, 1, 3, &value);
        if (r < 0 || value > 0xFF)
                return -EINVAL;
        bytes_append_char(out, (char)(uint8_t)value);
        return 0;
}

int cli_unescape(const char *text, struct bytes *out) {
        while (*text) {
                int r = 0;

                if (*text != '\\')
                        bytes_append_char(out, *text++);
                else {
                        text++;
                        r = unescape_one(&text, out);
                }
                if (r < 0)
                        return r;
        }
        return bytes_error(out);
}
