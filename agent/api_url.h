/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * URL: a request's target, cut into path segments and parameters, percent-decoded and checked.
 * Pure.
 *
 * Segments are decoded after the cut, so that an order called "A/7" is one segment "A%2F7" and
 * never two. Control characters, NUL and text that is not UTF-8 are refused here, for every route.
 */

#include "base/bytes.h"

enum { API_TARGET_MAX = 1024, API_SEGMENTS_MAX = 8, API_PARAMS_MAX = 8 };

struct api_param {
        const char *name;
        const char *value; /* "" where there was no "=" */
};

struct api_url {
        char text[API_TARGET_MAX]; /* segments, names and values point in here */
        const char *segments[API_SEGMENTS_MAX];
        size_t n_segments;
        struct api_param params[API_PARAMS_MAX];
        size_t n_params;
};

/* -EINVAL: a bad escape or character; -ENAMETOOLONG: too long, too many parts. */
MUST_CHECK int api_url_parse(const char *target, struct api_url *ret);

const char *api_url_param(const struct api_url *url, const char *name); /* NULL: absent */

/* A whole number in @min..@max. Untouched when absent or empty; -EINVAL. */
MUST_CHECK int api_url_uint(const struct api_url *url, const char *name, uint64_t min, uint64_t max,
                            uint64_t *ret_value);

/*
 * The two questions asked of a TCP request besides its token, so that a web page from elsewhere can
 * do nothing: neither under its own name (Origin) nor after its name was bound to our address
 * (Host).
 *
 * @host: "name[:port]" of the request. @listen: the configured address. An address in digits cannot
 * be rebound, so where we listen on all addresses any of those will do.
 */
bool api_host_allowed(const char *host, const char *listen_host);
bool api_origin_allowed(const char *origin, const char *host);

/* "127.0.0.1:8420", "[::1]:8420" -> host without brackets, and port. -EINVAL. */
MUST_CHECK int api_listen_parse(const char *text, char *ret_host, size_t size, char ret_port[6]);
