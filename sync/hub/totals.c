/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include "base/clock.h"
#include "sync/hub/apply.h"
#include "sync/hub/epoch.h"

/* Newest truth first (DESIGN 5.4): running totals that came before their log. */

struct totals {
        struct book *book;
        const char *site, *gateway;
        struct totals_header header;
        uint64_t applied; /* of that epoch; 0: none */
        bool known;       /* the header has been looked at */
};

/* The reader fills the header before the first sku. */
static int look_up(struct totals *totals) {
        struct epoch_row row;
        int r = epoch_find(totals->book->db, totals->site, totals->gateway, totals->header.epoch,
                           &row);

        totals->known = true;
        totals->applied = r == 0 ? row.last_seq : 0;
        return r == -ENOENT ? 0 : r;
}

static int on_sku(void *userdata, const char *sku, int64_t sell_milli, int64_t picked_milli) {
        struct totals *totals = userdata;
        int r = totals->known ? 0 : look_up(totals);

        if (r < 0 || totals->header.as_of <= totals->applied)
                return r; /* the log knows better already */
        r = DB_RUN(totals->book->db,
                   "INSERT INTO ahead(site, sku, gateway, epoch, as_of, sell, picked)"
                   " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET"
                   " as_of = excluded.as_of, sell = excluded.sell, picked = excluded.picked"
                   " WHERE excluded.as_of > as_of",
                   V(totals->site), V(sku), V(totals->gateway),
                   V((const char *)totals->header.epoch), V(totals->header.as_of), V(sell_milli),
                   V(picked_milli));
        return r == 0 ? changes_add(&totals->book->changes->stock, totals->site, sku) : r;
}

int apply_totals(struct book *book, const char *site, const char *gateway, struct slice payload,
                 struct jsonr_error *error) {
        struct totals totals = { .book = book, .site = site, .gateway = gateway };

        return totals_read(payload, &totals.header, on_sku, &totals, error);
}
