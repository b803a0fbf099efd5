/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Scan protocol: what a scanner's bytes mean, and what it is told. Pure: no clock, no I/O; the scanner that
 * runs it does both for it.
 *
 * One of: framed (serial text), ssi (Zebra's packets), hid_keyboard, hid_pos. A read of a serial line is any
 * piece of its bytes; of a HID scanner it is exactly one input report, with its report id in front where the
 * descriptor has ids.
 */

#include <stdbool.h>
#include "base/def.h"
#include "drivers/profile.h"
#include "drivers/scanner/scanner.h"

/* What a protocol asks of its scanner. Everything is borrowed for the call. */
struct protocol_host {
        void *ctx;
        /* A scan: its bytes, with the AIM identifier in front where it is known. */
        void (*scan)(void *ctx, struct slice data);
        /* Something that cannot be a scan (overlong, half, a bad checksum) and that the device takes for one. */
        void (*refused)(void *ctx, const char *reason);
        /* Bytes for the device. Of a HID scanner: one output report, its id first (0: has none). */
        void (*send)(void *ctx, struct slice bytes);
        /* protocol->timer in @ms; a new call replaces the former; 0: none any more. */
        void (*wait)(void *ctx, int ms);
        /* What it says of itself; "" where it does not say. */
        void (*identity)(void *ctx, const char *model, const char *firmware);
        /* It takes its set-up, or does not: words with the cure; NULL: all is well again. */
        void (*trouble)(void *ctx, const char *words);
        /* It never answered since it was attached: it may speak another protocol. May be NULL. */
        void (*foreign)(void *ctx);
};

struct protocol_ops {
        /* @descriptor: the HID report descriptor; of a serial line empty. @profile outlives it.
         * -EINVAL: the descriptor is not this protocol's; -ENOMEM. */
        int (*new)(const struct profile *profile, struct slice descriptor,
                   const struct protocol_host *host, void **ret);
        void (*free)(void *protocol);
        void (*attached)(void *protocol); /* once, after new: set-up and identity may begin */
        void (*input)(void *protocol, struct slice bytes);
        void (*timer)(void *protocol);
        void (*feedback)(void *protocol, enum scanner_feedback feedback);
};

extern const struct protocol_ops protocol_framed;
extern const struct protocol_ops protocol_ssi;
/* A scan is UTF-8, for it is typed in characters; the others' are the bytes of the code. */
extern const struct protocol_ops protocol_hid_keyboard;
extern const struct protocol_ops protocol_hid_pos;

/* By profile->protocol; NULL: no scanner's. */
const struct protocol_ops *protocol_of(const struct profile *profile);
/* The profile's bytes for it. */
const struct profile_bytes *protocol_feedback(const struct profile *profile,
                                              enum scanner_feedback feedback);
