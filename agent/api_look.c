/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/statvfs.h>
#include "agent/api_request.h"
#include "agent/devices.h"
#include "agent/syncer.h"
#include "base/clock.h"

/* ---- stations -------------------------------------------------------------------------------- */

void api_write_screen(struct jsonw *w, const char *key, const struct flow_screen *screen) {
        jsonw_object(w, key);
        jsonw_string(w, "title", screen->title);
        jsonw_string(w, "instruction", screen->instruction);
        jsonw_string(w, "message", screen->message);
        jsonw_string(w, "location", screen->location);
        jsonw_string(w, "sku", screen->sku);
        jsonw_qty(w, "wanted", screen->wanted_milli);
        jsonw_qty(w, "done", screen->done_milli);
        jsonw_int(w, "lines", screen->n_lines);
        jsonw_int(w, "open_lines", screen->n_open_lines);
        jsonw_object_end(w);
}

static void write_last(struct jsonw *w, const struct station *station) {
        struct slice scan = station_last_scan(station);

        jsonw_object(w, "last");
        jsonw_scan(w, "scan", scan);
        if (scan.len)
                jsonw_string(w, "feedback", feedback_name(station_last_feedback(station)));
        else
                jsonw_null(w, "feedback"); /* none since the start */
        jsonw_object_end(w);
}

static void write_station(struct jsonw *w, struct station *station) {
        const struct flow_state *state = station_state(station);

        jsonw_object(w, NULL);
        jsonw_string(w, "name", station_name(station));
        jsonw_string(w, "mode", flow_mode_name(state->mode));
        jsonw_string(w, "operator", state->operator_id);
        jsonw_string(w, "order", state->order);
        jsonw_string(w, "tote", state->tote);
        jsonw_string(w, "bin", state->bin);
        jsonw_string(w, "sku", state->sku);
        if (state->has_qty)
                jsonw_qty(w, "qty", state->qty_milli);
        else
                jsonw_null(w, "qty");
        jsonw_string(w, "reason", state->reason);
        jsonw_uint(w, "recorded", state->n_recorded);
        write_last(w, station);
        api_write_screen(w, "screen", station_screen(station));
        jsonw_object_end(w);
}

void api_get_station(struct api_request *request) {
        struct jsonw w = jsonw_to(&request->answer);
        const char *name = request->url.segments[3];
        struct station *station = agent_station(request->agent, name);

        if (!station) {
                api_refuse(request, 404, "no_station", "tally status names the stations",
                           "no station %s", name);
                return;
        }
        write_station(&w, station);
        api_answer(request, 200);
}

void api_get_stations(struct api_request *request) {
        struct jsonw w = jsonw_to(&request->answer);

        jsonw_object(&w, NULL);
        jsonw_array(&w, "stations");
        for (size_t i = 0; i < request->agent->n_stations; i++)
                write_station(&w, request->agent->stations[i]);
        jsonw_array_end(&w);
        jsonw_object_end(&w);
        api_answer(request, 200);
}

/* ---- devices --------------------------------------------------------------------------------- */

static void write_device(struct jsonw *w, const char *kind, const struct agent_device *device) {
        jsonw_object(w, NULL);
        jsonw_string(w, "name", device->config->name);
        jsonw_string(w, "kind", kind);
        jsonw_string(w, "station", device->config->station);
        jsonw_string(w, "state", devices_word(device));
        jsonw_string(w, "port", devices_port(device));
        jsonw_string(w, "detail", device->detail);
        jsonw_string(w, "profile", devices_profile(device));
        jsonw_string(w, "model", device->model);
        jsonw_string(w, "firmware", device->firmware);
        if (device->firmware[0])
                jsonw_bool(w, "approved", profile_approves(device->profile, device->firmware));
        if (device->printer)
                jsonw_string(w, "cure", printer_state_cure(printer_state(device->printer)));
        jsonw_object_end(w);
}

static void write_devices(struct jsonw *w, const struct agent *agent) {
        jsonw_array(w, "devices");
        for (size_t i = 0; i < agent->n_scanners; i++)
                write_device(w, "scanner", &agent->scanners[i]);
        for (size_t i = 0; i < agent->n_printers; i++)
                write_device(w, "printer", &agent->printers[i]);
        jsonw_array_end(w);
}

void api_get_devices(struct api_request *request) {
        struct jsonw w = jsonw_to(&request->answer);

        jsonw_object(&w, NULL);
        write_devices(&w, request->agent);
        jsonw_object_end(&w);
        api_answer(request, 200);
}

/* ---- status ---------------------------------------------------------------------------------- */

