/* SPDX-License-Identifier: MIT */
#include "drivers/printer/zpl_answer.h"

enum { FORMATS_MAX = 999, LABELS_MAX = 99999999 };

static long at_most(long value, long max) {
        return value < max ? value : max;
}

/* Guide, ~HS: 030 are the settings of 9600 8N1 with XON/XOFF; what has no meaning here is 0. */
void zpl_answer_status(const struct zpl_status *status, struct bytes *out) {
        bytes_appendf(out,
                      "\x02"
                      "030,%d,%d,1218,%03ld,%d,0,%d,000,0,0,%d\x03\r\n",
                      status->paper_out, status->paused, at_most(status->formats, FORMATS_MAX),
                      status->buffer_full, status->partial, status->hot);
        bytes_appendf(out,
                      "\x02"
                      "000,0,%d,%d,0,2,0,0,%08ld,1,000\x03\r\n",
                      status->head_open, status->ribbon_out, at_most(status->labels, LABELS_MAX));
        bytes_append_str(out, "\x02"
                              "0000,0\x03\r\n");
}

void zpl_answer_identity(const char *model, const char *firmware, struct bytes *out) {
        bytes_appendf(out, "\x02%s,%s,8,8192KB,X\x03\r\n", model, firmware);
}
