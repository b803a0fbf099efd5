/* SPDX-License-Identifier: MIT */

/* The parser of report descriptors; hid_field.c reads and writes what it has found. */

#include "drivers/hid_report.h"

#include <errno.h>

/* Prefixes of short items without their size (HID 1.11, 6.2.2.4 main, 6.2.2.7 global, 6.2.2.8 local). */
enum {
        ITEM_INPUT = 0x80,
        ITEM_OUTPUT = 0x90,
        ITEM_COLLECTION = 0xA0,
        ITEM_FEATURE = 0xB0,
        ITEM_END_COLLECTION = 0xC0,

        ITEM_USAGE_PAGE = 0x04,
        ITEM_LOGICAL_MIN = 0x14,
        ITEM_LOGICAL_MAX = 0x24,
        ITEM_REPORT_SIZE = 0x74,
        ITEM_REPORT_ID = 0x84,
        ITEM_REPORT_COUNT = 0x94,
        ITEM_PUSH = 0xA4,
        ITEM_POP = 0xB4,

        ITEM_USAGE = 0x08,
        ITEM_USAGE_MIN = 0x18,
        ITEM_USAGE_MAX = 0x28,
        ITEM_DELIMITER = 0xA8,

        ITEM_MASK = 0xFC,
        ITEM_LONG = 0xFE, /* 6.2.2.3 */
};

enum {
        DATA_CONSTANT = 0x01, /* of Input, Output, Feature (6.2.2.5) */
        DATA_VARIABLE = 0x02,
        COLLECTION_APPLICATION = 0x01,
        STACK_MAX = 8,
        DEPTH_MAX = 64,
};

struct item {
        uint8_t prefix; /* without its size */
        uint8_t size;   /* bytes of data: 0, 1, 2, 4 */
        uint32_t value;
        int32_t number; /* the value as a signed one of its size */
};

struct globals {
        uint32_t page, size, count;
        int32_t min, max;
        uint32_t big_max; /* max as an unsigned number */
        uint8_t id;
};

struct parser {
        struct hid_descriptor *desc;
        struct globals now, stack[STACK_MAX];
        size_t n_stack, depth;
        size_t application_depth; /* 0: in none */
        uint32_t application;

        /* Local usages lie behind those of the fields, until a field takes them. */
        size_t n_locals;
        bool extended[HID_USAGES_MAX]; /* it brought its page */
        struct item min, max;          /* a range that waits for its other end; size 0: none */
        bool has_min, has_max;
        bool delimited, chosen; /* in a set of alternate usages, of which one is taken */
};

static const char too_much[] = "more than there is room for";

/* ---- usages ------------------------------------------------------------------------------------- */

static uint32_t usage_of(const struct parser *parser, const struct item *item) {
        return item->size == 4 ? item->value : HID_USAGE(parser->now.page, item->value);
}

static struct hid_usages *local_at(const struct parser *parser, size_t i) {
        return &parser->desc->usages[parser->desc->n_usages + i];
}

/* Usages in a row become one range. A range that ends before it begins has none. */
static const char *add_usages(struct parser *parser, uint32_t first, uint32_t last, bool extended) {
        size_t n = parser->n_locals;
        struct hid_usages *before = n > 0 ? local_at(parser, n - 1) : NULL;

        if (parser->delimited && parser->chosen)
                return NULL;
        parser->chosen = true;
        if (first > last)
                return NULL;
        if (before && first == before->last + 1 && first >> 16 == before->last >> 16 &&
            extended == parser->extended[n - 1]) {
                before->last = last;
                return NULL;
        }
        if (parser->desc->n_usages + n == HID_USAGES_MAX)
                return too_much;
        *local_at(parser, n) = (struct hid_usages) { first, last };
        parser->extended[parser->n_locals++] = extended;
        return NULL;
}

static const char *add_range(struct parser *parser) {
        uint32_t first = usage_of(parser, &parser->min), last = usage_of(parser, &parser->max);

        if (!parser->has_min || !parser->has_max)
                return NULL;
        parser->has_min = parser->has_max = false;
        /* Both ends are on one page, whichever of them names it. */
        if (parser->max.size != 4)
                last = HID_USAGE(first >> 16, last & 0xFFFF);
        else if (parser->min.size != 4)
                first = HID_USAGE(last >> 16, first & 0xFFFF);
        if (first >> 16 != last >> 16)
                return "a usage range over two pages";
        return add_usages(parser, first, last, parser->min.size == 4 || parser->max.size == 4);
}

