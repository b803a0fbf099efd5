/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Profile: how to talk to one model, as data (firmware-profiles/NAME.json).
 *
 * Searched in $TALLYMAN_PROFILES, then /usr/share/tallyman/profiles; the generic ones are also
 * compiled in, so that the agent runs without any file.
 */

#include "base/bytes.h"
#include "drivers/transport.h"

enum profile_kind { PROFILE_SCANNER, PROFILE_PRINTER };

enum { PROFILE_BYTES_MAX = 64, PROFILE_ENDS_MAX = 4 };

struct profile_bytes {
        uint8_t bytes[PROFILE_BYTES_MAX];
        size_t len;
};

struct profile {
        char name[ID_SIZE];
        enum profile_kind kind;
        char model[128];
        struct serial_settings serial;

        /* scanner framing */
        uint8_t ends[PROFILE_ENDS_MAX]; /* bytes that end a scan */
        size_t n_ends;
        int start;          /* byte that opens a frame, -1: none */
        int rest_ms;        /* a rest that is not ended within this is refused; 0: never */
        int gap_ms;         /* raw: silence that ends a scan; 0: ends do */
        struct profile_bytes good, bad, attention; /* feedback */

        /* printer */
        bool status;        /* answers ~HS */
        int status_ms;      /* how long an answer may take */
};

/* -ENOENT, or -EINVAL with file and reason in @ret_error. "auto" is generic-serial / generic-zpl by
 * @kind. */
MUST_CHECK int profile_load(const char *name, enum profile_kind kind, struct profile **ret,
                            struct bytes *ret_error);
/* Reads one file's text; @path is for the words. -EINVAL with file and reason, -ENOMEM. */
MUST_CHECK int profile_read(struct slice text, const char *path, struct profile *ret,
                            struct bytes *ret_error);
void profile_free(struct profile *profile);
