/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Printer: one ZPL printer on the event loop. Takes one job at a time from its owner, asks the
 * printer's state (~HS, and ~HQES where that stays silent) before sending, streams the label, and
 * confirms after: by ~HS, and by the printer's count of labels where it tells one.
 *
 * Knows no database: the owner answers next_job, makes "sending" durable before the first byte leaves,
 * gives the label's bytes piece by piece, and records the outcome. Connects when there is a job or its owner
 * wants to know how it fares, closes after. An absent printer is tried again with back-off (1 s to 30 s) as long as a job waits; nothing is
 * tried while none waits.
 *
 * A printer that answers nothing, or must not be read from, prints all the same: the state's and the outcome's detail
 * say that nobody confirms.
 */

#include <stdbool.h>
#include <systemd/sd-event.h>
#include "base/bytes.h"
#include "drivers/profile.h"

struct printer;
struct usb;

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
        PRINT_OUTCOME_NOT_SENT,  /* no label came out: the job may go back to the queue */
        PRINT_OUTCOME_UNCERTAIN, /* bytes left, and nobody confirmed */
        PRINT_OUTCOME_FAILED,    /* its bytes cannot be read, and none left */
};

struct printer_job {
        uint64_t id;
        size_t size;           /* of its bytes */
        int64_t labels_before; /* that the printer had printed in its life; -1: unknown */
        bool interrupted;      /* it was being sent when the agent went: the count decides */
};

struct printer_handler {
        /*
         * The next job: id and size. -ENOENT: none waits. One that was interrupted comes first, with the
         * labels_before that "sending" got.
         */
        int (*next_job)(void *userdata, struct printer *printer, struct printer_job *ret_job);
        /* A piece of the job's bytes from @offset on: its length, at most @size; 0 at the end, or -errno. */
        int (*read)(void *userdata, struct printer *printer, uint64_t job, size_t offset,
                    void *buffer, size_t size);
        /* Makes "sending" and the count durable; anything but 0 and not a byte leaves. */
        int (*sending)(void *userdata, struct printer *printer, uint64_t job,
                       int64_t labels_before);
        void (*outcome)(void *userdata, struct printer *printer, uint64_t job,
                        enum print_outcome outcome, const char *detail);
        void (*state)(void *userdata, struct printer *printer, enum printer_state state,
                      const char *detail);
        /*
         * Model and firmware as ~HI tells them, once a connection; without an answer the model of its IEEE 1284 device
         * id and "", once. May be NULL.
         */
        void (*identity)(void *userdata, struct printer *printer, const char *model,
                         const char *firmware);
};

struct printer_config {
        char name[ID_SIZE];
        char port[PATH_SIZE];          /* "tcp:10.0.0.9:9100" */
        const struct profile *profile; /* outlives the printer */
        struct usb *usb;               /* for a usb: port; outlives the printer */
        int haste; /* of tests: every waiting time is divided by it; 0: none is */
};

MUST_CHECK int printer_new(sd_event *event, const struct printer_config *config,
                           const struct printer_handler *handler, void *userdata,
                           struct printer **ret);
void printer_free(struct printer *printer);

/* There may be a job now. Cheap; may be called at any time but inside a handler. */
void printer_wake(struct printer *printer);

/* Asks it once how it fares and who it is, also where no job waits. As printer_wake. */
void printer_inquire(struct printer *printer);
/* Likewise, and at once: its device was plugged in or out. */
void printer_came(struct printer *printer);
bool printer_has_job(const struct printer *printer);

const char *printer_name(const struct printer *printer);
enum printer_state printer_state(const struct printer *printer);
