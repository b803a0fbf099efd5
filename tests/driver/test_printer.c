/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "drivers/printer/printer_own.h"
#include "tests/driver/helper_printer.h"

enum { PATIENCE_MS = 20000, HASTE = 10, LARGE = 5 * 1024 * 1024 };

static const char label[] = "^XA^FO20,20^FDorder 4711^FS^XZ";

/* One printer, its owner, and what the owner was told: "ready;sending 1;printed 1;". */
struct rig {
        sd_event *event;
        struct fake_printer fake;
        struct profile profile;
        struct printer *printer;

        uint64_t n_jobs, next; /* jobs 1 to n_jobs; the next to be taken */
        struct bytes payload;  /* of each */
        bool refuses, resets;  /* in "sending" */
        bool interrupted;      /* the next job */
        int64_t labels_before; /* as "sending" told it */
        long unreadable_at;    /* byte from which on; -1: all; 0: none */
        struct bytes said;
        char detail[160]; /* of the last outcome */
        char identity[160];
        int n_identities;
        size_t n_turns, n_turns_sending;
        bool is_sending;
};

static int on_next_job(void *userdata, struct printer *printer, struct printer_job *ret_job) {
        struct rig *rig = userdata;

        assert_string_equal(printer_name(printer), "dock");
        if (rig->next > rig->n_jobs)
                return -ENOENT;
        *ret_job = (struct printer_job) { .id = rig->next++ };
        ret_job->size = rig->payload.len;
        ret_job->labels_before = rig->labels_before;
        ret_job->interrupted = rig->interrupted;
        rig->interrupted = false;
        return 0;
}

static int on_read(void *userdata, struct printer *printer, uint64_t job, size_t offset,
                   void *buffer, size_t size) {
        struct rig *rig = userdata;
        size_t left = rig->payload.len - offset, n = left < size ? left : size;

        (void)printer;
        (void)job;
        assert_true(offset <= rig->payload.len && size <= 32 * 1024);
        if (rig->unreadable_at < 0 ||
            (rig->unreadable_at > 0 && (long)offset >= rig->unreadable_at))
                return -EIO;
        memcpy(buffer, rig->payload.data + offset, n);
        return (int)n;
}

static int on_sending(void *userdata, struct printer *printer, uint64_t job,
                      int64_t labels_before) {
        struct rig *rig = userdata;

        (void)printer;
        rig->labels_before = labels_before;
        bytes_appendf(&rig->said, "%s %d;", rig->refuses ? "refused" : "sending", (int)job);
        rig->is_sending = !rig->refuses;
        if (rig->resets)
                fake_printer_reset(&rig->fake);
        rig->resets = false;
        return rig->refuses ? -ENOSPC : 0;
}

static void on_outcome(void *userdata, struct printer *printer, uint64_t job,
                       enum print_outcome outcome, const char *detail) {
        static const char *const words[] = { [PRINT_OUTCOME_PRINTED] = "printed",
                                             [PRINT_OUTCOME_NOT_SENT] = "not sent",
                                             [PRINT_OUTCOME_UNCERTAIN] = "uncertain",
                                             [PRINT_OUTCOME_FAILED] = "failed" };
        struct rig *rig = userdata;

        (void)printer;
        rig->is_sending = false;
        bytes_appendf(&rig->said, "%s %d;", words[outcome], (int)job);
        (void)snprintf(rig->detail, sizeof(rig->detail), "%s", detail);
        if (outcome == PRINT_OUTCOME_NOT_SENT)
                rig->next = job; /* back to the queue */
}

static void on_state(void *userdata, struct printer *printer, enum printer_state state,
                     const char *detail) {
        struct rig *rig = userdata;

        (void)detail;
        assert_int_equal(printer_state(printer), state);
        bytes_appendf(&rig->said, "%s;", printer_state_name(state));
}

static void on_identity(void *userdata, struct printer *printer, const char *model,
                        const char *firmware) {
        struct rig *rig = userdata;

        (void)printer;
        rig->n_identities++;
        (void)snprintf(rig->identity, sizeof(rig->identity), "%s %s", model, firmware);
}

static const struct printer_handler handler = { on_next_job, on_read,  on_sending,
                                                on_outcome,  on_state, on_identity };

/* ---- the loop ------------------------------------------------------------------------------- */

static void run_once(struct rig *rig, int64_t end_ms) {
        assert_true(sd_event_run(rig->event, 100 * 1000) >= 0);
        if (clock_mono_ms() > end_ms)
                fail_msg("it did not come, but \"%s\"", bytes_str(&rig->said));
}

/* Until the owner was told so. */
static void run(struct rig *rig, const char *until) {
        int64_t end_ms = clock_mono_ms() + PATIENCE_MS;

        while (!strstr(bytes_str(&rig->said), until))
                run_once(rig, end_ms);
}

static void run_until_asked(struct rig *rig, int times) {
        int64_t end_ms = clock_mono_ms() + PATIENCE_MS;
        int wanted = rig->fake.n_asked + times;

        while (rig->fake.n_asked < wanted)
                run_once(rig, end_ms);
}

