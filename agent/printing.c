/* SPDX-License-Identifier: MIT */
#include "agent/printing.h"

#include <errno.h>
#include <stdio.h>
#include "agent/device_log.h"
#include "agent/devices.h"
#include "agent/raise.h"
#include "base/log.h"
#include "drivers/printer/zpl_guard.h"

enum { RECOVER_MAX = 256 }; /* at most one job a printer is under way: more than there can be */

/* The turn that something failed in is gone for all; the printer tries again later. */
static int printing_fail(struct agent *agent, int error) {
        log_error("printing: not recorded: %s", ledger_error(agent->ledger));
        turn_fail(agent->turn, error);
        return error;
}

static int printing_append(struct agent *agent, const struct ledger_job *job,
                           enum print_state state, const char *reason, const char *by) {
        struct event event = { .type = EVENT_PRINT };
        struct print_change *print = &event.print;
        int r = turn_begin(agent->turn);

        print->state = state;
        print->job = job->job;
        memcpy(print->order, job->order, sizeof(print->order));
        memcpy(print->printer, job->printer, sizeof(print->printer));
        memcpy(print->label, job->label, sizeof(print->label));
        (void)snprintf(print->reason, sizeof(print->reason), "%s", reason);
        (void)snprintf(print->by, sizeof(print->by), "%s", by);
        memcpy(event.station, job->station, sizeof(event.station));
        return r < 0 ? r : ledger_append(agent->ledger, &event);
}

/* It ended so that a person has to look. */
static int printing_call(struct agent *agent, const struct ledger_job *job, enum print_state state,
                         const char *detail) {
        struct exception_change change = { .kind = state == PRINT_UNCERTAIN
                                                           ? EXCEPTION_PRINT_UNCERTAIN
                                                           : EXCEPTION_PRINTER_FAULT };
        int r = printing_append(agent, job, state, detail, "");

        (void)snprintf(change.group, sizeof(change.group), "job %llu",
                       (unsigned long long)job->job);
        memcpy(change.order, job->order, sizeof(change.order));
        memcpy(change.device, job->printer, sizeof(change.device));
        (void)snprintf(change.expected, sizeof(change.expected),
                       "label %.40s of order %.40s printed", job->label, job->order);
        (void)snprintf(change.found, sizeof(change.found), "%s", detail);
        return r < 0 ? r : raise_exception(agent, &change);
}

/* ---- what a printer asks and tells ------------------------------------------------------------ */

static int printing_record(struct agent *agent, uint64_t id, enum print_outcome outcome,
                           const char *detail) {
        struct ledger_job job;
        int r = ledger_job(agent->ledger, id, &job);

        if (r < 0)
                return r;
        switch (outcome) {
        case PRINT_OUTCOME_PRINTED:
                return printing_append(agent, &job, PRINT_PRINTED, detail, "");
        case PRINT_OUTCOME_UNCERTAIN:
                return printing_call(agent, &job, PRINT_UNCERTAIN, detail);
        case PRINT_OUTCOME_FAILED:
                return printing_call(agent, &job, PRINT_FAILED, detail);
        case PRINT_OUTCOME_NOT_SENT:
                r = turn_begin(agent->turn);
                return r < 0 ? r : ledger_job_mark(agent->ledger, id, PRINT_QUEUED, detail);
        }
        return -EINVAL;
}

/* Durable at once. Else it stays owed: the label is out, and no later turn may forget that. */
static int printing_settle(struct agent_device *entry) {
        struct agent *agent = entry->agent;
        int r;

        if (!entry->owes_outcome)
                return turn_commit(agent->turn);
        r = printing_record(agent, entry->owed_job, entry->owed_outcome, entry->owed_detail);
        if (r < 0)
                return printing_fail(agent, r);
        r = turn_commit(agent->turn);
        entry->owes_outcome = r < 0;
        return r;
}

static int on_next_job(void *userdata, struct printer *printer, struct printer_job *ret_job);

/* Its printer was opened anew, as after a cable was pulled: nobody knows what became of this one. */
static int printing_forsake(struct agent_device *entry, struct printer *printer,
                            const struct ledger_job *job, struct printer_job *ret_job) {
        struct agent *agent = entry->agent;
        int r = printing_call(agent, job, PRINT_UNCERTAIN,
                              "its printer was taken away in the middle of it");

        if (r < 0)
                return printing_fail(agent, r);
        r = turn_commit(agent->turn);
        return r < 0 ? r : on_next_job(entry, printer, ret_job);
}

