/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Conf: reads INI files (libinih) against a table of known sections and keys.
 *
 * A key given twice for one section in one file is an error; a later file overrides an earlier.
 *
 * Knows no option itself: tallyd and tally-hub each bring their table. Every error is
 * collected with file and line; an unknown key names the nearest known one.
 * Files: FILE, then FILE's directory + "/" + FILE's name + ".d" + "/" + "*.conf" in order.
 */

#include <stdbool.h>
#include "base/bytes.h"

enum {
        CONF_LINE_MAX = 1000,    /* bytes of a line */
        CONF_SECTIONS_MAX = 256, /* sections of all files together, */
        CONF_ENTRIES_MAX = 4096, /* and their keys */
        CONF_SECTION_SIZE = 128, /* "station pack-1" */
};

enum conf_type {
        CONF_STRING,   /* char[size] */
        CONF_NAME,     /* char[NAME_SIZE], [a-z0-9-]{1,32} */
        CONF_PATH,     /* char[PATH_SIZE] */
        CONF_BOOL,     /* bool: yes/no/true/false/1/0 */
        CONF_INT,      /* int64_t, min..max */
        CONF_ENUM,     /* int: index into choices */
};

struct conf_key {
        const char *section; /* "gateway"; "station *" for a family of sections with a name */
        const char *key;
        enum conf_type type;
        size_t offset;              /* into the section's struct */
        size_t size;                /* CONF_STRING: bytes of the char array */
        int64_t min, max;           /* CONF_INT */
        const char *const *choices; /* CONF_ENUM, NULL-terminated */
        bool required;              /* in every section of its kind that is there at all */
};

struct conf_schema {
        const struct conf_key *keys;
        size_t n_keys;
        /* Where a section's values go. @section is its first word ("gateway", "station"), @name
         * what follows it, "" for a plain section. Called once for each section that stands in the
         * files, also an empty one; a second place that names it adds to it. NULL with errno: ENOSPC
         * too many, EINVAL bad name, EEXIST a name that is taken in another way. */
        void *(*section)(void *userdata, const char *section, const char *name);
};

/*
 * Reads everything; problems go to @errors, one "FILE:LINE: words" a line, and are counted.
 * Returns the number of problems, or a negative errno when memory runs out.
 * A file that cannot be opened is a problem with the reason, not an errno.
 */
MUST_CHECK int conf_read(const char *path, const struct conf_schema *schema, void *userdata,
                         struct bytes *errors);

/* The known word nearest to @word within an edit distance that a typo explains, or NULL. */
const char *conf_nearest(const char *word, const char *const *known, size_t n_known);
