/* SPDX-License-Identifier: MIT */
#include "sync/wire.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/jsonw.h"
#include "base/ulid.h"

enum {
        HEADER_LINE_MAX = 2048, /* bytes; ours have under 400, the rest is room for later */
        MESSAGE_MAX = 4096,     /* an ack or a want */
};

static int PRINTF_LIKE(2, 3) wire_fail(struct jsonr_error *error, const char *format, ...) {
        va_list args;

        va_start(args, format);
        (void)vsnprintf(error->text, sizeof(error->text), format, args);
        va_end(args);
        return WIRE_E_MALFORMED;
}

/* What a getter or the parser of jsonr said, in our words. */
static int wire_result(int r) {
        return r > 0 ? WIRE_E_MALFORMED : r;
}

/* ---- fields -------------------------------------------------------------------------------- */

static int wire_seq(const json_t *json, const char *key, uint64_t min, uint64_t *ret,
                    struct jsonr_error *error) {
        int64_t value = 0;
        int r;

        r = jsonr_int(json, key, (int64_t)min, INT64_MAX, &value, error);
        if (r == 0)
                *ret = (uint64_t)value;
        return wire_result(r);
}

/* @least: how many numbers the range has at least. */
static int wire_range(const json_t *json, uint64_t least, uint64_t *ret_first, uint64_t *ret_last,
                      struct jsonr_error *error) {
        int r;

        r = wire_seq(json, "first", 1, ret_first, error);
        if (r == 0)
                r = wire_seq(json, "last", 0, ret_last, error);
        if (r == 0 && *ret_last + 1 < *ret_first + least)
                r = wire_fail(error, "last is less than first");
        return r;
}

static int wire_ulid(const json_t *json, const char *key, char ret[ULID_SIZE],
                     struct jsonr_error *error) {
        int r;

        r = jsonr_string(json, key, ret, ULID_SIZE, error);
        if (r == 0 && !ulid_valid(ret))
                return wire_fail(error, "%s is no ULID", key);
        return wire_result(r);
}

static int wire_digest(const json_t *json, const char *key, struct digest *ret,
                       struct jsonr_error *error) {
        char hex[DIGEST_HEX_SIZE] = "";
        int r;

        r = jsonr_string(json, key, hex, sizeof(hex), error);
        if (r == 0 && digest_parse(hex, ret) < 0)
                return wire_fail(error, "%s is no SHA-256 in hexadecimal", key);
        return wire_result(r);
}

static int wire_sent(const json_t *json, int64_t *ret_ms, struct jsonr_error *error) {
        char text[ID_SIZE] = "";
        int r;

        r = jsonr_string(json, "sent", text, sizeof(text), error);
        if (r == 0 && clock_parse(text, ret_ms) < 0)
                return wire_fail(error, "sent is no time in RFC 3339, UTC");
        return wire_result(r);
}

/* ---- messages ------------------------------------------------------------------------------ */

static int wire_parse(struct slice text, size_t max, json_t **ret_json, struct jsonr_error *error) {
        int64_t version;
        int r;

        if (text.len > max)
                return wire_fail(error, "longer than %zu bytes", max);
        r = jsonr_parse(text, ret_json, error);
        if (r == 0)
                r = jsonr_int(*ret_json, "v", 1, 1, &version, error);
        return wire_result(r);
}

static int wire_parse_header(struct slice payload, json_t **ret_json, struct slice *ret_lines,
                             struct jsonr_error *error) {
        struct slice line;

        if (payload.len > WIRE_PAYLOAD_MAX)
                return wire_fail(error, "longer than %d bytes", (int)WIRE_PAYLOAD_MAX);
        if (!batch_next_line(&payload, &line))
                return wire_fail(error, "empty");
        *ret_lines = payload;
        return wire_parse(line, HEADER_LINE_MAX, ret_json, error);
}

static struct jsonw wire_begin(struct bytes *out) {
        struct jsonw w = jsonw_to(out);

        jsonw_object(&w, NULL);
        jsonw_int(&w, "v", 1);
        return w;
}

