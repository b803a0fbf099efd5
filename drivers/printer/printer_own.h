/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Printer's own. One job's way:
 *
 *     IDLE -> CONNECTING -> ASKING -> COUNTING -> SENDING -> CONFIRMING -> RECOUNTING -> next, or IDLE
 *                 |           |                                  |
 *            BACKING_OFF   WAITING (paper out, head open,     RECALLING (its connection broke)
 *                                   silence: ask again)
 *
 * COUNTING and RECOUNTING only where the printer tells how many labels it has printed.
 *
 * A Zebra does not answer ~HS while media or ribbon is out or the head is open (guide, ~HS): no answer
 * is a state of its own, and nothing is sent into it. ~HQES is answered then, too.
 *
 * A job is doubtful when bytes have left and nobody is there any more to confirm them: the connection
 * broke, or the agent was killed. With the count of labels before it, the next connection decides: all of
 * them came out, or none did and none waits in the printer; anything else is a person's to decide.
 *
 * Of a label that broke off in the middle the printer may hold the first half, and would take the next label
 * for the rest of it: ~JX makes it forget that.
 */

#include "drivers/printer/printer.h"
#include "drivers/printer/zpl_count.h"
#include "drivers/printer/zpl_status.h"

enum phase {
        IDLE,
        BACKING_OFF,
        CONNECTING,
        ASKING,
        WAITING,
        COUNTING,
        SENDING,
        RECALLING,
        CONFIRMING,
        RECOUNTING,
};

enum {
        CONNECT_MS = 5000,
        BROKEN_MS = 100, /* for what a printer said before it hung up */
        ASK_AGAIN_MS = 2000,
        ANSWER_MS = 3000, /* where the profile does not say */
        STALLED_MS = 5000,
        STALLED_MAX = 12, /* of that, and it is more than busy */
        CONFIRM_MS = 300, /* between two ~HS while a label prints */
        BACK_OFF_MIN_MS = 1000,
        BACK_OFF_MAX_MS = 30000,
        ACCURACY_US = 20000,    /* 0 would be 250 ms */
        DOUBT_MS = 120000,      /* without a connection; then a person decides */
        PIECE_SIZE = 16 * 1024, /* a wake-up: a large label leaves the scanners their turn */
};

struct printer {
        struct printer_config config;
        struct printer_handler handler;
        void *userdata;
        sd_event *event;
        sd_event_source *wake;  /* defer, one shot */
        sd_event_source *timer; /* one shot; what for, the phase says */
        sd_event_source *io;

        enum phase phase;
        enum printer_state state;
        char detail[160];
        int64_t back_off_ms;

        /* what it can do, as found out */
        bool heard;        /* it has answered something */
        bool heard_status; /* ~HS */
        bool heard_errors; /* ~HQES */
        bool counted;      /* it has told its count of labels */
        bool countless;    /* it does not tell it */
        bool mute;         /* it does not tell its state, whatever the profile says */
        int n_silent;      /* times that ~HS was not answered, one after the other */
        int n_mute;        /* of these, when it may not know the question */
        int n_uncounted;   /* likewise the count */
        bool holds_half;   /* perhaps, of a label of ours */

        /* the connection */
        struct transport *transport;
        struct zpl_reader reader;
        bool broken;     /* it takes nothing any more */
        bool identified; /* model and firmware were told */
        int n_due;       /* ~HS that were asked and not answered */
        bool asked_errors;
        bool faultless; /* ~HQES: no error, since ~HS was asked */

        /* the job */
        bool curious; /* it is to be asked once, job or no job */
        bool has_job;
        struct printer_job job;
        bool doubtful;    /* its labels_before is known then */
        int64_t doubt_ms; /* until then, unless it speaks */
        size_t sent;
        int n_stalled;  /* times that it took nothing, one after the other */
        uint8_t *piece; /* of PIECE_SIZE; while it is sent */
        size_t piece_at, piece_len;
        struct zpl_count count;
        size_t n_counted; /* bytes of the job that the count has seen */
        int n_stale;      /* answers that will come to questions of before the label */
        int n_clean, n_recounts;
        int unsent;        /* bytes that it had not taken at the last look */
        int64_t heard_ms;  /* the last sign of life while confirming */
        int64_t status_ms; /* the last ~HS then */
};

/* printer_state.c */
void printer_say(struct printer *printer, enum printer_state state, const char *detail);
/* *ret_detail: what else a person should know, or "". */
enum printer_state printer_state_of(const struct zpl_status *status, const char **ret_detail);
enum printer_state printer_state_of_errors(uint32_t errors, const char **ret_detail);
/*
 * What a USB port tells (transport_port_status) while the printer itself is silent: paper out, or unknown with its
 * fault in *ret_detail. Else, and of other ports, @otherwise. A hint: many label printers are said to answer
 * "fine" whatever is (unverified).
 */
enum printer_state printer_state_of_port(int port_status, enum printer_state otherwise,
                                         const char **ret_detail);

/* printer.c */
int64_t printer_ms(const struct printer *printer, int64_t ms); /* shorter in tests */
int64_t printer_doubt_end(const struct printer *printer);      /* for doubt_ms: from now on */
void printer_in(struct printer *printer, int64_t ms);
void printer_be_quiet(struct printer *printer); /* no timer */
void printer_watch(struct printer *printer, uint32_t events);
void printer_back_off(struct printer *printer, const char *why);
/* The connection is gone: what that means for the job depends on how far it was. */
void printer_lose(struct printer *printer, const char *why);
/* It takes no bytes any more: what it said before is still read. */
void printer_break(struct printer *printer);
void printer_end_job(struct printer *printer, enum print_outcome outcome, const char *detail);
/* Likewise, and goes on with the next one. */
void printer_finish(struct printer *printer, enum print_outcome outcome, const char *detail);
void printer_begin(struct printer *printer); /* connected: the job's first step */
void printer_rest(struct printer *printer);  /* nothing more is to be asked */

/* printer_ask.c */
bool printer_tells(const struct printer *printer);        /* its state */
bool printer_tells_errors(const struct printer *printer); /* ~HQES is worth a try */
void printer_name_by_port(struct printer *printer);       /* where it does not say who it is */
int printer_query(struct printer *printer, const char *query);
int printer_query_status(struct printer *printer);
void printer_ask(struct printer *printer);
void printer_ask_count(struct printer *printer, enum phase phase);
void printer_wait(struct printer *printer); /* and ask again; without a job that was all */
void printer_asked_in_vain(struct printer *printer);
void printer_counted_in_vain(struct printer *printer);
void printer_read(struct printer *printer);

/* printer_send.c */
void printer_send(struct printer *printer);
void printer_write(struct printer *printer);
void printer_stalled(struct printer *printer);
void printer_recall(struct printer *printer);       /* begins to count a doubtful job's labels */
void printer_recall_piece(struct printer *printer); /* goes on */

/* printer_confirm.c */
void printer_confirm(struct printer *printer);
void printer_confirm_again(struct printer *printer); /* its time has come */
void printer_confirm_status(struct printer *printer, enum printer_state state);
void printer_recounted(struct printer *printer, int64_t labels);
void printer_recount_again(struct printer *printer); /* its time has come */
