/* SPDX-License-Identifier: MIT */
#include "sync/hub/book.h"

#include <stdio.h>
#include <stdlib.h>
#include "sync/hub/incident.h"

enum { DAY_MS = 24 * 3600 * 1000 };

void book_fini(struct book *book) {
        keymap_fini(&book->stock);
        keymap_fini(&book->totals);
        keymap_fini(&book->lines);
        keymap_fini(&book->demand);
}

static void book_forget(struct book *book) {
        keymap_clear(&book->stock);
        keymap_clear(&book->totals);
        keymap_clear(&book->lines);
        keymap_clear(&book->demand);
}

void book_begin(struct book *book, const char *site, const char *gateway, int64_t epoch_id,
                int64_t received_ms) {
        (void)snprintf(book->site, sizeof(book->site), "%s", site);
        (void)snprintf(book->gateway, sizeof(book->gateway), "%s", gateway);
        book->epoch_id = epoch_id;
        book->received_ms = received_ms;
        book_forget(book);
}

bool book_is_told(const char *location) {
        static const char *const not_told[] = { "@", "tote:", "order:", "parcel:", "hand:" };

        for (size_t i = 0; i < ARRAY_LEN(not_told); i++)
                if (strncmp(location, not_told[i], strlen(not_told[i])) == 0)
                        return false;
        return true;
}

/* ---- gathering ------------------------------------------------------------------------------------- */

static int gather(struct keymap *map, struct slice key, int64_t first, int64_t second) {
        struct keymap_entry *entry;
        int r = keymap_at(map, key, &entry);

        if (r < 0)
                return r;
        entry->value[0] += first;
        entry->value[1] += second;
        return 0;
}

static int gather_stock(struct book *book, const struct move *move, const char *location,
                        int64_t milli) {
        struct keymap_key_buffer buffer;

        return gather(&book->stock, KEYMAP_JOIN(&buffer, location, move->sku, move->lot), milli, 0);
}

static int gather_line(struct book *book, const char *order, int64_t line, const char *sku,
                       int64_t picked_milli, int64_t short_milli) {
        struct keymap_key_buffer buffer;
        char number[24];

        (void)snprintf(number, sizeof(number), "%lld", (long long)line);
        return gather(&book->lines, KEYMAP_JOIN(&buffer, order, number, sku), picked_milli,
                      short_milli);
}

static int gather_demand(struct book *book, const struct event *event, int64_t picked_milli) {
        struct keymap_key_buffer buffer;
        char day[24];

        (void)snprintf(day, sizeof(day), "%lld", (long long)(event->ts_ms / DAY_MS));
        return gather(&book->demand, KEYMAP_JOIN(&buffer, event->move.sku, day), picked_milli, 0);
}

/* ---- moves ------------------------------------------------------------------------------------------ */

/* A reversed pick, or a line that was closed short by mistake, brings its order back. */
static int reopen_order(struct book *book, const struct move *move, bool line_too) {
        int r = book_flush(book);

        if (r == 0 && line_too)
                r = DB_RUN(book->db,
                           "UPDATE order_line SET short = 0 WHERE site = ?1 AND ord = ?2"
                           " AND line = ?3",
                           V(book->site), V((const char *)move->order), V(move->line));
        if (r == 0)
                r = DB_RUN(book->db,
                           "UPDATE order_head SET state = ?3 WHERE site = ?1 AND ord = ?2"
                           " AND state = ?4",
                           V(book->site), V((const char *)move->order), V((int)ORDER_STARTED),
                           V((int)ORDER_PICKED));
        if (r == 0)
                r = book_reopen_lines(book->db, book->site, move->order);
        return r == 0 ? changes_add(&book->changes->orders, book->site, move->order) : r;
}

static bool undoes_short(const struct move *move) {
        return move->kind == MOVE_REVERSE && move->of == MOVE_TRANSFER && move->order[0] &&
               move->line > 0 && strcmp(move->reason, "short") == 0;
}

static int64_t picked_of(const struct move *move) {
        if (!move->order[0])
                return 0;
        if (move->kind == MOVE_PICK)
                return move->qty_milli;
        return move->kind == MOVE_REVERSE && move->of == MOVE_PICK ? -move->qty_milli : 0;
}

