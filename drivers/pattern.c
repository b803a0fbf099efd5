/* SPDX-License-Identifier: MIT */
#include "drivers/pattern.h"

#include <ctype.h>
#include <string.h>

enum { DEPTH_MAX = 3 };

/* Behind a bracket expression that begins at @at: a ] in its first place is a character of it (POSIX.1, 9.3.5). */
static const char *skip_brackets(const char *at) {
        at++;
        at += *at == '^';
        at += *at == ']';
        at += strcspn(at, "]");
        return at + (*at == ']');
}

bool pattern_is_tame(const char *pattern) {
        const char *at = pattern;
        bool repeated = false; /* what stands before @at */
        int depth = 0;

        while (*at) {
                bool repeats = strchr("*+?", *at);

                if (*at == '{' || (repeats && repeated) || (*at == '(' && ++depth > DEPTH_MAX))
                        return false;
                if (*at == '\\' && isdigit((unsigned char)at[1]))
                        return false;
                if (*at == ')')
                        depth--;
                repeated = repeats;
                if (*at == '[')
                        at = skip_brackets(at);
                else
                        at += *at == '\\' && at[1] ? 2 : 1;
        }
        return true;
}
