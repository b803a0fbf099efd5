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

#include "drivers/profile.h"

static void same_bytes(const struct profile_bytes *a, const struct profile_bytes *b) {
        assert_int_equal(a->len, b->len);
        assert_memory_equal(a->bytes, b->bytes, a->len);
}

static void same(const struct profile *a, const struct profile *b) {
        assert_string_equal(a->name, b->name);
        assert_int_equal(a->kind, b->kind);
        assert_string_equal(a->model, b->model);
        assert_int_equal(a->serial.baud, b->serial.baud);
        assert_int_equal(a->serial.data_bits, b->serial.data_bits);
        assert_int_equal(a->serial.parity, b->serial.parity);
        assert_int_equal(a->serial.stop_bits, b->serial.stop_bits);
        assert_int_equal(a->serial.rtscts, b->serial.rtscts);
        assert_int_equal(a->serial.xonxoff, b->serial.xonxoff);
        assert_int_equal(a->n_ends, b->n_ends);
        assert_memory_equal(a->ends, b->ends, a->n_ends);
        assert_int_equal(a->start, b->start);
        assert_int_equal(a->rest_ms, b->rest_ms);
        assert_int_equal(a->gap_ms, b->gap_ms);
        same_bytes(&a->good, &b->good);
        same_bytes(&a->bad, &b->bad);
        same_bytes(&a->attention, &b->attention);
        assert_int_equal(a->status, b->status);
        assert_int_equal(a->status_ms, b->status_ms);
        assert_int_equal(a->protocol, b->protocol);
        assert_int_equal(a->verified, b->verified);
        assert_int_equal(a->read_back, b->read_back);
        assert_int_equal(a->reattach, b->reattach);
        assert_int_equal(a->layout, b->layout);
        assert_int_equal(a->alt_numpad, b->alt_numpad);
        assert_int_equal(a->n_matches, b->n_matches);
        for (size_t i = 0; i < a->n_matches; i++)
                assert_memory_equal(&a->matches[i], &b->matches[i], sizeof(a->matches[i]));
        assert_int_equal(a->n_setup + a->n_approved + a->n_code_ids, 0);
        assert_int_equal(b->n_setup + b->n_approved + b->n_code_ids, 0);
}

static void the_generic_profiles_are_the_same_in_file_and_program(void **state) {
        static const struct {
                const char *name;
                enum profile_kind kind;
        } rows[] = {
                { "generic-serial", PROFILE_SCANNER },
                { "generic-serial-raw", PROFILE_SCANNER },
                { "generic-hid-keyboard", PROFILE_SCANNER },
                { "generic-hid-pos", PROFILE_SCANNER },
                { "generic-zpl", PROFILE_PRINTER },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                CLEANUP(bytes_fini) struct bytes error = { 0 };
                struct profile *program, *file;

                assert_int_equal(unsetenv("TALLYMAN_PROFILES"), 0);
                assert_int_equal(profile_load(rows[i].name, rows[i].kind, &program, &error), 0);
                assert_int_equal(setenv("TALLYMAN_PROFILES", "firmware-profiles", 1), 0);
                assert_int_equal(profile_load(rows[i].name, rows[i].kind, &file, &error), 0);
                same(file, program);
                profile_free(file);
                profile_free(program);
                assert_int_equal(error.len, 0);
        }
}

static void auto_is_the_generic_one_of_its_kind(void **state) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        struct profile *profile;

        (void)state;
        assert_int_equal(profile_load("auto", PROFILE_SCANNER, &profile, &error), 0);
        assert_string_equal(profile->name, "generic-serial");
        profile_free(profile);
        assert_int_equal(profile_load("auto", PROFILE_PRINTER, &profile, &error), 0);
        assert_string_equal(profile->name, "generic-zpl");
        profile_free(profile);
}

static void names_that_are_no_names_are_not_there(void **state) {
        static const char *const names[] = { "",  "none-such", "../generic-serial", ".hidden",
                                             "A", "a/b",       "generic serial" };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
                CLEANUP(bytes_fini) struct bytes error = { 0 };
                struct profile *profile;

                assert_int_equal(profile_load(names[i], PROFILE_SCANNER, &profile, &error),
                                 -ENOENT);
                assert_non_null(strstr(bytes_str(&error), "there is no profile"));
        }
}

