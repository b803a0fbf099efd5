/* SPDX-License-Identifier: MIT */

/* A station on a real ledger and turn: no feedback before it is true, none out of order. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "agent/station.h"
#include "base/clock.h"
#include "tests/unit/helper_shop.h"

enum { STATIONS = 2 };

struct rig {
        struct shop shop;
        sd_event *event;
        struct turn *turn;
        struct config_station config[STATIONS];
        struct station *stations[STATIONS];
        const char *printer;
        struct bytes said; /* "pack-1 good;" */
        int n_commits, n_labels;
        uint64_t seq; /* durable at first */
};

static void on_reply(void *userdata, enum feedback feedback, struct station *station) {
        struct rig *rig = userdata;

        assert_int_equal(station_last_feedback(station), feedback);
        bytes_appendf(&rig->said, "%s %s;", station_name(station), feedback_name(feedback));
}

static void on_label_queued(void *userdata, struct station *station) {
        struct rig *rig = userdata;

        assert_ptr_equal(station, rig->stations[0]);
        rig->n_labels++;
}

static const char *printer_of(void *userdata, const char *station) {
        struct rig *rig = userdata;

        assert_string_equal(station, "pack-1");
        return rig->printer;
}

static void on_rolled_back(void *userdata) {
        struct rig *rig = userdata;

        for (size_t i = 0; i < STATIONS; i++)
                if (rig->stations[i])
                        station_reload(rig->stations[i]);
}

static void on_committed(void *userdata) {
        ((struct rig *)userdata)->n_commits++;
}

static void settle(struct rig *rig) {
        int r;

        do
                r = sd_event_run(rig->event, 0);
        while (r > 0);
        assert_int_equal(r, 0);
}

static void scan_at(struct rig *rig, size_t station, const char *code) {
        station_scan(rig->stations[station], slice_of(code), on_reply, rig);
}

static void scan(struct rig *rig, const char *code) {
        scan_at(rig, 0, code);
}

static void said(struct rig *rig, const char *wanted) {
        assert_string_equal(bytes_str(&rig->said), wanted);
        bytes_clear(&rig->said);
}

/* Scans that are good, each committed. */
static void go(struct rig *rig, const char *const *codes, size_t n) {
        for (size_t i = 0; i < n; i++) {
                scan(rig, codes[i]);
                settle(rig);
                if (strcmp(bytes_str(&rig->said), "pack-1 good;") != 0)
                        fail_msg("%s: %s %s", codes[i], bytes_str(&rig->said),
                                 station_screen(rig->stations[0])->message);
                bytes_clear(&rig->said);
        }
        rig->n_commits = 0;
        rig->seq = ledger_committed_seq(rig->shop.ledger);
}
#define GO(rig, ...)                                                                               \
        do {                                                                                       \
                static const char *const codes_[] = { __VA_ARGS__ };                               \
                go(rig, codes_, ARRAY_LEN(codes_));                                                \
        } while (0)

static uint64_t written(struct rig *rig) {
        return ledger_committed_seq(rig->shop.ledger) - rig->seq;
}

static const char *message(struct rig *rig) {
        return station_screen(rig->stations[0])->message;
}

static void open_station(struct rig *rig, size_t i) {
        const struct station_owner owner = { rig, on_label_queued, printer_of };

        assert_int_equal(station_new(&rig->config[i], rig->shop.ledger, rig->turn, &owner,
                                     &rig->stations[i]),
                         0);
}

static int set_up(void **state) {
        static const char *const names[STATIONS] = { "pack-1", "pack-2" };
        struct rig *rig = calloc(1, sizeof(*rig));

        assert_non_null(rig);
        shop_open(&rig->shop);
        rig->printer = "dock";
        assert_true(sd_event_new(&rig->event) >= 0);
        assert_int_equal(turn_new(rig->event, rig->shop.ledger, on_rolled_back, rig, &rig->turn),
                         0);
        turn_on_commit(rig->turn, on_committed, rig);
        for (size_t i = 0; i < STATIONS; i++) {
                rig->config[i].flow = rig->shop.settings;
                memcpy(rig->config[i].flow.station, names[i], strlen(names[i]) + 1);
                open_station(rig, i);
        }
        rig->seq = ledger_committed_seq(rig->shop.ledger);
        *state = rig;
        return 0;
}

