/* SPDX-License-Identifier: MIT */
#include "drivers/printer/printer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include "base/clock.h"
#include "drivers/cure.h"
#include "drivers/printer/printer_own.h"
#include "drivers/usb.h"

/* The connection, the time, and the ends of a job. */

const char *printer_name(const struct printer *printer) {
        return printer->config.name;
}

enum printer_state printer_state(const struct printer *printer) {
        return printer->state;
}

int64_t printer_ms(const struct printer *printer, int64_t ms) {
        return printer->config.haste > 0 ? ms / printer->config.haste : ms;
}

int64_t printer_doubt_end(const struct printer *printer) {
        return clock_mono_ms() + printer_ms(printer, DOUBT_MS);
}

void printer_in(struct printer *printer, int64_t ms) {
        (void)sd_event_source_set_time_relative(printer->timer,
                                                (uint64_t)printer_ms(printer, ms) * 1000);
        (void)sd_event_source_set_enabled(printer->timer, SD_EVENT_ONESHOT);
}

void printer_be_quiet(struct printer *printer) {
        (void)sd_event_source_set_enabled(printer->timer, SD_EVENT_OFF);
}

void printer_watch(struct printer *printer, uint32_t events) {
        (void)sd_event_source_set_io_events(printer->io, events);
}

static void printer_disconnect(struct printer *printer) {
        printer->io = sd_event_source_disable_unref(printer->io);
        transport_close(TAKE(printer->transport));
        zpl_reset(&printer->reader);
        printer->broken = false;
        printer->identified = false;
        printer->n_due = printer->n_stale = 0;
}

static void printer_drop_job(struct printer *printer) {
        free(TAKE(printer->piece));
        printer->has_job = false;
        printer->doubtful = false;
        printer->sent = 0;
}

/* ---- endings -------------------------------------------------------------------------------------- */

void printer_end_job(struct printer *printer, enum print_outcome outcome, const char *detail) {
        uint64_t id = printer->job.id;

        printer_drop_job(printer);
        printer->handler.outcome(printer->userdata, printer, id, outcome, detail);
}

void printer_back_off(struct printer *printer, const char *why) {
        int64_t ms = printer->back_off_ms ? printer->back_off_ms : BACK_OFF_MIN_MS;

        if (printer->doubtful && clock_mono_ms() > printer->doubt_ms)
                printer_end_job(
                        printer, PRINT_OUTCOME_UNCERTAIN,
                        "it was interrupted, and the printer did not come back to say more");
        printer_disconnect(printer);
        printer->phase = BACKING_OFF;
        printer->back_off_ms = ms * 2 < BACK_OFF_MAX_MS ? ms * 2 : BACK_OFF_MAX_MS;
        printer_in(printer, ms);
        printer_say(printer, PRINTER_OFFLINE, why);
}

static bool is_under_way(enum phase phase) {
        return phase == SENDING || phase == CONFIRMING || phase == RECOUNTING;
}

static void begin_doubt(struct printer *printer) {
        printer->doubtful = true;
        printer->doubt_ms = printer_doubt_end(printer);
}

void printer_lose(struct printer *printer, const char *why) {
        bool whole = printer->sent == printer->job.size;
        char detail[96];

        (void)snprintf(detail, sizeof(detail), "%s %s", why,
                       whole ? "before the printer confirmed it" : "in the middle of it");
        printer->holds_half = printer->holds_half || printer->sent > 0;
        if (is_under_way(printer->phase) && !printer->doubtful) {
                if (printer->sent == 0)
                        printer_end_job(printer, PRINT_OUTCOME_NOT_SENT, why);
                else if (printer->job.labels_before >= 0)
                        begin_doubt(printer);
                else
                        printer_end_job(printer, PRINT_OUTCOME_UNCERTAIN, detail);
        }
        printer_back_off(printer, why);
}

void printer_break(struct printer *printer) {
        printer->broken = true;
        printer_watch(printer, EPOLLIN);
        printer_in(printer, BROKEN_MS);
}

static void printer_look(struct printer *printer);

void printer_finish(struct printer *printer, enum print_outcome outcome, const char *detail) {
        printer->phase = IDLE;
        printer_be_quiet(printer);
        printer_end_job(printer, outcome, detail);
        printer_look(printer);
}

/* ---- the connection ------------------------------------------------------------------------------- */

/* Nobody tells: a printer that was only silent is asked all the same, it may have learned to speak. */
static void begin_blindly(struct printer *printer) {
        const char *detail = "it does not tell its state";
        enum printer_state state = printer_state_of_port(transport_port_status(printer->transport),
                                                         PRINTER_READY, &detail);

        if (printer->mute && printer_query_status(printer) < 0)
                return;
        if (state == PRINTER_UNKNOWN) /* a hint alone calls nobody where nothing else is known */
                state = PRINTER_READY;
        printer->back_off_ms = 0;
        printer_name_by_port(printer);
        printer_say(printer, state, detail);
        printer_send(printer);
}