static void a_profile_of_the_other_kind_is_refused(void **state) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        struct profile *profile;

        (void)state;
        assert_int_equal(profile_load("generic-zpl", PROFILE_SCANNER, &profile, &error), -EINVAL);
        assert_string_equal(bytes_str(&error), "profile generic-zpl is for a printer");
}

static void a_fallback_is_a_name(void **state) {
        static const char text[] =
                "{\"name\":\"x\",\"kind\":\"scanner\",\"protocol\":\"ssi\",\"fallback\":\"y-2\"}";
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        struct profile profile;

        (void)state;
        assert_int_equal(profile_read(slice_of(text), "x", &profile, &error), 0);
        assert_string_equal(profile.fallback, "y-2");
}

static void every_field_is_read(void **state) {
        static const char text[] =
                "{\"name\":\"x-1\",\"kind\":\"scanner\",\"model\":\"X 1\",\"verified\":false,"
                "\"serial\":{\"baud\":115200,\"data_bits\":7,\"parity\":\"even\",\"stop_bits\":2,"
                "\"flow\":\"rtscts\"},"
                "\"framing\":{\"start\":\"16\",\"ends\":\"040D\",\"rest_ms\":100,\"gap_ms\":0},"
                "\"feedback\":{\"good\":\"1b42\",\"bad\":\"\"}}";
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        struct profile profile;

        (void)state;
        assert_int_equal(profile_read(slice_of(text), "x", &profile, &error), 0);
        assert_string_equal(profile.name, "x-1");
        assert_string_equal(profile.model, "X 1");
        assert_int_equal(profile.serial.baud, 115200);
        assert_int_equal(profile.serial.data_bits, 7);
        assert_int_equal(profile.serial.parity, 'e');
        assert_int_equal(profile.serial.stop_bits, 2);
        assert_true(profile.serial.rtscts && !profile.serial.xonxoff);
        assert_int_equal(profile.start, 0x16);
        assert_int_equal(profile.n_ends, 2);
        assert_memory_equal(profile.ends, "\x04\x0d", 2);
        assert_int_equal(profile.rest_ms, 100);
        assert_int_equal(profile.good.len, 2);
        assert_memory_equal(profile.good.bytes, "\x1b\x42", 2);
        assert_int_equal(profile.bad.len + profile.attention.len, 0);
}

static void what_a_device_is_and_how_it_is_asked_is_read(void **state) {
        static const char text[] =
                "{\"name\":\"x-1\",\"kind\":\"scanner\",\"protocol\":\"ssi\",\"sources\":[\"a "
                "guide\"],"
                "\"match\":[{\"usb\":\"05e0:1701\",\"class\":\"02/02/*\"},"
                "{\"usb\":\"05E0\",\"usage_page\":140,\"manufacturer\":\"Z\",\"model\":\"DS\","
                "\"command_set\":\"ZPL\"}],"
                "\"setup\":[{\"send\":\"ffee01\"},{\"send\":\"01\",\"expect\":\"06\"}],"
                "\"identify\":{\"query\":\"3f\",\"end\":\"0d\",\"model\":\"M: (.*)\","
                "\"firmware\":\"F: ([0-9.]+)\"},\"firmware\":[\"1.2\",\"2.*\"],"
                "\"framing\":{\"check\":\"lrc\",\"prefix\":\"3c\",\"suffix\":\"3e\"},"
                "\"code_ids\":{\"place\":\"back\",\"map\":{\"j\":\"]C0\",\"B3\":\"]A0\"}},"
                "\"keyboard\":{\"layout\":\"fr\",\"alt_numpad\":true}}";
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        struct profile p;

        (void)state;
        assert_int_equal(profile_read(slice_of(text), "x", &p, &error), 0);
        assert_int_equal(p.protocol, PROTOCOL_SSI);
        assert_string_equal(profile_protocol_name(p.protocol), "ssi");
        assert_int_equal(p.n_matches, 2);
        assert_true(p.matches[0].vendor == 0x05e0 && p.matches[0].product == 0x1701);
        assert_true(p.matches[0].class == 2 && p.matches[0].subclass == 2);
        assert_true(p.matches[0].protocol == -1 && p.matches[0].usage_page == -1);
        assert_true(p.matches[1].vendor == 0x05e0 && p.matches[1].product == -1);
        assert_int_equal(p.matches[1].usage_page, 0x8c);
        assert_string_equal(p.matches[1].manufacturer, "Z");
        assert_string_equal(p.matches[1].model, "DS");
        assert_string_equal(p.matches[1].command_set, "ZPL");
        assert_int_equal(p.n_setup, 2);
        assert_memory_equal(p.setup[0].send.bytes, "\xff\xee\x01", 3);
        assert_int_equal(p.setup[0].expect.len, 0);
        assert_memory_equal(p.setup[1].expect.bytes, "\x06", 1);
        assert_string_equal(p.identify.model, "M: (.*)");
        assert_int_equal(p.n_approved, 2);
        assert_int_equal(p.check, FRAME_CHECK_LRC);
        assert_memory_equal(p.prefix.bytes, "<", 1);
        assert_memory_equal(p.suffix.bytes, ">", 1);
        assert_int_equal(p.code_id_place, CODE_ID_BACK);
        assert_int_equal(p.n_code_ids, 2);
        assert_string_equal(p.code_ids[1].id, "B3");
        assert_string_equal(p.code_ids[1].aim, "]A0");
        assert_int_equal(p.layout, LAYOUT_FR);
        assert_true(p.alt_numpad && !p.read_back);
}