static int book_move(struct book *book, const struct event *event) {
        const struct move *move = &event->move;
        int64_t picked = picked_of(move);
        struct keymap_key_buffer buffer;
        int r = gather_stock(book, move, move->from, -move->qty_milli);

        if (r == 0)
                r = gather_stock(book, move, move->to, move->qty_milli);
        if (r == 0 && (move->sell_milli || picked))
                r = gather(&book->totals, KEYMAP_JOIN(&buffer, move->sku), move->sell_milli, picked);
        if (r == 0 && picked)
                r = gather_demand(book, event, picked);
        if (r == 0 && picked && move->line > 0)
                r = gather_line(book, move->order, move->line, move->sku, picked, 0);
        if (r == 0 && (picked < 0 || undoes_short(move)))
                r = reopen_order(book, move, undoes_short(move));
        return r;
}

/* ---- orders ----------------------------------------------------------------------------------------- */

int book_mark_order(struct db *db, struct changes *changes, const char *site, const char *order) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = changes_add(&changes->orders, site, order);

        if (r == 0)
                r = DB_QUERY(db, &row,
                             "SELECT DISTINCT sku FROM order_line WHERE site = ?1 AND ord = ?2",
                             V(site), V(order));
        while (r == 0 && (r = db_next(&row)) == DB_ROW)
                r = changes_add(&changes->stock, site, db_text(&row, 0));
        return r;
}

static int book_order(struct book *book, const struct event *event) {
        const struct order_change *order = &event->order;
        bool ended = order->state == ORDER_SHIPPED || order->state == ORDER_CANCELLED;
        int r;

        if (order->state == ORDER_SHORT)
                return gather_line(book, order->order, order->line, order->sku, 0,
                                   order->short_milli);
        r = DB_RUN(book->db,
                   "INSERT INTO order_head(site, ord, known, gateway, priority, due, carrier,"
                   " tracking, state, cancelled, ended) VALUES(?1, ?2, 0, ?3, 0, 0, '', '', ?4, 0, ?5)"
                   " ON CONFLICT(site, ord) DO UPDATE SET state = excluded.state,"
                   " ended = excluded.ended",
                   V(book->site), V((const char *)order->order), V(book->gateway),
                   V((int)order->state), V(ended ? book->received_ms : INT64_C(0)));
        if (r == 0 && ended)
                r = book_reopen_lines(book->db, book->site, order->order);
        if (r == 0 && ended)
                return book_mark_order(book->db, book->changes, book->site, order->order);
        return r == 0 ? changes_add(&book->changes->orders, book->site, order->order) : r;
}

int book_event(struct book *book, const struct event *event) {
        switch (event->type) {
        case EVENT_MOVE:
                return book_move(book, event);
        case EVENT_ORDER:
                return book_order(book, event);
        case EVENT_EXCEPTION:
                return incident_from_event(book->db, book->changes, book->site, book->gateway,
                                           event);
        default:
                return 0;
        }
}

/* ---- writing ---------------------------------------------------------------------------------------- */

int book_add_stock(struct db *db, const char *site, const char *part, const struct move *move,
                   const char *location, int64_t milli) {
        int r = DB_RUN(db,
                       "INSERT INTO stock(site, location, sku, lot, part, qty)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE"
                       " SET qty = qty + excluded.qty",
                       V(site), V(location), V((const char *)move->sku),
                       V((const char *)move->lot), V(part), V(milli));

        if (r == 0 && book_is_told(location))
                r = DB_RUN(db,
                           "INSERT INTO stock_dirty(site, location, sku, lot)"
                           " VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                           V(site), V(location), V((const char *)move->sku),
                           V((const char *)move->lot));
        return r;
}

