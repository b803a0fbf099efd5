/* SPDX-License-Identifier: MIT */
#include "agent/api_request.h"
#include "agent/syncer.h"
#include "base/clock.h"

/* Prometheus text exposition format 0.0.4. Names of stations and devices are [a-z0-9-] or come
 * from the configuration; label values are escaped all the same (backslash, quote, line feed). */

static void metric(struct bytes *out, const char *name, const char *type, const char *help) {
        bytes_appendf(out, "# HELP tallyman_%s %s\n# TYPE tallyman_%s %s\n", name, help, name,
                      type);
}

static void metric_int(struct bytes *out, const char *name, const char *type, const char *help,
                       int64_t value) {
        metric(out, name, type, help);
        bytes_appendf(out, "tallyman_%s %lld\n", name, (long long)value);
}

static void label(struct bytes *out, const char *name, const char *value) {
        bytes_appendf(out, "%s=\"", name);
        for (; *value; value++) {
                if (*value == '\\' || *value == '"')
                        bytes_append_char(out, '\\');
                if (*value == '\n')
                        bytes_append_str(out, "\\n");
                else
                        bytes_append_char(out, *value);
        }
        bytes_append_char(out, '"');
}

static void sample_device(struct bytes *out, const char *name, const char *kind, const char *state,
                          bool ready) {
        bytes_append_str(out, "tallyman_device_ready{");
        label(out, "device", name);
        bytes_append_char(out, ',');
        label(out, "kind", kind);
        bytes_append_char(out, ',');
        label(out, "state", state);
        bytes_appendf(out, "} %d\n", ready);
}

static void devices(struct bytes *out, const struct agent *agent) {
        metric(out, "device_ready", "gauge", "1 when the device works; its state says why not");
        for (size_t i = 0; i < agent->n_scanners; i++) {
                const struct agent_device *entry = &agent->scanners[i];
                bool ready = entry->scanner && scanner_state(entry->scanner) == SCANNER_READY;

                sample_device(out, entry->config->name, "scanner",
                              ready ? "ready"
                              : entry->scanner && scanner_state(entry->scanner) == SCANNER_ABSENT
                                      ? "absent"
                                      : "fault",
                              ready);
        }
        for (size_t i = 0; i < agent->n_printers; i++) {
                const struct agent_device *entry = &agent->printers[i];
                enum printer_state state =
                        entry->printer ? printer_state(entry->printer) : PRINTER_OFFLINE;

                /* A printer is asked only when there is a job: unknown is its state of rest. */
                sample_device(out, entry->config->name, "printer", printer_state_name(state),
                              state == PRINTER_READY || state == PRINTER_UNKNOWN);
        }
}

static void stations(struct bytes *out, const struct agent *agent) {
        metric(out, "scans_total", "counter",
               "scans of a station by their feedback, since tallyd started");
        for (size_t i = 0; i < agent->n_stations; i++)
                for (enum feedback f = FEEDBACK_GOOD; f <= FEEDBACK_ATTENTION; f++) {
                        bytes_append_str(out, "tallyman_scans_total{");
                        label(out, "station", station_name(agent->stations[i]));
                        bytes_append_char(out, ',');
                        label(out, "feedback", feedback_name(f));
                        bytes_appendf(out, "} %llu\n",
                                      (unsigned long long)station_n_scans(agent->stations[i], f));
                }
}

static void figures_out(struct bytes *out, const struct agent *agent,
                        const struct ledger_figures *figures) {
        int64_t last = (int64_t)ledger_committed_seq(agent->ledger),
                acked = (int64_t)figures->acked_seq;

        metric_int(out, "last_seq", "counter", "number of the newest event of the log", last);
        metric_int(out, "acked_seq", "counter",
                   "number of the newest event that the hub has acknowledged", acked);
        metric_int(out, "backlog_events", "gauge", "events that the hub does not have yet",
                   last - acked);
        metric_int(out, "open_orders", "gauge", "orders that are not done", figures->n_open_orders);
        metric_int(out, "open_exceptions", "gauge", "exceptions that nobody resolved",
                   figures->n_open_exceptions);
        metric_int(out, "waiting_jobs", "gauge", "labels that are not printed yet",
                   figures->n_waiting_jobs);
        metric_int(out, "db_bytes", "gauge", "size of the ledger's file", figures->db_bytes);
        metric_int(out, "wal_bytes", "gauge", "size of its write-ahead log", figures->wal_bytes);
}

void api_get_metrics(struct api_request *request) {
        const struct agent *agent = request->agent;
        struct bytes *out = &request->answer;
        struct syncer_status sync = { .up = false };
        struct ledger_figures figures;
        int r = ledger_figures(agent->ledger, &figures);

        if (r < 0) {
                api_refuse_ledger(request, r);
                return;
        }
        if (agent->syncer)
                syncer_status(agent->syncer, &sync);
        metric(out, "info", "gauge", "always 1; its labels say what runs here");
        bytes_append_str(out, "tallyman_info{");
        label(out, "version", TALLYMAN_VERSION);
        bytes_append_char(out, ',');
        label(out, "site", agent->config.site);
        bytes_append_char(out, ',');
        label(out, "gateway", agent->config.gateway);
        bytes_append_str(out, "} 1\n");
        metric_int(out, "uptime_seconds", "counter", "since tallyd started",
                   (clock_mono_ms() - agent->started_ms) / 1000);
        metric_int(out, "connected", "gauge", "1 when the broker is reached", sync.up);
        metric_int(out, "hub_online", "gauge", "1 when the hub says that it is there",
                   sync.hub_online);
        stations(out, agent);
        figures_out(out, agent, &figures);
        devices(out, agent);
        request->content_type = "text/plain; version=0.0.4; charset=utf-8";
        api_answer(request, 200);
}