static void a_printers_reading_is_on_unless_it_is_switched_off(void **state) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        struct profile p;

        (void)state;
        assert_int_equal(
                profile_read(slice_of("{\"name\":\"x\",\"kind\":\"printer\"}"), "x", &p, &error),
                0);
        assert_int_equal(p.protocol, PROTOCOL_ZPL);
        assert_true(p.read_back && p.reattach && !p.errors && !p.odometer);
        assert_int_equal(
                profile_read(slice_of("{\"name\":\"x\",\"kind\":\"printer\",\"status\":"
                                      "{\"answers\":true,\"within_ms\":9,\"errors\":true,"
                                      "\"odometer\":true,\"read_back\":false,\"reattach\":false}}"),
                             "x", &p, &error),
                0);
        assert_true(!p.read_back && !p.reattach && p.errors && p.odometer);
}

static const struct {
        const char *approved[2], *firmware;
        bool approves;
} firmwares[] = {
        { { NULL }, "1", true },     { { NULL }, "", true },
        { { "1.2" }, "1.2", true },  { { "1.2" }, "1.20", false },
        { { "1.2" }, "1", false },   { { "1.*" }, "1.20", true },
        { { "1.*" }, "2.1", false }, { { "1.*", "2.1" }, "2.1", true },
        { { "*" }, "", true },
};

static void firmware_is_approved_by_the_list(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(firmwares); i++) {
                struct profile p = { .n_approved = 0 };

                for (size_t j = 0; j < 2 && firmwares[i].approved[j]; j++)
                        assert_int_equal(str_copy(p.approved[p.n_approved++], PROFILE_WORD_SIZE,
                                                  firmwares[i].approved[j]),
                                         0);
                assert_int_equal(profile_approves(&p, firmwares[i].firmware),
                                 firmwares[i].approves);
        }
}

#define SCANNER "{\"name\":\"x\",\"kind\":\"scanner\",\"framing\":{\"gap_ms\":50},"

