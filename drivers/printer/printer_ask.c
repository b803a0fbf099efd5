/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include "base/clock.h"
#include "drivers/printer/printer_own.h"

/* Questions before a label, and every answer. */

enum {
        SILENT_MAX = 4, /* times, then a printer that never answered prints without being asked */
        UNCOUNTED_MAX = 3,
        DUE_MAX = 3, /* a printer in a fault forgets questions: more late answers will not come */
};

static int64_t answer_ms(const struct printer *printer) {
        int ms = printer->config.profile->status_ms;

        return ms > 0 ? ms : ANSWER_MS;
}

bool printer_tells(const struct printer *printer) {
        const struct profile *profile = printer->config.profile;

        return profile->status && profile->read_back && !printer->mute;
}

/* One that answers ~HI takes a ~HQES that it does not know for nothing (guide, ~HQ). */
bool printer_tells_errors(const struct printer *printer) {
        return printer->config.profile->errors || printer->heard;
}

/* A few bytes that do not fit: the printer takes nothing at the moment, and will not answer: 0 as well. */
int printer_query(struct printer *printer, const char *query) {
        int n = transport_write(printer->transport, query, strlen(query));

        if (n == -EPIPE)
                printer_break(printer);
        return n == -EPIPE ? n : 0;
}

int printer_query_status(struct printer *printer) {
        printer->n_due += printer->n_due < DUE_MAX;
        return printer_query(printer, printer->identified ? "~HS\r\n" : "~HI\r\n~HS\r\n");
}

void printer_ask(struct printer *printer) {
        printer->phase = ASKING;
        printer->asked_errors = false;
        printer->faultless = false;
        if (printer_query_status(printer) == 0)
                printer_in(printer, answer_ms(printer));
}

void printer_wait(struct printer *printer) {
        if (!printer->has_job) {
                printer_rest(printer);
                return;
        }
        printer->phase = WAITING;
        printer_in(printer, ASK_AGAIN_MS);
}

void printer_ask_count(struct printer *printer, enum phase phase) {
        printer->phase = phase;
        if (printer_query(printer, SGD_ASK_LABELS) == 0)
                printer_in(printer, answer_ms(printer));
}

/* ---- no answer ------------------------------------------------------------------------------------ */

/*
 * One that has never answered ~HS is an emulation without it: it prints, and nobody confirms it. A Zebra is silent to ~HS in
 * a fault, but not to ~HQES: only where that knows of no fault, each time, is its silence none.
 */
static void count_silence(struct printer *printer) {
        bool tells_errors = printer->config.profile->errors || printer->heard_errors;
        bool is_fault = printer->heard_status || (tells_errors && !printer->faultless);

        printer->n_silent += printer->n_silent < SILENT_MAX;
        printer->n_mute = is_fault ? 0 : printer->n_mute + 1;
        printer->mute = printer->n_mute >= SILENT_MAX;
}

/* Once is no reason to call somebody. */
static void say_silent(struct printer *printer) {
        const char *detail = printer->n_silent < SILENT_MAX ? "" : "it does not answer";
        enum printer_state state = printer_state_of_port(transport_port_status(printer->transport),
                                                         PRINTER_UNKNOWN, &detail);

        printer_say(printer, state, detail);
}

void printer_asked_in_vain(struct printer *printer) {
        if (printer_tells_errors(printer) && !printer->asked_errors) {
                printer->asked_errors = true;
                if (printer_query(printer, "~HQES\r\n") == 0)
                        printer_in(printer, answer_ms(printer));
                return;
        }
        count_silence(printer);
        printer_name_by_port(printer);
        if (printer->mute) {
                printer_begin(printer);
                return;
        }
        say_silent(printer);
        printer_wait(printer);
}

/* A fault may have been told since it was asked. */
static void send_counted(struct printer *printer) {
        if (printer->state == PRINTER_READY)
                printer_send(printer);
        else
                printer_wait(printer);
}

/* One that has counted before will do so again; this label goes without. */
void printer_counted_in_vain(struct printer *printer) {
        printer->countless = !printer->counted && ++printer->n_uncounted >= UNCOUNTED_MAX;
        printer->job.labels_before = -1;
        send_counted(printer);
}

/* ---- answers -------------------------------------------------------------------------------------- */

