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
}

static void the_generic_profiles_are_the_same_in_file_and_program(void **state) {
        static const struct {
                const char *name;
                enum profile_kind kind;
        } rows[] = {
                { "generic-serial", PROFILE_SCANNER },
                { "generic-serial-raw", PROFILE_SCANNER },
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
        static const char *const names[] = { "", "none-such", "../generic-serial", ".hidden", "A",
                                             "a/b", "generic serial" };

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

static const struct {
        const char *text, *reason;
} refused[] = {
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
                cmocka_unit_test(every_field_is_read),
                cmocka_unit_test(mistakes_are_refused_with_file_and_reason),
                cmocka_unit_test(a_file_with_another_name_inside_or_too_large_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
