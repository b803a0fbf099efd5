/* SPDX-License-Identifier: MIT */

/*
 * HID POS: a USB scanner whose scans come in reports of their own (pos_report.h), a long one in several, which are
 * joined before anything is taken off.
 *
 * What we send, set-up, query and feedback of the profile, are reports with their id in front, padded with NUL to the
 * size that the descriptor says. Honeywell's answers to commands come as if they were scans, with "]X0" and the maker's
 * id 3F, or "]Z6" (captured of a Voyager 1602g: HenkVanAsselt/python_hon_usbhid). They are none, and neither is then
 * a code of the Korean post, which has the same two ids.
 */

#include <errno.h>
#include <stdlib.h>
#include "drivers/scanner/pos_report.h"
#include "drivers/scanner/protocol.h"
#include "drivers/scanner/setup.h"
#include "drivers/scanner/trim.h"

enum {
        TICK_MS = 250,
        JOIN_MS = 1000, /* the next part of a scan; unverified, a report takes 10 ms */
        ANSWER_TICKS = SETUP_ANSWER_MS / TICK_MS + 1,
        SEND_MAX = 256,
        COMMAND_ANSWER = 0x3F, /* Honeywell's code id of an answer */
};

struct pos {
        const struct profile *profile;
        struct protocol_host host;
        struct hid_descriptor desc;
        struct setup setup;

        struct pos_layout layout; /* of the first part; the others have it too */
        char aim[AIM_SIZE];
        bool answer;                   /* to a command of ours */
        uint8_t message[SCAN_LEN_MAX]; /* the identifier in front */
        size_t len;
        bool joining, overlong;

        bool ticking;
        int join_ticks, answer_ticks; /* since the last part, since the last command */
        uint8_t trimmed[TRIM_ROOM];
};

static void pos_free(void *protocol) {
        free(protocol);
}

static int pos_new(const struct profile *profile, struct slice descriptor,
                   const struct protocol_host *host, void **ret) {
        struct pos *pos = calloc(1, sizeof(*pos));
        const char *reason;

        if (!pos)
                return -ENOMEM;
        pos->profile = profile;
        pos->host = *host;
        setup_init(&pos->setup, profile);
        if (hid_report_parse(descriptor, &pos->desc, &reason) < 0 ||
            !pos_report_is_known(&pos->desc)) {
                free(pos);
                return -EINVAL;
        }
        *ret = pos;
        return 0;
}

static bool pos_awaits_answer(const struct pos *pos) {
        return !setup_is_over(&pos->setup) && pos->setup.step > 0;
}

/* One timer for all that is waited for; none while nothing is. */
static void pos_tick(struct pos *pos) {
        bool waits = pos->joining || pos_awaits_answer(pos);

        if (waits == pos->ticking)
                return;
        pos->ticking = waits;
        pos->host.wait(pos->host.ctx, waits ? TICK_MS : 0);
}

/* ---- reports out -------------------------------------------------------------------------------- */

/* A device may refuse a report that is shorter than it declares. */
static void pos_send(const struct pos *pos, struct slice report) {
        uint8_t bytes[SEND_MAX] = { 0 };
        size_t len = report.len, size;
        bool feature;

        if (len == 0)
                return;
        feature = hid_report_is_feature(&pos->desc, report.bytes[0]);
        size = hid_report_size(&pos->desc, feature ? HID_FEATURE : HID_OUTPUT, report.bytes[0]) +
               !pos->desc.has_ids; /* the 0 in front */
        memcpy(bytes, report.bytes, len);
        if (size > len && size <= SEND_MAX)
                len = size;
        pos->host.send(pos->host.ctx, (struct slice) { bytes, len });
}

/* A scanner that does not tell who it is works without. */
static void pos_set_up(struct pos *pos) {
        struct setup *setup = &pos->setup;
        struct slice command;

        while ((command = setup_next(setup)).len > 0) {
                pos_send(pos, command);
                pos->answer_ticks = 0;
                if (setup_waits(setup))
                        return;
        }
        if (setup->model[0] || setup->firmware[0])
                pos->host.identity(pos->host.ctx, setup->model, setup->firmware);
}

static void pos_unanswered(struct pos *pos) {
        if (pos->setup.step <= pos->profile->n_setup)
                pos->host.trouble(pos->host.ctx,
                                  "it does not answer its set-up: correct setup of its profile");
        (void)setup_give_up(&pos->setup);
        pos_set_up(pos);
}

