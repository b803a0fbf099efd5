/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include "agent/api_request.h"

struct rows {
        struct jsonw w;
        int left; /* rows that still fit */
};

static struct rows rows_begin(struct api_request *request, const char *name, int limit) {
        struct rows rows = { jsonw_to(&request->answer), limit };

        jsonw_object(&rows.w, NULL);
        jsonw_array(&rows.w, name);
        return rows;
}

/* @r: result of the walk. */
static void rows_end(struct api_request *request, struct rows *rows, int r) {
        if (r < 0) {
                api_refuse_ledger(request, r);
                return;
        }
        jsonw_object_end(&rows->w);
        api_answer(request, 200);
}

/* ---- orders ---------------------------------------------------------------------------------- */

static void write_order(struct jsonw *w, const struct ledger_order *order) {
        jsonw_string(w, "order", order->order);
        jsonw_string(w, "state",
                     order->cancelled ? order_state_name(ORDER_CANCELLED)
                                      : order_state_name(order->state));
        jsonw_string(w, "gateway", order->gateway);
        jsonw_int(w, "priority", order->priority);
        if (order->due_ms)
                jsonw_time(w, "due", order->due_ms);
        jsonw_bool(w, "cancelled", order->cancelled);
        jsonw_string(w, "tote", order->tote);
        jsonw_string(w, "carrier", order->carrier);
        jsonw_string(w, "tracking", order->tracking);
        jsonw_int(w, "open_lines", order->n_open_lines);
        jsonw_int(w, "n_lines", order->n_lines);
        jsonw_qty(w, "ordered", order->ordered_milli);
        jsonw_qty(w, "picked", order->picked_milli);
        jsonw_qty(w, "short", order->short_milli);
}

static void write_line(struct jsonw *w, const struct ledger_line *line) {
        jsonw_object(w, NULL);
        jsonw_int(w, "line", line->line);
        jsonw_string(w, "sku", line->sku);
        jsonw_string(w, "name", line->name);
        jsonw_string(w, "location", line->location);
        jsonw_qty(w, "ordered", line->ordered_milli);
        jsonw_qty(w, "picked", line->picked_milli);
        jsonw_qty(w, "short", line->short_milli);
        jsonw_object_end(w);
}

void api_get_order(struct api_request *request) {
        struct ledger *ledger = request->agent->ledger;
        struct jsonw w = jsonw_to(&request->answer);
        const char *name = request->url.segments[3];
        struct ledger_order order;
        struct ledger_line line;
        int r = ledger_order(ledger, name, &order);

        if (r == -ENOENT) {
                api_refuse(request, 404, "no_order",
                           "it may not have arrived yet: see feed and broker in tally status",
                           "no order %s", name);
                return;
        }
        if (r == 0) {
                jsonw_object(&w, NULL);
                write_order(&w, &order);
                jsonw_array(&w, "lines");
        }
        for (int n = 0; r == 0 && n < API_LIMIT_MAX; n++) {
                r = ledger_order_line(ledger, name, n, &line);
                if (r == 0)
                        write_line(&w, &line);
        }
        if (r < 0 && r != -ENOENT) {
                api_refuse_ledger(request, r);
                return;
        }
        jsonw_array_end(&w);
        jsonw_object_end(&w);
        api_answer(request, 200);
}

/* ---- stock ----------------------------------------------------------------------------------- */

struct stock_rows {
        struct rows rows;
        uint64_t skip; /* rows of earlier pages */
        bool outside;  /* the outside world was asked for by name */
        bool more;
        int64_t total_milli;
};

static int write_stock(void *userdata, const struct ledger_stock *stock) {
        struct stock_rows *at = userdata;
        struct jsonw *w = &at->rows.w;

        if (stock->location[0] == '@' && !at->outside)
                return 0;
        at->total_milli += stock->qty_milli;
        if (at->skip > 0) {
                at->skip--;
                return 0;
        }
        if (at->rows.left == 0) {
                at->more = true;
                return 0; /* the total is over all rows */
        }
        at->rows.left--;
        jsonw_object(w, NULL);
        jsonw_string(w, "location", stock->location);
        jsonw_string(w, "sku", stock->sku);
        jsonw_string(w, "lot", stock->lot);
        jsonw_qty(w, "qty", stock->qty_milli);
        jsonw_object_end(w);
        return 0;
}

static const char *filter(const struct api_request *request, const char *name) {
        const char *value = api_url_param(&request->url, name);

        return value && *value ? value : NULL;
}

void api_get_stock(struct api_request *request) {
        const char *sku = filter(request, "sku"), *location = filter(request, "location");
        struct stock_rows at = { .outside = location && location[0] == '@' };
        uint64_t from = 0;
        int r, limit;

        if (!api_limit(request, &limit))
                return;
        if (api_url_uint(&request->url, "from", 0, UINT32_MAX, &from) < 0) {
                api_refuse(request, 400, "bad_from", "",
                           "from must be a row's number, 0 for the first");
                return;
        }
        at.skip = from;
        at.rows = rows_begin(request, "stock", limit);
        r = ledger_stock_each(request->agent->ledger, sku, location, write_stock, &at);
        jsonw_array_end(&at.rows.w);
        jsonw_qty(&at.rows.w, "total", at.total_milli);
        /* Pages with the same seq are of the same moment, as far as this gateway's own moves go. */
        jsonw_uint(&at.rows.w, "seq", ledger_committed_seq(request->agent->ledger));
        if (at.more)
                jsonw_uint(&at.rows.w, "next", from + (uint64_t)limit);
        rows_end(request, &at.rows, r);
}

