/* SPDX-License-Identifier: MIT */

/* The group commit on a real ledger: who shares it, who waits for it, who is told when it fails. */

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
#include "agent/turn.h"
#include "tests/unit/helper_shop.h"

/* What happened, in order: "rolled back;a -5;committed;". */
struct rig {
        struct shop shop;
        sd_event *event;
        struct turn *turn;
        struct bytes said;
        int n_commits;
        uint64_t seq_at_first; /* what was durable when the scanners began */
        int n_scans;           /* still to come */
};

struct waiter {
        struct rig *rig;
        char name;
        struct waiter *then; /* begins a turn of its own when told */
};

static void note(struct rig *rig, char name) {
        struct event event = { .type = EVENT_SESSION, .session.state = SESSION_LOGIN };

        (void)snprintf(event.operator_id, sizeof(event.operator_id), "op-%c", name);
        assert_int_equal(turn_begin(rig->turn), 0);
        assert_int_equal(ledger_append(rig->shop.ledger, &event), 0);
}

static void on_done(void *userdata, int result) {
        struct waiter *waiter = userdata;
        struct rig *rig = waiter->rig;

        bytes_appendf(&rig->said, "%c %d;", waiter->name, result);
        assert_false(ledger_in_transaction(rig->shop.ledger) && !waiter->then);
        if (!waiter->then)
                return;
        note(rig, waiter->then->name);
        assert_int_equal(turn_after(rig->turn, on_done, waiter->then), 0);
}

static void write_and_wait(struct waiter *waiter) {
        note(waiter->rig, waiter->name);
        assert_int_equal(turn_after(waiter->rig->turn, on_done, waiter), 0);
}

static void on_rolled_back(void *userdata) {
        struct rig *rig = userdata;

        assert_false(ledger_in_transaction(rig->shop.ledger));
        bytes_append_str(&rig->said, "rolled back;");
}

static void on_committed(void *userdata) {
        struct rig *rig = userdata;

        rig->n_commits++;
        bytes_append_str(&rig->said, "committed;");
}

static void settle(struct rig *rig) {
        int r;

        do
                r = sd_event_run(rig->event, 0);
        while (r > 0);
        assert_int_equal(r, 0);
}

static uint64_t durable(struct rig *rig) {
        return ledger_committed_seq(rig->shop.ledger);
}

static void said(struct rig *rig, const char *wanted) {
        assert_string_equal(bytes_str(&rig->said), wanted);
        bytes_clear(&rig->said);
}

static int set_up(void **state) {
        struct rig *rig = calloc(1, sizeof(*rig));

        assert_non_null(rig);
        shop_open(&rig->shop);
        assert_true(sd_event_new(&rig->event) >= 0);
        assert_int_equal(turn_new(rig->event, rig->shop.ledger, on_rolled_back, rig, &rig->turn),
                         0);
        turn_on_commit(rig->turn, on_committed, rig);
        rig->seq_at_first = durable(rig);
        *state = rig;
        return 0;
}

static int tear_down(void **state) {
        struct rig *rig = *state;

        turn_free(rig->turn);
        sd_event_unref(rig->event);
        shop_close(&rig->shop);
        bytes_fini(&rig->said);
        free(rig);
        return 0;
}

/* ---- what goes well ------------------------------------------------------------------------- */

static void all_of_a_turn_share_one_commit_and_are_told_in_order(void **state) {
        struct rig *rig = *state;
        struct waiter a = { rig, 'a', NULL }, b = { rig, 'b', NULL }, c = { rig, 'c', NULL };

        write_and_wait(&a);
        write_and_wait(&b);
        write_and_wait(&c);
        assert_int_equal(durable(rig), rig->seq_at_first);
        said(rig, "");
        settle(rig);
        said(rig, "a 0;b 0;c 0;committed;");
        assert_int_equal(durable(rig), rig->seq_at_first + 3);
        assert_false(ledger_in_transaction(rig->shop.ledger));
}

static void a_turn_that_nobody_waits_for_is_committed_too(void **state) {
        struct rig *rig = *state;

        note(rig, 'a');
        settle(rig);
        said(rig, "committed;");
        note(rig, 'b');
        settle(rig);
        said(rig, "committed;");
        assert_int_equal(durable(rig), rig->seq_at_first + 2);
}

static void who_cannot_wait_commits_for_all(void **state) {
        struct rig *rig = *state;
        struct waiter a = { rig, 'a', NULL };

        write_and_wait(&a);
        assert_int_equal(turn_commit(rig->turn), 0);
        said(rig, "a 0;committed;");
        assert_int_equal(turn_commit(rig->turn), 0);
        settle(rig);
        said(rig, "");
}

static void who_is_told_may_begin_the_next_turn(void **state) {
        struct rig *rig = *state;
        struct waiter b = { rig, 'b', NULL }, a = { rig, 'a', &b };

        write_and_wait(&a);
        assert_int_equal(turn_commit(rig->turn), 0);
        said(rig, "a 0;committed;");
        assert_int_equal(durable(rig), rig->seq_at_first + 1);
        settle(rig);
        said(rig, "b 0;committed;");
        assert_int_equal(durable(rig), rig->seq_at_first + 2);
}

