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

#include "drivers/printer/printer.h"
#include "tests/driver/helper_replay.h"

/*
 * Logs of printers, replayed into the real driver with the model's own profile: tests/driver/printer_*.log. Owner's words
 * are those of the driver: "sending 1;", "ready (DETAIL);", "printed 1 (DETAIL);", "identity MODEL FIRMWARE;". "! job ZPL"
 * queues a label.
 */

enum { HASTE = 10, JOBS_MAX = 8 };

struct rig {
        sd_event *event;
        struct tty tty;
        struct profile *profile;
        struct printer *printer;
        struct bytes jobs[JOBS_MAX];
        uint64_t n_jobs, next;
        struct bytes told;
};

static int on_next_job(void *userdata, struct printer *printer, struct printer_job *ret_job) {
        struct rig *rig = userdata;

        (void)printer;
        if (rig->next > rig->n_jobs)
                return -ENOENT;
        *ret_job = (struct printer_job) { .id = rig->next,
                                          .size = rig->jobs[rig->next - 1].len,
                                          .labels_before = -1 };
        rig->next++;
        return 0;
}

static int on_read(void *userdata, struct printer *printer, uint64_t job, size_t offset,
                   void *buffer, size_t size) {
        struct rig *rig = userdata;
        const struct bytes *payload = &rig->jobs[job - 1];
        size_t n = payload->len - offset < size ? payload->len - offset : size;

        (void)printer;
        memcpy(buffer, payload->data + offset, n);
        return (int)n;
}

static int on_sending(void *userdata, struct printer *printer, uint64_t job,
                      int64_t labels_before) {
        struct rig *rig = userdata;

        (void)printer;
        bytes_appendf(&rig->told, "sending %d", (int)job);
        if (labels_before >= 0)
                bytes_appendf(&rig->told, " after %d", (int)labels_before);
        bytes_append_str(&rig->told, ";");
        return 0;
}

static void on_outcome(void *userdata, struct printer *printer, uint64_t job,
                       enum print_outcome outcome, const char *detail) {
        static const char *const words[] = { [PRINT_OUTCOME_PRINTED] = "printed",
                                             [PRINT_OUTCOME_NOT_SENT] = "not sent",
                                             [PRINT_OUTCOME_UNCERTAIN] = "uncertain" };
        struct rig *rig = userdata;

        (void)printer;
        bytes_appendf(&rig->told, "%s %d%s%s%s;", words[outcome], (int)job, detail[0] ? " (" : "",
                      detail, detail[0] ? ")" : "");
}

static void on_state(void *userdata, struct printer *printer, enum printer_state state,
                     const char *detail) {
        struct rig *rig = userdata;

        (void)printer;
        bytes_appendf(&rig->told, "%s%s%s%s;", printer_state_name(state), detail[0] ? " (" : "",
                      detail, detail[0] ? ")" : "");
}

static void on_identity(void *userdata, struct printer *printer, const char *model,
                        const char *firmware) {
        struct rig *rig = userdata;

        (void)printer;
        bytes_appendf(&rig->told, "identity %s %s;", model, firmware);
}

static const struct printer_handler handler = { on_next_job, on_read,  on_sending,
                                                on_outcome,  on_state, on_identity };

static void act(void *userdata, const char *text) {
        struct rig *rig = userdata;

        assert_memory_equal(text, "job ", 4);
        assert_true(rig->n_jobs < JOBS_MAX);
        bytes_append_str(&rig->jobs[rig->n_jobs++], text + 4);
        printer_wake(rig->printer);
}

static const char *told(void *userdata) {
        struct rig *rig = userdata;

        return bytes_str(&rig->told);
}

static void play(const char *log, const char *profile) {
        struct rig rig = { .next = 1 };
        struct printer_config config = { .name = "dock" };
        struct bytes error = { .data = NULL };
        char link[] = "/tmp/test_printer_replay.XXXXXX";

        assert_int_equal(sd_event_new(&rig.event), 0);
        assert_int_equal(profile_load(profile, PROFILE_PRINTER, &rig.profile, &error), 0);
        assert_non_null(mkdtemp(link));
        (void)snprintf(config.port, sizeof(config.port), "serial:%s/tty", link);
        tty_plug(&rig.tty, config.port + strlen("serial:"));
        config.profile = rig.profile;
        config.haste = HASTE;
        assert_int_equal(printer_new(rig.event, &config, &handler, &rig, &rig.printer), 0);
        replay(log, &(struct replay_owner) { rig.event, &rig.tty, &rig, act, told });
        printer_free(rig.printer);
        tty_unplug(&rig.tty);
        assert_int_equal(rmdir(link), 0);
        profile_free(rig.profile);
        for (size_t i = 0; i < ARRAY_LEN(rig.jobs); i++)
                bytes_fini(&rig.jobs[i]);
        bytes_fini(&rig.told);
        bytes_fini(&error);
        sd_event_unref(rig.event);
}

static void a_zebra_without_paper_is_silent_to_hs_and_tells_by_hqes(void **state) {
        (void)state;
        play("tests/driver/printer_zebra_paper_out.log", "zebra-zd421");
}

static void a_clone_that_answers_nothing_prints_unconfirmed(void **state) {
        (void)state;
        play("tests/driver/printer_clone_mute.log", "tsc-zpl");
}

static void an_unknown_printer_that_answers_nothing_prints_unconfirmed(void **state) {
        (void)state;
        play("tests/driver/printer_unknown_mute.log", "generic-zpl");
}

static void answers_come_in_pieces(void **state) {
        (void)state;
        play("tests/driver/printer_zebra_split.log", "zebra-zd421");
}

static void alerts_between_answers_do_not_disturb(void **state) {
        (void)state;
        play("tests/driver/printer_zebra_alerts.log", "zebra-zd421");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_zebra_without_paper_is_silent_to_hs_and_tells_by_hqes),
                cmocka_unit_test(a_clone_that_answers_nothing_prints_unconfirmed),
                cmocka_unit_test(an_unknown_printer_that_answers_nothing_prints_unconfirmed),
                cmocka_unit_test(answers_come_in_pieces),
                cmocka_unit_test(alerts_between_answers_do_not_disturb),
        };

        if (setenv("TALLYMAN_PROFILES", "firmware-profiles", 1) != 0)
                return 1;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
