/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Request: one HTTP request on its way through the API, between api.c (which knows libmicrohttpd),
 * the routes and their handlers (which do not).
 *
 * A handler answers at once, or keeps the request and answers later, after a commit or a slice of
 * work: api.c suspends the connection in between. Every request is answered exactly once, with
 * api_answer() or api_refuse(), also when the agent stops.
 */

#include "agent/agent.h"
#include "agent/api_url.h"
#include "base/jsonr.h"
#include "base/jsonw.h"

enum {
        API_BODY_MAX = 64 * 1024,
        API_LIMIT_DEFAULT = 100,
        API_LIMIT_MAX = 1000, /* rows of one answer */
};

enum api_method { API_GET, API_POST, API_OTHER };

struct api;
struct api_door;

struct api_request {
        struct api *api;
        struct agent *agent;
        struct api_door *door;
        void *connection; /* libmicrohttpd's */
        enum api_method method;
        struct api_url url;
        int url_error;       /* of api_url_parse */
        const char *head[3]; /* Host, Origin, Authorization: borrowed, NULL: absent */
        struct bytes body;
        size_t body_seen; /* bytes that came, kept or not */
        bool body_too_long;

        int status; /* HTTP; 0: not answered yet */
        const char *content_type;
        const char *allow; /* of a 405 */
        struct bytes answer;

        bool begun, dispatched, suspended;
        struct api_request *next; /* among the suspended */
};

enum { API_HEAD_HOST, API_HEAD_ORIGIN, API_HEAD_AUTHORIZATION };

bool api_door_is_tcp(const struct api_door *door);

/* Sends what is in request->answer. */
void api_answer(struct api_request *request, int status);
/* {"error":{"code","message","hint"}}; @hint may be "". */
void api_refuse(struct api_request *request, int status, const char *code, const char *hint,
                const char *format, ...) PRINTF_LIKE(5, 6);
/* 503 with the ledger's words for a negative errno of the ledger or of the turn. */
void api_refuse_ledger(struct api_request *request, int error);

/* ?limit= within API_LIMIT_MAX; false: refused already. */
bool api_limit(struct api_request *request, int *ret_limit);
/* The body as a JSON object, a new reference; NULL: refused already. */
json_t *api_body(struct api_request *request);

/* api_door.c: listening sockets. On failure one line for people in @ret_error. */
MUST_CHECK int api_listen_unix(const char *path, int *ret_fd, struct bytes *ret_error);
MUST_CHECK int api_listen_tcp(const char *listen, int *ret_fd, struct bytes *ret_error);

/* api_auth.c: may this TCP request do that? false: refused already. */
bool api_authorised(struct api_request *request);

/* api_routes.c: finds the handler and calls it. */
void api_dispatch(struct api_request *request);

/* api_look.c: what is there */
void api_get_status(struct api_request *request);
void api_get_devices(struct api_request *request);
void api_get_stations(struct api_request *request);
void api_get_station(struct api_request *request);
void api_get_healthz(struct api_request *request);
void api_write_screen(struct jsonw *w, const char *key, const struct flow_screen *screen);

/* api_metrics.c */
void api_get_metrics(struct api_request *request);

/* api_lists.c: what the ledger holds */
void api_get_order(struct api_request *request);
void api_get_stock(struct api_request *request);
void api_get_log(struct api_request *request);
void api_get_exceptions(struct api_request *request);
void api_get_jobs(struct api_request *request);

/* api_act.c: what changes something */
void api_post_scan(struct api_request *request);
void api_post_ack(struct api_request *request);
void api_post_resolve(struct api_request *request);
void api_post_reprint(struct api_request *request);
void api_post_reprint(struct api_request *request);

/* api_verify.c: a long check in slices; one at a time */
struct api_verify;
MUST_CHECK int api_verify_new(struct agent *agent, struct api_verify **ret);
void api_verify_free(struct api_verify *verify); /* a run under way is dropped */
struct api_verify *api_verifier(struct api *api);
void api_get_verify(struct api_request *request);
