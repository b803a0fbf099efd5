/* SPDX-License-Identifier: MIT */
#include "agent/flow_view.h"

static struct ledger *ledger_of(void *ctx) {
        struct flow_ledger *source = ctx;

        return source->ledger;
}

static int view_operator_by_badge(void *ctx, struct slice code, struct ledger_operator *ret) {
        return ledger_operator_by_badge(ledger_of(ctx), code, ret);
}

static int view_location_by_code(void *ctx, struct slice code, struct ledger_location *ret) {
        return ledger_location_by_code(ledger_of(ctx), code, ret);
}

static int view_location_of_kind(void *ctx, const char *kind, struct ledger_location *ret) {
        return ledger_location_of_kind(ledger_of(ctx), kind, ret);
}

static int view_item_by_code(void *ctx, struct slice code, struct ledger_item *ret) {
        return ledger_item_by_code(ledger_of(ctx), code, ret);
}

static int view_item_by_gtin(void *ctx, const char gtin14[15], struct ledger_item *ret) {
        return ledger_item_by_gtin(ledger_of(ctx), gtin14, ret);
}

static int view_item(void *ctx, const char *sku, struct ledger_item *ret) {
        return ledger_item(ledger_of(ctx), sku, ret);
}

static int view_order(void *ctx, const char *order, struct ledger_order *ret) {
        return ledger_order(ledger_of(ctx), order, ret);
}

static int view_order_by_tote(void *ctx, const char *tote, struct ledger_order *ret) {
        return ledger_order_by_tote(ledger_of(ctx), tote, ret);
}

static int view_open_line(void *ctx, const char *order, const char *location, const char *sku, int
                          n, struct ledger_line *ret) {
        return ledger_open_line(ledger_of(ctx), order, location, sku, n, ret);
}

static int view_stock_qty(void *ctx, const char *location, const char *sku, const char *lot, int64_t
                          *ret_milli) {
        return ledger_stock_qty(ledger_of(ctx), location, sku, lot, ret_milli);
}

static int view_stock_at(void *ctx, const char *location, int n, struct ledger_stock *ret) {
        return ledger_stock_at(ledger_of(ctx), location, n, ret);
}

static int view_last_move(void *ctx, struct event *ret_event) {
        struct flow_ledger *source = ctx;

        return ledger_last_move(source->ledger, source->station, ret_event);
}

static int view_counted(void *ctx, int n, struct ledger_counted *ret) {
        struct flow_ledger *source = ctx;

        return ledger_counted(source->ledger, source->station, n, ret);
}

struct flow_view flow_view_of(struct flow_ledger *source) {
        return (struct flow_view) {
                .ctx = source,
                .operator_by_badge = view_operator_by_badge,
                .location_by_code = view_location_by_code,
                .location_of_kind = view_location_of_kind,
                .item_by_code = view_item_by_code,
                .item_by_gtin = view_item_by_gtin,
                .item = view_item,
                .order = view_order,
                .order_by_tote = view_order_by_tote,
                .open_line = view_open_line,
                .stock_qty = view_stock_qty,
                .stock_at = view_stock_at,
                .last_move = view_last_move,
                .counted = view_counted,
        };
}
