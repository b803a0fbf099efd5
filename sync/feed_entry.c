/* SPDX-License-Identifier: MIT */
#include "sync/feed_entry.h"

#include <stdarg.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/qty.h"

int feed_refuse(struct feed_entry *entry, const char *format, ...) {
        va_list args;

        va_start(args, format);
        (void)vsnprintf(entry->error.text, sizeof(entry->error.text), format, args);
        va_end(args);
        return FEED_E_ENTRY;
}

/* ---- names ------------------------------------------------------------------------------------------ */

/* What must not stand in a name: topics' marks in SKUs and orders, and what is ours. */
static const char *name_trouble(const char *name, bool topic) {
        static const char *const ours[] = { "@", "T$", "tote:", "order:", "hold:", "parcel:",
                                            "hand:" };

        for (const unsigned char *c = (const unsigned char *)name; *c; c++)
                if (*c < 0x20 || *c == 0x7F)
                        return "a control character";
        if (topic && strpbrk(name, "/+#"))
                return "one of / + #";
        for (size_t i = 0; i < ARRAY_LEN(ours); i++)
                if (strncmp(name, ours[i], strlen(ours[i])) == 0)
                        return ours[i];
        return NULL;
}

static int check_name(struct feed_entry *entry, const char *key, const char *name, bool topic) {
        const char *trouble = name_trouble(name, topic);

        return trouble ? feed_refuse(entry, "%s must not have %s", key, trouble) : 0;
}

static int read_name(struct feed_entry *entry, const json_t *json, const char *key, char *dst,
                     size_t size, bool topic) {
        if (jsonr_string(json, key, dst, size, &entry->error) != 0)
                return FEED_E_ENTRY;
        if (!*dst)
                return feed_refuse(entry, "%s is empty", key);
        return check_name(entry, key, dst, topic);
}

static int read_text(struct feed_entry *entry, const char *key, char *dst, size_t size) {
        return jsonr_opt_string(entry->json, key, dst, size, &entry->error) ? FEED_E_ENTRY : 0;
}

static int read_qty(struct feed_entry *entry, const char *key, int64_t *ret_milli) {
        if (jsonr_opt_qty(entry->json, key, ret_milli, &entry->error))
                return FEED_E_ENTRY;
        return *ret_milli < 0 ? feed_refuse(entry, "%s is negative", key) : 0;
}

/* ---- items ------------------------------------------------------------------------------------------ */

static int add_code(struct feed_entry *entry, struct feed_item *item, const char *code,
                    int64_t qty_milli) {
        struct feed_code *slot = &item->codes[item->n_codes];

        if (item->n_codes == FEED_CODES_MAX)
                return feed_refuse(entry, "more than %d codes", FEED_CODES_MAX);
        if (!code || !*code || str_copy(slot->code, sizeof(slot->code), code) < 0)
                return feed_refuse(entry, "a code must be a text of 1 to %d bytes",
                                   FEED_CODE_SIZE - 1);
        slot->qty_milli = qty_milli;
        item->n_codes++;
        return 0;
}

static int read_codes(struct feed_entry *entry, struct feed_item *item) {
        json_t *codes = NULL, *code;
        size_t i;
        int r = jsonr_opt_array(entry->json, "codes", &codes, &entry->error) ? FEED_E_ENTRY : 0;

        if (r == 0)
                r = add_code(entry, item, item->sku, QTY_UNIT);
        json_array_foreach(codes, i, code)
                if (r == 0)
                        r = add_code(entry, item, json_string_value(code), QTY_UNIT);
        return r;
}

static int read_cases(struct feed_entry *entry, struct feed_item *item) {
        json_t *cases = NULL, *one;
        size_t i;
        int r = jsonr_opt_array(entry->json, "cases", &cases, &entry->error) ? FEED_E_ENTRY : 0;

        json_array_foreach(cases, i, one) {
                int64_t qty_milli = 0;

                if (r == 0 && jsonr_qty(one, "qty", &qty_milli, &entry->error))
                        r = FEED_E_ENTRY;
                if (r == 0 && qty_milli <= 0)
                        r = feed_refuse(entry, "qty of a case must be more than 0");
                if (r == 0)
                        r = add_code(entry, item, json_string_value(json_object_get(one, "code")),
                                     qty_milli);
        }
        return r;
}