static int tear_down(void **state) {
        struct rig *rig = *state;

        turn_free(rig->turn);
        for (size_t i = 0; i < STATIONS; i++)
                station_free(rig->stations[i]);
        sd_event_unref(rig->event);
        shop_close(&rig->shop);
        bytes_fini(&rig->said);
        free(rig);
        return 0;
}

/* ---- feedback and commit -------------------------------------------------------------------- */

static void feedback_comes_after_the_commit_and_in_order(void **state) {
        struct rig *rig = *state;

        scan(rig, "OP-1");
        scan(rig, "SO-1");
        scan(rig, "A-01");
        scan(rig, "CUP"); /* the wrong item: refused, and recorded as an exception */
        said(rig, "");
        assert_int_equal(written(rig), 0);
        settle(rig);
        said(rig, "pack-1 good;pack-1 good;pack-1 good;pack-1 bad;");
        assert_int_equal(rig->n_commits, 1);
        assert_int_equal(written(rig), 3);
        assert_int_equal(station_n_scans(rig->stations[0], FEEDBACK_GOOD), 3);
        assert_int_equal(station_n_scans(rig->stations[0], FEEDBACK_BAD), 1);
}

static void stations_share_a_turn_and_keep_their_places(void **state) {
        struct rig *rig = *state;

        scan_at(rig, 0, "OP-1");
        scan_at(rig, 1, "OP-2");
        scan_at(rig, 0, "SO-1");
        scan_at(rig, 1, "SO-2");
        said(rig, "");
        settle(rig);
        said(rig, "pack-1 good;pack-2 good;pack-1 good;pack-2 good;");
        assert_int_equal(rig->n_commits, 1);
        assert_string_equal(station_state(rig->stations[0])->order, "SO-1");
        assert_string_equal(station_state(rig->stations[1])->order, "SO-2");
}

static void what_records_nothing_is_answered_at_once(void **state) {
        struct rig *rig = *state;

        scan(rig, "T$LOGOUT"); /* nobody is logged in */
        said(rig, "pack-1 bad;");
        station_refuse(rig->stations[0], "half a scan", on_reply, rig);
        said(rig, "pack-1 bad;");
        assert_string_equal(message(rig), "half a scan");
        settle(rig);
        assert_int_equal(rig->n_commits, 0);
        assert_int_equal(written(rig), 0);
}

static void a_refused_frame_waits_for_those_before_it(void **state) {
        struct rig *rig = *state;

        scan(rig, "OP-1");
        station_refuse(rig->stations[0], "half a scan", on_reply, rig);
        said(rig, "");
        /* another station's wait is not this one's */
        station_refuse(rig->stations[1], "half a scan", on_reply, rig);
        said(rig, "pack-2 bad;");
        settle(rig);
        said(rig, "pack-1 good;pack-1 bad;");
        assert_int_equal(written(rig), 1);
}

static void bytes_that_are_no_barcode_are_refused_with_words(void **state) {
        struct rig *rig = *state;

        scan(rig, "OP-1");
        station_scan(rig->stations[0], slice_of("(01)0952\x01"), on_reply, rig);
        station_scan(rig->stations[0], (struct slice) { NULL, 0 }, on_reply, rig);
        settle(rig);
        said(rig, "pack-1 good;pack-1 bad;pack-1 bad;");
        assert_true(message(rig)[0]);
}

static void the_place_outlives_the_program(void **state) {
        struct rig *rig = *state;

        GO(rig, "OP-1", "SO-1", "A-01", "TEA");
        station_free(rig->stations[0]);
        open_station(rig, 0);
        assert_string_equal(station_state(rig->stations[0])->operator_id, "op-1");
        assert_string_equal(station_state(rig->stations[0])->order, "SO-1");
        assert_string_equal(station_state(rig->stations[0])->bin, "A-01");
        GO(rig, "TEA", "A-02", "CUP");
        assert_int_equal(shop_qty(&rig->shop, "order:SO-1", "TEA"), 2000);
}

