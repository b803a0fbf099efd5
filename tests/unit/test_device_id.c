/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "drivers/device_id.h"

static void a_value_is_found_under_either_key_and_trimmed(void **state) {
        static const struct {
                const char *id, *model;
        } rows[] = {
                { "MFG:TSC;MDL:DA210;CMD:TSPL;", "DA210" },
                /* Zebra: long keys, and a blank behind values (guide, ~HQPP) */
                { "MANUFACTURER:Zebra Technologies ;COMMAND SET:ZPL;MODEL:ZTC ZT220-200dpi ZPL "
                  ";CLASS:PRINTER;OPTIONS:XML;",
                  "ZTC ZT220-200dpi ZPL" },
                { " mdl : ZD421 ", "ZD421" },
                { "MDL:first;MODEL:second;", "first" },
                { "MDL:a:b;", "a:b" },
                { "XMDL:no;MDLX:no;MDL", "" },
                { "MDL:;", "" },
                { "MDL", "" },
                { ";;:;", "" },
                { "", "" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct slice value = device_id_value(slice_of(rows[i].id), "MDL", "MODEL");

                assert_int_equal(value.len, strlen(rows[i].model));
                if (value.len > 0)
                        assert_memory_equal(value.bytes, rows[i].model, value.len);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_value_is_found_under_either_key_and_trimmed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
