/* SPDX-License-Identifier: MIT */
#include "drivers/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "drivers/profile_own.h"

static const char installed[] = "/usr/share/tallyman/profiles";

/* -ENOENT: not in this folder. */
static int profile_from(const char *folder, const char *name, struct profile *ret,
                        struct bytes *ret_error) {
        CLEANUP(bytes_fini) struct bytes text = { 0 };
        char path[PATH_SIZE * 2], chunk[4096];
        FILE *file;
        size_t n;
        int r;

        (void)snprintf(path, sizeof(path), "%s/%s.json", folder, name);
        file = fopen(path, "re");
        if (!file) {
                if (errno == ENOENT)
                        return -ENOENT;
                bytes_appendf(ret_error, "profile %s: %s", path, strerror(errno));
                return -EINVAL;
        }
        while (text.len <= PROFILE_FILE_MAX && (n = fread(chunk, 1, sizeof(chunk), file)) > 0)
                bytes_append(&text, chunk, n);
        r = ferror(file) ? -EIO : bytes_error(&text);
        (void)fclose(file);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || text.len > PROFILE_FILE_MAX) {
                bytes_appendf(ret_error, "profile %s: %s", path,
                              r < 0 ? "cannot be read" : "is larger than any profile");
                return -EINVAL;
        }
        r = profile_read(bytes_slice(&text), path, ret, ret_error);
        if (r == 0 && strcmp(ret->name, name) != 0) {
                bytes_appendf(ret_error, "profile %s: its name is %s", path, ret->name);
                return -EINVAL;
        }
        return r;
}

/* ---- finding one ----------------------------------------------------------------------------- */

static int profile_find(const char *name, struct profile *ret, struct bytes *ret_error) {
        const char *own = getenv("TALLYMAN_PROFILES");
        const struct profile *generic = profile_builtin(name);
        int r = own ? profile_from(own, name, ret, ret_error) : -ENOENT;

        if (r == -ENOENT)
                r = profile_from(installed, name, ret, ret_error);
        if (r == -ENOENT && generic) {
                *ret = *generic;
                r = 0;
        }
        return r;
}

int profile_load(const char *name, enum profile_kind kind, struct profile **ret,
                 struct bytes *ret_error) {
        struct profile *profile = calloc(1, sizeof(*profile));
        int r = profile ? 0 : -ENOMEM;

        if (strcmp(name, "auto") == 0)
                name = kind == PROFILE_SCANNER ? "generic-serial" : "generic-zpl";
        if (r == 0)
                r = profile_is_name(name) ? profile_find(name, profile, ret_error) : -ENOENT;
        if (r == -ENOENT)
                bytes_appendf(ret_error, "there is no profile %s in %s", name, installed);
        if (r == 0 && profile->kind != kind) {
                bytes_appendf(ret_error, "profile %s is for a %s", name,
                              kind == PROFILE_SCANNER ? "printer" : "scanner");
                r = -EINVAL;
        }
        if (r < 0) {
                free(profile);
                return r;
        }
        *ret = profile;
        return 0;
}

void profile_free(struct profile *profile) {
        free(profile);
}

/* A last * of an approved version stands for any rest. */
static bool approves(const char *approved, const char *firmware) {
        size_t len = strlen(approved);

        if (len > 0 && approved[len - 1] == '*')
                return strncmp(approved, firmware, len - 1) == 0;
        return strcmp(approved, firmware) == 0;
}

bool profile_approves(const struct profile *profile, const char *firmware) {
        for (size_t i = 0; i < profile->n_approved; i++)
                if (approves(profile->approved[i], firmware))
                        return true;
        return profile->n_approved == 0;
}