static int read_track(struct feed_entry *entry, struct feed_item *item) {
        static const struct {
                const char *word;
                int bit;
        } words[] = { { "lot", FEED_TRACK_LOT },
                      { "expiry", FEED_TRACK_EXPIRY },
                      { "serial", FEED_TRACK_SERIAL } };
        json_t *track = NULL, *word;
        size_t i;

        if (jsonr_opt_array(entry->json, "track", &track, &entry->error))
                return FEED_E_ENTRY;
        json_array_foreach(track, i, word) {
                int bit = 0;

                for (size_t k = 0; json_is_string(word) && k < ARRAY_LEN(words); k++)
                        if (strcmp(json_string_value(word), words[k].word) == 0)
                                bit = words[k].bit;
                if (!bit)
                        return feed_refuse(entry, "track is a list of lot, expiry and serial");
                item->track |= bit;
        }
        return 0;
}

int feed_read_item(struct feed_entry *entry, struct feed_item *ret) {
        enum { MAX_QTY_DEFAULT = 1000 };
        int64_t decimals = 0;
        int r;

        *ret = (struct feed_item) { .max_qty_milli = MAX_QTY_DEFAULT * QTY_UNIT };
        r = read_name(entry, entry->json, "sku", ret->sku, sizeof(ret->sku), true);
        if (r == 0)
                r = read_text(entry, "name", ret->name, sizeof(ret->name));
        if (r == 0)
                r = read_codes(entry, ret);
        if (r == 0)
                r = read_cases(entry, ret);
        if (r == 0)
                r = read_track(entry, ret);
        if (r == 0 && jsonr_opt_int(entry->json, "decimals", 0, 3, &decimals, &entry->error))
                r = FEED_E_ENTRY;
        if (r == 0)
                r = read_qty(entry, "safety", &ret->safety_milli);
        if (r == 0)
                r = read_qty(entry, "max_qty", &ret->max_qty_milli);
        if (r == 0 && jsonr_opt_int(entry->json, "reorder_days", 0, 3650, &ret->reorder_days,
                                    &entry->error))
                r = FEED_E_ENTRY;
        ret->decimals = (int)decimals;
        return r;
}

/* ---- places ------------------------------------------------------------------------------------------ */

int feed_read_location(struct feed_entry *entry, struct feed_location *ret) {
        static const char *const kinds[] = { "bin", "dock", "returns", "quarantine" };
        bool known = false;
        int r;

        *ret = (struct feed_location) { .kind = "bin" };
        r = read_name(entry, entry->json, "location", ret->location, sizeof(ret->location), false);
        memcpy(ret->code, ret->location, sizeof(ret->location));
        if (r == 0)
                r = read_text(entry, "code", ret->code, sizeof(ret->code));
        if (r == 0)
                r = read_text(entry, "kind", ret->kind, sizeof(ret->kind));
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
                known = known || strcmp(kinds[i], ret->kind) == 0;
        if (r == 0 && !known)
                r = feed_refuse(entry, "kind must be bin, dock, returns or quarantine");
        ret->sellable = strcmp(ret->kind, "bin") == 0;
        if (r == 0 && (jsonr_opt_bool(entry->json, "sellable", &ret->sellable, &entry->error) ||
                       jsonr_opt_int(entry->json, "walk", INT32_MIN, INT32_MAX, &ret->walk,
                                     &entry->error)))
                r = FEED_E_ENTRY;
        return r;
}

int feed_read_slot(struct feed_entry *entry, struct feed_slot *ret) {
        int r;

        *ret = (struct feed_slot) { .min_milli = 0 };
        r = read_name(entry, entry->json, "location", ret->location, sizeof(ret->location), false);
        if (r == 0)
                r = read_name(entry, entry->json, "sku", ret->sku, sizeof(ret->sku), true);
        if (r == 0)
                r = read_qty(entry, "min", &ret->min_milli);
        return r == 0 ? read_qty(entry, "max", &ret->max_milli) : r;
}

