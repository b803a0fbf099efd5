/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include "agent/cli/cli.h"

/* jansson prints 0.1 as 0.10000000000000001 unless told the digits that a quantity can have. */
enum { REAL_DIGITS = 15, COLUMNS_MAX = 12 };

void cli_error(const char *format, ...) {
        char words[1024];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(words, sizeof(words), format, args);
        va_end(args);
        fprintf(stderr, "tally: %s\n", words);
}

void cli_print_json(const json_t *json) {
        const size_t flags = JSON_ENCODE_ANY | JSON_REAL_PRECISION(REAL_DIGITS);

        (void)json_dumpf(json, stdout,
                         flags | (isatty(STDOUT_FILENO) ? JSON_INDENT(2) : JSON_COMPACT));
        putchar('\n');
}

/* ---- text on a terminal ---------------------------------------------------------------------- */

static bool steers(wint_t c) {
        return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

/* Prints up to a NUL, or only measures; returns the columns that it takes. */
static int show(const char *text, bool print) {
        mbstate_t state = { 0 };
        int columns = 0;

        for (size_t left = strlen(text), n; left > 0; text += n, left -= n) {
                wchar_t c;
                int width;

                n = mbrtowc(&c, text, left, &state);
                if (n == 0 || n > left || steers((wint_t)c) || (width = wcwidth(c)) < 0) {
                        if (print)
                                printf("\\x%02x", (unsigned char)*text);
                        columns += 4;
                        state = (mbstate_t) { 0 };
                        n = 1;
                        continue;
                }
                if (print)
                        (void)fwrite(text, 1, n, stdout);
                columns += width;
        }
        return columns;
}

void cli_put(const char *text) {
        (void)show(text, true);
}

static bool coloured(void) {
        return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
}

void cli_put_word(const char *text, int width, enum cli_colour colour) {
        static const char *const codes[] = { "", "\033[32m", "\033[31m", "\033[33m" };
        bool paint = colour != CLI_PLAIN && coloured();
        int columns;

        if (paint)
                printf("%s", codes[colour]);
        columns = show(text, true);
        if (paint)
                printf("\033[0m");
        printf("%*s", columns < width ? width - columns : 0, "");
}

/* ---- members --------------------------------------------------------------------------------- */

const char *cli_string(const json_t *object, const char *key) {
        const char *text = json_string_value(json_object_get(object, key));

        return text ? text : "";
}

json_int_t cli_int(const json_t *object, const char *key) {
        return json_integer_value(json_object_get(object, key));
}

void cli_text(const json_t *object, const char *key, struct bytes *out) {
        const json_t *value = json_object_get(object, key);

        if (json_is_string(value))
                bytes_append_str(out, json_string_value(value));
        else if (json_is_integer(value))
                bytes_appendf(out, "%lld", (long long)json_integer_value(value));
        else if (json_is_real(value))
                bytes_appendf(out, "%.*g", REAL_DIGITS, json_real_value(value));
        else if (json_is_boolean(value))
                bytes_append_str(out, json_is_true(value) ? "yes" : "no");
}

/* ---- tables ---------------------------------------------------------------------------------- */

static int cell_width(const json_t *row, const char *key, struct bytes *text) {
        bytes_clear(text);
        cli_text(row, key, text);
        return show(bytes_str(text), false);
}

/* The last column is not padded. */
static void put_cell(const char *text, int width, bool right, bool last) {
        int pad = width - show(text, false);

        if (right)
                printf("%*s", pad > 0 ? pad : 0, "");
        cli_put(text);
        if (!last)
                printf("%*s", (right || pad < 0 ? 0 : pad) + 2, "");
}

static void put_row(const json_t *row, const struct cli_column *columns, const int *widths) {
        CLEANUP(bytes_fini) struct bytes text = { 0 };

        for (size_t i = 0; columns[i].title; i++) {
                bytes_clear(&text);
                if (row)
                        cli_text(row, columns[i].key, &text);
                put_cell(row ? bytes_str(&text) : columns[i].title, widths[i], columns[i].right,
                         !columns[i + 1].title);
        }
        putchar('\n');
}

void cli_table(const json_t *rows, const struct cli_column *columns, const char *nothing) {
        CLEANUP(bytes_fini) struct bytes text = { 0 };
        int widths[COLUMNS_MAX] = { 0 };
        const json_t *row;
        size_t at;

        if (json_array_size(rows) == 0) {
                printf("%s\n", nothing);
                return;
        }
        for (size_t i = 0; columns[i].title; i++) {
                widths[i] = show(columns[i].title, false);
                json_array_foreach(rows, at, row) {
                        int width = cell_width(row, columns[i].key, &text);

                        widths[i] = width > widths[i] ? width : widths[i];
                }
        }
        put_row(NULL, columns, widths);
        json_array_foreach(rows, at, row) put_row(row, columns, widths);
}