/* ---- what is undone ------------------------------------------------------------------------- */

static void a_turn_that_fails_is_bad_for_all_and_they_stand_where_they_were(void **state) {
        struct rig *rig = *state;

        GO(rig, "OP-1", "SO-1");
        scan(rig, "A-01");
        scan(rig, "TEA");
        scan_at(rig, 1, "OP-2");
        station_refuse(rig->stations[0], "half a scan", on_reply, rig);
        turn_fail(rig->turn, -EIO);
        said(rig, "pack-1 bad;pack-1 bad;pack-2 bad;pack-1 bad;");
        assert_string_equal(station_state(rig->stations[0])->order, "SO-1");
        assert_string_equal(station_state(rig->stations[0])->bin, "");
        assert_string_equal(station_state(rig->stations[1])->operator_id, "");
        assert_non_null(strstr(message(rig), "not recorded"));
        settle(rig);
        said(rig, "");
        assert_int_equal(written(rig), 0);
        assert_int_equal(shop_qty(&rig->shop, "order:SO-1", "TEA"), 0);
        GO(rig, "A-01", "TEA");
        assert_int_equal(shop_qty(&rig->shop, "order:SO-1", "TEA"), 1000);
}

static void a_full_disk_is_said_in_words(void **state) {
        struct rig *rig = *state;

        scan(rig, "OP-1");
        turn_fail(rig->turn, -ENOSPC);
        said(rig, "pack-1 bad;");
        assert_non_null(strstr(message(rig), "the disk is full"));
}

/* ---- the trigger held too long -------------------------------------------------------------- */

static void a_repeat_within_the_debounce_time_counts_once(void **state) {
        struct rig *rig = *state;

        rig->config[0].debounce_ms = 10000;
        station_configure(rig->stations[0], &rig->config[0]);
        GO(rig, "OP-1", "SO-1", "A-01");
        scan(rig, "TEA");
        scan(rig, "TEA");
        said(rig, ""); /* the repeat waits too */
        settle(rig);
        said(rig, "pack-1 good;pack-1 good;");
        scan(rig, "TEA");
        said(rig, "pack-1 good;");
        assert_int_equal(shop_qty(&rig->shop, "order:SO-1", "TEA"), 1000);
        GO(rig, "A-01", "TEA");
        assert_int_equal(shop_qty(&rig->shop, "order:SO-1", "TEA"), 2000);
}

static void without_a_debounce_time_each_scan_counts(void **state) {
        struct rig *rig = *state;

        GO(rig, "OP-1", "SO-1", "A-01", "TEA", "TEA");
        assert_int_equal(shop_qty(&rig->shop, "order:SO-1", "TEA"), 2000);
}

static void after_the_debounce_time_it_is_a_scan_again(void **state) {
        struct rig *rig = *state;
        int64_t end_ms;

        rig->config[0].debounce_ms = 5;
        station_configure(rig->stations[0], &rig->config[0]);
        GO(rig, "OP-1", "SO-1", "A-01", "TEA");
        end_ms = clock_mono_ms() + 6;
        while (clock_mono_ms() <= end_ms)
                settle(rig);
        GO(rig, "TEA");
        assert_int_equal(shop_qty(&rig->shop, "order:SO-1", "TEA"), 2000);
}

/* The person scans again what was lost: that is no repeat. */
static void a_scan_that_was_lost_may_be_scanned_again_at_once(void **state) {
        struct rig *rig = *state;

        rig->config[0].debounce_ms = 10000;
        station_configure(rig->stations[0], &rig->config[0]);
        GO(rig, "OP-1", "SO-1", "A-01");
        scan(rig, "TEA");
        turn_fail(rig->turn, -EIO);
        said(rig, "pack-1 bad;");
        scan(rig, "TEA");
        settle(rig);
        said(rig, "pack-1 good;");
        assert_int_equal(shop_qty(&rig->shop, "order:SO-1", "TEA"), 1000);
}

/* ---- labels --------------------------------------------------------------------------------- */