int feed_read_stock(struct feed_entry *entry, const char *gateway, struct feed_stock *ret) {
        const json_t *own = json_object_get(entry->json, "own");
        int r;

        *ret = (struct feed_stock) { .qty_milli = 0 };
        if (jsonr_string(entry->json, "location", ret->location, sizeof(ret->location),
                         &entry->error))
                return FEED_E_ENTRY;
        r = read_name(entry, entry->json, "sku", ret->sku, sizeof(ret->sku), true);
        if (r == 0)
                r = read_text(entry, "lot", ret->lot, sizeof(ret->lot));
        if (r == 0 && jsonr_qty(entry->json, "qty", &ret->qty_milli, &entry->error))
                r = FEED_E_ENTRY;
        if (r == 0 && own && jsonr_opt_qty(own, gateway, &ret->own_milli, &entry->error))
                r = FEED_E_ENTRY;
        return r;
}

int feed_read_lot(struct feed_entry *entry, struct feed_lot *ret) {
        static const char *const states[] = { "ok", "recalled", "expired" };
        int r = read_name(entry, entry->json, "sku", ret->sku, sizeof(ret->sku), true);

        if (r == 0)
                r = read_name(entry, entry->json, "lot", ret->lot, sizeof(ret->lot), false);
        if (r == 0)
                r = read_name(entry, entry->json, "state", ret->state, sizeof(ret->state), false);
        for (size_t i = 0; r == 0 && i < ARRAY_LEN(states); i++)
                if (strcmp(states[i], ret->state) == 0)
                        return 0;
        return r ? r : feed_refuse(entry, "state must be ok, recalled or expired");
}

/* ---- orders ------------------------------------------------------------------------------------------ */

static int read_due(struct feed_entry *entry, struct feed_order *order) {
        char due[TIMESTAMP_SIZE + 8] = "";
        int r = read_text(entry, "due", due, sizeof(due));

        if (r == 0 && due[0] && clock_parse(due, &order->due_ms) < 0)
                r = feed_refuse(entry, "due must be a time like 2026-11-20T16:00:00.000Z");
        return r;
}

static int check_label(struct feed_entry *entry, const json_t *label) {
        const json_t *zpl = json_object_get(label, "zpl");
        const json_t *template = json_object_get(label, "template");
        const json_t *fields = json_object_get(label, "fields");

        if (!json_is_object(label) || !zpl == !template)
                return feed_refuse(entry, "label must have either zpl or template");
        if ((zpl && !json_is_string(zpl)) || (template && !json_is_string(template)))
                return feed_refuse(entry, "zpl and template of a label must be texts");
        if (fields && !json_is_object(fields))
                return feed_refuse(entry, "fields of a label must be an object");
        return 0;
}

static int read_lines(struct feed_entry *entry, struct feed_order *order) {
        if (jsonr_opt_array(entry->json, "lines", &order->lines, &entry->error))
                return FEED_E_ENTRY;
        return json_array_size(order->lines) > FEED_LINES_MAX
                       ? feed_refuse(entry, "more than %d lines", FEED_LINES_MAX)
                       : 0;
}

int feed_read_order(struct feed_entry *entry, struct feed_order *ret) {
        int r;

        *ret = (struct feed_order) { .label = json_object_get(entry->json, "label") };
        r = read_name(entry, entry->json, "order", ret->order, sizeof(ret->order), true);
        if (r == 0 && (jsonr_opt_bool(entry->json, "cancel", &ret->cancel, &entry->error) ||
                       jsonr_opt_int(entry->json, "priority", INT32_MIN, INT32_MAX, &ret->priority,
                                     &entry->error)))
                r = FEED_E_ENTRY;
        if (r == 0)
                r = read_text(entry, "gateway", ret->gateway, sizeof(ret->gateway));
        if (r == 0)
                r = read_text(entry, "carrier", ret->carrier, sizeof(ret->carrier));
        if (r == 0)
                r = read_text(entry, "tracking", ret->tracking, sizeof(ret->tracking));
        if (r == 0)
                r = read_due(entry, ret);
        if (r == 0)
                r = read_lines(entry, ret);
        if (json_is_null(ret->label))
                ret->label = NULL;
        return r == 0 && ret->label ? check_label(entry, ret->label) : r;
}

int feed_read_line(struct feed_entry *entry, const json_t *json, struct feed_line *ret) {
        int r;

        *ret = (struct feed_line) { .line = 0 };
        if (jsonr_int(json, "line", 1, INT32_MAX, &ret->line, &entry->error) ||
            jsonr_qty(json, "qty", &ret->qty_milli, &entry->error) ||
            jsonr_opt_string(json, "location", ret->location, sizeof(ret->location),
                             &entry->error))
                return FEED_E_ENTRY;
        if (ret->qty_milli <= 0)
                return feed_refuse(entry, "qty of line %lld must be more than 0",
                                   (long long)ret->line);
        r = read_name(entry, json, "sku", ret->sku, sizeof(ret->sku), true);
        return r == 0 ? check_name(entry, "location", ret->location, false) : r;
}

