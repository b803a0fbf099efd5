/* SPDX-License-Identifier: MIT */
#include "drivers/printer/printer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include "base/clock.h"
#include "drivers/printer/zpl_status.h"

/*
 * One job's way:
 *
 *     IDLE -> CONNECTING -> ASKING -> SENDING -> CONFIRMING -> next job, or IDLE
 *                  |           |
 *              BACKING_OFF  WAITING (paper out, head open, silence: ask again)
 *
 * A Zebra is silent while media or ribbon is out or the head is open (guide, ~HS): no answer is a state of its own,
 * and nothing is sent into it.
 */
enum phase { IDLE, BACKING_OFF, CONNECTING, ASKING, WAITING, SENDING, CONFIRMING };

enum {
        CONNECT_MS = 5000,
        ASK_AGAIN_MS = 2000,
        CONFIRM_MS = 300,          /* between two ~HS while a label prints */
        CONFIRM_SILENT_MS = 60000, /* without any answer; a large label takes longer: */
        CONFIRM_BYTES_PER_MS = 5,
        BACK_OFF_MIN_MS = 1000,
        BACK_OFF_MAX_MS = 30000,
        WRITE_MAX = 16 * 1024, /* a wake-up: a large label leaves the scanners their turn */
        CLEAN_ANSWERS = 2,     /* the first may come before the printer has looked at the label */
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
        struct transport *transport;
        struct zpl_reader reader;

        bool has_job;
        struct printer_job job;
        size_t sent;
        int n_clean;
        int64_t heard_ms; /* the last answer while confirming */
};

static const struct {
        const char *name, *cure;
} states[PRINTER_STATE_MAX_] = {
        [PRINTER_UNKNOWN] = { "unknown", "look at the printer: it does not answer" },
        [PRINTER_READY] = { "ready", "" },
        [PRINTER_OFFLINE] = { "offline", "switch it on, and check its cable and address" },
        [PRINTER_PAPER_OUT] = { "paper_out", "put in a new roll" },
        [PRINTER_RIBBON_OUT] = { "ribbon_out", "put in a new ribbon" },
        [PRINTER_HEAD_OPEN] = { "head_open", "close the print head" },
        [PRINTER_PAUSED] = { "paused", "press its pause button" },
        [PRINTER_HOT] = { "hot", "wait until it has cooled" },
        [PRINTER_BUSY] = { "busy", "" },
};

const char *printer_state_name(enum printer_state state) {
        return states[state].name;
}

const char *printer_state_cure(enum printer_state state) {
        return states[state].cure;
}

const char *printer_name(const struct printer *printer) {
        return printer->config.name;
}

const char *printer_port(const struct printer *printer) {
        return printer->config.port;
}

enum printer_state printer_state(const struct printer *printer) {
        return printer->state;
}

static void printer_say(struct printer *printer, enum printer_state state, const char *detail) {
        if (printer->state == state && strcmp(printer->detail, detail) == 0)
                return;
        printer->state = state;
        (void)snprintf(printer->detail, sizeof(printer->detail), "%s", detail);
        printer->handler.state(printer->userdata, printer, state, printer->detail);
}

static void printer_in(struct printer *printer, int64_t ms) {
        (void)sd_event_source_set_time_relative(printer->timer, (uint64_t)ms * 1000);
        (void)sd_event_source_set_enabled(printer->timer, SD_EVENT_ONESHOT);
}

static void printer_disconnect(struct printer *printer) {
        printer->io = sd_event_source_disable_unref(printer->io);
        transport_close(TAKE(printer->transport));
        zpl_reset(&printer->reader);
}

static void printer_drop_job(struct printer *printer) {
        bytes_fini(&printer->job.payload);
        printer->has_job = false;
        printer->sent = 0;
        printer->n_clean = 0;
}

/* ---- endings -------------------------------------------------------------------------------------- */