static void run_for(struct rig *rig, int64_t ms) {
        int64_t end_ms = clock_mono_ms() + ms;

        while (clock_mono_ms() < end_ms)
                assert_true(sd_event_run(rig->event, 10 * 1000) >= 0);
}

static void said(struct rig *rig, const char *wanted) {
        assert_string_equal(bytes_str(&rig->said), wanted);
}

static void came(struct rig *rig, const char *wanted) {
        assert_string_equal(bytes_str(&rig->fake.labels), wanted);
}

/* ---- life ----------------------------------------------------------------------------------- */

static void use_port(struct rig *rig) {
        struct printer_config config = { .name = "dock", .profile = &rig->profile, .haste = HASTE };

        memcpy(config.port, rig->fake.port, sizeof(config.port));
        printer_free(TAKE(rig->printer));
        assert_int_equal(printer_new(rig->event, &config, &handler, rig, &rig->printer), 0);
}

static int set_up(void **state) {
        struct rig *rig = calloc(1, sizeof(*rig));

        assert_non_null(rig);
        assert_true(sd_event_new(&rig->event) >= 0);
        fake_printer_init(&rig->fake, rig->event);
        rig->profile = (struct profile) {
                .kind = PROFILE_PRINTER, .status = true, .read_back = true, .status_ms = 200
        };
        rig->n_jobs = rig->next = 1;
        rig->labels_before = -1;
        bytes_append_str(&rig->payload, label);
        use_port(rig);
        *state = rig;
        return 0;
}

static int tear_down(void **state) {
        struct rig *rig = *state;

        printer_free(rig->printer);
        fake_printer_fini(&rig->fake);
        sd_event_unref(rig->event);
        bytes_fini(&rig->payload);
        bytes_fini(&rig->said);
        free(rig);
        return 0;
}

static void enlarge_label(struct rig *rig, size_t len) {
        bytes_clear(&rig->payload);
        bytes_append_str(&rig->payload, "^XA^GFA,");
        while (rig->payload.len < len)
                bytes_append_str(&rig->payload, "00112233445566778899AABBCCDDEEFF");
        bytes_append_str(&rig->payload, "^XZ");
        assert_int_equal(bytes_error(&rig->payload), 0);
}

/* ---- what goes well ------------------------------------------------------------------------- */

static void a_ready_printer_prints_once_and_is_left(void **state) {
        struct rig *rig = *state;

        fake_printer_appear(&rig->fake);
        assert_int_equal(printer_state(rig->printer), PRINTER_UNKNOWN);
        printer_wake(rig->printer);
        printer_wake(rig->printer);
        run(rig, "sending 1;");
        printer_wake(rig->printer);
        run(rig, "printed 1;");
        said(rig, "ready;sending 1;printed 1;");
        assert_string_equal(rig->detail, "");
        assert_string_equal(rig->identity, "ZD421-203dpi V93.21.15Z");
        while (rig->fake.connection >= 0)
                assert_true(sd_event_run(rig->event, PATIENCE_MS * 1000) > 0);
        run_for(rig, 100);
        came(rig, label);
        assert_int_equal(rig->fake.n_connections, 1);
}

static void nothing_is_tried_while_no_job_waits(void **state) {
        struct rig *rig = *state;

        rig->n_jobs = 0;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run_for(rig, 100);
        said(rig, "");
        assert_int_equal(rig->fake.n_connections, 0);
}

static void jobs_that_wait_go_one_by_one_over_one_connection(void **state) {
        struct rig *rig = *state;

        rig->n_jobs = 3;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "printed 3;");
        said(rig, "ready;sending 1;printed 1;sending 2;printed 2;sending 3;printed 3;");
        assert_int_equal(rig->fake.n_connections, 1);
        assert_int_equal(rig->fake.n_labels, 3);
}

static void a_label_that_is_not_printed_yet_is_waited_for(void **state) {
        struct rig *rig = *state;

        rig->fake.holds = true;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "sending 1;");
        run_until_asked(rig, 3);
        said(rig, "ready;sending 1;");
        fake_printer_release(&rig->fake);
        run(rig, "printed 1;");
        came(rig, label);
}

/* ---- what has to wait ----------------------------------------------------------------------- */

static void an_absent_printer_is_tried_again_until_it_appears(void **state) {
        struct rig *rig = *state;

        printer_wake(rig->printer);
        run(rig, "offline;");
        fake_printer_appear(&rig->fake);
        run(rig, "printed 1;");
        said(rig, "offline;ready;sending 1;printed 1;");
        came(rig, label);
}

static void without_paper_the_label_waits_before_it_is_sent(void **state) {
        struct rig *rig = *state;

        rig->fake.paper_out = true;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run_until_asked(rig, 2);
        run_for(rig, 50);
        said(rig, "paper_out;");
        came(rig, "");
        rig->fake.paper_out = false;
        run(rig, "printed 1;");
        said(rig, "paper_out;ready;sending 1;printed 1;");
        came(rig, label);
}