/* The count says nothing while labels of others come out. */
static void count_before(struct printer *printer) {
        const struct zpl_status *status = &printer->reader.status;

        if (status->formats > 0 || status->labels > 0) {
                printer_say(printer, PRINTER_BUSY, "it prints labels of others");
                printer_wait(printer);
        } else
                printer_ask_count(printer, COUNTING);
}

static void on_status_asked(struct printer *printer, enum printer_state state) {
        if (state != PRINTER_READY || !printer->has_job)
                printer_wait(printer);
        else if (printer->config.profile->odometer && !printer->countless)
                count_before(printer);
        else
                printer_send(printer);
}

/* Once, and not in the middle of a label. false: there is none to drop. */
static bool drop_half(struct printer *printer) {
        bool asking = printer->phase == ASKING;
        bool holds = printer->holds_half && printer->reader.status.partial;

        if (!asking && !(printer->phase == CONFIRMING && printer->doubtful))
                return false;
        printer->holds_half = false;
        if (!holds || printer_query(printer, "~JX\r\n") < 0)
                return false;
        if (asking)
                printer_wait(printer);
        return true;
}

static void on_status(struct printer *printer) {
        const char *detail;
        enum printer_state state = printer_state_of(&printer->reader.status, &detail);

        printer->back_off_ms = 0;
        printer->heard_status = true;
        printer->mute = false;
        printer->n_silent = 0;
        printer->n_due -= printer->n_due > 0;
        printer_say(printer, state, detail);
        if (drop_half(printer))
                return;
        if (printer->phase == ASKING)
                on_status_asked(printer, state);
        else if (printer->phase == CONFIRMING)
                printer_confirm_status(printer, state);
}

/* Tells what is wrong, and never that all is well: it knows no pause, and no labels that wait. */
static void on_errors(struct printer *printer) {
        uint32_t errors = printer->reader.errors.errors;
        const char *detail;
        enum printer_state state = printer_state_of_errors(errors, &detail);

        printer->back_off_ms = 0;
        printer->n_due = 0; /* of ~HS before: it answers in order */
        printer->heard_errors = true;
        printer->faultless = errors == 0;
        if (errors == 0)
                return;
        printer->n_silent = printer->n_mute = 0;
        printer->heard_ms = clock_mono_ms();
        printer_say(printer, state, detail);
        if (printer->phase == ASKING)
                printer_wait(printer);
}

/* "?" is no count; another text is none of an answer to us: an alert has quotes in it. */
static void on_value(struct printer *printer) {
        const char *value = printer->reader.sgd.value;
        int64_t labels = -1;

        if (printer->phase != COUNTING && printer->phase != RECOUNTING)
                return;
        if (sgd_count(value, &labels) < 0 && strcmp(value, "?") != 0)
                return;
        printer->counted = printer->counted || labels >= 0;
        printer->n_due = 0; /* it answers in order: older questions are not answered any more */
        if (printer->phase == RECOUNTING)
                printer_recounted(printer, labels);
        else {
                printer->countless = labels < 0;
                printer->job.labels_before = labels;
                send_counted(printer);
        }
}

static void on_model(struct printer *printer) {
        if (printer->identified)
                return;
        printer->identified = true;
        if (printer->handler.identity)
                printer->handler.identity(printer->userdata, printer, printer->reader.model,
                                          printer->reader.firmware);
}

static void on_reply(struct printer *printer, enum zpl_reply reply) {
        printer->heard = true;
        printer->doubt_ms = printer_doubt_end(printer);
        switch (reply) {
        case ZPL_REPLY_STATUS:
                on_status(printer);
                break;
        case ZPL_REPLY_ERRORS:
                on_errors(printer);
                break;
        case ZPL_REPLY_VALUE:
                on_value(printer);
                break;
        case ZPL_REPLY_MODEL:
                on_model(printer);
                break;
        case ZPL_REPLY_NONE:
                break;
        }
}

void printer_read(struct printer *printer) {
        uint8_t buffer[1024];
        int n = transport_read(printer->transport, buffer, sizeof(buffer));
        struct slice bytes = { buffer, n > 0 ? (size_t)n : 0 };

        if (n == -EPIPE) {
                printer_lose(printer, "the connection broke");
                return;
        }
        while (printer->transport && printer->config.profile->read_back) {
                enum zpl_reply reply = zpl_read(&printer->reader, &bytes);

                if (reply == ZPL_REPLY_NONE)
                        break;
                on_reply(printer, reply);
        }
}
