/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Scanner: one barcode scanner on the event loop, from its port to scans, and feedback back.
 *
 * Opens its port when it is there, notices when it goes, and opens it again by itself. What its bytes
 * mean is the business of a pure protocol (protocol.h) that the profile chooses. Bounded: a device that
 * floods or stalls costs nothing but itself.
 *
 * Every scan gets exactly one scanner_feedback(), in the order of the scans; the caller owes it.
 */

#include <systemd/sd-event.h>
#include "base/def.h"
#include "drivers/profile.h"

struct scanner;
struct usb;

enum scanner_feedback { SCANNER_GOOD, SCANNER_BAD, SCANNER_ATTENTION };

enum scanner_state { SCANNER_ABSENT, SCANNER_READY, SCANNER_FAULT };

struct scanner_handler {
        /* A frame without prefix, suffix and end bytes. Borrowed for the call. */
        void (*scan)(void *userdata, struct scanner *scanner, struct slice data);
        /* A frame that cannot be a scan (overlong, half): no scan; the caller answers bad. */
        void (*refused)(void *userdata, struct scanner *scanner, const char *reason);
        /* @detail: why, in words with the cure ("permission denied: add tallyman to group
         * dialout"). */
        void (*state)(void *userdata, struct scanner *scanner, enum scanner_state state,
                      const char *detail);
        /* What it says of itself after attaching; "" where it does not say. May be NULL. */
        void (*identity)(void *userdata, struct scanner *scanner, const char *model,
                         const char *firmware);
        /* It never answered as its profile expects: the profile's fallback may be right. The scanner is not to be
         * freed in the call. May be NULL. */
        void (*foreign)(void *userdata, struct scanner *scanner);
};

struct scanner_config {
        char name[ID_SIZE];            /* from [scanner NAME] */
        char port[PATH_SIZE];          /* "serial:…", "usb:…" */
        const struct profile *profile; /* outlives the scanner */
        struct usb *usb;               /* for a usb: port; outlives the scanner */
};

/* The event sources get priority -10: scans before everything else. -EINVAL: no driver speaks the profile's protocol. */
MUST_CHECK int scanner_new(sd_event *event, const struct scanner_config *config,
                           const struct scanner_handler *handler, void *userdata,
                           struct scanner **ret);
void scanner_free(struct scanner *scanner);

const char *scanner_name(const struct scanner *scanner);
const char *scanner_port(const struct scanner *scanner);
enum scanner_state scanner_state(const struct scanner *scanner);

/* Something was plugged in: an absent scanner looks for its port. */
void scanner_look(struct scanner *scanner);

/* Queues the profile's bytes for it (bounded; a scanner that does not take them loses them). */
void scanner_send_feedback(struct scanner *scanner, enum scanner_feedback feedback);
