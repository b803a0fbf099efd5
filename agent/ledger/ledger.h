/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Ledger: the gateway's one SQLite file (DESIGN 4).
 *
 * It holds the log (append-only, hash chain), the projections made from it in the same
 * transaction (stock, order progress, totals, exceptions, jobs), the catalogue that the feed brings
 * (items, locations, orders …), and the stations' places. The only code that knows SQLite here.
 *
 * One connection, locking_mode=EXCLUSIVE, WAL, synchronous=FULL. Reads inside a transaction see its
 * writes. A caller brackets a loop turn with begin and commit; nothing may be acknowledged
 * to anybody before ledger_commit() returned 0. After a failed commit everything since begin is gone:
 * callers drop what they remember and read it again.
 *
 * Functions return 0, a negative errno (-EIO: SQLite, see ledger_error(); -ENOSPC: disk full; -ENOMEM),
 * and -ENOENT where a thing that was asked for does not exist.
 */

#include <stdbool.h>
#include "base/bytes.h"
#include "sync/event.h"

struct ledger;

enum {
        LEDGER_E_NEWER = 1, /* the file was written by a newer program */
        LEDGER_E_LOCKED,    /* another process has it open */
        LEDGER_E_FOREIGN,   /* not a ledger, or damaged */
};

struct ledger_options {
        const char *path;
        const char *gateway; /* exception ids begin with it */
        const char *version; /* for system/started */
};

/* ---- life (ledger.c) ------------------------------------------------------------------- */

/* Opens or makes the file, migrates it, mints the epoch and commits system/started.
 * On failure @ret_error holds one line for people: what is wrong and what to do. */
MUST_CHECK int ledger_open(const struct ledger_options *options, struct ledger **ret_ledger,
                           struct bytes *ret_error);
/* Opens without minting an epoch or writing anything: for `tally verify` on a stopped gateway. */
MUST_CHECK int ledger_open_readonly(const char *path, struct ledger **ret_ledger,
                                    struct bytes *ret_error);
void ledger_close(struct ledger *ledger); /* NULL is fine; rolls back what is open; checkpoints */

const char *ledger_error(const struct ledger *ledger); /* the last failure in words */
const char *ledger_epoch(const struct ledger *ledger);
uint64_t ledger_last_seq(const struct ledger *ledger);        /* with the open transaction's */
uint64_t ledger_committed_seq(const struct ledger *ledger);

/* ---- the log (ledger.c) ---------------------------------------------------------------- */

/* Begins a transaction unless one is open. */
MUST_CHECK int ledger_begin(struct ledger *ledger);
bool ledger_in_transaction(const struct ledger *ledger);
MUST_CHECK int ledger_commit(struct ledger *ledger);
void ledger_rollback(struct ledger *ledger);

/* Appends the event and updates the projections, inside the open transaction. Fills seq, ts_ms, a
 * move's sell_milli (from the flags of its two locations), an exception's id, state and count,
 * a queued print's job (its seq). After a failure inside one append, the transaction must be rolled back. */
MUST_CHECK int ledger_append(struct ledger *ledger, struct event *event);

/* Moves the WAL into the file; call when idle. The WAL's hard cap checkpoints by itself in commit. */
MUST_CHECK int ledger_checkpoint(struct ledger *ledger);

/* Consistent copy while running: temporary name, fsync, rename, fsync of the directory. */
MUST_CHECK int ledger_backup(struct ledger *ledger, const char *path);

/* ---- what a code is (catalogue.c) ------------------------------------------------------- */

struct ledger_item {
        char sku[ID_SIZE];
        char name[128];
        int64_t case_milli; /* units that the looked-up code stands for; QTY_UNIT for a plain item code */
        int decimals;       /* 0..3 */
        bool track_lot, track_expiry, track_serial;
        int64_t safety_milli;
        int64_t max_qty_milli; /* default 1,000 units */
};

struct ledger_location {
        char location[LOCATION_SIZE];
        char kind[ID_SIZE]; /* bin dock returns quarantine */
        bool sellable;
        int64_t walk;
};

struct ledger_operator {
        char operator_id[ID_SIZE];
        char name[128];
        char role[ID_SIZE];
};