/* What has been counted of an item, at the station; -1: it was not seen. */
static int64_t counted(struct rig *rig, const char *sku) {
        struct ledger_counted row;

        for (int n = 0; ledger_counted(rig->shop.ledger, "pack-1", n, &row) == 0; n++)
                if (strcmp(row.sku, sku) == 0)
                        return row.qty_milli;
        return -1;
}

static void a_count_of_none_that_is_taken_back_was_not_seen(void **state) {
        struct rig *rig = *state;

        GO(rig, "T$COUNT", "A-02", "T$QTY0", "CUP");
        assert_int_equal(counted(rig, "CUP"), 0);
        GO(rig, "T$UNDO");
        assert_int_equal(counted(rig, "CUP"), -1);
        GO(rig, "T$QTY3", "CUP");
        assert_int_equal(counted(rig, "CUP"), 3000);
        GO(rig, "T$UNDO");
        assert_int_equal(counted(rig, "CUP"), -1);
}

static void pick(struct rig *rig, const char *order) {
        GO(rig, "OP-1");
        shop_adopt(&rig->shop, order);
        GO(rig, "SO-L", "A-01");
        scan(rig, "TEA");
}

static void the_last_pick_queues_the_label_for_the_stations_printer(void **state) {
        struct rig *rig = *state;
        struct ledger_job job;
        char label[32] = "";

        pick(rig, "{\"type\":\"order\",\"order\":\"SO-L\",\"lines\":[{\"line\":1,\"sku\":\"TEA\","
                  "\"qty\":1,\"location\":\"A-01\"}],\"label\":{\"zpl\":\"^XA^FDhi^FS^XZ\"}}");
        assert_int_equal(rig->n_labels, 1);
        said(rig, "");
        settle(rig);
        said(rig, "pack-1 good;");
        assert_int_equal(ledger_job_next(rig->shop.ledger, "dock", &job), 0);
        assert_string_equal(job.order, "SO-L");
        assert_string_equal(job.station, "pack-1");
        assert_string_equal(job.label, "zpl");
        assert_int_equal(ledger_job_read(rig->shop.ledger, job.job, 0, label, sizeof(label) - 1),
                         strlen("^XA^FDhi^FS^XZ"));
        assert_string_equal(label, "^XA^FDhi^FS^XZ");
}

static void a_label_of_a_turn_that_fails_is_not_queued(void **state) {
        struct rig *rig = *state;
        struct ledger_job job;

        pick(rig, "{\"type\":\"order\",\"order\":\"SO-L\",\"lines\":[{\"line\":1,\"sku\":\"TEA\","
                  "\"qty\":1,\"location\":\"A-01\"}],\"label\":{\"zpl\":\"^XA^FDhi^FS^XZ\"}}");
        turn_fail(rig->turn, -EIO);
        said(rig, "pack-1 bad;");
        assert_int_equal(ledger_job_next(rig->shop.ledger, "dock", &job), -ENOENT);
}

static void an_order_without_a_label_prints_none(void **state) {
        struct rig *rig = *state;
        struct ledger_figures figures;

        pick(rig, "{\"type\":\"order\",\"order\":\"SO-L\",\"lines\":[{\"line\":1,\"sku\":\"TEA\","
                  "\"qty\":1,\"location\":\"A-01\"}]}");
        settle(rig);
        said(rig, "pack-1 good;");
        assert_int_equal(ledger_figures(rig->shop.ledger, &figures), 0);
        assert_int_equal(figures.n_waiting_jobs, 0);
}

static int keep_exception(void *userdata, const struct ledger_exception *exception) {
        *(struct ledger_exception *)userdata = *exception;
        return 0;
}

