/* SPDX-License-Identifier: MIT */
#include "base/conf_reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include "base/conf_value.h"

enum { CONF_KNOWN_MAX = 128 }; /* names compared for "did you mean" */

void conf_problem(struct conf_reader *reader, const char *format, ...) {
        char words[CONF_LINE_MAX + 256]; /* a whole line may be quoted */
        va_list args;

        va_start(args, format);
        (void)vsnprintf(words, sizeof(words), format, args);
        va_end(args);
        if (reader->line)
                bytes_appendf(reader->errors, "%s:%u: %s\n", reader->file, reader->line, words);
        else
                bytes_appendf(reader->errors, "%s: %s\n", reader->file, words);
        reader->n_problems++;
}

/* "; did you mean \"near\"?" or "". */
static void conf_unknown(struct conf_reader *reader, const char *what, const char *word,
                         const char *const *known, size_t n_known) {
        const char *near = conf_nearest(word, known, n_known);

        if (near)
                conf_problem(reader, "unknown %s \"%s\"; did you mean \"%s\"?", what, word, near);
        else
                conf_problem(reader, "unknown %s \"%s\"", what, word);
}

static bool conf_is_family(const char *kind) {
        return strchr(kind, '*') != NULL;
}

/* @kind is the schema's "gateway" or "station *"; @word the first word of a header. */
static bool conf_kind_is(const char *kind, const char *word) {
        size_t len = strcspn(kind, " ");

        return strlen(word) == len && strncmp(kind, word, len) == 0;
}

static void conf_unknown_section(struct conf_reader *reader, const char *word) {
        char words[CONF_KNOWN_MAX][NAME_SIZE];
        const char *known[CONF_KNOWN_MAX];
        size_t n = 0;

        for (size_t i = 0; i < reader->schema->n_keys && n < CONF_KNOWN_MAX; i++) {
                const char *kind = reader->schema->keys[i].section;

                (void)snprintf(words[n], NAME_SIZE, "%.*s", (int)strcspn(kind, " "), kind);
                known[n] = words[n];
                if (n == 0 || strcmp(words[n], words[n - 1]) != 0)
                        n++;
        }
        conf_unknown(reader, "section", word, known, n);
}

static const char *conf_find_kind(struct conf_reader *reader, const char *word) {
        for (size_t i = 0; i < reader->schema->n_keys; i++)
                if (conf_kind_is(reader->schema->keys[i].section, word))
                        return reader->schema->keys[i].section;
        return NULL;
}

static void conf_section_refused(struct conf_reader *reader, const char *word, const char *name) {
        switch (errno) {
        case ENOSPC:
                conf_problem(reader, "too many [%s ...] sections", word);
                break;
        case EINVAL:
                conf_problem(reader, "\"%s\" is no name for a %s: a-z, 0-9 and -, at most %d", name,
                             word, NAME_SIZE - 1);
                break;
        case EEXIST:
                conf_problem(reader, "the name \"%s\" is taken already", name);
                break;
        default:
                conf_problem(reader, "[%s %s]: %s", word, name, strerror(errno));
        }
}

/* Finds the section, or asks the schema where a new one goes. */
static void conf_section_enter(struct conf_reader *reader, const char *kind, const char *word,
                               const char *name) {
        /* The first free one, or the scratch behind the last. */
        struct conf_section *section = &reader->sections[reader->n_sections];

        if (snprintf(section->header, sizeof(section->header), "%s%s%s", word, *name ? " " : "",
                     name) >= (int)sizeof(section->header)) {
                conf_problem(reader, "the section's name is longer than %d bytes",
                             CONF_SECTION_SIZE - 1);
                return;
        }
        for (size_t i = 0; i < reader->n_sections; i++)
                if (strcmp(reader->sections[i].header, section->header) == 0) {
                        reader->section = (int)i;
                        return;
                }
        if (reader->n_sections == CONF_SECTIONS_MAX) {
                conf_problem(reader, "more than %d sections", CONF_SECTIONS_MAX);
                return;
        }
        section->dest = reader->schema->section(reader->userdata, word, name);
        if (!section->dest) {
                conf_section_refused(reader, word, name);
                return;
        }
        section->kind = kind;
        reader->section = (int)reader->n_sections++;
}

