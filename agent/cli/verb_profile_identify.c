/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include "agent/cli/verb_profile.h"
#include "base/clock.h"
#include "base/jsonr.h"
#include "drivers/printer/zpl_status.h"
#include "drivers/profile.h"
#include "drivers/scanner/scanner.h"
#include "drivers/usb.h"

/*
 * Who a device says it is: of a device of the gateway the agent knows; a port that no agent has open is asked here,
 * as its profile says.
 */

enum { ANSWER_MS = 5000, STEP_MS = 20 };

/* ---- what is told ----------------------------------------------------------------------------------- */

static void put_fact(const char *title, const char *value) {
        printf("%-10s", title);
        cli_put(*value ? value : "-");
        putchar('\n');
}

static int tell(const struct cli *cli, const json_t *device) {
        static const char *const facts[] = {
                "kind", "profile", "port", "state", "model", "firmware"
        };

        if (cli->json) {
                cli_print_json(device);
                return CLI_OK;
        }
        for (size_t i = 0; i < ARRAY_LEN(facts); i++)
                if (json_object_get(device, facts[i]))
                        put_fact(facts[i], cli_string(device, facts[i]));
        if (json_is_false(json_object_get(device, "approved"))) {
                cli_put_word("its profile does not approve this firmware", 0, CLI_RED);
                putchar('\n');
        }
        return CLI_OK;
}

/* ---- a device of the gateway ------------------------------------------------------------------------ */

static const json_t *find_device(const json_t *answer, const char *name) {
        const json_t *devices = json_object_get(answer, "devices");

        for (size_t i = 0; i < json_array_size(devices); i++)
                if (strcmp(cli_string(json_array_get(devices, i), "name"), name) == 0)
                        return json_array_get(devices, i);
        return NULL;
}

static int identify_device(struct cli *cli, const char *name) {
        CLEANUP(jsonr_unref) json_t *answer = cli_request(cli, "/api/v1/devices", NULL);
        const json_t *device;

        if (!answer)
                return CLI_FAILED;
        device = find_device(answer, name);
        if (device)
                return tell(cli, device);
        cli_error("there is no device %s; tally devices shows them", name);
        return CLI_FAILED;
}

/* ---- a scanner on a port ---------------------------------------------------------------------------- */

struct identity {
        const char *port;
        sd_event *event;
        struct usb *usb; /* NULL: the port is none of USB's */
        char model[ZPL_MODEL_SIZE], firmware[ZPL_MODEL_SIZE];
        bool known;
        char why[160]; /* it is not */
};

static void identity_is(struct identity *identity, const char *model, const char *firmware) {
        (void)snprintf(identity->model, sizeof(identity->model), "%s", model);
        (void)snprintf(identity->firmware, sizeof(identity->firmware), "%s", firmware);
        identity->known = true;
}

/* Nobody is at this station: a scan is not answered. */
static void on_scan(void *userdata, struct scanner *scanner, struct slice data) {
        (void)userdata;
        (void)scanner;
        (void)data;
}

static void on_refused(void *userdata, struct scanner *scanner, const char *reason) {
        (void)userdata;
        (void)scanner;
        (void)reason;
}

static void on_state(void *userdata, struct scanner *scanner, enum scanner_state state,
                     const char *detail) {
        struct identity *identity = userdata;

        (void)scanner;
        if (state == SCANNER_READY)
                return;
        (void)snprintf(identity->why, sizeof(identity->why), "%s", detail);
        (void)sd_event_exit(identity->event, 0);
}

static void on_identity(void *userdata, struct scanner *scanner, const char *model,
                        const char *firmware) {
        struct identity *identity = userdata;

        (void)scanner;
        identity_is(identity, model, firmware);
        (void)sd_event_exit(identity->event, 0);
}

/* Without a handler of its own the timer ends the loop. */
static int run_scanner(struct identity *identity, const struct scanner_config *config) {
        static const struct scanner_handler handler = { on_scan, on_refused, on_state,
                                                        on_identity, NULL };
        struct scanner *scanner = NULL;
        int r = scanner_new(identity->event, config, &handler, identity, &scanner);

        if (r == 0)
                r = sd_event_add_time_relative(identity->event, NULL, CLOCK_MONOTONIC,
                                               (uint64_t)ANSWER_MS * 1000, 0, NULL, NULL);
        if (r >= 0)
                r = sd_event_loop(identity->event);
        scanner_free(scanner);
        return r < 0 ? r : 0;
}

static int ask_scanner(struct identity *identity, const struct profile *profile) {
        struct scanner_config config = { .name = "port", .profile = profile, .usb = identity->usb };

        if (str_copy(config.port, sizeof(config.port), identity->port) < 0)
                return -ENAMETOOLONG;
        if (profile->protocol != PROTOCOL_SSI && profile->identify.query.len == 0) {
                (void)snprintf(identity->why, sizeof(identity->why),
                               "profile %s has no question that it could be asked", profile->name);
                return 0;
        }
        return run_scanner(identity, &config);
}

/* ---- a printer on a port ---------------------------------------------------------------------------- */

