/* SPDX-License-Identifier: MIT */
#include "drivers/profile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/jsonr.h"

enum { PROFILE_FILE_MAX = 64 * 1024 };

static const char installed[] = "/usr/share/tallyman/profiles";

/* ---- the generic ones, so that the agent runs without any file ------------------------------- */

/* The same as firmware-profiles/generic-*.json; a test compares them. */
static const struct profile builtin[] = {
        {
                .name = "generic-serial",
                .kind = PROFILE_SCANNER,
                .model = "any scanner that ends a scan with CR, LF, CR LF or ETX",
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
                .model = "any scanner that sends no suffix: 50 ms of silence end a scan",
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
                .serial = { 9600, 8, 'n', 1, false, true },
                .start = -1,
                .status = true,
                .status_ms = 3000,
        },
};

static const struct profile *builtin_find(const char *name) {
        for (size_t i = 0; i < ARRAY_LEN(builtin); i++)
                if (strcmp(builtin[i].name, name) == 0)
                        return &builtin[i];
        return NULL;
}

/* ---- a file ---------------------------------------------------------------------------------- */

struct reader {
        const char *path;
        struct bytes *error;
};

static int PRINTF_LIKE(2, 3) refuse(const struct reader *reader, const char *format, ...) {
        char words[256];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(words, sizeof(words), format, args);
        va_end(args);
        bytes_appendf(reader->error, "profile %s: %s", reader->path, words);
        return -EINVAL;
}

static int check_keys(const struct reader *reader, const json_t *object, const char *where,
                      const char *const *known, size_t n_known) {
        const char *key;
        json_t *value;

        json_object_foreach((json_t *)(uintptr_t)object, key, value) {
                size_t i = 0;

                while (i < n_known && strcmp(known[i], key) != 0)
                        i++;
                if (i == n_known)
                        return refuse(reader, "unknown key %s%s", where, key);
        }
        return 0;
}

static int section(const struct reader *reader, const json_t *root, const char *key,
                   const char *const *known, size_t n_known, json_t **ret) {
        char where[64];

        *ret = json_object_get(root, key);
        if (!*ret)
                return 0;
        if (!json_is_object(*ret))
                return refuse(reader, "%s must be an object", key);
        (void)snprintf(where, sizeof(where), "%s.", key);
        return check_keys(reader, *ret, where, known, n_known);
}