static void paper_that_ends_in_mid_job_is_waited_for(void **state) {
        struct rig *rig = *state;

        rig->fake.holds = true;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "sending 1;");
        rig->fake.paper_out = true;
        run(rig, "paper_out;");
        run_until_asked(rig, 3);
        said(rig, "ready;sending 1;paper_out;");
        rig->fake.paper_out = false;
        fake_printer_release(&rig->fake);
        run(rig, "printed 1;");
        said(rig, "ready;sending 1;paper_out;ready;printed 1;");
        came(rig, label);
}

/* A Zebra without paper may say nothing at all. */
static void a_printer_that_falls_silent_in_mid_job_is_waited_for(void **state) {
        struct rig *rig = *state;

        rig->fake.holds = true;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "sending 1;");
        rig->fake.silent = true;
        run_until_asked(rig, 3);
        said(rig, "ready;sending 1;");
        rig->fake.silent = false;
        fake_printer_release(&rig->fake);
        run(rig, "printed 1;");
        came(rig, label);
}

static void a_silent_printer_gets_nothing_until_it_speaks(void **state) {
        struct rig *rig = *state;

        rig->fake.silent = true;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run_until_asked(rig, 2);
        assert_int_equal(printer_state(rig->printer), PRINTER_UNKNOWN);
        assert_true(printer_state_cure(PRINTER_UNKNOWN)[0]);
        came(rig, "");
        rig->fake.silent = false;
        run(rig, "printed 1;");
        came(rig, label);
        assert_null(strstr(bytes_str(&rig->said), "offline"));
}

static void refused_by_its_owner_not_a_byte_leaves(void **state) {
        struct rig *rig = *state;

        rig->refuses = true;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "refused 1;refused 1;");
        run_for(rig, 50);
        came(rig, "");
        rig->refuses = false;
        run(rig, "printed 1;");
        said(rig, "ready;refused 1;refused 1;sending 1;printed 1;");
        came(rig, label);
}

/* ---- what breaks ---------------------------------------------------------------------------- */

static void lost_before_the_first_byte_the_job_goes_back(void **state) {
        struct rig *rig = *state;

        rig->resets = true;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "not sent 1;");
        assert_true(rig->detail[0]);
        came(rig, "");
        run(rig, "printed 1;");
        said(rig, "ready;sending 1;not sent 1;offline;ready;sending 1;printed 1;");
        came(rig, label);
        assert_int_equal(rig->fake.n_connections, 2);
}

static void lost_in_mid_label_the_job_is_uncertain_exactly_once(void **state) {
        struct rig *rig = *state;

        enlarge_label(rig, LARGE);
        rig->fake.reset_at = 1000;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "offline;");
        run_for(rig, 1500); /* longer than the first back-off */
        said(rig, "ready;sending 1;uncertain 1;offline;");
        assert_int_equal(rig->fake.labels.len, 1000);
        assert_int_equal(rig->fake.n_connections, 1);
}

static void lost_before_it_confirms_the_job_is_uncertain_and_the_next_goes_on(void **state) {
        struct rig *rig = *state;

        rig->n_jobs = 2;
        rig->fake.holds = true;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "sending 1;");
        run_until_asked(rig, 1);
        fake_printer_reset(&rig->fake);
        fake_printer_release(&rig->fake);
        run(rig, "printed 2;");
        said(rig, "ready;sending 1;uncertain 1;offline;ready;sending 2;printed 2;");
        assert_int_equal(rig->fake.n_labels, 2);
}

/* ---- printers that do not tell their state -------------------------------------------------- */

static void without_status_it_is_accepted_and_said_so(void **state) {
        struct rig *rig = *state;

        rig->profile.status = false;
        rig->n_jobs = 2;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "printed 2;");
        said(rig, "ready;sending 1;printed 1;sending 2;printed 2;");
        assert_string_equal(rig->detail, "accepted, not confirmed: the printer does not answer");
        assert_int_equal(rig->fake.n_asked, 0);
        assert_int_equal(rig->fake.n_labels, 2);
}

static void without_status_nothing_is_accepted_while_bytes_wait_to_leave(void **state) {
        struct rig *rig = *state;

        rig->profile.status = false;
        enlarge_label(rig, LARGE);
        fake_printer_appear(&rig->fake);
        fake_printer_hear(&rig->fake, false);
        printer_wake(rig->printer);
        run(rig, "sending 1;");
        run_for(rig, 300);
        said(rig, "ready;sending 1;");
        fake_printer_hear(&rig->fake, true);
        run(rig, "printed 1;");
        assert_int_equal(rig->fake.labels.len, rig->payload.len);
}

static void without_status_a_refusal_is_asked_for_again(void **state) {
        struct rig *rig = *state;

        rig->profile.status = false;
        rig->refuses = true;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "refused 1;refused 1;");
        came(rig, "");
        rig->refuses = false;
        run(rig, "printed 1;");
        came(rig, label);
}

/* ---- faults ---------------------------------------------------------------------------------- */

