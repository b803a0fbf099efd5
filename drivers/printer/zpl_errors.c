/* SPDX-License-Identifier: MIT */
#include "drivers/printer/zpl_errors.h"

#include <stdlib.h>

enum { GROUP_DIGITS_MAX = 8 };

/* Behind blanks up to @max hexadecimal digits, and nothing that goes on behind them. NULL: none. */
static const char *read_hex(const char *text, size_t max, uint32_t *ret) {
        size_t len;

        text += strspn(text, " \t");
        len = strspn(text, "0123456789abcdefABCDEF");
        if (len == 0 || len > max || (text[len] && !strchr(" \t\r\n", text[len])))
                return NULL;
        *ret = (uint32_t)strtoul(text, NULL, 16);
        return text + len;
}

static bool read_line(const char *text, const char *title, uint32_t *ret) {
        const char *at = strstr(text, title);
        uint32_t flag, group2, group1;

        at = at ? read_hex(at + strlen(title), 1, &flag) : NULL;
        at = at ? read_hex(at, GROUP_DIGITS_MAX, &group2) : NULL;
        at = at ? read_hex(at, GROUP_DIGITS_MAX, &group1) : NULL;
        if (at)
                *ret = flag ? group1 : 0;
        return at != NULL;
}

bool zpl_errors_read(const char *text, struct zpl_errors *ret) {
        struct zpl_errors found = { .errors = 0 };

        if (!read_line(text, "ERRORS:", &found.errors))
                return false;
        /* Warnings stop no label: an answer that is cut in them is one. */
        (void)read_line(text, "WARNINGS:", &found.warnings);
        *ret = found;
        return true;
}
