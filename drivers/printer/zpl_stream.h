/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * ZPL stream: finds the ends of labels and the questions in the bytes that another program sends to
 * a raw port. Pure, byte by byte, keeps no data (Zebra, ZPL II Programming Guide P1099958).
 *
 * Follows changed prefixes (^CC ~CC ^CT ~CT ^CD ~CD), binary data (^GF, ~DY), in which nothing is a
 * command, and STX and ETX, which stand for ^XA and ^XZ. Between labels there may be lines of SGD
 * ("! U1 getvar …"). Whether a label may be printed is the guard's business (zpl_guard.h).
 */

#include <stdbool.h>
#include "base/def.h"

enum zpl_stream_state {
        ZPL_STREAM_TEXT,   /* parameters and data */
        ZPL_STREAM_NAME,   /* behind a prefix */
        ZPL_STREAM_CHANGE, /* the new character of a prefix */
        ZPL_STREAM_COUNT,  /* parameters that say how many binary bytes follow */
        ZPL_STREAM_BINARY,
        ZPL_STREAM_ARGUMENTS, /* of a question that is not answered */
        ZPL_STREAM_LINE,      /* of SGD */
};

enum { ZPL_STREAM_WORD = 24, ZPL_STREAM_NAME_LEN = 3 /* of a command, with its prefix */ };

struct zpl_stream {
        enum zpl_stream_state state;
        char caret, tilde, delimiter;
        bool inside;  /* between ^XA and ^XZ */
        bool control; /* the command began with ~ */
        char name[3];
        size_t name_len;

        char word[ZPL_STREAM_WORD]; /* the parameter that is being read */
        size_t word_len;
        unsigned n_words;
        bool binary;     /* the data of this command are raw bytes */
        long left;       /* of them */
        size_t line_len; /* of the line of SGD, with its end */
};

enum zpl_stream_event {
        ZPL_STREAM_MORE,
        ZPL_STREAM_LABEL,    /* the byte ended one: ^XZ */
        ZPL_STREAM_STATUS,   /* ~HS outside of a label */
        ZPL_STREAM_IDENTITY, /* ~HI likewise */
        ZPL_STREAM_QUESTION, /* ~H and another letter likewise: its parameters follow */
        ZPL_STREAM_SKIP,     /* the byte is one of those */
        ZPL_STREAM_SGD,      /* the byte ended a line of SGD, line_len bytes */
};

void zpl_stream_init(struct zpl_stream *stream);
enum zpl_stream_event zpl_stream_take(struct zpl_stream *stream, uint8_t byte);
