/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "agent/config.h"

static char path[] = "/tmp/test_config.XXXXXX";

struct world {
        struct config config;
        struct bytes errors;
};

static int make(void **state) {
        *state = calloc(1, sizeof(struct world));
        return *state ? 0 : -1;
}

static int drop(void **state) {
        struct world *world = *state;

        bytes_fini(&world->errors);
        bytes_fini(&world->config.broker.will);
        free(world);
        return 0;
}

static int read_text(struct world *world, const char *text) {
        FILE *file = fopen(path, "w");

        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
        return config_read(path, &world->config, &world->errors);
}

/* One problem, in these words after the file's name. */
static void assert_problem(struct world *world, const char *text, const char *words) {
        char wanted[512];

        (void)snprintf(wanted, sizeof(wanted), "%s%s\n", path, words);
        assert_int_equal(read_text(world, text), 1);
        assert_string_equal(bytes_str(&world->errors), wanted);
        bytes_clear(&world->errors);
}

#define GATEWAY "[gateway]\nsite = leeds\nid = gw-07\n"
#define STATION "[station pack-1]\n"

static void smallest_configuration_has_the_designs_defaults(void **state) {
        struct world *world = *state;
        struct config *config = &world->config;

        assert_int_equal(read_text(world, GATEWAY STATION), 0);
        assert_string_equal(config->site, "leeds");
        assert_string_equal(config->gateway, "gw-07");
        assert_string_equal(config->data, "/var/lib/tallyman");
        assert_int_equal(config->retain_days, 30);
        assert_false(config->has_broker);
        assert_false(config->ack_broker);
        assert_int_equal(config->window, 8);
        assert_int_equal(config->batch_events, 500);
        assert_string_equal(config->api_socket, "/run/tallyman/api.sock");
        assert_string_equal(config->api_listen, "127.0.0.1:8420");
        assert_int_equal(config->n_stations, 1);
        assert_string_equal(config->stations[0].flow.station, "pack-1");
        assert_string_equal(config->stations[0].flow.gateway, "gw-07");
        assert_int_equal(config->stations[0].flow.mode, MODE_PICK);
        assert_int_equal(config->stations[0].flow.label_on, LABEL_ON_PACKED);
        assert_true(config->stations[0].flow.require_location_scan);
        assert_true(config->stations[0].flow.verify);
        assert_false(config->stations[0].flow.ship_on_pack);
}

static void every_key_of_the_design_is_read(void **state) {
        struct world *world = *state;
        struct config *config = &world->config;

        assert_int_equal(
                read_text(world,
                          GATEWAY "data = /srv/t\nretain_days = 7\n"
                                  "[broker]\nhost = b.example\nport = 1884\ntls = no\n"
                                  "protocol = 3.1.1\n"
                                  "[sync]\nack = broker\nwindow = 4\nbatch_events = 100\n"
                                  "[station pack-1]\nmode = return\nrequire_location_scan = no\n"
                                  "debounce_ms = 250\nlabel_on = never\nverify = no\n"
                                  "ship_on_pack = yes\n"
                                  "[station pick-2]\nmode = count\n"
                                  "[scanner left]\nstation = pick-2\nprofile = generic-serial\n"
                                  "port = serial:/dev/ttyACM0\n"
                                  "[printer zd]\nstation = pack-1\nport = tcp:10.0.0.9:9100\n"
                                  "listen = 9100\n"
                                  "[api]\nsocket = /tmp/a.sock\nlisten =\n"),
                0);
        assert_string_equal(config->data, "/srv/t");
        assert_int_equal(config->retain_days, 7);
        assert_true(config->has_broker);
        assert_string_equal(config->broker.host, "b.example");
        assert_int_equal(config->broker.port, 1884);
        assert_int_equal(config->broker.protocol, LINK_MQTT311);
        assert_true(config->ack_broker);
        assert_int_equal(config->window, 4);
        assert_int_equal(config->batch_events, 100);
        assert_int_equal(config->n_stations, 2);
        assert_int_equal(config->stations[0].flow.mode, MODE_RETURN);
        assert_int_equal(config->stations[0].flow.label_on, LABEL_NEVER);
        assert_int_equal(config->stations[0].debounce_ms, 250);
        assert_false(config->stations[0].flow.require_location_scan);
        assert_false(config->stations[0].flow.verify);
        assert_true(config->stations[0].flow.ship_on_pack);
        assert_int_equal(config->stations[1].flow.mode, MODE_COUNT);
        assert_string_equal(config->scanners[0].port, "serial:/dev/ttyACM0");
        assert_string_equal(config->scanners[0].profile, "generic-serial");
        assert_string_equal(config->printers[0].profile, "auto");
        assert_int_equal(config->printers[0].listen, 9100);
        assert_string_equal(config->api_listen, "");
}

