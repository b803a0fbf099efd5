/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "agent/command.h"
#include "base/version.h"

static void check(const char *command, const char *reply) {
        CLEANUP(bytes_fini) struct bytes out = { 0 };
        const struct command_facts facts = { "01ARZ3NDEKTSV4RRFFQ69G5FAV", 12, 10 };

        assert_int_equal(command_answer(slice_of(command), &facts, &out), 0);
        assert_string_equal(bytes_str(&out), reply);
}

static void a_ping_is_answered(void **state) {
        (void)state;
        check("{\"id\":\"7\",\"verb\":\"ping\",\"args\":{}}",
              "{\"id\":\"7\",\"ok\":true,\"result\":{\"version\":\"" TALLYMAN_VERSION
              "\",\"epoch\":\"01ARZ3NDEKTSV4RRFFQ69G5FAV\",\"seq\":12,\"acked\":10}}");
}

static void other_verbs_are_refused_by_their_id(void **state) {
        (void)state;
        check("{\"id\":\"8\",\"verb\":\"print\"}",
              "{\"id\":\"8\",\"ok\":false,\"error\":\"not in this version\"}");
}

static void malformed_commands_are_answered_too(void **state) {
        (void)state;
        check("{\"id\":\"9\"}", "{\"id\":\"9\",\"ok\":false,\"error\":\"verb is missing\"}");
        check("[]", "{\"id\":\"\",\"ok\":false,\"error\":\"id is missing\"}");
}

static void a_command_over_the_limit_is_refused_unread(void **state) {
        static char big[COMMAND_BYTES_MAX + 2];

        (void)state;
        memset(big, ' ', sizeof(big) - 1);
        check(big, "{\"id\":\"\",\"ok\":false,\"error\":\"longer than 16384 bytes\"}");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_ping_is_answered),
                cmocka_unit_test(other_verbs_are_refused_by_their_id),
                cmocka_unit_test(malformed_commands_are_answered_too),
                cmocka_unit_test(a_command_over_the_limit_is_refused_unread),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