/* Without a job: how it fares, and who it is. */
static void inquire(struct printer *printer) {
        if (printer_tells(printer)) {
                printer_ask(printer);
                return;
        }
        printer_name_by_port(printer);
        printer_say(printer, PRINTER_UNKNOWN, "");
        printer_rest(printer);
}

void printer_begin(struct printer *printer) {
        printer_watch(printer, EPOLLIN);
        if (!printer->has_job)
                inquire(printer);
        else if (printer->doubtful)
                printer_recall(printer);
        else if (printer_tells(printer))
                printer_ask(printer);
        else
                begin_blindly(printer);
}

static int open_port(struct printer *printer) {
        const struct printer_config *config = &printer->config;
        const struct usb_options options = { .function = USB_PRINTER,
                                             .read = config->profile->read_back,
                                             .reattach = config->profile->reattach };

        if (usb_is_port(config->port))
                return transport_open_usb(config->usb, config->port, &options, &printer->transport);
        return transport_open(config->port, &config->profile->serial, &printer->transport);
}

static void on_connecting(struct printer *printer) {
        int r = transport_connected(printer->transport);

        if (r == 0)
                printer_begin(printer);
        else if (r != -EINPROGRESS)
                printer_back_off(printer, port_cure(printer->config.port, r));
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct printer *printer = userdata;

        (void)source;
        (void)fd;
        if (printer->phase == CONNECTING) {
                on_connecting(printer);
                return 0;
        }
        if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                printer_read(printer);
        if (printer->transport && printer->phase == SENDING && events & EPOLLOUT)
                printer_write(printer);
        return 0;
}

static void printer_connect(struct printer *printer) {
        int r = open_port(printer);

        printer->phase = CONNECTING;
        if (r == 0)
                r = sd_event_add_io(printer->event, &printer->io, transport_fd(printer->transport),
                                    transport_connecting_events(printer->transport), on_io,
                                    printer);
        if (r < 0) {
                printer_back_off(printer, port_cure(printer->config.port, r));
                return;
        }
        printer_in(printer, CONNECT_MS);
}

static bool take_job(struct printer *printer) {
        struct printer_job job = { .labels_before = -1 };

        if (printer->handler.next_job(printer->userdata, printer, &job) != 0)
                return false;
        printer->job = job;
        printer->has_job = true;
        printer->n_counted = 0;
        zpl_count_init(&printer->count);
        if (job.interrupted)
                begin_doubt(printer);
        return true;
}

void printer_rest(struct printer *printer) {
        printer->phase = IDLE;
        printer_be_quiet(printer);
        printer_wake(printer); /* from the loop: what came last is still being read */
}

/* Takes the next job where there is one, and goes on, or closes. */
static void printer_look(struct printer *printer) {
        bool curious = printer->curious;

        if (printer->phase != IDLE)
                return;
        printer->curious = false;
        if (!printer->has_job && !take_job(printer) && !curious)
                printer_disconnect(printer);
        else if (!printer->transport)
                printer_connect(printer);
        else
                printer_begin(printer);
}

static int on_wake(sd_event_source *source, void *userdata) {
        struct printer *printer = userdata;

        (void)source;
        if (printer->phase == RECALLING)
                printer_recall_piece(printer);
        else
                printer_look(printer);
        return 0;
}

/* ---- time ----------------------------------------------------------------------------------------- */

static void on_time(struct printer *printer) {
        switch (printer->phase) {
        case BACKING_OFF:
                printer->phase = IDLE;
                printer_look(printer);
                break;
        case CONNECTING:
                printer_back_off(printer, "it does not answer at its address");
                break;
        case ASKING:
                printer_asked_in_vain(printer);
                break;
        case WAITING:
                printer_begin(printer);
                break;
        case COUNTING:
                printer_counted_in_vain(printer);
                break;
        case SENDING:
                printer_stalled(printer);
                break;
        case CONFIRMING:
                printer_confirm_again(printer);
                break;
        case RECOUNTING:
                printer_recount_again(printer);
                break;
        case IDLE:
        case RECALLING:
                break;
        }
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        struct printer *printer = userdata;

        (void)source;
        (void)usec;
        if (printer->broken)
                printer_lose(printer, "the connection broke");
        else
                on_time(printer);
        return 0;
}

/* ---- life ----------------------------------------------------------------------------------------- */

static int printer_sources(struct printer *printer) {
        int r = sd_event_add_defer(printer->event, &printer->wake, on_wake, printer);

        if (r >= 0)
                r = sd_event_source_set_enabled(printer->wake, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_time_relative(printer->event, &printer->timer, CLOCK_MONOTONIC,
                                               BACK_OFF_MIN_MS * 1000, ACCURACY_US, on_timer,
                                               printer);
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
        printer->holds_half = true; /* of before the program was killed */
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

void printer_inquire(struct printer *printer) {
        printer->curious = true;
        printer_wake(printer);
}

void printer_came(struct printer *printer) {
        printer->back_off_ms = 0;
        if (printer->phase == BACKING_OFF) {
                printer->phase = IDLE;
                printer_be_quiet(printer);
        }
        printer_inquire(printer);
}

bool printer_has_job(const struct printer *printer) {
        return printer->has_job;
}
