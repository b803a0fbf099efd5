/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A ZPL printer on the test's own event loop: listens on loopback, or holds a pty, keeps what is between
 * ^XA and ^XZ, answers ~HS, ~HI, ~HQES and its count of labels, and has the faults that the test asks for.
 */

#include <stdbool.h>
#include <systemd/sd-event.h>
#include "base/bytes.h"

struct fake_printer {
        sd_event *event;
        int listener, connection;
        sd_event_source *accepting, *reading;
        int slave;            /* of a pty: open, so that it never hangs up; -1: none */
        char port[PATH_SIZE]; /* "tcp:127.0.0.1:N", "serial:/dev/pts/N" */

        bool silent, paper_out, head_open, ribbon_out, paused, hot, busy;
        bool shy;        /* answers no ~HS */
        bool has_errors; /* answers ~HQES: */
        unsigned errors;
        bool delays; /* keeps its answers to itself, until fake_printer_speak */
        bool bye;    /* answers the next ~HS twice, and hangs up */
        bool counts; /* tells its count of labels; else "?" where knows_sgd */
        bool knows_sgd;
        long count;
        bool cancels;    /* a label that comes is dropped, as at its panel */
        bool repeats;    /* a label that comes is printed twice */
        bool keeps_half; /* of a label, over connections; answers ~HS and ~JX in it */
        bool deaf;       /* reads nothing */
        bool holds;      /* a label that came is not printed yet */
        long reset_at;   /* resets the connection when so many bytes of labels came; 0: never */

        int n_connections, n_asked, n_asked_count, n_dropped;
        struct bytes late; /* answers that wait */
        bool inside;
        size_t half_at;      /* where the label that is inside begins in labels */
        struct bytes word;   /* outside of labels */
        struct bytes labels; /* all that came, one after the other */
        long n_labels;       /* whole ones */
        long n_held;
};

/* The port is taken, but nobody listens before fake_printer_appear. */
void fake_printer_init(struct fake_printer *fake, sd_event *event);
void fake_printer_appear(struct fake_printer *fake);
void fake_printer_disappear(struct fake_printer *fake); /* for good */
void fake_printer_fini(struct fake_printer *fake);
/* As a printer that loses its power: the other side gets a reset. */
void fake_printer_reset(struct fake_printer *fake);
void fake_printer_hear(struct fake_printer *fake, bool hears);
/* The oldest answer to ~HS that waits, and what stands before it; then the rest, and no more delays. */
void fake_printer_speak_once(struct fake_printer *fake);
void fake_printer_speak(struct fake_printer *fake);
/* Serial instead: before fake_printer_appear. */
void fake_printer_plug(struct fake_printer *fake);
/* What was held is printed now. */
void fake_printer_release(struct fake_printer *fake);
