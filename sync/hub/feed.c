/* SPDX-License-Identifier: MIT */
#include "sync/hub/feed.h"

#include <errno.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/jsonw.h"
#include "base/ulid.h"

/* ---- the site --------------------------------------------------------------------------------------- */

static int read_site(struct db *db, const char *site, char ret_feed[ULID_SIZE],
                     uint64_t *ret_last) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(db, &row, "SELECT feed, last_number FROM site WHERE site = ?1", V(site));

        if (r == 0)
                r = db_next(&row);
        if (r != DB_ROW)
                return r < 0 ? r : -ENOENT;
        db_copy(&row, 0, ret_feed, ULID_SIZE);
        *ret_last = (uint64_t)db_int(&row, 1);
        return 0;
}

int feed_site(struct db *db, const char *site, char ret_feed[ULID_SIZE], uint64_t *ret_last) {
        char feed[ULID_SIZE];
        int r = read_site(db, site, ret_feed, ret_last);

        if (r != -ENOENT)
                return r;
        r = ulid_new(clock_wall_ms(), feed);
        if (r == 0)
                r = DB_RUN(db,
                           "INSERT INTO site(site, feed, last_number, last_exception, swept)"
                           " VALUES(?1, ?2, 0, 0, 0)",
                           V(site), V((const char *)feed));
        memcpy(ret_feed, feed, ULID_SIZE);
        *ret_last = 0;
        return r;
}

/* ---- entries ----------------------------------------------------------------------------------------- */

static int is_same(struct db *db, const char *site, const char *key, struct slice entry,
                   bool *ret) {
        CLEANUP(db_done) struct db_query row = { NULL };
        struct slice held;
        int r = DB_QUERY(db, &row, "SELECT entry FROM feed WHERE site = ?1 AND key = ?2", V(site),
                         V(key));

        if (r == 0)
                r = db_next(&row);
        *ret = false;
        if (r == DB_ROW) {
                held = db_bytes(&row, 0);
                *ret = held.len == entry.len && memcmp(held.bytes, entry.bytes, entry.len) == 0;
        }
        return r < 0 ? r : 0;
}

int feed_set(struct db *db, const char *site, const char *key, struct slice entry,
             bool *ret_changed) {
        bool same;
        int r = is_same(db, site, key, entry, &same);

        *ret_changed = r == 0 && !same;
        if (r < 0 || same)
                return r;
        r = DB_RUN(db, "UPDATE site SET last_number = last_number + 1 WHERE site = ?1", V(site));
        if (r == 0)
                r = DB_RUN(db, "DELETE FROM feed WHERE site = ?1 AND key = ?2", V(site), V(key));
        if (r == 0)
                r = DB_RUN(db,
                           "INSERT INTO feed(site, number, key, empty, entry) SELECT ?1,"
                           " last_number, ?2, 0, ?3 FROM site WHERE site = ?1",
                           V(site), V(key), V(entry));
        return r;
}

/* ---- stock: the site's quantity of a place, and whose part of it is whose ------------------------------- */

struct place {
        char location[LOCATION_SIZE], sku[ID_SIZE], lot[ID_SIZE];
};

static int sum_shares(struct db *db, const char *site, const struct place *place,
                      int64_t *ret_sum) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(db, &row,
                         "SELECT sum(qty) FROM stock WHERE site = ?1 AND location = ?2"
                         " AND sku = ?3 AND lot = ?4",
                         V(site), V((const char *)place->location), V((const char *)place->sku),
                         V((const char *)place->lot));

        if (r == 0)
                r = db_next(&row);
        *ret_sum = r == DB_ROW ? db_int(&row, 0) : 0;
        return r < 0 ? r : 0;
}

/* Shares of gateways; lost branches ("gw~epoch") and central moves ("hub") are nobody's own. */
static int write_shares(struct db *db, const char *site, const struct place *place,
                        struct jsonw *w) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(db, &row,
                         "SELECT part, qty FROM stock WHERE site = ?1 AND location = ?2"
                         " AND sku = ?3 AND lot = ?4 AND qty <> 0 AND part <> 'hub'"
                         " AND instr(part, '~') = 0 ORDER BY part",
                         V(site), V((const char *)place->location), V((const char *)place->sku),
                         V((const char *)place->lot));

        jsonw_object(w, "own");
        while (r == 0 && (r = db_next(&row)) == DB_ROW) {
                jsonw_qty(w, db_text(&row, 0), db_int(&row, 1));
                r = 0;
        }
        jsonw_object_end(w);
        return r;
}

