/* SPDX-License-Identifier: MIT */
#include "agent/ledger/internal.h"

/* Every statement of the ledger. '~' in front of a projection's table is the book's prefix. */

/* Own log and site-wide feed together. */
#define STOCK_WHERE(condition)                                                               \
        "(SELECT location, sku, lot, qty FROM stock WHERE " condition                        \
        " UNION ALL SELECT location, sku, lot, qty FROM site_stock WHERE " condition ")"
#define STOCK_ROWS(condition)                                                                \
        "SELECT location, sku, lot, sum(qty) FROM " STOCK_WHERE(condition)                   \
        " GROUP BY location, sku, lot HAVING sum(qty) <> 0 ORDER BY location, sku, lot"

#define ITEM_COLUMNS " i.sku, i.name, i.decimals, i.track, i.safety, i.max_qty "
#define LOCATION_COLUMNS " location, kind, sellable, walk "

/* The bin that holds most of a line's item, where the order names none. */
#define BEST_BIN                                                                             \
        "(SELECT w.location FROM (SELECT location, qty FROM stock WHERE sku = l.sku"         \
        " UNION ALL SELECT location, qty FROM site_stock WHERE sku = l.sku) w"               \
        " JOIN location b ON b.location = w.location AND b.kind = 'bin' AND b.sellable = 1"  \
        " GROUP BY w.location HAVING sum(w.qty) > 0"                                         \
        " ORDER BY sum(w.qty) DESC, b.walk, w.location LIMIT 1)"
#define LINES_OF_ORDER                                                                       \
        "(SELECT l.line AS line, l.sku AS sku, l.qty AS qty,"                                \
        " coalesce(p.picked, 0) AS picked, coalesce(p.short, 0) AS short,"                   \
        " coalesce(nullif(l.location, ''), " BEST_BIN ", '') AS location,"                   \
        " l.location = '' AS anywhere"                                                       \
        " FROM order_line l LEFT JOIN line_progress p ON p.ord = l.ord AND p.line = l.line"  \
        " WHERE l.ord = ?1"
#define LINE_COLUMNS                                                                         \
        " x.line, x.sku, coalesce(i.name, ''), x.location, coalesce(o.walk, 0), x.qty,"      \
        " x.picked, x.short, x.anywhere "
#define LINE_JOINS                                                                           \
        " x LEFT JOIN item i ON i.sku = x.sku LEFT JOIN location o ON o.location = x.location "

#define JOB_COLUMNS                                                                          \
        " j.job, coalesce(w.state, j.state), j.ord, j.station, coalesce(w.printer, j.printer)," \
        " j.label, coalesce(w.reason, j.reason), j.queued_ms,"                               \
        " max(j.changed_ms, coalesce(w.changed_ms, 0)), coalesce(length(l.payload), 0) "
#define JOB_FROM                                         \
        " FROM job j LEFT JOIN job_work w ON w.job = j.job" \
        " LEFT JOIN job_label l ON l.job = j.job "

#define EXCEPTION_COLUMNS " id, state, count, opened_ms, changed_ms, raised, settled "