static int flush_stock(struct book *book) {
        for (uint32_t i = 0; i < book->stock.n; i++) {
                const struct keymap_entry *entry = &book->stock.entries[i];
                const char *parts[KEYMAP_PARTS_MAX];
                struct move move = { .kind = MOVE_TRANSFER };
                int r;

                keymap_split(keymap_key(&book->stock, entry), parts);
                (void)snprintf(move.sku, sizeof(move.sku), "%s", parts[1]);
                (void)snprintf(move.lot, sizeof(move.lot), "%s", parts[2]);
                r = book_add_stock(book->db, book->site, book->gateway, &move, parts[0],
                                   entry->value[0]);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int flush_total(struct book *book, const char *sku, int64_t sell, int64_t picked) {
        int r = DB_RUN(book->db,
                       "INSERT INTO epoch_sku(epoch, sku, sell, picked) VALUES(?1, ?2, ?3, ?4)"
                       " ON CONFLICT DO UPDATE SET sell = sell + excluded.sell,"
                       " picked = picked + excluded.picked",
                       V(book->epoch_id), V(sku), V(sell), V(picked));

        if (r == 0)
                r = DB_RUN(book->db,
                           "INSERT INTO sku_sum(site, sku, on_hand, risk) VALUES(?1, ?2, ?3, 0)"
                           " ON CONFLICT DO UPDATE SET on_hand = on_hand + excluded.on_hand",
                           V(book->site), V(sku), V(sell));
        return r == 0 ? changes_add(&book->changes->stock, book->site, sku) : r;
}

static int flush_totals(struct book *book) {
        for (uint32_t i = 0; i < book->totals.n; i++) {
                const struct keymap_entry *entry = &book->totals.entries[i];
                const char *parts[KEYMAP_PARTS_MAX];
                int r;

                keymap_split(keymap_key(&book->totals, entry), parts);
                r = flush_total(book, parts[0], entry->value[0], entry->value[1]);
                if (r < 0)
                        return r;
        }
        return 0;
}

int book_reopen_lines(struct db *db, const char *site, const char *order) {
        return DB_RUN(db,
                      "UPDATE order_line SET open = CASE WHEN EXISTS(SELECT 1 FROM order_head h"
                      " WHERE h.site = ?1 AND h.ord = ?2 AND h.known = 1 AND h.cancelled = 0"
                      " AND h.state NOT IN (?3, ?4)) THEN max(0, ordered - picked - short)"
                      " ELSE 0 END WHERE site = ?1 AND ord = ?2",
                      V(site), V(order), V((int)ORDER_SHIPPED), V((int)ORDER_CANCELLED));
}

static int flush_line(struct book *book, const char *order, int64_t line, const char *sku,
                      const int64_t *sums) {
        int r = DB_RUN(book->db,
                       "INSERT INTO order_line(site, ord, line, sku, ordered, picked, short, open)"
                       " VALUES(?1, ?2, ?3, ?4, 0, ?5, ?6, 0) ON CONFLICT DO UPDATE SET"
                       " picked = picked + excluded.picked, short = short + excluded.short,"
                       " open = CASE WHEN open > 0 OR excluded.picked < 0 THEN"
                       " max(0, ordered - picked - excluded.picked - short - excluded.short)"
                       " ELSE 0 END",
                       V(book->site), V(order), V(line), V(sku), V(sums[0]), V(sums[1]));

        if (r == 0)
                r = changes_add(&book->changes->orders, book->site, order);
        return r == 0 ? changes_add(&book->changes->stock, book->site, sku) : r;
}

static int flush_lines(struct book *book) {
        for (uint32_t i = 0; i < book->lines.n; i++) {
                const struct keymap_entry *entry = &book->lines.entries[i];
                const char *parts[KEYMAP_PARTS_MAX];
                int r;

                keymap_split(keymap_key(&book->lines, entry), parts);
                r = flush_line(book, parts[0], strtoll(parts[1], NULL, 10), parts[2],
                               entry->value);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int flush_demand(struct book *book) {
        for (uint32_t i = 0; i < book->demand.n; i++) {
                const struct keymap_entry *entry = &book->demand.entries[i];
                const char *parts[KEYMAP_PARTS_MAX];
                int r;

                keymap_split(keymap_key(&book->demand, entry), parts);
                r = DB_RUN(book->db,
                           "INSERT INTO demand(site, sku, day, picked) VALUES(?1, ?2, ?3, ?4)"
                           " ON CONFLICT DO UPDATE SET picked = picked + excluded.picked",
                           V(book->site), V(parts[0]), V((int64_t)strtoll(parts[1], NULL, 10)),
                           V(entry->value[0]));
                if (r < 0)
                        return r;
        }
        return 0;
}

int book_flush(struct book *book) {
        int r = flush_stock(book);

        if (r == 0)
                r = flush_totals(book);
        if (r == 0)
                r = flush_lines(book);
        if (r == 0)
                r = flush_demand(book);
        book_forget(book);
        return r;
}