static void pos_feedback(void *protocol, enum scanner_feedback feedback) {
        const struct pos *pos = protocol;
        const struct profile_bytes *report = protocol_feedback(pos->profile, feedback);

        pos_send(pos, (struct slice) { report->bytes, report->len });
}

/* ---- scans -------------------------------------------------------------------------------------- */

static void pos_refuse(struct pos *pos, const char *reason) {
        if (!pos->answer)
                pos->host.refused(pos->host.ctx, reason);
}

/* The rest of a code that will not come; of an overlong one it has been told. */
static void pos_break_off(struct pos *pos) {
        if (pos->joining && !pos->overlong)
                pos_refuse(pos, "half a code came: scan it again");
        pos->joining = false;
}

static void pos_begin(struct pos *pos, const struct pos_part *part) {
        memcpy(pos->aim, part->aim, sizeof(pos->aim));
        pos->answer = strcmp(part->aim, "]Z6") == 0 ||
                      (strcmp(part->aim, "]X0") == 0 && part->maker == COMMAND_ANSWER);
        pos->overlong = false;
        pos->len = strlen(part->aim);
        memcpy(pos->message, part->aim, pos->len);
}

static void pos_add(struct pos *pos, struct slice data) {
        if (pos->overlong)
                return;
        if (data.len > sizeof(pos->message) - pos->len) {
                pos->overlong = true;
                pos_refuse(pos, "longer than any code: scan it again");
                return;
        }
        if (data.len > 0)
                memcpy(pos->message + pos->len, data.bytes, data.len);
        pos->len += data.len;
}

static void pos_answer(struct pos *pos, struct slice text) {
        if (!pos_awaits_answer(pos))
                return;
        if (setup_input(&pos->setup, &text))
                pos_set_up(pos);
        else if (setup_is_full(&pos->setup))
                pos_unanswered(pos);
}

/* Some scanners put a CR (and LF) of their own into the data. */
static void pos_end(struct pos *pos) {
        size_t aim = strlen(pos->aim), len = pos->len;
        struct slice text;

        if (pos->overlong)
                return;
        if (pos->answer) {
                pos_answer(pos, (struct slice) { pos->message + aim, len - aim });
                return;
        }
        while (len > aim && pos->message[len - 1] == '\0')
                len--;
        if (len > aim && pos->message[len - 1] == '\n')
                len--;
        if (len > aim && pos->message[len - 1] == '\r')
                len--;
        text = scan_trim(pos->profile, (struct slice) { pos->message, len }, pos->trimmed);
        if (len > aim && text.len > 0)
                pos->host.scan(pos->host.ctx, text);
}

static void pos_input(void *protocol, struct slice report) {
        struct pos *pos = protocol;
        struct pos_layout layout;
        struct pos_part part;

        if (!pos_report_layout(&pos->desc, report, &layout))
                return;
        pos_report_read(pos->joining ? &pos->layout : &layout, report, &part);
        if (pos->joining && part.aim[0] && strcmp(part.aim, pos->aim) != 0) {
                pos_break_off(pos);
                pos_report_read(&layout, report, &part);
        }
        if (!pos->joining) {
                pos->layout = layout;
                pos_begin(pos, &part);
        }
        pos_add(pos, part.data);
        pos->joining = part.more;
        pos->join_ticks = 0;
        if (!part.more)
                pos_end(pos);
        pos_tick(pos);
}

/* ---- time --------------------------------------------------------------------------------------- */

static void pos_attached(void *protocol) {
        pos_set_up(protocol);
        pos_tick(protocol);
}

static void pos_timer(void *protocol) {
        struct pos *pos = protocol;
        int join_ms = pos->profile->rest_ms ? pos->profile->rest_ms : JOIN_MS;

        pos->ticking = false;
        if (pos->joining && ++pos->join_ticks > join_ms / TICK_MS)
                pos_break_off(pos);
        if (pos_awaits_answer(pos) && ++pos->answer_ticks >= ANSWER_TICKS)
                pos_unanswered(pos);
        pos_tick(pos);
}

const struct protocol_ops protocol_hid_pos = { pos_new,   pos_free,  pos_attached,
                                               pos_input, pos_timer, pos_feedback };
