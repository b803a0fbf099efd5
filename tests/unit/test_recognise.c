/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "drivers/recognise.h"

#define ANY -1, -1, -1, -1, -1, -1

static const struct plug_device printer = {
        .port = "usb:1-1",
        .vendor = 0x0a5f,
        .product = 0x0166,
        .class = 7,
        .subclass = 1,
        .protocol = 2,
        .usage_page = -1,
        .model = "ZTC ZD421",
        .device_id = "MANUFACTURER:Zebra Technologies ;COMMAND SET:ZPL;MODEL:ZTC ZD421-203dpi "
                     "ZPL;CLASS:PRINTER;",
};

static const struct {
        struct profile_match match;
        int fit;
} rows[] = {
        { { ANY, "", "", "" }, 0 },
        { { -1, -1, 7, -1, -1, -1, "", "", "" }, 1 },
        { { -1, -1, 7, 1, 2, -1, "", "", "" }, 1 },
        { { -1, -1, 3, -1, -1, -1, "", "", "" }, 0 },
        { { 0x0a5f, -1, 7, -1, -1, -1, "", "", "" }, 5 },
        { { 0x0a5f, 0x0166, -1, -1, -1, -1, "", "", "" }, 12 },
        { { 0x0a5f, 0x0167, -1, -1, -1, -1, "", "", "" }, 0 },
        { { ANY, "zebra", "", "" }, 16 },
        { { ANY, "Technologies", "", "" }, 0 }, /* begins */
        { { ANY, "", "ZD421", "" }, 16 },
        { { ANY, "", "zd421", "zpl" }, 16 },
        { { ANY, "", "", "EPL" }, 0 },
        { { -1, -1, -1, -1, -1, 0x8c, "", "", "" }, 0 },
};

static void a_match_fits_as_closely_as_it_says(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct profile profile = { .matches = { rows[i].match }, .n_matches = 1 };

                assert_int_equal(profile_fit(&profile, &printer), rows[i].fit);
        }
}

static void the_best_of_several_matches_counts(void **state) {
        struct profile profile = { .matches = { rows[1].match, rows[4].match, rows[3].match },
                                   .n_matches = 3 };

        (void)state;
        assert_int_equal(profile_fit(&profile, &printer), 5);
        profile.n_matches = 0;
        assert_int_equal(profile_fit(&profile, &printer), 0);
}

static const char *const odd_ids[] = { "",      ";",     ";;;",     "MFG",      "MFG:",
                                       "MDL:;", "MDL: ", "CMD:ZPL", " MFG : x", "MFG:Zebra" };

static void odd_device_ids_are_read_to_their_end(void **state) {
        const struct profile profile = { .matches = { { ANY, "Zebra", "", "" } }, .n_matches = 1 };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(odd_ids); i++) {
                struct plug_device device = printer;

                assert_int_equal(str_copy(device.device_id, sizeof(device.device_id), odd_ids[i]),
                                 0);
                assert_int_equal(profile_fit(&profile, &device),
                                 strcmp(odd_ids[i], "MFG:Zebra") == 0 ? 16 : 0);
        }
}

/* What is in firmware-profiles/ recognises what the makers' lists say. */
static const struct {
        enum profile_kind kind;
        struct plug_device device;
        const char *profile;
} devices[] = {
        { PROFILE_SCANNER,
          { .vendor = 0x05e0,
            .product = 0x1701,
            .class = 2,
            .subclass = 2,
            .protocol = 1,
            .usage_page = -1 },
          "zebra-ssi" },
        { PROFILE_SCANNER,
          { .vendor = 0x0c2e,
            .product = 0x0b61,
            .class = 2,
            .subclass = 2,
            .protocol = 1,
            .usage_page = -1 },
          "honeywell-serial" },
        { PROFILE_SCANNER,
          { .vendor = 0x1eab,
            .product = 0x0106,
            .class = 2,
            .subclass = 2,
            .protocol = 1,
            .usage_page = -1 },
          "newland-serial" },
        { PROFILE_PRINTER,
          { .vendor = 0x0a5f,
            .product = 0x0166,
            .class = 7,
            .subclass = 1,
            .protocol = 2,
            .usage_page = -1,
            .device_id = "MFG:Zebra;MDL:ZD421;CMD:ZPL;" },
          "zebra-zd421" },
        { PROFILE_PRINTER,
          { .vendor = 0x1203,
            .product = 0x0140,
            .class = 7,
            .subclass = 1,
            .protocol = 2,
            .usage_page = -1,
            .device_id = "MFG:TSC;MDL:TTP-245C;" },
          "tsc-zpl" },
        { PROFILE_PRINTER,
          { .vendor = 0x9999,
            .product = 1,
            .class = 7,
            .subclass = 1,
            .protocol = 1,
            .usage_page = -1 },
          "generic-zpl" },
        { PROFILE_PRINTER,
          { .vendor = 0x05e0,
            .product = 0x1701,
            .class = 2,
            .subclass = 2,
            .protocol = 1,
            .usage_page = -1 },
          NULL },
};

static void the_profiles_of_the_program_recognise_their_devices(void **state) {
        (void)state;
        assert_int_equal(setenv("TALLYMAN_PROFILES", "firmware-profiles", 1), 0);
        for (size_t i = 0; i < ARRAY_LEN(devices); i++) {
                CLEANUP(bytes_fini) struct bytes error = { 0 };
                struct profile *profile = NULL;
                int r = profile_recognise(&devices[i].device, devices[i].kind, &profile, &error);

                assert_string_equal(bytes_str(&error), "");
                assert_int_equal(r, devices[i].profile ? 0 : -ENOENT);
                if (r == 0)
                        assert_string_equal(profile->name, devices[i].profile);
                profile_free(profile);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_match_fits_as_closely_as_it_says),
                cmocka_unit_test(the_best_of_several_matches_counts),
                cmocka_unit_test(odd_device_ids_are_read_to_their_end),
                cmocka_unit_test(the_profiles_of_the_program_recognise_their_devices),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
