/* SPDX-License-Identifier: MIT */
#include "tests/unit/helper_fakelog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char letters[] = "0123456789ABCDEF";

void fakelog_epoch_name(int epoch, char ret_epoch[ULID_SIZE]) {
        memcpy(ret_epoch, "01ARZ3NDEKTSV4RRFFQ69G5F00", ULID_SIZE);
        ret_epoch[ULID_SIZE - 2] = letters[epoch];
}

int fakelog_epoch_number(const char *epoch) {
        const char *letter = strchr(letters, epoch[ULID_SIZE - 2]);

        return letter && *letter ? (int)(letter - letters) : -1;
}

void fakelog_append(struct fakelog *log) {
        uint64_t seq = ++log->n;
        char *line = log->lines[seq];

        if (seq > FAKELOG_EVENTS_MAX)
                abort();
        log->epoch_of[seq] = log->n_epochs - 1;
        (void)snprintf(line, FAKELOG_LINE_SIZE, "{\"seq\":%llu}", (unsigned long long)seq);
        if (sha256_chain(&log->hashes[seq - 1], slice_of(line), &log->hashes[seq]) < 0)
                abort();
}

void fakelog_start_epoch(struct fakelog *log) {
        if (log->n_epochs == FAKELOG_EPOCHS_MAX)
                abort();
        log->firsts[log->n_epochs++] = log->n + 1;
        fakelog_append(log);
}

struct ack fakelog_ack(const struct fakelog *log, uint64_t through) {
        struct ack ack = { .through = through, .hash = log->hashes[through] };

        fakelog_epoch_name(log->epoch_of[through], ack.epoch);
        return ack;
}

static int fake_read_batch(void *ctx, uint64_t from, int max_events, size_t max_bytes,
                           struct uplink_batch *ret, struct bytes *ret_lines) {
        struct fakelog *log = ctx;
        int fail = log->fail;

        log->fail = 0;
        if (fail < 0)
                return fail;
        if (from <= log->pruned || from > log->n)
                return -ENOENT;
        *ret = (struct uplink_batch) { .first = from, .prev = log->hashes[from - 1] };
        fakelog_epoch_name(log->epoch_of[from], ret->epoch);
        for (uint64_t seq = from; seq <= log->n && log->epoch_of[seq] == log->epoch_of[from] &&
                                  seq - from < (uint64_t)max_events;
             seq++) {
                size_t len = strlen(log->lines[seq]) + 1;

                if (seq > from && ret_lines->len + len > max_bytes)
                        break;
                bytes_append_str(ret_lines, log->lines[seq]);
                bytes_append_char(ret_lines, '\n');
                ret->last = seq;
        }
        return 0;
}

static int fake_mark(void *ctx, uint64_t *ret_acked) {
        const struct fakelog *log = ctx;

        *ret_acked = log->mark;
        return 0;
}

static int fake_set_mark(void *ctx, uint64_t acked) {
        struct fakelog *log = ctx;

        log->mark = acked;
        return 0;
}

static int fake_chain_at(void *ctx, uint64_t seq, struct digest *ret_hash,
                         char ret_epoch[ULID_SIZE]) {
        const struct fakelog *log = ctx;

        if (seq > log->n || seq < log->pruned || seq == 0)
                return -ENOENT;
        *ret_hash = log->hashes[seq];
        fakelog_epoch_name(log->epoch_of[seq], ret_epoch);
        return 0;
}

static int fake_epoch_first(void *ctx, const char *epoch, uint64_t *ret_seq) {
        const struct fakelog *log = ctx;
        int number = fakelog_epoch_number(epoch);

        if (number < 0 || number >= log->n_epochs)
                return -ENOENT;
        *ret_seq = log->firsts[number];
        return 0;
}

static uint64_t fake_last_seq(void *ctx) {
        const struct fakelog *log = ctx;

        return log->n;
}

static uint64_t fake_epoch_last(void *ctx, const char *epoch) {
        const struct fakelog *log = ctx;
        int number = fakelog_epoch_number(epoch);

        return number + 1 < log->n_epochs ? log->firsts[number + 1] - 1 : log->n;
}

static int fake_totals(void *ctx, uint64_t since,
                       int (*each)(void *userdata, const char *epoch, const char *sku,
                                   int64_t sell_milli, int64_t picked_milli),
                       void *userdata) {
        const struct fakelog *log = ctx;
        int r = 0;

        for (int epoch = log->epoch_of[since + 1]; r == 0 && epoch < log->n_epochs; epoch++) {
                char name[ULID_SIZE], sku[ID_SIZE];

                fakelog_epoch_name(epoch, name);
                for (int i = 0; r == 0 && i < log->n_totals; i++) {
                        (void)snprintf(sku, sizeof(sku), "sku-%05d", i);
                        r = each(userdata, name, sku, -1000 * i, 1000 * i);
                }
        }
        return r;
}

struct uplink_store fakelog_store(struct fakelog *log) {
        return (struct uplink_store) {
                .ctx = log,
                .read_batch = fake_read_batch,
                .mark = fake_mark,
                .set_mark = fake_set_mark,
                .chain_at = fake_chain_at,
                .epoch_first = fake_epoch_first,
                .last_seq = fake_last_seq,
                .totals = fake_totals,
                .epoch_last = fake_epoch_last,
        };
}
