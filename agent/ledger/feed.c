/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "agent/ledger/internal.h"
#include "agent/ledger/label.h"
#include "sync/feed_entry.h"

/* ---- how far ---------------------------------------------------------------------------------------- */

static const char mark_name[] = "feed";

int ledger_feed_load(struct ledger *ledger) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_MARK_GET, &row, "t", mark_name);

        if (r < 0)
                return r == -ENOENT ? 0 : r;
        ledger->feed_seq = (uint64_t)db_int(row, 0);
        db_text(row, 1, ledger->feed, sizeof(ledger->feed));
        return 0;
}

int ledger_feed_flush(struct ledger *ledger) {
        int r;

        if (!ledger->feed_dirty)
                return 0;
        r = db_run(ledger, BOOK_MAIN, SQL_MARK_SET, "tut", mark_name, ledger->feed_seq,
                   ledger->feed);
        if (r == 0)
                ledger->feed_dirty = false;
        return r;
}

int ledger_feed_position(struct ledger *ledger, char ret_feed[ULID_SIZE], uint64_t *ret_seq) {
        memcpy(ret_feed, ledger->feed, ULID_SIZE);
        *ret_seq = ledger->feed_seq;
        return 0;
}

static const char empty_catalogue[] =
        "DELETE FROM item; DELETE FROM item_code; DELETE FROM location; DELETE FROM slot;"
        "DELETE FROM order_head; DELETE FROM order_line; DELETE FROM operator;"
        "DELETE FROM template; DELETE FROM lot; DELETE FROM site_stock;";

int ledger_feed_move(struct ledger *ledger, const char *feed, uint64_t seq) {
        int r = strcmp(ledger->feed, feed) != 0 ? db_script(ledger, empty_catalogue) : 0;

        if (r == 0)
                r = str_copy(ledger->feed, sizeof(ledger->feed), feed);
        if (r < 0)
                return r;
        ledger->feed_seq = seq;
        ledger->feed_dirty = true;
        ledger->counts_known = false;
        return 0;
}

/* ---- entries: read whole and checked before anything is written ------------------------------------- */

static int digits_len(const char *text) {
        size_t n = strspn(text, "0123456789");

        return text[n] ? 0 : (int)n;
}

/* GTIN-8, -12, -13 and -14 in 14 digits; "" for any other code. */
static void gtin_of(const char *code, char ret_gtin[15]) {
        int n = digits_len(code);

        ret_gtin[0] = '\0';
        if (n == 8 || n == 12 || n == 13 || n == 14)
                (void)snprintf(ret_gtin, 15, "%.*s%s", 14 - n, "00000000000000", code);
}

static int add_code(struct ledger *ledger, const struct feed_item *item, const char *code,
                    int64_t qty_milli) {
        char gtin[15];

        gtin_of(code, gtin);
        return db_run(ledger, BOOK_MAIN, SQL_ITEM_CODE_SET, "ttit", code, item->sku, qty_milli,
                      gtin);
}

static int adopt_item(struct ledger *ledger, struct feed_entry *entry) {
        struct feed_item item;
        int r = feed_read_item(entry, &item);

        if (r == 0)
                r = db_run(ledger, BOOK_MAIN, SQL_ITEM_SET, "ttnnii", item.sku, item.name,
                           item.decimals, item.track, item.safety_milli, item.max_qty_milli);
        if (r == 0)
                r = db_run(ledger, BOOK_MAIN, SQL_ITEM_CODES_CLEAR, "t", item.sku);
        for (size_t i = 0; r == 0 && i < item.n_codes; i++)
                r = add_code(ledger, &item, item.codes[i].code, item.codes[i].qty_milli);
        return r;
}

static int adopt_location(struct ledger *ledger, struct feed_entry *entry) {
        struct feed_location location;
        int r = feed_read_location(entry, &location);

        return r ? r
                 : db_run(ledger, BOOK_MAIN, SQL_LOCATION_SET, "tttni", location.location,
                          location.code, location.kind, (int)location.sellable, location.walk);
}

static int adopt_slot(struct ledger *ledger, struct feed_entry *entry) {
        struct feed_slot slot;
        int r = feed_read_slot(entry, &slot);

        return r ? r
                 : db_run(ledger, BOOK_MAIN, SQL_SLOT_SET, "ttii", slot.location, slot.sku,
                          slot.min_milli, slot.max_milli);
}