static const struct {
        const char *text, *reason;
} refused[] = {
        { SCANNER "\"match\":{}}", "match must be a list" },
        { SCANNER "\"match\":[{}]}", "objects that say something" },
        { SCANNER "\"match\":[7]}", "objects that say something" },
        { SCANNER "\"match\":[{\"usb\":\"5e0\"}]}", "match.usb" },
        { SCANNER "\"match\":[{\"usb\":\"05e0:17011\"}]}", "match.usb" },
        { SCANNER "\"match\":[{\"usb\":\"05e0:\"}]}", "match.usb" },
        { SCANNER "\"match\":[{\"usb\":1504}]}", "match.usb" },
        { SCANNER "\"match\":[{\"class\":\"3/1/1\"}]}", "match.class" },
        { SCANNER "\"match\":[{\"class\":\"03/01/01/\"}]}", "match.class" },
        { SCANNER "\"match\":[{\"class\":\"\"}]}", "match.class" },
        { SCANNER "\"match\":[{\"usage_page\":65536}]}", "usage_page" },
        { SCANNER "\"match\":[{\"modle\":\"x\"}]}", "did you mean model?" },
        { SCANNER "\"setup\":[{}]}", "must send something" },
        { SCANNER "\"setup\":[\"07\"]}", "list of objects" },
        { SCANNER "\"identify\":{\"query\":\"3f\"}}", "identify.end" },
        { SCANNER "\"identify\":{\"model\":\"(\"}}", "identify.model: " },
        { SCANNER "\"identify\":{\"firmware\":\"x\"}}", "group" },
        { SCANNER "\"firmware\":[7]}", "list of short texts" },
        { SCANNER "\"firmware\":[\"\"]}", "list of short texts" },
        { SCANNER "\"code_ids\":{\"place\":\"front\",\"map\":{\"j\":\"C0\"}}}", "code_ids.map" },
        { SCANNER "\"code_ids\":{\"place\":\"front\",\"map\":{\"\":\"]C0\"}}}", "code_ids.map" },
        { SCANNER "\"code_ids\":{\"place\":\"front\",\"map\":{\"long\":\"]C0\"}}}",
          "code_ids.map" },
        { SCANNER "\"code_ids\":{\"map\":{\"j\":\"]C0\"}}}", "code_ids.place" },
        { SCANNER "\"code_ids\":{\"place\":\"front\",\"map\":[\"]C0\"]}}", "must be an object" },
        { SCANNER "\"sources\":\"a guide\"}", "list of texts" },
        { SCANNER "\"sources\":[7]}", "list of texts" },
        { SCANNER "\"keyboard\":{\"layout\":\"cz\"}}", "layout" },
        { SCANNER "\"protocol\":\"zpl\"}", "protocol zpl" },
        { "{\"name\":\"x\",\"kind\":\"printer\",\"protocol\":\"ssi\"}", "protocol of a printer" },
        { "", "profile p.json: " },
        { "[]", "not a JSON object" },
        { "{}", "name" },
        { "{\"name\":\"x\"}", "kind is missing" },
        { "{\"name\":\"\",\"kind\":\"printer\"}", "name must be" },
        { "{\"name\":\"../x\",\"kind\":\"printer\"}", "name must be" },
        { "{\"name\":\"x\",\"kind\":\"scale\"}", "kind has an unknown value" },
        { "{\"name\":\"x\",\"kind\":null}", "kind has an unknown value" },
        { "{\"name\":7,\"kind\":\"scanner\"}", "name" },
        { "{\"name\":\"x\",\"kind\":\"scanner\",\"verified\":\"yes\"}", "verified" },
        { "{\"name\":\"x\",\"kind\":\"scanner\"}", "nothing would end a scan" },
        { "{\"name\":\"x\",\"kind\":\"scanner\",\"framing\":{\"gap_ms\":9},\"fallback\":\"y\"}",
          "fallback is" },
        { "{\"name\":\"x\",\"kind\":\"scanner\",\"protocol\":\"ssi\",\"fallback\":\"../y\"}",
          "fallback is" },
        { "{\"name\":\"x\",\"kind\":\"printer\",\"status\":{\"answers\":true}}", "within_ms" },
        { "{\"name\":\"x\",\"kind\":\"printer\",\"status\":{\"answers\":1}}", "answers" },
        { "{\"name\":\"x\",\"kind\":\"printer\",\"color\":1}", "unknown key color" },
        { "{\"name\":\"x\",\"name\":\"y\",\"kind\":\"printer\"}", "profile p.json: " },
        { "{\"name\":\"x\",\"kind\":\"printer\",\"serial\":[]}", "serial must be an object" },
        { "{\"name\":\"x\",\"kind\":\"printer\",\"serial\":{\"boud\":1}}",
          "unknown key serial.boud" },
        { "{\"name\":\"x\",\"kind\":\"printer\",\"serial\":{\"baud\":-1}}", "baud" },
        { "{\"name\":\"x\",\"kind\":\"printer\",\"serial\":{\"data_bits\":5}}", "data_bits" },
        { "{\"name\":\"x\",\"kind\":\"printer\",\"serial\":{\"stop_bits\":0}}", "stop_bits" },
        { "{\"name\":\"x\",\"kind\":\"printer\",\"serial\":{\"parity\":\"mark\"}}", "parity" },
        { "{\"name\":\"x\",\"kind\":\"scanner\",\"framing\":{\"ends\":\"0\"}}", "ends must be" },
        { "{\"name\":\"x\",\"kind\":\"scanner\",\"framing\":{\"ends\":13}}", "ends must be" },
        { "{\"name\":\"x\",\"kind\":\"scanner\",\"framing\":{\"ends\":\"0g\"}}",
          "not hexadecimal" },
        { "{\"name\":\"x\",\"kind\":\"scanner\",\"framing\":{\"ends\":\"0102030405\"}}",
          "at most 4 bytes" },
        { "{\"name\":\"x\",\"kind\":\"scanner\",\"framing\":{\"start\":\"0202\"}}",
          "at most 1 bytes" },
        { "{\"name\":\"x\",\"kind\":\"scanner\",\"framing\":{\"gap_ms\":60001}}", "gap_ms" },
        { "{\"name\":\"x\",\"kind\":\"scanner\",\"framing\":{\"gap_ms\":50},\"feedback\":"
          "{\"happy\":\"06\"}}",
          "unknown key feedback.happy" },
};