static void device_without_a_station_belongs_to_the_only_one(void **state) {
        struct world *world = *state;

        assert_int_equal(read_text(world, GATEWAY "[scanner left]\n" STATION), 0);
        assert_string_equal(world->config.scanners[0].station, "pack-1");
}

static void each_mistake_is_named(void **state) {
        static const struct {
                const char *text, *words;
        } cases[] = {
                { STATION, ": no [gateway] section: it says site and id" },
                { "[gateway]\nsite = leeds\nid = stock\n" STATION,
                  ": [gateway] id = stock: that word names a topic, choose another" },
                { GATEWAY, ": no [station NAME]: a gateway needs at least one" },
                { GATEWAY STATION "mdoe = pick\n",
                  ":5: unknown key \"mdoe\"; did you mean \"mode\"?" },
                { GATEWAY STATION "[scanner left]\nstation = pack-2\n",
                  ": [scanner left] station = pack-2: there is no [station pack-2]" },
                { GATEWAY STATION "[station b]\n[scanner left]\n",
                  ": [scanner left] needs a station" },
                { GATEWAY STATION "[scanner left]\nport = /dev/ttyACM0\n",
                  ": [scanner left] port must be auto, serial:PATH or usb:PORT, not "
                  "\"/dev/ttyACM0\"" },
                { GATEWAY STATION "[printer zd]\nport = tcp:\n",
                  ": [printer zd] port must be auto, serial:PATH, tcp:HOST:PORT or usb:PORT, not "
                  "\"tcp:\"" },
                { GATEWAY STATION "[scanner a]\nport = serial:/dev/x\n[scanner b]\n"
                                  "port = serial:/dev/x\n",
                  ": port serial:/dev/x is given to both a and b" },
                { GATEWAY STATION "token_file = /nonexistent/token\n",
                  ": [station pack-1] token_file: cannot read /nonexistent/token: No such file or "
                  "directory" },
        };

        for (size_t i = 0; i < ARRAY_LEN(cases); i++)
                assert_problem(*state, cases[i].text, cases[i].words);
}

static void more_stations_than_fit_are_a_problem_not_a_crash(void **state) {
        struct world *world = *state;
        struct bytes text = { 0 };

        bytes_append_str(&text, GATEWAY);
        for (int i = 0; i <= STATIONS_MAX; i++)
                bytes_appendf(&text, "[station s-%d]\n", i);
        assert_int_equal(read_text(world, bytes_str(&text)), 1);
        bytes_fini(&text);
}

static void missing_file_is_a_problem_with_its_reason(void **state) {
        struct world *world = *state;

        assert_int_equal(config_read("/nonexistent/tallyd.conf", &world->config, &world->errors),
                         1);
        assert_non_null(strstr(bytes_str(&world->errors), "No such file or directory"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(smallest_configuration_has_the_designs_defaults,
                                                make, drop),
                cmocka_unit_test_setup_teardown(every_key_of_the_design_is_read, make, drop),
                cmocka_unit_test_setup_teardown(device_without_a_station_belongs_to_the_only_one,
                                                make, drop),
                cmocka_unit_test_setup_teardown(each_mistake_is_named, make, drop),
                cmocka_unit_test_setup_teardown(more_stations_than_fit_are_a_problem_not_a_crash,
                                                make, drop),
                cmocka_unit_test_setup_teardown(missing_file_is_a_problem_with_its_reason, make,
                                                drop),
        };
        int fd = mkstemp(path), failed;

        if (fd < 0)
                return 1;
        (void)close(fd);
        failed = cmocka_run_group_tests(tests, NULL, NULL);
        (void)unlink(path);
        return failed;
}
