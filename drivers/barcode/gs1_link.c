/* SPDX-License-Identifier: MIT */
#include <strings.h>
#include "drivers/barcode/gs1_value.h"

/*
 * GS1 Digital Link URI (GS1 Digital Link Standard: URI Syntax, section 4):
 *
 *     https://example.com/some/stem/01/09521234543213/10/LOT?17=270131
 *                                   key               qualifier  attribute
 *
 * The key is looked for from the end of the path, since anything may stand in front of it.
 */

enum { SEGMENTS_MAX = 64 };

struct link_path {
        struct slice segments[SEGMENTS_MAX];
        size_t n;
        size_t key;              /* the segment with the primary key */
        const struct gs1_ai *ai; /* and what it is */
};

static size_t scheme_len(struct slice text) {
        static const char *const schemes[] = { "https://", "http://" };

        for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
                size_t len = strlen(schemes[i]);

                if (text.len >= len && strncasecmp((const char *)text.bytes, schemes[i], len) == 0)
                        return len;
        }
        return 0;
}

bool gs1_is_link(struct slice text) {
        return scheme_len(text) > 0;
}

static size_t offset_in(struct slice uri, struct slice part) {
        return (size_t)(part.bytes - uri.bytes);
}

/* RFC 3986: unreserved, reserved and the percent sign. */
static int check_uri_characters(struct slice uri, struct gs1 *ret) {
        static const char marks[] = "-._~:/?#[]@!$&'()*+,;=%";

        for (size_t i = 0; i < uri.len; i++) {
                uint8_t c = uri.bytes[i];

                if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                    (c && strchr(marks, c)))
                        continue;
                return gs1_refuse(ret, "at %zu: byte %02X cannot stand in an address", i + 1, c);
        }
        return 0;
}

/* Cuts @text at the first @mark; @ret_after is what follows, NULL bytes where there is none. */
static struct slice cut(struct slice text, char mark, struct slice *ret_after) {
        const uint8_t *at = text.len ? memchr(text.bytes, mark, text.len) : NULL;
        size_t len = at ? (size_t)(at - text.bytes) : text.len;

        *ret_after =
                at ? (struct slice) { at + 1, text.len - len - 1 } : (struct slice) { NULL, 0 };
        return (struct slice) { text.bytes, len };
}

