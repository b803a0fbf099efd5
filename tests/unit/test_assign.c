/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent/assign.h"

enum { MAX = 4 };

/*
 * Sections and devices as words: a section "s" is a scanner that never had a port, "s@1" had port 1, "s!1" is
 * configured for it; a device "s1" is a scanner at port 1.
 */
static const struct {
        const char *wants[MAX], *haves[MAX];
        int expected[MAX];
} rows[] = {
        { { "s" }, { NULL }, { -1 } },
        { { "s" }, { "s1" }, { 0 } },
        { { "s" }, { "p1" }, { -1 } },
        { { "s", "s" }, { "s1", "s2" }, { 0, 1 } },
        { { "s", "p" }, { "p1", "s2" }, { 1, 0 } },
        { { "s@2", "s@1" }, { "s1", "s2" }, { 1, 0 } }, /* keep their stations */
        { { "s", "s@1" }, { "s1", "s2" }, { 1, 0 } },   /* who had it before who is new */
        { { "s@1", "s@2" }, { "s2", "s3" }, { 1, 0 } }, /* the first came back elsewhere */
        { { "s@1", "s@2" }, { "s2" }, { -1, 0 } },
        { { "s@1", "s" }, { "p1", "s2" }, { 1, -1 } }, /* something else is there now */
        { { "s!1" }, { "s2" }, { -1 } },
        { { "s", "s!1" }, { "s1" }, { -1, 0 } },
        { { "s@1", "s@1" }, { "s1", "s2" }, { 0, 1 } },
};

struct row {
        const char *const *wants, *const *haves;
};

static bool fits(void *userdata, size_t want, size_t have) {
        const struct row *row = userdata;

        return row->wants[want][0] == row->haves[have][0];
}

static void every_row_is_assigned(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct row row = { rows[i].wants, rows[i].haves };
                struct assign_want wants[MAX];
                struct assign_have haves[MAX];
                size_t n_wants = 0, n_haves = 0;
                int ret[MAX];

                for (; n_wants < MAX && rows[i].wants[n_wants]; n_wants++) {
                        const char *want = rows[i].wants[n_wants];

                        wants[n_wants].port = want[1] ? want + 2 : "";
                        wants[n_wants].only_there = want[1] == '!';
                }
                for (; n_haves < MAX && rows[i].haves[n_haves]; n_haves++)
                        haves[n_haves].port = rows[i].haves[n_haves] + 1;
                assign(wants, n_wants, haves, n_haves, fits, &row, ret);
                for (size_t j = 0; j < n_wants; j++)
                        assert_int_equal(ret[j], rows[i].expected[j]);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(every_row_is_assigned) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
