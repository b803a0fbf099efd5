/* SPDX-License-Identifier: MIT */
#include "drivers/scanner/framer.h"

void framer_init(struct framer *framer, const struct framer_rules *rules) {
        framer->rules = *rules;
        framer->len = 0;
        framer->overlong = false;
}

bool framer_has_rest(const struct framer *framer) {
        return framer->len > 0 || framer->overlong;
}

struct slice framer_end(struct framer *framer) {
        struct slice frame = { framer->frame, framer->overlong ? 0 : framer->len };

        framer->len = 0;
        framer->overlong = false;
        return frame;
}

static bool is_end(const struct framer *framer, uint8_t byte) {
        return framer->rules.n_ends > 0 &&
               memchr(framer->rules.ends, byte, framer->rules.n_ends) != NULL;
}

static enum framer_event take(struct framer *framer, uint8_t byte) {
        if (framer->len == 0 && byte == framer->rules.start)
                return FRAMER_MORE;
        if (framer->overlong)
                return FRAMER_MORE;
        if (framer->len == sizeof(framer->frame)) {
                framer->len = 0;
                framer->overlong = true;
                return FRAMER_OVERLONG;
        }
        framer->frame[framer->len++] = byte;
        return FRAMER_MORE;
}

enum framer_event framer_feed(struct framer *framer, struct slice *bytes, struct slice *ret_frame) {
        while (bytes->len > 0) {
                uint8_t byte = *bytes->bytes++;
                enum framer_event event;

                bytes->len--;
                if (is_end(framer, byte)) {
                        *ret_frame = framer_end(framer);
                        if (ret_frame->len > 0)
                                return FRAMER_FRAME;
                        continue;
                }
                event = take(framer, byte);
                if (event != FRAMER_MORE)
                        return event;
        }
        return FRAMER_MORE;
}

bool frame_check_holds(enum frame_check check, struct slice *frame) {
        uint8_t sum = 0;

        if (check == FRAME_CHECK_NONE)
                return true;
        if (frame->len < 2)
                return false;
        frame->len--;
        for (size_t i = 0; i < frame->len; i++)
                sum = check == FRAME_CHECK_LRC ? sum ^ frame->bytes[i]
                                               : (uint8_t)(sum + frame->bytes[i]);
        return sum == frame->bytes[frame->len];
}
