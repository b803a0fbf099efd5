/* SPDX-License-Identifier: MIT */
#include "agent/flow/control.h"

#include "base/qty.h"

static const struct control_word {
        const char *word;
        enum control_verb verb;
        enum flow_mode mode;
        bool has_tail; /* QTY6, REASONdamaged: the word's beginning decides */
} words[] = {
        { "PICK",    CONTROL_MODE,    MODE_PICK,    false },
        { "PACK",    CONTROL_MODE,    MODE_PACK,    false },
        { "RECEIVE", CONTROL_MODE,    MODE_RECEIVE, false },
        { "PUTAWAY", CONTROL_MODE,    MODE_PUTAWAY, false },
        { "MOVE",    CONTROL_MODE,    MODE_MOVE,    false },
        { "COUNT",   CONTROL_MODE,    MODE_COUNT,   false },
        { "RETURN",  CONTROL_MODE,    MODE_RETURN,  false },
        { "SHIP",    CONTROL_MODE,    MODE_SHIP,    false },
        { "CHECK",   CONTROL_MODE,    MODE_CHECK,   false },
        { "QTY",     CONTROL_QTY,     0,            true  },
        { "SHORT",   CONTROL_SHORT,   0,            false },
        { "DAMAGED", CONTROL_DAMAGED, 0,            false },
        { "UNDO",    CONTROL_UNDO,    0,            false },
        { "DONE",    CONTROL_DONE,    0,            false },
        { "CANCEL",  CONTROL_CANCEL,  0,            false },
        { "REPRINT", CONTROL_REPRINT, 0,            false },
        { "LOGOUT",  CONTROL_LOGOUT,  0,            false },
        { "REASON",  CONTROL_REASON,  0,            true  },
        { "HELP",    CONTROL_HELP,    0,            false },
};

/* Moves @text past @word when it begins with it. */
static bool eat(struct slice *text, const char *word) {
        size_t len = strlen(word);

        if (text->len < len || memcmp(text->bytes, word, len) != 0)
                return false;
        text->bytes += len;
        text->len -= len;
        return true;
}

static int parse_qty(struct slice tail, struct control *control) {
        /* The sign is qty.h's, for figures; nobody scans less than nothing. */
        if (tail.len == 0 || tail.bytes[0] == '-' || qty_parse(tail, &control->qty_milli))
                return CONTROL_E_QTY;
        return 0;
}

static int parse_reason(struct slice tail, struct control *control) {
        if (tail.len == 0 || tail.len >= sizeof(control->reason))
                return CONTROL_E_REASON;
        for (size_t i = 0; i < tail.len; i++)
                if (tail.bytes[i] < ' ' || tail.bytes[i] > '~')
                        return CONTROL_E_REASON;
        memcpy(control->reason, tail.bytes, tail.len);
        return 0;
}

static int parse_word(struct slice text, const struct control_word *word, struct control *control) {
        control->verb = word->verb;
        control->mode = word->mode;
        if (word->verb == CONTROL_QTY)
                return parse_qty(text, control);
        if (word->verb == CONTROL_REASON)
                return parse_reason(text, control);
        return 0;
}

int control_parse(struct slice text, struct control *ret_control) {
        if (!eat(&text, CONTROL_PREFIX))
                return CONTROL_E_NONE;
        for (size_t i = 0; i < ARRAY_LEN(words); i++) {
                struct slice tail = text;
                struct control control = { 0 };
                int r;

                if (!eat(&tail, words[i].word) || (tail.len > 0 && !words[i].has_tail))
                        continue;
                r = parse_word(tail, &words[i], &control);
                if (r)
                        return r;
                *ret_control = control;
                return 0;
        }
        return CONTROL_E_NONE;
}