static void mistakes_are_refused_with_file_and_reason(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
                CLEANUP(bytes_fini) struct bytes error = { 0 };
                struct slice text = slice_of(refused[i].text);
                struct profile profile;

                if (profile_read(text, "p.json", &profile, &error) != -EINVAL ||
                    strstr(bytes_str(&error), refused[i].reason) == NULL)
                        fail_msg("%s: %s", refused[i].text, bytes_str(&error));
                assert_memory_equal(bytes_str(&error), "profile p.json: ", 16);
        }
}

static void a_file_with_another_name_inside_or_too_large_is_refused(void **state) {
        char folder[] = "/tmp/test-profile-XXXXXX", path[64];
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        struct profile *profile;
        FILE *file;

        (void)state;
        assert_non_null(mkdtemp(folder));
        (void)snprintf(path, sizeof(path), "%s/mine.json", folder);
        assert_int_equal(setenv("TALLYMAN_PROFILES", folder, 1), 0);
        file = fopen(path, "we");
        assert_non_null(file);
        assert_true(fputs("{\"name\":\"other\",\"kind\":\"printer\"}", file) >= 0);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(profile_load("mine", PROFILE_PRINTER, &profile, &error), -EINVAL);
        assert_non_null(strstr(bytes_str(&error), "its name is other"));
        bytes_clear(&error);
        assert_int_equal(truncate(path, 1024 * 1024), 0);
        assert_int_equal(profile_load("mine", PROFILE_PRINTER, &profile, &error), -EINVAL);
        assert_non_null(strstr(bytes_str(&error), "larger than any profile"));
        assert_int_equal(unlink(path) + rmdir(folder), 0);
}

static int without_profiles(void **state) {
        (void)state;
        return unsetenv("TALLYMAN_PROFILES");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_generic_profiles_are_the_same_in_file_and_program),
                cmocka_unit_test_setup(auto_is_the_generic_one_of_its_kind, without_profiles),
                cmocka_unit_test_setup(names_that_are_no_names_are_not_there, without_profiles),
                cmocka_unit_test_setup(a_profile_of_the_other_kind_is_refused, without_profiles),
                cmocka_unit_test(a_fallback_is_a_name),
                cmocka_unit_test(every_field_is_read),
                cmocka_unit_test(what_a_device_is_and_how_it_is_asked_is_read),
                cmocka_unit_test(a_printers_reading_is_on_unless_it_is_switched_off),
                cmocka_unit_test(firmware_is_approved_by_the_list),
                cmocka_unit_test(mistakes_are_refused_with_file_and_reason),
                cmocka_unit_test(a_file_with_another_name_inside_or_too_large_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