static void conf_enter(struct conf_reader *reader, const char *word, const char *name) {
        const char *kind = conf_find_kind(reader, word);

        if (!kind)
                conf_unknown_section(reader, word);
        else if (conf_is_family(kind) && !*name)
                conf_problem(reader, "[%s] needs a name: [%s NAME]", word, word);
        else if (!conf_is_family(kind) && *name)
                conf_problem(reader, "[%s] takes no name", word);
        else
                conf_section_enter(reader, kind, word, name);
}

/* "[word name] ; comment" */
void conf_header(struct conf_reader *reader, char *line) {
        static const char blanks[] = " \t";
        char *end = strchr(line, ']'), *rest, *word, *name, *tail;

        reader->section = CONF_NO_SECTION;
        reader->skip = true;
        rest = end ? end + 1 + strspn(end + 1, blanks) : NULL;
        if (!end || (*rest && *rest != ';' && *rest != '#')) {
                conf_problem(reader, "a section is written [section] on a line of its own");
                return;
        }
        *end = 0;
        word = line + 1 + strspn(line + 1, blanks);
        name = word + strcspn(word, blanks);
        if (*name)
                *name++ = 0;
        name += strspn(name, blanks);
        for (tail = name + strlen(name); tail > name && strchr(blanks, tail[-1]);)
                *--tail = 0;
        conf_enter(reader, word, name);
}

static void conf_unknown_key(struct conf_reader *reader, const char *kind, const char *name) {
        const char *known[CONF_KNOWN_MAX], *elsewhere = NULL;
        size_t n = 0;

        for (size_t i = 0; i < reader->schema->n_keys && n < CONF_KNOWN_MAX; i++) {
                const struct conf_key *key = &reader->schema->keys[i];

                if (strcmp(key->section, kind) == 0)
                        known[n++] = key->key;
                else if (strcmp(key->key, name) == 0)
                        elsewhere = key->section;
        }
        if (elsewhere)
                conf_problem(reader, "\"%s\" belongs in [%s]", name, elsewhere);
        else
                conf_unknown(reader, "key", name, known, n);
}

/* True when the key stands already in this section of this file, which is a problem. */
static bool conf_is_double(struct conf_reader *reader, size_t key) {
        for (size_t i = 0; i < reader->n_entries; i++) {
                const struct conf_entry *entry = &reader->entries[i];

                if (entry->section == (size_t)reader->section && entry->key == key &&
                    entry->n_file == reader->n_file) {
                        conf_problem(reader, "\"%s\" is set twice in [%s]: already in line %u",
                                     reader->schema->keys[key].key,
                                     reader->sections[reader->section].header, entry->line);
                        return true;
                }
        }
        return false;
}

static void conf_set(struct conf_reader *reader, size_t key, const char *value) {
        const struct conf_key *known = &reader->schema->keys[key];
        struct bytes reason CLEANUP(bytes_fini) = { 0 };

        if (conf_is_double(reader, key))
                return;
        if (reader->n_entries == CONF_ENTRIES_MAX) {
                conf_problem(reader, "more than %d settings", CONF_ENTRIES_MAX);
                return;
        }
        reader->entries[reader->n_entries++] = (struct conf_entry) {
                .section = (size_t)reader->section,
                .key = key,
                .n_file = reader->n_file,
                .line = reader->line,
        };
        if (conf_value_store(known, value, reader->sections[reader->section].dest, &reason) < 0)
                conf_problem(reader, "%s %s", known->key, bytes_str(&reason));
}

void conf_pair(struct conf_reader *reader, const char *name, const char *value) {
        const struct conf_schema *schema = reader->schema;
        const char *kind;

        if (reader->section == CONF_NO_SECTION) {
                if (!reader->skip)
                        conf_problem(reader, "\"%s\" stands before the first [section]", name);
                return;
        }
        kind = reader->sections[reader->section].kind;
        for (size_t i = 0; i < schema->n_keys; i++)
                if (strcmp(schema->keys[i].section, kind) == 0 &&
                    strcmp(schema->keys[i].key, name) == 0) {
                        conf_set(reader, i, value);
                        return;
                }
        conf_unknown_key(reader, kind, name);
}
