/* SPDX-License-Identifier: MIT */
#include "drivers/barcode/gs1.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include "drivers/barcode/gs1_check.h"
#include "drivers/barcode/gs1_value.h"

enum { GS = 0x1D, SHOWN_MAX = 12 };

int gs1_refuse(struct gs1 *gs1, const char *format, ...) {
        va_list args;

        va_start(args, format);
        (void)vsnprintf(gs1->error, sizeof(gs1->error), format, args);
        va_end(args);
        return GS1_E_INVALID;
}

/* ---- one value ---------------------------------------------------------------------------------- */

/* General Specifications 7.11: figures 7.11-1 (set 82), 7.11-2 (set 39), 7.11-3 (base64url). */
static bool in_set(char set, uint8_t c) {
        static const char set_x[] = "!\"%&'()*+,-./:;<=>?_", set_y[] = "#-/", set_z[] = "-_";
        bool is_digit = c >= '0' && c <= '9', upper = c >= 'A' && c <= 'Z',
             lower = c >= 'a' && c <= 'z';

        switch (set) {
        case 'N':
                return is_digit;
        case 'X':
                return is_digit || upper || lower || (c && strchr(set_x, c));
        case 'Y':
                return is_digit || upper || (c && strchr(set_y, c));
        default:
                return is_digit || upper || lower || (c && strchr(set_z, c));
        }
}

static const char *set_words(char set) {
        switch (set) {
        case 'N':
                return "a digit";
        case 'X':
                return "a GS1 character";
        case 'Y':
                return "a capital letter, digit, #, - or /";
        default:
                return "a base64url character";
        }
}

/* Offset @at of what was read as people count it in what was scanned. */
static size_t place(const struct gs1 *gs1, size_t at) {
        size_t raw = gs1->value_at;
        uint8_t byte;

        if (gs1->escaped.len == 0)
                return at + 1;
        for (size_t i = gs1->value_at; i < at; i++)
                raw += gs1_is_escape(gs1->escaped, raw - gs1->value_at, &byte) ? 3 : 1;
        return raw + 1;
}

static int check_characters(struct gs1 *gs1, struct slice code, const struct gs1_part *part,
                            struct slice value, size_t at) {
        for (size_t i = 0; i < value.len; i++) {
                uint8_t c = value.bytes[i];

                if (in_set(part->set, c))
                        continue;
                if (c > ' ' && c < 0x7F)
                        return gs1_refuse(gs1, "(%.*s) at %zu: '%c' is not %s", (int)code.len,
                                          (const char *)code.bytes, place(gs1, at + i), c,
                                          set_words(part->set));
                return gs1_refuse(gs1, "(%.*s) at %zu: byte %02X is not %s", (int)code.len,
                                  (const char *)code.bytes, place(gs1, at + i), c,
                                  set_words(part->set));
        }
        return 0;
}

/*
 * '=' fills a group of three up, and stands at the end only. By four characters base64 itself would
 * fill up; this is how GS1's linter cset64 of the dictionary's release and its tests have it.
 */
static int check_padding(struct gs1 *gs1, struct slice code, struct slice *value, size_t at) {
        enum { GROUP = 3 };
        size_t n = 0;

        while (n < value->len && value->bytes[value->len - n - 1] == '=')
                n++;
        if (n >= GROUP || (n > 0 && value->len % GROUP != 0))
                return gs1_refuse(gs1, "(%.*s) at %zu: wrong padding at the end of base64url",
                                  (int)code.len, (const char *)code.bytes,
                                  place(gs1, at + value->len - n));
        value->len -= n;
        return 0;
}

static int check_part(struct gs1 *gs1, struct slice code, const struct gs1_part *part,
                      struct slice value, size_t at) {
        struct slice unpadded = value;
        int r = part->set == 'Z' ? check_padding(gs1, code, &unpadded, at) : 0;

        if (r == 0)
                r = check_characters(gs1, code, part, unpadded, at);
        for (size_t i = 0; r == 0 && i < GS1_CHECKS_MAX && part->checks[i]; i++) {
                const char *why = gs1_check(part->checks[i], value);

                if (why)
                        r = gs1_refuse(gs1, "(%.*s) at %zu: %.*s%s %s", (int)code.len,
                                       (const char *)code.bytes, place(gs1, at),
                                       (int)(value.len < 40 ? value.len : 40),
                                       (const char *)value.bytes, value.len < 40 ? "" : "…", why);
        }
        return r;
}

