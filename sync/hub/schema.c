/* SPDX-License-Identifier: MIT */
#include "sync/hub/schema.h"

/*
 * The log as it came (epoch, event, quarantine) and what is made of it. A gateway's log lives in epochs:
 *
 *     kept   events up to here count as the gateway's own part of the stock; what follows is a branch that the
 *            gateway lost (a restored image) and counts for the part "{gateway}~{epoch}"
 *
 * Everything from epoch_sku to order_line's picked and short can be made again from event and central moves;
 * `tally-hub verify` does it and compares. Quantities are thousandths, times milliseconds since 1970.
 */
static const char step_1[] =
        "PRAGMA application_id = 1413573704;"
        "CREATE TABLE site(site TEXT PRIMARY KEY, feed TEXT NOT NULL, last_number INTEGER NOT NULL,"
        " last_exception INTEGER NOT NULL, swept INTEGER NOT NULL) STRICT;"
        "CREATE TABLE gateway(site TEXT, gateway TEXT, state TEXT NOT NULL, version TEXT NOT NULL,"
        " seen INTEGER NOT NULL, PRIMARY KEY(site, gateway)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE epoch(id INTEGER PRIMARY KEY, site TEXT NOT NULL, gateway TEXT NOT NULL,"
        " epoch TEXT NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,"
        " hash BLOB NOT NULL, after_epoch TEXT NOT NULL, after_seq INTEGER NOT NULL,"
        " after_hash BLOB NOT NULL, kept INTEGER NOT NULL, received INTEGER NOT NULL,"
        " UNIQUE(site, gateway, epoch)) STRICT;"
        "CREATE TABLE event(epoch INTEGER, seq INTEGER, hash BLOB NOT NULL, line TEXT NOT NULL,"
        " received INTEGER NOT NULL, PRIMARY KEY(epoch, seq)) STRICT, WITHOUT ROWID;"
        "CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN"
        " SELECT RAISE(ABORT, 'events are never changed'); END;"
        "CREATE TRIGGER event_never_goes BEFORE DELETE ON event BEGIN"
        " SELECT RAISE(ABORT, 'events are never deleted'); END;"
        "CREATE TABLE quarantine(epoch INTEGER, seq INTEGER, reason TEXT NOT NULL,"
        " PRIMARY KEY(epoch, seq)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE epoch_sku(epoch INTEGER, sku TEXT, sell INTEGER NOT NULL,"
        " picked INTEGER NOT NULL, PRIMARY KEY(epoch, sku)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE ahead(site TEXT, sku TEXT, gateway TEXT, epoch TEXT, as_of INTEGER NOT NULL,"
        " sell INTEGER NOT NULL, picked INTEGER NOT NULL,"
        " PRIMARY KEY(site, sku, gateway, epoch)) STRICT, WITHOUT ROWID;"
        "CREATE INDEX ahead_as_of ON ahead(site, gateway, epoch, as_of);"
        "CREATE TABLE sku_sum(site TEXT, sku TEXT, on_hand INTEGER NOT NULL, risk INTEGER NOT NULL,"
        " PRIMARY KEY(site, sku)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE demand(site TEXT, sku TEXT, day INTEGER, picked INTEGER NOT NULL,"
        " PRIMARY KEY(site, sku, day)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE stock(site TEXT, location TEXT, sku TEXT, lot TEXT, part TEXT,"
        " qty INTEGER NOT NULL, PRIMARY KEY(site, location, sku, lot, part)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE stock_dirty(site TEXT, location TEXT, sku TEXT, lot TEXT,"
        " PRIMARY KEY(site, location, sku, lot)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE item(site TEXT, sku TEXT, name TEXT NOT NULL, safety INTEGER NOT NULL,"
        " reorder_days INTEGER NOT NULL, PRIMARY KEY(site, sku)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE location(site TEXT, location TEXT, kind TEXT NOT NULL, sellable INTEGER NOT NULL,"
        " PRIMARY KEY(site, location)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE order_head(site TEXT, ord TEXT, known INTEGER NOT NULL, gateway TEXT NOT NULL,"
        " priority INTEGER NOT NULL, due INTEGER NOT NULL, carrier TEXT NOT NULL,"
        " tracking TEXT NOT NULL, state INTEGER NOT NULL, cancelled INTEGER NOT NULL,"
        " ended INTEGER NOT NULL, PRIMARY KEY(site, ord)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE order_line(site TEXT, ord TEXT, line INTEGER, sku TEXT,"
        " ordered INTEGER NOT NULL, picked INTEGER NOT NULL, short INTEGER NOT NULL,"
        " open INTEGER NOT NULL, PRIMARY KEY(site, ord, line, sku)) STRICT, WITHOUT ROWID;"
        "CREATE INDEX order_line_open ON order_line(site, sku, open) WHERE open > 0;"
        "CREATE TABLE feed(site TEXT, number INTEGER, key TEXT NOT NULL, empty INTEGER NOT NULL,"
        " entry TEXT NOT NULL, PRIMARY KEY(site, number), UNIQUE(site, key)) STRICT;"
        "CREATE TABLE central(site TEXT, id TEXT, seq INTEGER NOT NULL, entry TEXT NOT NULL,"
        " PRIMARY KEY(site, id)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE exception(site TEXT, id TEXT, gateway TEXT NOT NULL, kind INTEGER NOT NULL,"
        " grp TEXT NOT NULL, state INTEGER NOT NULL, severity INTEGER NOT NULL, owner TEXT NOT NULL,"
        " count INTEGER NOT NULL, ord TEXT NOT NULL, line INTEGER NOT NULL, sku TEXT NOT NULL,"
        " location TEXT NOT NULL, device TEXT NOT NULL, expected TEXT NOT NULL, found TEXT NOT NULL,"
        " has_before INTEGER NOT NULL, before INTEGER NOT NULL, qty INTEGER NOT NULL,"
        " order_priority INTEGER NOT NULL, order_due INTEGER NOT NULL, action TEXT NOT NULL,"
        " by_whom TEXT NOT NULL, note TEXT NOT NULL, evidence TEXT NOT NULL,"
        " opened INTEGER NOT NULL, last INTEGER NOT NULL, acked INTEGER NOT NULL,"
        " resolved INTEGER NOT NULL, PRIMARY KEY(site, id)) STRICT;"
        "CREATE INDEX exception_group ON exception(site, kind, grp) WHERE resolved = 0;"
        "CREATE INDEX exception_resolved ON exception(site, resolved);";

const char *const hub_schema_steps[HUB_SCHEMA_VERSION] = { step_1 };
