/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "agent/cli/verb_profile.h"
#include "drivers/profile.h"

/* ---- check ---------------------------------------------------------------------------------------- */

static int add_verdict(json_t *verdicts, const char *path, const struct bytes *error) {
        json_t *verdict = json_pack("{s:s, s:b}", "file", path, "ok", error->len == 0);

        if (verdict && error->len > 0 &&
            json_object_set_new(verdict, "error", json_string(bytes_str(error))) != 0) {
                json_decref(verdict);
                verdict = NULL;
        }
        return json_array_append_new(verdicts, verdict);
}

static int check_file(const struct cli *cli, const char *path, json_t *verdicts) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        struct profile profile;
        int r = profile_load_file(path, &profile, &error);

        if (r == 0 && !cli->json)
                printf("%s: %s, a good profile\n", path, profile.name);
        if (r < 0 && !cli->json)
                cli_error("%s", r == -ENOMEM ? "out of memory" : bytes_str(&error));
        if (add_verdict(verdicts, path, &error) != 0) {
                cli_error("out of memory");
                return CLI_FAILED;
        }
        return r == 0 ? CLI_OK : CLI_FAILED;
}

static int profile_check(struct cli *cli) {
        json_t *verdicts = json_array();
        int status = CLI_OK;

        if (cli->n_words < 2) {
                cli_error("name the files to check");
                json_decref(verdicts);
                return CLI_USAGE;
        }
        for (int i = 1; i < cli->n_words; i++)
                if (check_file(cli, cli->words[i], verdicts) != CLI_OK)
                        status = CLI_FAILED;
        if (cli->json)
                cli_print_json(verdicts);
        json_decref(verdicts);
        return status;
}

/* ---- list ----------------------------------------------------------------------------------------- */

static const struct cli_column profile_columns[] = {
        { "PROFILE", "name", false },    { "KIND", "kind", false },
        { "SPEAKS", "protocol", false }, { "VERIFIED", "verified", false },
        { "MODEL", "model", false },     { NULL, NULL, false },
};

static int on_profile(void *userdata, const struct profile *profile) {
        json_t *row = json_pack("{s:s, s:s, s:s, s:b, s:s}", "name", profile->name, "kind",
                                profile->kind == PROFILE_SCANNER ? "scanner" : "printer",
                                "protocol", profile_protocol_name(profile->protocol), "verified",
                                profile->verified, "model", profile->model);

        return json_array_append_new(userdata, row) == 0 ? 0 : -ENOMEM;
}

/* What is no profile is told beside the list. */
static int profile_list_all(struct cli *cli) {
        CLEANUP(bytes_fini) struct bytes error = { 0 };
        json_t *rows = json_array();
        int r = profile_each(on_profile, rows, &error);

        if (r < 0)
                cli_error("out of memory");
        else if (cli->json)
                cli_print_json(rows);
        else
                cli_table(rows, profile_columns, "no profiles");
        if (error.len > 0)
                cli_error("%.*s", (int)(error.len - 1), bytes_str(&error));
        json_decref(rows);
        return r < 0 || error.len > 0 ? CLI_FAILED : CLI_OK;
}

/* ---- which ---------------------------------------------------------------------------------------- */

static const struct {
        const char *name;
        int (*run)(struct cli *cli);
} kinds[] = {
        { "check", profile_check },     { "list", profile_list_all },     { "show", profile_show },
        { "propose", profile_propose }, { "identify", profile_identify },
};

int verb_profile(struct cli *cli) {
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
                if (strcmp(cli->words[0], kinds[i].name) == 0)
                        return kinds[i].run(cli);
        cli_error("profile knows check, list, show, propose and identify, not %s", cli->words[0]);
        return CLI_USAGE;
}
