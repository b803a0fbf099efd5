/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * ZPL stream: finds the ends of labels and the questions in the bytes that another program sends to a raw port. Pure,
 * byte by byte, keeps no data (Zebra, ZPL II Programming Guide P1099958).
 *
 * Follows changed prefixes (^CC ~CC ^CT ~CT ^CD ~CD) and binary data (^GF, ~DY), in which nothing is a command. Whether a
 * label may be printed is the guard's business (zpl_guard.h).
 */

#include <stdbool.h>
#include "base/def.h"

enum zpl_stream_state {
        ZPL_STREAM_TEXT,   /* parameters and data */
        ZPL_STREAM_NAME,   /* behind a prefix */
        ZPL_STREAM_CHANGE, /* the new character of a prefix */
        ZPL_STREAM_COUNT,  /* parameters that say how many binary bytes follow */
        ZPL_STREAM_BINARY,
};

enum { ZPL_STREAM_WORD = 24 };

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
        bool binary; /* the data of this command are raw bytes */
        long left;   /* of them */
};

enum zpl_stream_event {
        ZPL_STREAM_MORE,
        ZPL_STREAM_LABEL,    /* the byte ended one: ^XZ */
        ZPL_STREAM_STATUS,   /* ~HS outside of a label */
        ZPL_STREAM_IDENTITY, /* ~HI likewise */
};

void zpl_stream_init(struct zpl_stream *stream);
enum zpl_stream_event zpl_stream_take(struct zpl_stream *stream, uint8_t byte);
