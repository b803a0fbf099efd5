/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Wire: the payloads of DESIGN 5 as structs, written and read. Pure. Every reader is bounded and
 * says in words what is wrong.
 */

#include <stdbool.h>
#include "base/bytes.h"
#include "base/jsonr.h"
#include "base/sha256.h"

enum {
        BATCH_BYTES_MAX = 128 * 1024,
        WIRE_PAYLOAD_MAX = 1024 * 1024
}; /* readers refuse more than the latter */

enum { WIRE_E_MALFORMED = 1 };

struct batch_header { /* of a log batch (5.2) */
        char site[NAME_SIZE];
        char gateway[NAME_SIZE];
        char epoch[ULID_SIZE];
        uint64_t first, last;
        struct digest prev;
        int64_t sent_ms;
};

/* Header line with "\n"; the events' lines follow as they are. */
MUST_CHECK int batch_write_header(const struct batch_header *header, struct bytes *out);
/* @ret_lines: what follows the header. */
MUST_CHECK int batch_read_header(struct slice payload, struct batch_header *ret,
                                 struct slice *ret_lines, struct jsonr_error *error);
/* Cuts the next line (without "\n") off *lines; false at the end. */
bool batch_next_line(struct slice *lines, struct slice *ret_line);

struct ack {
        char epoch[ULID_SIZE];
        uint64_t through;   /* 0: nothing of this epoch */
        struct digest hash; /* after through */
        bool gap;           /* "gap":true: what came does not follow; go back to through */
        bool fork; /* "fork":true: what came contradicts what is held; stop, people decide */
};
MUST_CHECK int ack_write(const struct ack *ack, struct bytes *out);
MUST_CHECK int ack_read(struct slice payload, struct ack *ret, struct jsonr_error *error);

/* Of a feed batch (5.5): {"v":1,"site":…,"feed":…,"first":…,"last":…,"sent":…} */
struct feed_header {
        char site[NAME_SIZE];
        char feed[ULID_SIZE];
        uint64_t first, last; /* the numbers this batch covers; fewer lines where it is compacted;
                                 last = first - 1: nothing new, the answer to a want */
        bool compacted;       /* with first 1: replaces everything held before */
        bool more;            /* compacted copy: further parts follow */
        int64_t sent_ms;
};
MUST_CHECK int feed_write_header(const struct feed_header *header, struct bytes *out);
MUST_CHECK int feed_read_header(struct slice payload, struct feed_header *ret,
                                struct slice *ret_lines, struct jsonr_error *error);

struct want {
        char feed[ULID_SIZE]; /* "": none yet */
        uint64_t from;        /* 0: everything, compacted */
};
MUST_CHECK int want_write(const struct want *want, struct bytes *out);
MUST_CHECK int want_read(struct slice payload, struct want *ret, struct jsonr_error *error);

/* Totals (5.4): a part begins, takes skus, ends. */
struct totals_header {
        char epoch[ULID_SIZE];
        uint64_t as_of;
};
void totals_begin(struct bytes *out, const struct totals_header *header);
void totals_add(struct bytes *out, const char *sku, int64_t sell_milli, int64_t picked_milli,
                bool first);
void totals_end(struct bytes *out);
/* Calls @each for every sku; a nonzero result stops and is returned. */
MUST_CHECK int totals_read(struct slice payload, struct totals_header *ret,
                           int (*each)(void *userdata, const char *sku, int64_t sell_milli,
                                       int64_t picked_milli),
                           void *userdata, struct jsonr_error *error);