/* The pick stands, people are told, nothing is printed. */
static void no_label(struct rig *rig, const char *order, const char *why) {
        struct ledger_exception exception = { 0 };
        struct ledger_figures figures;

        pick(rig, order);
        settle(rig);
        said(rig, "pack-1 attention;");
        assert_non_null(strstr(message(rig), "no label"));
        assert_int_equal(shop_qty(&rig->shop, "order:SO-L", "TEA"), 1000);
        assert_int_equal(
                ledger_exceptions_each(rig->shop.ledger, false, 10, keep_exception, &exception), 0);
        assert_int_equal(exception.last.kind, EXCEPTION_PRINTER_FAULT);
        assert_string_equal(exception.last.order, "SO-L");
        if (!strstr(exception.last.found, why))
                fail_msg("\"%s\" is not in \"%s\"", why, exception.last.found);
        assert_int_equal(ledger_figures(rig->shop.ledger, &figures), 0);
        assert_int_equal(figures.n_waiting_jobs, 0);
        assert_int_equal(figures.n_open_exceptions, 1);
}

static void an_unknown_field_of_the_template_is_an_exception_and_attention(void **state) {
        struct rig *rig = *state;

        shop_adopt(&rig->shop, "{\"type\":\"template\",\"name\":\"ship\","
                               "\"zpl\":\"^XA^FD{{tracking}}^FS^XZ\"}");
        no_label(rig,
                 "{\"type\":\"order\",\"order\":\"SO-L\",\"lines\":[{\"line\":1,\"sku\":\"TEA\","
                 "\"qty\":1,\"location\":\"A-01\"}],\"label\":{\"template\":\"ship\","
                 "\"fields\":{\"name\":\"Ada\"}}}",
                 "tracking");
}

static void an_unknown_template_is_an_exception_and_attention(void **state) {
        no_label(*state,
                 "{\"type\":\"order\",\"order\":\"SO-L\",\"lines\":[{\"line\":1,\"sku\":\"TEA\","
                 "\"qty\":1,\"location\":\"A-01\"}],\"label\":{\"template\":\"gone\","
                 "\"fields\":{}}}",
                 "gone");
}

static void what_cannot_be_recorded_undoes_the_whole_turn(void **state) {
        static char long_name[2 * ID_SIZE];
        struct rig *rig = *state;

        memset(long_name, 'x', sizeof(long_name) - 1);
        rig->printer = long_name; /* an owner's bug; the event cannot be made */
        pick(rig, "{\"type\":\"order\",\"order\":\"SO-L\",\"lines\":[{\"line\":1,\"sku\":\"TEA\","
                  "\"qty\":1,\"location\":\"A-01\"}],\"label\":{\"zpl\":\"^XA^XZ\"}}");
        said(rig, "pack-1 bad;");
        assert_int_equal(rig->n_labels, 0);
        settle(rig);
        said(rig, "");
        assert_int_equal(written(rig), 0);
        assert_string_equal(station_state(rig->stations[0])->order, "SO-L");
        rig->printer = "dock";
        GO(rig, "TEA");
        assert_int_equal(rig->n_labels, 1);
}

#define rig_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                rig_test(feedback_comes_after_the_commit_and_in_order),
                rig_test(stations_share_a_turn_and_keep_their_places),
                rig_test(what_records_nothing_is_answered_at_once),
                rig_test(a_refused_frame_waits_for_those_before_it),
                rig_test(bytes_that_are_no_barcode_are_refused_with_words),
                rig_test(the_place_outlives_the_program),
                rig_test(a_turn_that_fails_is_bad_for_all_and_they_stand_where_they_were),
                rig_test(a_full_disk_is_said_in_words),
                rig_test(a_repeat_within_the_debounce_time_counts_once),
                rig_test(without_a_debounce_time_each_scan_counts),
                rig_test(after_the_debounce_time_it_is_a_scan_again),
                rig_test(a_scan_that_was_lost_may_be_scanned_again_at_once),
                rig_test(a_count_of_none_that_is_taken_back_was_not_seen),
                rig_test(the_last_pick_queues_the_label_for_the_stations_printer),
                rig_test(a_label_of_a_turn_that_fails_is_not_queued),
                rig_test(an_order_without_a_label_prints_none),
                rig_test(an_unknown_field_of_the_template_is_an_exception_and_attention),
                rig_test(an_unknown_template_is_an_exception_and_attention),
                rig_test(what_cannot_be_recorded_undoes_the_whole_turn),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