/* Lines come after the head was checked; a bad one takes the whole entry back, which the caller's turn does. */
static int adopt_lines(struct ledger *ledger, struct feed_entry *entry,
                       const struct feed_order *order) {
        int r = db_run(ledger, BOOK_MAIN, SQL_ORDER_LINES_CLEAR, "t", order->order);

        for (size_t i = 0; r == 0 && i < json_array_size(order->lines); i++) {
                struct feed_line line;

                r = feed_read_line(entry, json_array_get(order->lines, i), &line);
                if (r == 0)
                        r = db_run(ledger, BOOK_MAIN, SQL_ORDER_LINE_SET, "titit", order->order,
                                   line.line, line.sku, line.qty_milli, line.location);
        }
        return r;
}

static int adopt_order(struct ledger *ledger, struct feed_entry *entry) {
        struct feed_order order;
        char *label = NULL;
        int r = feed_read_order(entry, &order);

        if (r)
                return r;
        if (order.cancel)
                return db_run(ledger, BOOK_MAIN, SQL_ORDER_CANCEL, "t", order.order);
        if (order.label) {
                label = json_dumps(order.label, JSON_COMPACT);
                if (!label)
                        return -ENOMEM;
        }
        r = db_run(ledger, BOOK_MAIN, SQL_ORDER_SET, "ttiittt", order.order, order.gateway,
                   order.priority, order.due_ms, order.carrier, order.tracking, label ? label : "");
        free(label);
        return r == 0 ? adopt_lines(ledger, entry, &order) : r;
}

static int adopt_operator(struct ledger *ledger, struct feed_entry *entry) {
        struct feed_operator operator;
        int r = feed_read_operator(entry, &operator);

        return r ? r
                 : db_run(ledger, BOOK_MAIN, SQL_OPERATOR_SET, "tttt", operator.operator_id,
                          operator.badge, operator.name, operator.role);
}

static int adopt_template(struct ledger *ledger, struct feed_entry *entry) {
        struct feed_template template;
        int r = feed_read_template(entry, &template);

        return r ? r
                 : db_run(ledger, BOOK_MAIN, SQL_TEMPLATE_SET, "tt", template.name, template.zpl);
}

static int adopt_lot(struct ledger *ledger, struct feed_entry *entry) {
        struct feed_lot lot;
        int r = feed_read_lot(entry, &lot);

        return r ? r : db_run(ledger, BOOK_MAIN, SQL_LOT_SET, "ttt", lot.sku, lot.lot, lot.state);
}

/* The echo of this gateway's own moves changes nothing of what others did, and is not written. */
static int is_site_qty(struct ledger *ledger, const struct feed_stock *stock, bool *ret) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        int r = db_query(ledger, BOOK_MAIN, SQL_SITE_QTY, &row, "ttt", stock->location, stock->sku,
                         stock->lot);

        *ret = r == 0 && db_int(row, 0) == stock->qty_milli - stock->own_milli;
        return r == -ENOENT ? 0 : r;
}

/* What others did: the site's quantity without this gateway's own part, which its own log says better. */
static int adopt_stock(struct ledger *ledger, struct feed_entry *entry) {
        struct feed_stock stock;
        bool same = false;
        int r = feed_read_stock(entry, ledger->gateway, &stock);

        if (r == 0)
                r = is_site_qty(ledger, &stock, &same);
        return r || same ? r
                         : db_run(ledger, BOOK_MAIN, SQL_SITE_SET, "ttti", stock.location, stock.sku,
                                  stock.lot, stock.qty_milli - stock.own_milli);
}

/* A central decision about one of this gateway's exceptions. */
static int adopt_resolution(struct ledger *ledger, struct feed_entry *entry) {
        struct feed_resolution resolution;
        struct ledger_exception held;
        struct event event = { .type = EVENT_EXCEPTION };
        int r = feed_read_resolution(entry, &resolution);

        if (r)
                return r;
        r = ledger_exception(ledger, resolution.exception, &held);
        if (r == -ENOENT || (r == 0 && held.state == EXCEPTION_RESOLVED))
                return 0;
        if (r < 0)
                return r;
        event.exception = held.last;
        event.exception.state = EXCEPTION_RESOLVED;
        memcpy(event.exception.action, resolution.action, sizeof(event.exception.action));
        memcpy(event.exception.by, resolution.by, sizeof(event.exception.by));
        memcpy(event.exception.note, resolution.note, sizeof(event.exception.note));
        return ledger_append(ledger, &event);
}

