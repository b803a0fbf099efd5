/* SPDX-License-Identifier: MIT */
#include "drivers/printer/zpl_count.h"

enum { COPIES_MAX = 99999999 }; /* guide, ^PQ */

static void begin_format(struct zpl_count *count) {
        count->copies = 0;
        count->reads_copies = false;
        count->prints = false;
        count->stores = false;
}

void zpl_count_init(struct zpl_count *count) {
        *count = (struct zpl_count) { .labels = 0 };
        zpl_stream_init(&count->stream);
}

/* Field data, lines and boxes, graphics, stored images and formats. */
static bool is_printed(const char *name) {
        static const char names[] = "FD FV SN GB GC GD GE GF GS XG IM IL XF";

        for (const char *at = names; *at; at += at[2] ? 3 : 2)
                if (memcmp(at, name, 2) == 0)
                        return true;
        return false;
}

static void take_command(struct zpl_count *count) {
        const char *name = count->stream.name;

        if (count->stream.control)
                return;
        if (strcmp(name, "XA") == 0)
                begin_format(count);
        else if (strcmp(name, "PQ") == 0) {
                count->copies = 0;
                count->reads_copies = true;
        } else if (strcmp(name, "DF") == 0)
                count->stores = true;
        else if (is_printed(name))
                count->prints = true;
}

static void take_copies(struct zpl_count *count, uint8_t byte) {
        if (byte < '0' || byte > '9')
                count->reads_copies = false;
        else if (count->copies <= COPIES_MAX / 10)
                count->copies = count->copies * 10 + (byte - '0');
}

static void end_format(struct zpl_count *count) {
        if (count->prints && !count->stores)
                count->labels += count->copies > 0 ? count->copies : 1;
        begin_format(count);
}

static void take_byte(struct zpl_count *count, uint8_t byte) {
        bool in_name = count->stream.state == ZPL_STREAM_NAME;
        enum zpl_stream_event event = zpl_stream_take(&count->stream, byte);

        if (count->reads_copies)
                take_copies(count, byte);
        if (in_name && count->stream.state != ZPL_STREAM_NAME)
                take_command(count);
        if (event == ZPL_STREAM_LABEL)
                end_format(count);
}

void zpl_count_take(struct zpl_count *count, struct slice bytes) {
        for (size_t i = 0; i < bytes.len; i++)
                take_byte(count, bytes.bytes[i]);
}