static size_t value_max(const struct gs1_ai *ai) {
        size_t max = 0;

        for (size_t i = 0; i < GS1_PARTS_MAX && ai->parts[i].set; i++)
                max += ai->parts[i].max;
        return max;
}

/* Without the parts that may be missing. */
static size_t value_min(const struct gs1_ai *ai) {
        size_t min = 0;

        for (size_t i = 0; i < GS1_PARTS_MAX && ai->parts[i].set; i++)
                min += ai->parts[i].optional ? 0 : ai->parts[i].min;
        return min;
}

static int refuse_length(struct gs1 *gs1, const struct gs1_ai *ai, struct slice code,
                         struct slice value, size_t at) {
        size_t max = value_max(ai);

        if (value.len > max)
                return gs1_refuse(gs1, "(%.*s) at %zu: %zu characters, at most %zu fit",
                                  (int)code.len, (const char *)code.bytes, place(gs1, at),
                                  value.len, max);
        return gs1_refuse(gs1, "(%.*s) at %zu: %zu characters are too few", (int)code.len,
                          (const char *)code.bytes, place(gs1, at), value.len);
}

/* Parts take their characters from the front; optional ones may find nothing left. */
static int check_value(struct gs1 *gs1, const struct gs1_ai *ai, struct slice code,
                       struct slice value, size_t at) {
        struct slice rest = value;

        for (size_t i = 0; i < GS1_PARTS_MAX && ai->parts[i].set; i++) {
                const struct gs1_part *part = &ai->parts[i];
                struct slice taken = { rest.bytes, rest.len < part->max ? rest.len : part->max };
                int r;

                if (rest.len == 0 && part->optional)
                        break;
                if (taken.len < part->min)
                        return refuse_length(gs1, ai, code, value, at);
                r = check_part(gs1, code, part, taken, at + (size_t)(rest.bytes - value.bytes));
                if (r)
                        return r;
                rest.bytes += taken.len;
                rest.len -= taken.len;
        }
        return rest.len ? refuse_length(gs1, ai, code, value, at) : 0;
}

int gs1_add(struct gs1 *gs1, const struct gs1_ai *ai, struct slice code, struct slice value,
            size_t at) {
        int r;

        gs1->value_at = at;
        if (gs1->n_elements == GS1_ELEMENTS_MAX)
                return gs1_refuse(gs1, "more than %d elements in one scan", GS1_ELEMENTS_MAX);
        r = check_value(gs1, ai, code, value, at);
        if (r)
                return r;
        gs1->elements[gs1->n_elements++] = (struct gs1_element) { ai, code, value };
        return 0;
}

/* ---- element strings: General Specifications 7.8 ------------------------------------------------ */

static int refuse_unknown(struct gs1 *gs1, struct slice rest, size_t at) {
        char shown[SHOWN_MAX + 1];
        size_t n = rest.len < SHOWN_MAX ? rest.len : SHOWN_MAX;

        for (size_t i = 0; i < n; i++)
                shown[i] =
                        (char)(rest.bytes[i] > ' ' && rest.bytes[i] < 0x7F ? rest.bytes[i] : '?');
        shown[n] = '\0';
        return gs1_refuse(gs1, "at %zu: no application identifier begins %s%s", at + 1, shown,
                          rest.len > n ? "…" : "");
}

static const struct gs1_ai *next_ai(struct slice rest, struct slice *ret_code) {
        size_t len = rest.len >= 2 ? gs1_ai_len(rest.bytes) : 0;

        if (len == 0 || len > rest.len)
                return NULL;
        *ret_code = (struct slice) { rest.bytes, len };
        return gs1_ai_find(*ret_code);
}

/* To the separator or the end; of a known length where the AI has one, and then no separator is due. */
static struct slice next_value(const struct gs1_ai *ai, struct slice rest) {
        const uint8_t *separator = rest.len ? memchr(rest.bytes, GS, rest.len) : NULL;
        size_t len = separator ? (size_t)(separator - rest.bytes) : rest.len;

        if (ai->flags & GS1_FIXED && len > value_max(ai))
                len = value_max(ai);
        return (struct slice) { rest.bytes, len };
}