MUST_CHECK int ledger_operator_by_badge(struct ledger *ledger, struct slice code, struct ledger_operator *ret);
MUST_CHECK int ledger_location_by_code(struct ledger *ledger, struct slice code, struct ledger_location *ret);
MUST_CHECK int ledger_location(struct ledger *ledger, const char *location, struct ledger_location *ret);
/* The first location of a kind by walk, then name. */
MUST_CHECK int ledger_location_of_kind(struct ledger *ledger, const char *kind, struct ledger_location *ret);
/* Exact match in items' codes (the sku itself is one) and case codes. */
MUST_CHECK int ledger_item_by_code(struct ledger *ledger, struct slice code, struct ledger_item *ret);
/* A GTIN in 14 digits against codes that are GTINs of any length. */
MUST_CHECK int ledger_item_by_gtin(struct ledger *ledger, const char gtin14[15], struct ledger_item *ret);
MUST_CHECK int ledger_item(struct ledger *ledger, const char *sku, struct ledger_item *ret);

/* ---- orders (orders.c) ------------------------------------------------------------------- */

struct ledger_order {
        char order[ID_SIZE];
        char gateway[NAME_SIZE]; /* "": any */
        int64_t priority;
        int64_t due_ms; /* 0: none */
        bool cancelled;
        enum order_state state;
        int64_t n_lines, n_open_lines;
        int64_t ordered_milli, picked_milli, short_milli; /* sums over the lines */
        char tote[ID_SIZE];
        char carrier[ID_SIZE];
        char tracking[ID_SIZE];
};

struct ledger_line {
        int64_t line;
        char sku[ID_SIZE];
        char name[128]; /* the item's */
        char location[LOCATION_SIZE]; /* as ordered, else the bin that holds most of it, else "" */
        bool anywhere;                /* ordered without a location: any sellable bin will do */
        int64_t walk;
        int64_t ordered_milli, picked_milli, short_milli;
};

MUST_CHECK int ledger_order(struct ledger *ledger, const char *order, struct ledger_order *ret);
MUST_CHECK int ledger_order_by_tote(struct ledger *ledger, const char *tote, struct ledger_order *ret); /* open ones */
/* The n-th open line in walking order (walk, location, line); @location and @sku restrict where not NULL. */
MUST_CHECK int ledger_open_line(struct ledger *ledger, const char *order, const char *location,
                                const char *sku, int n, struct ledger_line *ret);
/* The n-th line of the order by number, open or not. */
MUST_CHECK int ledger_order_line(struct ledger *ledger, const char *order, int n, struct ledger_line *ret);

/* ---- stock (stock.c): own log and site-wide feed together --------------------------------- */

struct ledger_stock {
        char location[LOCATION_SIZE];
        char sku[ID_SIZE];
        char lot[ID_SIZE];
        int64_t qty_milli;
};

/* One sum; @lot NULL: over all lots. 0 where nothing is booked. */
MUST_CHECK int ledger_stock_qty(struct ledger *ledger, const char *location, const char *sku, const char *lot,
                                int64_t *ret_milli);
/* The n-th nonzero (sku, lot) of a location, ordered. */
MUST_CHECK int ledger_stock_at(struct ledger *ledger, const char *location, int n, struct ledger_stock *ret);
/* Calls @each for every nonzero row; NULL filters match all; a nonzero return stops and is returned. */
MUST_CHECK int ledger_stock_each(struct ledger *ledger, const char *sku, const char *location,
                                 int (*each)(void *userdata, const struct ledger_stock *stock), void *userdata);

/* The last move of the station that is neither a reversal nor reversed. -ENOENT */
MUST_CHECK int ledger_last_move(struct ledger *ledger, const char *station, struct event *ret_event);

/* ---- stations' places (places.c) ----------------------------------------------------------- */

/* @ret_state: the text saved last; -ENOENT at first. */
MUST_CHECK int ledger_place_load(struct ledger *ledger, const char *station, struct bytes *ret_state);
MUST_CHECK int ledger_place_save(struct ledger *ledger, const char *station, struct slice state);

/* The count sheet of a station: what was counted so far in its bin. */
struct ledger_counted {
        char sku[ID_SIZE];
        char lot[ID_SIZE];
        int64_t qty_milli;
};
MUST_CHECK int ledger_count_add(struct ledger *ledger, const char *station, const char *sku, const char *lot,
                                int64_t qty_milli);
