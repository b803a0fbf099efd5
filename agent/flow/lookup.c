/* SPDX-License-Identifier: MIT */
#include "agent/flow/lookup.h"

#include <errno.h>

/* Turns a view's answer into "this is it" (0), "look further" (1) or a failure. */
static int settle(int r, struct found *found, enum found_kind kind) {
        if (r == -ENOENT)
                return 1;
        if (r == 0)
                found->kind = kind;
        return r;
}

/* Printable ASCII: what a tote's label can carry, and what a location's name may hold. */
static bool tote_valid(struct slice text) {
        size_t prefix = sizeof(TOTE_PREFIX) - 1;

        if (text.len <= prefix || memcmp(text.bytes, TOTE_PREFIX, prefix) != 0)
                return false;
        for (size_t i = prefix; i < text.len; i++)
                if (text.bytes[i] <= ' ' || text.bytes[i] > '~')
                        return false;
        return true;
}

static int lookup_order_or_tote(const struct flow_view *view, struct slice text, struct found *found) {
        char id[ID_SIZE] = "";
        int r;

        if (text.len >= sizeof(id) || memchr(text.bytes, 0, text.len))
                return 1;
        memcpy(id, text.bytes, text.len);
        r = settle(view->order(view->ctx, id, &found->order), found, FOUND_ORDER);
        if (r != 1 || !tote_valid(text))
                return r;
        memcpy(found->tote, id, sizeof(id));
        found->kind = FOUND_TOTE;
        return 0;
}

static int lookup_item(const struct flow_view *view, const struct barcode *scan, struct found *found) {
        int r = settle(view->item_by_code(view->ctx, scan->text, &found->item), found, FOUND_ITEM);

        if (r != 1 || !scan->has_gtin)
                return r;
        r = settle(view->item_by_gtin(view->ctx, scan->gtin, &found->item), found, FOUND_ITEM);
        /* AI 30 and 37 have at most eight digits (GS1 General Specifications 3.6.1, 3.6.5). */
        if (r == 0 && scan->count > 0 &&
            __builtin_mul_overflow(found->item.case_milli, scan->count, &found->item.case_milli))
                return 1;
        return r;
}

int lookup(const struct flow_view *view, const struct barcode *scan, struct found *ret_found) {
        struct slice text = scan->text;
        int r;

        memset(ret_found, 0, sizeof(*ret_found));
        r = settle(view->operator_by_badge(view->ctx, text, &ret_found->operator), ret_found,
                   FOUND_OPERATOR);
        if (r == 1)
                r = settle(view->location_by_code(view->ctx, text, &ret_found->location), ret_found,
                           FOUND_LOCATION);
        if (r == 1)
                r = lookup_order_or_tote(view, text, ret_found);
        if (r == 1)
                r = lookup_item(view, scan, ret_found);
        return r < 0 ? r : 0;
}