/* ---- log ------------------------------------------------------------------------------------- */

static int write_event(void *userdata, uint64_t seq, const struct digest *hash, struct slice line) {
        struct rows *rows = userdata;

        jsonw_object(&rows->w, NULL);
        jsonw_uint(&rows->w, "seq", seq);
        jsonw_digest(&rows->w, "hash", hash);
        jsonw_raw(&rows->w, "event", line);
        jsonw_object_end(&rows->w);
        return 0;
}

/* Without from: the newest ones. */
void api_get_log(struct api_request *request) {
        uint64_t last = ledger_committed_seq(request->agent->ledger), from;
        struct rows rows;
        int r, limit;

        if (!api_limit(request, &limit))
                return;
        from = last >= (uint64_t)limit ? last - (uint64_t)limit + 1 : 1;
        if (api_url_uint(&request->url, "from", 0, INT64_MAX, &from) < 0) {
                api_refuse(request, 400, "bad_from", "", "from must be an event's number (seq)");
                return;
        }
        rows = rows_begin(request, "log", limit);
        r = ledger_log_each(request->agent->ledger, from, limit, write_event, &rows);
        jsonw_array_end(&rows.w);
        jsonw_uint(&rows.w, "last", last);
        rows_end(request, &rows, r);
}

/* ---- exceptions ------------------------------------------------------------------------------ */

static void write_evidence(struct jsonw *w, const struct exception_change *last) {
        jsonw_string(w, "group", last->group);
        jsonw_opt_string(w, "order", last->order);
        if (last->line)
                jsonw_int(w, "line", last->line);
        jsonw_opt_string(w, "sku", last->sku);
        jsonw_opt_string(w, "location", last->location);
        jsonw_opt_string(w, "device", last->device);
        jsonw_opt_string(w, "expected", last->expected);
        jsonw_opt_string(w, "found", last->found);
        if (last->has_stock_before)
                jsonw_qty(w, "stock_before", last->stock_before_milli);
        if (last->qty_milli)
                jsonw_qty(w, "qty", last->qty_milli);
}

static int write_exception(void *userdata, const struct ledger_exception *exception) {
        const struct exception_change *last = &exception->last;
        struct rows *rows = userdata;
        struct jsonw *w = &rows->w;

        jsonw_object(w, NULL);
        jsonw_string(w, "id", last->id);
        jsonw_string(w, "kind", exception_kind_name(last->kind));
        /* A repeat is still an open one; its count says how often. */
        jsonw_string(w, "state",
                     exception->state == EXCEPTION_ACKED      ? "acked"
                     : exception->state == EXCEPTION_RESOLVED ? "resolved"
                                                              : "open");
        jsonw_string(w, "severity", severity_name(last->severity));
        jsonw_string(w, "owner", last->owner);
        jsonw_int(w, "priority", exception->priority);
        jsonw_int(w, "count", last->count);
        write_evidence(w, last);
        jsonw_opt_string(w, "action", last->action);
        jsonw_opt_string(w, "by", last->by);
        jsonw_opt_string(w, "note", last->note);
        jsonw_time(w, "opened", exception->opened_ms);
        jsonw_time(w, "changed", exception->changed_ms);
        jsonw_object_end(w);
        return 0;
}

void api_get_exceptions(struct api_request *request) {
        const char *all = filter(request, "all");
        bool with_resolved = all && strcmp(all, "0") != 0 && strcmp(all, "no") != 0;
        struct rows rows;
        int r, limit;

        if (!api_limit(request, &limit))
                return;
        rows = rows_begin(request, "exceptions", limit);
        r = ledger_exceptions_each(request->agent->ledger, with_resolved, limit, write_exception,
                                   &rows);
        jsonw_array_end(&rows.w);
        rows_end(request, &rows, r);
}

/* ---- jobs ------------------------------------------------------------------------------------ */

static int write_job(void *userdata, const struct ledger_job *job) {
        struct rows *rows = userdata;
        struct jsonw *w = &rows->w;

        jsonw_object(w, NULL);
        jsonw_uint(w, "job", job->job);
        jsonw_string(w, "state", print_state_name(job->state));
        jsonw_string(w, "order", job->order);
        jsonw_string(w, "station", job->station);
        jsonw_string(w, "printer", job->printer);
        jsonw_string(w, "label", job->label);
        jsonw_string(w, "reason", job->reason);
        jsonw_time(w, "queued", job->queued_ms);
        jsonw_time(w, "changed", job->changed_ms);
        jsonw_uint(w, "bytes", job->payload_len);
        jsonw_object_end(w);
        return 0;
}

void api_get_jobs(struct api_request *request) {
        struct rows rows;
        int r, limit;

        if (!api_limit(request, &limit))
                return;
        rows = rows_begin(request, "jobs", limit);
        r = ledger_jobs_each(request->agent->ledger, limit, write_job, &rows);
        jsonw_array_end(&rows.w);
        rows_end(request, &rows, r);
}
