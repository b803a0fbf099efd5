/* SPDX-License-Identifier: MIT */
#include "tests/unit/helper_shop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/qty.h"

static const char *const goods[] = {
        "{\"type\":\"item\",\"sku\":\"TEA\",\"name\":\"Tea\",\"codes\":[\"4006381333931\"],"
        "\"cases\":[{\"code\":\"CASE-TEA\",\"qty\":6}]}",
        "{\"type\":\"item\",\"sku\":\"CUP\",\"name\":\"Cup\",\"max_qty\":10}",
        "{\"type\":\"item\",\"sku\":\"OIL\",\"name\":\"Oil\",\"decimals\":1}",
        "{\"type\":\"location\",\"location\":\"A-01\",\"walk\":1}",
        "{\"type\":\"location\",\"location\":\"A-02\",\"walk\":2}",
        "{\"type\":\"location\",\"location\":\"A-03\",\"walk\":3}",
        "{\"type\":\"location\",\"location\":\"BACK\",\"kind\":\"returns\"}",
        "{\"type\":\"operator\",\"operator\":\"op-1\",\"badge\":\"OP-1\",\"name\":\"Ada\"}",
        "{\"type\":\"operator\",\"operator\":\"op-2\",\"badge\":\"OP-2\",\"name\":\"Bo\"}",
        "{\"type\":\"stock\",\"location\":\"A-01\",\"sku\":\"TEA\",\"qty\":100}",
        "{\"type\":\"stock\",\"location\":\"A-02\",\"sku\":\"CUP\",\"qty\":100}",
        "{\"type\":\"stock\",\"location\":\"A-03\",\"sku\":\"OIL\",\"qty\":10.5}",
        "{\"type\":\"order\",\"order\":\"SO-1\",\"lines\":[{\"line\":1,\"sku\":\"TEA\",\"qty\":2,"
        "\"location\":\"A-01\"},{\"line\":2,\"sku\":\"CUP\",\"qty\":1,\"location\":\"A-02\"}]}",
        "{\"type\":\"order\",\"order\":\"SO-2\",\"lines\":[{\"line\":1,\"sku\":\"TEA\",\"qty\":2,"
        "\"location\":\"A-01\"},{\"line\":2,\"sku\":\"TEA\",\"qty\":5,\"location\":\"A-01\"}]}",
        "{\"type\":\"order\",\"order\":\"SO-3\",\"lines\":[{\"line\":1,\"sku\":\"CUP\",\"qty\":3}]}",
        "{\"type\":\"order\",\"order\":\"SO-9\",\"gateway\":\"gw-99\",\"lines\":[{\"line\":1,"
        "\"sku\":\"TEA\",\"qty\":1,\"location\":\"A-01\"}]}",
        "{\"type\":\"order\",\"order\":\"SO-8\",\"cancel\":true}",
};

void shop_open(struct shop *shop) {
        char path[128];
        struct ledger_options options = { path, "gw-01", "test" };
        struct bytes error = { 0 };

        *shop = (struct shop) { .folder = "/tmp/shop.XXXXXX" };
        assert_non_null(mkdtemp(shop->folder));
        (void)snprintf(path, sizeof(path), "%s/ledger.db", shop->folder);
        assert_int_equal(ledger_open(&options, &shop->ledger, &error), 0);
        bytes_fini(&error);
        shop->source = (struct flow_ledger) { shop->ledger, "pack-1" };
        shop->view = flow_view_of(&shop->source);
        shop->settings = (struct flow_settings) { .station = "pack-1",
                                                  .gateway = "gw-01",
                                                  .require_location_scan = true,
                                                  .label_on = LABEL_ON_PICKED };
        flow_state_init(&shop->state, &shop->settings);
        for (size_t i = 0; i < ARRAY_LEN(goods); i++)
                shop_adopt(shop, goods[i]);
}

void shop_close(struct shop *shop) {
        char command[128];

        flow_effects_fini(&shop->effects);
        ledger_close(shop->ledger);
        (void)snprintf(command, sizeof(command), "rm -r %s", shop->folder);
        assert_int_equal(system(command), 0);
}

