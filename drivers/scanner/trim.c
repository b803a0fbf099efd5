/* SPDX-License-Identifier: MIT */
#include "drivers/scanner/trim.h"

static bool begins(struct slice scan, const void *with, size_t len) {
        return len > 0 && scan.len >= len && memcmp(scan.bytes, with, len) == 0;
}

static bool ends(struct slice scan, const void *with, size_t len) {
        return len > 0 && scan.len >= len && memcmp(scan.bytes + scan.len - len, with, len) == 0;
}

static void cut_front(struct slice *scan, size_t len) {
        scan->bytes += len;
        scan->len -= len;
}

/* The longest id that fits: one may begin as another does. NULL: none. */
static const struct profile_code_id *find(const struct profile *profile, struct slice scan) {
        bool front = profile->code_id_place == CODE_ID_FRONT;
        const struct profile_code_id *found = NULL;

        for (size_t i = 0; i < profile->n_code_ids; i++) {
                const struct profile_code_id *entry = &profile->code_ids[i];
                size_t len = strlen(entry->id);

                if ((front ? begins(scan, entry->id, len) : ends(scan, entry->id, len)) &&
                    (!found || len > strlen(found->id)))
                        found = entry;
        }
        return found;
}

static struct slice with_aim(const char *aim, struct slice text, uint8_t *buffer) {
        const size_t len = AIM_SIZE - 1;

        memcpy(buffer, aim, len);
        if (text.len > 0)
                memmove(buffer + len, text.bytes, text.len); /* it may be there already */
        return (struct slice) { buffer, len + text.len };
}

/*
 * FNC1 in front of a GS1 code is what its identifier says, and no character of it (GS1 General
 * Specifications 7.8). Some scanners send it as GS all the same.
 */
static struct slice without_first_fnc1(struct slice scan, uint8_t *buffer) {
        static const char *const gs1[] = { "]C1\x1d", "]e0\x1d", "]d2\x1d", "]Q3\x1d", "]J1\x1d" };

        for (size_t i = 0; i < ARRAY_LEN(gs1); i++)
                if (begins(scan, gs1[i], AIM_SIZE)) {
                        cut_front(&scan, AIM_SIZE);
                        return with_aim(gs1[i], scan, buffer);
                }
        return scan;
}

static struct slice identified(const struct profile *profile, struct slice scan, uint8_t *buffer) {
        const struct profile_code_id *id;

        if (begins(scan, "]", 1) || profile->code_id_place == CODE_ID_NONE)
                return scan;
        id = find(profile, scan);
        if (!id)
                return scan;
        if (profile->code_id_place == CODE_ID_FRONT)
                cut_front(&scan, strlen(id->id));
        else
                scan.len -= strlen(id->id);
        return with_aim(id->aim, scan, buffer);
}

struct slice scan_trim(const struct profile *profile, struct slice scan, uint8_t *buffer) {
        if (begins(scan, profile->prefix.bytes, profile->prefix.len))
                cut_front(&scan, profile->prefix.len);
        if (ends(scan, profile->suffix.bytes, profile->suffix.len))
                scan.len -= profile->suffix.len;
        return without_first_fnc1(identified(profile, scan, buffer), buffer);
}
