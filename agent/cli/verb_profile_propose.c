/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "agent/cli/verb_profile.h"
#include "base/jsonr.h"
#include "drivers/plug.h"
#include "drivers/recognise.h"

/*
 * What is plugged in, and which profile it has. One that only a generic profile knows gets a profile of its own
 * proposed, from what it says of itself: a beginning, for somebody who looks into its manual.
 */

enum { CLASS_HID = 0x03, CLASS_PRINTER = 0x07, PAGE_POS = 0x8c };

/* ---- a profile of its own --------------------------------------------------------------------------- */

static bool is_printer(const struct plug_device *device) {
        return device->class == CLASS_PRINTER;
}

static const char *protocol_of_device(const struct plug_device *device) {
        if (is_printer(device))
                return "zpl";
        if (device->class != CLASS_HID)
                return "framed";
        return device->usage_page == PAGE_POS ? "hid-pos" : "hid-keyboard";
}

/* "ACME Scan 100" to "acme-scan-100"; one that says nothing has its numbers. */
static void name_of(const struct plug_device *device, char *dst, size_t size) {
        char words[PLUG_WORD_SIZE * 2];
        size_t n = 0;

        (void)snprintf(words, sizeof(words), "%s %s", device->maker, device->model);
        for (const char *c = words; *c && n + 1 < size; c++)
                if (isalnum((unsigned char)*c))
                        dst[n++] = (char)tolower((unsigned char)*c);
                else if (n > 0 && dst[n - 1] != '-')
                        dst[n++] = '-';
        while (n > 0 && dst[n - 1] == '-')
                n--;
        dst[n] = '\0';
        if (n == 0)
                (void)snprintf(dst, size, "usb-%04x-%04x", (unsigned)device->vendor,
                               (unsigned)device->product);
}

static json_t *match_of(const struct plug_device *device) {
        char usb[16], class[16];
        json_t *match;

        (void)snprintf(usb, sizeof(usb), "%04x:%04x", (unsigned)device->vendor,
                       (unsigned)device->product);
        (void)snprintf(class, sizeof(class), "%02x/%02x", (unsigned)device->class,
                       (unsigned)device->subclass);
        match = json_pack("{s:s, s:s}", "usb", usb, "class", class);
        if (match && device->usage_page == PAGE_POS &&
            json_object_set_new(match, "usage_page", json_integer(PAGE_POS)) != 0) {
                json_decref(match);
                return NULL;
        }
        return match;
}

/* What its kind cannot do without; as the generic profiles have it. */
static int add_speech(json_t *profile, const struct plug_device *device) {
        if (is_printer(device))
                return json_object_set_new(
                        profile, "status",
                        json_pack("{s:b, s:i}", "answers", true, "within_ms", 3000));
        if (device->class == CLASS_HID && device->usage_page == PAGE_POS)
                return 0;
        if (device->class == CLASS_HID)
                return json_object_set_new(
                        profile, "framing",
                        json_pack("{s:s, s:i}", "ends", "0d0a09", "gap_ms", 100));
        return json_object_set_new(profile, "framing",
                                   json_pack("{s:s, s:i}", "ends", "0d0a03", "rest_ms", 500));
}

static json_t *propose(const struct plug_device *device) {
        char name[ID_SIZE];
        json_t *profile;

        name_of(device, name, sizeof(name));
        profile = json_pack("{s:s, s:s, s:s, s:s, s:b, s:[s], s:[o]}", "name", name, "kind",
                            is_printer(device) ? "printer" : "scanner", "protocol",
                            protocol_of_device(device), "model", device->model, "verified", false,
                            "sources", "assumed: proposed from what the device says of itself",
                            "match", match_of(device));
        if (profile && add_speech(profile, device) != 0) {
                json_decref(profile);
                return NULL;
        }
        return profile;
}

/* ---- what is plugged in ----------------------------------------------------------------------------- */

static const char generic[] = "generic-";

static bool is_generic(const char *name) {
        return strncmp(name, generic, strlen(generic)) == 0;
}

/* A program has it, most likely the agent: what the kernel's driver would tell of it is not to be had. */
static bool is_taken(const struct plug_device *device) {
        return device->taken && device->class == CLASS_HID;
}

/* What profile = auto would take; -ENOMEM. */
static int known_as(const struct plug_device *device, char *dst, size_t size) {
        CLEANUP(bytes_fini) struct bytes unread = { 0 }; /* profile list tells of those */
        struct profile *profile = NULL;
        int r = profile_recognise(device, is_printer(device) ? PROFILE_PRINTER : PROFILE_SCANNER,
                                  &profile, &unread);

        (void)snprintf(dst, size, "%s%s", r == 0 ? profile->name : generic,
                       r == 0               ? ""
                       : is_printer(device) ? "zpl"
                                            : "serial");
        profile_free(profile);
        return r == -ENOMEM ? r : 0;
}

/* NULL: out of memory. */
static json_t *row_of(const struct plug_device *device) {
        char name[ID_SIZE], usb[16];
        int r = known_as(device, name, sizeof(name));

        if (r < 0)
                return NULL;
        (void)snprintf(usb, sizeof(usb), "%04x:%04x", (unsigned)device->vendor,
                       (unsigned)device->product);
        return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o*}", "port", device->port, "kind",
                         is_printer(device) ? "printer" : "scanner", "usb", usb, "maker",
                         device->maker, "model", device->model, "profile", name, "proposal",
                         is_generic(name) ? propose(device) : NULL);
}

static json_t *rows_of(const struct plug_device *devices, int n) {
        json_t *rows = json_array();

        for (int i = 0; i < n; i++)
                if (!is_taken(&devices[i]) &&
                    json_array_append_new(rows, row_of(&devices[i])) != 0) {
                        json_decref(rows);
                        return NULL;
                }
        return rows;
}

static void put_proposals(const json_t *rows) {
        const json_t *proposal;
        json_t *row;
        size_t i;

        json_array_foreach(rows, i, row) {
                proposal = json_object_get(row, "proposal");
                if (!proposal)
                        continue;
                printf("\n%s is unknown. If it is a %s, a profile may begin so:\n",
                       cli_string(row, "port"), cli_string(row, "kind"));
                cli_print_json(proposal);
        }
}

int profile_propose(struct cli *cli) {
        static const struct cli_column columns[] = {
                { "PORT", "port", false },   { "USB", "usb", false },
                { "KIND", "kind", false },   { "PROFILE", "profile", false },
                { "MAKER", "maker", false }, { "MODEL", "model", false },
                { NULL, NULL, false },
        };
        CLEANUP(jsonr_unref) json_t *rows = NULL;
        struct plug_device *devices = calloc(PLUG_DEVICES_MAX, sizeof(*devices));
        int n = devices ? plug_list(devices, PLUG_DEVICES_MAX) : -ENOMEM;

        if (n >= 0)
                rows = rows_of(devices, n);
        free(devices);
        if (!rows) {
                cli_error("%s", strerror(n < 0 ? -n : ENOMEM));
                return CLI_FAILED;
        }
        if (cli->json) {
                cli_print_json(rows);
                return CLI_OK;
        }
        cli_table(rows, columns, "nothing is plugged in that may be a scanner or printer");
        put_proposals(rows);
        return CLI_OK;
}
