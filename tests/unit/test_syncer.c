/* SPDX-License-Identifier: MIT */

/*
 * The syncer between a link, a turn and a ledger that are this file's own: what it subscribes to
 * and says, in which order, and that the mark costs no transaction for each ack.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "agent/syncer.h"
#include "tests/unit/helper_fakelog.h"

#define FEED "01ARZ3NDEKTSV4RRFFQ69G5FAA"

enum { SENT_MAX = 32, TOPICS_MAX = 16, TOPIC_MAX = 80 };

struct sent {
        char topic[TOPIC_MAX];
        char payload[512]; /* its beginning */
        bool retain;
};

static struct {
        struct fakelog log;
        uint64_t kept_mark;
        bool open;
        int n_commits, n_fails, n_adopted;
        char feed[ULID_SIZE];
        uint64_t feed_seq;

        struct link_handler handler;
        void *userdata;
        bool up, freed;
        char will[512], goodbye[512];
        struct sent sent[SENT_MAX];
        int n_sent;
        char filters[TOPICS_MAX][TOPIC_MAX];
        int n_filters;
        struct syncer *syncer;
} fake;

/* ---- the ledger and the turn ----------------------------------------------------------------- */

const char *ledger_epoch(const struct ledger *ledger) {
        static char name[ULID_SIZE];

        (void)ledger;
        fakelog_epoch_name(fake.log.n_epochs - 1, name);
        return name;
}

const char *ledger_error(const struct ledger *ledger) {
        (void)ledger;
        return "none";
}

uint64_t ledger_committed_seq(const struct ledger *ledger) {
        (void)ledger;
        return fake.log.n;
}

int ledger_acked(struct ledger *ledger, uint64_t *ret_seq) {
        (void)ledger;
        *ret_seq = fake.kept_mark;
        return 0;
}

int ledger_set_acked(struct ledger *ledger, uint64_t seq) {
        (void)ledger;
        assert_true(fake.open);
        fake.kept_mark = seq;
        return 0;
}

int ledger_chain_at(struct ledger *ledger, uint64_t seq, struct digest *ret_hash,
                    char ret_epoch[ULID_SIZE]) {
        struct uplink_store store = fakelog_store(&fake.log);

        (void)ledger;
        return store.chain_at(store.ctx, seq, ret_hash, ret_epoch);
}

int ledger_epoch_first(struct ledger *ledger, const char *epoch, uint64_t *ret_seq) {
        struct uplink_store store = fakelog_store(&fake.log);

        (void)ledger;
        return store.epoch_first(store.ctx, epoch, ret_seq);
}

int ledger_read_batch(struct ledger *ledger, uint64_t from, int max_events, size_t max_bytes,
                      struct ledger_batch *ret_batch, struct bytes *ret_lines) {
        struct uplink_store store = fakelog_store(&fake.log);
        struct uplink_batch batch;
        int r;

        (void)ledger;
        r = store.read_batch(store.ctx, from, max_events, max_bytes, &batch, ret_lines);
        if (r < 0)
                return r;
        memcpy(ret_batch->epoch, batch.epoch, ULID_SIZE);
        ret_batch->first = batch.first;
        ret_batch->last = batch.last;
        ret_batch->prev = batch.prev;
        return 0;
}

int ledger_totals_each(struct ledger *ledger, uint64_t since,
                       int (*each)(void *userdata, const struct ledger_total *total),
                       void *userdata) {
        (void)ledger;
        assert_false(fake.open);
        for (int epoch = fake.log.epoch_of[since + 1]; epoch < fake.log.n_epochs; epoch++) {
                struct ledger_total total = { .sku = "85123A", .sell_milli = -1000 };
                int r;

                fakelog_epoch_name(epoch, total.epoch);
                r = each(userdata, &total);
                if (r != 0)
                        return r;
        }
        return 0;
}

int ledger_feed_adopt(struct ledger *ledger, struct slice entry, char *ret_error,
                      size_t error_size) {
        (void)ledger;
        (void)entry;
        (void)ret_error;
        (void)error_size;
        assert_true(fake.open);
        fake.n_adopted++;
        return 0;
}

int ledger_feed_position(struct ledger *ledger, char ret_feed[ULID_SIZE], uint64_t *ret_seq) {
        (void)ledger;
        memcpy(ret_feed, fake.feed, ULID_SIZE);
        *ret_seq = fake.feed_seq;
        return 0;
}

int ledger_feed_move(struct ledger *ledger, const char *feed, uint64_t seq) {
        (void)ledger;
        assert_true(fake.open);
        fake.feed_seq = seq;
        return str_copy(fake.feed, sizeof(fake.feed), feed);
}

int turn_begin(struct turn *turn) {
        (void)turn;
        fake.open = true;
        return 0;
}

int turn_commit(struct turn *turn) {
        (void)turn;
        if (!fake.open)
                return 0;
        fake.open = false;
        fake.n_commits++;
        syncer_committed(fake.syncer);
        return 0;
}