static void freed_it_commits_what_is_open(void **state) {
        struct rig *rig = *state;
        struct waiter a = { rig, 'a', NULL };

        write_and_wait(&a);
        turn_free(TAKE(rig->turn));
        said(rig, "a 0;committed;");
        assert_int_equal(durable(rig), rig->seq_at_first + 1);
}

/* ---- scanners come first, but not for ever -------------------------------------------------- */

static int on_scan(sd_event_source *source, void *userdata) {
        static struct waiter waiter;
        struct rig *rig = userdata;

        waiter = (struct waiter) { rig, 's', NULL };
        write_and_wait(&waiter);
        return --rig->n_scans == 0 ? sd_event_source_set_enabled(source, SD_EVENT_OFF) : 0;
}

static void scan(struct rig *rig, int times) {
        sd_event_source *scanner;

        rig->n_scans = times;
        assert_true(sd_event_add_defer(rig->event, &scanner, on_scan, rig) >= 0);
        assert_true(sd_event_source_set_priority(scanner, -10) >= 0);
        assert_true(sd_event_source_set_enabled(scanner, SD_EVENT_ON) >= 0);
        settle(rig);
        sd_event_source_disable_unref(scanner);
}

static void scans_that_wait_already_come_into_the_same_turn(void **state) {
        struct rig *rig = *state;

        scan(rig, 20);
        assert_int_equal(rig->n_commits, 1);
        assert_int_equal(durable(rig), rig->seq_at_first + 20);
}

static void a_full_turn_is_committed_before_the_next_scan(void **state) {
        struct rig *rig = *state;

        scan(rig, 2 * TURN_SCANS_MAX + 1);
        assert_int_equal(rig->n_commits, 3);
        assert_int_equal(durable(rig), rig->seq_at_first + 2 * TURN_SCANS_MAX + 1);
        /* and the next turn is an ordinary one */
        scan(rig, TURN_SCANS_MAX - 1);
        assert_int_equal(rig->n_commits, 4);
}

/* ---- what fails ----------------------------------------------------------------------------- */

static void a_failed_turn_is_undone_and_all_are_told(void **state) {
        struct rig *rig = *state;
        struct waiter a = { rig, 'a', NULL }, b = { rig, 'b', NULL };

        write_and_wait(&a);
        write_and_wait(&b);
        turn_fail(rig->turn, -ENOSPC);
        said(rig, "rolled back;a -28;b -28;");
        settle(rig);
        said(rig, "");
        assert_int_equal(durable(rig), rig->seq_at_first);
        assert_int_equal(ledger_last_seq(rig->shop.ledger), rig->seq_at_first);
        write_and_wait(&a);
        settle(rig);
        said(rig, "a 0;committed;");
        assert_int_equal(durable(rig), rig->seq_at_first + 1);
}

/* Files may not grow any more: what a full disk does, but with EFBIG. */
static void limit_files(rlim_t max) {
        struct rlimit limit;

        assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
        limit.rlim_cur = max;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_commit_that_the_disk_refuses_is_a_failed_turn(void **state) {
        struct rig *rig = *state;
        struct waiter a = { rig, 'a', NULL }, b = { rig, 'b', NULL };

        (void)signal(SIGXFSZ, SIG_IGN);
        write_and_wait(&a);
        write_and_wait(&b);
        limit_files(1);
        settle(rig);
        limit_files(RLIM_INFINITY);
        said(rig, "rolled back;a -5;b -5;");
        assert_int_equal(rig->n_commits, 0);
        assert_int_equal(durable(rig), rig->seq_at_first);
        write_and_wait(&b);
        settle(rig);
        said(rig, "b 0;committed;");
        assert_int_equal(durable(rig), rig->seq_at_first + 1);
}

static void who_is_told_of_a_failure_may_try_again(void **state) {
        struct rig *rig = *state;
        struct waiter again = { rig, 'A', NULL }, a = { rig, 'a', &again };

        write_and_wait(&a);
        turn_fail(rig->turn, -EIO);
        said(rig, "rolled back;a -5;");
        settle(rig);
        said(rig, "A 0;committed;");
        assert_int_equal(durable(rig), rig->seq_at_first + 1);
}

#define rig_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                rig_test(all_of_a_turn_share_one_commit_and_are_told_in_order),
                rig_test(a_turn_that_nobody_waits_for_is_committed_too),
                rig_test(who_cannot_wait_commits_for_all),
                rig_test(who_is_told_may_begin_the_next_turn),
                rig_test(freed_it_commits_what_is_open),
                rig_test(scans_that_wait_already_come_into_the_same_turn),
                rig_test(a_full_turn_is_committed_before_the_next_scan),
                rig_test(a_failed_turn_is_undone_and_all_are_told),
                rig_test(a_commit_that_the_disk_refuses_is_a_failed_turn),
                rig_test(who_is_told_of_a_failure_may_try_again),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