/*
 * A usage without a page has the one that is declared last before the main item (6.2.2.8), which may come after the
 * usage. Of several pages in one list the last is that of the usages at its end.
 */
static void settle_pages(struct parser *parser) {
        for (size_t i = parser->n_locals; i-- > 0;) {
                struct hid_usages *usages = local_at(parser, i);

                if (parser->extended[i])
                        continue;
                if (usages->first >> 16 == parser->now.page)
                        return;
                usages->first = HID_USAGE(parser->now.page, usages->first & 0xFFFF);
                usages->last = HID_USAGE(parser->now.page, usages->last & 0xFFFF);
        }
}

static const char *take_local(struct parser *parser, const struct item *item) {
        uint32_t usage = usage_of(parser, item);

        switch (item->prefix) {
        case ITEM_USAGE:
                return add_usages(parser, usage, usage, item->size == 4);
        case ITEM_USAGE_MIN:
                parser->min = *item;
                parser->has_min = true;
                return add_range(parser);
        case ITEM_USAGE_MAX:
                parser->max = *item;
                parser->has_max = true;
                return add_range(parser);
        case ITEM_DELIMITER:
                parser->delimited = item->value == 1;
                parser->chosen = false;
                break;
        default: /* strings and designators */
                break;
        }
        return NULL;
}

static void forget_locals(struct parser *parser) {
        parser->n_locals = 0;
        parser->has_min = parser->has_max = false;
        parser->delimited = parser->chosen = false;
}

/* ---- global items ------------------------------------------------------------------------------- */

static const char *take_global(struct parser *parser, const struct item *item) {
        struct globals *now = &parser->now;

        switch (item->prefix) {
        case ITEM_USAGE_PAGE:
                if (item->value > UINT16_MAX)
                        return "a usage page beyond FFFF";
                now->page = item->value;
                break;
        case ITEM_LOGICAL_MIN:
                now->min = item->number;
                break;
        case ITEM_LOGICAL_MAX:
                now->max = item->number;
                now->big_max = item->value;
                break;
        case ITEM_REPORT_SIZE:
                now->size = item->value;
                break;
        case ITEM_REPORT_COUNT:
                now->count = item->value;
                break;
        case ITEM_REPORT_ID: /* zero is reserved (6.2.2.7) */
                if (item->value == 0 || item->value > UINT8_MAX)
                        return "a report id that is not 1 to 255";
                now->id = (uint8_t)item->value;
                parser->desc->has_ids = true;
                break;
        case ITEM_PUSH:
                if (parser->n_stack == STACK_MAX)
                        return too_much;
                parser->stack[parser->n_stack++] = *now;
                break;
        case ITEM_POP:
                if (parser->n_stack == 0)
                        return "a pop without a push";
                *now = parser->stack[--parser->n_stack];
                break;
        default: /* physical limits and units */
                break;
        }
        return NULL;
}

/* ---- main items --------------------------------------------------------------------------------- */

/* NULL: no room. */
static struct hid_report *get_report(struct parser *parser, enum hid_report_type type) {
        struct hid_descriptor *desc = parser->desc;
        struct hid_report *report = desc->reports;

        for (; report < desc->reports + desc->n_reports; report++)
                if (report->type == type && report->id == parser->now.id)
                        return report;
        if (desc->n_reports == HID_REPORTS_MAX)
                return NULL;
        desc->n_reports++;
        *report = (struct hid_report) { .id = parser->now.id,
                                        .type = type,
                                        .application = parser->application };
        return report;
}

static const char *add_field(struct parser *parser, const struct hid_report *report,
                             uint32_t flags) {
        const struct globals *now = &parser->now;
        struct hid_descriptor *desc = parser->desc;

        if (flags & DATA_CONSTANT || parser->n_locals == 0 || now->size == 0 || now->count == 0)
                return NULL;
        if (desc->n_fields == HID_FIELDS_MAX)
                return too_much;
        desc->fields[desc->n_fields++] = (struct hid_field) {
                .min = now->min,
                /* 25 FF is often meant as 255 */
                .max = now->min < 0 ? (int64_t)now->max : (int64_t)now->big_max,
                .bit = report->bits,
                .bits = (uint16_t)now->size,
                .count = (uint16_t)now->count,
                .usages = (uint16_t)desc->n_usages,
                .n_usages = (uint16_t)parser->n_locals,
                .id = report->id,
                .type = report->type,
                .array = !(flags & DATA_VARIABLE),
        };
        desc->n_usages += parser->n_locals;
        return NULL;
}