static const struct {
        size_t fault; /* of struct fake_printer: a bool */
        unsigned errors;
        const char *word;
} faults[] = {
        { offsetof(struct fake_printer, paper_out), 0x1, "paper_out;" },
        { offsetof(struct fake_printer, ribbon_out), 0x2, "ribbon_out;" },
        { offsetof(struct fake_printer, head_open), 0x4, "head_open;" },
        { offsetof(struct fake_printer, hot), 0x10, "hot;" },
        { offsetof(struct fake_printer, paused), 0x10000, "paused;" },
        { offsetof(struct fake_printer, busy), 0, "busy;" },
};

static void each_fault_is_told_by_hs_and_the_label_waits_for_its_end(void **state) {
        struct rig *rig = *state;

        rig->n_jobs = ARRAY_LEN(faults);
        fake_printer_appear(&rig->fake);
        for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
                bool *fault = (bool *)((char *)&rig->fake + faults[i].fault);
                char printed[32];

                *fault = true;
                rig->n_jobs = i + 1;
                printer_wake(rig->printer);
                run(rig, faults[i].word);
                assert_int_equal(rig->fake.n_labels, i);
                *fault = false;
                (void)snprintf(printed, sizeof(printed), "printed %zu;", i + 1);
                run(rig, printed);
        }
}

/* A Zebra: no ~HS in a fault, but ~HQES. */
static void each_fault_is_told_by_hqes_while_hs_is_silent(void **state) {
        struct rig *rig = *state;

        rig->profile.errors = rig->fake.has_errors = true;
        rig->profile.status_ms = 50;
        fake_printer_appear(&rig->fake);
        for (size_t i = 0; i < ARRAY_LEN(faults) && faults[i].errors; i++) {
                char printed[32];

                rig->fake.shy = true;
                rig->fake.errors = faults[i].errors;
                rig->n_jobs = i + 1;
                printer_wake(rig->printer);
                run(rig, faults[i].word);
                assert_int_equal(rig->fake.n_labels, i);
                rig->fake.shy = false;
                rig->fake.errors = 0;
                (void)snprintf(printed, sizeof(printed), "printed %zu;", i + 1);
                run(rig, printed);
        }
}

static void a_fault_in_mid_job_is_told_by_hqes_and_does_not_end_the_job(void **state) {
        struct rig *rig = *state;

        rig->profile.errors = rig->fake.has_errors = true;
        rig->fake.holds = true;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "sending 1;");
        rig->fake.shy = true;
        rig->fake.errors = 0x1;
        run(rig, "paper_out;");
        rig->fake.shy = false;
        rig->fake.errors = 0;
        fake_printer_release(&rig->fake);
        run(rig, "printed 1;");
        said(rig, "ready;sending 1;paper_out;ready;printed 1;");
}

/* ---- printers that never answer -------------------------------------------------------------- */

static void one_that_never_answers_prints_and_it_is_said(void **state) {
        struct rig *rig = *state;

        rig->fake.silent = true;
        rig->profile.status_ms = 50;
        rig->n_jobs = 2;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "printed 2;");
        said(rig, "ready;sending 1;printed 1;sending 2;printed 2;");
        assert_string_equal(rig->detail, "accepted, not confirmed: the printer does not answer");
        assert_int_equal(rig->fake.n_labels, 2);
}

/* It is known to answer ~HQES: its silence is a fault, however long. */
static void one_that_should_tell_its_errors_is_never_taken_for_mute(void **state) {
        struct rig *rig = *state;

        rig->fake.silent = true;
        rig->profile.errors = true;
        rig->profile.status_ms = 20;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run_until_asked(rig, 6);
        came(rig, "");
}

static void one_that_speaks_after_all_is_asked_again(void **state) {
        struct rig *rig = *state;

        rig->fake.silent = true;
        rig->profile.status_ms = 50;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "printed 1;");
        rig->fake.silent = false;
        rig->n_jobs = 2;
        printer_wake(rig->printer);
        run(rig, "printed 2;");
        rig->fake.paper_out = true;
        rig->n_jobs = 3;
        printer_wake(rig->printer);
        run(rig, "paper_out;");
        assert_int_equal(rig->fake.n_labels, 2);
}

/* ---- the count of labels --------------------------------------------------------------------- */

static void let_it_count(struct rig *rig) {
        rig->profile.odometer = rig->fake.counts = true;
        rig->fake.count = 1523;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
}

static void the_count_before_is_durable_and_the_one_after_confirms(void **state) {
        struct rig *rig = *state;

        let_it_count(rig);
        run(rig, "printed 1;");
        said(rig, "ready;sending 1;printed 1;");
        assert_int_equal(rig->labels_before, 1523);
        assert_int_equal(rig->fake.count, 1524);
        assert_string_equal(rig->detail, "");
}

static void a_label_that_is_cancelled_at_the_panel_is_uncertain(void **state) {
        struct rig *rig = *state;

        rig->fake.cancels = true;
        let_it_count(rig);
        run(rig, "uncertain 1;");
        assert_non_null(strstr(rig->detail, "no label"));
}

