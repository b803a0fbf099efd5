/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Framer: bytes of a serial scanner to frames. Pure: no clock, no I/O; who owns it measures
 * silence.
 *
 * A frame ends at any of the end bytes (none: only at framer_end, after a silence). An empty frame
 * is none, so that CR LF ends one scan. A start byte in front is dropped. A frame that grows beyond
 * SCAN_LEN_MAX is refused once, and what follows is dropped up to its end.
 */

#include <stdbool.h>
#include "drivers/barcode/barcode.h" /* SCAN_LEN_MAX */
#include "drivers/profile.h"

struct framer_rules {
        const uint8_t *ends;
        size_t n_ends;
        int start; /* -1: none */
};

struct framer {
        struct framer_rules rules; /* the end bytes are borrowed */
        uint8_t frame[SCAN_LEN_MAX];
        size_t len;
        bool overlong; /* dropping up to an end */
};

enum framer_event {
        FRAMER_MORE,     /* everything was taken, no frame ended */
        FRAMER_FRAME,    /* a frame; ret_frame points into the framer until the next call */
        FRAMER_OVERLONG, /* a frame was longer than any scan */
};

void framer_init(struct framer *framer, const struct framer_rules *rules);

/* Takes bytes from *bytes up to the next event. Call until it answers FRAMER_MORE. */
enum framer_event framer_feed(struct framer *framer, struct slice *bytes, struct slice *ret_frame);

/* Something waits for its end. */
bool framer_has_rest(const struct framer *framer);
/* Silence ends what waits: the frame (len 0: none, or it was overlong). */
struct slice framer_end(struct framer *framer);

/*
 * Takes the check byte off the end of a frame: XOR or sum modulo 256 of what lies before it. false: it does not
 * hold, or nothing else is there.
 */
bool frame_check_holds(enum frame_check check, struct slice *frame);
