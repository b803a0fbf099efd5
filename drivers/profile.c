/* SPDX-License-Identifier: MIT */
#include "drivers/profile.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "drivers/profile_own.h"

static const char installed[] = "/usr/share/tallyman/profiles";

/* -ENOENT: there is none. */
static int read_file(const char *path, struct bytes *ret_text, struct bytes *ret_error) {
        char chunk[4096];
        FILE *file = fopen(path, "re");
        size_t n;
        int r;

        if (!file && errno == ENOENT)
                return -ENOENT;
        if (!file) {
                bytes_appendf(ret_error, "profile %s: %s", path, strerror(errno));
                return -EINVAL;
        }
        while (ret_text->len <= PROFILE_FILE_MAX && (n = fread(chunk, 1, sizeof(chunk), file)) > 0)
                bytes_append(ret_text, chunk, n);
        r = ferror(file) ? -EIO : bytes_error(ret_text);
        (void)fclose(file);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || ret_text->len > PROFILE_FILE_MAX) {
                bytes_appendf(ret_error, "profile %s: %s", path,
                              r < 0 ? "cannot be read" : "is larger than any profile");
                return -EINVAL;
        }
        return 0;
}

static int load_file(const char *path, struct profile *ret, struct bytes *ret_error) {
        CLEANUP(bytes_fini) struct bytes text = { 0 };
        int r = read_file(path, &text, ret_error);

        return r < 0 ? r : profile_read(bytes_slice(&text), path, ret, ret_error);
}

int profile_load_file(const char *path, struct profile *ret, struct bytes *ret_error) {
        int r = load_file(path, ret, ret_error);

        if (r != -ENOENT)
                return r;
        bytes_appendf(ret_error, "profile %s: %s", path, strerror(ENOENT));
        return -EINVAL;
}

static void path_of(const char *folder, const char *name, char *ret, size_t size) {
        (void)snprintf(ret, size, "%s/%s.json", folder, name);
}

/* -ENOENT: not in this folder. */
static int profile_from(const char *folder, const char *name, struct profile *ret,
                        struct bytes *ret_error) {
        char path[PATH_SIZE * 2];
        int r;

        path_of(folder, name, path, sizeof(path));
        r = load_file(path, ret, ret_error);
        if (r == 0 && strcmp(ret->name, name) != 0) {
                bytes_appendf(ret_error, "profile %s: its name is %s", path, ret->name);
                return -EINVAL;
        }
        return r;
}

static bool is_in(const char *folder, const char *name) {
        char path[PATH_SIZE * 2];

        path_of(folder, name, path, sizeof(path));
        return access(path, R_OK) == 0;
}

/* ---- finding one ----------------------------------------------------------------------------- */

static int profile_find(const char *name, struct profile *ret, struct bytes *ret_error) {
        const char *own = getenv("TALLYMAN_PROFILES");
        int r = own ? profile_from(own, name, ret, ret_error) : -ENOENT;

        if (r == -ENOENT)
                r = profile_from(installed, name, ret, ret_error);
        return r == -ENOENT ? profile_builtin(name, ret, ret_error) : r;
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

int profile_find_file(const char *name, char *ret_path, size_t size) {
        const char *own = getenv("TALLYMAN_PROFILES");

        if (!profile_is_name(name))
                return -ENOENT;
        if (own && is_in(own, name))
                path_of(own, name, ret_path, size);
        else if (is_in(installed, name))
                path_of(installed, name, ret_path, size);
        else
                return -ENOENT;
        return 0;
}

void profile_free(struct profile *profile) {
        free(profile);
}

/* ---- all of them --------------------------------------------------------------------------------- */

struct each {
        int (*each)(void *userdata, const struct profile *profile);
        void *userdata;
        struct bytes *error;
        struct profile *profile; /* room for one */
};

/* "generic-zpl.json" to its name; false: no profile's file. */
static bool name_of_file(const char *file, char name[ID_SIZE]) {
        size_t len = strlen(file), end = strlen(".json");

        if (len <= end || len - end >= ID_SIZE || strcmp(file + len - end, ".json") != 0)
                return false;
        memcpy(name, file, len - end);
        name[len - end] = '\0';
        return profile_is_name(name);
}

static int each_named(struct each *each, const char *folder, const char *name) {
        int r = profile_from(folder, name, each->profile, each->error);

        if (r == -ENOMEM)
                return r;
        if (r < 0)
                bytes_append_char(each->error, '\n');
        return r < 0 ? 0 : each->each(each->userdata, each->profile);
}

/* @hidden_by: the folder that comes before; its files are the ones that are loaded. */
static int each_in(struct each *each, const char *folder, const char *hidden_by) {
        struct dirent **files = NULL;
        int n = scandir(folder, &files, NULL, alphasort);
        int r = n < 0 && errno == ENOMEM ? -ENOMEM : 0;

        if (n < 0 && r == 0 && errno != ENOENT)
                bytes_appendf(each->error, "%s: %s\n", folder, strerror(errno));
        for (int i = 0; i < n; i++) {
                char name[ID_SIZE];

                if (r == 0 && name_of_file(files[i]->d_name, name) &&
                    !(hidden_by && is_in(hidden_by, name)))
                        r = each_named(each, folder, name);
                free(files[i]);
        }
        free(files);
        return r;
}

static int each_builtin(struct each *each, const char *own) {
        const char *name;
        int r = 0;

        for (size_t i = 0; r == 0 && (name = profile_builtin_name(i)) != NULL; i++) {
                if (is_in(installed, name) || (own && is_in(own, name)))
                        continue;
                r = profile_builtin(name, each->profile, each->error);
                if (r == 0)
                        r = each->each(each->userdata, each->profile);
        }
        return r;
}

int profile_each(int (*each)(void *userdata, const struct profile *profile), void *userdata,
                 struct bytes *ret_error) {
        const char *own = getenv("TALLYMAN_PROFILES");
        struct each all = { each, userdata, ret_error, malloc(sizeof(struct profile)) };
        int r = all.profile ? 0 : -ENOMEM;

        if (r == 0 && own)
                r = each_in(&all, own, NULL);
        if (r == 0)
                r = each_in(&all, installed, own);
        if (r == 0)
                r = each_builtin(&all, own);
        free(all.profile);
        return r;
}

/* ---- firmware ------------------------------------------------------------------------------------- */

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
