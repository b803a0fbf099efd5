/* SPDX-License-Identifier: MIT */
#include "agent/station.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "agent/flow_view.h"
#include "base/clock.h"
#include "base/log.h"
#include "drivers/printer/zpl_guard.h"

enum { LAST_SCAN_MAX = 256 }; /* bytes of the last scan kept for the screen */

/* A scan whose feedback waits for the commit. */
struct answer {
        struct station *station;
        station_reply *reply;
        void *userdata;
        enum feedback feedback;
        struct answer *next; /* in the list of spares */
};

struct station {
        struct config_station config;
        struct ledger *ledger;
        struct turn *turn;
        struct station_owner owner;
        struct flow_ledger source;
        struct flow_view view;

        struct flow_state state; /* with the open turn's scans */
        struct flow_effects effects;
        struct bytes text; /* the state's, and a label's: kept between scans */

        struct flow_screen screen;
        bool screen_stale;
        char message[sizeof(((struct flow_screen *)0)->message)];

        uint8_t last_scan[LAST_SCAN_MAX];
        size_t last_scan_len;
        int64_t last_scan_ms;
        bool last_scan_lost;         /* scanned again it is no repeat: nothing of it counts */
        enum feedback last_decided;  /* of it, perhaps not given yet */
        enum feedback last_feedback; /* given last */

        size_t n_waiting;
        struct answer *spares;
        uint64_t n_scans[FEEDBACK_ATTENTION + 1];
};

const char *station_name(const struct station *station) {
        return station->config.flow.station;
}

const struct flow_state *station_state(const struct station *station) {
        return &station->state;
}

const struct config_station *station_config(const struct station *station) {
        return &station->config;
}

struct slice station_last_scan(const struct station *station) {
        return (struct slice) { station->last_scan, station->last_scan_len };
}

enum feedback station_last_feedback(const struct station *station) {
        return station->last_feedback;
}

uint64_t station_n_scans(const struct station *station, enum feedback feedback) {
        return station->n_scans[feedback];
}

void station_configure(struct station *station, const struct config_station *config) {
        station->config = *config;
        station->screen_stale = true;
}

static void station_say(struct station *station, const char *message) {
        (void)snprintf(station->message, sizeof(station->message), "%s", message);
        station->screen_stale = true;
}

const struct flow_screen *station_screen(struct station *station) {
        if (!station->screen_stale)
                return &station->screen;
        if (flow_screen(&station->config.flow, &station->view, &station->state, &station->screen) <
            0)
                log_warning("station %s: screen: %s", station_name(station),
                            ledger_error(station->ledger));
        else
                station->screen_stale = false;
        memcpy(station->screen.message, station->message, sizeof(station->screen.message));
        return &station->screen;
}

/* ---- the place ------------------------------------------------------------------------------- */

void station_reload(struct station *station) {
        int r;

        bytes_clear(&station->text);
        r = ledger_place_load(station->ledger, station_name(station), &station->text);
        if (r == 0)
                r = flow_state_parse(bytes_slice(&station->text), &station->state);
        station->screen_stale = true;
        if (r == 0)
                return;
        if (r != -ENOENT)
                log_warning("station %s: its place cannot be read, it begins afresh: %s",
                            station_name(station),
                            r == -EINVAL ? "not a place" : ledger_error(station->ledger));
        flow_state_init(&station->state, &station->config.flow);
}

static int station_save(struct station *station) {
        int r;

        bytes_clear(&station->text);
        r = flow_state_write(&station->state, &station->text);
        if (r < 0)
                return r;
        return ledger_place_save(station->ledger, station_name(station),
                                 bytes_slice(&station->text));
}

int station_new(const struct config_station *config, struct ledger *ledger, struct turn *turn,
                const struct station_owner *owner, struct station **ret) {
        struct station *station = calloc(1, sizeof(*station));

        if (!station)
                return -ENOMEM;
        station->config = *config;
        station->ledger = ledger;
        station->turn = turn;
        station->owner = *owner;
        station->source = (struct flow_ledger) { ledger, station_name(station) };
        station->view = flow_view_of(&station->source);
        station_reload(station);
        *ret = station;
        return 0;
}