static const char *take_data(struct parser *parser, enum hid_report_type type, uint32_t flags) {
        struct hid_report *report = get_report(parser, type);
        uint64_t bits = (uint64_t)parser->now.size * parser->now.count;
        const char *reason;

        if (!report)
                return too_much;
        if (bits > (uint64_t)HID_REPORT_MAX * 8 - report->bits)
                return too_much;
        reason = add_field(parser, report, flags);
        report->bits = (uint16_t)(report->bits + bits);
        return reason;
}

static const char *begin_collection(struct parser *parser, uint32_t kind) {
        if (parser->depth++ == DEPTH_MAX)
                return too_much;
        if (kind != COLLECTION_APPLICATION || parser->application_depth)
                return NULL;
        parser->application_depth = parser->depth;
        parser->application = parser->n_locals > 0 ? local_at(parser, 0)->first : 0;
        return NULL;
}

static const char *end_collection(struct parser *parser) {
        if (parser->depth == 0)
                return "a collection ends that did not begin";
        if (parser->depth-- == parser->application_depth) {
                parser->application_depth = 0;
                parser->application = 0;
        }
        return NULL;
}

static const char *take_main(struct parser *parser, const struct item *item) {
        settle_pages(parser);
        switch (item->prefix) {
        case ITEM_INPUT:
                return take_data(parser, HID_INPUT, item->value);
        case ITEM_OUTPUT:
                return take_data(parser, HID_OUTPUT, item->value);
        case ITEM_FEATURE:
                return take_data(parser, HID_FEATURE, item->value);
        case ITEM_COLLECTION:
                return begin_collection(parser, item->value);
        case ITEM_END_COLLECTION:
                return end_collection(parser);
        default: /* reserved */
                return NULL;
        }
}

/* ---- items -------------------------------------------------------------------------------------- */

static const char *take_item(struct parser *parser, const struct item *item) {
        const char *reason;

        switch (item->prefix & 0x0C) { /* bType (6.2.2.2) */
        case 0x00:
                reason = take_main(parser, item);
                forget_locals(parser);
                return reason;
        case 0x04:
                return take_global(parser, item);
        case 0x08:
                return take_local(parser, item);
        default: /* reserved */
                return NULL;
        }
}

/*
 * Takes an item off the front of *bytes. false: it is cut off.
 *
 *   short (6.2.2.2)  tag:4 type:2 size:2, then 0, 1, 2 or 4 bytes, the lowest first
 *   long  (6.2.2.3)  FE, size, tag, then size bytes; none is defined, so it says nothing
 */
static bool next_item(struct slice *bytes, struct item *ret) {
        uint8_t prefix = bytes->bytes[0];
        size_t size = (prefix & 3) == 3 ? 4 : prefix & 3, head = 1;
        uint32_t sign;

        *ret = (struct item) { .prefix = prefix & ITEM_MASK, .size = (uint8_t)size };
        if (prefix == ITEM_LONG) {
                if (bytes->len < 3)
                        return false;
                *ret = (struct item) { .prefix = 0x0C };
                size = bytes->bytes[1];
                head = 3;
        }
        if (bytes->len - head < size)
                return false;
        for (size_t i = 0; i < ret->size; i++)
                ret->value |= (uint32_t)bytes->bytes[head + i] << 8 * i;
        sign = ret->size > 0 ? 1U << (8 * ret->size - 1) : 0;
        ret->number = (int32_t)((ret->value ^ sign) - sign);
        bytes->bytes += head + size;
        bytes->len -= head + size;
        return true;
}

static const char *take_items(struct parser *parser, struct slice bytes) {
        struct item item;
        const char *reason;

        if (bytes.len > HID_DESCRIPTOR_MAX)
                return too_much;
        while (bytes.len > 0) {
                if (!next_item(&bytes, &item))
                        return "an item is cut off";
                reason = take_item(parser, &item);
                if (reason)
                        return reason;
        }
        if (parser->depth > 0)
                return "a collection does not end";
        return parser->desc->n_reports > 0 ? NULL : "no report";
}

int hid_report_parse(struct slice descriptor, struct hid_descriptor *ret, const char **ret_reason) {
        struct parser parser = { .desc = ret };
        const char *reason;

        *ret = (struct hid_descriptor) { .has_ids = false };
        reason = take_items(&parser, descriptor);
        if (!reason)
                return 0;
        *ret_reason = reason;
        return -EINVAL;
}
