/* SPDX-License-Identifier: MIT */
#include "agent/syncer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "agent/command.h"
#include "agent/syncer_store.h"
#include "base/clock.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "base/version.h"
#include "sync/link.h"
#include "sync/topic.h"

enum {
        SLOW_MS = 10000,        /* how often a moving mark is kept and shown, at most */
        TIMER_ACCURACY_MS = 100,
        TROUBLE_SIZE = 256,
};

enum topics {
        OWN_STATUS,
        OWN_LOG,
        OWN_NOW,
        OWN_ACK,
        OWN_WANT,
        OWN_FEED,
        OWN_CMD,
        OWN_REPLY,
        SITE_FEED,
        HUB_STATUS,
        N_TOPICS
};

static const struct {
        enum topic_kind kind;
        bool of_gateway;
        bool subscribe;
} topics[N_TOPICS] = {
        [OWN_STATUS] = { TOPIC_STATUS, true, false },
        [OWN_LOG] = { TOPIC_LOG, true, false },
        [OWN_NOW] = { TOPIC_NOW, true, false },
        [OWN_ACK] = { TOPIC_ACK, true, true },
        [OWN_WANT] = { TOPIC_WANT, true, false },
        [OWN_FEED] = { TOPIC_GW_FEED, true, true },
        [OWN_CMD] = { TOPIC_CMD, true, true },
        [OWN_REPLY] = { TOPIC_REPLY, true, false },
        [SITE_FEED] = { TOPIC_FEED, false, true },
        [HUB_STATUS] = { TOPIC_HUB_STATUS, false, true },
};

enum hub { HUB_UNKNOWN, HUB_OFFLINE, HUB_ONLINE };

struct syncer {
        struct ledger *ledger;
        struct turn *turn;
        void (*devices)(void *userdata, struct bytes *out);
        void *userdata;
        char topic[N_TOPICS][TOPIC_SIZE];

        struct link *link;
        struct uplink *uplink;
        struct downlink *downlink;
        struct syncer_store store;
        sd_event_source *timer; /* of uplink and downlink */
        sd_event_source *slow;  /* keeps the mark, shows seq and acked; runs only while they move */
        bool slow_armed;

        enum hub hub;
        bool status_due;
        uint64_t shown_seq, shown_acked; /* in the last status */
        char trouble[TROUBLE_SIZE];      /* of the uplink, until an ack comes */
        struct bytes scratch;
};

/* ---- timers -------------------------------------------------------------------------------- */

static int64_t earlier(int64_t a, int64_t b) {
        if (a < 0 || b < 0)
                return a < 0 ? b : a;
        return a < b ? a : b;
}

