/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include "agent/cli/cli.h"

static const struct cli_column device_columns[] = {
        { "DEVICE", "name", false },     { "KIND", "kind", false },
        { "STATION", "station", false }, { "STATE", "state", false },
        { "PROFILE", "profile", false }, { "PORT", "port", false },
        { "DETAIL", "detail", false },   { NULL, NULL, false },
};

static const struct cli_column station_columns[] = {
        { "STATION", "name", false },      { "MODE", "mode", false },
        { "OPERATOR", "operator", false }, { "ORDER", "order", false },
        { "RECORDED", "recorded", true },  { NULL, NULL, false },
};

static void put_uptime(json_int_t seconds) {
        if (seconds >= 86400)
                printf("%lld d %lld h", (long long)(seconds / 86400),
                       (long long)(seconds / 3600 % 24));
        else if (seconds >= 3600)
                printf("%lld h %lld min", (long long)(seconds / 3600),
                       (long long)(seconds / 60 % 60));
        else if (seconds >= 60)
                printf("%lld min", (long long)(seconds / 60));
        else
                printf("%lld s", (long long)seconds);
}

static void put_broker(const json_t *broker) {
        printf("broker    ");
        if (!json_is_true(json_object_get(broker, "configured")))
                printf("none configured; the gateway works alone");
        else if (!json_is_true(json_object_get(broker, "up"))) {
                cli_put_word("not connected", 0, CLI_YELLOW);
                if (*cli_string(broker, "error")) {
                        printf(": ");
                        cli_put(cli_string(broker, "error"));
                }
        } else {
                cli_put_word("connected", 0, CLI_GREEN);
                printf(" with MQTT %s, hub %s", cli_int(broker, "protocol") == 5 ? "5" : "3.1.1",
                       json_is_true(json_object_get(broker, "hub")) ? "online" : "not seen");
        }
        putchar('\n');
}

static void put_status(const json_t *status) {
        printf("gateway   ");
        cli_put(cli_string(status, "gateway"));
        printf(" of site ");
        cli_put(cli_string(status, "site"));
        printf(", tallyd %s, up ", cli_string(status, "version"));
        put_uptime(cli_int(status, "uptime_s"));
        putchar('\n');
        put_broker(json_object_get(status, "broker"));
        printf("log       %lld events, %lld not acknowledged by the hub\n",
               (long long)cli_int(status, "seq"), (long long)cli_int(status, "backlog"));
        printf("work      %lld of %lld orders open, %lld exceptions open, %lld labels waiting\n",
               (long long)cli_int(status, "open_orders"), (long long)cli_int(status, "orders"),
               (long long)cli_int(status, "open_exceptions"),
               (long long)cli_int(status, "waiting_jobs"));
        printf("ledger    %lld KiB, and %lld KiB of write-ahead log\n\n",
               (long long)cli_int(status, "db_bytes") / 1024,
               (long long)cli_int(status, "wal_bytes") / 1024);
        cli_table(json_object_get(status, "stations"), station_columns, "no stations configured");
        putchar('\n');
        cli_table(json_object_get(status, "devices"), device_columns, "no devices configured");
}

int verb_status(struct cli *cli) {
        json_t *status = cli_request(cli, "/api/v1/status", NULL);

        if (!status)
                return CLI_FAILED;
        if (cli->json)
                cli_print_json(status);
        else
                put_status(status);
        json_decref(status);
        return CLI_OK;
}

int verb_devices(struct cli *cli) {
        json_t *answer = cli_request(cli, "/api/v1/devices", NULL);

        if (!answer)
                return CLI_FAILED;
        if (cli->json)
                cli_print_json(answer);
        else
                cli_table(json_object_get(answer, "devices"), device_columns,
                          "no devices configured");
        json_decref(answer);
        return CLI_OK;
}
