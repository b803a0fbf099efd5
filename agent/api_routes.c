/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include "agent/api_request.h"

struct api_route {
        enum api_method method;
        const char *path; /* "*" stands for one segment */
        void (*handle)(struct api_request *request);
};

static const struct api_route routes[] = {
        { API_GET, "healthz", api_get_healthz },
        { API_GET, "metrics", api_get_metrics },
        { API_GET, "api/v1/status", api_get_status },
        { API_GET, "api/v1/devices", api_get_devices },
        { API_GET, "api/v1/stations", api_get_stations },
        { API_GET, "api/v1/stations/*", api_get_station },
        { API_GET, "api/v1/orders/*", api_get_order },
        { API_GET, "api/v1/stock", api_get_stock },
        { API_GET, "api/v1/log", api_get_log },
        { API_GET, "api/v1/exceptions", api_get_exceptions },
        { API_GET, "api/v1/jobs", api_get_jobs },
        { API_GET, "api/v1/verify", api_get_verify },
        { API_POST, "api/v1/stations/*/scan", api_post_scan },
        { API_POST, "api/v1/exceptions/*/ack", api_post_ack },
        { API_POST, "api/v1/exceptions/*/resolve", api_post_resolve },
        { API_POST, "api/v1/jobs/*/reprint", api_post_reprint },
};

static bool route_matches(const char *path, const struct api_url *url) {
        for (size_t i = 0; i < url->n_segments; i++) {
                size_t len = strcspn(path, "/");

                if (len == 0)
                        return false;
                if (!(len == 1 && *path == '*') &&
                    (strlen(url->segments[i]) != len || strncmp(path, url->segments[i], len) != 0))
                        return false;
                path += len + (path[len] == '/');
        }
        return *path == '\0';
}

static const struct api_route *route_find(const struct api_request *request,
                                          const char **ret_allow) {
        for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
                if (!route_matches(routes[i].path, &request->url))
                        continue;
                if (routes[i].method == request->method)
                        return &routes[i];
                *ret_allow = routes[i].method == API_GET ? "GET" : "POST";
        }
        return NULL;
}

static bool is_sound(struct api_request *request) {
        if (request->url_error < 0)
                api_refuse(request, request->url_error == -EINVAL ? 400 : 414, "bad_url", "",
                           "the address is too long, or holds an escape or a character that no "
                           "name has");
        else if (request->body_too_long)
                api_refuse(request, 413, "too_large", "", "the body is over %d bytes",
                           API_BODY_MAX);
        else if (bytes_error(&request->body) < 0)
                api_refuse(request, 503, "no_memory", "try again in a moment", "out of memory");
        return request->status == 0;
}

void api_dispatch(struct api_request *request) {
        const struct api_route *route;
        int r;

        if (!is_sound(request) || (api_door_is_tcp(request->door) && !api_authorised(request)))
                return;
        route = route_find(request, &request->allow);
        if (!route && request->allow) {
                api_refuse(request, 405, "method_not_allowed", "", "use %s here", request->allow);
                return;
        }
        if (!route) {
                api_refuse(request, 404, "not_found", "docs/manual.md lists what there is",
                           "no such address");
                return;
        }
        /* What was written a moment ago through the other door or connection is shown only once
         * it is durable. */
        if (route->method == API_GET && ledger_in_transaction(request->agent->ledger)) {
                r = turn_commit(request->agent->turn);
                if (r < 0) {
                        api_refuse_ledger(request, r);
                        return;
                }
        }
        route->handle(request);
}

void api_refuse_ledger(struct api_request *request, int error) {
        const char *hint = error == -ENOSPC   ? "free some disk space; then it goes on by itself"
                           : error == -ENOMEM ? "try again in a moment"
                                              : "see journalctl -u tallyd; then tally verify";

        api_refuse(request, 503, error == -ENOSPC ? "disk_full" : "ledger", hint,
                   "not recorded: %s",
                   error == -ENOMEM ? "out of memory" : ledger_error(request->agent->ledger));
}

bool api_limit(struct api_request *request, int *ret_limit) {
        uint64_t limit = API_LIMIT_DEFAULT;

        if (api_url_uint(&request->url, "limit", 1, API_LIMIT_MAX, &limit) < 0) {
                api_refuse(request, 400, "bad_limit", "", "limit must be 1 to %d", API_LIMIT_MAX);
                return false;
        }
        *ret_limit = (int)limit;
        return true;
}

json_t *api_body(struct api_request *request) {
        struct jsonr_error error;
        json_t *body = NULL;
        int r = jsonr_parse(bytes_slice(&request->body), &body, &error);

        if (r == 0 && json_is_object(body))
                return body;
        json_decref(body);
        if (r < 0)
                api_refuse(request, 503, "no_memory", "try again in a moment", "out of memory");
        else
                api_refuse(request, 400, "bad_json", "", "the body is not a JSON object%s%s",
                           r ? ": " : "", r ? error.text : "");
        return NULL;
}
