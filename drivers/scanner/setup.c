/* SPDX-License-Identifier: MIT */
#include "drivers/scanner/setup.h"

#include <regex.h>
#include <stdio.h>

void setup_init(struct setup *setup, const struct profile *profile) {
        *setup = (struct setup) { .profile = profile };
}

static bool asks_who(const struct setup *setup) {
        return setup->step == setup->profile->n_setup + 1;
}

bool setup_is_over(const struct setup *setup) {
        return setup->step > setup->profile->n_setup + 1;
}

static struct slice slice_of_bytes(const struct profile_bytes *bytes) {
        return (struct slice) { bytes->bytes, bytes->len };
}

/* setup->step counts what has been sent, so that the step that is out is the one before. */
struct slice setup_next(struct setup *setup) {
        const struct profile *profile = setup->profile;
        size_t at = setup->step++;

        setup->len = 0;
        if (at < profile->n_setup)
                return slice_of_bytes(&profile->setup[at].send);
        if (at == profile->n_setup && profile->identify.query.len > 0)
                return slice_of_bytes(&profile->identify.query);
        setup->step = profile->n_setup + 2;
        return (struct slice) { NULL, 0 };
}

/* Group 1 of @pattern in @text, or "". */
static void find(const char *pattern, const char *text, char *dst, size_t size) {
        regmatch_t match[2];
        regex_t regex;

        dst[0] = '\0';
        if (!pattern[0] || regcomp(&regex, pattern, REG_EXTENDED | REG_NEWLINE) != 0)
                return;
        if (regexec(&regex, text, ARRAY_LEN(match), match, 0) == 0 && match[1].rm_so >= 0)
                (void)snprintf(dst, size, "%.*s", (int)(match[1].rm_eo - match[1].rm_so),
                               text + match[1].rm_so);
        regfree(&regex);
}

/* NUL and control characters are no part of a name. */
static void read_identity(struct setup *setup) {
        char text[SETUP_ANSWER_MAX + 1];

        for (size_t i = 0; i < setup->len; i++)
                text[i] = setup->answer[i] >= ' ' && setup->answer[i] < 0x7f
                                  ? (char)setup->answer[i]
                                  : '\n';
        text[setup->len] = '\0';
        find(setup->profile->identify.model, text, setup->model, sizeof(setup->model));
        find(setup->profile->identify.firmware, text, setup->firmware, sizeof(setup->firmware));
}

static const struct profile_bytes *wanted(const struct setup *setup) {
        return asks_who(setup) ? &setup->profile->identify.end
                               : &setup->profile->setup[setup->step - 1].expect;
}

bool setup_waits(const struct setup *setup) {
        return setup->step <= setup->profile->n_setup + 1 && wanted(setup)->len > 0;
}

bool setup_is_full(const struct setup *setup) {
        return setup->len == sizeof(setup->answer);
}

bool setup_input(struct setup *setup, struct slice *bytes) {
        const struct profile_bytes *end = wanted(setup);
        size_t room = sizeof(setup->answer) - setup->len;
        size_t n = bytes->len < room ? bytes->len : room;

        memcpy(setup->answer + setup->len, bytes->bytes, n);
        setup->len += n;
        bytes->bytes += n;
        bytes->len -= n;
        if (!memmem(setup->answer, setup->len, end->bytes, end->len))
                return false;
        if (asks_who(setup))
                read_identity(setup);
        return true;
}

struct slice setup_give_up(struct setup *setup) {
        setup->unanswered = true;
        return (struct slice) { setup->answer, setup->len };
}
