/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/def.h"
#include "drivers/pattern.h"

static const struct {
        const char *pattern;
        bool tame;
} rows[] = {
        { "", true },
        { "Software Part Number: *([A-Za-z0-9.-]+)", true },
        { "Product Name: *([^ ].*[^ ]) *$", true },
        { "(a+)+", true },
        { "((a+)+)+", true },
        { "(((a+)+)+)+", true },
        { "((((a+)+)+)+)+", false },
        { "(a)(b)(c)(d)(e)", true },
        { "a++", false },
        { "a*+", false },
        { "a+?", false },
        { "(a)++", false },
        { "a{2}", false },
        { "a{1,100}", false },
        { "a\\{2", true },
        { "a\\++", true },
        { "[+{(]+", true },
        { "[]+{(]+", true },
        { "[^]+{(]+", true },
        { "(a)\\1", false },
        { "[+{", true }, /* regcomp's to refuse */
        { "a\\", true },
};

static void what_would_explode_is_not_tame(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                if (pattern_is_tame(rows[i].pattern) != rows[i].tame)
                        fail_msg("%s", rows[i].pattern);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_would_explode_is_not_tame),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
