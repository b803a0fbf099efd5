/* SPDX-License-Identifier: MIT */

/*
 * The uplink against a hub that follows DESIGN 5.3, over a network that loses, doubles and
 * reorders, with restarts of the gateway (epochs), lost connections and a hub that is put back to
 * an older state. Each seed is one run; the last one is printed, so that a failure can be run
 * again.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "tests/unit/helper_fakelog.h"

enum {
        SEEDS = 400,
        WINDOW = 4,
        BATCH = 7,
        NET_MAX = 256,
        STORM_STEPS = 600,
        CALM_STEPS = 3000, /* 250 ms each: far more than one time-out for each epoch */
        STEP_MS = 250,
};

struct packet {
        bool to_hub;
        uint64_t first, last; /* a batch, */
        struct digest prev;
        int epoch;
        struct ack ack; /* or an ack */
};

struct hub {
        bool seen[FAKELOG_EPOCHS_MAX];
        uint64_t last[FAKELOG_EPOCHS_MAX];
        struct digest hash[FAKELOG_EPOCHS_MAX];
        uint64_t applied; /* events, of all epochs in their order */
};

struct world {
        unsigned random;
        struct fakelog log;
        struct hub hub, snapshot;
        struct uplink *uplink;
        struct packet net[NET_MAX];
        int n_net;
        int room;
        bool up, calm;
        bool names_held; /* the hub answers with what it holds when it cannot place an epoch */
        int64_t now_ms;
};

static unsigned dice(struct world *world, unsigned sides) {
        return (unsigned)rand_r(&world->random) % sides;
}

static void net_send(struct world *world, const struct packet *packet) {
        int copies = world->calm ? 1 : (int)(dice(world, 10) == 0 ? 0 : 1 + (dice(world, 10) == 0));

        while (copies-- > 0 && world->n_net < NET_MAX)
                world->net[world->n_net++] = *packet;
}

static struct packet net_take(struct world *world) {
        int at = world->calm || dice(world, 3) > 0 ? 0 : (int)dice(world, (unsigned)world->n_net);
        struct packet packet = world->net[at];

        world->n_net--;
        memmove(world->net + at, world->net + at + 1,
                (size_t)(world->n_net - at) * sizeof(world->net[0]));
        return packet;
}

/* ---- the hub --------------------------------------------------------------------------------- */

static void hub_ack(struct world *world, int epoch, bool gap) {
        struct packet packet = { .to_hub = false };

        packet.ack.gap = gap;
        fakelog_epoch_name(epoch, packet.ack.epoch);
        if (world->hub.seen[epoch]) {
                packet.ack.through = world->hub.last[epoch];
                packet.ack.hash = world->hub.hash[epoch];
        }
        net_send(world, &packet);
}

/* The epoch that the first event continues from has arrived, up to that point. */
static bool hub_can_place(const struct world *world, int epoch, uint64_t first) {
        const struct hub *hub = &world->hub;

        if (hub->seen[epoch])
                return true;
        if (first != world->log.firsts[epoch])
                return false;
        return epoch == 0 || (hub->seen[epoch - 1] && hub->last[epoch - 1] == first - 1);
}

static void hub_park(struct world *world, int epoch) {
        int held = epoch;

        while (held > 0 && !world->hub.seen[held])
                held--;
        hub_ack(world, world->names_held && world->hub.seen[held] ? held : epoch, true);
}

static void hub_apply(struct world *world, const struct packet *packet) {
        struct hub *hub = &world->hub;
        int epoch = packet->epoch;
        uint64_t next = hub->seen[epoch] ? hub->last[epoch] + 1 : packet->first;

        assert_memory_equal(&packet->prev, &world->log.hashes[packet->first - 1], DIGEST_LEN);
        for (uint64_t seq = next; seq <= packet->last; seq++) {
                assert_int_equal(seq, hub->applied + 1);
                hub->applied = seq;
                hub->last[epoch] = seq;
                hub->hash[epoch] = world->log.hashes[seq];
                hub->seen[epoch] = true;
        }
}

static void hub_take(struct world *world, const struct packet *packet) {
        const struct hub *hub = &world->hub;

        if (!hub_can_place(world, packet->epoch, packet->first)) {
                hub_park(world, packet->epoch);
        } else if (hub->seen[packet->epoch] && packet->first > hub->last[packet->epoch] + 1) {
                hub_ack(world, packet->epoch, true);
        } else {
                hub_apply(world, packet);
                hub_ack(world, packet->epoch, false);
        }
}

/* ---- the gateway ----------------------------------------------------------------------------- */