static void printer_back_off(struct printer *printer, const char *why) {
        int64_t ms = printer->back_off_ms ? printer->back_off_ms : BACK_OFF_MIN_MS;

        printer_disconnect(printer);
        printer->phase = BACKING_OFF;
        printer->back_off_ms = ms * 2 < BACK_OFF_MAX_MS ? ms * 2 : BACK_OFF_MAX_MS;
        printer_in(printer, ms);
        printer_say(printer, PRINTER_OFFLINE, why);
}

static void printer_end_job(struct printer *printer, enum print_outcome outcome,
                            const char *detail) {
        uint64_t id = printer->job.id;

        printer_drop_job(printer);
        printer->handler.outcome(printer->userdata, printer, id, outcome, detail);
}

/* The connection is gone: what that means for the job depends on how far it was. */
static void printer_lose(struct printer *printer, const char *why) {
        enum phase phase = printer->phase;
        bool begun = printer->sent > 0;

        if (phase == SENDING || phase == CONFIRMING)
                printer_end_job(printer,
                                begun ? PRINT_OUTCOME_UNCERTAIN : PRINT_OUTCOME_NOT_SENT,
                                begun ? "the connection broke in the middle of it" : why);
        printer_back_off(printer, why);
}

/* ---- asking --------------------------------------------------------------------------------------- */

static int printer_query(struct printer *printer, const char *query) {
        size_t len = strlen(query);
        int n = transport_write(printer->transport, query, len);

        /* A few bytes that do not fit: the printer takes nothing at the moment, and will not answer. */
        return n == -EPIPE ? n : 0;
}

static void printer_ask(struct printer *printer, const char *query) {
        printer->phase = ASKING;
        if (printer_query(printer, query) < 0)
                printer_lose(printer, "the connection broke");
        else
                printer_in(printer, printer->config.profile->status_ms);
}

static enum printer_state state_of(const struct zpl_status *status) {
        if (status->head_open)
                return PRINTER_HEAD_OPEN;
        if (status->paper_out)
                return PRINTER_PAPER_OUT;
        if (status->ribbon_out)
                return PRINTER_RIBBON_OUT;
        if (status->hot)
                return PRINTER_HOT;
        if (status->paused)
                return PRINTER_PAUSED;
        return status->buffer_full ? PRINTER_BUSY : PRINTER_READY;
}

static void printer_wait(struct printer *printer) {
        printer->phase = WAITING;
        printer_in(printer, ASK_AGAIN_MS);
}

/* ---- sending -------------------------------------------------------------------------------------- */

static void printer_look(struct printer *printer);

static void printer_confirm(struct printer *printer) {
        printer->phase = CONFIRMING;
        printer->heard_ms = clock_mono_ms();
        (void)sd_event_source_set_io_events(printer->io, EPOLLIN);
        printer_in(printer, CONFIRM_MS);
}

static void printer_write(struct printer *printer) {
        struct slice payload = bytes_slice(&printer->job.payload);
        size_t budget = WRITE_MAX;

        while (printer->sent < payload.len && budget > 0) {
                size_t left = payload.len - printer->sent;
                int n = transport_write(printer->transport, payload.bytes + printer->sent,
                                        left < budget ? left : budget);

                if (n == -EAGAIN)
                        return;
                if (n < 0) {
                        printer_lose(printer, "the connection broke");
                        return;
                }
                printer->sent += (size_t)n;
                budget -= (size_t)n;
        }
        if (printer->sent == payload.len)
                printer_confirm(printer);
}

static void printer_send(struct printer *printer) {
        printer->phase = SENDING;
        printer->sent = 0;
        printer->n_clean = 0;
        (void)sd_event_source_set_enabled(printer->timer, SD_EVENT_OFF);
        if (printer->handler.sending(printer->userdata, printer, printer->job.id) != 0) {
                printer_wait(printer); /* not a byte leaves before it is durable */
                return;
        }
        (void)sd_event_source_set_io_events(printer->io, EPOLLIN | EPOLLOUT);
}

