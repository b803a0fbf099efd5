/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
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

/* USB ids, class, usage page of the first HID collection. */
#define USB(v, p, c, s, r, page)                                                                   \
        .vendor = (v), .product = (p), .class = (c), .subclass = (s), .protocol = (r),             \
        .usage_page = (page)
#define SERIAL_USB(v, p)   USB(v, p, 2, 2, 1, -1)
#define KEYBOARD_USB(v, p) USB(v, p, 3, 1, 1, 1)
#define POS_USB(v, p)      USB(v, p, 3, 0, 0, 0x8c)
#define PRINTER_USB(v, p)  USB(v, p, 7, 1, 2, -1)
#define NO_USB             USB(-1, -1, -1, -1, -1, -1)

/* What is in firmware-profiles/ recognises what the makers' lists say. */
static const struct {
        enum profile_kind kind;
        struct plug_device device;
        const char *profile;
} devices[] = {
        { PROFILE_SCANNER, { SERIAL_USB(0x05e0, 0x1701) }, "zebra-ssi" },
        { PROFILE_SCANNER, { SERIAL_USB(0x0c2e, 0x0b61) }, "honeywell-serial" },
        { PROFILE_SCANNER, { SERIAL_USB(0x1eab, 0x0106) }, "newland-serial" },
        { PROFILE_SCANNER, { SERIAL_USB(0x9999, 1) }, NULL },
        { PROFILE_SCANNER, { NO_USB }, NULL },
        { PROFILE_SCANNER,
          { KEYBOARD_USB(0x05e0, 0x1200), .model = "Symbol Bar Code Scanner" },
          "zebra-keyboard" },
        { PROFILE_SCANNER,
          { KEYBOARD_USB(0x05e0, 0x1200), .model = "Zebra DS2208" },
          "zebra-ds2208-keyboard" },
        { PROFILE_SCANNER, { POS_USB(0x05e0, 0x1200) }, "zebra-pos" },
        { PROFILE_SCANNER, { KEYBOARD_USB(0x0c2e, 0x1001) }, "honeywell-voyager-1470-keyboard" },
        { PROFILE_SCANNER, { KEYBOARD_USB(0x0c2e, 0x0b61) }, "honeywell-keyboard" },
        { PROFILE_SCANNER, { POS_USB(0x0c2e, 0x0907), .model = "Xenon 1900" }, "honeywell-pos" },
        { PROFILE_SCANNER,
          { POS_USB(0x0c2e, 0x1007), .model = "Voyager 1470g" },
          "honeywell-voyager-1470-pos" },
        { PROFILE_SCANNER, { KEYBOARD_USB(0x05f9, 0x2206) }, "datalogic-gryphon-keyboard" },
        { PROFILE_SCANNER, { KEYBOARD_USB(0x05f9, 0x2601) }, "datalogic-keyboard" },
        { PROFILE_SCANNER, { POS_USB(0x1eab, 0x0110) }, "newland-pos" },
        { PROFILE_SCANNER, { KEYBOARD_USB(0x9999, 1) }, "generic-hid-keyboard" },
        { PROFILE_SCANNER, { POS_USB(0x9999, 1) }, "generic-hid-pos" },
        { PROFILE_PRINTER, { KEYBOARD_USB(0x9999, 1) }, NULL },
        { PROFILE_PRINTER,
          { PRINTER_USB(0x0a5f, 0x0166), .device_id = "MFG:Zebra;MDL:ZD421;CMD:ZPL;" },
          "zebra-zd421" },
        { PROFILE_PRINTER,
          { PRINTER_USB(0x1203, 0x0140), .device_id = "MFG:TSC;MDL:TTP-245C;" },
          "tsc-zpl" },
        { PROFILE_PRINTER,
          { PRINTER_USB(0x0a5f, 0x0084), .device_id = "MFG:Zebra;MDL:GX420d;CMD:ZPL;" },
          "zebra-zpl" },
        { PROFILE_PRINTER,
          { PRINTER_USB(0x195f, 1), .device_id = "MFG:GODEX;MDL:G500;" },
          "godex-zpl" },
        { PROFILE_PRINTER,
          { PRINTER_USB(0x04f9, 1), .device_id = "MFG:Brother;MDL:TD-4520DN;" },
          "brother-zpl" },
        { PROFILE_PRINTER, /* not every Brother is a label printer */
          { PRINTER_USB(0x04f9, 2), .device_id = "MFG:Brother;MDL:HL-2030;" },
          "generic-zpl" },
        { PROFILE_PRINTER, { PRINTER_USB(0x9999, 1) }, "generic-zpl" },
        { PROFILE_PRINTER, { SERIAL_USB(0x05e0, 0x1701) }, NULL },
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

static void a_folder_that_cannot_be_read_is_told(void **state) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        const struct plug_device *one = &printer;
        struct profile_found found, *all = &found;

        (void)state;
        assert_int_equal(setenv("TALLYMAN_PROFILES", "/dev/null", 1), 0);
        assert_int_equal(profile_recognise_all(&one, 1, &all, &error), 0);
        assert_non_null(strstr(bytes_str(&error), "/dev/null: Not a directory"));
        assert_string_equal(found.name[PROFILE_PRINTER], "generic-zpl"); /* compiled in */
}

static void write_profile(const char *folder, const char *name) {
        char path[96];
        FILE *file;

        (void)snprintf(path, sizeof(path), "%s/%s.json", folder, name);
        file = fopen(path, "we");
        assert_non_null(file);
        assert_true(fprintf(file,
                            "{\"name\":\"%s\",\"kind\":\"printer\","
                            "\"match\":[{\"usb\":\"9999\",\"class\":\"07/01\"}]}",
                            name) > 0);
        assert_int_equal(fclose(file), 0);
}

static void of_equals_the_first_by_name_is_taken(void **state) {
        static const struct plug_device device = { PRINTER_USB(0x9999, 1) };
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        char folder[] = "/tmp/test-recognise-XXXXXX", path[96];
        struct profile *profile = NULL;

        (void)state;
        assert_non_null(mkdtemp(folder));
        assert_int_equal(setenv("TALLYMAN_PROFILES", folder, 1), 0);
        write_profile(folder, "second");
        write_profile(folder, "first");
        assert_int_equal(profile_recognise(&device, PROFILE_PRINTER, &profile, &error), 0);
        assert_string_equal(profile->name, "first");
        profile_free(profile);
        (void)snprintf(path, sizeof(path), "%s/first.json", folder);
        assert_int_equal(unlink(path), 0);
        (void)snprintf(path, sizeof(path), "%s/second.json", folder);
        assert_int_equal(unlink(path) + rmdir(folder), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_match_fits_as_closely_as_it_says),
                cmocka_unit_test(the_best_of_several_matches_counts),
                cmocka_unit_test(odd_device_ids_are_read_to_their_end),
                cmocka_unit_test(the_profiles_of_the_program_recognise_their_devices),
                cmocka_unit_test(a_folder_that_cannot_be_read_is_told),
                cmocka_unit_test(of_equals_the_first_by_name_is_taken),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
