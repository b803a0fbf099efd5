/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/bytes.h"
#include "drivers/barcode/gs1_check.h"

/* Compares the table with GS1's own text, where somebody has put it beside the project. */
static const char dictionary[] = "../shared/data/gs1/gs1-syntax-dictionary.txt";

static const struct {
        gs1_check *check;
        const char *name; /* the dictionary's */
} names[] = {
        { gs1_check_digit, "csum" },
        { gs1_check_pair, "csumalpha" },
        { gs1_check_prefix, "gcppos1" },
        { gs1_check_prefix_2nd, "gcppos2" },
        { gs1_check_date, "yymmdd" },
        { gs1_check_date_day0, "yymmd0" },
        { gs1_check_birth_date, "yyyymmdd" },
        { gs1_check_hour, "hh" },
        { gs1_check_minute, "mi" },
        { gs1_check_second, "ss" },
        { gs1_check_hour_minute, "hhmi" },
        { gs1_check_country, "iso3166" },
        { gs1_check_country_or_999, "iso3166999" },
        { gs1_check_country_letters, "iso3166alpha2" },
        { gs1_check_currency, "iso4217" },
        { gs1_check_package, "packagetype" },
        { gs1_check_medium, "mediatype" },
        { gs1_check_sex, "iso5218" },
        { gs1_check_yes_no, "yesno" },
        { gs1_check_winding, "winding" },
        { gs1_check_latitude, "latitude" },
        { gs1_check_longitude, "longitude" },
        { gs1_check_position, "posinseqslash" },
        { gs1_check_piece_of_total, "pieceoftotal" },
        { gs1_check_zero, "zero" },
        { gs1_check_nonzero, "nonzero" },
        { gs1_check_no_zero_first, "nozeroprefix" },
        { gs1_check_has_non_digit, "hasnondigit" },
        { gs1_check_hyphen, "hyphen" },
        { gs1_check_percent, "pcenc" },
        { gs1_check_importer, "importeridx" },
        { gs1_check_iban, "iban" },
        { gs1_check_coupon, "couponcode" },
        { gs1_check_offer, "couponposoffer" },
};

static const char *name_of(gs1_check *check) {
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
                if (names[i].check == check)
                        return names[i].name;
        return "?";
}

static void write_part(const struct gs1_part *part, struct bytes *out) {
        bytes_appendf(out, " %s%c%s%u%s", part->optional ? "[" : "", part->set,
                      part->min == part->max ? "" : "..", part->max, part->optional ? "]" : "");
        for (size_t i = 0; i < GS1_CHECKS_MAX && part->checks[i]; i++)
                bytes_appendf(out, ",%s", name_of(part->checks[i]));
}

/* The row as the dictionary would write it, words one blank apart, without the title. */
static void write_row(const struct gs1_ai *row, struct bytes *out) {
        bytes_append_str(out, row->first);
        if (strcmp(row->first, row->last) != 0)
                bytes_appendf(out, "-%s", row->last);
        if (row->flags & (GS1_FIXED | GS1_ATTRIBUTE))
                bytes_appendf(out, " %s%s", row->flags & GS1_FIXED ? "*" : "",
                              row->flags & GS1_ATTRIBUTE ? "?" : "");
        for (size_t i = 0; i < GS1_PARTS_MAX && row->parts[i].set; i++)
                write_part(&row->parts[i], out);
}

/* A group of what is needed is an attribute of its own; order of attributes is the dictionary's whim. */
static bool has_attributes(const struct gs1_ai *row, const char *line) {
        CLEANUP(bytes_fini) struct bytes word = { 0 };
        char *needs = strdup(row->needs ? row->needs : ""), *rest = needs, *group;
        bool ok = needs != NULL;

        while (ok && (group = strsep(&rest, " ")) != NULL) {
                bytes_clear(&word);
                bytes_appendf(&word, " req=%s ", group);
                ok = !*group || strstr(line, bytes_str(&word));
        }
        free(needs);
        bytes_clear(&word);
        bytes_appendf(&word, " ex=%s ", row->excludes ? row->excludes : "");
        ok = ok && (row->excludes ? strstr(line, bytes_str(&word)) != NULL
                                  : strstr(line, " ex=") == NULL);
        bytes_clear(&word);
        bytes_appendf(&word, " dlpkey%s%s ", row->qualifiers ? "=" : "",
                      row->qualifiers ? row->qualifiers : "");
        return ok && (row->flags & GS1_KEY ? strstr(line, bytes_str(&word)) != NULL
                                           : strstr(line, " dlpkey") == NULL);
}

/* One blank between words, one at the end. */
static void squeeze(char *line) {
        char *to = line;

        for (char *from = line; *from && *from != '\n'; from++)
                if (*from != ' ' || (to > line && to[-1] != ' '))
                        *to++ = *from;
        if (to > line && to[-1] != ' ')
                *to++ = ' ';
        *to = '\0';
}

static const struct gs1_ai *row_of(const char *line) {
        size_t len = strcspn(line, "- ");

        return gs1_ai_find((struct slice) { (const uint8_t *)line, len });
}

static void assert_line(char *line) {
        CLEANUP(bytes_fini) struct bytes wanted = { 0 };
        char *title = strstr(line, "  # ");
        const struct gs1_ai *row;

        if (title) {
                title[strcspn(title, "\n")] = '\0';
                *title = '\0';
                title += 4;
        }
        squeeze(line);
        row = row_of(line);
        if (!row) {
                fail_msg("%s is not in the table", line);
                return;
        }
        assert_string_equal(row->title, title ? title : "");
        write_row(row, &wanted);
        bytes_append_char(&wanted, ' ');
        if (strncmp(line, bytes_str(&wanted), wanted.len) != 0)
                print_error("dictionary: %s\ntable:      %s\n", line, bytes_str(&wanted));
        assert_memory_equal(line, bytes_str(&wanted), wanted.len);
        assert_true(has_attributes(row, line));
}

static void table_says_what_the_dictionary_says(void **state) {
        FILE *file = fopen(dictionary, "r");
        size_t n_rows, n = 0, size = 0;
        char *line = NULL;

        (void)state;
        if (!file) {
                print_message("skipped: %s is not there\n", dictionary);
                skip();
        }
        (void)gs1_ai_rows(&n_rows);
        while (getline(&line, &size, file) > 0)
                if (line[0] >= '0' && line[0] <= '9') {
                        assert_line(line);
                        n++;
                }
        free(line);
        (void)fclose(file);
        assert_int_equal(n, n_rows);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(table_says_what_the_dictionary_says),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
