/* SPDX-License-Identifier: MIT */

/*
 * libinih (Debian's build) gives its handler no line number, drops sections without keys, and
 * takes an indented key for the continuation of the one above. So it is given one line at a time:
 * it splits "key = value" and strips comments; the section headers are read here.
 */

#include "base/conf.h"

#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/conf_reader.h"

enum { CONF_FILES_MAX = 256 };

/* libinih's handler; nonzero is good. It does not know the section, the reader does. */
static int conf_on_pair(void *userdata, const char *no_section, const char *name,
                        const char *value) {
        (void)no_section;
        conf_pair(userdata, name, value);
        return 1;
}

/* 0 or -ENOMEM; problems are collected. */
static int conf_line(struct conf_reader *reader, char *line) {
        static const char byte_order_mark[] = "\xEF\xBB\xBF";
        int r;

        if (reader->line == 1 && strncmp(line, byte_order_mark, 3) == 0)
                line += 3;
        line += strspn(line, " \t");
        if (*line == '[') {
                conf_header(reader, line);
                return 0;
        }
        r = ini_parse_string(line, conf_on_pair, reader);
        if (r == -2)
                return -ENOMEM;
        if (r != 0)
                conf_problem(reader, "neither [section] nor key = value");
        return 0;
}

/* Reads a line without its end. False at the end of the file; a line that is too long (or holds a
 * NUL, which looks the same) is a problem and comes back empty. */
static bool conf_next_line(struct conf_reader *reader, FILE *file, char line[CONF_LINE_MAX + 2]) {
        size_t len;

        if (!fgets(line, CONF_LINE_MAX + 2, file))
                return false;
        reader->line++;
        len = strlen(line);
        if (len > 0 && line[len - 1] == '\n') {
                line[--len] = 0;
                if (len > 0 && line[len - 1] == '\r')
                        line[len - 1] = 0;
        } else if (!feof(file)) {
                int c;

                conf_problem(reader, "longer than %d bytes, or not text", CONF_LINE_MAX);
                do
                        c = getc(file);
                while (c != '\n' && c != EOF);
                line[0] = 0;
        }
        return true;
}

static void conf_close(FILE **file) {
        if (*file)
                (void)fclose(*file);
}

static int conf_file(struct conf_reader *reader, const char *path) {
        FILE *file CLEANUP(conf_close) = fopen(path, "re");
        char line[CONF_LINE_MAX + 2];

        reader->file = path;
        reader->n_file++;
        reader->line = 0;
        reader->section = CONF_NO_SECTION;
        reader->skip = false;
        if (!file) {
                conf_problem(reader, "cannot be opened: %s", strerror(errno));
                return 0;
        }
        while (conf_next_line(reader, file, line)) {
                int r = conf_line(reader, line);

                if (r < 0)
                        return r;
        }
        reader->line = 0;
        if (ferror(file))
                conf_problem(reader, "cannot be read: %s", strerror(errno));
        return 0;
}

static int conf_is_drop_in(const struct dirent *entry) {
        size_t len = strlen(entry->d_name);

        return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

/* By bytes: the order must not depend on the locale. */
static int conf_by_name(const struct dirent **a, const struct dirent **b) {
        return strcmp((*a)->d_name, (*b)->d_name);
}

static int conf_drop_in(struct conf_reader *reader, const char *folder, const char *name) {
        char path[PATH_SIZE * 2];

        if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path)) {
                conf_problem(reader, "the path of %s is too long", name);
                return 0;
        }
        return conf_file(reader, path);
}

static int conf_drop_ins(struct conf_reader *reader, const char *path) {
        struct dirent **names = NULL;
        char folder[PATH_SIZE * 2];
        int n, r = 0;

        if (snprintf(folder, sizeof(folder), "%s.d", path) >= (int)sizeof(folder))
                return 0; /* the file itself could not be opened by such a path either */
        n = scandir(folder, &names, conf_is_drop_in, conf_by_name);
        reader->file = folder;
        reader->line = 0;
        if (n < 0 && errno == ENOMEM)
                return -ENOMEM;
        if (n < 0 && errno != ENOENT)
                conf_problem(reader, "cannot be read: %s", strerror(errno));
        if (n > CONF_FILES_MAX)
                conf_problem(reader, "more than %d files", CONF_FILES_MAX);
        for (int i = 0; i < n; i++) {
                if (r == 0 && i < CONF_FILES_MAX)
                        r = conf_drop_in(reader, folder, names[i]->d_name);
                free(names[i]);
        }
        free(names);
        return r;
}

static bool conf_has(const struct conf_reader *reader, size_t section, size_t key) {
        for (size_t i = 0; i < reader->n_entries; i++)
                if (reader->entries[i].section == section && reader->entries[i].key == key)
                        return true;
        return false;
}

static void conf_require(struct conf_reader *reader, const char *path) {
        reader->file = path;
        reader->line = 0;
        for (size_t s = 0; s < reader->n_sections; s++)
                for (size_t k = 0; k < reader->schema->n_keys; k++) {
                        const struct conf_key *key = &reader->schema->keys[k];

                        if (key->required && strcmp(key->section, reader->sections[s].kind) == 0 &&
                            !conf_has(reader, s, k))
                                conf_problem(reader, "[%s] needs \"%s\"",
                                             reader->sections[s].header, key->key);
                }
}

static void conf_reader_free(struct conf_reader **reader) {
        free(*reader);
}

int conf_read(const char *path, const struct conf_schema *schema, void *userdata,
              struct bytes *errors) {
        struct conf_reader *reader CLEANUP(conf_reader_free) = calloc(1, sizeof(*reader));
        int r;

        if (!reader)
                return -ENOMEM;
        reader->schema = schema;
        reader->userdata = userdata;
        reader->errors = errors;
        /* The library's own line buffer has 200 bytes, less than a path may have. */
        ini_use_stack = false;
        ini_max_line = ini_initial_alloc = CONF_LINE_MAX + 3;

        r = conf_file(reader, path);
        if (r == 0)
                r = conf_drop_ins(reader, path);
        if (r == 0)
                r = bytes_error(errors);
        if (r < 0)
                return r;
        conf_require(reader, path);
        return bytes_error(errors) < 0 ? -ENOMEM : reader->n_problems;
}