/* ---- people, templates, decisions --------------------------------------------------------------------- */

int feed_read_operator(struct feed_entry *entry, struct feed_operator *ret) {
        int r;

        *ret = (struct feed_operator) { .role = "picker" };
        r = read_name(entry, entry->json, "operator", ret->operator_id, sizeof(ret->operator_id),
                      false);
        memcpy(ret->badge, ret->operator_id, sizeof(ret->operator_id));
        if (r == 0)
                r = read_text(entry, "badge", ret->badge, sizeof(ret->badge));
        if (r == 0)
                r = read_text(entry, "name", ret->name, sizeof(ret->name));
        return r == 0 ? read_text(entry, "role", ret->role, sizeof(ret->role)) : r;
}

int feed_read_template(struct feed_entry *entry, struct feed_template *ret) {
        int r = read_name(entry, entry->json, "name", ret->name, sizeof(ret->name), false);

        ret->zpl = json_string_value(json_object_get(entry->json, "zpl"));
        return r == 0 && !ret->zpl ? feed_refuse(entry, "zpl must be a text") : r;
}

int feed_read_resolution(struct feed_entry *entry, struct feed_resolution *ret) {
        int r;

        *ret = (struct feed_resolution) { .note = "" };
        r = read_name(entry, entry->json, "exception", ret->exception, sizeof(ret->exception),
                      false);
        if (r == 0)
                r = read_name(entry, entry->json, "action", ret->action, sizeof(ret->action),
                              false);
        if (r == 0)
                r = read_name(entry, entry->json, "by", ret->by, sizeof(ret->by), false);
        return r == 0 ? read_text(entry, "note", ret->note, sizeof(ret->note)) : r;
}

/* ---- central moves ------------------------------------------------------------------------------------- */

/* The outside is a place too: these, or a name that anybody may give. */
static int read_place(struct feed_entry *entry, const char *key, char *dst) {
        static const char *const outside[] = { LOCATION_SUPPLIER, LOCATION_CUSTOMER, LOCATION_ADJUST,
                                               LOCATION_SCRAP };

        if (jsonr_string(entry->json, key, dst, LOCATION_SIZE, &entry->error))
                return FEED_E_ENTRY;
        if (!*dst)
                return feed_refuse(entry, "%s is empty", key);
        for (size_t i = 0; i < ARRAY_LEN(outside); i++)
                if (strcmp(dst, outside[i]) == 0)
                        return 0;
        return check_name(entry, key, dst, false);
}

int feed_read_move(struct feed_entry *entry, struct feed_move *ret) {
        char kind[ID_SIZE];
        int r;

        *ret = (struct feed_move) { .kind = MOVE_ADJUST };
        r = read_name(entry, entry->json, "id", ret->id, sizeof(ret->id), false);
        if (r == 0)
                r = read_name(entry, entry->json, "kind", kind, sizeof(kind), false);
        if (r == 0 && (move_kind_parse(kind, &ret->kind) < 0 || ret->kind == MOVE_REVERSE))
                r = feed_refuse(entry, "kind %s is no kind of move that can be put", kind);
        if (r == 0)
                r = read_name(entry, entry->json, "sku", ret->sku, sizeof(ret->sku), true);
        if (r == 0 && jsonr_qty(entry->json, "qty", &ret->qty_milli, &entry->error))
                r = FEED_E_ENTRY;
        if (r == 0 && ret->qty_milli <= 0)
                r = feed_refuse(entry, "qty must be more than 0");
        if (r == 0)
                r = read_place(entry, "from", ret->from);
        if (r == 0)
                r = read_place(entry, "to", ret->to);
        if (r == 0 && strcmp(ret->from, ret->to) == 0)
                r = feed_refuse(entry, "from and to are the same");
        if (r == 0)
                r = read_text(entry, "lot", ret->lot, sizeof(ret->lot));
        return r == 0 ? read_text(entry, "reason", ret->reason, sizeof(ret->reason)) : r;
}