static void syncer_arm(struct syncer *syncer) {
        int64_t next = earlier(uplink_next_ms(syncer->uplink), downlink_next_ms(syncer->downlink));
        int r = 0;

        if (next >= 0)
                r = sd_event_source_set_time(syncer->timer, (uint64_t)next * 1000);
        if (r >= 0)
                r = sd_event_source_set_enabled(syncer->timer,
                                                next >= 0 ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
        if (r < 0)
                log_warning("sync: cannot set a timer: %s", strerror(-r));
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        struct syncer *syncer = userdata;
        int64_t now_ms = clock_mono_ms();

        (void)source;
        (void)usec;
        uplink_timer(syncer->uplink, now_ms);
        downlink_timer(syncer->downlink, now_ms);
        syncer_arm(syncer);
        return 0;
}

static bool syncer_is_moving(const struct syncer *syncer) {
        return syncer->store.mark_dirty || syncer->shown_acked != syncer->store.mark ||
               syncer->shown_seq != ledger_committed_seq(syncer->ledger);
}

static void syncer_arm_slow(struct syncer *syncer) {
        if (syncer->slow_armed || !link_is_up(syncer->link) || !syncer_is_moving(syncer))
                return;
        if (sd_event_source_set_time_relative(syncer->slow, (uint64_t)SLOW_MS * 1000) >= 0 &&
            sd_event_source_set_enabled(syncer->slow, SD_EVENT_ONESHOT) >= 0)
                syncer->slow_armed = true;
}

/* ---- status -------------------------------------------------------------------------------- */

static struct jsonw status_begin(struct bytes *out, const char *state, const char *epoch) {
        struct jsonw w = jsonw_to(out);

        bytes_clear(out);
        jsonw_object(&w, NULL);
        jsonw_int(&w, "v", 1);
        jsonw_string(&w, "state", state);
        jsonw_string(&w, "epoch", epoch);
        return w;
}

/* The will goes out by the broker at a time that nobody here knows, so it has none. */
static int status_write_will(struct bytes *out, const char *epoch) {
        struct jsonw w = status_begin(out, "offline", epoch);

        jsonw_string(&w, "version", TALLYMAN_VERSION);
        jsonw_object_end(&w);
        return bytes_error(out);
}

static int syncer_write_status(struct syncer *syncer, const char *state, struct bytes *out) {
        struct jsonw w = status_begin(out, state, ledger_epoch(syncer->ledger));
        CLEANUP(bytes_fini) struct bytes list = { 0 };

        syncer->shown_seq = ledger_committed_seq(syncer->ledger);
        syncer->shown_acked = syncer->store.mark;
        jsonw_uint(&w, "seq", syncer->shown_seq);
        jsonw_uint(&w, "acked", syncer->shown_acked);
        jsonw_string(&w, "version", TALLYMAN_VERSION);
        jsonw_int(&w, "protocol", link_protocol(syncer->link));
        syncer->devices(syncer->userdata, &list);
        if (bytes_error(&list) < 0)
                return -ENOMEM;
        jsonw_raw(&w, "devices", bytes_slice(&list));
        jsonw_time(&w, "ts", clock_wall_ms());
        jsonw_object_end(&w);
        return bytes_error(out);
}

static int syncer_publish(struct syncer *syncer, enum topics topic, struct slice payload,
                          bool retain) {
        int id;

        return link_publish(syncer->link, syncer->topic[topic], payload, retain, 0, &id);
}

/* Without room it stays due: link_handler.room comes back here. */
static void syncer_show(struct syncer *syncer) {
        int r;

        if (!syncer->status_due || !link_is_up(syncer->link))
                return;
        r = syncer_write_status(syncer, "online", &syncer->scratch);
        if (r == 0)
                r = syncer_publish(syncer, OWN_STATUS, bytes_slice(&syncer->scratch), true);
        syncer->status_due = r == -EAGAIN;
        if (r < 0 && r != -EAGAIN && r != -ENOTCONN)
                log_warning("sync: cannot publish the status: %s", strerror(-r));
}

static int on_slow(sd_event_source *source, uint64_t usec, void *userdata) {
        struct syncer *syncer = userdata;

        (void)source;
        (void)usec;
        syncer->slow_armed = false;
        if (syncer_store_keep_mark(&syncer->store) < 0)
                log_warning("sync: cannot keep what the hub has: %s", ledger_error(syncer->ledger));
        syncer->status_due = true;
        syncer_show(syncer);
        return 0;
}

/* ---- uplink and downlink ------------------------------------------------------------------- */

static int on_publish_log(void *ctx, struct slice payload, int *ret_id) {
        struct syncer *syncer = ctx;

        return link_publish(syncer->link, syncer->topic[OWN_LOG], payload, false, 0, ret_id);
}

static int on_publish_now(void *ctx, struct slice payload) {
        return syncer_publish(ctx, OWN_NOW, payload, false);
}

static size_t on_payload_max(void *ctx) {
        const struct syncer *syncer = ctx;

        return link_payload_max(syncer->link, syncer->topic[OWN_LOG]);
}

static int on_publish_want(void *ctx, const struct want *want) {
        CLEANUP(bytes_fini) struct bytes payload = { 0 };
        int r = want_write(want, &payload);

        return r < 0 ? r : syncer_publish(ctx, OWN_WANT, bytes_slice(&payload), false);
}

static void on_uplink_trouble(void *ctx, enum uplink_trouble trouble, const char *words) {
        struct syncer *syncer = ctx;

        (void)snprintf(syncer->trouble, sizeof(syncer->trouble), "%s", words);
        if (trouble == UPLINK_FORK)
                log_error("sync: %s", words);
        else
                log_warning("sync: %s", words);
}

static void on_acked(void *ctx, uint64_t through) {
        struct syncer *syncer = ctx;

        (void)through;
        syncer->trouble[0] = '\0';
        syncer_arm_slow(syncer);
}

static void on_downlink_trouble(void *ctx, const char *words) {
        (void)ctx;
        log_warning("sync: %s", words);
}

/* ---- the link ------------------------------------------------------------------------------ */

static void on_up(void *userdata) {
        struct syncer *syncer = userdata;
        int64_t now_ms = clock_mono_ms();

        log_info("sync: connected with MQTT %s", link_protocol(syncer->link) == 5 ? "5" : "3.1.1");
        syncer->hub = HUB_UNKNOWN;
        for (unsigned i = 0; i < N_TOPICS; i++) {
                int r = topics[i].subscribe ? link_subscribe(syncer->link, syncer->topic[i]) : 0;

                if (r < 0)
                        log_warning("sync: cannot subscribe to %s: %s", syncer->topic[i],
                                    strerror(-r));
        }
        syncer->status_due = true;
        syncer_show(syncer);
        uplink_up(syncer->uplink, now_ms);
        downlink_up(syncer->downlink, now_ms);
        syncer_arm(syncer);
}

static void on_down(void *userdata, const char *reason) {
        struct syncer *syncer = userdata;

        log_warning("sync: the connection is gone: %s", reason);
        syncer->hub = HUB_UNKNOWN;
        uplink_down(syncer->uplink);
        downlink_down(syncer->downlink);
        syncer_arm(syncer);
}

static void on_published(void *userdata, int id, bool ok) {
        struct syncer *syncer = userdata;

        uplink_published(syncer->uplink, id, ok, clock_mono_ms());
        syncer_arm(syncer);
}

static void on_room(void *userdata) {
        struct syncer *syncer = userdata;

        syncer_show(syncer);
        uplink_room(syncer->uplink, clock_mono_ms());
        syncer_arm(syncer);
}

static void syncer_take_ack(struct syncer *syncer, struct slice payload) {
        struct jsonr_error error;
        struct ack ack;
        int r = ack_read(payload, &ack, &error);

        if (r == 0)
                uplink_ack(syncer->uplink, &ack, clock_mono_ms());
        else
                log_warning("sync: an ack is ignored: %s", r < 0 ? strerror(-r) : error.text);
}

static enum hub hub_read(struct slice payload) {
        json_t *json CLEANUP(jsonr_unref) = NULL;
        struct jsonr_error error;
        char state[ID_SIZE] = "";

        if (payload.len > WIRE_PAYLOAD_MAX || jsonr_parse(payload, &json, &error) != 0 ||
            jsonr_opt_string(json, "state", state, sizeof(state), &error) != 0)
                return HUB_UNKNOWN;
        return strcmp(state, "online") == 0 ? HUB_ONLINE : HUB_OFFLINE;
}

/* Whatever was sent while the hub was away is lost; what it had retained says no such thing. */
static void syncer_take_hub_status(struct syncer *syncer, const struct link_message *message) {
        enum hub before = syncer->hub;
        int64_t now_ms = clock_mono_ms();

        syncer->hub = hub_read(message->payload);
        if (syncer->hub != HUB_ONLINE || before == HUB_ONLINE || message->retained)
                return;
        uplink_hub_online(syncer->uplink, now_ms);
        downlink_hub_online(syncer->downlink, now_ms);
}

static void syncer_take_command(struct syncer *syncer, struct slice payload) {
        const struct command_facts facts = {
                .epoch = ledger_epoch(syncer->ledger),
                .seq = ledger_committed_seq(syncer->ledger),
                .acked = syncer->store.mark,
        };
        int r;

        bytes_clear(&syncer->scratch);
        r = command_answer(payload, &facts, &syncer->scratch);
        if (r == 0)
                r = syncer_publish(syncer, OWN_REPLY, bytes_slice(&syncer->scratch), false);
        if (r < 0)
                log_warning("sync: a command is not answered: %s", strerror(-r));
}

static void on_message(void *userdata, const struct link_message *message) {
        struct syncer *syncer = userdata;
        unsigned topic = 0;

        while (topic < N_TOPICS && strcmp(message->topic, syncer->topic[topic]) != 0)
                topic++;
        if (topic == OWN_ACK)
                syncer_take_ack(syncer, message->payload);
        else if (topic == OWN_FEED || topic == SITE_FEED)
                downlink_batch(syncer->downlink, message->payload, clock_mono_ms());
        else if (topic == HUB_STATUS)
                syncer_take_hub_status(syncer, message);
        else if (topic == OWN_CMD)
                syncer_take_command(syncer, message->payload);
        syncer_arm(syncer);
}

/* ---- life ---------------------------------------------------------------------------------- */

static int syncer_make_topics(struct syncer *syncer, const struct config *config) {
        for (unsigned i = 0; i < N_TOPICS; i++) {
                int r = topic_make(syncer->topic[i], config->site, topics[i].kind,
                                   topics[i].of_gateway ? config->gateway : NULL);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int syncer_add_timer(struct syncer *syncer, sd_event *event, sd_event_time_handler_t handler,
                            sd_event_source **ret) {
        int r;

        /* The clock of clock_mono_ms. */
        r = sd_event_add_time(event, ret, CLOCK_BOOTTIME, 0, (uint64_t)TIMER_ACCURACY_MS * 1000,
                              handler, syncer);
        if (r >= 0)
                r = sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
        return r < 0 ? r : 0;
}

static int syncer_add_lanes(struct syncer *syncer, const struct config *config) {
        const struct uplink_store up_store = syncer_store_uplink(&syncer->store);
        const struct downlink_store down_store = syncer_store_downlink(&syncer->store);
        const struct uplink_transport up = { syncer, on_publish_log, on_publish_now,
                                             on_payload_max };
        const struct downlink_transport down = { syncer, on_publish_want };
        const struct uplink_handler handler = { syncer, on_uplink_trouble, on_acked };
        struct uplink_settings settings = {
                .window = (int)config->window,
                .batch_events = (int)config->batch_events,
                .ack_broker = config->ack_broker,
        };
        int r;

        memcpy(settings.site, config->site, sizeof(settings.site));
        memcpy(settings.gateway, config->gateway, sizeof(settings.gateway));
        r = uplink_new(&settings, &up_store, &up, &handler, &syncer->uplink);
        if (r == 0)
                r = downlink_new(&down_store, &down, on_downlink_trouble, syncer,
                                 &syncer->downlink);
        return r;
}

static int syncer_add_link(struct syncer *syncer, sd_event *event, const struct config *config) {
        const struct link_handler handler = { on_up, on_down, on_message, on_published, on_room };
        struct link_config link = config->broker;
        int r;

        (void)snprintf(link.client_id, sizeof(link.client_id), "tally-%s-%s", config->site,
                       config->gateway);
        link.will = (struct bytes) { 0 };
        r = str_copy(link.will_topic, sizeof(link.will_topic), syncer->topic[OWN_STATUS]);
        if (r == 0)
                r = status_write_will(&link.will, ledger_epoch(syncer->ledger));
        if (r == 0)
                r = link_new(event, &link, &handler, syncer, &syncer->link);
        if (r < 0)
                bytes_fini(&link.will);
        return r;
}

int syncer_new(sd_event *event, const struct config *config, struct ledger *ledger,
               struct turn *turn, void (*devices)(void *userdata, struct bytes *out),
               void *userdata, struct syncer **ret) {
        struct syncer *syncer = calloc(1, sizeof(*syncer));
        int r;

        if (!syncer)
                return -ENOMEM;
        syncer->ledger = ledger;
        syncer->turn = turn;
        syncer->devices = devices;
        syncer->userdata = userdata;
        r = syncer_make_topics(syncer, config);
        if (r == 0)
                r = syncer_store_init(&syncer->store, ledger, turn);
        if (r == 0)
                r = syncer_add_timer(syncer, event, on_timer, &syncer->timer);
        if (r == 0)
                r = syncer_add_timer(syncer, event, on_slow, &syncer->slow);
        if (r == 0)
                r = syncer_add_lanes(syncer, config);
        if (r == 0)
                r = syncer_add_link(syncer, event, config);
        if (r < 0) {
                syncer_free(syncer);
                return r;
        }
        *ret = syncer;
        return 0;
}

static void syncer_say_goodbye(struct syncer *syncer) {
        if (syncer_store_keep_mark(&syncer->store) < 0 || turn_commit(syncer->turn) < 0)
                log_warning("sync: cannot keep what the hub has: %s", ledger_error(syncer->ledger));
        if (syncer_write_status(syncer, "offline", &syncer->scratch) < 0)
                bytes_clear(&syncer->scratch);
        link_free(syncer->link, bytes_slice(&syncer->scratch));
}

void syncer_free(struct syncer *syncer) {
        if (!syncer)
                return;
        if (syncer->link)
                syncer_say_goodbye(syncer);
        uplink_free(syncer->uplink);
        downlink_free(syncer->downlink);
        sd_event_source_disable_unref(syncer->timer);
        sd_event_source_disable_unref(syncer->slow);
        bytes_fini(&syncer->scratch);
        free(syncer);
}

void syncer_committed(struct syncer *syncer) {
        uplink_committed(syncer->uplink, clock_mono_ms());
        syncer_arm(syncer);
        syncer_arm_slow(syncer);
}

void syncer_devices_changed(struct syncer *syncer) {
        syncer->status_due = true;
        syncer_show(syncer);
}

void syncer_status(const struct syncer *syncer, struct syncer_status *ret) {
        *ret = (struct syncer_status) {
                .up = link_is_up(syncer->link),
                .protocol = link_protocol(syncer->link),
                .last_seq = ledger_committed_seq(syncer->ledger),
                .acked_seq = syncer->store.mark,
                .hub_online = syncer->hub == HUB_ONLINE,
        };
        ret->error = ret->up ? syncer->trouble : link_last_error(syncer->link);
        if (ledger_feed_position(syncer->ledger, ret->feed, &ret->feed_seq) < 0)
                ret->feed_seq = 0;
}
