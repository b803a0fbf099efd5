/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include "agent/api_request.h"
#include "base/log.h"

/*
 * Who may do what through the TCP door: everybody who holds the token of one of the stations may
 * look at everything and scan at that station. Token files are read at each request, so that a
 * changed token needs no reload; they are a few bytes, and requests over TCP are rare.
 */

enum {
        TOKEN_SIZE = 257,
        TOKEN_LEN_MIN = 16, /* shorter ones can be guessed over a network, and are not used */
};

/* The first line, without spaces around it. "" when there is none that is fit. */
static void token_read(const char *path, char ret_token[TOKEN_SIZE]) {
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        ssize_t n = fd < 0 ? -1 : read(fd, ret_token, TOKEN_SIZE - 1);

        if (fd >= 0)
                close(fd);
        else
                log_warning("api: cannot read token_file %s: %s", path, strerror(errno));
        ret_token[n > 0 ? n : 0] = '\0';
        ret_token[strcspn(ret_token, " \t\r\n")] = '\0';
        if (n > 0 && strlen(ret_token) < TOKEN_LEN_MIN) {
                log_warning("api: token_file %s: a token has at least %d characters; not used",
                            path, TOKEN_LEN_MIN);
                ret_token[0] = '\0';
        }
}

static bool token_matches(const struct config_station *config, const char *token) {
        char own[TOKEN_SIZE];
        size_t len = strlen(token);
        bool match;

        if (config->token_file[0] == '\0')
                return false;
        token_read(config->token_file, own);
        match = own[0] && strlen(own) == len && CRYPTO_memcmp(own, token, len) == 0;
        OPENSSL_cleanse(own, sizeof(own));
        return match;
}

/* The station whose token the request carries, or NULL. */
static const struct station *token_station(const struct api_request *request) {
        static const char scheme[] = "Bearer ";
        const char *authorization = request->head[API_HEAD_AUTHORIZATION];
        const struct station *found = NULL;

        if (!authorization || strncmp(authorization, scheme, sizeof(scheme) - 1) != 0)
                return NULL;
        for (size_t i = 0; i < request->agent->n_stations; i++)
                if (token_matches(station_config(request->agent->stations[i]),
                                  authorization + sizeof(scheme) - 1))
                        found = request->agent->stations[i];
        return found;
}

/* api/v1/stations/{id}/… */
static bool is_own_station(const struct api_url *url, const struct station *station) {
        return url->n_segments >= 4 && strcmp(url->segments[2], "stations") == 0 &&
               strcmp(url->segments[3], station_name(station)) == 0;
}

static bool is_healthz(const struct api_request *request) {
        return request->method == API_GET && request->url.n_segments == 1 &&
               strcmp(request->url.segments[0], "healthz") == 0;
}

bool api_authorised(struct api_request *request) {
        const char *host = request->head[API_HEAD_HOST];
        const struct station *station;
        char listen_host[128], port[6];

        if (api_listen_parse(request->agent->config.api_listen, listen_host, sizeof(listen_host),
                             port) < 0)
                listen_host[0] = '\0';
        if (!api_host_allowed(host, listen_host) ||
            !api_origin_allowed(request->head[API_HEAD_ORIGIN], host)) {
                api_refuse(request, 403, "foreign_page",
                           "open it under its own address, as in [api] listen",
                           "this Host or Origin is not this gateway");
                return false;
        }
        if (is_healthz(request))
                return true;
        station = token_station(request);
        if (!station) {
                api_refuse(request, 401, "unauthorised",
                           "send Authorization: Bearer TOKEN, with the token in a station's "
                           "token_file",
                           "no valid token");
                return false;
        }
        if (request->method == API_GET || is_own_station(&request->url, station))
                return true;
        api_refuse(request, 403, "forbidden", "use tally on the gateway",
                   "the token of station %s is for that station only", station_name(station));
        return false;
}