static int on_log(void *ctx, struct slice payload, int *ret_id) {
        struct world *world = ctx;
        struct packet packet = { .to_hub = true };
        struct batch_header header;
        struct jsonr_error error;
        struct slice lines;
        static int id;

        if (world->room == 0)
                return -EAGAIN;
        world->room--;
        assert_int_equal(batch_read_header(payload, &header, &lines, &error), 0);
        /* From the mark on, no more than the window allows. */
        assert_true(header.first > world->log.mark);
        assert_true(header.last - world->log.mark <= WINDOW * BATCH);
        packet.first = header.first;
        packet.last = header.last;
        packet.prev = header.prev;
        packet.epoch = fakelog_epoch_number(header.epoch);
        net_send(world, &packet);
        *ret_id = ++id;
        return 0;
}

static int on_now(void *ctx, struct slice payload) {
        (void)ctx;
        (void)payload;
        return 0;
}

static size_t on_payload_max(void *ctx) {
        (void)ctx;
        return 1 << 20;
}

static void on_trouble(void *ctx, enum uplink_trouble trouble, const char *words) {
        const struct world *world = ctx;

        (void)world;
        (void)trouble;
        fail_msg("trouble: %s", words);
}

static void on_acked(void *ctx, uint64_t through) {
        const struct world *world = ctx;

        assert_true(through <= world->log.n);
}

static void world_connect(struct world *world, bool up) {
        if (world->up == up)
                return;
        world->up = up;
        world->n_net = 0;
        if (up)
                uplink_up(world->uplink, world->now_ms);
        else
                uplink_down(world->uplink);
}

static void world_commit(struct world *world, bool epoch) {
        if (world->log.n + 1 >= FAKELOG_EVENTS_MAX)
                return;
        if (epoch && world->log.n_epochs < FAKELOG_EPOCHS_MAX)
                fakelog_start_epoch(&world->log);
        else
                fakelog_append(&world->log);
        uplink_committed(world->uplink, world->now_ms);
}

static void world_deliver(struct world *world) {
        struct packet packet;

        if (world->n_net == 0)
                return;
        packet = net_take(world);
        if (packet.to_hub)
                hub_take(world, &packet);
        else
                uplink_ack(world->uplink, &packet.ack, world->now_ms);
}

static void world_step(struct world *world) {
        world->now_ms += STEP_MS;
        world->room = 1 + (int)dice(world, 5);
        uplink_room(world->uplink, world->now_ms);
        for (unsigned i = world->calm ? NET_MAX : dice(world, 6); i > 0; i--)
                world_deliver(world);
        uplink_timer(world->uplink, world->now_ms);
}

static void world_storm(struct world *world) {
        for (unsigned i = dice(world, 10); i > 0; i--)
                world_commit(world, false);
        if (dice(world, 60) == 0) { /* the gateway restarts */
                world_connect(world, false);
                world_commit(world, true);
        }
        if (dice(world, 25) == 0)
                world_connect(world, !world->up);
        if (dice(world, 100) == 0)
                world->snapshot = world->hub;
        if (dice(world, 200) == 0) { /* the hub's backup is put back */
                world->hub = world->snapshot;
                world->n_net = 0;
                uplink_hub_online(world->uplink, world->now_ms);
        }
        world_step(world);
}

static void run(struct world *world) {
        const struct uplink_settings settings = { "site", "gw", WINDOW, BATCH, false };
        const struct uplink_transport transport = { world, on_log, on_now, on_payload_max };
        const struct uplink_handler handler = { world, on_trouble, on_acked };
        const struct uplink_store store = fakelog_store(&world->log);
        int i;

        fakelog_start_epoch(&world->log);
        assert_int_equal(uplink_new(&settings, &store, &transport, &handler, &world->uplink), 0);
        world->names_held = dice(world, 2);
        for (i = 0; i < STORM_STEPS; i++)
                world_storm(world);
        world->calm = true;
        world_connect(world, false);
        world_connect(world, true);
        /* A hub that was put back shows by the next event that what it holds does not reach up to
         * it. */
        world_commit(world, true);
        for (i = 0; i < CALM_STEPS && world->log.mark < world->log.n; i++)
                world_step(world);
        assert_int_equal(world->hub.applied, world->log.n);
        assert_int_equal(uplink_acked(world->uplink), world->log.n);
        assert_int_equal(uplink_next_ms(world->uplink), -1);
        uplink_free(world->uplink);
}

static unsigned last_seed;

static int say_seed(void **state) {
        (void)state;
        print_message("the last seed was %u\n", last_seed);
        return 0;
}

static void every_event_arrives_once_and_in_order(void **state) {
        (void)state;
        for (unsigned seed = 1; seed <= SEEDS; seed++) {
                struct world *world = calloc(1, sizeof(*world));

                assert_non_null(world);
                world->random = seed;
                last_seed = seed;
                run(world);
                free(world);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_event_arrives_once_and_in_order),
        };

        return cmocka_run_group_tests(tests, NULL, say_seed);
}