static int on_next_job(void *userdata, struct printer *printer, struct printer_job *ret_job) {
        struct agent_device *entry = userdata;
        struct agent *agent = entry->agent;
        const char *name = printer_name(printer);
        struct ledger_job job;
        int r = printing_settle(entry); /* a job that is taken must not be undone any more */

        if (r < 0) {
                agent->jobs_waiting = true; /* looked for again after the next commit */
                return r;
        }
        r = ledger_job_interrupted(agent->ledger, name, &job, &ret_job->labels_before);
        if (r == 0 && ret_job->labels_before < 0)
                return printing_forsake(entry, printer, &job, ret_job);
        ret_job->interrupted = r == 0;
        if (r == -ENOENT)
                r = ledger_job_next(agent->ledger, name, &job);
        if (r < 0)
                return r;
        ret_job->id = job.job;
        ret_job->size = job.payload_len;
        return 0;
}

static int on_read(void *userdata, struct printer *printer, uint64_t job, size_t offset,
                   void *buffer, size_t size) {
        struct agent_device *entry = userdata;

        (void)printer;
        return ledger_job_read(entry->agent->ledger, job, offset, buffer, size);
}

static int on_sending(void *userdata, struct printer *printer, uint64_t job,
                      int64_t labels_before) {
        struct agent_device *entry = userdata;
        struct agent *agent = entry->agent;
        int r = turn_begin(agent->turn);

        (void)printer;
        if (r == 0)
                r = ledger_job_sending(agent->ledger, job, labels_before);
        if (r < 0)
                return printing_fail(agent, r);
        return turn_commit(agent->turn);
}

static void on_outcome(void *userdata, struct printer *printer, uint64_t job,
                       enum print_outcome outcome, const char *detail) {
        static const char *const words[] = {
                [PRINT_OUTCOME_PRINTED] = "printed",
                [PRINT_OUTCOME_NOT_SENT] = "goes back to the queue",
                [PRINT_OUTCOME_UNCERTAIN] = "uncertain: look whether the label is there",
                [PRINT_OUTCOME_FAILED] = "failed",
        };
        struct agent_device *entry = userdata;

        log_info("printer %s: job %llu %s%s%s", printer_name(printer), (unsigned long long)job,
                 words[outcome], detail[0] ? ": " : "", detail);
        entry->owes_outcome = true;
        entry->owed_job = job;
        entry->owed_outcome = outcome;
        (void)snprintf(entry->owed_detail, sizeof(entry->owed_detail), "%s", detail);
        if (printing_settle(entry) < 0)
                entry->agent->jobs_waiting = true;
}

/* Unknown is one where it is said why; to be silent once is none. */
static bool is_fault(enum printer_state state, const char *detail) {
        return state != PRINTER_READY && state != PRINTER_BUSY &&
               (state != PRINTER_UNKNOWN || detail[0]);
}

static int printing_raise(struct agent_device *entry, enum printer_state state,
                          const char *detail) {
        struct exception_change change = { .kind = EXCEPTION_PRINTER_FAULT };
        const char *cure = printer_state_cure(state);

        (void)snprintf(change.group, sizeof(change.group), "printer %s|%s", entry->config->name,
                       printer_state_name(state));
        memcpy(change.device, entry->config->name, sizeof(change.device));
        (void)snprintf(change.expected, sizeof(change.expected), "ready");
        (void)snprintf(change.found, sizeof(change.found), "%s%s%s", detail, cure[0] ? ": " : "",
                       cure);
        return raise_exception(entry->agent, &change);
}

/* A fault is raised once, however often the printer goes between its words; ready ends all of them. */
static int printing_note_state(struct agent_device *entry, enum printer_state state,
                               const char *told) {
        const char *detail = told[0] ? told : printer_state_name(state);
        char prefix[ID_SIZE + 16];
        int r;

        if (is_fault(state, told)) {
                if (entry->faulty && entry->fault == state)
                        return 0;
                entry->faulty = true;
                entry->fault = state;
                r = device_record(entry, DEVICE_FAULT, detail);
                return r < 0 ? r : printing_raise(entry, state, detail);
        }
        if (state != PRINTER_READY || (entry->was_ready && !entry->faulty))
                return 0;
        entry->was_ready = true;
        entry->faulty = false;
        (void)snprintf(prefix, sizeof(prefix), "printer %s|", entry->config->name);
        r = device_record(entry, DEVICE_OK, detail);
        return r < 0 ? r : raise_recovered(entry->agent, EXCEPTION_PRINTER_FAULT, prefix);
}

static void on_state(void *userdata, struct printer *printer, enum printer_state state,
                     const char *detail) {
        struct agent_device *entry = userdata;
        int r = 0;

        (void)snprintf(entry->detail, sizeof(entry->detail), "%s", detail);
        /* One that is switched off while nobody prints is nobody's trouble. */
        if (printer_has_job(printer) || state == PRINTER_READY)
                r = printing_note_state(entry, state, detail);
        if (r < 0)
                (void)printing_fail(entry->agent, r);
        devices_changed(entry->agent);
}

