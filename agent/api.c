/* SPDX-License-Identifier: MIT */
#include "agent/api.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <microhttpd.h>
#include "agent/api_request.h"
#include "base/log.h"

/*
 * libmicrohttpd 0.9.75 without a thread: its epoll descriptor is nested into our loop, MHD_run()
 * does what is due, and MHD_get_timeout() says when it wants to run without being asked (a client's
 * time-out). With no client there is no timer at all.
 *
 * A connection that waits for a commit is suspended. Suspended connections do not time out, and a
 * client that goes is not seen; so nothing waits for longer than a commit or a verification takes.
 * All have to be resumed before MHD_stop_daemon(), which panics otherwise.
 */

enum {
        API_CONNECTIONS_MAX = 32,         /* for each door */
        API_IDLE_S = 30,                  /* a client that says nothing for so long is dropped */
        API_CONNECTION_BYTES = 16 * 1024, /* a request's line and headers */
        API_SWALLOW_MAX = 1024 * 1024,    /* of a body that is refused anyway */
        API_PRIORITY = 50,                /* after scans (-10) and the commit (0) */
};

struct api_door {
        struct api *api;
        struct MHD_Daemon *daemon;
        sd_event_source *io, *timer;
        bool tcp;
};

struct api {
        struct agent *agent;
        struct api_door unix_door, tcp_door;
        struct api_request *suspended;
        struct api_verify *verify;
        char socket[PATH_SIZE]; /* as at start: a reload may change the configuration's */
        bool stopping;
};

struct api_verify *api_verifier(struct api *api) {
        return api->verify;
}

/* ---- a request's life ------------------------------------------------------------------------ */

static void *request_new(void *userdata, const char *target, struct MHD_Connection *connection) {
        struct api_door *door = userdata;
        struct api_request *request = calloc(1, sizeof(*request));

        if (!request)
                return NULL;
        request->api = door->api;
        request->agent = door->api->agent;
        request->door = door;
        request->connection = connection;
        request->content_type = "application/json";
        request->url_error = api_url_parse(target, &request->url);
        return request;
}

static void request_free(void *userdata, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code) {
        struct api_request *request = *context;

        (void)userdata;
        (void)connection;
        (void)code;
        if (!request)
                return;
        bytes_fini(&request->body);
        bytes_fini(&request->answer);
        free(request);
        *context = NULL;
}

static enum MHD_Result request_send(struct api_request *request) {
        static const char no_memory[] =
                "{\"error\":{\"code\":\"no_memory\",\"message\":\"out of memory\","
                "\"hint\":\"\"}}";
        struct MHD_Response *response;
        enum MHD_Result result;
        size_t len = request->answer.len;