/* Forgets an item that was counted as 0; others stay as they are. */
MUST_CHECK int ledger_count_drop(struct ledger *ledger, const char *station, const char *sku, const char *lot);
MUST_CHECK int ledger_count_clear(struct ledger *ledger, const char *station);
MUST_CHECK int ledger_counted(struct ledger *ledger, const char *station, int n, struct ledger_counted *ret);

/* ---- print jobs (jobs.c) --------------------------------------------------------------------- */

struct ledger_job {
        uint64_t job;
        enum print_state state;
        char order[ID_SIZE];
        char station[NAME_SIZE];
        char printer[ID_SIZE]; /* "" while none is configured */
        char label[ID_SIZE];
        char reason[128];
        int64_t queued_ms, changed_ms;
        size_t payload_len;
};

/* Queues a label: appends print/queued and keeps the bytes to send. */
MUST_CHECK int ledger_job_queue(struct ledger *ledger, struct event *queued, struct slice payload);
/* The oldest queued job of the printer. -ENOENT */
MUST_CHECK int ledger_job_next(struct ledger *ledger, const char *printer, struct ledger_job *ret);
/* A piece of the label from @offset on: its length, 0 at the end. -ENOENT. Cheap where pieces follow each other. */
MUST_CHECK int ledger_job_read(struct ledger *ledger, uint64_t job, size_t offset, void *buffer, size_t size);
/* Sets sending, and keeps what the printer had printed before, -1: unknown. -ENOENT */
MUST_CHECK int ledger_job_sending(struct ledger *ledger, uint64_t job, int64_t labels_before);
/* As ledger_job_sending kept it. -ENOENT: unknown, or the printer has had another job since. */
MUST_CHECK int ledger_job_labels_before(struct ledger *ledger, uint64_t job, int64_t *ret_labels);
/* The printer's job in sending, and that, or -1. -ENOENT */
MUST_CHECK int ledger_job_interrupted(struct ledger *ledger, const char *printer, struct ledger_job *ret,
                                      int64_t *ret_labels);
/* How many are queued for the printer. */
MUST_CHECK int ledger_jobs_waiting(struct ledger *ledger, const char *printer, int64_t *ret_n);
/* Sets sending, sent or queued again (bytes never left); these are not events. -ENOENT */
MUST_CHECK int ledger_job_mark(struct ledger *ledger, uint64_t job, enum print_state state, const char *reason);
MUST_CHECK int ledger_job(struct ledger *ledger, uint64_t job, struct ledger_job *ret);
MUST_CHECK int ledger_jobs_each(struct ledger *ledger, int limit,
                                int (*each)(void *userdata, const struct ledger_job *job), void *userdata);
/* Jobs in sending or sent, oldest first: at start, those that were under way when the agent went. */
MUST_CHECK int ledger_jobs_under_way(struct ledger *ledger,
                                     int (*each)(void *userdata, const struct ledger_job *job), void *userdata);
/* An order's label as the feed gave it: ready ZPL, or the template filled with hex-escaped fields.
 * -ENOENT: the order has none; -EINVAL: its template is unknown. @ret_label: "zpl" or the template's name. */
MUST_CHECK int ledger_order_label(struct ledger *ledger, const char *order, struct bytes *ret_zpl,
                                  char ret_label[ID_SIZE]);

/* ---- exceptions (exceptions.c) ------------------------------------------------------------------ */

struct ledger_exception {
        struct exception_change last; /* as raised last, with the count */
        enum exception_state state;   /* opened, acked or resolved */
        int64_t opened_ms, changed_ms;
        int64_t priority;
};

MUST_CHECK int ledger_exception(struct ledger *ledger, const char *id, struct ledger_exception *ret);
MUST_CHECK int ledger_exceptions_each(struct ledger *ledger, bool with_resolved, int limit,
                                      int (*each)(void *userdata, const struct ledger_exception *exception),
                                      void *userdata);

/* ---- devices (device_port.c) ------------------------------------------------------------------------ */