static int wire_end(struct jsonw *w, bool line) {
        jsonw_object_end(w);
        if (line)
                bytes_append_char(w->out, '\n');
        return bytes_error(w->out);
}

bool batch_next_line(struct slice *lines, struct slice *ret_line) {
        const uint8_t *end;
        size_t taken;

        if (lines->len == 0)
                return false;
        end = memchr(lines->bytes, '\n', lines->len);
        ret_line->bytes = lines->bytes;
        ret_line->len = end ? (size_t)(end - lines->bytes) : lines->len;
        taken = ret_line->len + (end ? 1 : 0);
        lines->bytes += taken;
        lines->len -= taken;
        return true;
}

int batch_write_header(const struct batch_header *header, struct bytes *out) {
        struct jsonw w = wire_begin(out);

        jsonw_string(&w, "site", header->site);
        jsonw_string(&w, "gateway", header->gateway);
        jsonw_string(&w, "epoch", header->epoch);
        jsonw_uint(&w, "first", header->first);
        jsonw_uint(&w, "last", header->last);
        jsonw_digest(&w, "prev", &header->prev);
        jsonw_time(&w, "sent", header->sent_ms);
        return wire_end(&w, true);
}

int batch_read_header(struct slice payload, struct batch_header *ret, struct slice *ret_lines,
                      struct jsonr_error *error) {
        json_t *json CLEANUP(jsonr_unref) = NULL;
        int r;

        *ret = (struct batch_header) { 0 };
        r = wire_parse_header(payload, &json, ret_lines, error);
        if (r == 0)
                r = jsonr_string(json, "site", ret->site, sizeof(ret->site), error);
        if (r == 0)
                r = jsonr_string(json, "gateway", ret->gateway, sizeof(ret->gateway), error);
        if (r == 0)
                r = wire_ulid(json, "epoch", ret->epoch, error);
        if (r == 0)
                r = wire_range(json, 1, &ret->first, &ret->last, error);
        if (r == 0)
                r = wire_digest(json, "prev", &ret->prev, error);
        if (r == 0)
                r = wire_sent(json, &ret->sent_ms, error);
        return wire_result(r);
}

int ack_write(const struct ack *ack, struct bytes *out) {
        struct jsonw w = wire_begin(out);

        jsonw_string(&w, "epoch", ack->epoch);
        jsonw_uint(&w, "through", ack->through);
        jsonw_digest(&w, "hash", &ack->hash);
        if (ack->gap)
                jsonw_bool(&w, "gap", true);
        if (ack->fork)
                jsonw_bool(&w, "fork", true);
        return wire_end(&w, false);
}

int ack_read(struct slice payload, struct ack *ret, struct jsonr_error *error) {
        json_t *json CLEANUP(jsonr_unref) = NULL;
        int r;

        *ret = (struct ack) { 0 };
        r = wire_parse(payload, MESSAGE_MAX, &json, error);
        if (r == 0)
                r = wire_ulid(json, "epoch", ret->epoch, error);
        if (r == 0)
                r = wire_seq(json, "through", 0, &ret->through, error);
        if (r == 0 && ret->through > 0)
                r = wire_digest(json, "hash", &ret->hash, error);
        if (r == 0)
                r = jsonr_opt_bool(json, "gap", &ret->gap, error);
        if (r == 0)
                r = jsonr_opt_bool(json, "fork", &ret->fork, error);
        return wire_result(r);
}

int feed_write_header(const struct feed_header *header, struct bytes *out) {
        struct jsonw w = wire_begin(out);

        jsonw_string(&w, "site", header->site);
        jsonw_string(&w, "feed", header->feed);
        jsonw_uint(&w, "first", header->first);
        jsonw_uint(&w, "last", header->last);
        if (header->compacted)
                jsonw_bool(&w, "compacted", true);
        if (header->more)
                jsonw_bool(&w, "more", true);
        jsonw_time(&w, "sent", header->sent_ms);
        return wire_end(&w, true);
}