void shop_adopt(struct shop *shop, const char *entry) {
        char error[256] = "";

        assert_int_equal(ledger_begin(shop->ledger), 0);
        if (ledger_feed_adopt(shop->ledger, slice_of(entry), error, sizeof(error)) != 0)
                fail_msg("%s: %s", entry, error);
        assert_int_equal(ledger_commit(shop->ledger), 0);
}

/* ---- what a scan did ------------------------------------------------------------------------------ */

static void show_move(const struct move *move, char *out, size_t size) {
        char qty[QTY_TEXT_SIZE], kind[40];

        qty_format(move->qty_milli, qty);
        (void)snprintf(kind, sizeof(kind), "%s%s%s", move_kind_name(move->kind),
                       move->kind == MOVE_REVERSE ? " " : "",
                       move->kind == MOVE_REVERSE ? move_kind_name(move->of) : "");
        (void)snprintf(out, size, "%s %.64s %s %.80s>%.80s", kind, move->sku, qty, move->from, move->to);
}

static void show_event(const struct event *event, char *out, size_t size) {
        switch (event->type) {
        case EVENT_MOVE:
                show_move(&event->move, out, size);
                break;
        case EVENT_ORDER:
                (void)snprintf(out, size, "order %s %s", order_state_name(event->order.state),
                               event->order.order);
                break;
        case EVENT_EXCEPTION:
                (void)snprintf(out, size, "! %s", exception_kind_name(event->exception.kind));
                break;
        case EVENT_SESSION:
                (void)snprintf(out, size, "%s %s", session_state_name(event->session.state),
                               event->operator_id);
                break;
        default:
                (void)snprintf(out, size, "?");
        }
}

static void apply_event(struct shop *shop, struct event *event) {
        char text[512];
        size_t len = strlen(shop->events);

        show_event(event, text, sizeof(text));
        (void)snprintf(shop->events + len, sizeof(shop->events) - len, "%s%s", len ? "; " : "",
                       text);
        assert_int_equal(ledger_append(shop->ledger, event), 0);
}

static void apply_count(struct shop *shop) {
        const struct flow_effects *effects = &shop->effects;

        if (effects->count == COUNT_ADD)
                assert_int_equal(ledger_count_add(shop->ledger, "pack-1", effects->count_sku,
                                                  effects->count_lot, effects->count_milli),
                                 0);
        else if (effects->count == COUNT_CLEAR)
                assert_int_equal(ledger_count_clear(shop->ledger, "pack-1"), 0);
}

static void cut_the_power(struct shop *shop) {
        struct bytes text = { 0 };
        struct flow_state back;

        assert_int_equal(flow_state_write(&shop->state, &text), 0);
        assert_int_equal(flow_state_parse(bytes_slice(&text), &back), 0);
        bytes_fini(&text);
        shop->state = back;
}

enum feedback shop_scan(struct shop *shop, const char *code) {
        struct barcode barcode;
        char why[160];

        shop->events[0] = '\0';
        shop->label = false;
        if (barcode_parse(slice_of(code), &barcode, why, sizeof(why)) != 0)
                return FEEDBACK_BAD;
        assert_int_equal(flow_step(&shop->settings, &shop->view, &shop->state, &barcode,
                                   &shop->effects),
                         0);
        assert_int_equal(ledger_begin(shop->ledger), 0);
        for (size_t i = 0; i < shop->effects.n_events; i++)
                apply_event(shop, &shop->effects.events[i]);
        apply_count(shop);
        assert_int_equal(ledger_commit(shop->ledger), 0);
        shop->label = shop->effects.print_order_label;
        cut_the_power(shop);
        return shop->effects.feedback;
}

void shop_run(struct shop *shop, const struct shop_row *rows, size_t n) {
        for (size_t i = 0; i < n; i++) {
                enum feedback feedback = shop_scan(shop, rows[i].scan);

                if (feedback != rows[i].feedback || strcmp(shop->events, rows[i].events) != 0)
                        fail_msg("row %zu, %s: %s \"%s\" instead of %s \"%s\"; it says: %s", i,
                                 rows[i].scan, feedback_name(feedback), shop->events,
                                 feedback_name(rows[i].feedback), rows[i].events,
                                 shop->effects.screen.message);
        }
}

int64_t shop_qty(struct shop *shop, const char *location, const char *sku) {
        int64_t milli;

        assert_int_equal(ledger_stock_qty(shop->ledger, location, sku, NULL, &milli), 0);
        return milli;
}