/* The port at which a [scanner NAME] or [printer NAME] was last found. -ENOENT: never. */
MUST_CHECK int ledger_device_port(struct ledger *ledger, const char *device, char *ret, size_t size);
/* In the open transaction. */
MUST_CHECK int ledger_set_device_port(struct ledger *ledger, const char *device, const char *port);

/* ---- sync: the log upwards (outbox.c) -------------------------------------------------------------- */

/* What the hub has acknowledged: everything up to and including this seq. */
MUST_CHECK int ledger_acked(struct ledger *ledger, uint64_t *ret_seq);
MUST_CHECK int ledger_set_acked(struct ledger *ledger, uint64_t seq);
/* The chain's hash after @seq (0: the zero digest), and the epoch the event belongs to. -ENOENT */
MUST_CHECK int ledger_chain_at(struct ledger *ledger, uint64_t seq, struct digest *ret_hash,
                               char ret_epoch[ULID_SIZE]);
/* First seq of an epoch. -ENOENT */
MUST_CHECK int ledger_epoch_first(struct ledger *ledger, const char *epoch, uint64_t *ret_seq);

struct ledger_batch {
        char epoch[ULID_SIZE];
        uint64_t first, last;
        struct digest prev; /* hash before first */
};
/* Committed events' lines from @from on, each with "\n", of one epoch, within the limits (at least one).
 * -ENOENT when there is none. */
MUST_CHECK int ledger_read_batch(struct ledger *ledger, uint64_t from, int max_events, size_t max_bytes,
                                 struct ledger_batch *ret_batch, struct bytes *ret_lines);

struct ledger_total {
        char epoch[ULID_SIZE];
        char sku[ID_SIZE];
        int64_t sell_milli, picked_milli;
};
/* Running totals that changed after @since, epoch by epoch in their order, then by sku. */
MUST_CHECK int ledger_totals_each(struct ledger *ledger, uint64_t since,
                                  int (*each)(void *userdata, const struct ledger_total *total), void *userdata);

/* One page of the log for people: calls @each with seq and line. */
MUST_CHECK int ledger_log_each(struct ledger *ledger, uint64_t from, int limit,
                               int (*each)(void *userdata, uint64_t seq, const struct digest *hash, struct slice line),
                               void *userdata);

/* ---- sync: the feed downwards (feed.c) --------------------------------------------------------------- */

enum { LEDGER_E_ENTRY = 16 }; /* the entry is malformed; words in ret_error */

/* Adopts one feed entry (DESIGN 5.5), idempotent. Unknown types are ignored. Inside a transaction. */
MUST_CHECK int ledger_feed_adopt(struct ledger *ledger, struct slice entry, char *ret_error, size_t error_size);
/* How far the feed is applied. "" and 0 at first. */
MUST_CHECK int ledger_feed_position(struct ledger *ledger, char ret_feed[ULID_SIZE], uint64_t *ret_seq);
/* A different @feed than before empties the catalogue first: the compacted copy that follows replaces it. */
MUST_CHECK int ledger_feed_move(struct ledger *ledger, const char *feed, uint64_t seq);

/* ---- proof (verify.c) --------------------------------------------------------------------------------- */

struct ledger_findings {
        uint64_t n_events;
        uint64_t n_findings;
        struct bytes text; /* a line for each of the first 50 findings: what is wrong, and where */
};

struct ledger_verify; /* one run: recomputes the chain, double entry and every projection from the log */

MUST_CHECK int ledger_verify_new(struct ledger *ledger, struct ledger_verify **ret);
/* Checks up to @n_events more; 1 while there is more, 0 when done, negative errno. The last call compares
 * the projections, so it takes longer. */
MUST_CHECK int ledger_verify_step(struct ledger_verify *verify, int n_events);
const struct ledger_findings *ledger_verify_findings(const struct ledger_verify *verify);
void ledger_verify_free(struct ledger_verify *verify);

/* ---- figures for status and metrics --------------------------------------------------------------------- */

struct ledger_figures {
        uint64_t last_seq, acked_seq;
        int64_t n_items, n_locations, n_orders, n_open_orders, n_open_exceptions, n_waiting_jobs;
        int64_t db_bytes, wal_bytes;
};
MUST_CHECK int ledger_figures(struct ledger *ledger, struct ledger_figures *ret);
