/* SPDX-License-Identifier: MIT */
#pragma once

/* Conf's own: what is known while files are read, and what a header and a pair do to it. */

#include "base/conf.h"

enum { CONF_NO_SECTION = -1 };

struct conf_section {
        char header[CONF_SECTION_SIZE]; /* word, blank, name */
        const char *kind;               /* as the schema has it: "station *" */
        void *dest;
};

struct conf_entry {
        size_t section, key; /* indices */
        unsigned n_file, line;
};

struct conf_reader {
        const struct conf_schema *schema;
        void *userdata;
        struct bytes *errors;
        int n_problems;

        const char *file;
        unsigned n_file, line;
        int section; /* index, or CONF_NO_SECTION: none, or one whose keys are skipped */
        bool skip;   /* its header was a problem already */

        struct conf_section sections[CONF_SECTIONS_MAX + 1]; /* the last is scratch */
        size_t n_sections;
        struct conf_entry entries[CONF_ENTRIES_MAX];
        size_t n_entries;
};

/* Appends "FILE:LINE: words" and counts it. */
void conf_problem(struct conf_reader *reader, const char *format, ...) PRINTF_LIKE(2, 3);

/* @line begins with '['; it is cut up. */
void conf_header(struct conf_reader *reader, char *line);

void conf_pair(struct conf_reader *reader, const char *name, const char *value);
