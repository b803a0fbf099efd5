/* SPDX-License-Identifier: MIT */
#include "drivers/recognise.h"

#include <errno.h>
#include <strings.h>
#include "drivers/device_id.h"
#include "drivers/profile_own.h"

enum { FIT_CLASS = 1, FIT_USAGE = 2, FIT_VENDOR = 4, FIT_PRODUCT = 8, FIT_SAYS = 16 };

/* ---- words ---------------------------------------------------------------------------------------- */

static struct slice value_of(const char *id, const char *name, const char *long_name) {
        return device_id_value(slice_of(id), name, long_name);
}

static bool says(struct slice value, const char *word, bool at_begin) {
        size_t len = strlen(word);

        for (size_t i = 0; i + len <= value.len && (i == 0 || !at_begin); i++)
                if (strncasecmp((const char *)value.bytes + i, word, len) == 0)
                        return true;
        return false;
}

/* ---- one match ----------------------------------------------------------------------------------- */

/* false: something that is said does not hold. */
static bool fit_number(int wanted, int is, int weight, int *fit) {
        if (wanted < 0)
                return true;
        *fit |= weight;
        return wanted == is;
}

static bool fit_word(const char *wanted, struct slice is, bool at_begin, int *fit) {
        if (!wanted[0])
                return true;
        *fit |= FIT_SAYS;
        return says(is, wanted, at_begin);
}

static struct slice model_of(const struct plug_device *device) {
        struct slice model = value_of(device->device_id, "MDL", "MODEL");

        return model.len > 0 ? model : slice_of(device->model);
}

static int match_fit(const struct profile_match *match, const struct plug_device *device) {
        int fit = 0;
        bool holds = fit_number(match->class, device->class, FIT_CLASS, &fit) &&
                     fit_number(match->subclass, device->subclass, FIT_CLASS, &fit) &&
                     fit_number(match->protocol, device->protocol, FIT_CLASS, &fit) &&
                     fit_number(match->usage_page, device->usage_page, FIT_USAGE, &fit) &&
                     fit_number(match->vendor, device->vendor, FIT_VENDOR, &fit) &&
                     fit_number(match->product, device->product, FIT_PRODUCT, &fit) &&
                     fit_word(match->model, model_of(device), false, &fit) &&
                     fit_word(match->manufacturer,
                              value_of(device->device_id, "MFG", "MANUFACTURER"), true, &fit) &&
                     fit_word(match->command_set, value_of(device->device_id, "CMD", "COMMAND SET"),
                              false, &fit);

        return holds ? fit : 0;
}

int profile_fit(const struct profile *profile, const struct plug_device *device) {
        int best = 0;

        for (size_t i = 0; i < profile->n_matches; i++) {
                int fit = match_fit(&profile->matches[i], device);

                best = fit > best ? fit : best;
        }
        return best;
}

/* ---- the best of all ------------------------------------------------------------------------------ */

struct search {
        const struct plug_device *const *devices;
        struct profile_found *const *found;
        size_t n;
};

static void try_profile(const struct profile *profile, const struct plug_device *device,
                        struct profile_found *found) {
        char *best = found->name[profile->kind];
        int fit = profile_fit(profile, device), *most = &found->fit[profile->kind];

        if (fit > *most || (fit > 0 && fit == *most && strcmp(profile->name, best) < 0)) {
                *most = fit;
                memcpy(best, profile->name, ID_SIZE);
        }
}

static int on_profile(void *userdata, const struct profile *profile) {
        const struct search *search = userdata;

        for (size_t i = 0; i < search->n; i++)
                try_profile(profile, search->devices[i], search->found[i]);
        return 0;
}

int profile_recognise_all(const struct plug_device *const *devices, size_t n,
                          struct profile_found *const *ret, struct bytes *ret_error) {
        struct search search = { devices, ret, n };

        for (size_t i = 0; i < n; i++)
                *ret[i] = (struct profile_found) { .fit = { 0 } };
        return n > 0 ? profile_each(on_profile, &search, ret_error) : 0;
}

int profile_recognise(const struct plug_device *device, enum profile_kind kind,
                      struct profile **ret, struct bytes *ret_error) {
        struct profile_found found, *all = &found;
        int r = profile_recognise_all(&device, 1, &all, ret_error);

        if (r < 0)
                return r;
        return found.fit[kind] > 0 ? profile_load(found.name[kind], kind, ret, ret_error) : -ENOENT;
}
