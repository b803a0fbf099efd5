/* SPDX-License-Identifier: MIT */

/*
 * Framed: a serial scanner whose scans are text that ends somewhere (CR, ETX, silence), with what its maker puts
 * around it. The profile says what; scan_trim takes it off.
 */

#include <errno.h>
#include <stdlib.h>
#include "drivers/scanner/framer.h"
#include "drivers/scanner/protocol.h"
#include "drivers/scanner/setup.h"
#include "drivers/scanner/trim.h"

struct framed {
        const struct profile *profile;
        struct protocol_host host;
        struct framer framer;
        struct setup setup;
        uint8_t trimmed[TRIM_ROOM];
};

static void framed_free(void *protocol) {
        free(protocol);
}

static int framed_new(const struct profile *profile, struct slice descriptor,
                      const struct protocol_host *host, void **ret) {
        const struct framer_rules rules = { profile->ends, profile->n_ends, profile->start };
        struct framed *framed = calloc(1, sizeof(*framed));

        (void)descriptor;
        if (!framed)
                return -ENOMEM;
        framed->profile = profile;
        framed->host = *host;
        framer_init(&framed->framer, &rules);
        setup_init(&framed->setup, profile);
        *ret = framed;
        return 0;
}

/* ---- scans ------------------------------------------------------------------------------------ */

static void framed_refuse(struct framed *framed, const char *reason) {
        framed->host.refused(framed->host.ctx, reason);
}

static void framed_frame(struct framed *framed, struct slice frame) {
        if (!frame_check_holds(framed->profile->check, &frame)) {
                framed_refuse(framed, "a code came damaged: scan it again");
                return;
        }
        frame = scan_trim(framed->profile, frame, framed->trimmed);
        if (frame.len > 0)
                framed->host.scan(framed->host.ctx, frame);
}

/* What waits for its end is over after a silence. */
static void framed_arm(struct framed *framed) {
        const struct profile *profile = framed->profile;
        int ms = profile->gap_ms ? profile->gap_ms : profile->rest_ms;

        framed->host.wait(framed->host.ctx, framer_has_rest(&framed->framer) ? ms : 0);
}

static void framed_cut(struct framed *framed, struct slice bytes) {
        struct slice frame;

        for (;;)
                switch (framer_feed(&framed->framer, &bytes, &frame)) {
                case FRAMER_FRAME:
                        framed_frame(framed, frame);
                        break;
                case FRAMER_OVERLONG:
                        framed_refuse(framed, "longer than any code: scan it again");
                        break;
                case FRAMER_MORE:
                        framed_arm(framed);
                        return;
                }
}

static void framed_silence(struct framed *framed) {
        bool told = framed->framer.overlong; /* it has had its answer */
        struct slice frame = framer_end(&framed->framer);

        if (told || frame.len == 0)
                return;
        if (framed->profile->gap_ms)
                framed_frame(framed, frame);
        else
                framed_refuse(framed, "half a code came: scan it again");
}

/* ---- set-up ----------------------------------------------------------------------------------- */

static void framed_set_up(struct framed *framed) {
        const struct protocol_host *host = &framed->host;
        struct slice command;

        while ((command = setup_next(&framed->setup)).len > 0) {
                host->send(host->ctx, command);
                if (!setup_waits(&framed->setup))
                        continue;
                host->wait(host->ctx, SETUP_ANSWER_MS);
                return;
        }
        framed_arm(framed);
        if (framed->setup.unanswered)
                host->trouble(host->ctx,
                              "it does not answer its set-up: switch host commands on with its "
                              "manual's programming codes, or correct profile");
        if (framed->setup.model[0] || framed->setup.firmware[0])
                host->identity(host->ctx, framed->setup.model, framed->setup.firmware);
}

/* What came instead of an answer may be a scan. */
static void framed_unanswered(struct framed *framed) {
        struct slice came = setup_give_up(&framed->setup);

        framed_cut(framed, came);
        framed_set_up(framed);
}

static void framed_answer(struct framed *framed, struct slice *bytes) {
        if (setup_input(&framed->setup, bytes))
                framed_set_up(framed);
        else if (setup_is_full(&framed->setup))
                framed_unanswered(framed);
}

static void framed_attached(void *protocol) {
        framed_set_up(protocol);
}

static void framed_input(void *protocol, struct slice bytes) {
        struct framed *framed = protocol;

        while (bytes.len > 0 && !setup_is_over(&framed->setup))
                framed_answer(framed, &bytes);
        if (bytes.len > 0)
                framed_cut(framed, bytes);
}

static void framed_timer(void *protocol) {
        struct framed *framed = protocol;

        if (setup_is_over(&framed->setup))
                framed_silence(framed);
        else
                framed_unanswered(framed);
}

/* ---- feedback --------------------------------------------------------------------------------- */

static void framed_feedback(void *protocol, enum scanner_feedback feedback) {
        const struct framed *framed = protocol;
        const struct profile_bytes *command = protocol_feedback(framed->profile, feedback);

        if (command->len > 0)
                framed->host.send(framed->host.ctx,
                                  (struct slice) { command->bytes, command->len });
}

const struct protocol_ops protocol_framed = { framed_new,   framed_free,  framed_attached,
                                              framed_input, framed_timer, framed_feedback };