static int hex(uint8_t c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool gs1_is_escape(struct slice text, size_t at, uint8_t *ret_byte) {
        int high, low;

        if (at + 2 >= text.len || text.bytes[at] != '%')
                return false;
        high = hex(text.bytes[at + 1]);
        low = hex(text.bytes[at + 2]);
        if (high < 0 || low < 0)
                return false;
        *ret_byte = (uint8_t)(high * 16 + low);
        return true;
}

/* GS1's engine has these out of the characters of an address in no host. */
static int check_host(struct slice uri, struct slice host, struct gs1 *ret) {
        if (host.len == 0)
                return gs1_refuse(ret, "the address names no host");
        for (size_t i = 0; i < host.len; i++)
                if (strchr("_~@!$&'()*+,;=%", host.bytes[i]))
                        return gs1_refuse(ret, "at %zu: '%c' cannot stand in the name of a host",
                                          offset_in(uri, host) + i + 1, host.bytes[i]);
        return 0;
}

/*
 * Undoes escapes into ret->link; a '+' is a blank in a query only. A '%' that begins no escape
 * stands for itself, as in GS1's engine: set 82 has one.
 */
static int decode(struct slice text, bool query, struct gs1 *ret, struct slice *ret_value) {
        uint8_t *start = ret->link + ret->link_len;
        size_t n = 0;

        for (size_t i = 0; i < text.len; i++) {
                uint8_t c = text.bytes[i];

                if (ret->link_len + n == sizeof(ret->link))
                        return gs1_refuse(ret, "the address has more than %d bytes of values",
                                          GS1_LINK_BYTES_MAX);
                if (gs1_is_escape(text, i, &c))
                        i += 2;
                else if (c == '+' && query)
                        c = ' ';
                start[n++] = c;
        }
        ret->link_len += n;
        *ret_value = (struct slice) { start, n };
        return 0;
}

/* ---- the path ----------------------------------------------------------------------------------- */

/* The last SEGMENTS_MAX segments are enough: a key and its qualifiers are at most eight. */
static void split_path(struct slice path, struct link_path *ret) {
        struct slice rest = path;

        ret->n = 0;
        while (rest.bytes) {
                struct slice after, segment = cut(rest, '/', &after);

                if (ret->n == SEGMENTS_MAX) {
                        memmove(ret->segments, ret->segments + 1,
                                (SEGMENTS_MAX - 1) * sizeof(ret->segments[0]));
                        ret->n--;
                }
                ret->segments[ret->n++] = segment;
                rest = after;
        }
}

/* From the end, pair by pair, over what may be qualifiers; false: no key. */
static bool find_key(struct link_path *path) {
        for (size_t back = 2; back <= path->n; back += 2) {
                path->key = path->n - back;
                path->ai = gs1_ai_find(path->segments[path->key]);
                if (!path->ai)
                        return false;
                if (path->ai->flags & GS1_KEY)
                        return true;
        }
        return false;
}

/* Does @alternative, "22,10,21", allow @code after what stood before? Moves on behind it. */
static bool follows(const char **alternative, struct slice code) {
        const char *at = *alternative;

        while (*at && *at != '|') {
                size_t len = strcspn(at, ",|");

                if (len == code.len && memcmp(at, code.bytes, len) == 0) {
                        *alternative = at[len] == ',' ? at + len + 1 : at + len;
                        return true;
                }
                at += at[len] == ',' ? len + 1 : len;
        }
        return false;
}

static bool all_follow(const struct link_path *path, const char *alternative) {
        for (size_t i = path->key + 2; i < path->n; i += 2)
                if (!follows(&alternative, path->segments[i]))
                        return false;
        return true;
}

static const char *next_alternative(const char *alternative) {
        const char *bar = strchr(alternative, '|');

        return bar ? bar + 1 : NULL;
}

static bool qualifiers_fit(const struct link_path *path) {
        for (const char *a = path->ai->qualifiers; a; a = next_alternative(a))
                if (all_follow(path, a))
                        return true;
        return false;
}

static int add_segment(struct slice uri, struct slice code, struct slice text, bool query,
                       const struct gs1_ai *ai, struct gs1 *ret) {
        struct slice value = { NULL, 0 };
        int r = decode(text, query, ret, &value);

        if (r)
                return r;
        ret->escaped = text;
        return gs1_add(ret, ai, code, value, offset_in(uri, text));
}

static int read_path(struct slice uri, struct slice text, struct link_path *path, struct gs1 *ret) {
        split_path(text, path);
        if (!find_key(path))
                return gs1_refuse(ret, "the address has no GS1 key such as /01/ and a GTIN");
        if (!qualifiers_fit(path))
                return gs1_refuse(ret, "what follows /%.*s/ in the address does not belong there",
                                  (int)path->segments[path->key].len,
                                  (const char *)path->segments[path->key].bytes);
        for (size_t i = path->key; i + 1 < path->n; i += 2) {
                const struct gs1_ai *ai = gs1_ai_find(path->segments[i]);
                int r = add_segment(uri, path->segments[i], path->segments[i + 1], false, ai, ret);

                if (r)
                        return r;
        }
        return 0;
}

/* ---- the query ----------------------------------------------------------------------------------- */

static bool all_digits(struct slice text) {
        for (size_t i = 0; i < text.len; i++)
                if (text.bytes[i] < '0' || text.bytes[i] > '9')
                        return false;
        return true;
}

/* Could @code stand in the path, together with all that does? */
static bool belongs_in_path(const struct link_path *path, struct slice code) {
        for (const char *a = path->ai->qualifiers; a; a = next_alternative(a)) {
                const char *at = a;

                if (follows(&at, code) && all_follow(path, a))
                        return true;
        }
        return false;
}

static int read_attribute(struct slice uri, struct slice name, struct slice text,
                          const struct link_path *path, struct gs1 *ret) {
        const struct gs1_ai *ai = gs1_ai_find(name);

        if (!ai)
                return gs1_refuse(ret, "?%.*s= is no application identifier", (int)name.len,
                                  (const char *)name.bytes);
        if (!(ai->flags & GS1_ATTRIBUTE) || belongs_in_path(path, name))
                return gs1_refuse(ret, "(%.*s) may not stand behind the ? of an address",
                                  (int)name.len, (const char *)name.bytes);
        for (size_t i = 0; i < ret->n_elements; i++)
                if (ret->elements[i].code.len == name.len &&
                    memcmp(ret->elements[i].code.bytes, name.bytes, name.len) == 0)
                        return gs1_refuse(ret, "(%.*s) stands twice in the address", (int)name.len,
                                          (const char *)name.bytes);
        return add_segment(uri, name, text, true, ai, ret);
}

/* Names that are no numbers are the resolver's business (linkType …), and so is what has no value. */
static int read_query(struct slice uri, struct slice query, const struct link_path *path,
                      struct gs1 *ret) {
        while (query.bytes) {
                struct slice after, text, parameter = cut(query, '&', &after);
                struct slice name = cut(parameter, '=', &text);
                int r = text.bytes && all_digits(name) ? read_attribute(uri, name, text, path, ret)
                                                       : 0;

                if (r)
                        return r;
                query = after;
        }
        return 0;
}

int gs1_link_parse(struct slice uri, struct gs1 *ret) {
        struct slice rest, query, fragment, path_text, host;
        struct link_path path = { .n = 0 };
        size_t scheme = scheme_len(uri);
        int r;

        ret->n_elements = 0;
        ret->link_len = 0;
        if (scheme == 0)
                return gs1_refuse(ret, "no address: it begins with neither http:// nor https://");
        r = check_uri_characters(uri, ret);
        if (r)
                return r;
        rest = cut((struct slice) { uri.bytes + scheme, uri.len - scheme }, '#', &fragment);
        rest = cut(rest, '?', &query);
        host = cut(rest, '/', &path_text);
        r = check_host(uri, host, ret);
        if (r == 0)
                r = read_path(uri, path_text, &path, ret);
        if (r == 0)
                r = read_query(uri, query, &path, ret);
        return r ? r : gs1_check_pairs(ret);
}
