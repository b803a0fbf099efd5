/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Keymap: byte keys to two numbers and flags, in memory. Carries what a batch changes (each key is
 * written to the store once a batch) and sets of what is to be published.
 *
 * Entries keep the order in which they came and are found by open addressing. Nothing is removed
 * but everything at once; the memory stays for the next batch.
 */

#include "base/bytes.h"

struct keymap_entry {
        uint32_t hash;
        uint32_t key_at, key_len; /* in the keymap's arena */
        uint32_t flags;
        int64_t value[2];
};

struct keymap {
        struct keymap_entry *entries;
        uint32_t n, cap;
        uint32_t *index; /* entry + 1; 0 is free */
        uint32_t index_cap;
        struct bytes arena;
};

void keymap_fini(struct keymap *map);
void keymap_clear(struct keymap *map);

/* The entry of the key, a new one with zeros where it is not there. Valid until the next call. -ENOMEM. */
MUST_CHECK int keymap_at(struct keymap *map, struct slice key, struct keymap_entry **ret_entry);
const struct keymap_entry *keymap_find(const struct keymap *map, struct slice key); /* or NULL */

struct slice keymap_key(const struct keymap *map, const struct keymap_entry *entry);

/* A key of several texts, each with its NUL: "S\0" "A-03-2\0" … */
enum { KEYMAP_PARTS_MAX = 5, KEYMAP_KEY_MAX = 512 };

struct keymap_key_buffer {
        uint8_t bytes[KEYMAP_KEY_MAX];
        size_t len;
};

/* @parts end with NULL. Texts are bounded by their own sizes (base/def.h), which fit. */
struct slice keymap_join(struct keymap_key_buffer *buffer, const char *const *parts);
#define KEYMAP_JOIN(buffer, ...) keymap_join((buffer), (const char *const[]) { __VA_ARGS__, NULL })
/* The texts of a joined key, borrowed; what is missing is "". */
void keymap_split(struct slice key, const char *ret_parts[KEYMAP_PARTS_MAX]);

/*
 * Marks: a set that is drained while it is filled. What is marked during a drain comes in the next
 * round, so that nothing marked is forgotten and nothing is starved.
 */
struct marks {
        struct keymap filling, draining;
        uint32_t at; /* in draining */
};

void marks_fini(struct marks *marks);
MUST_CHECK int marks_add(struct marks *marks, struct slice key);
/* The next key without taking it; false when there is none. Borrowed until marks_taken. */
bool marks_next(struct marks *marks, struct slice *ret_key);
void marks_taken(struct marks *marks);
uint32_t marks_count(const struct marks *marks);
