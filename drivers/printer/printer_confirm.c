/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include "base/clock.h"
#include "drivers/printer/printer_own.h"

/*
 * Was it printed? Nothing acknowledges a label. What there is, from weak to strong: the bytes have left;
 * ~HS counts no label any more (but not, whether it was cancelled at the panel); the printer's count of
 * labels has gone forward by those of the job.
 */

enum {
        CLEAN_ANSWERS = 2, /* the first may come before the printer has looked at the label */
        SILENT_MS = 60000, /* without any sign; a large label takes longer: */
        BYTES_PER_MS = 5,
        RECOUNTS_MAX = 6, /* the count may come behind ~HS */
        RECOUNT_MS = 500,
};

void printer_confirm(struct printer *printer) {
        printer->phase = CONFIRMING;
        printer->n_clean = 0;
        printer->heard_ms = printer->status_ms = clock_mono_ms();
        printer_watch(printer, EPOLLIN);
        printer_in(printer, CONFIRM_MS);
}

/* ---- by ~HS --------------------------------------------------------------------------------------- */

/* What does not get less is stuck: the paper may be out. */
static void watch_unsent(struct printer *printer, int unsent) {
        const char *detail = "it takes no more bytes of the label";
        int64_t now_ms = clock_mono_ms();

        if (unsent != printer->unsent) {
                printer->unsent = unsent;
                printer->heard_ms = now_ms;
        } else if (now_ms - printer->heard_ms > STALLED_MS) {
                enum printer_state state = printer_state_of_port(
                        transport_port_status(printer->transport), PRINTER_UNKNOWN, &detail);

                printer_say(printer, state, detail);
        }
        printer_in(printer, CONFIRM_MS);
}

/* Without ~HS all that can be known is that the bytes have left. */
static void confirm_blindly(struct printer *printer) {
        int unsent = 0;

        if (ioctl(transport_fd(printer->transport), TIOCOUTQ, &unsent) == 0 && unsent > 0) {
                watch_unsent(printer, unsent);
                return;
        }
        printer_say(printer, PRINTER_READY, "it does not tell its state");
        printer_finish(printer, PRINT_OUTCOME_PRINTED,
                       "accepted, not confirmed: the printer does not answer");
}

static void recount(struct printer *printer) {
        printer->n_recounts = 0;
        printer_ask_count(printer, RECOUNTING);
}

static void give_up(struct printer *printer) {
        if (printer->job.labels_before >= 0) {
                recount(printer);
                return;
        }
        printer_end_job(printer, PRINT_OUTCOME_UNCERTAIN,
                        "the printer took it, and does not say whether it printed");
        printer_back_off(printer, "it does not answer");
}

/* A fault that the port tells is a sign of life: the label waits in the printer for its end. */
static void look_at_port(struct printer *printer) {
        const char *detail = "";
        enum printer_state state = printer_state_of_port(transport_port_status(printer->transport),
                                                         PRINTER_STATE_MAX_, &detail);

        if (state == PRINTER_STATE_MAX_)
                return;
        printer->heard_ms = clock_mono_ms();
        printer_say(printer, state, detail);
}

static void ask_again(struct printer *printer) {
        int64_t silent_ms = clock_mono_ms() - printer->status_ms;

        if (printer_query_status(printer) < 0)
                return;
        if (silent_ms < ASK_AGAIN_MS) {
                printer_in(printer, CONFIRM_MS);
                return;
        }
        if (printer_tells_errors(printer) && printer_query(printer, "~HQES\r\n") < 0)
                return;
        look_at_port(printer);
        printer_in(printer, ASK_AGAIN_MS);
}

void printer_confirm_again(struct printer *printer) {
        int64_t now_ms = clock_mono_ms();
        int64_t limit_ms = SILENT_MS + (int64_t)(printer->job.size / BYTES_PER_MS);

        if (!printer_tells(printer))
                confirm_blindly(printer);
        else if (now_ms - printer->heard_ms > printer_ms(printer, limit_ms))
                give_up(printer);
        else
                ask_again(printer);
}

/* A label whose end never came is waited for as long as for a silent printer, not for ever. */
static bool waits_for_the_end(const struct zpl_status *status, enum printer_state state) {
        return state == PRINTER_READY && status->partial && status->formats == 0 &&
               status->labels == 0;
}

void printer_confirm_status(struct printer *printer, enum printer_state state) {
        const struct zpl_status *status = &printer->reader.status;
        bool clean = state == PRINTER_READY && status->formats == 0 && status->labels == 0 &&
                     !status->partial;

        if (printer->n_stale > 0) { /* of before the label was sent */
                printer->n_stale--;
                return;
        }
        printer->status_ms = clock_mono_ms();
        if (!waits_for_the_end(status, state))
                printer->heard_ms = printer->status_ms;
        printer->n_clean = clean ? printer->n_clean + 1 : 0;
        if (printer->n_clean < CLEAN_ANSWERS)
                return;
        if (printer->job.labels_before >= 0)
                recount(printer);
        else
                printer_finish(printer, PRINT_OUTCOME_PRINTED, "");
}

/* ---- by the count --------------------------------------------------------------------------------- */

/* It did not count, or was set back: what ~HS said has to do. */
static void judge_without(struct printer *printer) {
        if (printer->doubtful || printer->n_clean < CLEAN_ANSWERS)
                printer_finish(printer, PRINT_OUTCOME_UNCERTAIN,
                               "bytes of it were sent, and the printer does not say how many "
                               "labels it has printed");
        else
                printer_finish(printer, PRINT_OUTCOME_PRINTED,
                               "confirmed by its state; it did not count its labels");
}

static void judge_difference(struct printer *printer, int64_t out) {
        int64_t wanted = printer->count.labels;
        const char *surplus = out > wanted ? ": there may be one too many" : "";
        char detail[128];

        if (out == 0 && printer->doubtful)
                (void)snprintf(detail, sizeof(detail),
                               "it was interrupted, and may still come out of the printer");
        else if (out == 0 && wanted > 0)
                (void)snprintf(
                        detail, sizeof(detail),
                        "the printer took it, and counted no label: cancelled at its panel?");
        else
                (void)snprintf(detail, sizeof(detail),
                               "the printer counted %" PRId64 " labels, not %" PRId64 "%s", out,
                               wanted, surplus);
        printer_finish(printer, PRINT_OUTCOME_UNCERTAIN, detail);
}

/* @out: labels that came out since before the job. */
static void judge(struct printer *printer, int64_t out) {
        bool idle = printer->n_clean >= CLEAN_ANSWERS; /* no label of it waits in the printer */

        if (printer->doubtful && out == 0 && idle)
                printer_finish(printer, PRINT_OUTCOME_NOT_SENT,
                               "it was interrupted, and the printer counted no label since");
        else if (out != printer->count.labels)
                judge_difference(printer, out);
        else
                printer_finish(printer, PRINT_OUTCOME_PRINTED,
                               printer->doubtful ? "it was interrupted, and the printer counted it"
                                                 : "");
}

void printer_recounted(struct printer *printer, int64_t labels) {
        int64_t out = labels - printer->job.labels_before;

        if (labels < 0 || out < 0)
                judge_without(printer);
        else if (out < printer->count.labels && printer->n_recounts < RECOUNTS_MAX)
                printer_in(printer, RECOUNT_MS);
        else
                judge(printer, out);
}

void printer_recount_again(struct printer *printer) {
        if (++printer->n_recounts > RECOUNTS_MAX)
                judge_without(printer);
        else
                printer_ask_count(printer, RECOUNTING);
}
