/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Station: one pick/pack place. Takes scans from its scanners and from the API, runs the workflow step, writes the
 * effects into the turn, and gives the feedback after the commit.
 */

#include "agent/config.h"
#include "agent/turn.h"

struct station;

/* Where the feedback of one scan goes. station_screen() is then the screen after it. */
typedef void station_reply(void *userdata, enum feedback feedback, struct station *station);

struct station_owner {
        void *userdata;
        void (*label_queued)(void *userdata, struct station *station);
        /* Name of the station's printer, "" where it has none. */
        const char *(*printer)(void *userdata, const char *station);
};

MUST_CHECK int station_new(const struct config_station *config, struct ledger *ledger, struct turn *turn,
                           const struct station_owner *owner, struct station **ret);
void station_free(struct station *station);

/* One scan; @reply is called exactly once, after the commit, or at once where nothing was recorded, but never before the
 * replies of earlier scans of this station. */
void station_scan(struct station *station, struct slice raw, station_reply *reply, void *userdata);
/* A frame that was no scan: answers bad, in order. */
void station_refuse(struct station *station, const char *reason, station_reply *reply, void *userdata);

void station_reload(struct station *station); /* after a rollback */

const char *station_name(const struct station *station);
const struct flow_state *station_state(const struct station *station);
/* What the station shows now; made when it is asked for, so that a scan pays nothing for it. */
const struct flow_screen *station_screen(struct station *station);
const struct config_station *station_config(const struct station *station);
/* Settings that a reload may change while the station works. */
void station_configure(struct station *station, const struct config_station *config);
/* The last scan and its feedback, for the API; "" at first. */
struct slice station_last_scan(const struct station *station);
enum feedback station_last_feedback(const struct station *station);
/* Scans answered so since the program started, for the metrics. */
uint64_t station_n_scans(const struct station *station, enum feedback feedback);