static void a_label_too_many_is_uncertain(void **state) {
        struct rig *rig = *state;

        rig->fake.repeats = true;
        let_it_count(rig);
        run(rig, "uncertain 1;");
        assert_non_null(strstr(rig->detail, "one too many"));
}

static void labels_of_others_are_waited_for_before_it_counts(void **state) {
        struct rig *rig = *state;

        rig->fake.holds = true;
        rig->fake.n_held = 1;
        let_it_count(rig);
        run(rig, "busy;");
        came(rig, "");
        fake_printer_release(&rig->fake);
        run(rig, "printed 1;");
        assert_int_equal(rig->labels_before, 1524);
}

static void one_that_does_not_know_its_count_is_asked_once(void **state) {
        struct rig *rig = *state;

        rig->n_jobs = 2;
        rig->fake.knows_sgd = true;
        let_it_count(rig);
        rig->fake.counts = false;
        run(rig, "printed 2;");
        assert_int_equal(rig->fake.n_asked_count, 1);
        assert_int_equal(rig->labels_before, -1);
}

/* ---- doubt ----------------------------------------------------------------------------------- */

static void lost_after_the_label_came_out_it_is_printed_once(void **state) {
        struct rig *rig = *state;

        rig->fake.holds = true;
        let_it_count(rig);
        run(rig, "sending 1;");
        run_until_asked(rig, 1);
        fake_printer_reset(&rig->fake);
        fake_printer_release(&rig->fake);
        run(rig, "printed 1;");
        said(rig, "ready;sending 1;offline;ready;printed 1;");
        assert_int_equal(rig->fake.n_labels, 1);
}

static void lost_in_mid_label_it_is_sent_again_once(void **state) {
        struct rig *rig = *state;

        enlarge_label(rig, LARGE);
        rig->fake.reset_at = 1000;
        let_it_count(rig);
        run(rig, "not sent 1;");
        bytes_clear(&rig->fake.labels);
        run(rig, "printed 1;");
        said(rig, "ready;sending 1;offline;ready;not sent 1;sending 1;printed 1;");
        assert_int_equal(rig->fake.n_labels, 1);
        assert_int_equal(rig->fake.count, 1524);
}

static void an_interrupted_job_is_decided_by_the_count(void **state) {
        static const struct {
                int64_t before;
                const char *wanted;
        } rows[] = {
                { 1522, "printed 1;" },
                { 1523, "not sent 1;" },
                { 1520, "uncertain 1;" },
                { 1600, "uncertain 1;" }, /* set back, or another printer */
        };
        struct rig *rig = *state;

        enlarge_label(rig, 100000); /* its labels are counted piece by piece */
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                rig->next = 1;
                rig->interrupted = true;
                rig->labels_before = rows[i].before;
                bytes_clear(&rig->said);
                if (i == 0)
                        let_it_count(rig);
                rig->fake.count = 1523;
                printer_wake(rig->printer);
                run(rig, rows[i].wanted);
                if (i == 1)
                        run(rig, "printed 1;");
                else
                        assert_null(strstr(bytes_str(&rig->said), "sending"));
        }
        assert_int_equal(rig->fake.n_labels, 1);
}

static void one_that_does_not_count_leaves_an_interrupted_job_uncertain(void **state) {
        struct rig *rig = *state;

        rig->profile.status = false;
        rig->interrupted = true;
        rig->labels_before = 5;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "uncertain 1;");
        came(rig, "");
}

/* The agent restarts while the paper is out: the label is in the printer's memory, and comes out later. */
static void an_interrupted_label_that_waits_in_the_printer_is_not_sent_again(void **state) {
        struct rig *rig = *state;

        rig->profile.errors = rig->fake.has_errors = true;
        rig->fake.shy = true;
        rig->fake.errors = 0x1;
        rig->fake.holds = true;
        rig->fake.n_held = 1;
        rig->interrupted = true;
        rig->labels_before = 1523;
        let_it_count(rig);
        run(rig, "paper_out;");
        run_until_asked(rig, 3);
        rig->fake.errors = 0;
        rig->fake.shy = false;
        run_until_asked(rig, 3);
        fake_printer_release(&rig->fake);
        run(rig, "printed 1;");
        said(rig, "paper_out;ready;printed 1;");
        assert_int_equal(rig->fake.n_labels, 0);
}

static void the_half_of_a_broken_label_is_dropped_before_the_next(void **state) {
        struct rig *rig = *state;

        rig->n_jobs = 2;
        rig->fake.keeps_half = true;
        rig->fake.reset_at = 20;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "printed 2;");
        said(rig, "ready;sending 1;uncertain 1;offline;ready;sending 2;printed 2;");
        assert_int_equal(rig->fake.n_dropped, 1);
        came(rig, label);
}

static void the_half_of_a_doubtful_label_is_dropped_and_the_label_goes_again(void **state) {
        struct rig *rig = *state;

        rig->fake.keeps_half = true;
        rig->fake.reset_at = 20;
        let_it_count(rig);
        run(rig, "printed 1;");
        said(rig, "ready;sending 1;offline;ready;not sent 1;sending 1;printed 1;");
        assert_int_equal(rig->fake.n_dropped, 1);
        came(rig, label);
}

