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

        *ret_after = at ? (struct slice) { at + 1, text.len - len - 1 } : (struct slice) { NULL, 0 };
        return (struct slice) { text.bytes, len };
}

static int hex(uint8_t c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes escapes into ret->link; a '+' is a blank in a query only. */
static int decode(struct slice text, bool query, struct gs1 *ret, struct slice *ret_value) {
        uint8_t *start = ret->link + ret->link_len;
        size_t n = 0;

        for (size_t i = 0; i < text.len; i++) {
                uint8_t c = text.bytes[i];

                if (ret->link_len + n == sizeof(ret->link))
                        return gs1_refuse(ret, "the address has more than %d bytes of values",
                                          GS1_LINK_BYTES_MAX);
                if (c == '%') {
                        int high = i + 2 < text.len ? hex(text.bytes[i + 1]) : -1;
                        int low = i + 2 < text.len ? hex(text.bytes[i + 2]) : -1;

                        if (high < 0 || low < 0)
                                return gs1_refuse(ret, "%.*s: a wrong %% escape", (int)text.len,
                                                  (const char *)text.bytes);
                        c = (uint8_t)(high * 16 + low);
                        i += 2;
                } else if (c == '+' && query)
                        c = ' ';
                start[n++] = c;
        }
        ret->link_len += n;
        *ret_value = (struct slice) { start, n };
        return 0;
}

static size_t offset_in(struct slice uri, struct slice part) {
        return (size_t)(part.bytes - uri.bytes);
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

static bool key_at(const struct link_path *path, size_t at, const struct gs1_ai **ret_ai) {
        *ret_ai = gs1_ai_find(path->segments[at]);
        return *ret_ai && (*ret_ai)->flags & GS1_KEY;
}

/* From the end, pair by pair, over what may be qualifiers; false: no key. */
static bool find_key(const struct link_path *path, size_t *ret_at) {
        const struct gs1_ai *ai;

        for (size_t back = 2; back <= path->n; back += 2) {
                size_t at = path->n - back;

                if (key_at(path, at, &ai)) {
                        *ret_at = at;
                        return true;
                }
                if (!ai)
                        return false;
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

static bool all_follow(const struct link_path *path, size_t key, const char *alternative) {
        for (size_t i = key + 2; i < path->n; i += 2)
                if (!follows(&alternative, path->segments[i]))
                        return false;
        return true;
}

static bool qualifiers_fit(const struct link_path *path, size_t key, const struct gs1_ai *ai) {
        const char *alternative = ai->qualifiers;

        if (key + 2 == path->n)
                return true;
        while (alternative) {
                const char *bar = strchr(alternative, '|');

                if (all_follow(path, key, alternative))
                        return true;
                alternative = bar ? bar + 1 : NULL;
        }
        return false;
}

static int add_segment(struct slice uri, struct slice code, struct slice text, bool query,
                       const struct gs1_ai *ai, struct gs1 *ret) {
        struct slice value = { NULL, 0 };
        int r = decode(text, query, ret, &value);

        if (r)
                return r;
        return gs1_add(ret, ai, code, value, offset_in(uri, text));
}

static int read_path(struct slice uri, struct slice path_text, struct gs1 *ret,
                     const struct gs1_ai **ret_key) {
        struct link_path path = { .n = 0 };
        size_t key;

        split_path(path_text, &path);
        if (!find_key(&path, &key))
                return gs1_refuse(ret, "the address has no GS1 key such as /01/ and a GTIN");
        *ret_key = gs1_ai_find(path.segments[key]);
        if (!qualifiers_fit(&path, key, *ret_key))
                return gs1_refuse(ret, "what follows /%.*s/ in the address does not belong there",
                                  (int)path.segments[key].len,
                                  (const char *)path.segments[key].bytes);
        for (size_t i = key; i + 1 < path.n; i += 2) {
                const struct gs1_ai *ai = gs1_ai_find(path.segments[i]);
                int r = add_segment(uri, path.segments[i], path.segments[i + 1], false, ai, ret);

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
        return text.len > 0;
}

static bool is_qualifier_of(const struct gs1_ai *key, struct slice code) {
        const char *alternative = key->qualifiers;

        while (alternative) {
                const char *bar = strchr(alternative, '|'), *at = alternative;

                if (follows(&at, code))
                        return true;
                alternative = bar ? bar + 1 : NULL;
        }
        return false;
}

static int read_attribute(struct slice uri, struct slice name, struct slice text,
                          const struct gs1_ai *key, struct gs1 *ret) {
        const struct gs1_ai *ai = gs1_ai_find(name);

        if (!ai)
                return gs1_refuse(ret, "?%.*s= is no application identifier", (int)name.len,
                                  (const char *)name.bytes);
        if (!(ai->flags & GS1_ATTRIBUTE) || is_qualifier_of(key, name))
                return gs1_refuse(ret, "(%.*s) may not stand behind the ? of an address",
                                  (int)name.len, (const char *)name.bytes);
        for (size_t i = 0; i < ret->n_elements; i++)
                if (ret->elements[i].code.len == name.len &&
                    memcmp(ret->elements[i].code.bytes, name.bytes, name.len) == 0)
                        return gs1_refuse(ret, "(%.*s) stands twice in the address", (int)name.len,
                                          (const char *)name.bytes);
        return add_segment(uri, name, text, true, ai, ret);
}

/* Names that are no numbers are the resolver's business (linkType …). */
static int read_query(struct slice uri, struct slice query, const struct gs1_ai *key,
                      struct gs1 *ret) {
        while (query.bytes) {
                struct slice after, text, parameter = cut(query, '&', &after);
                struct slice name = cut(parameter, '=', &text);
                int r = 0;

                if (all_digits(name))
                        r = read_attribute(uri, name,
                                           text.bytes ? text : (struct slice) { name.bytes, 0 },
                                           key, ret);
                if (r)
                        return r;
                query = after;
        }
        return 0;
}

int gs1_link_parse(struct slice uri, struct gs1 *ret) {
        struct slice rest, query, fragment, path, domain;
        const struct gs1_ai *key = NULL;
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
        domain = cut(rest, '/', &path);
        if (domain.len == 0)
                return gs1_refuse(ret, "the address names no host");
        r = read_path(uri, path, ret, &key);
        if (r == 0 && key)
                r = read_query(uri, query, key, ret);
        return r ? r : gs1_check_pairs(ret);
}
