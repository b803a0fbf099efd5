/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A ZPL printer on the test's own event loop: listens on loopback, keeps what is between ^XA and
 * ^XZ, answers ~HS and ~HI, and has the faults that the test asks for.
 */

#include <stdbool.h>
#include <systemd/sd-event.h>
#include "base/bytes.h"

struct fake_printer {
        sd_event *event;
        int listener, connection;
        sd_event_source *accepting, *reading;
        char port[PATH_SIZE]; /* "tcp:127.0.0.1:N" */

        bool silent, paper_out, head_open;
        bool deaf;      /* reads nothing */
        bool holds;     /* a label that came is not printed yet */
        long reset_at;  /* resets the connection when so many bytes of labels came; 0: never */

        int n_connections, n_asked;
        bool inside;
        struct bytes word;   /* outside of labels */
        struct bytes labels; /* all that came, one after the other */
        long n_labels;       /* whole ones */
        long n_held;
};

/* The port is taken, but nobody listens before fake_printer_appear. */
void fake_printer_init(struct fake_printer *fake, sd_event *event);
void fake_printer_appear(struct fake_printer *fake);
void fake_printer_fini(struct fake_printer *fake);
/* As a printer that loses its power: the other side gets a reset. */
void fake_printer_reset(struct fake_printer *fake);
void fake_printer_hear(struct fake_printer *fake, bool hears);
/* What was held is printed now. */
void fake_printer_release(struct fake_printer *fake);