void turn_fail(struct turn *turn, int error) {
        (void)turn;
        (void)error;
        fake.open = false;
        fake.n_fails++;
}

/* ---- the link -------------------------------------------------------------------------------- */

static void copy_text(char *dst, size_t size, struct slice text) {
        (void)snprintf(dst, size, "%.*s", (int)text.len, (const char *)text.bytes);
}

int link_new(sd_event *event, const struct link_config *config, const struct link_handler *handler,
             void *userdata, struct link **ret) {
        struct bytes will = config->will;

        (void)event;
        assert_string_equal(config->client_id, "tally-leeds-gw-07");
        assert_string_equal(config->will_topic, "tally/v1/leeds/gw-07/status");
        copy_text(fake.will, sizeof(fake.will), bytes_slice(&will));
        bytes_fini(&will);
        fake.handler = *handler;
        fake.userdata = userdata;
        *ret = (struct link *)&fake;
        return 0;
}

void link_free(struct link *link, struct slice goodbye) {
        (void)link;
        fake.freed = true;
        copy_text(fake.goodbye, sizeof(fake.goodbye), goodbye);
}

bool link_is_up(const struct link *link) {
        (void)link;
        assert_false(fake.freed);
        return fake.up;
}

int link_protocol(const struct link *link) {
        (void)link;
        return fake.up ? 5 : 0;
}

const char *link_last_error(const struct link *link) {
        (void)link;
        return "no broker";
}

int link_publish(struct link *link, const char *topic, struct slice payload, bool retain,
                 uint32_t expiry_s, int *ret_id) {
        struct sent *sent = &fake.sent[fake.n_sent];

        (void)link;
        (void)expiry_s;
        assert_true(fake.up && fake.n_sent < SENT_MAX);
        copy_text(sent->topic, sizeof(sent->topic), slice_of(strrchr(topic, '/') + 1));
        copy_text(sent->payload, sizeof(sent->payload), payload);
        sent->retain = retain;
        *ret_id = ++fake.n_sent;
        return 0;
}

int link_subscribe(struct link *link, const char *filter) {
        (void)link;
        assert_true(fake.n_filters < TOPICS_MAX);
        copy_text(fake.filters[fake.n_filters++], TOPIC_MAX, slice_of(filter));
        return 0;
}

size_t link_payload_max(const struct link *link, const char *topic) {
        (void)link;
        (void)topic;
        return 1 << 20;
}

/* ---- the tests ------------------------------------------------------------------------------- */

static void on_devices(void *userdata, struct bytes *out) {
        (void)userdata;
        bytes_append_str(out, "[{\"name\":\"zd\"}]");
}

static int setup(void **state) {
        static struct config config = {
                .site = "leeds", .gateway = "gw-07", .window = 8, .batch_events = 500
        };
        sd_event *event = NULL;

        memset(&fake, 0, sizeof(fake));
        fakelog_start_epoch(&fake.log);
        fakelog_append(&fake.log);
        assert_true(sd_event_new(&event) >= 0);
        assert_int_equal(syncer_new(event, &config, NULL, NULL, on_devices, NULL, &fake.syncer), 0);
        *state = event;
        return 0;
}

static int teardown(void **state) {
        if (!fake.freed)
                syncer_free(fake.syncer);
        sd_event_unref(*state);
        return 0;
}

static void connect_link(void) {
        fake.up = true;
        fake.handler.up(fake.userdata);
}

static void receive_message(const char *topic, const char *payload, bool retained) {
        char full[TOPIC_MAX * 2];
        struct link_message message = { .topic = full,
                                        .payload = slice_of(payload),
                                        .retained = retained };

        (void)snprintf(full, sizeof(full), "tally/v1/leeds/%s", topic);
        fake.handler.message(fake.userdata, &message);
}

static void receive(const char *topic, const char *payload) {
        receive_message(topic, payload, false);
}

static void receive_ack(uint64_t through) {
        CLEANUP(bytes_fini) struct bytes out = { 0 };
        struct ack ack = fakelog_ack(&fake.log, through);

        assert_int_equal(ack_write(&ack, &out), 0);
        receive("gw-07/ack", bytes_str(&out));
}

static void status_totals_log_and_want_go_out_in_this_order(void **state) {
        static const char *const order[] = { "status", "now", "log", "want" };

        (void)state;
        connect_link();
        assert_int_equal(fake.n_sent, ARRAY_LEN(order));
        for (int i = 0; i < fake.n_sent; i++) {
                assert_string_equal(fake.sent[i].topic, order[i]);
                assert_int_equal(fake.sent[i].retain, i == 0);
        }
        assert_non_null(strstr(fake.sent[0].payload, "\"state\":\"online\""));
        assert_non_null(strstr(fake.sent[0].payload, "\"devices\":[{\"name\":\"zd\"}],\"ts\":"));
        assert_non_null(strstr(fake.sent[0].payload, "\"seq\":2,\"acked\":0,"));
        assert_int_equal(fake.n_filters, 5);
        assert_string_equal(fake.filters[0], "tally/v1/leeds/gw-07/ack");
        assert_string_equal(fake.filters[4], "tally/v1/leeds/hub/status");
        assert_non_null(strstr(fake.will, "\"state\":\"offline\""));
}

