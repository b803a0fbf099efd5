/* SPDX-License-Identifier: MIT */
#include "sync/hub/keymap.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { KEYMAP_FIRST = 64 };

void keymap_fini(struct keymap *map) {
        free(map->entries);
        free(map->index);
        bytes_fini(&map->arena);
        *map = (struct keymap) { 0 };
}

void keymap_clear(struct keymap *map) {
        if (map->index)
                memset(map->index, 0, map->index_cap * sizeof(*map->index));
        map->n = 0;
        bytes_clear(&map->arena);
}

/* FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint32_t keymap_hash(struct slice key) {
        uint32_t hash = 2166136261u;

        for (size_t i = 0; i < key.len; i++)
                hash = (hash ^ key.bytes[i]) * 16777619u;
        return hash;
}

struct slice keymap_key(const struct keymap *map, const struct keymap_entry *entry) {
        return (struct slice) { map->arena.data + entry->key_at, entry->key_len };
}

static bool keymap_same(const struct keymap *map, const struct keymap_entry *entry, uint32_t hash,
                        struct slice key) {
        return entry->hash == hash && entry->key_len == key.len &&
               memcmp(map->arena.data + entry->key_at, key.bytes, key.len) == 0;
}

/* Where the key is in the index, or would be. */
static uint32_t keymap_slot(const struct keymap *map, uint32_t hash, struct slice key) {
        uint32_t slot = hash & (map->index_cap - 1);

        while (map->index[slot] != 0 &&
               !keymap_same(map, &map->entries[map->index[slot] - 1], hash, key))
                slot = (slot + 1) & (map->index_cap - 1);
        return slot;
}

const struct keymap_entry *keymap_find(const struct keymap *map, struct slice key) {
        uint32_t slot;

        if (map->n == 0)
                return NULL;
        slot = keymap_slot(map, keymap_hash(key), key);
        return map->index[slot] ? &map->entries[map->index[slot] - 1] : NULL;
}

/* The index is kept at most half full. */
static int keymap_grow(struct keymap *map) {
        uint32_t cap = map->cap ? map->cap * 2 : KEYMAP_FIRST;
        struct keymap_entry *entries = realloc(map->entries, cap * sizeof(*entries));
        uint32_t *index;

        if (!entries)
                return -ENOMEM;
        map->entries = entries;
        index = calloc((size_t)cap * 2, sizeof(*index));
        if (!index)
                return -ENOMEM;
        free(map->index);
        map->index = index;
        map->index_cap = cap * 2;
        map->cap = cap;
        for (uint32_t i = 0; i < map->n; i++) {
                const struct keymap_entry *entry = &map->entries[i];

                map->index[keymap_slot(map, entry->hash, keymap_key(map, entry))] = i + 1;
        }
        return 0;
}

int keymap_at(struct keymap *map, struct slice key, struct keymap_entry **ret_entry) {
        uint32_t hash = keymap_hash(key), slot;
        struct keymap_entry *entry;
        size_t at = map->arena.len;

        if (map->n == map->cap && keymap_grow(map) != 0)
                return -ENOMEM;
        slot = keymap_slot(map, hash, key);
        if (map->index[slot] == 0) {
                bytes_append(&map->arena, key.bytes, key.len);
                if (bytes_error(&map->arena) != 0)
                        return -ENOMEM;
                entry = &map->entries[map->n++];
                *entry = (struct keymap_entry) { .hash = hash, .key_at = (uint32_t)at,
                                                 .key_len = (uint32_t)key.len };
                map->index[slot] = map->n;
        }
        *ret_entry = &map->entries[map->index[slot] - 1];
        return 0;
}

struct slice keymap_join(struct keymap_key_buffer *buffer, const char *const *parts) {
        buffer->len = 0;
        for (size_t i = 0; parts[i]; i++) {
                size_t size = strlen(parts[i]) + 1;

                assert(i < KEYMAP_PARTS_MAX && buffer->len + size <= sizeof(buffer->bytes));
                memcpy(buffer->bytes + buffer->len, parts[i], size);
                buffer->len += size;
        }
        return (struct slice) { buffer->bytes, buffer->len };
}

void keymap_split(struct slice key, const char *ret_parts[KEYMAP_PARTS_MAX]) {
        size_t at = 0;

        for (size_t i = 0; i < KEYMAP_PARTS_MAX; i++) {
                ret_parts[i] = at < key.len ? (const char *)key.bytes + at : "";
                at += strlen(ret_parts[i]) + 1;
        }
}

/* ---- marks ------------------------------------------------------------------------------- */

void marks_fini(struct marks *marks) {
        keymap_fini(&marks->filling);
        keymap_fini(&marks->draining);
        marks->at = 0;
}

int marks_add(struct marks *marks, struct slice key) {
        struct keymap_entry *entry;

        return keymap_at(&marks->filling, key, &entry);
}

bool marks_next(struct marks *marks, struct slice *ret_key) {
        if (marks->at == marks->draining.n) {
                struct keymap empty = marks->draining;

                keymap_clear(&empty);
                marks->draining = marks->filling;
                marks->filling = empty;
                marks->at = 0;
        }
        if (marks->draining.n == 0)
                return false;
        *ret_key = keymap_key(&marks->draining, &marks->draining.entries[marks->at]);
        return true;
}

void marks_taken(struct marks *marks) {
        marks->at++;
}

uint32_t marks_count(const struct marks *marks) {
        return marks->draining.n - marks->at + marks->filling.n;
}