static void on_identity(void *userdata, struct printer *printer, const char *model,
                        const char *firmware) {
        struct agent_device *entry = userdata;
        int r = device_record_identity(entry, model, firmware);

        (void)printer;
        if (r < 0)
                (void)printing_fail(entry->agent, r);
}

const struct printer_handler printing_handler = {
        .next_job = on_next_job,
        .read = on_read,
        .sending = on_sending,
        .outcome = on_outcome,
        .state = on_state,
        .identity = on_identity,
};

/* ---- what the agent asks ---------------------------------------------------------------------- */

struct under_way {
        struct ledger_job jobs[RECOVER_MAX];
        size_t n;
};

static int on_job(void *userdata, const struct ledger_job *job) {
        struct under_way *found = userdata;

        found->jobs[found->n++] = *job;
        return found->n == RECOVER_MAX ? 1 : 0;
}

/* Its printer is still there, and had told how many labels it had printed: it is asked again. */
static bool can_be_counted(struct agent *agent, const struct ledger_job *job) {
        int64_t labels;

        for (size_t i = 0; i < agent->config.n_printers; i++)
                if (strcmp(agent->config.printers[i].name, job->printer) == 0)
                        return ledger_job_labels_before(agent->ledger, job->job, &labels) == 0;
        return false;
}

int printing_recover(struct agent *agent) {
        static struct under_way found;
        int r;

        found.n = 0;
        r = ledger_jobs_under_way(agent->ledger, on_job, &found);
        for (size_t i = 0; r >= 0 && i < found.n; i++)
                if (!can_be_counted(agent, &found.jobs[i]))
                        r = printing_call(
                                agent, &found.jobs[i], PRINT_UNCERTAIN,
                                "the power went, or the agent was killed, while it was sent");
        if (r < 0)
                return printing_fail(agent, r);
        return turn_commit(agent->turn);
}

int printing_reprint(struct agent *agent, uint64_t job, const char *by) {
        struct ledger_job found;
        int r = ledger_job(agent->ledger, job, &found);

        if (r < 0)
                return r;
        if (found.state == PRINT_QUEUED || found.state == PRINT_SENDING ||
            found.state == PRINT_SENT)
                return -EBUSY;
        r = printing_append(agent, &found, PRINT_REPRINTED, "", by);
        agent->jobs_waiting = agent->jobs_waiting || r == 0;
        return r;
}

/* ---- labels of other programs ------------------------------------------------------------------- */

static int printing_refuse_raw(struct agent_device *device, const char *why) {
        struct exception_change change = { .kind = EXCEPTION_PRINTER_FAULT };

        (void)snprintf(change.group, sizeof(change.group), "refused %s", device->config->name);
        memcpy(change.device, device->config->name, sizeof(change.device));
        (void)snprintf(change.expected, sizeof(change.expected), "%s", "a label for the raw port");
        (void)snprintf(change.found, sizeof(change.found), "%.120s", why);
        log_warning("printer %s: a label of its raw port is refused: %s", device->config->name,
                    why);
        return raise_exception(device->agent, &change);
}

static int printing_append_raw(struct agent_device *device, struct slice zpl) {
        struct event queued = { .type = EVENT_PRINT, .print.state = PRINT_QUEUED };
        int r = turn_begin(device->agent->turn);

        memcpy(queued.station, device->config->station, sizeof(queued.station));
        memcpy(queued.print.printer, device->config->name, sizeof(queued.print.printer));
        (void)snprintf(queued.print.label, sizeof(queued.print.label), "raw");
        return r < 0 ? r : ledger_job_queue(device->agent->ledger, &queued, zpl);
}

int printing_queue_raw(struct agent_device *device, struct slice zpl) {
        struct agent *agent = device->agent;
        char why[ZPL_REASON_SIZE];
        int r;

        if (zpl_guard(zpl, why) != 0)
                r = printing_refuse_raw(device, why);
        else
                r = printing_append_raw(device, zpl);
        if (r < 0)
                return printing_fail(agent, r);
        agent->jobs_waiting = true;
        return 0;
}

long printing_waiting(const struct agent_device *device) {
        int64_t n = 0;

        if (ledger_jobs_waiting(device->agent->ledger, device->config->name, &n) < 0)
                return 0;
        return (long)n;
}

void printing_wake(struct agent *agent) {
        for (size_t i = 0; i < agent->n_printers; i++)
                if (agent->printers[i].printer)
                        printer_wake(agent->printers[i].printer);
}