int gs1_parse(struct slice text, struct gs1 *ret) {
        struct slice rest = text, code, value;
        size_t at = 0;

        ret->n_elements = 0;
        ret->escaped = (struct slice) { NULL, 0 };
        if (text.len == 0)
                return gs1_refuse(ret, "no application identifier");
        while (at < text.len) {
                const struct gs1_ai *ai;
                int r;

                rest = (struct slice) { text.bytes + at, text.len - at };
                ai = next_ai(rest, &code);
                if (!ai)
                        return refuse_unknown(ret, rest, at);
                at += code.len;
                value = next_value(ai, (struct slice) { text.bytes + at, text.len - at });
                r = gs1_add(ret, ai, code, value, at);
                if (r)
                        return r;
                at += value.len;
                if (at < text.len && text.bytes[at] == GS)
                        at++;
        }
        return gs1_check_pairs(ret);
}

const struct gs1_element *gs1_find(const struct gs1 *gs1, const char *code) {
        for (size_t i = 0; i < gs1->n_elements; i++)
                if (slice_is(gs1->elements[i].code, code))
                        return &gs1->elements[i];
        return NULL;
}

/* ---- what may stand together: General Specifications 4.13 ------------------------------------------ */

bool gs1_code_is(struct slice code, const char *pattern, size_t len) {
        for (size_t i = 0; i < len && i < code.len; i++)
                if (pattern[i] != 'n' && pattern[i] != (char)code.bytes[i])
                        return false;
        return code.len == len;
}

static bool excludes(const char *list, struct slice code) {
        for (const char *at = list; *at; at += strspn(at, ",")) {
                size_t len = strcspn(at, ",");

                if (gs1_code_is(code, at, len))
                        return true;
                at += len;
        }
        return false;
}

static bool same(struct slice a, struct slice b) {
        return a.len == b.len && memcmp(a.bytes, b.bytes, a.len) == 0;
}

static int check_pair(struct gs1 *gs1, const struct gs1_element *a, const struct gs1_element *b) {
        if (same(a->code, b->code)) {
                if (same(a->value, b->value))
                        return 0;
                return gs1_refuse(gs1, "(%.*s) stands twice with different values",
                                  (int)a->code.len, (const char *)a->code.bytes);
        }
        if (!excludes(a->ai->excludes, b->code))
                return 0;
        return gs1_refuse(gs1, "(%.*s) may not stand beside (%.*s)", (int)a->code.len,
                          (const char *)a->code.bytes, (int)b->code.len,
                          (const char *)b->code.bytes);
}

/* A signature (8030) is of one thing, not of a kind: its key has a serial number. */
static int check_signature(struct gs1 *gs1) {
        static const char *const keys[] = { "253", "255", "8003" };

        if (!gs1_find(gs1, "8030"))
                return 0;
        for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
                const struct gs1_element *element = gs1_find(gs1, keys[i]);

                if (element && element->value.len == value_min(element->ai))
                        return gs1_refuse(gs1,
                                          "(%s) has no serial number, and (8030) beside it wants "
                                          "one",
                                          keys[i]);
        }
        return 0;
}

int gs1_check_pairs(struct gs1 *gs1) {
        for (size_t i = 0; i < gs1->n_elements; i++)
                for (size_t j = 0; j < gs1->n_elements; j++) {
                        int r = i == j ? 0 : check_pair(gs1, &gs1->elements[i], &gs1->elements[j]);

                        if (r)
                                return r;
                }
        return check_signature(gs1);
}

/* ---- dates: General Specifications 7.12 ------------------------------------------------------------- */

int gs1_date(struct slice yymmdd, int year, char ret_date[GS1_DATE_SIZE]) {
        static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
        int values[3], full, distance;

        if (yymmdd.len != 6)
                return -EINVAL;
        for (size_t i = 0; i < 6; i++)
                if (yymmdd.bytes[i] < '0' || yymmdd.bytes[i] > '9')
                        return -EINVAL;
        for (size_t i = 0; i < 3; i++)
                values[i] = (yymmdd.bytes[2 * i] - '0') * 10 + (yymmdd.bytes[2 * i + 1] - '0');
        if (values[1] < 1 || values[1] > 12)
                return -EINVAL;
        distance = values[0] - year % 100;
        full = year - year % 100 + values[0] + (distance >= 51 ? -100 : distance <= -50 ? 100 : 0);
        if (values[2] == 0)
                values[2] = days[values[1] - 1] + (values[1] == 2 && full % 4 == 0 &&
                                                   (full % 100 != 0 || full % 400 == 0));
        if (full < 0 || full > 9999)
                return -EINVAL;
        (void)snprintf(ret_date, GS1_DATE_SIZE, "%04u-%02u-%02u", (unsigned)full % 10000,
                       (unsigned)values[1] % 100, (unsigned)values[2] % 100);
        return 0;
}