        if (bytes_error(&request->answer) < 0) {
                request->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
                request->content_type = "application/json";
                response = MHD_create_response_from_buffer(sizeof(no_memory) - 1,
                                                           (void *)(uintptr_t)no_memory,
                                                           MHD_RESPMEM_PERSISTENT);
        } else
                response = MHD_create_response_from_buffer(len, TAKE(request->answer.data),
                                                           MHD_RESPMEM_MUST_FREE);
        if (!response)
                return MHD_NO;
        (void)MHD_add_response_header(response, "Content-Type", request->content_type);
        (void)MHD_add_response_header(response, "Cache-Control", "no-store");
        (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
        if (request->status == MHD_HTTP_UNAUTHORIZED)
                (void)MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
        if (request->allow)
                (void)MHD_add_response_header(response, "Allow", request->allow);
        result = MHD_queue_response(request->connection, (unsigned)request->status, response);
        MHD_destroy_response(response);
        return result;
}

static const char *request_head(struct api_request *request, const char *name) {
        return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result request_begin(struct api_request *request, const char *method) {
        const char *length = request_head(request, "Content-Length");

        request->begun = true;
        request->method = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ? API_GET
                          : strcmp(method, "POST") == 0                             ? API_POST
                                                                                    : API_OTHER;
        request->head[API_HEAD_HOST] = request_head(request, "Host");
        request->head[API_HEAD_ORIGIN] = request_head(request, "Origin");
        request->head[API_HEAD_AUTHORIZATION] = request_head(request, "Authorization");
        request->body_too_long = length && strtoull(length, NULL, 10) > API_BODY_MAX;
        if (!request->body_too_long)
                return MHD_YES;
        api_refuse(request, MHD_HTTP_CONTENT_TOO_LARGE, "too_large", "",
                   "the body is over %d bytes", API_BODY_MAX);
        return request_send(request); /* before the body comes; the connection closes after it */
}

static enum MHD_Result request_collect(struct api_request *request, const char *data, size_t *len) {
        request->body_seen += *len;
        if (request->body_seen > API_SWALLOW_MAX)
                return MHD_NO;
        if (request->body_seen > API_BODY_MAX)
                request->body_too_long = true;
        else
                bytes_append(&request->body, data, *len);
        *len = 0;
        return MHD_YES;
}

static void request_suspend(struct api_request *request) {
        request->suspended = true;
        request->next = request->api->suspended;
        request->api->suspended = request;
        MHD_suspend_connection(request->connection);
}

static void refuse_stopping(struct api_request *request) {
        api_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE, "stopping", "try again in a moment",
                   "tallyd is stopping");
}

/* libmicrohttpd calls: once with the head, then with each piece of the body, then once with
 * none, and once more after a resume. */
static enum MHD_Result request_access(void *userdata, struct MHD_Connection *connection,
                                      const char *url, const char *method, const char *version,
                                      const char *data, size_t *len, void **context) {
        struct api_request *request = *context;

        (void)userdata;
        (void)connection;
        (void)url;
        (void)version;
        if (!request)
                return MHD_NO;
        if (!request->begun)
                return request_begin(request, method);
        if (*len > 0)
                return request_collect(request, data, len);
        if (!request->dispatched) {
                request->dispatched = true;
                if (request->api->stopping)
                        refuse_stopping(request);
                else
                        api_dispatch(request);
        }
        if (request->status)
                return request_send(request);
        request_suspend(request);
        return MHD_YES;
}

/* ---- doors on the loop ----------------------------------------------------------------------- */

static int door_rearm(struct api_door *door) {
        MHD_UNSIGNED_LONG_LONG timeout_ms;
        int r;

        if (MHD_get_timeout(door->daemon, &timeout_ms) != MHD_YES)
                return sd_event_source_set_enabled(door->timer, SD_EVENT_OFF);
        r = sd_event_source_set_time_relative(door->timer, timeout_ms * 1000);
        return r < 0 ? r : sd_event_source_set_enabled(door->timer, SD_EVENT_ONESHOT);
}

static void door_run(struct api_door *door) {
        (void)MHD_run(door->daemon);
        if (door_rearm(door) < 0)
                log_warning("api: cannot arm the timer of a door, clients that hang stay until "
                            "others come, ignoring");
}

static int on_door_io(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        (void)source;
        (void)fd;
        (void)events;
        door_run(userdata);
        return 0;
}

static int on_door_time(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source;
        (void)usec;
        door_run(userdata);
        return 0;
}

void api_answer(struct api_request *request, int status) {
        struct api_request **at = &request->api->suspended;
        struct api_door *door = request->door;

        request->status = status;
        if (!request->suspended)
                return;
        while (*at != request)
                at = &(*at)->next;
        *at = request->next;
        request->suspended = false;
        MHD_resume_connection(request->connection);
        /* The answer leaves in this turn of the loop, after whoever else has something more
         * urgent. */
        if (sd_event_source_set_time_relative(door->timer, 0) < 0 ||
            sd_event_source_set_enabled(door->timer, SD_EVENT_ONESHOT) < 0)
                door_run(door);
}

void api_refuse(struct api_request *request, int status, const char *code, const char *hint,
                const char *format, ...) {
        struct jsonw w = jsonw_to(&request->answer);
        char message[512];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(message, sizeof(message), format, args);
        va_end(args);
        bytes_clear(&request->answer);
        request->content_type = "application/json";
        jsonw_object(&w, NULL);
        jsonw_object(&w, "error");
        jsonw_string(&w, "code", code);
        jsonw_string(&w, "message", message);
        jsonw_string(&w, "hint", hint);
        jsonw_object_end(&w);
        jsonw_object_end(&w);
        api_answer(request, status);
}

static void PRINTF_LIKE(2, 0) on_mhd_words(void *userdata, const char *format, va_list args) {
        char words[256];

        (void)userdata;
        (void)vsnprintf(words, sizeof(words), format, args);
        words[strcspn(words, "\n")] = '\0';
        log_debug("api: %s", words); /* what clients did wrong on the way */
}

static int door_attach(struct api_door *door) {
        sd_event *event = door->api->agent->event;
        const union MHD_DaemonInfo *info =
                MHD_get_daemon_info(door->daemon, MHD_DAEMON_INFO_EPOLL_FD);
        int r;

        if (!info)
                return -EIO;
        r = sd_event_add_io(event, &door->io, info->epoll_fd, EPOLLIN, on_door_io, door);
        if (r >= 0)
                r = sd_event_source_set_priority(door->io, API_PRIORITY);
        if (r >= 0)
                r = sd_event_add_time(event, &door->timer, CLOCK_MONOTONIC, 0, 1, on_door_time,
                                      door);
        if (r >= 0)
                r = sd_event_source_set_priority(door->timer, API_PRIORITY);
        return r < 0 ? r : door_rearm(door);
}

/* @fd is the daemon's from here on. */
static int door_open(struct api_door *door, int fd, struct bytes *ret_error) {
        const unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
        int r;

        door->daemon = MHD_start_daemon(
                flags, 0, NULL, NULL, request_access, NULL, MHD_OPTION_EXTERNAL_LOGGER,
                on_mhd_words, NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK,
                request_new, door, MHD_OPTION_NOTIFY_COMPLETED, request_free, NULL,
                MHD_OPTION_CONNECTION_LIMIT, (unsigned)API_CONNECTIONS_MAX,
                MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)API_IDLE_S,
                MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)API_CONNECTION_BYTES, MHD_OPTION_END);
        if (!door->daemon) {
                close(fd);
                bytes_append_str(ret_error,
                                 "the local HTTP interface does not start (libmicrohttpd): out of "
                                 "memory or file descriptors");
                return -EIO;
        }
        r = door_attach(door);
        if (r < 0)
                bytes_appendf(ret_error, "the local HTTP interface: %s", strerror(-r));
        return r;
}