static void acks_move_the_mark_without_a_commit_each(void **state) {
        struct syncer_status status;

        (void)state;
        connect_link();
        for (uint64_t seq = 2; seq < 50; seq++) {
                fake.n_sent = 0;
                receive_ack(seq);
                fakelog_append(&fake.log);
                syncer_committed(fake.syncer);
                assert_int_equal(fake.n_sent, 1);
        }
        syncer_status(fake.syncer, &status);
        assert_int_equal(status.acked_seq, 49);
        assert_int_equal(status.last_seq, 50);
        assert_int_equal(fake.n_commits, 0);
        syncer_free(fake.syncer);
        assert_int_equal(fake.n_commits, 1);
        assert_int_equal(fake.kept_mark, 49);
        assert_non_null(strstr(fake.goodbye, "\"state\":\"offline\""));
        assert_non_null(strstr(fake.goodbye, "\"acked\":49"));
}

static void the_feed_is_kept_in_a_turn_of_its_own(void **state) {
        static const char batch[] =
                "{\"v\":1,\"site\":\"leeds\",\"feed\":\"" FEED "\",\"first\":1,\"last\":2,"
                "\"compacted\":true,\"sent\":\"2026-11-20T12:00:00.000Z\"}\n{\"a\":1}\n{\"b\":2}\n";
        struct syncer_status status;

        (void)state;
        connect_link();
        fake.open = true; /* scans wait for their commit */
        receive("feed", batch);
        assert_int_equal(fake.n_commits, 2);
        assert_int_equal(fake.n_adopted, 2);
        syncer_status(fake.syncer, &status);
        assert_string_equal(status.feed, FEED);
        assert_int_equal(status.feed_seq, 2);
        receive("gw-07/feed", batch);
        assert_int_equal(fake.n_adopted, 2);
}

static void a_hub_that_comes_back_gets_what_it_missed(void **state) {
        struct syncer_status status;

        (void)state;
        connect_link();
        receive_message("hub/status", "{\"v\":1,\"state\":\"online\"}", true);
        assert_int_equal(fake.n_sent, 4);
        receive("hub/status", "{\"v\":1,\"state\":\"offline\"}");
        syncer_status(fake.syncer, &status);
        assert_false(status.hub_online);
        receive("hub/status", "{\"v\":1,\"state\":\"online\"}");
        assert_string_equal(fake.sent[4].topic, "now");
        assert_string_equal(fake.sent[5].topic, "log");
        syncer_status(fake.syncer, &status);
        assert_true(status.hub_online);
}

static void a_ping_is_answered_on_reply(void **state) {
        (void)state;
        connect_link();
        receive("gw-07/cmd", "{\"id\":\"x\",\"verb\":\"ping\"}");
        assert_string_equal(fake.sent[fake.n_sent - 1].topic, "reply");
        assert_non_null(strstr(fake.sent[fake.n_sent - 1].payload, "\"id\":\"x\",\"ok\":true"));
}

static void messages_that_make_no_sense_change_nothing(void **state) {
        int n_sent;

        (void)state;
        connect_link();
        n_sent = fake.n_sent;
        receive("gw-07/ack", "{}");
        receive("gw-07/ack", "");
        receive("feed", "x");
        receive("hub/status", "[");
        receive("gw-08/ack", "{}");
        assert_int_equal(fake.n_sent, n_sent);
        assert_int_equal(fake.n_commits, 0);
}

static void why_it_is_down_is_said(void **state) {
        struct syncer_status status;

        (void)state;
        connect_link();
        fake.up = false;
        fake.handler.down(fake.userdata, "gone");
        syncer_committed(fake.syncer);
        syncer_devices_changed(fake.syncer);
        syncer_status(fake.syncer, &status);
        assert_false(status.up);
        assert_string_equal(status.error, "no broker");
        assert_int_equal(fake.n_sent, 4);
        connect_link();
        assert_int_equal(fake.n_sent, 8);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(status_totals_log_and_want_go_out_in_this_order,
                                                setup, teardown),
                cmocka_unit_test_setup_teardown(acks_move_the_mark_without_a_commit_each, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(the_feed_is_kept_in_a_turn_of_its_own, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(a_hub_that_comes_back_gets_what_it_missed, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(a_ping_is_answered_on_reply, setup, teardown),
                cmocka_unit_test_setup_teardown(messages_that_make_no_sense_change_nothing, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(why_it_is_down_is_said, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