/* ---- answers -------------------------------------------------------------------------------------- */

static void printer_printed(struct printer *printer, const char *detail) {
        printer->phase = IDLE;
        (void)sd_event_source_set_enabled(printer->timer, SD_EVENT_OFF);
        printer_end_job(printer, PRINT_OUTCOME_PRINTED, detail);
        printer_look(printer);
}

static void on_status_asked(struct printer *printer, enum printer_state state) {
        if (state == PRINTER_READY && printer->has_job)
                printer_send(printer);
        else
                printer_wait(printer);
}

static void on_status_confirming(struct printer *printer, enum printer_state state) {
        const struct zpl_status *status = &printer->reader.status;
        bool clean = state == PRINTER_READY && status->formats == 0 && status->labels == 0 &&
                     !status->partial;

        printer->heard_ms = clock_mono_ms();
        printer->n_clean = clean ? printer->n_clean + 1 : 0;
        if (printer->n_clean == CLEAN_ANSWERS)
                printer_printed(printer, "");
}

static void on_status(struct printer *printer) {
        enum printer_state state = state_of(&printer->reader.status);
        enum phase phase = printer->phase;

        printer->back_off_ms = 0;
        printer_say(printer, state, "");
        if (phase == ASKING)
                on_status_asked(printer, state);
        else if (phase == CONFIRMING)
                on_status_confirming(printer, state);
}

static void printer_read(struct printer *printer) {
        uint8_t buffer[1024];
        int n = transport_read(printer->transport, buffer, sizeof(buffer));
        struct slice bytes = { buffer, n > 0 ? (size_t)n : 0 };

        if (n == -EPIPE) {
                printer_lose(printer, "the connection broke");
                return;
        }
        while (printer->transport) {
                enum zpl_reply reply = zpl_read(&printer->reader, &bytes);

                if (reply == ZPL_REPLY_NONE)
                        break;
                if (reply == ZPL_REPLY_STATUS)
                        on_status(printer);
                else if (printer->handler.identity)
                        printer->handler.identity(printer->userdata, printer,
                                                  printer->reader.model, printer->reader.firmware);
        }
}

/* ---- the connection ------------------------------------------------------------------------------- */

static void printer_connected(struct printer *printer) {
        (void)sd_event_source_set_io_events(printer->io, EPOLLIN);
        if (printer->config.profile->status)
                printer_ask(printer, "~HI\r\n~HS\r\n");
        else {
                printer->back_off_ms = 0;
                printer_say(printer, PRINTER_READY, "it does not tell its state");
                printer_send(printer);
        }
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct printer *printer = userdata;

        (void)source;
        (void)fd;
        if (printer->phase == CONNECTING) {
                int r = transport_connected(printer->transport);

                if (r == 0)
                        printer_connected(printer);
                else if (r != -EINPROGRESS)
                        printer_back_off(printer, strerror(-r));
                return 0;
        }
        if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                printer_read(printer);
        if (printer->transport && printer->phase == SENDING && events & EPOLLOUT)
                printer_write(printer);
        return 0;
}

static void printer_connect(struct printer *printer) {
        int r = transport_open(printer->config.port, &printer->config.profile->serial,
                               &printer->transport);

        printer->phase = CONNECTING;
        if (r == 0)
                r = sd_event_add_io(printer->event, &printer->io, transport_fd(printer->transport),
                                    EPOLLIN | EPOLLOUT, on_io, printer);
        if (r < 0) {
                printer_back_off(printer, r == -EACCES ? "permission denied: add the user to the "
                                                         "group dialout"
                                                       : strerror(-r));
                return;
        }
        printer_in(printer, CONNECT_MS);
}

/* Takes the next job where there is one, and goes on, or closes. */
static void printer_look(struct printer *printer) {
        if (printer->phase != IDLE)
                return;
        if (!printer->has_job &&
            printer->handler.next_job(printer->userdata, printer, &printer->job) == 0)
                printer->has_job = true;
        if (!printer->has_job)
                printer_disconnect(printer);
        else if (!printer->transport)
                printer_connect(printer);
        else
                printer_connected(printer);
}

