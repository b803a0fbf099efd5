/* SPDX-License-Identifier: MIT */
#include "drivers/profile_own.h"

/*
 * The generic ones, so that the agent runs without any file. The same as firmware-profiles/generic-*.json; a test
 * compares them.
 */
static const struct profile builtin[] = {
        {
                .name = "generic-serial",
                .kind = PROFILE_SCANNER,
                .protocol = PROTOCOL_FRAMED,
                .model = "any scanner that ends a scan with CR, LF, CR LF or ETX",
                .verified = true,
                .serial = { 9600, 8, 'n', 1, false, false },
                .ends = { '\r', '\n', 0x03 },
                .n_ends = 3,
                .start = 0x02,
                .rest_ms = 500,
                .good = { { 0x06 }, 1 },
                .bad = { { 0x15 }, 1 },
                .attention = { { 0x07 }, 1 },
        },
        {
                .name = "generic-serial-raw",
                .kind = PROFILE_SCANNER,
                .protocol = PROTOCOL_FRAMED,
                .model = "any scanner that sends no suffix: 50 ms of silence end a scan",
                .verified = true,
                .serial = { 9600, 8, 'n', 1, false, false },
                .start = -1,
                .gap_ms = 50,
                .good = { { 0x06 }, 1 },
                .bad = { { 0x15 }, 1 },
                .attention = { { 0x07 }, 1 },
        },
        {
                .name = "generic-zpl",
                .kind = PROFILE_PRINTER,
                .protocol = PROTOCOL_ZPL,
                .model = "any ZPL printer that answers ~HS",
                .verified = true,
                .matches = { { -1, -1, 7, 1, -1, -1, "", "", "" } },
                .n_matches = 1,
                .serial = { 9600, 8, 'n', 1, false, true },
                .start = -1,
                .status = true,
                .status_ms = 3000,
                .read_back = true,
                .reattach = true,
        },
};

const struct profile *profile_builtin_at(size_t i) {
        return i < ARRAY_LEN(builtin) ? &builtin[i] : NULL;
}

const struct profile *profile_builtin(const char *name) {
        for (size_t i = 0; i < ARRAY_LEN(builtin); i++)
                if (strcmp(builtin[i].name, name) == 0)
                        return &builtin[i];
        return NULL;
}