static void lost_and_never_back_it_is_uncertain(void **state) {
        struct rig *rig = *state;

        rig->fake.holds = true;
        let_it_count(rig);
        run(rig, "sending 1;");
        run_until_asked(rig, 1);
        fake_printer_disappear(&rig->fake);
        run(rig, "uncertain 1;");
        said(rig, "ready;sending 1;offline;offline;uncertain 1;"); /* broke; refused */
        assert_non_null(strstr(rig->detail, "did not come back"));
}

static void silent_after_the_label_it_is_uncertain_in_the_end(void **state) {
        struct rig *rig = *state;

        rig->profile.status_ms = 50;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "sending 1;");
        rig->fake.silent = true;
        run(rig, "uncertain 1;");
        assert_non_null(strstr(rig->detail, "does not say whether it printed"));
}

static void one_that_must_not_be_read_prints_and_is_asked_nothing(void **state) {
        struct rig *rig = *state;

        rig->profile.read_back = false;
        rig->n_jobs = 2;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "printed 2;");
        said(rig, "ready;sending 1;printed 1;sending 2;printed 2;");
        assert_string_equal(rig->detail, "accepted, not confirmed: the printer does not answer");
        assert_int_equal(rig->fake.n_asked, 0);
        assert_string_equal(rig->identity, "");
}

/* Its profile does not say that it answers ~HQES, but it has answered ~HI. */
static void silence_of_an_unknown_zebra_is_resolved_by_hqes(void **state) {
        struct rig *rig = *state;

        rig->fake.shy = rig->fake.has_errors = true;
        rig->fake.errors = 0x1;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "paper_out;");
        run_until_asked(rig, 6); /* however long: it is not taken for mute */
        came(rig, "");
        rig->fake.shy = false;
        rig->fake.errors = 0;
        run(rig, "printed 1;");
}

/* It speaks again between ~HS, which it did not hear, and ~HQES. */
static void one_good_word_of_hqes_makes_no_mute_of_a_silent_zebra(void **state) {
        struct rig *rig = *state;

        rig->fake.silent = rig->fake.has_errors = true;
        rig->profile.errors = true;
        rig->profile.status_ms = 500;
        let_it_count(rig);
        run_until_asked(rig, 6);
        rig->fake.silent = false;
        run(rig, "printed 1;");
        said(rig, "unknown;ready;sending 1;printed 1;");
        assert_string_equal(rig->detail, "");
        assert_int_equal(rig->labels_before, 1523);
}

static void unreadable_from_the_start_the_job_has_failed(void **state) {
        struct rig *rig = *state;

        rig->unreadable_at = -1;
        rig->n_jobs = 1;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "failed 1;");
        assert_string_equal(rig->detail, "its bytes could not be read");
        came(rig, "");
}

static void one_that_takes_no_bytes_for_long_is_more_than_busy(void **state) {
        struct rig *rig = *state;

        enlarge_label(rig, LARGE);
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "sending 1;");
        fake_printer_hear(&rig->fake, false);
        run(rig, "busy;unknown;");
        fake_printer_hear(&rig->fake, true);
        run(rig, "printed 1;");
}

static void a_usb_port_tells_a_fault_and_else_nothing(void **state) {
        static const struct {
                int status;
                enum printer_state state;
        } rows[] = {
                { -1, PRINTER_READY },       { 0x18, PRINTER_READY },
                { 0x08, PRINTER_READY },     { 0x38, PRINTER_PAPER_OUT },
                { 0x30, PRINTER_PAPER_OUT }, { 0x20, PRINTER_PAPER_OUT },
                { 0x10, PRINTER_UNKNOWN },   { 0x00, PRINTER_UNKNOWN },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                const char *detail = "as it was";

                assert_int_equal(printer_state_of_port(rows[i].status, PRINTER_READY, &detail),
                                 rows[i].state);
                assert_string_equal(detail, rows[i].state == PRINTER_READY
                                                    ? "as it was"
                                                    : "its USB port tells a fault");
        }
}

/* ---- answers at the wrong time --------------------------------------------------------------- */

/* Two answers to questions of before the label must not pass for its confirmation. */
static void late_answers_do_not_confirm_a_label(void **state) {
        struct rig *rig = *state;

        rig->profile.status_ms = 50;
        rig->fake.delays = true;
        rig->fake.holds = true;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run_until_asked(rig, 3);
        fake_printer_speak_once(&rig->fake); /* the first lets the label go */
        run(rig, "sending 1;");
        while (rig->fake.n_labels == 0)
                assert_true(sd_event_run(rig->event, PATIENCE_MS * 1000) > 0);
        fake_printer_speak(&rig->fake); /* the two others: clean, and of before the label */
        run_until_asked(rig, 4);
        said(rig, "ready;sending 1;");
        fake_printer_release(&rig->fake);
        run(rig, "printed 1;");
}

static void what_it_said_before_it_hung_up_still_counts(void **state) {
        struct rig *rig = *state;

        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "sending 1;");
        rig->fake.bye = true;
        run(rig, "printed 1;");
        assert_null(strstr(bytes_str(&rig->said), "uncertain"));
}

