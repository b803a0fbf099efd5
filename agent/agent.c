/* SPDX-License-Identifier: MIT */
#include "agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "agent/api.h"
#include "agent/devices.h"
#include "agent/printing.h"
#include "agent/syncer.h"
#include "base/clock.h"
#include "base/log.h"
#include "sync/broker_conf.h"

struct station *agent_station(struct agent *agent, const char *name) {
        for (size_t i = 0; i < agent->n_stations; i++)
                if (strcmp(station_name(agent->stations[i]), name) == 0)
                        return agent->stations[i];
        return NULL;
}

/* ---- turns ------------------------------------------------------------------------------------- */

static void on_committed(void *userdata) {
        struct agent *agent = userdata;

        if (agent->jobs_waiting) {
                agent->jobs_waiting = false;
                printing_wake(agent);
        }
        if (agent->syncer)
                syncer_committed(agent->syncer);
}

static void on_rolled_back(void *userdata) {
        struct agent *agent = userdata;

        for (size_t i = 0; i < agent->n_stations; i++)
                station_reload(agent->stations[i]);
}

static void on_label_queued(void *userdata, struct station *station) {
        struct agent *agent = userdata;

        (void)station;
        agent->jobs_waiting = true;
}

/* ---- life -------------------------------------------------------------------------------------- */

static int agent_read_config(struct agent *agent, const char *path, struct bytes *ret_error) {
        int r = str_copy(agent->config_path, sizeof(agent->config_path), path);

        if (r == 0)
                r = config_read(path, &agent->config, ret_error);
        return r;
}

static int agent_open_ledger(struct agent *agent, struct bytes *ret_error) {
        char path[PATH_SIZE + 16];
        struct ledger_options options = {
                .path = path,
                .gateway = agent->config.gateway,
                .version = TALLYMAN_VERSION,
        };

        (void)snprintf(path, sizeof(path), "%s/ledger.db", agent->config.data);
        return ledger_open(&options, &agent->ledger, ret_error);
}

static int agent_add_stations(struct agent *agent) {
        const struct station_owner owner = { agent, on_label_queued, devices_printer_of };
        int r = 0;

        for (size_t i = 0; r == 0 && i < agent->config.n_stations; i++) {
                r = station_new(&agent->config.stations[i], agent->ledger, agent->turn, &owner,
                                &agent->stations[i]);
                agent->n_stations += r == 0;
        }
        return r;
}

/* Scanning comes before whoever looks on, and both before the network. */
static int agent_build(struct agent *agent, struct bytes *ret_error) {
        int r = agent_open_ledger(agent, ret_error);

        if (r != 0)
                return r;
        r = turn_new(agent->event, agent->ledger, on_rolled_back, agent, &agent->turn);
        if (r == 0)
                r = agent_add_stations(agent);
        if (r == 0)
                r = printing_recover(agent);
        if (r == 0)
                r = devices_start(agent);
        if (r == 0)
                r = api_new(agent, &agent->api, ret_error);
        if (r == 0 && agent->config.has_broker)
                r = syncer_new(agent->event, &agent->config, agent->ledger, agent->turn,
                               devices_write, agent, &agent->syncer);
        if (r == 0)
                turn_on_commit(agent->turn, on_committed, agent);
        return r;
}

int agent_init(struct agent *agent, const char *path, struct bytes *ret_error, bool *ret_usage) {
        int r = agent_read_config(agent, path, ret_error);

        *ret_usage = r > 0;
        if (r != 0)
                return r;
        agent->started_ms = clock_mono_ms();
        r = sd_event_default(&agent->event);
        if (r >= 0)
                r = agent_build(agent, ret_error);
        if (r < 0 && ret_error->len == 0)
                bytes_appendf(ret_error, "cannot start: %s\n", strerror(-r));
        if (r == 0)
                printing_wake(agent);
        return r;
}

/* What came until now is answered before anybody goes. */
void agent_fini(struct agent *agent) {
        if (agent->turn && turn_commit(agent->turn) < 0)
                log_error("not recorded: %s", ledger_error(agent->ledger));
        if (agent->turn)
                turn_on_commit(agent->turn, NULL, NULL);
        api_free(agent->api);
        devices_stop(agent);
        syncer_free(agent->syncer);
        turn_free(agent->turn);
        for (size_t i = 0; i < agent->n_stations; i++)
                station_free(agent->stations[i]);
        ledger_close(agent->ledger);
        sd_event_unref(agent->event);
        *agent = (struct agent) { .event = NULL };
}

/* ---- reload ------------------------------------------------------------------------------------ */

static bool same_devices(const struct config_device *a, const struct config_device *b, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (strcmp(a[i].name, b[i].name) != 0 || strcmp(a[i].station, b[i].station) != 0 ||
                    strcmp(a[i].profile, b[i].profile) != 0 || strcmp(a[i].port, b[i].port) != 0 ||
                    a[i].listen != b[i].listen)
                        return false;
        return true;
}

/* Live: how a station works. Everything else is built at start. */
static bool same_but_stations(const struct config *a, const struct config *b) {
        return strcmp(a->site, b->site) == 0 && strcmp(a->gateway, b->gateway) == 0 &&
               strcmp(a->data, b->data) == 0 && a->has_broker == b->has_broker &&
               broker_conf_same(&a->broker, &b->broker) &&
               a->ack_broker == b->ack_broker && a->window == b->window &&
               a->batch_events == b->batch_events && strcmp(a->api_socket, b->api_socket) == 0 &&
               strcmp(a->api_listen, b->api_listen) == 0 && a->n_stations == b->n_stations &&
               a->n_scanners == b->n_scanners && a->n_printers == b->n_printers &&
               same_devices(a->scanners, b->scanners, a->n_scanners) &&
               same_devices(a->printers, b->printers, a->n_printers);
}

static void agent_apply(struct agent *agent, const struct config *config) {
        bool whole = same_but_stations(&agent->config, config);

        for (size_t i = 0; i < config->n_stations; i++) {
                const struct config_station *wanted = &config->stations[i];
                struct station *station = agent_station(agent, wanted->flow.station);

                if (station)
                        station_configure(station, wanted);
                else
                        whole = false;
        }
        if (whole)
                log_info("configuration read again");
        else
                log_warning("configuration read again: stations work by it now; what else changed "
                            "needs a restart: systemctl restart tallyd");
}

void agent_reload(struct agent *agent) {
        CLEANUP(bytes_fini) struct bytes errors = { 0 };
        struct config *config = calloc(1, sizeof(*config));
        int r = config ? config_read(agent->config_path, config, &errors) : -ENOMEM;

        if (r == 0)
                agent_apply(agent, config);
        else if (r < 0)
                log_error("reload: %s; the old configuration stays", strerror(-r));
        else
                log_error("reload: %s; the old configuration stays", bytes_str(&errors));
        if (config)
                bytes_fini(&config->broker.will);
        free(config);
}