int feed_read_header(struct slice payload, struct feed_header *ret, struct slice *ret_lines,
                     struct jsonr_error *error) {
        json_t *json CLEANUP(jsonr_unref) = NULL;
        int r;

        *ret = (struct feed_header) { 0 };
        r = wire_parse_header(payload, &json, ret_lines, error);
        if (r == 0)
                r = jsonr_string(json, "site", ret->site, sizeof(ret->site), error);
        if (r == 0)
                r = wire_ulid(json, "feed", ret->feed, error);
        if (r == 0)
                r = wire_range(json, 0, &ret->first, &ret->last, error);
        if (r == 0)
                r = jsonr_opt_bool(json, "compacted", &ret->compacted, error);
        if (r == 0)
                r = jsonr_opt_bool(json, "more", &ret->more, error);
        if (r == 0)
                r = wire_sent(json, &ret->sent_ms, error);
        return wire_result(r);
}

int want_write(const struct want *want, struct bytes *out) {
        struct jsonw w = wire_begin(out);

        jsonw_string(&w, "feed", want->feed);
        jsonw_uint(&w, "from", want->from);
        return wire_end(&w, false);
}

int want_read(struct slice payload, struct want *ret, struct jsonr_error *error) {
        json_t *json CLEANUP(jsonr_unref) = NULL;
        int r;

        *ret = (struct want) { 0 };
        r = wire_parse(payload, MESSAGE_MAX, &json, error);
        if (r == 0)
                r = jsonr_opt_string(json, "feed", ret->feed, sizeof(ret->feed), error);
        if (r == 0 && ret->feed[0] && !ulid_valid(ret->feed))
                r = wire_fail(error, "feed is no ULID");
        if (r == 0)
                r = wire_seq(json, "from", 0, &ret->from, error);
        return wire_result(r);
}

/* ---- totals -------------------------------------------------------------------------------- */

void totals_begin(struct bytes *out, const struct totals_header *header) {
        struct jsonw w = wire_begin(out);

        jsonw_string(&w, "epoch", header->epoch);
        jsonw_uint(&w, "as_of", header->as_of);
        jsonw_object(&w, "totals");
}

void totals_add(struct bytes *out, const char *sku, int64_t sell_milli, int64_t picked_milli,
                bool first) {
        struct jsonw w = jsonw_to(out);

        w.comma = !first;
        jsonw_object(&w, sku);
        jsonw_qty(&w, "sell", sell_milli);
        jsonw_qty(&w, "picked", picked_milli);
        jsonw_object_end(&w);
}

void totals_end(struct bytes *out) {
        bytes_append_str(out, "}}");
}

static int totals_read_each(json_t *totals,
                            int (*each)(void *userdata, const char *sku, int64_t sell_milli,
                                        int64_t picked_milli),
                            void *userdata, struct jsonr_error *error) {
        const char *sku;
        json_t *value;

        json_object_foreach(totals, sku, value) {
                int64_t sell = 0, picked = 0;
                int r;

                if (!*sku || strlen(sku) >= ID_SIZE)
                        return wire_fail(error, "a sku in totals must have 1 to %d bytes",
                                         (int)ID_SIZE - 1);
                r = jsonr_qty(value, "sell", &sell, error);
                if (r == 0)
                        r = jsonr_qty(value, "picked", &picked, error);
                if (r != 0)
                        return wire_result(r);
                r = each(userdata, sku, sell, picked);
                if (r != 0)
                        return r;
        }
        return 0;
}

int totals_read(struct slice payload, struct totals_header *ret,
                int (*each)(void *userdata, const char *sku, int64_t sell_milli,
                            int64_t picked_milli),
                void *userdata, struct jsonr_error *error) {
        json_t *json CLEANUP(jsonr_unref) = NULL;
        json_t *totals;
        int r;

        *ret = (struct totals_header) { 0 };
        r = wire_parse(payload, WIRE_PAYLOAD_MAX, &json, error);
        if (r == 0)
                r = wire_ulid(json, "epoch", ret->epoch, error);
        if (r == 0)
                r = wire_seq(json, "as_of", 1, &ret->as_of, error);
        if (r != 0)
                return r;
        totals = json_object_get(json, "totals");
        if (!json_is_object(totals))
                return wire_fail(error, "totals must be an object");
        return totals_read_each(totals, each, userdata, error);
}
