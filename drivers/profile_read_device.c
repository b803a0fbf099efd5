/* SPDX-License-Identifier: MIT */
#include <regex.h>
#include <stdlib.h>
#include "drivers/pattern.h"
#include "drivers/profile_own.h"

/* ---- how it is recognised ------------------------------------------------------------------------ */

static const char hexadecimal[] = "0123456789abcdefABCDEF";

static bool is_id(const char *text, int *ret) {
        if (strspn(text, hexadecimal) != 4)
                return false;
        *ret = (int)strtoul(text, NULL, 16);
        return true;
}

static int read_usb_ids(const struct profile_reader *reader, const json_t *match,
                        struct profile_match *ret) {
        const json_t *value = json_object_get(match, "usb");
        const char *text = json_string_value(value);

        if (!value)
                return 0;
        if (text && is_id(text, &ret->vendor) &&
            (!text[4] || (text[4] == ':' && is_id(text + 5, &ret->product) && !text[9])))
                return 0;
        return profile_refuse(reader, "match.usb must be like 05e0:1701, or 05e0 for a vendor");
}

/* Two hexadecimal digits, or * for any. Answers what follows, NULL: neither. */
static const char *read_class_part(const char *text, int *ret) {
        char digits[3] = { text[0], text[0] ? text[1] : '\0', '\0' };

        if (text[0] == '*')
                return text + 1;
        if (strlen(digits) != 2 || strspn(digits, hexadecimal) != 2)
                return NULL;
        *ret = (int)strtoul(digits, NULL, 16);
        return text + 2;
}

static bool is_class(const char *text, struct profile_match *ret) {
        text = read_class_part(text, &ret->class);
        if (text && *text == '/')
                text = read_class_part(text + 1, &ret->subclass);
        if (text && *text == '/')
                text = read_class_part(text + 1, &ret->protocol);
        return text && !*text;
}

/* "03/01/01", "07/01" */
static int read_class(const struct profile_reader *reader, const json_t *match,
                      struct profile_match *ret) {
        const json_t *value = json_object_get(match, "class");
        const char *text = json_string_value(value);

        if (!value || (text && is_class(text, ret)))
                return 0;
        return profile_refuse(reader, "match.class must be like 03/01/01 or 07/01/*");
}

static int read_match(const struct profile_reader *reader, const json_t *match,
                      struct profile_match *ret) {
        static const char *const keys[] = { "usb",          "class", "usage_page",
                                            "manufacturer", "model", "command_set" };
        int r;

        *ret = (struct profile_match) { .vendor = -1,
                                        .product = -1,
                                        .class = -1,
                                        .subclass = -1,
                                        .protocol = -1,
                                        .usage_page = -1 };
        if (!json_is_object(match) || json_object_size(match) == 0)
                return profile_refuse(reader, "match must be a list of objects that say something");
        r = profile_keys(reader, match, "match.", keys, ARRAY_LEN(keys));
        if (r == 0)
                r = read_usb_ids(reader, match, ret);
        if (r == 0)
                r = read_class(reader, match, ret);
        if (r == 0)
                r = profile_number(reader, match, "usage_page", UINT16_MAX, &ret->usage_page);
        if (r == 0)
                r = profile_text(reader, match, "manufacturer", ret->manufacturer,
                                 sizeof(ret->manufacturer));
        if (r == 0)
                r = profile_text(reader, match, "model", ret->model, sizeof(ret->model));
        return r < 0 ? r
                     : profile_text(reader, match, "command_set", ret->command_set,
                                    sizeof(ret->command_set));
}

int profile_read_matches(const struct profile_reader *reader, const json_t *root,
                         struct profile *ret) {
        json_t *list;
        int r = profile_list(reader, root, "match", PROFILE_MATCHES_MAX, &list);

        for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
                r = read_match(reader, json_array_get(list, i), &ret->matches[ret->n_matches++]);
        return r;
}

/* ---- how it is set up and asked --------------------------------------------------------------------- */

static int read_step(const struct profile_reader *reader, const json_t *step,
                     struct profile_step *ret) {
        static const char *const keys[] = { "send", "expect" };
        int r;

        if (!json_is_object(step))
                return profile_refuse(reader, "setup must be a list of objects");
        r = profile_keys(reader, step, "setup.", keys, ARRAY_LEN(keys));
        if (r == 0)
                r = profile_bytes_of(reader, step, "send", &ret->send);
        if (r == 0)
                r = profile_bytes_of(reader, step, "expect", &ret->expect);
        if (r == 0 && ret->send.len == 0)
                r = profile_refuse(reader, "a step of setup must send something");
        return r;
}

int profile_read_setup(const struct profile_reader *reader, const json_t *root,
                       struct profile *ret) {
        json_t *list;
        int r = profile_list(reader, root, "setup", PROFILE_SETUP_MAX, &list);

        for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
                r = read_step(reader, json_array_get(list, i), &ret->setup[ret->n_setup++]);
        return r;
}

/* Group 1 is what is looked for. */
static int check_pattern(const struct profile_reader *reader, const char *key,
                         const char *pattern) {
        char words[96];
        regex_t regex;
        size_t groups;
        int r;

        if (!pattern[0])
                return 0;
        if (!pattern_is_tame(pattern))
                return profile_refuse(reader,
                                      "identify.%s repeats what is repeated, or counts in braces: "
                                      "write it plainer",
                                      key);
        r = regcomp(&regex, pattern, REG_EXTENDED | REG_NEWLINE);
        if (r != 0) {
                (void)regerror(r, &regex, words, sizeof(words));
                return profile_refuse(reader, "identify.%s: %s", key, words);
        }
        groups = regex.re_nsub;
        regfree(&regex);
        if (groups == 0)
                return profile_refuse(reader, "identify.%s needs a group in parentheses", key);
        return 0;
}

int profile_read_identify(const struct profile_reader *reader, const json_t *root,
                          struct profile *ret) {
        static const char *const keys[] = { "query", "end", "model", "firmware" };
        struct profile_identify *identify = &ret->identify;
        json_t *section;
        int r = profile_section(reader, root, "identify", keys, ARRAY_LEN(keys), &section);

        if (r < 0 || !section)
                return r;
        r = profile_bytes_of(reader, section, "query", &identify->query);
        if (r == 0)
                r = profile_bytes_of(reader, section, "end", &identify->end);
        if (r == 0)
                r = profile_text(reader, section, "model", identify->model,
                                 sizeof(identify->model));
        if (r == 0)
                r = profile_text(reader, section, "firmware", identify->firmware,
                                 sizeof(identify->firmware));
        if (r == 0)
                r = check_pattern(reader, "model", identify->model);
        if (r == 0)
                r = check_pattern(reader, "firmware", identify->firmware);
        if (r == 0 && identify->query.len > 0 && identify->end.len == 0)
                r = profile_refuse(reader, "identify.end must say how an answer ends");
        return r;
}

int profile_read_approved(const struct profile_reader *reader, const json_t *root,
                          struct profile *ret) {
        json_t *list;
        int r = profile_list(reader, root, "firmware", PROFILE_FIRMWARES_MAX, &list);

        for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
                const char *text = json_string_value(json_array_get(list, i));

                if (!text || !text[0] ||
                    str_copy(ret->approved[ret->n_approved++], PROFILE_WORD_SIZE, text) < 0)
                        r = profile_refuse(reader, "firmware must be a list of short texts");
        }
        return r;
}