static void door_close(struct api_door *door) {
        if (!door->daemon)
                return;
        (void)MHD_run(door->daemon); /* resumed connections get their last answer */
        (void)MHD_run(door->daemon);
        door->io = sd_event_source_disable_unref(door->io);
        door->timer = sd_event_source_disable_unref(door->timer);
        MHD_stop_daemon(door->daemon);
        door->daemon = NULL;
}

bool api_door_is_tcp(const struct api_door *door) {
        return door->tcp;
}

/* ---- the API --------------------------------------------------------------------------------- */

static int open_doors(struct api *api, struct bytes *ret_error) {
        const struct config *config = &api->agent->config;
        int fd, r;

        api->unix_door.api = api->tcp_door.api = api;
        api->tcp_door.tcp = true;
        if (config->api_socket[0]) {
                memcpy(api->socket, config->api_socket, sizeof(api->socket));
                r = api_listen_unix(api->socket, &fd, ret_error);
                if (r == 0)
                        r = door_open(&api->unix_door, fd, ret_error);
                if (r < 0)
                        return r;
        }
        if (config->api_listen[0] == '\0')
                return 0;
        r = api_listen_tcp(config->api_listen, &fd, ret_error);
        return r < 0 ? r : door_open(&api->tcp_door, fd, ret_error);
}

int api_new(struct agent *agent, struct api **ret, struct bytes *ret_error) {
        struct api *api = calloc(1, sizeof(*api));
        int r;

        if (!api) {
                bytes_append_str(ret_error, "out of memory");
                return -ENOMEM;
        }
        api->agent = agent;
        r = api_verify_new(agent, &api->verify);
        if (r < 0)
                bytes_appendf(ret_error, "the local HTTP interface: %s", strerror(-r));
        else
                r = open_doors(api, ret_error);
        if (r < 0) {
                api_free(api);
                return r;
        }
        *ret = api;
        return 0;
}

void api_free(struct api *api) {
        if (!api)
                return;
        /* Whoever waits for the open turn is told by its commit; a failed one is told that. */
        if (api->suspended && turn_commit(api->agent->turn) < 0)
                log_warning("api: the last changes were not recorded: %s",
                            ledger_error(api->agent->ledger));
        api_verify_free(api->verify);
        api->stopping = true; /* what the last runs below still read is not begun */
        while (api->suspended)
                refuse_stopping(api->suspended);
        if (api->unix_door.daemon)
                (void)unlink(api->socket);
        door_close(&api->unix_door);
        door_close(&api->tcp_door);
        free(api);
}
