/* SPDX-License-Identifier: MIT */
#include "sync/hub/proof.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "sync/event.h"
#include "sync/hub/keymap.h"

enum { FINDINGS_MAX = 50 };

struct proving {
        struct db *db;
        const char *site;
        struct proof *proof;
        struct keymap totals; /* epoch id, sku: sell, picked */
        struct keymap hand;   /* sku: on hand */
        struct keymap places; /* location, sku, lot: qty over all parts */
        struct keymap lines;  /* order, line, sku: picked, short */
        struct keymap zero;   /* sku, lot: sum over all places */
};

static void PRINTF_LIKE(2, 3) finding(struct proving *p, const char *format, ...) {
        char words[512];
        va_list args;

        if (p->proof->n_findings++ >= FINDINGS_MAX)
                return;
        va_start(args, format);
        (void)vsnprintf(words, sizeof(words), format, args);
        va_end(args);
        bytes_appendf(&p->proof->text, "%s\n", words);
}

static int add(struct keymap *map, struct slice key, int64_t first, int64_t second) {
        struct keymap_entry *entry;
        int r = keymap_at(map, key, &entry);

        if (r < 0)
                return r;
        entry->value[0] += first;
        entry->value[1] += second;
        return 0;
}

/* ---- the events once more ------------------------------------------------------------------------------------ */

static int add_place(struct proving *p, const struct move *move, const char *location,
                     int64_t milli) {
        struct keymap_key_buffer buffer;
        int r = add(&p->places, KEYMAP_JOIN(&buffer, location, move->sku, move->lot), milli, 0);

        return r == 0 ? add(&p->zero, KEYMAP_JOIN(&buffer, move->sku, move->lot), milli, 0) : r;
}

static int add_line(struct proving *p, const char *order, int64_t line, const char *sku,
                    int64_t picked, int64_t shorted) {
        struct keymap_key_buffer buffer;
        char number[24];

        (void)snprintf(number, sizeof(number), "%lld", (long long)line);
        return add(&p->lines, KEYMAP_JOIN(&buffer, order, number, sku), picked, shorted);
}

static int reopen_line(struct proving *p, const struct move *move) {
        struct keymap_key_buffer buffer;
        struct keymap_entry *entry;
        char number[24];
        int r;

        (void)snprintf(number, sizeof(number), "%lld", (long long)move->line);
        r = keymap_at(&p->lines, KEYMAP_JOIN(&buffer, move->order, number, move->sku), &entry);
        if (r == 0)
                entry->value[1] = 0;
        return r;
}

static int64_t picked_of(const struct move *move) {
        if (!move->order[0])
                return 0;
        if (move->kind == MOVE_PICK)
                return move->qty_milli;
        return move->kind == MOVE_REVERSE && move->of == MOVE_PICK ? -move->qty_milli : 0;
}

static int prove_move(struct proving *p, const char *epoch, const struct move *move) {
        struct keymap_key_buffer buffer;
        int64_t picked = picked_of(move);
        bool undoes_short = move->kind == MOVE_REVERSE && move->of == MOVE_TRANSFER &&
                            move->order[0] && move->line > 0 && strcmp(move->reason, "short") == 0;
        int r = add_place(p, move, move->from, -move->qty_milli);

        if (r == 0)
                r = add_place(p, move, move->to, move->qty_milli);
        if (r == 0 && (move->sell_milli || picked))
                r = add(&p->totals, KEYMAP_JOIN(&buffer, epoch, move->sku), move->sell_milli,
                        picked);
        if (r == 0 && (move->sell_milli || picked))
                r = add(&p->hand, KEYMAP_JOIN(&buffer, move->sku), move->sell_milli, 0);
        if (r == 0 && picked && move->line > 0)
                r = add_line(p, move->order, move->line, move->sku, picked, 0);
        return r == 0 && undoes_short ? reopen_line(p, move) : r;
}

static int prove_event(struct proving *p, const char *epoch, struct slice line) {
        struct event event;
        char why[160];
        int r = event_parse(line, &event, why, sizeof(why));

        if (r != 0)
                return r < 0 ? r : 0; /* in quarantine: it never counted */
        if (event.type == EVENT_MOVE)
                return prove_move(p, epoch, &event.move);
        if (event.type == EVENT_ORDER && event.order.state == ORDER_SHORT)
                return add_line(p, event.order.order, event.order.line, event.order.sku, 0,
                                event.order.short_milli);
        return 0;
}

