/* SPDX-License-Identifier: MIT */
#include "drivers/printer/zpl_stream.h"

#include <ctype.h>
#include <stdlib.h>

enum { BINARY_MAX = 64 * 1024 * 1024, STX = 0x02, ETX = 0x03 };

void zpl_stream_init(struct zpl_stream *stream) {
        *stream = (struct zpl_stream) { .caret = '^', .tilde = '~', .delimiter = ',' };
}

static bool is_name(const struct zpl_stream *stream, const char *name) {
        return strcmp(stream->name, name) == 0;
}

/* ---- binary data ---------------------------------------------------------------------------------- */

/*
 * ^GFa,b,c,d,data with a = B or C: b raw bytes behind the fourth delimiter. ~DYd:f,b,x,t,w,data with b = B or P: t of
 * them behind the fifth.
 */
static bool is_graphic(const struct zpl_stream *stream) {
        return !stream->control && is_name(stream, "GF");
}

static void count_word(struct zpl_stream *stream) {
        unsigned kind = is_graphic(stream) ? 0 : 1, size = is_graphic(stream) ? 1 : 3;

        stream->word[stream->word_len] = '\0';
        if (stream->n_words == kind)
                stream->binary = stream->word_len == 1 &&
                                 (stream->word[0] == 'B' || stream->word[0] == (kind ? 'P' : 'C'));
        if (stream->n_words == size)
                stream->left = strtol(stream->word, NULL, 10);
        stream->word_len = 0;
        stream->n_words++;
}

static void take_count(struct zpl_stream *stream, char c) {
        const unsigned all = is_graphic(stream) ? 4 : 5;

        if (c != stream->delimiter) {
                if (stream->word_len < sizeof(stream->word) - 1)
                        stream->word[stream->word_len++] = (char)toupper((unsigned char)c);
                return;
        }
        count_word(stream);
        if (stream->n_words < all)
                return;
        stream->state = stream->binary && stream->left > 0 && stream->left <= BINARY_MAX
                                ? ZPL_STREAM_BINARY
                                : ZPL_STREAM_TEXT;
}

static void begin_count(struct zpl_stream *stream) {
        stream->state = ZPL_STREAM_COUNT;
        stream->n_words = 0;
        stream->word_len = 0;
        stream->binary = false;
        stream->left = 0;
}

/* ---- commands ------------------------------------------------------------------------------------- */

static enum zpl_stream_event caret_command(struct zpl_stream *stream) {
        if (is_name(stream, "XA"))
                stream->inside = true;
        if (is_graphic(stream))
                begin_count(stream);
        if (!is_name(stream, "XZ"))
                return ZPL_STREAM_MORE;
        stream->inside = false;
        return ZPL_STREAM_LABEL;
}

/* A question inside of a label is the guard's business. */
static enum zpl_stream_event question(struct zpl_stream *stream) {
        if (is_name(stream, "HS"))
                return ZPL_STREAM_STATUS;
        if (is_name(stream, "HI"))
                return ZPL_STREAM_IDENTITY;
        stream->state = ZPL_STREAM_ARGUMENTS;
        return ZPL_STREAM_QUESTION;
}

static enum zpl_stream_event tilde_command(struct zpl_stream *stream) {
        if (is_name(stream, "DY"))
                begin_count(stream);
        return !stream->inside && stream->name[0] == 'H' ? question(stream) : ZPL_STREAM_MORE;
}

static enum zpl_stream_event take_name(struct zpl_stream *stream, char c) {
        stream->name[stream->name_len++] = (char)toupper((unsigned char)c);
        if (stream->name_len < 2)
                return ZPL_STREAM_MORE;
        stream->name[2] = '\0';
        stream->state = ZPL_STREAM_TEXT;
        if (is_name(stream, "CC") || is_name(stream, "CT") || is_name(stream, "CD"))
                stream->state = ZPL_STREAM_CHANGE;
        return stream->control ? tilde_command(stream) : caret_command(stream);
}

static void change(struct zpl_stream *stream, char c) {
        char *const which = stream->name[1] == 'C'   ? &stream->caret
                            : stream->name[1] == 'T' ? &stream->tilde
                                                     : &stream->delimiter;

        *which = c;
        stream->state = ZPL_STREAM_TEXT;
}

/* Any prefix begins a command, also where parameters were awaited. */
static bool begin_command(struct zpl_stream *stream, char c) {
        if (c != stream->caret && c != stream->tilde)
                return false;
        stream->state = ZPL_STREAM_NAME;
        stream->control = c == stream->tilde;
        stream->name_len = 0;
        return true;
}

static enum zpl_stream_event take_text(struct zpl_stream *stream, char c) {
        if (begin_command(stream, c))
                return ZPL_STREAM_MORE;
        if (c == STX)
                stream->inside = true;
        if (c == ETX) {
                stream->inside = false;
                return ZPL_STREAM_LABEL;
        }
        if (c == '!' && !stream->inside) {
                stream->state = ZPL_STREAM_LINE;
                stream->line_len = 1;
        }
        return ZPL_STREAM_MORE;
}

static enum zpl_stream_event take_line(struct zpl_stream *stream, char c) {
        if (begin_command(stream, c))
                return ZPL_STREAM_MORE;
        stream->line_len++;
        if (c != '\n')
                return ZPL_STREAM_MORE;
        stream->state = ZPL_STREAM_TEXT;
        return ZPL_STREAM_SGD;
}

static enum zpl_stream_event take_argument(struct zpl_stream *stream, char c) {
        if (begin_command(stream, c))
                return ZPL_STREAM_MORE;
        if (c == '\n')
                stream->state = ZPL_STREAM_TEXT;
        return ZPL_STREAM_SKIP;
}

enum zpl_stream_event zpl_stream_take(struct zpl_stream *stream, uint8_t byte) {
        char c = (char)byte;

        switch (stream->state) {
        case ZPL_STREAM_NAME:
                return take_name(stream, c);
        case ZPL_STREAM_CHANGE:
                change(stream, c);
                break;
        case ZPL_STREAM_BINARY:
                if (--stream->left == 0)
                        stream->state = ZPL_STREAM_TEXT;
                break;
        case ZPL_STREAM_COUNT:
                if (!begin_command(stream, c))
                        take_count(stream, c);
                break;
        case ZPL_STREAM_ARGUMENTS:
                return take_argument(stream, c);
        case ZPL_STREAM_LINE:
                return take_line(stream, c);
        case ZPL_STREAM_TEXT:
                return take_text(stream, c);
        }
        return ZPL_STREAM_MORE;
}
