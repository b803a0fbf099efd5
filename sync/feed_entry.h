/* SPDX-License-Identifier: MIT */
#pragma once

/* Feed entry: one line of the feed (DESIGN 5.5) as checked values. Pure. */

#include "base/jsonr.h"
#include "sync/event.h"

enum { FEED_E_ENTRY = 16 }; /* the entry is malformed; the words are in its error */

/* Bits of an item's track. */
enum { FEED_TRACK_LOT = 1, FEED_TRACK_EXPIRY = 2, FEED_TRACK_SERIAL = 4 };

enum { FEED_CODES_MAX = 64, FEED_CODE_SIZE = 129, FEED_LINES_MAX = 2000 };

struct feed_entry {
        const json_t *json;
        struct jsonr_error error; /* the reason, where a reader answers FEED_E_ENTRY */
};

int feed_refuse(struct feed_entry *entry, const char *format, ...) PRINTF_LIKE(2, 3);

struct feed_code {
        char code[FEED_CODE_SIZE];
        int64_t qty_milli; /* what it stands for */
};

struct feed_item {
        char sku[ID_SIZE];
        char name[128];
        struct feed_code codes[FEED_CODES_MAX]; /* the sku, codes, cases */
        size_t n_codes;
        int decimals;
        int track;
        int64_t safety_milli, max_qty_milli;
        int64_t reorder_days;
};

struct feed_location {
        char location[LOCATION_SIZE];
        char code[FEED_CODE_SIZE];
        char kind[ID_SIZE];
        bool sellable;
        int64_t walk;
};

struct feed_slot {
        char location[LOCATION_SIZE];
        char sku[ID_SIZE];
        int64_t min_milli, max_milli;
};

struct feed_order {
        char order[ID_SIZE];
        bool cancel;
        char gateway[NAME_SIZE];
        int64_t priority;
        int64_t due_ms;
        json_t *lines; /* borrowed; NULL: none */
        char carrier[ID_SIZE];
        char tracking[ID_SIZE];
        json_t *label; /* borrowed; NULL: none */
};

struct feed_line {
        int64_t line;
        char sku[ID_SIZE];
        int64_t qty_milli;
        char location[LOCATION_SIZE];
};

struct feed_operator {
        char operator_id[ID_SIZE];
        char badge[FEED_CODE_SIZE];
        char name[128];
        char role[ID_SIZE];
};

struct feed_template {
        char name[ID_SIZE];
        const char *zpl; /* borrowed */
};

struct feed_lot {
        char sku[ID_SIZE];
        char lot[ID_SIZE];
        char state[ID_SIZE];
};

struct feed_stock {
        char location[LOCATION_SIZE];
        char sku[ID_SIZE];
        char lot[ID_SIZE];
        int64_t qty_milli; /* of the site */
        int64_t own_milli; /* this gateway's part of it */
};

struct feed_move { /* put centrally */
        char id[ID_SIZE];
        enum move_kind kind;
        char sku[ID_SIZE];
        char lot[ID_SIZE];
        int64_t qty_milli;
        char from[LOCATION_SIZE], to[LOCATION_SIZE];
        char reason[ID_SIZE];
};

struct feed_resolution {
        char exception[ID_SIZE];
        char action[ID_SIZE];
        char by[ID_SIZE];
        char note[256];
};

MUST_CHECK int feed_read_item(struct feed_entry *entry, struct feed_item *ret);
MUST_CHECK int feed_read_location(struct feed_entry *entry, struct feed_location *ret);
MUST_CHECK int feed_read_slot(struct feed_entry *entry, struct feed_slot *ret);
MUST_CHECK int feed_read_order(struct feed_entry *entry, struct feed_order *ret);
MUST_CHECK int feed_read_line(struct feed_entry *entry, const json_t *json, struct feed_line *ret);
MUST_CHECK int feed_read_operator(struct feed_entry *entry, struct feed_operator *ret);
MUST_CHECK int feed_read_template(struct feed_entry *entry, struct feed_template *ret);
MUST_CHECK int feed_read_lot(struct feed_entry *entry, struct feed_lot *ret);
MUST_CHECK int feed_read_stock(struct feed_entry *entry, const char *gateway,
                               struct feed_stock *ret);
MUST_CHECK int feed_read_resolution(struct feed_entry *entry, struct feed_resolution *ret);
MUST_CHECK int feed_read_move(struct feed_entry *entry, struct feed_move *ret);