static void it_says_who_it_is_once_a_connection(void **state) {
        struct rig *rig = *state;

        rig->n_jobs = 3;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "printed 3;");
        assert_int_equal(rig->n_identities, 1);
}

/* ---- bytes that cannot be read --------------------------------------------------------------- */

static void unreadable_in_the_middle_the_job_is_uncertain(void **state) {
        struct rig *rig = *state;

        enlarge_label(rig, 200000);
        rig->unreadable_at = 100000;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "uncertain 1;");
        assert_non_null(strstr(rig->detail, "in the middle of it"));
}

/* ---- a serial line --------------------------------------------------------------------------- */

static void a_serial_printer_prints_byte_for_byte(void **state) {
        struct rig *rig = *state;

        fake_printer_plug(&rig->fake);
        use_port(rig);
        enlarge_label(rig, 100000);
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "printed 1;");
        said(rig, "ready;sending 1;printed 1;");
        assert_int_equal(rig->fake.labels.len, rig->payload.len);
        assert_memory_equal(rig->fake.labels.data, rig->payload.data, rig->payload.len);
}

static void a_serial_printer_that_reads_nothing_holds_the_label(void **state) {
        struct rig *rig = *state;

        fake_printer_plug(&rig->fake);
        use_port(rig);
        enlarge_label(rig, 300000);
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "sending 1;");
        fake_printer_hear(&rig->fake, false);
        run(rig, "busy;");
        fake_printer_hear(&rig->fake, true);
        run(rig, "printed 1;");
        assert_int_equal(rig->fake.labels.len, rig->payload.len);
}

/* XOFF stops the label, XON lets it go on; neither is part of anything. */
static void a_serial_printer_stops_and_goes_on_by_xonxoff(void **state) {
        struct rig *rig = *state;

        fake_printer_plug(&rig->fake);
        rig->profile.serial.xonxoff = true;
        use_port(rig);
        enlarge_label(rig, 300000);
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "sending 1;");
        assert_int_equal(write(rig->fake.connection, "\x13", 1), 1);
        run(rig, "busy;");
        assert_true(rig->fake.labels.len < rig->payload.len);
        assert_int_equal(write(rig->fake.connection, "\x11", 1), 1);
        run(rig, "printed 1;");
        assert_int_equal(rig->fake.labels.len, rig->payload.len);
        assert_memory_equal(rig->fake.labels.data, rig->payload.data, rig->payload.len);
}

/* ---- a large label -------------------------------------------------------------------------- */

/* A scanner's turn: due again at once. */
static int on_tick(sd_event_source *source, uint64_t usec, void *userdata) {
        struct rig *rig = userdata;

        (void)usec;
        rig->n_turns_sending += rig->is_sending && rig->fake.labels.len < rig->payload.len;
        assert_true(sd_event_source_set_time_relative(source, 0) >= 0);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void a_large_label_leaves_the_others_their_turn(void **state) {
        struct rig *rig = *state;
        sd_event_source *timer;

        enlarge_label(rig, LARGE);
        assert_true(sd_event_add_time_relative(rig->event, &timer, CLOCK_MONOTONIC, 0, 1, on_tick,
                                               rig) >= 0);
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "printed 1;");
        assert_true(rig->n_turns_sending >= LARGE / (16 * 1024));
        assert_int_equal(rig->fake.labels.len, rig->payload.len);
        assert_memory_equal(rig->fake.labels.data, rig->payload.data, rig->payload.len);
        sd_event_source_disable_unref(timer);
}

/* ---- the end -------------------------------------------------------------------------------- */

static void free_it(struct rig *rig) {
        printer_free(TAKE(rig->printer));
        run_for(rig, 20);
        assert_int_equal(rig->fake.connection, -1);
}

static void it_can_be_freed_while_nothing_was_asked(void **state) {
        struct rig *rig = *state;

        printer_wake(rig->printer);
        free_it(rig);
        said(rig, "");
}

static void it_can_be_freed_while_connecting(void **state) {
        struct rig *rig = *state;

        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        assert_true(sd_event_run(rig->event, PATIENCE_MS * 1000) > 0);
        assert_int_equal(rig->next, 2); /* the job was taken */
        free_it(rig);
        said(rig, "");
}

static void it_can_be_freed_while_backing_off(void **state) {
        struct rig *rig = *state;

        printer_wake(rig->printer);
        run(rig, "offline;");
        free_it(rig);
}

static void it_can_be_freed_while_asking(void **state) {
        struct rig *rig = *state;

        rig->fake.silent = true;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run_until_asked(rig, 1);
        free_it(rig);
}

static void it_can_be_freed_while_waiting_for_paper(void **state) {
        struct rig *rig = *state;

        rig->fake.paper_out = true;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "paper_out;");
        free_it(rig);
}

