/* SPDX-License-Identifier: MIT */

/* What a printer gets from the queue, on a real ledger: nothing that may still be undone. */

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/resource.h>
#include "agent/agent.h"
#include "agent/printing.h"
#include "tests/unit/helper_shop.h"

struct rig {
        struct shop shop;
        struct agent agent;
        struct agent_device entry;
        struct config_device config;
        struct profile profile;
        struct printer *printer;
        struct printer_job job; /* taken last */
};

static void on_rolled_back(void *userdata) {
        (void)userdata;
}

static int set_up(void **state) {
        struct rig *rig = calloc(1, sizeof(*rig));
        struct printer_config config = { .name = "dock", .port = "tcp:127.0.0.1:1" };

        assert_non_null(rig);
        shop_open(&rig->shop);
        rig->agent.ledger = rig->shop.ledger;
        assert_true(sd_event_new(&rig->agent.event) >= 0);
        assert_int_equal(turn_new(rig->agent.event, rig->shop.ledger, on_rolled_back, rig,
                                  &rig->agent.turn),
                         0);
        memcpy(rig->config.name, "dock", 5);
        rig->entry = (struct agent_device) { .agent = &rig->agent, .config = &rig->config };
        config.profile = &rig->profile;
        assert_int_equal(printer_new(rig->agent.event, &config, &printing_handler, &rig->entry,
                                     &rig->printer),
                         0);
        *state = rig;
        return 0;
}

static int tear_down(void **state) {
        struct rig *rig = *state;

        printer_free(rig->printer);
        turn_free(rig->agent.turn);
        sd_event_unref(rig->agent.event);
        shop_close(&rig->shop);
        free(rig);
        return 0;
}

static uint64_t queue(struct rig *rig, const char *order) {
        struct event queued = { .type = EVENT_PRINT, .print.state = PRINT_QUEUED };

        (void)snprintf(queued.print.order, sizeof(queued.print.order), "%s", order);
        (void)snprintf(queued.print.printer, sizeof(queued.print.printer), "dock");
        (void)snprintf(queued.print.label, sizeof(queued.print.label), "zpl");
        assert_int_equal(turn_begin(rig->agent.turn), 0);
        assert_int_equal(ledger_job_queue(rig->shop.ledger, &queued, slice_of("^XA^XZ")), 0);
        return queued.seq;
}

static int take(struct rig *rig) {
        rig->job = (struct printer_job) { .labels_before = -1 };
        return printing_handler.next_job(&rig->entry, rig->printer, &rig->job);
}

static enum print_state job_state(struct rig *rig, uint64_t id) {
        struct ledger_job job;

        assert_int_equal(ledger_job(rig->shop.ledger, id, &job), 0);
        return job.state;
}

static void outcome(struct rig *rig, uint64_t job, enum print_outcome outcome_of) {
        printing_handler.outcome(&rig->entry, rig->printer, job, outcome_of, "why");
}

static void a_job_that_is_taken_is_durable(void **state) {
        struct rig *rig = *state;
        uint64_t id = queue(rig, "SO-1");
        char piece[16];

        assert_true(ledger_committed_seq(rig->shop.ledger) < id);
        assert_int_equal(take(rig), 0);
        assert_int_equal(rig->job.id, id);
        assert_int_equal(rig->job.size, 6);
        assert_int_equal(printing_handler.read(&rig->entry, rig->printer, id, 0, piece,
                                               sizeof(piece)),
                         6);
        assert_memory_equal(piece, "^XA^XZ", 6);
        assert_false(rig->job.interrupted);
        assert_int_equal(ledger_committed_seq(rig->shop.ledger), id);
}

