/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Words every floor may use: ownership and contract annotations, and the sizes
 * of the names that travel through every floor.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The caller has to look at the result; ignoring it is a compile error. */
#define MUST_CHECK __attribute__((__warn_unused_result__))

/* Checked like printf. */
#define PRINTF_LIKE(format, first) __attribute__((__format__(__printf__, format, first)))

/* Runs fn(&variable) when the variable leaves its scope, on every path. */
#define CLEANUP(fn) __attribute__((__cleanup__(fn)))

/* Hands an owning pointer to somebody else and forgets it here. */
#define TAKE(p)                                 \
        __extension__({                         \
                __typeof__(p) taken_ = (p);     \
                (p) = NULL;                     \
                taken_;                         \
        })

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

/* Sizes include the final NUL. */
enum {
        NAME_SIZE = 33,     /* site, gateway, station: [a-z0-9-]{1,32} (DESIGN 5.1) */
        ID_SIZE = 65,       /* sku, order, lot, serial, operator, tote, template, device */
        LOCATION_SIZE = 81, /* a bin's name, or "order:", "hold:", "parcel:" and an id */
        ULID_SIZE = 27,
        TIMESTAMP_SIZE = 25, /* 2026-11-20T12:00:00.123Z */
        PATH_SIZE = 256,
};

/* A view of bytes somebody else owns. Never freed through a slice. */
struct slice {
        const uint8_t *bytes;
        size_t len;
};

static inline struct slice slice_of(const char *text) {
        return (struct slice) { (const uint8_t *)text, text ? strlen(text) : 0 };
}

static inline int slice_is(struct slice slice, const char *text) {
        size_t len = strlen(text);

        return slice.len == len && (len == 0 || memcmp(slice.bytes, text, len) == 0);
}