static void it_can_be_freed_while_sending(void **state) {
        struct rig *rig = *state;

        enlarge_label(rig, LARGE);
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "sending 1;");
        fake_printer_hear(&rig->fake, false);
        run_for(rig, 50);
        fake_printer_hear(&rig->fake, true);
        printer_free(TAKE(rig->printer));
        while (rig->fake.connection >= 0)
                assert_true(sd_event_run(rig->event, PATIENCE_MS * 1000) > 0);
        said(rig, "ready;sending 1;"); /* the owner knows that it frees it in mid job */
        assert_true(rig->fake.labels.len < rig->payload.len);
}

static void it_can_be_freed_while_confirming(void **state) {
        struct rig *rig = *state;

        rig->fake.holds = true;
        fake_printer_appear(&rig->fake);
        printer_wake(rig->printer);
        run(rig, "sending 1;");
        run_until_asked(rig, 1);
        free_it(rig);
        said(rig, "ready;sending 1;");
}

#define rig_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                rig_test(a_ready_printer_prints_once_and_is_left),
                rig_test(nothing_is_tried_while_no_job_waits),
                rig_test(jobs_that_wait_go_one_by_one_over_one_connection),
                rig_test(a_label_that_is_not_printed_yet_is_waited_for),
                rig_test(an_absent_printer_is_tried_again_until_it_appears),
                rig_test(without_paper_the_label_waits_before_it_is_sent),
                rig_test(paper_that_ends_in_mid_job_is_waited_for),
                rig_test(a_printer_that_falls_silent_in_mid_job_is_waited_for),
                rig_test(a_silent_printer_gets_nothing_until_it_speaks),
                rig_test(refused_by_its_owner_not_a_byte_leaves),
                rig_test(lost_before_the_first_byte_the_job_goes_back),
                rig_test(lost_in_mid_label_the_job_is_uncertain_exactly_once),
                rig_test(lost_before_it_confirms_the_job_is_uncertain_and_the_next_goes_on),
                rig_test(without_status_it_is_accepted_and_said_so),
                rig_test(without_status_nothing_is_accepted_while_bytes_wait_to_leave),
                rig_test(without_status_a_refusal_is_asked_for_again),
                rig_test(a_large_label_leaves_the_others_their_turn),
                rig_test(each_fault_is_told_by_hs_and_the_label_waits_for_its_end),
                rig_test(each_fault_is_told_by_hqes_while_hs_is_silent),
                rig_test(a_fault_in_mid_job_is_told_by_hqes_and_does_not_end_the_job),
                rig_test(one_that_never_answers_prints_and_it_is_said),
                rig_test(one_that_should_tell_its_errors_is_never_taken_for_mute),
                rig_test(one_that_speaks_after_all_is_asked_again),
                rig_test(the_count_before_is_durable_and_the_one_after_confirms),
                rig_test(a_label_that_is_cancelled_at_the_panel_is_uncertain),
                rig_test(a_label_too_many_is_uncertain),
                rig_test(labels_of_others_are_waited_for_before_it_counts),
                rig_test(one_that_does_not_know_its_count_is_asked_once),
                rig_test(lost_after_the_label_came_out_it_is_printed_once),
                rig_test(lost_in_mid_label_it_is_sent_again_once),
                rig_test(an_interrupted_job_is_decided_by_the_count),
                rig_test(one_that_does_not_count_leaves_an_interrupted_job_uncertain),
                rig_test(an_interrupted_label_that_waits_in_the_printer_is_not_sent_again),
                rig_test(the_half_of_a_broken_label_is_dropped_before_the_next),
                rig_test(the_half_of_a_doubtful_label_is_dropped_and_the_label_goes_again),
                rig_test(lost_and_never_back_it_is_uncertain),
                rig_test(silent_after_the_label_it_is_uncertain_in_the_end),
                rig_test(one_that_must_not_be_read_prints_and_is_asked_nothing),
                rig_test(silence_of_an_unknown_zebra_is_resolved_by_hqes),
                rig_test(one_good_word_of_hqes_makes_no_mute_of_a_silent_zebra),
                rig_test(unreadable_from_the_start_the_job_has_failed),
                rig_test(one_that_takes_no_bytes_for_long_is_more_than_busy),
                rig_test(a_usb_port_tells_a_fault_and_else_nothing),
                rig_test(late_answers_do_not_confirm_a_label),
                rig_test(what_it_said_before_it_hung_up_still_counts),
                rig_test(it_says_who_it_is_once_a_connection),
                rig_test(unreadable_in_the_middle_the_job_is_uncertain),
                rig_test(a_serial_printer_prints_byte_for_byte),
                rig_test(a_serial_printer_stops_and_goes_on_by_xonxoff),
                rig_test(a_serial_printer_that_reads_nothing_holds_the_label),
                rig_test(it_can_be_freed_while_nothing_was_asked),
                rig_test(it_can_be_freed_while_connecting),
                rig_test(it_can_be_freed_while_backing_off),
                rig_test(it_can_be_freed_while_asking),
                rig_test(it_can_be_freed_while_waiting_for_paper),
                rig_test(it_can_be_freed_while_sending),
                rig_test(it_can_be_freed_while_confirming),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
