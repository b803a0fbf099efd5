/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Printer: one ZPL printer on the event loop. Takes one job at a time from its owner, asks the printer's state
 * (~HS) before sending, streams the label, and confirms (~HS counts) after.
 *
 * Knows no database: the owner answers next_job, makes "sending" durable before the first byte leaves,
 * and records the outcome. Connects when there is a job (or a status is wanted), closes after. An absent printer is
 * tried again with back-off (1 s to 30 s) as long as a job waits; nothing is tried while none waits.
 */

#include <stdbool.h>
#include <systemd/sd-event.h>
#include "base/bytes.h"
#include "drivers/profile.h"

struct printer;

enum printer_state {
        PRINTER_UNKNOWN, /* not asked yet, or it never answers */
        PRINTER_READY,
        PRINTER_OFFLINE, /* no connection */
        PRINTER_PAPER_OUT,
        PRINTER_RIBBON_OUT,
        PRINTER_HEAD_OPEN,
        PRINTER_PAUSED,
        PRINTER_HOT,
        PRINTER_BUSY,
        PRINTER_STATE_MAX_,
};

const char *printer_state_name(enum printer_state state); /* "ready", "paper_out" … */
const char *printer_state_cure(enum printer_state state); /* "put in a new roll", "" */

enum print_outcome {
        PRINT_OUTCOME_PRINTED,
        PRINT_OUTCOME_NOT_SENT,  /* no byte left: the job may go back to the queue */
        PRINT_OUTCOME_UNCERTAIN, /* bytes left, and nobody confirmed */
};

struct printer_job {
        uint64_t id;
        struct bytes payload; /* owned by the printer from next_job on */
};

struct printer_handler {
        /* Fills the next job. -ENOENT: none waits. */
        int (*next_job)(void *userdata, struct printer *printer, struct printer_job *ret_job);
        /* Makes "sending" durable; anything but 0 and not a byte leaves. */
        int (*sending)(void *userdata, struct printer *printer, uint64_t job);
        void (*outcome)(void *userdata, struct printer *printer, uint64_t job, enum print_outcome outcome,
                        const char *detail);
        void (*state)(void *userdata, struct printer *printer, enum printer_state state, const char *detail);
        /* Model and firmware as ~HI tells them, once a connection. May be NULL. */
        void (*identity)(void *userdata, struct printer *printer, const char *model, const char *firmware);
};

struct printer_config {
        char name[ID_SIZE];
        char port[PATH_SIZE]; /* "tcp:10.0.0.9:9100" */
        const struct profile *profile;
};

MUST_CHECK int printer_new(sd_event *event, const struct printer_config *config,
                           const struct printer_handler *handler, void *userdata, struct printer **ret);
void printer_free(struct printer *printer);

/* There may be a job now. Cheap; may be called at any time but inside a handler. */
void printer_wake(struct printer *printer);

const char *printer_name(const struct printer *printer);
const char *printer_port(const struct printer *printer);
enum printer_state printer_state(const struct printer *printer);