/* How far each gateway's log is in the figures. */
static int write_seen(struct db *db, const char *site, const struct place *place, struct jsonw *w) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(db, &row,
                         "SELECT gateway, epoch, last_seq FROM epoch e WHERE site = ?1"
                         " AND gateway <> 'hub' AND EXISTS(SELECT 1 FROM stock s WHERE s.site = ?1"
                         " AND s.location = ?2 AND s.sku = ?3 AND s.lot = ?4"
                         " AND s.part = e.gateway) AND id = (SELECT max(id) FROM epoch m"
                         " WHERE m.site = e.site AND m.gateway = e.gateway) ORDER BY gateway",
                         V(site), V((const char *)place->location), V((const char *)place->sku),
                         V((const char *)place->lot));

        jsonw_object(w, "seen");
        while (r == 0 && (r = db_next(&row)) == DB_ROW) {
                jsonw_object(w, db_text(&row, 0));
                jsonw_string(w, "epoch", db_text(&row, 1));
                jsonw_int(w, "seq", db_int(&row, 2));
                jsonw_object_end(w);
                r = 0;
        }
        jsonw_object_end(w);
        return r;
}

static int set_place(struct db *db, const char *site, const struct place *place, bool *ret_changed) {
        CLEANUP(bytes_fini) struct bytes entry = { 0 };
        char key[LOCATION_SIZE + 2 * ID_SIZE + 16];
        struct jsonw w = jsonw_to(&entry);
        int64_t sum;
        int r = sum_shares(db, site, place, &sum);

        jsonw_object(&w, NULL);
        jsonw_string(&w, "type", "stock");
        jsonw_string(&w, "location", place->location);
        jsonw_string(&w, "sku", place->sku);
        jsonw_string(&w, "lot", place->lot);
        jsonw_qty(&w, "qty", sum);
        if (r == 0)
                r = write_shares(db, site, place, &w);
        if (r == 0)
                r = write_seen(db, site, place, &w);
        jsonw_object_end(&w);
        if (r == 0)
                r = bytes_error(&entry);
        if (r < 0)
                return r;
        (void)snprintf(key, sizeof(key), "stock|%s|%s|%s", place->location, place->sku, place->lot);
        return feed_set(db, site, key, bytes_slice(&entry), ret_changed);
}

static int next_dirty(struct db *db, const char *site, struct place *ret) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(db, &row,
                         "SELECT location, sku, lot FROM stock_dirty WHERE site = ?1 LIMIT 1",
                         V(site));

        if (r == 0)
                r = db_next(&row);
        if (r != DB_ROW)
                return r < 0 ? r : -ENOENT;
        db_copy(&row, 0, ret->location, sizeof(ret->location));
        db_copy(&row, 1, ret->sku, sizeof(ret->sku));
        db_copy(&row, 2, ret->lot, sizeof(ret->lot));
        return 0;
}

int feed_set_stock(struct db *db, const char *site, bool *ret_any) {
        struct place place;
        int r;

        *ret_any = false;
        while ((r = next_dirty(db, site, &place)) == 0) {
                bool changed;

                r = set_place(db, site, &place, &changed);
                if (r == 0)
                        r = DB_RUN(db,
                                   "DELETE FROM stock_dirty WHERE site = ?1 AND location = ?2"
                                   " AND sku = ?3 AND lot = ?4",
                                   V(site), V((const char *)place.location),
                                   V((const char *)place.sku), V((const char *)place.lot));
                if (r < 0)
                        return r;
                *ret_any = *ret_any || changed;
        }
        return r == -ENOENT ? 0 : r;
}

/* ---- batches ------------------------------------------------------------------------------------------ */

enum { HEADER_ROOM = 256 };

static int read_entries(struct db *db, const char *site, struct feed_part *part,
                        struct bytes *lines) {
        CLEANUP(db_done) struct db_query row = { NULL };
        int r = DB_QUERY(db, &row,
                         "SELECT number, entry FROM feed WHERE site = ?1 AND number > ?2"
                         " ORDER BY number",
                         V(site), V(part->after));

        part->ret_more = false;
        while (r == 0 && (r = db_next(&row)) == DB_ROW) {
                struct slice entry = db_bytes(&row, 1);

                if (lines->len > 0 && lines->len + entry.len + HEADER_ROOM > part->max_bytes) {
                        part->ret_more = true;
                        return 0;
                }
                bytes_append(lines, entry.bytes, entry.len);
                bytes_append_char(lines, '\n');
                part->ret_last = (uint64_t)db_int(&row, 0);
                r = 0;
        }
        return r < 0 ? r : bytes_error(lines);
}

int feed_read(struct db *db, const char *site, struct feed_part *part, struct bytes *out) {
        CLEANUP(bytes_fini) struct bytes lines = { 0 };
        struct feed_header header = { .first = part->after + 1,
                                      .compacted = part->compacted,
                                      .sent_ms = clock_wall_ms() };
        uint64_t last;
        int r = read_site(db, site, header.feed, &last);

        part->ret_last = part->after;
        if (r == 0)
                r = read_entries(db, site, part, &lines);
        if (r < 0)
                return r;
        /* The end of what there is, also where the newest numbers stand in no line any more. */
        if (!part->ret_more)
                part->ret_last = last;
        if (part->ret_last <= part->after && !part->compacted)
                return -ENOENT;
        (void)snprintf(header.site, sizeof(header.site), "%s", site);
        header.last = part->ret_last;
        header.more = part->compacted && part->ret_more;
        r = feed_write_header(&header, out);
        bytes_append(out, lines.data, lines.len);
        return r == 0 ? bytes_error(out) : r;
}
