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
        must(profile->kind == PROFILE_PRINTER || profile->n_ends > 0 || profile->gap_ms > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        struct profile profile;
        int r = profile_read((struct slice) { data, size }, "fuzz", &profile, &error);

        if (r == 0)
                usable(&profile);
        else
                must(error.len > 0);
        return 0;
}