static const struct {
        const char *type;
        int (*adopt)(struct ledger *ledger, struct feed_entry *entry);
} adopters[] = {
        { "item", adopt_item },         { "location", adopt_location },
        { "slot", adopt_slot },         { "order", adopt_order },
        { "operator", adopt_operator }, { "template", adopt_template },
        { "lot", adopt_lot },           { "stock", adopt_stock },
        { "resolution", adopt_resolution },
};

/* An entry that fails half-way leaves nothing: a savepoint of its own. */
static int adopt_whole(struct ledger *ledger, struct feed_entry *entry,
                       int (*adopt)(struct ledger *ledger, struct feed_entry *entry)) {
        uint64_t seq = ledger->last_seq;
        int r = db_script(ledger, "SAVEPOINT entry"), r_end;

        if (r < 0)
                return r;
        r = adopt(ledger, entry);
        if (r > 0 && ledger->last_seq == seq)
                r_end = db_script(ledger, "ROLLBACK TO entry; RELEASE entry");
        else
                r_end = r < 0 ? 0 : db_script(ledger, "RELEASE entry");
        return r_end < 0 ? r_end : r;
}

int ledger_feed_adopt(struct ledger *ledger, struct slice text, char *ret_error,
                      size_t error_size) {
        CLEANUP(jsonr_unref) json_t *json = NULL;
        struct feed_entry entry = { .error = { "" } };
        char type[ID_SIZE] = "";
        int r = 0;

        if (text.len > LEDGER_ENTRY_BYTES_MAX)
                r = feed_refuse(&entry, "an entry of %zu bytes; at most %d", text.len,
                                LEDGER_ENTRY_BYTES_MAX);
        if (r == 0)
                r = jsonr_parse(text, &json, &entry.error);
        entry.json = json;
        if (r == 0)
                r = jsonr_string(json, "type", type, sizeof(type), &entry.error);
        if (r > 0)
                r = LEDGER_E_ENTRY;
        for (size_t i = 0; r == 0 && i < ARRAY_LEN(adopters); i++)
                if (strcmp(adopters[i].type, type) == 0) {
                        r = adopt_whole(ledger, &entry, adopters[i].adopt);
                        break;
                }
        if (r > 0)
                (void)snprintf(ret_error, error_size, "%s", entry.error.text);
        ledger->counts_known = false;
        return r;
}

/* ---- an order's label -------------------------------------------------------------------------------- */

static int fill_template(struct ledger *ledger, const json_t *label, struct bytes *ret_zpl,
                         char ret_label[ID_SIZE]) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        const char *name = json_string_value(json_object_get(label, "template"));
        char why[160];
        int r;

        r = name ? str_copy(ret_label, ID_SIZE, name) : -EINVAL;
        if (r == 0)
                r = db_query(ledger, BOOK_MAIN, SQL_TEMPLATE_GET, &row, "t", name);
        if (r == -ENOENT)
                return db_refuse(ledger, -EINVAL, "there is no template %s", name);
        if (r == 0)
                r = label_fill(db_slice(row, 0), json_object_get(label, "fields"), ret_zpl, why,
                               sizeof(why));
        return r == -EINVAL ? db_refuse(ledger, r, "%s", name ? why : "no template is named") : r;
}

int ledger_order_label(struct ledger *ledger, const char *order, struct bytes *ret_zpl,
                       char ret_label[ID_SIZE]) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        CLEANUP(jsonr_unref) json_t *label = NULL;
        struct jsonr_error error;
        const char *zpl;
        struct slice text;
        int r = db_query(ledger, BOOK_MAIN, SQL_ORDER_LABEL, &row, "t", order);

        if (r < 0)
                return r;
        text = db_slice(row, 0);
        if (text.len == 0)
                return -ENOENT;
        r = jsonr_parse(text, &label, &error);
        if (r != 0)
                return r < 0 ? r : db_refuse(ledger, -EINVAL, "%s", error.text);
        zpl = json_string_value(json_object_get(label, "zpl"));
        if (!zpl)
                return fill_template(ledger, label, ret_zpl, ret_label);
        bytes_append_str(ret_zpl, zpl);
        r = str_copy(ret_label, ID_SIZE, "zpl");
        return r == 0 ? bytes_error(ret_zpl) : r;
}
