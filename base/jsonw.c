/* SPDX-License-Identifier: MIT */
#include "base/jsonw.h"

#include "base/clock.h"
#include "base/qty.h"

enum { JSONW_INT_SIZE = 24 };

/* U+FFFD, for bytes that are not UTF-8 where text was promised: one wrong byte must not make the
 * whole line unreadable at the other end. */
static const char jsonw_replacement[] = "\xEF\xBF\xBD";

/* Bytes of the UTF-8 character at @at, 0 when it is not one. Overlong forms, surrogates and what is
 * over U+10FFFF are not UTF-8 (Unicode 15, table 3-7). */
static size_t jsonw_utf8_len(const uint8_t *at, size_t left) {
        uint8_t lead = at[0], low = 0x80, high = 0xBF;
        size_t len = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;

        if (lead > 0xF4 || len > left)
                return 0;
        if (lead == 0xE0)
                low = 0xA0;
        else if (lead == 0xED)
                high = 0x9F;
        else if (lead == 0xF0)
                low = 0x90;
        else if (lead == 0xF4)
                high = 0x8F;
        for (size_t i = 1; i < len; i++, low = 0x80, high = 0xBF)
                if (at[i] < low || at[i] > high)
                        return 0;
        return len;
}

static bool jsonw_is_utf8(struct slice text) {
        for (size_t at = 0, len; at < text.len; at += len) {
                len = jsonw_utf8_len(text.bytes + at, text.len - at);
                if (len == 0)
                        return false;
        }
        return true;
}

static bool jsonw_plain(uint8_t c) {
        return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void jsonw_escape(struct bytes *out, uint8_t c) {
        static const char digits[] = "0123456789abcdef";
        char text[6] = { '\\', 'u', '0', '0', digits[c >> 4], digits[c & 15] };

        if (c == '"' || c == '\\') {
                text[1] = (char)c;
                bytes_append(out, text, 2);
                return;
        }
        bytes_append(out, text, sizeof(text));
}

/* The inside of a JSON string: runs of plain ASCII are copied whole. */
static void jsonw_text(struct bytes *out, struct slice text) {
        size_t at = 0;

        while (at < text.len) {
                size_t from = at, len;

                while (at < text.len && jsonw_plain(text.bytes[at]))
                        at++;
                if (at > from) {
                        bytes_append(out, text.bytes + from, at - from);
                        continue;
                }
                if (text.bytes[at] < 0x80) {
                        jsonw_escape(out, text.bytes[at++]);
                        continue;
                }
                len = jsonw_utf8_len(text.bytes + at, text.len - at);
                if (len == 0)
                        bytes_append_str(out, jsonw_replacement);
                else
                        bytes_append(out, text.bytes + at, len);
                at += len ? len : 1;
        }
}

/* The inside of a JSON string: each byte is the character of that number. */
static void jsonw_latin1(struct bytes *out, struct slice text) {
        for (size_t i = 0; i < text.len; i++) {
                uint8_t c = text.bytes[i];

                if (jsonw_plain(c))
                        bytes_append_char(out, (char)c);
                else if (c < 0x80)
                        jsonw_escape(out, c);
                else {
                        uint8_t utf8[2] = { (uint8_t)(0xC0 | c >> 6),
                                            (uint8_t)(0x80 | (c & 0x3F)) };

                        bytes_append(out, utf8, sizeof(utf8));
                }
        }
}

/* What stands before a value: comma and key. */
static void jsonw_lead(struct jsonw *w, const char *key) {
        if (w->comma)
                bytes_append_char(w->out, ',');
        w->comma = true;
        if (!key)
                return;
        bytes_append_char(w->out, '"');
        jsonw_text(w->out, slice_of(key));
        bytes_append(w->out, "\":", 2);
}

static void jsonw_quoted(struct jsonw *w, const char *key, struct slice text) {
        jsonw_lead(w, key);
        bytes_append_char(w->out, '"');
        jsonw_text(w->out, text);
        bytes_append_char(w->out, '"');
}

static void jsonw_open(struct jsonw *w, const char *key, char bracket) {
        jsonw_lead(w, key);
        bytes_append_char(w->out, bracket);
        w->comma = false;
}

static void jsonw_close(struct jsonw *w, char bracket) {
        bytes_append_char(w->out, bracket);
        w->comma = true;
}

void jsonw_object(struct jsonw *w, const char *key) {
        jsonw_open(w, key, '{');
}

void jsonw_object_end(struct jsonw *w) {
        jsonw_close(w, '}');
}

void jsonw_array(struct jsonw *w, const char *key) {
        jsonw_open(w, key, '[');
}

void jsonw_array_end(struct jsonw *w) {
        jsonw_close(w, ']');
}

void jsonw_string(struct jsonw *w, const char *key, const char *text) {
        jsonw_quoted(w, key, slice_of(text));
}

void jsonw_opt_string(struct jsonw *w, const char *key, const char *text) {
        if (text && *text)
                jsonw_quoted(w, key, slice_of(text));
}

void jsonw_scan(struct jsonw *w, const char *key, struct slice scan) {
        if (jsonw_is_utf8(scan)) {
                jsonw_quoted(w, key, scan);
                return;
        }
        jsonw_lead(w, key);
        bytes_append_char(w->out, '"');
        jsonw_latin1(w->out, scan);
        bytes_append_char(w->out, '"');
        jsonw_string(w, "enc", "latin1");
}

/* Digits of @value, written backwards from @end; returns where they begin. */
static char *jsonw_digits(char *end, uint64_t value) {
        do {
                *--end = (char)('0' + value % 10);
                value /= 10;
        } while (value);
        return end;
}

void jsonw_int(struct jsonw *w, const char *key, int64_t value) {
        char text[JSONW_INT_SIZE], *end = text + sizeof(text), *from;

        from = jsonw_digits(end, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
        if (value < 0)
                *--from = '-';
        jsonw_lead(w, key);
        bytes_append(w->out, from, (size_t)(end - from));
}

void jsonw_uint(struct jsonw *w, const char *key, uint64_t value) {
        char text[JSONW_INT_SIZE], *end = text + sizeof(text), *from = jsonw_digits(end, value);

        jsonw_lead(w, key);
        bytes_append(w->out, from, (size_t)(end - from));
}

void jsonw_qty(struct jsonw *w, const char *key, int64_t milli) {
        char text[QTY_TEXT_SIZE];

        qty_format(milli, text);
        jsonw_lead(w, key);
        bytes_append_str(w->out, text);
}

void jsonw_bool(struct jsonw *w, const char *key, bool value) {
        jsonw_lead(w, key);
        bytes_append_str(w->out, value ? "true" : "false");
}

void jsonw_null(struct jsonw *w, const char *key) {
        jsonw_lead(w, key);
        bytes_append(w->out, "null", 4);
}

void jsonw_time(struct jsonw *w, const char *key, int64_t wall_ms) {
        char text[TIMESTAMP_SIZE];

        clock_format(wall_ms, text);
        jsonw_string(w, key, text);
}

void jsonw_digest(struct jsonw *w, const char *key, const struct digest *digest) {
        char hex[DIGEST_HEX_SIZE];

        digest_hex(digest, hex);
        jsonw_string(w, key, hex);
}

void jsonw_raw(struct jsonw *w, const char *key, struct slice json) {
        jsonw_lead(w, key);
        bytes_append(w->out, json.bytes, json.len);
}
