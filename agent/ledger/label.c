/* SPDX-License-Identifier: MIT */
#include "agent/ledger/label.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum { INDICATOR_OURS = '\\', INDICATOR_DEFAULT = '_' };

struct filling {
        struct slice rest;
        const json_t *fields;
        struct bytes *out;
        char *error;
        size_t error_size;
        char indicator; /* of the ^FH of this field; 0: none yet */
        bool ours;      /* we put it there: the template's own text has to be escaped as well */
};

static int PRINTF_LIKE(2, 3) refuse(struct filling *filling, const char *format, ...) {
        va_list args;

        va_start(args, format);
        (void)vsnprintf(filling->error, filling->error_size, format, args);
        va_end(args);
        return -EINVAL;
}

static bool starts(struct slice text, const char *word) {
        for (size_t i = 0; word[i]; i++)
                if (i >= text.len || toupper(text.bytes[i]) != word[i])
                        return false;
        return true;
}

static bool contains(struct slice text, const char *word) {
        for (; text.len > 0; text.bytes++, text.len--)
                if (starts(text, word))
                        return true;
        return false;
}

static void take(struct filling *filling, size_t n) {
        bytes_append(filling->out, filling->rest.bytes, n);
        filling->rest.bytes += n;
        filling->rest.len -= n;
}

static void skip_bytes(struct filling *filling, size_t n) {
        filling->rest.bytes += n;
        filling->rest.len -= n;
}

/* Where the field's data end: at the next command. */
static size_t data_len(struct slice rest) {
        size_t n = 0;

        while (n < rest.len && rest.bytes[n] != '^' && rest.bytes[n] != '~')
                n++;
        return n;
}

static void put_escaped(struct filling *filling, struct slice text) {
        for (size_t i = 0; i < text.len; i++) {
                uint8_t c = text.bytes[i];

                if (c == '^' || c == '~' || c == (uint8_t)filling->indicator || c < 0x20 ||
                    c == 0x7F)
                        bytes_appendf(filling->out, "%c%02X", filling->indicator, c);
                else
                        bytes_append_char(filling->out, (char)c);
        }
}

/* At "{{". */
static int put_field(struct filling *filling) {
        struct slice rest = filling->rest;
        const json_t *value;
        char name[ID_SIZE];
        size_t n = 2;

        while (n < rest.len && rest.bytes[n] != '}' && n < sizeof(name) + 1)
                n++;
        if (n + 1 >= rest.len || rest.bytes[n] != '}' || rest.bytes[n + 1] != '}')
                return refuse(filling, "the template has {{ without }}");
        (void)snprintf(name, sizeof(name), "%.*s", (int)(n - 2), (const char *)rest.bytes + 2);
        value = json_object_get(filling->fields, name);
        if (!json_is_string(value))
                return refuse(filling, "the order's label has no field %s", name);
        put_escaped(filling, (struct slice) { (const uint8_t *)json_string_value(value),
                                              json_string_length(value) });
        skip_bytes(filling, n + 2);
        return 0;
}

/* At ^FD or ^FV. */
static int put_data(struct filling *filling) {
        struct slice data = { filling->rest.bytes + 3, filling->rest.len - 3 };
        size_t end = filling->rest.len - 3 - data_len(data);

        data.len = data_len(data);
        if (!contains(data, "{{")) {
                take(filling, 3 + data.len);
                return 0;
        }
        if (!filling->indicator) {
                filling->indicator = INDICATOR_OURS;
                filling->ours = true;
                bytes_append_str(filling->out, "^FH\\");
        }
        take(filling, 3);
        while (filling->rest.len > end) {
                if (starts(filling->rest, "{{")) {
                        int r = put_field(filling);

                        if (r < 0)
                                return r;
                } else if (filling->ours) {
                        put_escaped(filling, (struct slice) { filling->rest.bytes, 1 });
                        skip_bytes(filling, 1);
                } else
                        take(filling, 1);
        }
        return 0;
}

/* ^FH, ^FHx */
static void note_indicator(struct filling *filling) {
        struct slice rest = filling->rest;
        bool given = rest.len > 3 && rest.bytes[3] != '^' && rest.bytes[3] != '~' &&
                     rest.bytes[3] > ' ';

        filling->indicator = given ? (char)rest.bytes[3] : INDICATOR_DEFAULT;
        filling->ours = false;
        take(filling, 3);
}

static int put_next(struct filling *filling, bool with_charset) {
        if (starts(filling->rest, "^FD") || starts(filling->rest, "^FV"))
                return put_data(filling);
        if (starts(filling->rest, "{{"))
                return refuse(filling, "the template has {{…}} outside of ^FD");
        if (starts(filling->rest, "^FH")) {
                note_indicator(filling);
                return 0;
        }
        if (starts(filling->rest, "^FS")) {
                filling->indicator = '\0';
                filling->ours = false;
        }
        if (starts(filling->rest, "^XA")) {
                take(filling, 3);
                if (!with_charset)
                        bytes_append_str(filling->out, "^CI28");
                return 0;
        }
        take(filling, 1);
        return 0;
}

int label_fill(struct slice template, const json_t *fields, struct bytes *out, char *ret_error,
               size_t error_size) {
        bool with_charset = contains(template, "^CI");
        struct filling filling = { .rest = template,
                                   .fields = fields,
                                   .out = out,
                                   .error = ret_error,
                                   .error_size = error_size };
        int r = 0;

        while (r == 0 && filling.rest.len > 0)
                r = put_next(&filling, with_charset);
        return r == 0 ? bytes_error(out) : r;
}
