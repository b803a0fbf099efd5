/* SPDX-License-Identifier: MIT */
#include "base/jsonr.h"
#include "drivers/profile_own.h"

/* A profile's file, as docs/profiles.md and firmware-profiles/schema/profile.json describe it. */

static const char *const protocols[] = {
        [PROTOCOL_FRAMED] = "framed",
        [PROTOCOL_SSI] = "ssi",
        [PROTOCOL_HID_KEYBOARD] = "hid-keyboard",
        [PROTOCOL_HID_POS] = "hid-pos",
        [PROTOCOL_ZPL] = "zpl",
};

const char *profile_protocol_name(enum profile_protocol protocol) {
        return protocols[protocol];
}

bool profile_is_name(const char *name) {
        return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.")] == '\0' &&
               name[0] != '.' && strlen(name) < ID_SIZE;
}

static int check_scanner(const struct profile_reader *reader, const struct profile *profile) {
        bool framed =
                profile->protocol == PROTOCOL_FRAMED || profile->protocol == PROTOCOL_HID_KEYBOARD;

        if (profile->protocol == PROTOCOL_ZPL)
                return profile_refuse(reader, "protocol zpl is a printer's");
        if (framed && profile->n_ends == 0 && profile->gap_ms == 0)
                return profile_refuse(reader,
                                      "framing needs ends or gap_ms: nothing would end a scan");
        if (profile->fallback[0] &&
            (profile->protocol != PROTOCOL_SSI || !profile_is_name(profile->fallback)))
                return profile_refuse(reader,
                                      "fallback is the name of another profile, of protocol ssi "
                                      "alone: others do not notice that nobody answers");
        if (profile->n_code_ids > 0 && profile->code_id_place == CODE_ID_NONE)
                return profile_refuse(reader, "code_ids.place must say where they stand");
        return 0;
}

static int check_sense(const struct profile_reader *reader, const struct profile *profile) {
        const struct serial_settings *serial = &profile->serial;

        if (!profile_is_name(profile->name))
                return profile_refuse(reader, "name must be of a-z 0-9 - _ .");
        if (serial->data_bits < 7 || serial->stop_bits < 1)
                return profile_refuse(reader, "data_bits is 7 or 8, stop_bits 1 or 2");
        if (profile->kind == PROFILE_SCANNER)
                return check_scanner(reader, profile);
        if (profile->protocol != PROTOCOL_ZPL)
                return profile_refuse(reader, "protocol of a printer must be zpl");
        if (profile->status && profile->status_ms == 0)
                return profile_refuse(reader,
                                      "status.within_ms must say how long an answer may take");
        return 0;
}

static int read_head(const struct profile_reader *reader, const json_t *root, struct profile *ret) {
        static const char *const keys[] = { "name",     "kind",     "protocol", "model",
                                            "verified", "sources",  "match",    "serial",
                                            "setup",    "identify", "firmware", "framing",
                                            "code_ids", "keyboard", "feedback", "status",
                                            "fallback", "$schema" };
        static const char *const kinds[] = { "scanner", "printer" };
        size_t kind = 0, protocol;
        int r = profile_keys(reader, root, "", keys, ARRAY_LEN(keys));

        if (r == 0 && !json_object_get(root, "name"))
                r = profile_refuse(reader, "name is missing");
        if (r == 0)
                r = profile_text(reader, root, "name", ret->name, sizeof(ret->name));
        if (r == 0)
                r = profile_text(reader, root, "model", ret->model, sizeof(ret->model));
        if (r == 0)
                r = profile_text(reader, root, "fallback", ret->fallback, sizeof(ret->fallback));
        if (r == 0)
                r = profile_flag(reader, root, "verified", &ret->verified);
        if (r == 0 && !json_object_get(root, "kind"))
                r = profile_refuse(reader, "kind is missing");
        if (r == 0)
                r = profile_word(reader, root, "kind", kinds, ARRAY_LEN(kinds), &kind);
        protocol = kind == 0 ? PROTOCOL_FRAMED : PROTOCOL_ZPL;
        if (r == 0)
                r = profile_word(reader, root, "protocol", protocols, ARRAY_LEN(protocols),
                                 &protocol);
        ret->kind = kind == 0 ? PROFILE_SCANNER : PROFILE_PRINTER;
        ret->protocol = (enum profile_protocol)protocol;
        return r;
}

/* For people; kept in the file alone. */
static int read_sources(const struct profile_reader *reader, const json_t *root,
                        struct profile *ret) {
        const json_t *list = json_object_get(root, "sources");

        (void)ret;
        if (list && !json_is_array(list))
                return profile_refuse(reader, "sources must be a list of texts");
        for (size_t i = 0; i < json_array_size(list); i++)
                if (!json_is_string(json_array_get(list, i)))
                        return profile_refuse(reader, "sources must be a list of texts");
        return 0;
}

static int read_root(const struct profile_reader *reader, const json_t *root, struct profile *ret) {
        static int (*const members[])(const struct profile_reader *, const json_t *,
                                      struct profile *) = {
                read_head,
                read_sources,
                profile_read_matches,
                profile_read_setup,
                profile_read_identify,
                profile_read_approved,
                profile_read_framing,
                profile_read_code_ids,
                profile_read_keyboard,
                profile_read_feedback,
                profile_read_status,
        };
        int r = 0;

        if (!json_is_object(root))
                return profile_refuse(reader, "not a JSON object");
        for (size_t i = 0; r == 0 && i < ARRAY_LEN(members); i++)
                r = members[i](reader, root, ret);
        if (r == 0)
                r = profile_read_serial(reader, root, &ret->serial);
        return r == 0 ? check_sense(reader, ret) : r;
}

int profile_read(struct slice text, const char *path, struct profile *ret,
                 struct bytes *ret_error) {
        CLEANUP(jsonr_unref) json_t *root = NULL;
        struct profile_reader reader = { path, ret_error };
        struct jsonr_error error;
        int r = jsonr_parse(text, &root, &error);

        *ret = (struct profile) { .kind = PROFILE_SCANNER };
        if (r < 0)
                return r;
        return r > 0 ? profile_refuse(&reader, "%s", error.text) : read_root(&reader, root, ret);
}