/* Files may not grow any more: what a full disk does, but with EFBIG. */
static void limit_files(rlim_t max) {
        struct rlimit limit;

        assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
        limit.rlim_cur = max;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_job_that_the_disk_refuses_is_not_taken(void **state) {
        struct rig *rig = *state;
        int r;

        (void)signal(SIGXFSZ, SIG_IGN);
        (void)queue(rig, "SO-1");
        limit_files(1);
        r = take(rig);
        limit_files(RLIM_INFINITY);
        assert_true(r < 0 && r != -ENOENT);
        assert_int_equal(take(rig), -ENOENT);
}

static void sending_is_durable_before_it_returns(void **state) {
        struct rig *rig = *state;
        uint64_t id = queue(rig, "SO-1");

        assert_int_equal(take(rig), 0);
        assert_int_equal(printing_handler.sending(&rig->entry, rig->printer, id, -1), 0);
        assert_false(ledger_in_transaction(rig->shop.ledger));
        assert_int_equal(job_state(rig, id), PRINT_SENDING);
}

static void a_sending_that_the_disk_refuses_is_refused(void **state) {
        struct rig *rig = *state;
        uint64_t id = queue(rig, "SO-1");
        int r;

        (void)signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(take(rig), 0);
        limit_files(1);
        r = printing_handler.sending(&rig->entry, rig->printer, id, -1);
        limit_files(RLIM_INFINITY);
        assert_true(r < 0);
        assert_int_equal(job_state(rig, id), PRINT_QUEUED);
}

static void each_outcome_is_recorded(void **state) {
        static const struct {
                enum print_outcome outcome;
                enum print_state state;
                int64_t n_exceptions;
        } rows[] = {
                { PRINT_OUTCOME_PRINTED, PRINT_PRINTED, 0 },
                { PRINT_OUTCOME_NOT_SENT, PRINT_QUEUED, 0 },
                { PRINT_OUTCOME_UNCERTAIN, PRINT_UNCERTAIN, 1 },
                { PRINT_OUTCOME_FAILED, PRINT_FAILED, 2 },
        };
        struct rig *rig = *state;

        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                uint64_t id = queue(rig, "SO-1");
                struct ledger_figures figures;

                assert_int_equal(turn_commit(rig->agent.turn), 0);
                assert_int_equal(printing_handler.sending(&rig->entry, rig->printer, id, -1), 0);
                outcome(rig, id, rows[i].outcome);
                assert_int_equal(turn_commit(rig->agent.turn), 0);
                assert_int_equal(job_state(rig, id), rows[i].state);
                assert_int_equal(ledger_figures(rig->shop.ledger, &figures), 0);
                assert_int_equal(figures.n_open_exceptions, rows[i].n_exceptions);
        }
}

static void an_outcome_that_the_disk_refuses_is_recorded_later(void **state) {
        struct rig *rig = *state;
        uint64_t id = queue(rig, "SO-1");

        (void)signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(take(rig), 0);
        assert_int_equal(printing_handler.sending(&rig->entry, rig->printer, id, -1), 0);
        limit_files(1);
        outcome(rig, id, PRINT_OUTCOME_PRINTED);
        assert_true(take(rig) < 0);
        limit_files(RLIM_INFINITY);
        assert_int_equal(job_state(rig, id), PRINT_SENDING);
        assert_true(rig->agent.jobs_waiting);
        assert_int_equal(take(rig), -ENOENT);
        assert_int_equal(job_state(rig, id), PRINT_PRINTED);
        assert_false(ledger_in_transaction(rig->shop.ledger));
}

static void a_job_that_is_none_cannot_be_marked(void **state) {
        struct rig *rig = *state;

        assert_int_equal(turn_begin(rig->agent.turn), 0);
        assert_int_equal(ledger_job_mark(rig->shop.ledger, 4711, PRINT_SENDING, ""), -ENOENT);
}

static void a_label_is_read_in_pieces_whatever_is_written_between(void **state) {
        enum { LABEL = 300000, PIECE = 16 * 1024 };
        struct rig *rig = *state;
        struct event queued = { .type = EVENT_PRINT, .print.state = PRINT_QUEUED };
        struct ledger *ledger = rig->shop.ledger;
        static uint8_t label[LABEL], piece[PIECE];
        size_t at = 0;
        int n;

        for (size_t i = 0; i < LABEL; i++)
                label[i] = (uint8_t)(i * 7 + i / 251);
        (void)snprintf(queued.print.printer, sizeof(queued.print.printer), "dock");
        assert_int_equal(turn_begin(rig->agent.turn), 0);
        assert_int_equal(
                ledger_job_queue(ledger, &queued, (struct slice) { label, sizeof(label) }), 0);
        while ((n = ledger_job_read(ledger, queued.seq, at, piece, sizeof(piece))) > 0) {
                assert_memory_equal(piece, label + at, (size_t)n);
                at += (size_t)n;
                if (at == 2 * PIECE)
                        assert_int_equal(turn_commit(rig->agent.turn), 0);
                if (at == 4 * PIECE)
                        assert_int_equal(turn_begin(rig->agent.turn), 0);
                if (at == 6 * PIECE) /* the label's own row changes */
                        assert_int_equal(ledger_job_sending(ledger, queued.seq, 3), 0);
                if (at == 8 * PIECE)
                        turn_fail(rig->agent.turn, -EIO);
                if (at == 10 * PIECE)
                        assert_int_equal(ledger_checkpoint(ledger), 0);
        }
        assert_int_equal(n, 0);
        assert_int_equal(at, LABEL);
        assert_int_equal(ledger_job_read(ledger, queued.seq, LABEL + 5, piece, 1), 0);
        assert_int_equal(ledger_job_read(ledger, 4711, 0, piece, 1), -ENOENT);
}

