/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include "agent/cli/verb_profile.h"
#include "base/jsonr.h"
#include "drivers/profile.h"

/* The file itself is shown, not what was read of it: it says also what it rests on. */

/* ---- for people ------------------------------------------------------------------------------------- */

static bool is_flat(const json_t *value) {
        const char *key;
        json_t *member;

        json_object_foreach((json_t *)(uintptr_t)value, key, member) {
                if (json_is_object(member) || json_is_array(member))
                        return false;
        }
        return true;
}

static void put_value(const json_t *value) {
        const char *key, *before = "";
        json_t *member;

        if (json_is_string(value))
                cli_put(json_string_value(value));
        else if (json_is_boolean(value))
                cli_put(json_is_true(value) ? "yes" : "no");
        else if (json_is_integer(value))
                printf("%lld", (long long)json_integer_value(value));
        json_object_foreach((json_t *)(uintptr_t)value, key, member) {
                printf("%s", before);
                cli_put(key);
                putchar(' ');
                put_value(member);
                before = ", ";
        }
}

static void put_line(const char *title, const json_t *value) {
        cli_put_word(title, 14, CLI_PLAIN);
        putchar(' ');
        put_value(value);
        putchar('\n');
}

/* A line each; what holds more than plain members goes a level deeper. */
static void put_member(const char *title, const json_t *value) {
        const char *key;
        json_t *member;
        char deeper[64];
        size_t i;

        json_array_foreach(value, i, member) {
                put_line(i == 0 ? title : "", member);
        }
        if (!json_is_array(value) && is_flat(value))
                put_line(title, value);
        if (is_flat(value))
                return;
        json_object_foreach((json_t *)(uintptr_t)value, key, member) {
                (void)snprintf(deeper, sizeof(deeper), "%s.%s", title, key);
                put_line(deeper, member);
        }
}

static void put_profile(const json_t *profile) {
        const char *key;
        json_t *value;

        json_object_foreach((json_t *)(uintptr_t)profile, key, value) {
                if (strcmp(key, "$schema") != 0)
                        put_member(key, value);
        }
}

/* ---- where it is ------------------------------------------------------------------------------------ */

static json_t *load(const char *name) {
        char path[PATH_SIZE * 2];
        const char *compiled_in;
        json_error_t error;
        json_t *profile = NULL;

        error.text[0] = '\0';
        if (profile_find_file(name, path, sizeof(path)) == 0) {
                profile = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
                if (!profile)
                        cli_error("%s: line %d: %s", path, error.line, error.text);
                return profile;
        }
        compiled_in = profile_compiled_in(name);
        if (compiled_in)
                profile = json_loads(compiled_in, 0, &error);
        if (!profile)
                cli_error("there is no profile %s; tally profile list shows them", name);
        return profile;
}

int profile_show(struct cli *cli) {
        CLEANUP(jsonr_unref) json_t *profile = NULL;

        if (cli->n_words != 2) {
                cli_error("name one profile");
                return CLI_USAGE;
        }
        profile = load(cli->words[1]);
        if (!profile)
                return CLI_FAILED;
        if (cli->json)
                cli_print_json(profile);
        else
                put_profile(profile);
        return CLI_OK;
}
