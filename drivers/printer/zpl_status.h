/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * ZPL status: what a printer answers to ~HS, ~HI, ~HQES and SGD's getvar, from the one stream that all come in. Pure.
 *
 * Zebra, ZPL II Programming Guide: ~HS is three strings, ~HI and ~HQES one, each STX … ETX CR LF. Widths vary in
 * practice, so fields are cut at commas; what stands between the strings is skipped, but for a value in quotes.
 */

#include <stdbool.h>
#include "drivers/printer/sgd.h"
#include "drivers/printer/zpl_errors.h"

enum { ZPL_STRING_MAX = 256, ZPL_MODEL_SIZE = 65 };

struct zpl_status {
        bool paper_out, paused, head_open, ribbon_out, hot;
        bool cold;                 /* head under temperature */
        bool corrupt;              /* RAM: its configuration is lost */
        bool buffer_full, partial; /* a format has begun and not ended */
        long formats;              /* in the receive buffer */
        long labels;               /* left of the batch that prints */
};

struct zpl_reader {
        char text[ZPL_STRING_MAX];
        size_t len;
        bool inside;     /* between STX and ETX */
        bool have_first; /* string 1 of ~HS came */
        struct zpl_status status;
        struct zpl_errors errors;
        struct sgd_reader sgd;
        char model[ZPL_MODEL_SIZE], firmware[ZPL_MODEL_SIZE];
};

enum zpl_reply {
        ZPL_REPLY_NONE,   /* everything was taken */
        ZPL_REPLY_STATUS, /* reader->status is whole */
        ZPL_REPLY_MODEL,  /* reader->model and firmware */
        ZPL_REPLY_ERRORS, /* reader->errors */
        ZPL_REPLY_VALUE,  /* reader->sgd.value */
};

/* Takes bytes from *bytes up to the next reply. Call until it answers ZPL_REPLY_NONE. */
enum zpl_reply zpl_read(struct zpl_reader *reader, struct slice *bytes);

/* Forgets what is half read: a new connection. */
void zpl_reset(struct zpl_reader *reader);