void station_free(struct station *station) {
        struct answer *next;

        if (!station)
                return;
        for (struct answer *a = station->spares; a; a = next) {
                next = a->next;
                free(a);
        }
        flow_effects_fini(&station->effects);
        bytes_fini(&station->text);
        free(station);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void station_answer(struct station *station, enum feedback feedback, station_reply *reply,
                           void *userdata) {
        station->last_feedback = feedback;
        station->n_scans[feedback]++;
        reply(userdata, feedback, station);
}

/* What the person has to know when a scan is lost: nothing of it counts. */
static void station_say_lost(struct station *station, int error) {
        station->last_scan_lost = true;
        station_say(station, error == -ENOSPC
                                     ? "not recorded: the disk is full, call operations"
                                     : "not recorded: the gateway has a fault, call operations");
}

static void on_turn_done(void *userdata, int result) {
        struct answer *answer = userdata, taken = *answer;
        struct station *station = taken.station;

        answer->next = station->spares;
        station->spares = answer;
        station->n_waiting--;
        if (result < 0)
                station_say_lost(station, result);
        station_answer(station, result < 0 ? FEEDBACK_BAD : taken.feedback, taken.reply,
                       taken.userdata);
}

/* The answer waits for the turn's commit; an answer that nothing was recorded for waits only for those before it. */
static int station_answer_after(struct station *station, enum feedback feedback,
                                station_reply *reply, void *userdata) {
        struct answer *answer = station->spares;
        int r;

        if (answer)
                station->spares = answer->next;
        else
                answer = malloc(sizeof(*answer));
        if (!answer)
                return -ENOMEM;
        *answer = (struct answer) { station, reply, userdata, feedback, NULL };
        r = turn_after(station->turn, on_turn_done, answer);
        if (r < 0) {
                answer->next = station->spares;
                station->spares = answer;
                return r;
        }
        station->n_waiting++;
        return 0;
}

/* ---- effects --------------------------------------------------------------------------------- */

/* The label that was asked for cannot be made: people have to know, the pick stands. */
static int station_no_label(struct station *station, const char *order, const char *why) {
        struct event event = { .type = EVENT_EXCEPTION };
        struct exception_change *change = &event.exception;

        change->state = EXCEPTION_OPENED;
        change->kind = EXCEPTION_PRINTER_FAULT;
        exception_defaults(change->kind, &change->severity, change->owner);
        (void)snprintf(change->group, sizeof(change->group), "label|%s", order);
        memcpy(change->order, order, sizeof(change->order));
        (void)snprintf(change->expected, sizeof(change->expected), "a label for order %s", order);
        (void)snprintf(change->found, sizeof(change->found), "%s", why);
        memcpy(event.station, station_name(station), sizeof(event.station));
        memcpy(event.operator_id, station->state.operator_id, sizeof(event.operator_id));
        station->effects.feedback = FEEDBACK_ATTENTION;
        station_say(station, "no label: the order's label cannot be made, call a lead");
        return ledger_append(station->ledger, &event);
}

static int station_queue_label(struct station *station, const char *order) {
        struct event queued = { .type = EVENT_PRINT, .print.state = PRINT_QUEUED };
        char why[ZPL_REASON_SIZE];
        const char *printer = station->owner.printer(station->owner.userdata, station_name(station));
        int r;

        bytes_clear(&station->text);
        r = ledger_order_label(station->ledger, order, &station->text, queued.print.label);
        if (r == -ENOENT)
                return 0; /* an order without a label */
        if (r == -EINVAL)
                return station_no_label(station, order, ledger_error(station->ledger));
        if (r < 0)
                return r;
        if (zpl_guard(bytes_slice(&station->text), why) != 0)
                return station_no_label(station, order, why);
        memcpy(queued.station, station_name(station), sizeof(queued.station));
        memcpy(queued.operator_id, station->state.operator_id, sizeof(queued.operator_id));
        memcpy(queued.print.order, order, sizeof(queued.print.order));
        r = str_copy(queued.print.printer, sizeof(queued.print.printer), printer);
        return r < 0 ? r : ledger_job_queue(station->ledger, &queued, bytes_slice(&station->text));
}

static int station_change_count(struct station *station) {
        const struct flow_effects *effects = &station->effects;

        switch (effects->count) {
        case COUNT_KEEP:
                return 0;
        case COUNT_ADD:
                return ledger_count_add(station->ledger, station_name(station), effects->count_sku,
                                        effects->count_lot, effects->count_milli);
        case COUNT_DROP:
                return ledger_count_drop(station->ledger, station_name(station),
                                         effects->count_sku, effects->count_lot);
        case COUNT_CLEAR:
                return ledger_count_clear(station->ledger, station_name(station));
        }
        return -EINVAL;
}

static int station_record(struct station *station) {
        struct flow_effects *effects = &station->effects;
        int r = turn_begin(station->turn);

        for (size_t i = 0; r == 0 && i < effects->n_events; i++)
                r = ledger_append(station->ledger, &effects->events[i]);
        if (r == 0)
                r = station_change_count(station);
        if (r == 0 && effects->print_order_label)
                r = station_queue_label(station, effects->label_order);
        return r == 0 ? station_save(station) : r;
}

/* Runs the step and writes what it asks for. Positive: refused before any workflow saw it. */
static int station_step(struct station *station, struct slice raw) {
        char why[sizeof(station->message)];
        struct barcode barcode;
        int r = barcode_parse(raw, &barcode, why, sizeof(why));

        if (r > 0) {
                station_say(station, why);
                return r;
        }
        r = flow_step(&station->config.flow, &station->view, &station->state, &barcode,
                      &station->effects);
        if (r < 0)
                return r;
        station_say(station, station->effects.screen.message);
        return station->effects.recorded ? station_record(station) : 0;
}

/* ---- scans ----------------------------------------------------------------------------------- */

/* The trigger held a moment too long, where the scanner cannot see to that itself. */
static bool station_is_repeat(const struct station *station, struct slice raw, int64_t now_ms) {
        return station->config.debounce_ms > 0 && !station->last_scan_lost &&
               now_ms - station->last_scan_ms < station->config.debounce_ms &&
               raw.len == station->last_scan_len && raw.len > 0 &&
               memcmp(raw.bytes, station->last_scan, raw.len) == 0;
}

static void station_remember(struct station *station, struct slice raw, int64_t now_ms) {
        station->last_scan_len = raw.len < LAST_SCAN_MAX ? raw.len : LAST_SCAN_MAX;
        if (raw.len > 0)
                memcpy(station->last_scan, raw.bytes, station->last_scan_len);
        station->last_scan_ms = now_ms;
        station->last_scan_lost = false;
}

/* Everything of the turn is lost, and this scan with it. */
static void station_lose(struct station *station, int error, station_reply *reply, void *userdata) {
        log_error("station %s: not recorded: %s", station_name(station),
                  error == -ENOMEM ? "out of memory" : ledger_error(station->ledger));
        turn_fail(station->turn, error);
        station_say_lost(station, error);
        station_answer(station, FEEDBACK_BAD, reply, userdata);
}

static void station_finish(struct station *station, enum feedback feedback, bool recorded,
                           station_reply *reply, void *userdata) {
        int r = 0;

        if (!recorded && station->n_waiting == 0) {
                station_answer(station, feedback, reply, userdata);
                return;
        }
        r = station_answer_after(station, feedback, reply, userdata);
        if (r < 0)
                station_lose(station, r, reply, userdata);
}

void station_scan(struct station *station, struct slice raw, station_reply *reply, void *userdata) {
        int64_t now_ms = clock_mono_ms();
        bool recorded, label;
        int r;

        if (station_is_repeat(station, raw, now_ms)) {
                station_finish(station, station->last_decided, false, reply, userdata);
                return;
        }
        station_remember(station, raw, now_ms);
        r = station_step(station, raw);
        if (r < 0) {
                station_lose(station, r, reply, userdata);
                return;
        }
        recorded = r == 0 && station->effects.recorded;
        label = recorded && station->effects.print_order_label;
        station->last_decided = r > 0 ? FEEDBACK_BAD : station->effects.feedback;
        station_finish(station, station->last_decided, recorded, reply, userdata);
        if (label)
                station->owner.label_queued(station->owner.userdata, station);
}

void station_refuse(struct station *station, const char *reason, station_reply *reply,
                    void *userdata) {
        station_say(station, reason);
        station_finish(station, FEEDBACK_BAD, false, reply, userdata);
}