/* false: no time is left, or the wait failed. What is behind a USB transport runs on the loop. */
static bool wait_for(const struct identity *identity, const struct transport *transport,
                     short events, int64_t until_ms) {
        struct pollfd fd = { .fd = transport_fd(transport), .events = events };
        int64_t left_ms;

        while ((left_ms = until_ms - clock_mono_ms()) > 0) {
                int r = identity->usb ? sd_event_run(identity->event, STEP_MS * 1000) : 0;

                if (r >= 0)
                        r = poll(&fd, 1, identity->usb ? 0 : (int)left_ms);
                if (r != 0)
                        return r > 0;
        }
        return false;
}

static int connect_until(const struct identity *identity, struct transport *transport,
                         int64_t until_ms) {
        uint32_t events = transport_connecting_events(transport);
        int r;

        while ((r = transport_connected(transport)) == -EINPROGRESS)
                if (!wait_for(identity, transport, (short)events, until_ms))
                        return -ETIMEDOUT;
        return r;
}

/* 1: it said who it is. 0: it says nothing. */
static int read_model(const struct identity *identity, struct transport *transport,
                      struct zpl_reader *reader, int64_t until_ms) {
        uint8_t chunk[1024]; /* a packet of USB */

        while (wait_for(identity, transport, POLLIN, until_ms)) {
                int n = transport_read(transport, chunk, sizeof(chunk));
                struct slice bytes = { chunk, n > 0 ? (size_t)n : 0 };
                enum zpl_reply reply;

                if (n < 0 && n != -EAGAIN)
                        return n;
                while ((reply = zpl_read(reader, &bytes)) != ZPL_REPLY_NONE)
                        if (reply == ZPL_REPLY_MODEL)
                                return 1;
        }
        return 0;
}

static int open_printer(const struct identity *identity, const struct profile *profile,
                        struct transport **ret) {
        const struct usb_options options = { .function = USB_PRINTER,
                                             .read = true,
                                             .reattach = profile->reattach };

        return identity->usb ? transport_open_usb(identity->usb, identity->port, &options, ret)
                             : transport_open(identity->port, &profile->serial, ret);
}

static int ask_printer(struct identity *identity, const struct profile *profile) {
        static const char query[] = "~HI\r\n";
        int64_t until_ms = clock_mono_ms() + ANSWER_MS;
        struct transport *transport = NULL;
        struct zpl_reader reader = { .len = 0 };
        int r = open_printer(identity, profile, &transport);

        if (r == 0)
                r = connect_until(identity, transport, until_ms);
        if (r == 0)
                r = transport_write(transport, query, strlen(query));
        if (r >= 0)
                r = read_model(identity, transport, &reader, until_ms);
        transport_close(transport);
        if (r > 0)
                identity_is(identity, reader.model, reader.firmware);
        return r < 0 ? r : 0;
}

/* ---- a port ----------------------------------------------------------------------------------------- */

static int load(const char *name, struct profile **ret) {
        CLEANUP(bytes_fini) struct bytes no_scanner = { 0 };
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        int r = profile_load(name, PROFILE_SCANNER, ret, &no_scanner);

        if (r == -EINVAL)
                r = profile_load(name, PROFILE_PRINTER, ret, &error);
        if (r < 0)
                cli_error("%s", error.len ? bytes_str(&error) : bytes_str(&no_scanner));
        return r;
}

static int tell_port(const struct cli *cli, const struct identity *identity,
                     const struct profile *profile) {
        CLEANUP(jsonr_unref)
        json_t *device = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "kind",
                                   profile->kind == PROFILE_SCANNER ? "scanner" : "printer",
                                   "profile", profile->name, "port", identity->port, "model",
                                   identity->model, "firmware", identity->firmware, "approved",
                                   profile_approves(profile, identity->firmware));

        if (device)
                return tell(cli, device);
        cli_error("it answered with something that is no text");
        return CLI_FAILED;
}

static int ask(struct identity *identity, const struct profile *profile) {
        int r = sd_event_new(&identity->event);

        if (r >= 0 && usb_is_port(identity->port))
                r = usb_new(identity->event, &identity->usb);
        if (r >= 0)
                r = profile->kind == PROFILE_SCANNER ? ask_scanner(identity, profile)
                                                     : ask_printer(identity, profile);
        usb_free(TAKE(identity->usb));
        identity->event = sd_event_unref(identity->event);
        return r;
}

static int identify_port(const struct cli *cli, const char *port, const char *name) {
        struct identity identity = { .port = port };
        struct profile *profile = NULL;
        int status = CLI_FAILED, r = load(name, &profile);

        if (r < 0)
                return CLI_FAILED;
        r = ask(&identity, profile);
        if (r < 0)
                cli_error("%s: %s", port, strerror(-r));
        else if (identity.known)
                status = tell_port(cli, &identity, profile);
        else
                cli_error("%s: %s", port,
                          identity.why[0] ? identity.why
                                          : "it does not say who it is: correct profile, or switch "
                                            "host commands on with its manual's codes");
        profile_free(profile);
        return status;
}

int profile_identify(struct cli *cli) {
        const char *what = cli->n_words > 1 ? cli->words[1] : "";

        if (cli->n_words == 3 && strchr(what, ':'))
                return identify_port(cli, what, cli->words[2]);
        if (cli->n_words == 2 && !strchr(what, ':'))
                return identify_device(cli, what);
        cli_error("name one device, as tally devices shows it, or a port and its profile");
        return CLI_USAGE;
}