struct chain {
        char epoch[24]; /* id as text */
        char name[NAME_SIZE + ULID_SIZE + 2];
        int64_t id;
        uint64_t next;
        struct digest hash;
};

static int prove_row(struct proving *p, struct chain *chain, const struct db_query *row) {
        uint64_t seq = (uint64_t)db_int(row, 0);
        struct slice line = db_bytes(row, 2);
        struct digest held, hash;
        int r = sha256_chain(&chain->hash, line, &hash);

        if (r < 0)
                return r;
        if (seq != chain->next)
                finding(p, "%s: events %llu to %llu are missing", chain->name,
                        (unsigned long long)chain->next, (unsigned long long)seq - 1);
        db_digest(row, 1, &held);
        if (!digest_equal(&held, &hash))
                finding(p, "%s: event %llu: its hash does not fit", chain->name,
                        (unsigned long long)seq);
        chain->hash = held;
        chain->next = seq + 1;
        p->proof->n_events++;
        return prove_event(p, chain->epoch, line);
}

static int prove_chain(struct proving *p, struct chain *chain, uint64_t last,
                       const struct digest *hash) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(p->db, &row,
                         "SELECT seq, hash, line FROM event WHERE epoch = ?1 ORDER BY seq",
                         V(chain->id));

        while (r == 0 && (r = db_next(&row)) == DB_ROW)
                r = prove_row(p, chain, &row);
        if (r == 0 && (chain->next != last + 1 || !digest_equal(&chain->hash, hash)))
                finding(p, "%s: the chain ends at %llu, the store says %llu", chain->name,
                        (unsigned long long)chain->next - 1, (unsigned long long)last);
        return r;
}

static int prove_epochs(struct proving *p) {
        CLEANUP(db_done) struct db_query row = { NULL };
        char gateway[NAME_SIZE] = "";
        int r = DB_QUERY(p->db, &row,
                         "SELECT id, gateway, epoch, last_seq, hash, after_seq, after_hash"
                         " FROM epoch WHERE site = ?1 ORDER BY gateway, id",
                         V(p->site));

        while (r == 0 && (r = db_next(&row)) == DB_ROW) {
                struct chain chain = { .id = db_int(&row, 0),
                                       .next = (uint64_t)db_int(&row, 5) + 1 };
                struct digest hash;

                p->proof->n_gateways += strcmp(gateway, db_text(&row, 1)) != 0;
                db_copy(&row, 1, gateway, sizeof(gateway));
                (void)snprintf(chain.epoch, sizeof(chain.epoch), "%lld", (long long)chain.id);
                (void)snprintf(chain.name, sizeof(chain.name), "%s %s", gateway, db_text(&row, 2));
                db_digest(&row, 6, &chain.hash);
                db_digest(&row, 4, &hash);
                r = prove_chain(p, &chain, (uint64_t)db_int(&row, 3), &hash);
        }
        return r;
}

/* ---- the figures ---------------------------------------------------------------------------------------------- */

/* One row of a table against what the events say; what was met is marked. */
static int compare_row(struct proving *p, struct keymap *map, const char *table, struct slice key,
                       int64_t first, int64_t second) {
        struct keymap_entry *entry;
        const char *parts[KEYMAP_PARTS_MAX];
        int r = keymap_at(map, key, &entry);

        if (r < 0)
                return r;
        entry->flags = 1;
        keymap_split(key, parts);
        if (entry->value[0] != first || entry->value[1] != second)
                finding(p, "%s %s %s %s: store %g %g, the events say %g %g", table, parts[0],
                        parts[1], parts[2], (double)first / 1000, (double)second / 1000,
                        (double)entry->value[0] / 1000, (double)entry->value[1] / 1000);
        return 0;
}