/* clang-format off */
const char *const ledger_sql[SQL_MAX_] = {
        [SQL_BEGIN] = "BEGIN IMMEDIATE",
        [SQL_COMMIT] = "COMMIT",
        [SQL_ROLLBACK] = "ROLLBACK",

        [SQL_EVENT_ADD] = "INSERT INTO event(seq, hash, line) VALUES(?1, ?2, ?3)",
        [SQL_EVENT_HEAD] = "SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1",
        [SQL_EVENT_HASH] = "SELECT hash FROM event WHERE seq = ?1",
        [SQL_EVENT_LINE] = "SELECT line FROM event WHERE seq = ?1",
        [SQL_EVENTS_FROM] = "SELECT seq, hash, line FROM event WHERE seq >= ?1 AND seq <= ?2"
                            " ORDER BY seq LIMIT ?3",
        [SQL_EVENTS_BACK] = "SELECT line FROM event ORDER BY seq DESC LIMIT ?1",
        [SQL_MARK_GET] = "SELECT seq, text FROM mark WHERE name = ?1",
        [SQL_MARK_SET] = "INSERT INTO mark(name, seq, text) VALUES(?1, ?2, ?3) ON CONFLICT(name)"
                         " DO UPDATE SET seq = excluded.seq, text = excluded.text",

        [SQL_STOCK_ADD] = "INSERT INTO ~stock(location, sku, lot, qty) VALUES(?1, ?2, ?3, ?4)"
                          " ON CONFLICT DO UPDATE SET qty = qty + excluded.qty RETURNING qty",
        [SQL_STOCK_DROP] = "DELETE FROM ~stock WHERE location = ?1 AND sku = ?2 AND lot = ?3",
        [SQL_LINE_ADD] = "INSERT INTO ~line_progress(ord, line, picked, short)"
                         " VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE"
                         " SET picked = picked + excluded.picked, short = short + excluded.short",
        [SQL_LINE_REOPEN] = "UPDATE ~line_progress SET short = 0 WHERE ord = ?1 AND line = ?2",
        [SQL_PROGRESS_SET] = "INSERT INTO ~order_progress(ord, state, tote) VALUES(?1, ?2, ?3)"
                             " ON CONFLICT DO UPDATE SET state = excluded.state,"
                             " tote = iif(excluded.tote = '', tote, excluded.tote)",
        /* 2: ORDER_PICKED, 1: ORDER_STARTED */
        [SQL_PROGRESS_REOPEN] = "UPDATE ~order_progress SET state = 1 WHERE ord = ?1 AND state = 2",
        [SQL_TOTAL_ADD] = "INSERT INTO ~total(epoch_first, sku, sell, picked, seq)"
                          " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE"
                          " SET sell = sell + excluded.sell, picked = picked + excluded.picked,"
                          " seq = excluded.seq",
        [SQL_EPOCH_ADD] = "INSERT INTO ~epoch(first_seq, epoch) VALUES(?1, ?2)",
        [SQL_EXCEPTION_OPEN] = "INSERT INTO ~exception(id, kind, grp, state, count, opened_ms,"
                               " changed_ms, raised) VALUES(?1, ?2, ?3, 0, ?4, ?5, ?5, ?6)",
        [SQL_EXCEPTION_REPEAT] = "UPDATE ~exception SET count = ?2, changed_ms = ?3, raised = ?4"
                                 " WHERE id = ?1",
        [SQL_EXCEPTION_SETTLE] = "UPDATE ~exception SET state = ?2, changed_ms = ?3, settled = ?4"
                                 " WHERE id = ?1",
        [SQL_JOB_ADD] = "INSERT INTO ~job(job, state, ord, station, printer, label, reason,"
                        " queued_ms, changed_ms) VALUES(?1, 0, ?2, ?3, ?4, ?5, '', ?6, ?6)",
        [SQL_JOB_SET] = "UPDATE ~job SET state = ?2, reason = ?3, changed_ms = ?4 WHERE job = ?1",
        [SQL_JOB_REQUEUE] = "UPDATE ~job SET state = 0, reason = ?2, changed_ms = ?3"
                            " WHERE job = ?1",

        [SQL_EPOCH_OF] = "SELECT first_seq, epoch FROM epoch WHERE first_seq <= ?1"
                         " ORDER BY first_seq DESC LIMIT 1",
        [SQL_EPOCH_AFTER] = "SELECT first_seq FROM epoch WHERE first_seq > ?1"
                            " ORDER BY first_seq LIMIT 1",
        [SQL_EPOCH_FIRST] = "SELECT first_seq FROM epoch WHERE epoch = ?1",
        /* Epochs whose last event is acknowledged; never the current one. */
        [SQL_TOTALS_DROP] = "DELETE FROM ~total WHERE epoch_first <"
                            " (SELECT max(first_seq) FROM epoch WHERE first_seq <= ?1 + 1)",
        [SQL_TOTALS_SINCE] = "SELECT e.epoch, t.sku, t.sell, t.picked FROM total t"
                             " JOIN epoch e ON e.first_seq = t.epoch_first"
                             " WHERE t.seq > ?1 ORDER BY t.epoch_first, t.sku",

        /* 3: EXCEPTION_RESOLVED */
        [SQL_EXCEPTION_FIND] = "SELECT id, count FROM exception"
                               " WHERE kind = ?1 AND grp = ?2 AND state <> 3",
        [SQL_EXCEPTION_GET] = "SELECT" EXCEPTION_COLUMNS "FROM exception WHERE id = ?1",
        [SQL_EXCEPTIONS_OPEN] = "SELECT" EXCEPTION_COLUMNS "FROM exception WHERE state <> 3"
                                " ORDER BY changed_ms DESC, id LIMIT ?1",
        [SQL_EXCEPTIONS_ALL] = "SELECT" EXCEPTION_COLUMNS "FROM exception"
                               " ORDER BY changed_ms DESC, id LIMIT ?1",

        [SQL_JOB_GET] = "SELECT" JOB_COLUMNS JOB_FROM "WHERE j.job = ?1",
        [SQL_JOBS] = "SELECT" JOB_COLUMNS JOB_FROM "ORDER BY j.job DESC LIMIT ?1",
        [SQL_JOB_NEXT] = "SELECT job FROM job_work WHERE printer = ?1 AND state = 0"
                         " ORDER BY job LIMIT 1",
        /* 1, 2: PRINT_SENDING, PRINT_SENT */
        [SQL_JOBS_UNDER_WAY] = "SELECT" JOB_COLUMNS JOB_FROM "WHERE w.state IN (1, 2)"
                               " ORDER BY j.job",
        [SQL_JOB_OLD] = "SELECT job FROM job ORDER BY job DESC LIMIT 1 OFFSET ?1",
        [SQL_WORK_ADD] = "INSERT INTO job_work(job, state, printer, reason, changed_ms)"
                         " VALUES(?1, 0, ?2, '', ?3)",
        [SQL_LABEL_ADD] = "INSERT INTO job_label(job, payload) VALUES(?1, ?2)",
        [SQL_WORK_MARK] = "UPDATE job_work SET state = ?2, reason = ?3, changed_ms = ?4"
                          " WHERE job = ?1",
        [SQL_COUNT_SET] = "INSERT INTO printer_count(printer, job, labels)"
                          " SELECT printer, job, ?2 FROM job_work WHERE job = ?1"
                          " ON CONFLICT DO UPDATE SET job = excluded.job,"
                          " labels = excluded.labels",
        [SQL_COUNT_GET] = "SELECT labels FROM printer_count WHERE job = ?1 AND labels >= 0",
        [SQL_JOB_INTERRUPTED] = "SELECT w.job, coalesce(c.labels, -1) FROM job_work w"
                                " LEFT JOIN printer_count c ON c.job = w.job"
                                " WHERE w.printer = ?1 AND w.state IN (1, 2)",
        /* 3: PRINT_PRINTED and what comes after it is over */
        [SQL_WORK_WAITING] = "SELECT count(*) FROM job_work WHERE printer = ?1 AND state = 0",
        [SQL_WORK_DROP] = "DELETE FROM job_work WHERE job <= ?1 AND state >= 3",
        [SQL_LABEL_DROP] = "DELETE FROM job_label WHERE job <= ?1"
                           " AND job NOT IN (SELECT job FROM job_work)",

        [SQL_PLACE_GET] = "SELECT state FROM place WHERE station = ?1",
        [SQL_PLACE_SET] = "INSERT INTO place(station, state) VALUES(?1, ?2) ON CONFLICT DO UPDATE"
                          " SET state = excluded.state",
        [SQL_COUNTED_ADD] = "INSERT INTO counted(station, sku, lot, qty) VALUES(?1, ?2, ?3, ?4)"
                            " ON CONFLICT DO UPDATE SET qty = qty + excluded.qty",
        [SQL_COUNTED_CLEAR] = "DELETE FROM counted WHERE station = ?1",
        [SQL_COUNTED_DROP] = "DELETE FROM counted WHERE station = ?1 AND sku = ?2 AND lot = ?3"
                             " AND qty = 0",
        [SQL_COUNTED_GET] = "SELECT sku, lot, qty FROM counted WHERE station = ?1"
                            " ORDER BY sku, lot LIMIT 1 OFFSET ?2",

        [SQL_STOCK_QTY] = "SELECT coalesce(sum(qty), 0) FROM "
                          STOCK_WHERE("location = ?1 AND sku = ?2"),
        [SQL_STOCK_QTY_LOT] = "SELECT coalesce(sum(qty), 0) FROM "
                              STOCK_WHERE("location = ?1 AND sku = ?2 AND lot = ?3"),
        [SQL_SITE_QTY] = "SELECT qty FROM site_stock WHERE location = ?1 AND sku = ?2 AND lot = ?3",
        [SQL_STOCK_AT] = STOCK_ROWS("location = ?1") " LIMIT 1 OFFSET ?2",
        [SQL_STOCK_ALL] = STOCK_ROWS("true"),
        [SQL_STOCK_OF_SKU] = STOCK_ROWS("sku = ?1"),
        [SQL_STOCK_OF_LOCATION] = STOCK_ROWS("location = ?1"),
        [SQL_STOCK_OF_BOTH] = STOCK_ROWS("sku = ?1 AND location = ?2"),

        [SQL_ITEM_BY_CODE] = "SELECT" ITEM_COLUMNS ", c.qty FROM item_code c"
                             " JOIN item i ON i.sku = c.sku WHERE c.code = ?1",
        [SQL_ITEM_BY_GTIN] = "SELECT" ITEM_COLUMNS ", c.qty FROM item_code c"
                             " JOIN item i ON i.sku = c.sku WHERE c.gtin = ?1"
                             " ORDER BY c.code LIMIT 1",
        [SQL_ITEM_GET] = "SELECT" ITEM_COLUMNS ", 1000 FROM item i WHERE i.sku = ?1",
        [SQL_LOCATION_GET] = "SELECT" LOCATION_COLUMNS "FROM location WHERE location = ?1",
        [SQL_LOCATION_BY_CODE] = "SELECT" LOCATION_COLUMNS "FROM location WHERE code = ?1"
                                 " ORDER BY location LIMIT 1",
        [SQL_LOCATION_OF_KIND] = "SELECT" LOCATION_COLUMNS "FROM location WHERE kind = ?1"
                                 " ORDER BY walk, location LIMIT 1",
        [SQL_LOCATION_SELLABLE] = "SELECT sellable FROM location WHERE location = ?1",
        [SQL_OPERATOR_BY_BADGE] = "SELECT operator, name, role FROM operator WHERE badge = ?1"
                                  " ORDER BY operator LIMIT 1",
        [SQL_ORDER_GET] = "SELECT h.gateway, h.priority, h.due_ms, h.cancelled, h.carrier,"
                          " h.tracking, coalesce(p.state, 0), coalesce(p.tote, '')"
                          " FROM order_head h LEFT JOIN order_progress p ON p.ord = h.ord"
                          " WHERE h.ord = ?1",
        [SQL_ORDER_SUMS] = "SELECT count(*), coalesce(sum(l.qty > coalesce(p.picked + p.short, 0)), 0),"
                           " coalesce(sum(l.qty), 0), coalesce(sum(p.picked), 0),"
                           " coalesce(sum(p.short), 0) FROM order_line l LEFT JOIN line_progress p"
                           " ON p.ord = l.ord AND p.line = l.line WHERE l.ord = ?1",
        /* 1, 2: ORDER_STARTED, ORDER_PICKED: what is packed has left its tote */
        [SQL_ORDER_BY_TOTE] = "SELECT ord FROM order_progress WHERE tote = ?1 AND tote <> ''"
                              " AND state IN (1, 2) ORDER BY state, ord LIMIT 1",
        [SQL_ORDER_URGENCY] = "SELECT priority, due_ms FROM order_head WHERE ord = ?1",
        [SQL_ORDER_LABEL] = "SELECT label FROM order_head WHERE ord = ?1",
        [SQL_OPEN_LINE] = "SELECT" LINE_COLUMNS "FROM " LINES_OF_ORDER
                          " AND l.qty > coalesce(p.picked + p.short, 0)"
                          " AND (?3 IS NULL OR l.sku = ?3))" LINE_JOINS
                          "WHERE (?2 IS NULL OR x.location = ?2)"
                          " ORDER BY coalesce(o.walk, 0), x.location, x.line LIMIT 1 OFFSET ?4",
        [SQL_ORDER_LINE] = "SELECT" LINE_COLUMNS "FROM " LINES_OF_ORDER ")" LINE_JOINS
                           "ORDER BY x.line LIMIT 1 OFFSET ?2",
        [SQL_TEMPLATE_GET] = "SELECT zpl FROM template WHERE name = ?1",

        [SQL_ITEM_SET] = "INSERT OR REPLACE INTO item(sku, name, decimals, track, safety, max_qty)"
                         " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
        [SQL_ITEM_CODES_CLEAR] = "DELETE FROM item_code WHERE sku = ?1",
        [SQL_ITEM_CODE_SET] = "INSERT OR REPLACE INTO item_code(code, sku, qty, gtin)"
                              " VALUES(?1, ?2, ?3, nullif(?4, ''))",
        [SQL_LOCATION_SET] = "INSERT OR REPLACE INTO location(location, code, kind, sellable, walk)"
                             " VALUES(?1, ?2, ?3, ?4, ?5)",
        [SQL_SLOT_SET] = "INSERT OR REPLACE INTO slot(location, sku, min, max)"
                         " VALUES(?1, ?2, ?3, ?4)",
        [SQL_ORDER_SET] = "INSERT OR REPLACE INTO order_head(ord, gateway, priority, due_ms,"
                          " cancelled, carrier, tracking, label)"
                          " VALUES(?1, ?2, ?3, ?4, 0, ?5, ?6, nullif(?7, ''))",
        [SQL_ORDER_CANCEL] = "INSERT INTO order_head(ord, gateway, priority, due_ms, cancelled,"
                             " carrier, tracking) VALUES(?1, '', 0, 0, 1, '', '')"
                             " ON CONFLICT DO UPDATE SET cancelled = 1",
        [SQL_ORDER_LINES_CLEAR] = "DELETE FROM order_line WHERE ord = ?1",
        [SQL_ORDER_LINE_SET] = "INSERT INTO order_line(ord, line, sku, qty, location)"
                               " VALUES(?1, ?2, ?3, ?4, ?5)",
        [SQL_OPERATOR_SET] = "INSERT OR REPLACE INTO operator(operator, badge, name, role)"
                             " VALUES(?1, ?2, ?3, ?4)",
        [SQL_TEMPLATE_SET] = "INSERT OR REPLACE INTO template(name, zpl) VALUES(?1, ?2)",
        [SQL_LOT_SET] = "INSERT OR REPLACE INTO lot(sku, lot, state) VALUES(?1, ?2, ?3)",
        [SQL_SITE_SET] = "INSERT OR REPLACE INTO site_stock(location, sku, lot, qty)"
                         " VALUES(?1, ?2, ?3, ?4)",

        [SQL_COUNT_CATALOGUE] = "SELECT (SELECT count(*) FROM item), (SELECT count(*) FROM location)",
        /* 2: from ORDER_PICKED on nothing is left to pick */
        [SQL_COUNT_WORK] = "SELECT (SELECT count(*) FROM order_head),"
                           " (SELECT count(*) FROM order_head h LEFT JOIN order_progress p"
                           "  ON p.ord = h.ord WHERE h.cancelled = 0 AND coalesce(p.state, 0) < 2),"
                           " (SELECT count(*) FROM exception WHERE state <> 3),"
                           " (SELECT count(*) FROM job_work WHERE state = 0)",
};
/* clang-format on */
