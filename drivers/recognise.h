/* SPDX-License-Identifier: MIT */
#pragma once

/* Recognise: which profile a plugged-in device has. */

#include "base/bytes.h"
#include "drivers/plug.h"
#include "drivers/profile.h"

/* How closely any of the profile's matches fits, 0: none does. Pure. What a device says of itself counts more than
 * its numbers, and its numbers more than its class. */
int profile_fit(const struct profile *profile, const struct plug_device *device);

/*
 * The profile of @kind that fits best among all that are installed and compiled in; of equals the first by name. A
 * file that cannot be read is told in @ret_error and left out. -ENOENT: none fits.
 */
MUST_CHECK int profile_recognise(const struct plug_device *device, enum profile_kind kind,
                                 struct profile **ret, struct bytes *ret_error);

/* What a device is recognised as: names, "" none, by kind. */
struct profile_found {
        char name[2][ID_SIZE];
        int fit[2];
};

/* The same for many devices, each file read once. ret[i] is what devices[i] may be, as either kind. -ENOMEM. */
MUST_CHECK int profile_recognise_all(const struct plug_device *const *devices, size_t n,
                                     struct profile_found *const *ret, struct bytes *ret_error);
