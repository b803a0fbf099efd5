/* SPDX-License-Identifier: MIT */
#include "drivers/profile_own.h"

enum { MS_MAX = 60000, BAUD_MAX = 4000000 };

/* ---- how it speaks ---------------------------------------------------------------------------------- */

int profile_read_serial(const struct profile_reader *reader, const json_t *root,
                        struct serial_settings *ret) {
        static const char *const keys[] = { "baud", "data_bits", "parity", "stop_bits", "flow" };
        static const char *const parities[] = { "none", "even", "odd" };
        static const char *const flows[] = { "none", "rtscts", "xonxoff" };
        size_t parity = 0, flow = 0;
        json_t *serial;
        int r = profile_section(reader, root, "serial", keys, ARRAY_LEN(keys), &serial);

        *ret = serial_9600_8n1;
        if (r < 0 || !serial)
                return r;
        r = profile_number(reader, serial, "baud", BAUD_MAX, &ret->baud);
        if (r == 0)
                r = profile_number(reader, serial, "data_bits", 8, &ret->data_bits);
        if (r == 0)
                r = profile_number(reader, serial, "stop_bits", 2, &ret->stop_bits);
        if (r == 0)
                r = profile_word(reader, serial, "parity", parities, ARRAY_LEN(parities), &parity);
        if (r == 0)
                r = profile_word(reader, serial, "flow", flows, ARRAY_LEN(flows), &flow);
        ret->parity = parities[parity][0];
        ret->rtscts = flow == 1;
        ret->xonxoff = flow == 2;
        return r;
}

int profile_read_framing(const struct profile_reader *reader, const json_t *root,
                         struct profile *ret) {
        static const char *const keys[] = { "start", "ends",   "rest_ms", "gap_ms",
                                            "check", "prefix", "suffix" };
        static const char *const checks[] = { "none", "lrc", "sum" };
        size_t n_start = 0, check = 0;
        uint8_t start[1];
        json_t *framing;
        int r = profile_section(reader, root, "framing", keys, ARRAY_LEN(keys), &framing);

        ret->start = -1;
        if (r < 0 || !framing)
                return r;
        r = profile_hex(reader, framing, "start", start, sizeof(start), &n_start);
        if (r == 0)
                r = profile_hex(reader, framing, "ends", ret->ends, sizeof(ret->ends),
                                &ret->n_ends);
        if (r == 0)
                r = profile_number(reader, framing, "rest_ms", MS_MAX, &ret->rest_ms);
        if (r == 0)
                r = profile_number(reader, framing, "gap_ms", MS_MAX, &ret->gap_ms);
        if (r == 0)
                r = profile_word(reader, framing, "check", checks, ARRAY_LEN(checks), &check);
        if (r == 0)
                r = profile_bytes_of(reader, framing, "prefix", &ret->prefix);
        if (r == 0)
                r = profile_bytes_of(reader, framing, "suffix", &ret->suffix);
        ret->check = (enum frame_check)check;
        if (n_start)
                ret->start = start[0];
        return r;
}

static int read_code_id(const struct profile_reader *reader, const char *id, const json_t *value,
                        struct profile_code_id *ret) {
        const char *aim = json_string_value(value);

        if (!aim || aim[0] != ']' || strlen(aim) != sizeof(ret->aim) - 1 || !id[0] ||
            str_copy(ret->id, sizeof(ret->id), id) < 0 ||
            str_copy(ret->aim, sizeof(ret->aim), aim) < 0)
                return profile_refuse(reader, "code_ids.map must be like {\"j\":\"]C0\"}");
        return 0;
}

int profile_read_code_ids(const struct profile_reader *reader, const json_t *root,
                          struct profile *ret) {
        static const char *const keys[] = { "place", "map" };
        static const char *const places[] = { "none", "front", "back" };
        json_t *section, *map, *value;
        const char *id;
        size_t place = 0;
        int r = profile_section(reader, root, "code_ids", keys, ARRAY_LEN(keys), &section);

        if (r < 0 || !section)
                return r;
        r = profile_word(reader, section, "place", places, ARRAY_LEN(places), &place);
        ret->code_id_place = (enum code_id_place)place;
        map = json_object_get(section, "map");
        if (r == 0 && map && !json_is_object(map))
                return profile_refuse(reader, "code_ids.map must be an object");
        if (r == 0 && json_object_size(map) > PROFILE_CODE_IDS_MAX)
                return profile_refuse(reader, "code_ids.map has more than %d",
                                      PROFILE_CODE_IDS_MAX);
        json_object_foreach(map, id, value) {
                if (r == 0)
                        r = read_code_id(reader, id, value, &ret->code_ids[ret->n_code_ids++]);
        }
        return r;
}

int profile_read_keyboard(const struct profile_reader *reader, const json_t *root,
                          struct profile *ret) {
        static const char *const keys[] = { "layout", "alt_numpad" };
        static const char *const layouts[] = { "us", "gb", "de", "fr" };
        size_t layout = 0;
        json_t *keyboard;
        int r = profile_section(reader, root, "keyboard", keys, ARRAY_LEN(keys), &keyboard);

        if (r < 0 || !keyboard)
                return r;
        r = profile_word(reader, keyboard, "layout", layouts, ARRAY_LEN(layouts), &layout);
        ret->layout = (enum keyboard_layout)layout;
        return r < 0 ? r : profile_flag(reader, keyboard, "alt_numpad", &ret->alt_numpad);
}

int profile_read_feedback(const struct profile_reader *reader, const json_t *root,
                          struct profile *ret) {
        static const char *const keys[] = { "good", "bad", "attention" };
        struct profile_bytes *const commands[] = { &ret->good, &ret->bad, &ret->attention };
        json_t *feedback;
        int r = profile_section(reader, root, "feedback", keys, ARRAY_LEN(keys), &feedback);

        for (size_t i = 0; r == 0 && feedback && i < ARRAY_LEN(keys); i++)
                r = profile_bytes_of(reader, feedback, keys[i], commands[i]);
        return r;
}

int profile_read_status(const struct profile_reader *reader, const json_t *root,
                        struct profile *ret) {
        static const char *const keys[] = { "answers",  "within_ms", "errors",
                                            "odometer", "read_back", "reattach" };
        json_t *status;
        int r = profile_section(reader, root, "status", keys, ARRAY_LEN(keys), &status);

        ret->read_back = ret->reattach = ret->kind == PROFILE_PRINTER;
        if (r < 0 || !status)
                return r;
        r = profile_flag(reader, status, "answers", &ret->status);
        if (r == 0)
                r = profile_flag(reader, status, "errors", &ret->errors);
        if (r == 0)
                r = profile_flag(reader, status, "odometer", &ret->odometer);
        if (r == 0)
                r = profile_flag(reader, status, "read_back", &ret->read_back);
        if (r == 0)
                r = profile_flag(reader, status, "reattach", &ret->reattach);
        return r < 0 ? r : profile_number(reader, status, "within_ms", MS_MAX, &ret->status_ms);
}