static int nibble(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "0d0a" to bytes; absent: none. */
static int read_hex(const struct reader *reader, const json_t *object, const char *key,
                    uint8_t *dst, size_t size, size_t *ret_len) {
        const json_t *value = json_object_get(object, key);
        const char *text = json_string_value(value);

        *ret_len = 0;
        if (!value)
                return 0;
        if (!text || strlen(text) % 2 || strlen(text) / 2 > size)
                return refuse(reader, "%s must be at most %zu bytes as hexadecimal pairs", key,
                              size);
        for (size_t i = 0; text[i]; i += 2) {
                int high = nibble(text[i]), low = nibble(text[i + 1]);

                if (high < 0 || low < 0)
                        return refuse(reader, "%s holds something that is not hexadecimal", key);
                dst[(*ret_len)++] = (uint8_t)(high * 16 + low);
        }
        return 0;
}

static int read_number(const struct reader *reader, const json_t *object, const char *key,
                       int64_t max, int *ret) {
        struct jsonr_error error;
        int64_t value = *ret;

        if (!object)
                return 0;
        if (jsonr_opt_int(object, key, 0, max, &value, &error) != 0)
                return refuse(reader, "%s", error.text);
        *ret = (int)value;
        return 0;
}

static int read_word(const struct reader *reader, const json_t *object, const char *key,
                     const char *const *words, size_t n_words, size_t *ret_at) {
        const json_t *value = json_object_get(object, key);

        for (size_t i = 0; value && i < n_words; i++)
                if (json_is_string(value) && strcmp(json_string_value(value), words[i]) == 0) {
                        *ret_at = i;
                        return 0;
                }
        return value ? refuse(reader, "%s has an unknown value", key) : 0;
}

static int read_serial(const struct reader *reader, const json_t *root,
                       struct serial_settings *ret) {
        static const char *const keys[] = { "baud", "data_bits", "parity", "stop_bits", "flow" };
        static const char *const parities[] = { "none", "even", "odd" };
        static const char *const flows[] = { "none", "rtscts", "xonxoff" };
        size_t parity = 0, flow = 0;
        json_t *serial;
        int r = section(reader, root, "serial", keys, ARRAY_LEN(keys), &serial);

        *ret = serial_9600_8n1;
        if (r < 0 || !serial)
                return r;
        r = read_number(reader, serial, "baud", 4000000, &ret->baud);
        if (r == 0)
                r = read_number(reader, serial, "data_bits", 8, &ret->data_bits);
        if (r == 0)
                r = read_number(reader, serial, "stop_bits", 2, &ret->stop_bits);
        if (r == 0)
                r = read_word(reader, serial, "parity", parities, ARRAY_LEN(parities), &parity);
        if (r == 0)
                r = read_word(reader, serial, "flow", flows, ARRAY_LEN(flows), &flow);
        ret->parity = parities[parity][0];
        ret->rtscts = flow == 1;
        ret->xonxoff = flow == 2;
        return r;
}

static int read_framing(const struct reader *reader, const json_t *root, struct profile *ret) {
        static const char *const keys[] = { "start", "ends", "rest_ms", "gap_ms" };
        uint8_t start[1];
        size_t n_start = 0;
        json_t *framing;
        int r = section(reader, root, "framing", keys, ARRAY_LEN(keys), &framing);

        ret->start = -1;
        if (r < 0 || !framing)
                return r;
        r = read_hex(reader, framing, "start", start, sizeof(start), &n_start);
        if (r == 0)
                r = read_hex(reader, framing, "ends", ret->ends, sizeof(ret->ends), &ret->n_ends);
        if (r == 0)
                r = read_number(reader, framing, "rest_ms", 60000, &ret->rest_ms);
        if (r == 0)
                r = read_number(reader, framing, "gap_ms", 60000, &ret->gap_ms);
        if (n_start)
                ret->start = start[0];
        return r;
}

static int read_feedback(const struct reader *reader, const json_t *root, struct profile *ret) {
        static const char *const keys[] = { "good", "bad", "attention" };
        struct profile_bytes *const commands[] = { &ret->good, &ret->bad, &ret->attention };
        json_t *feedback;
        int r = section(reader, root, "feedback", keys, ARRAY_LEN(keys), &feedback);

        for (size_t i = 0; r == 0 && feedback && i < ARRAY_LEN(keys); i++)
                r = read_hex(reader, feedback, keys[i], commands[i]->bytes,
                             sizeof(commands[i]->bytes), &commands[i]->len);
        return r;
}

static int read_status(const struct reader *reader, const json_t *root, struct profile *ret) {
        static const char *const keys[] = { "answers", "within_ms" };
        struct jsonr_error error;
        json_t *status;
        int r = section(reader, root, "status", keys, ARRAY_LEN(keys), &status);

        if (r < 0 || !status)
                return r;
        if (jsonr_opt_bool(status, "answers", &ret->status, &error) != 0)
                return refuse(reader, "%s", error.text);
        return read_number(reader, status, "within_ms", 60000, &ret->status_ms);
}

static bool is_profile_name(const char *name) {
        return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.")] == '\0' &&
               name[0] != '.' && strlen(name) < ID_SIZE;
}

static int check_sense(const struct reader *reader, const struct profile *profile) {
        const struct serial_settings *serial = &profile->serial;

        if (!is_profile_name(profile->name))
                return refuse(reader, "name must be of a-z 0-9 - _ .");
        if (serial->data_bits < 7 || serial->stop_bits < 1)
                return refuse(reader, "data_bits is 7 or 8, stop_bits 1 or 2");
        if (profile->kind == PROFILE_SCANNER && profile->n_ends == 0 && profile->gap_ms == 0)
                return refuse(reader, "framing needs ends or gap_ms: nothing would end a scan");
        if (profile->kind == PROFILE_PRINTER && profile->status && profile->status_ms == 0)
                return refuse(reader, "status.within_ms must say how long an answer may take");
        return 0;
}

static int read_root(const struct reader *reader, const json_t *root, struct profile *ret) {
        static const char *const keys[] = { "name",    "kind",     "model",  "verified",
                                            "serial",  "framing",  "feedback", "status" };
        static const char *const kinds[] = { "scanner", "printer" };
        struct jsonr_error error;
        bool verified;
        size_t kind = 0;
        int r;

        if (!json_is_object(root))
                return refuse(reader, "not a JSON object");
        r = check_keys(reader, root, "", keys, ARRAY_LEN(keys));
        if (r == 0 &&
            (jsonr_string(root, "name", ret->name, sizeof(ret->name), &error) != 0 ||
             jsonr_opt_string(root, "model", ret->model, sizeof(ret->model), &error) != 0 ||
             jsonr_opt_bool(root, "verified", &verified, &error) != 0)) /* for people */
                r = refuse(reader, "%s", error.text);
        if (r == 0 && !json_object_get(root, "kind"))
                r = refuse(reader, "kind is missing");
        if (r == 0)
                r = read_word(reader, root, "kind", kinds, ARRAY_LEN(kinds), &kind);
        ret->kind = kind == 0 ? PROFILE_SCANNER : PROFILE_PRINTER;
        if (r == 0)
                r = read_serial(reader, root, &ret->serial);
        if (r == 0)
                r = read_framing(reader, root, ret);
        if (r == 0)
                r = read_feedback(reader, root, ret);
        if (r == 0)
                r = read_status(reader, root, ret);
        return r == 0 ? check_sense(reader, ret) : r;
}

int profile_read(struct slice text, const char *path, struct profile *ret,
                 struct bytes *ret_error) {
        CLEANUP(jsonr_unref) json_t *root = NULL;
        struct reader reader = { path, ret_error };
        struct jsonr_error error;
        int r = jsonr_parse(text, &root, &error);

        *ret = (struct profile) { .kind = PROFILE_SCANNER };
        if (r < 0)
                return r;
        return r > 0 ? refuse(&reader, "%s", error.text) : read_root(&reader, root, ret);
}

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
        const struct profile *generic = builtin_find(name);
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
                r = is_profile_name(name) ? profile_find(name, profile, ret_error) : -ENOENT;
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
