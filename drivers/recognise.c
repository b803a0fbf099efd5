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
        const struct plug_device *device;
        enum profile_kind kind;
        char best[ID_SIZE];
        int fit;
};

static int on_profile(void *userdata, const struct profile *profile) {
        struct search *search = userdata;
        int fit = profile->kind == search->kind ? profile_fit(profile, search->device) : 0;

        if (fit > search->fit ||
            (fit > 0 && fit == search->fit && strcmp(profile->name, search->best) < 0)) {
                search->fit = fit;
                memcpy(search->best, profile->name, sizeof(search->best));
        }
        return 0;
}

int profile_recognise(const struct plug_device *device, enum profile_kind kind,
                      struct profile **ret, struct bytes *ret_error) {
        struct search search = { .device = device, .kind = kind };
        int r = profile_each(on_profile, &search, ret_error);

        if (r < 0)
                return r;
        return search.fit > 0 ? profile_load(search.best, kind, ret, ret_error) : -ENOENT;
}
