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
        enum gs1_check_name check;
        const char *name; /* the dictionary's */
} names[] = {
        { GS1_CHECK_DIGIT, "csum" },
        { GS1_CHECK_PAIR, "csumalpha" },
        { GS1_CHECK_PREFIX, "gcppos1" },
        { GS1_CHECK_PREFIX_2ND, "gcppos2" },
        { GS1_CHECK_DATE, "yymmdd" },
        { GS1_CHECK_DATE_DAY0, "yymmd0" },
        { GS1_CHECK_BIRTH_DATE, "yyyymmdd" },
        { GS1_CHECK_HOUR, "hh" },
        { GS1_CHECK_MINUTE, "mi" },
        { GS1_CHECK_SECOND, "ss" },
        { GS1_CHECK_HOUR_MINUTE, "hhmi" },
        { GS1_CHECK_COUNTRY, "iso3166" },
        { GS1_CHECK_COUNTRY_OR_999, "iso3166999" },
        { GS1_CHECK_COUNTRY_LETTERS, "iso3166alpha2" },
        { GS1_CHECK_CURRENCY, "iso4217" },
        { GS1_CHECK_PACKAGE, "packagetype" },
        { GS1_CHECK_MEDIUM, "mediatype" },
        { GS1_CHECK_SEX, "iso5218" },
        { GS1_CHECK_YES_NO, "yesno" },
        { GS1_CHECK_WINDING, "winding" },
        { GS1_CHECK_LATITUDE, "latitude" },
        { GS1_CHECK_LONGITUDE, "longitude" },
        { GS1_CHECK_POSITION, "posinseqslash" },
        { GS1_CHECK_PIECE_OF_TOTAL, "pieceoftotal" },
        { GS1_CHECK_ZERO, "zero" },
        { GS1_CHECK_NONZERO, "nonzero" },
        { GS1_CHECK_NO_ZERO_FIRST, "nozeroprefix" },
        { GS1_CHECK_HAS_NON_DIGIT, "hasnondigit" },
        { GS1_CHECK_HYPHEN, "hyphen" },
        { GS1_CHECK_PERCENT, "pcenc" },
        { GS1_CHECK_IMPORTER, "importeridx" },
        { GS1_CHECK_IBAN, "iban" },
        { GS1_CHECK_COUPON, "couponcode" },
        { GS1_CHECK_OFFER, "couponposoffer" },
};

static const char *name_of(unsigned check) {
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
        char *needs = strdup(gs1_ai_needs(row)), *rest = needs, *group;
        bool ok = needs != NULL;

        while (ok && (group = strsep(&rest, " ")) != NULL) {
                bytes_clear(&word);
                bytes_appendf(&word, " req=%s ", group);
                ok = !*group || strstr(line, bytes_str(&word));
        }
        free(needs);
        bytes_clear(&word);
        bytes_appendf(&word, " ex=%s ", row->excludes);
        ok = ok && (row->excludes[0] ? strstr(line, bytes_str(&word)) != NULL
                                     : strstr(line, " ex=") == NULL);
        bytes_clear(&word);
        bytes_appendf(&word, " dlpkey%s%s ", row->qualifiers[0] ? "=" : "", row->qualifiers);
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