static void write_sync(struct jsonw *w, const struct agent *agent,
                       const struct ledger_figures *figures) {
        struct syncer_status status = { .error = "" };

        if (agent->syncer)
                syncer_status(agent->syncer, &status);
        jsonw_int(w, "backlog",
                  (int64_t)(ledger_committed_seq(agent->ledger) - figures->acked_seq));
        jsonw_object(w, "broker");
        jsonw_bool(w, "configured", agent->syncer != NULL);
        jsonw_bool(w, "up", status.up);
        jsonw_int(w, "protocol", status.protocol);
        jsonw_string(w, "error", status.error ? status.error : "");
        jsonw_bool(w, "hub", status.hub_online);
        jsonw_object_end(w);
        jsonw_object(w, "feed");
        jsonw_string(w, "epoch", status.feed);
        jsonw_uint(w, "seq", status.feed_seq);
        jsonw_object_end(w);
}

static void write_figures(struct jsonw *w, const struct ledger_figures *figures) {
        jsonw_int(w, "items", figures->n_items);
        jsonw_int(w, "locations", figures->n_locations);
        jsonw_int(w, "orders", figures->n_orders);
        jsonw_int(w, "open_orders", figures->n_open_orders);
        jsonw_int(w, "open_exceptions", figures->n_open_exceptions);
        jsonw_int(w, "waiting_jobs", figures->n_waiting_jobs);
        jsonw_int(w, "db_bytes", figures->db_bytes);
        jsonw_int(w, "wal_bytes", figures->wal_bytes);
}

static void write_stations_briefly(struct jsonw *w, const struct agent *agent) {
        jsonw_array(w, "stations");
        for (size_t i = 0; i < agent->n_stations; i++) {
                const struct flow_state *state = station_state(agent->stations[i]);

                jsonw_object(w, NULL);
                jsonw_string(w, "name", station_name(agent->stations[i]));
                jsonw_string(w, "mode", flow_mode_name(state->mode));
                jsonw_string(w, "operator", state->operator_id);
                jsonw_string(w, "order", state->order);
                jsonw_uint(w, "recorded", state->n_recorded);
                jsonw_object_end(w);
        }
        jsonw_array_end(w);
}

void api_get_status(struct api_request *request) {
        const struct agent *agent = request->agent;
        struct jsonw w = jsonw_to(&request->answer);
        struct ledger_figures figures;
        int r = ledger_figures(agent->ledger, &figures);

        if (r < 0) {
                api_refuse_ledger(request, r);
                return;
        }
        jsonw_object(&w, NULL);
        jsonw_string(&w, "version", TALLYMAN_VERSION);
        jsonw_string(&w, "site", agent->config.site);
        jsonw_string(&w, "gateway", agent->config.gateway);
        jsonw_string(&w, "epoch", ledger_epoch(agent->ledger));
        jsonw_uint(&w, "seq", ledger_committed_seq(agent->ledger));
        jsonw_uint(&w, "acked", figures.acked_seq);
        write_sync(&w, agent, &figures);
        jsonw_int(&w, "uptime_s", (clock_mono_ms() - agent->started_ms) / 1000);
        jsonw_time(&w, "time", clock_wall_ms());
        write_figures(&w, &figures);
        write_stations_briefly(&w, agent);
        write_devices(&w, agent);
        jsonw_object_end(&w);
        api_answer(request, 200);
}

/* ---- health ---------------------------------------------------------------------------------- */

enum {
        DISK_BYTES_MIN = 1024 * 1024
}; /* a commit of a full turn and its checkpoint fit with room to spare */

/* Would a scan be recorded? Asked of what it needs, without writing for the question. */
static const char *sickness(const struct agent *agent, const char **ret_hint) {
        struct ledger_figures figures;
        struct statvfs disk;

        *ret_hint = "free some disk space; then it goes on by itself";
        if (statvfs(agent->config.data, &disk) < 0)
                return "the data directory cannot be read";
        if (disk.f_flag & ST_RDONLY) {
                *ret_hint = "look at the card: dmesg; it may be worn out";
                return "the data directory is on a file system that is read-only";
        }
        if ((uint64_t)disk.f_bavail * disk.f_frsize < DISK_BYTES_MIN)
                return "the disk is full";
        *ret_hint = "see journalctl -u tallyd; then tally verify";
        return ledger_figures(agent->ledger, &figures) < 0 ? ledger_error(agent->ledger) : NULL;
}

void api_get_healthz(struct api_request *request) {
        struct jsonw w = jsonw_to(&request->answer);
        const char *hint, *reason = sickness(request->agent, &hint);

        if (reason) {
                api_refuse(request, 503, "unhealthy", hint, "%s", reason);
                return;
        }
        jsonw_object(&w, NULL);
        jsonw_bool(&w, "ok", true);
        jsonw_object_end(&w);
        api_answer(request, 200);
}