static void find_unmet(struct proving *p, const struct keymap *map, const char *table) {
        for (uint32_t i = 0; i < map->n; i++) {
                const struct keymap_entry *entry = &map->entries[i];
                const char *parts[KEYMAP_PARTS_MAX];

                if (entry->flags || (entry->value[0] == 0 && entry->value[1] == 0))
                        continue;
                keymap_split(keymap_key(map, entry), parts);
                finding(p, "%s %s %s %s: not in the store, the events say %g %g", table, parts[0],
                        parts[1], parts[2], (double)entry->value[0] / 1000,
                        (double)entry->value[1] / 1000);
        }
}

static int compare_totals(struct proving *p) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(p->db, &row,
                         "SELECT t.epoch, t.sku, t.sell, t.picked FROM epoch_sku t JOIN epoch e"
                         " ON e.id = t.epoch WHERE e.site = ?1",
                         V(p->site));

        while (r == 0 && (r = db_next(&row)) == DB_ROW) {
                struct keymap_key_buffer buffer;

                r = compare_row(p, &p->totals, "totals",
                                KEYMAP_JOIN(&buffer, db_text(&row, 0), db_text(&row, 1)),
                                db_int(&row, 2), db_int(&row, 3));
        }
        find_unmet(p, &p->totals, "totals");
        return r;
}

static int compare_hand(struct proving *p) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(p->db, &row, "SELECT sku, on_hand FROM sku_sum WHERE site = ?1", V(p->site));

        while (r == 0 && (r = db_next(&row)) == DB_ROW) {
                struct keymap_key_buffer buffer;

                r = compare_row(p, &p->hand, "on hand", KEYMAP_JOIN(&buffer, db_text(&row, 0)),
                                db_int(&row, 1), 0);
        }
        find_unmet(p, &p->hand, "on hand");
        return r;
}

static int compare_places(struct proving *p) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(p->db, &row,
                         "SELECT location, sku, lot, sum(qty) FROM stock WHERE site = ?1"
                         " GROUP BY location, sku, lot",
                         V(p->site));

        while (r == 0 && (r = db_next(&row)) == DB_ROW) {
                struct keymap_key_buffer buffer;

                r = compare_row(p, &p->places, "stock",
                                KEYMAP_JOIN(&buffer, db_text(&row, 0), db_text(&row, 1),
                                            db_text(&row, 2)),
                                db_int(&row, 3), 0);
        }
        find_unmet(p, &p->places, "stock");
        return r;
}

static int compare_lines(struct proving *p) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(p->db, &row,
                         "SELECT ord, line, sku, picked, short FROM order_line WHERE site = ?1",
                         V(p->site));

        while (r == 0 && (r = db_next(&row)) == DB_ROW) {
                struct keymap_key_buffer buffer;

                r = compare_row(p, &p->lines, "order line",
                                KEYMAP_JOIN(&buffer, db_text(&row, 0), db_text(&row, 1),
                                            db_text(&row, 2)),
                                db_int(&row, 3), db_int(&row, 4));
        }
        find_unmet(p, &p->lines, "order line");
        return r;
}

static void check_double_entry(struct proving *p) {
        for (uint32_t i = 0; i < p->zero.n; i++) {
                const struct keymap_entry *entry = &p->zero.entries[i];
                const char *parts[KEYMAP_PARTS_MAX];

                keymap_split(keymap_key(&p->zero, entry), parts);
                if (entry->value[0] != 0)
                        finding(p, "double entry %s %s: %g over all places instead of 0", parts[0],
                                parts[1], (double)entry->value[0] / 1000);
        }
}

/* One read transaction: a hub that goes on writing meanwhile is not in it. */
static int prove_all(struct proving *p) {
        int r = db_run_values(p->db, "BEGIN", NULL, 0);

        if (r == 0)
                r = prove_epochs(p);
        if (r == 0)
                r = compare_totals(p);
        if (r == 0)
                r = compare_hand(p);
        if (r == 0)
                r = compare_places(p);
        if (r == 0)
                r = compare_lines(p);
        if (r == 0)
                check_double_entry(p);
        db_rollback(p->db);
        return r;
}

int proof_run(struct db *db, const char *site, struct proof *ret) {
        struct proving p = { .db = db, .site = site, .proof = ret };
        int r = prove_all(&p);

        keymap_fini(&p.totals);
        keymap_fini(&p.hand);
        keymap_fini(&p.places);
        keymap_fini(&p.lines);
        keymap_fini(&p.zero);
        return r;
}
