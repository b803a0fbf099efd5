/* SPDX-License-Identifier: MIT */

/* Profiles under any text: refused with a reason, or one that a driver can work with. */

#include <stdlib.h>
#include "drivers/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool promise) {
        if (!promise)
                abort();
}

static void usable(const struct profile *profile) {
        const struct serial_settings *serial = &profile->serial;

        must(profile->name[0] && memchr(profile->name, '\0', sizeof(profile->name)));
        must(memchr(profile->model, '\0', sizeof(profile->model)) != NULL);
        must(serial->baud >= 0 && serial->data_bits >= 7 && serial->data_bits <= 8);
        must(serial->stop_bits >= 1 && serial->stop_bits <= 2);
        must(serial->parity == 'n' || serial->parity == 'e' || serial->parity == 'o');
        must(!serial->rtscts || !serial->xonxoff);
        must(profile->n_ends <= PROFILE_ENDS_MAX && profile->start >= -1 && profile->start <= 255);
        must(profile->rest_ms >= 0 && profile->gap_ms >= 0 && profile->status_ms >= 0);
        must(profile->good.len <= PROFILE_BYTES_MAX && profile->bad.len <= PROFILE_BYTES_MAX &&
             profile->attention.len <= PROFILE_BYTES_MAX);
        if (profile->protocol == PROTOCOL_FRAMED || profile->protocol == PROTOCOL_HID_KEYBOARD)
                must(profile->n_ends > 0 || profile->gap_ms > 0);
        must((profile->kind == PROFILE_PRINTER) == (profile->protocol == PROTOCOL_ZPL));
}

static bool ends(const char *text, size_t size) {
        return memchr(text, '\0', size) != NULL;
}

/* What a device is compared with and told: terminated, and no longer than its room. */
static void bounded(const struct profile *profile) {
        must(profile->n_matches <= PROFILE_MATCHES_MAX && profile->n_setup <= PROFILE_SETUP_MAX &&
             profile->n_approved <= PROFILE_FIRMWARES_MAX &&
             profile->n_code_ids <= PROFILE_CODE_IDS_MAX);
        for (size_t i = 0; i < profile->n_matches; i++) {
                const struct profile_match *match = &profile->matches[i];

                must(match->vendor >= -1 && match->vendor <= 0xffff && match->product >= -1 &&
                     match->product <= 0xffff && match->class >= -1 && match->class <= 0xff);
                must(ends(match->manufacturer, sizeof(match->manufacturer)) &&
                     ends(match->model, sizeof(match->model)) &&
                     ends(match->command_set, sizeof(match->command_set)));
        }
        for (size_t i = 0; i < profile->n_setup; i++)
                must(profile->setup[i].send.len > 0 &&
                     profile->setup[i].send.len <= PROFILE_BYTES_MAX &&
                     profile->setup[i].expect.len <= PROFILE_BYTES_MAX);
        for (size_t i = 0; i < profile->n_code_ids; i++)
                must(profile->code_ids[i].id[0] && profile->code_ids[i].aim[0] == ']' &&
                     ends(profile->code_ids[i].id, sizeof(profile->code_ids[i].id)) &&
                     ends(profile->code_ids[i].aim, sizeof(profile->code_ids[i].aim)));
        must(profile->n_code_ids == 0 || profile->code_id_place != CODE_ID_NONE);
        must(profile->identify.query.len == 0 || profile->identify.end.len > 0);
        (void)profile_approves(profile, "1.2");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        struct profile profile;
        int r = profile_read((struct slice) { data, size }, "fuzz", &profile, &error);

        if (r == 0) {
                usable(&profile);
                bounded(&profile);
        } else {
                must(error.len > 0);
        }
        return 0;
}