static int on_wake(sd_event_source *source, void *userdata) {
        (void)source;
        printer_look(userdata);
        return 0;
}

/* ---- time ----------------------------------------------------------------------------------------- */

/* Without ~HS all that can be known is that the bytes have left. */
static void confirm_blindly(struct printer *printer) {
        int unsent = 0;

        if (ioctl(transport_fd(printer->transport), TIOCOUTQ, &unsent) == 0 && unsent > 0)
                printer_in(printer, CONFIRM_MS);
        else
                printer_printed(printer, "accepted, not confirmed: this printer does not answer");
}

static void confirm_again(struct printer *printer) {
        int64_t limit_ms = CONFIRM_SILENT_MS + (int64_t)printer->sent / CONFIRM_BYTES_PER_MS;

        if (!printer->config.profile->status) {
                confirm_blindly(printer);
                return;
        }
        if (clock_mono_ms() - printer->heard_ms > limit_ms) {
                printer_end_job(printer, PRINT_OUTCOME_UNCERTAIN,
                                "the printer took it, and does not say whether it printed");
                printer_back_off(printer, "it does not answer");
                return;
        }
        if (printer_query(printer, "~HS\r\n") < 0)
                printer_lose(printer, "the connection broke");
        else
                printer_in(printer, printer->n_clean || clock_mono_ms() - printer->heard_ms <
                                                                ASK_AGAIN_MS
                                            ? CONFIRM_MS
                                            : ASK_AGAIN_MS);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        struct printer *printer = userdata;

        (void)source;
        (void)usec;
        switch (printer->phase) {
        case BACKING_OFF:
                printer->phase = IDLE;
                printer_look(printer);
                break;
        case CONNECTING:
                printer_back_off(printer, "it does not answer at its address");
                break;
        case ASKING:
                printer_say(printer, PRINTER_UNKNOWN, "it does not answer");
                printer_wait(printer);
                break;
        case WAITING:
                if (!printer->config.profile->status)
                        printer_send(printer);
                else
                        printer_ask(printer, "~HS\r\n");
                break;
        case CONFIRMING:
                confirm_again(printer);
                break;
        case IDLE:
        case SENDING:
                break;
        }
        return 0;
}

/* ---- life ----------------------------------------------------------------------------------------- */

static int printer_sources(struct printer *printer) {
        int r = sd_event_add_defer(printer->event, &printer->wake, on_wake, printer);

        if (r >= 0)
                r = sd_event_source_set_enabled(printer->wake, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_time_relative(printer->event, &printer->timer, CLOCK_MONOTONIC,
                                               BACK_OFF_MIN_MS * 1000, 0, on_timer, printer);
        if (r >= 0)
                r = sd_event_source_set_enabled(printer->timer, SD_EVENT_OFF);
        return r < 0 ? r : 0;
}

int printer_new(sd_event *event, const struct printer_config *config,
                const struct printer_handler *handler, void *userdata, struct printer **ret) {
        struct printer *printer = calloc(1, sizeof(*printer));
        int r;

        if (!printer)
                return -ENOMEM;
        printer->config = *config;
        printer->handler = *handler;
        printer->userdata = userdata;
        printer->event = sd_event_ref(event);
        r = printer_sources(printer);
        if (r < 0) {
                printer_free(printer);
                return r;
        }
        *ret = printer;
        return 0;
}

void printer_free(struct printer *printer) {
        if (!printer)
                return;
        printer_disconnect(printer);
        printer_drop_job(printer);
        sd_event_source_disable_unref(printer->wake);
        sd_event_source_disable_unref(printer->timer);
        sd_event_unref(printer->event);
        free(printer);
}

void printer_wake(struct printer *printer) {
        (void)sd_event_source_set_enabled(printer->wake, SD_EVENT_ONESHOT);
}