static void what_a_printer_had_printed_is_kept_with_its_last_job(void **state) {
        struct rig *rig = *state;
        uint64_t id = queue(rig, "SO-1"), other = queue(rig, "SO-2");
        int64_t labels = 0;

        assert_int_equal(ledger_job_labels_before(rig->shop.ledger, id, &labels), -ENOENT);
        assert_int_equal(ledger_job_sending(rig->shop.ledger, id, 1523), 0);
        assert_int_equal(ledger_job_labels_before(rig->shop.ledger, id, &labels), 0);
        assert_int_equal(labels, 1523);
        assert_int_equal(ledger_job_sending(rig->shop.ledger, other, -1), 0);
        assert_int_equal(ledger_job_labels_before(rig->shop.ledger, id, &labels), -ENOENT);
        assert_int_equal(ledger_job_labels_before(rig->shop.ledger, other, &labels), -ENOENT);
        assert_int_equal(ledger_job_sending(rig->shop.ledger, 4711, 1), -ENOENT);
}

/* The agent goes while job 1 is sent, and comes again. */
static void a_job_that_its_printer_can_count_is_taken_again(void **state) {
        struct rig *rig = *state;
        uint64_t id = queue(rig, "SO-1"), other = queue(rig, "SO-2");

        rig->agent.config.n_printers = 1;
        memcpy(rig->agent.config.printers[0].name, "dock", 5);
        assert_int_equal(take(rig), 0);
        assert_int_equal(printing_handler.sending(&rig->entry, rig->printer, id, 1523), 0);
        assert_int_equal(printing_recover(&rig->agent), 0);
        assert_int_equal(job_state(rig, id), PRINT_SENDING);
        assert_int_equal(take(rig), 0);
        assert_int_equal(rig->job.id, id);
        assert_true(rig->job.interrupted);
        assert_int_equal(rig->job.labels_before, 1523);
        outcome(rig, id, PRINT_OUTCOME_NOT_SENT);
        assert_int_equal(take(rig), 0);
        assert_int_equal(rig->job.id, id);
        assert_false(rig->job.interrupted);
        assert_int_equal(printing_handler.sending(&rig->entry, rig->printer, id, 1523), 0);
        outcome(rig, id, PRINT_OUTCOME_PRINTED);
        assert_int_equal(take(rig), 0);
        assert_int_equal(rig->job.id, other);
}

static void a_job_whose_printer_is_gone_is_uncertain_though_it_was_counted(void **state) {
        struct rig *rig = *state;
        uint64_t id = queue(rig, "SO-1");

        assert_int_equal(take(rig), 0);
        assert_int_equal(printing_handler.sending(&rig->entry, rig->printer, id, 1523), 0);
        assert_int_equal(printing_recover(&rig->agent), 0);
        assert_int_equal(job_state(rig, id), PRINT_UNCERTAIN);
}

static void what_was_under_way_when_the_agent_went_is_uncertain_once(void **state) {
        struct rig *rig = *state;
        uint64_t id = queue(rig, "SO-1"), other = queue(rig, "SO-2");
        uint64_t seq;

        assert_int_equal(take(rig), 0);
        assert_int_equal(printing_handler.sending(&rig->entry, rig->printer, id, -1), 0);
        assert_int_equal(printing_recover(&rig->agent), 0);
        assert_int_equal(job_state(rig, id), PRINT_UNCERTAIN);
        assert_int_equal(job_state(rig, other), PRINT_QUEUED);
        seq = ledger_committed_seq(rig->shop.ledger);
        assert_int_equal(printing_recover(&rig->agent), 0);
        assert_int_equal(ledger_committed_seq(rig->shop.ledger), seq);
}

/* The printer is opened anew, as after its cable was pulled; it had told no count. */
static void a_job_whose_printer_was_unplugged_is_uncertain_and_the_next_is_taken(void **state) {
        struct rig *rig = *state;
        uint64_t id = queue(rig, "SO-1"), other = queue(rig, "SO-2");

        assert_int_equal(take(rig), 0);
        assert_int_equal(printing_handler.sending(&rig->entry, rig->printer, id, -1), 0);
        assert_int_equal(take(rig), 0);
        assert_int_equal(rig->job.id, other);
        assert_false(rig->job.interrupted);
        assert_int_equal(job_state(rig, id), PRINT_UNCERTAIN);
        assert_false(ledger_in_transaction(rig->shop.ledger));
}

#define rig_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                rig_test(a_job_that_is_taken_is_durable),
                rig_test(a_job_that_the_disk_refuses_is_not_taken),
                rig_test(sending_is_durable_before_it_returns),
                rig_test(a_sending_that_the_disk_refuses_is_refused),
                rig_test(each_outcome_is_recorded),
                rig_test(an_outcome_that_the_disk_refuses_is_recorded_later),
                rig_test(a_job_that_is_none_cannot_be_marked),
                rig_test(a_label_is_read_in_pieces_whatever_is_written_between),
                rig_test(what_a_printer_had_printed_is_kept_with_its_last_job),
                rig_test(a_job_that_its_printer_can_count_is_taken_again),
                rig_test(a_job_whose_printer_is_gone_is_uncertain_though_it_was_counted),
                rig_test(what_was_under_way_when_the_agent_went_is_uncertain_once),
                rig_test(a_job_whose_printer_was_unplugged_is_uncertain_and_the_next_is_taken),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
