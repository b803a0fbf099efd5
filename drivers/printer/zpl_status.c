/* SPDX-License-Identifier: MIT */
#include "drivers/printer/zpl_status.h"

#include <stdlib.h>

enum { STX = 0x02, ETX = 0x03 };

/* Fields of the strings (guide, ~HS): 12 and 11; ~HI has 4 or 5. String 3, of 2, says nothing that we need. */
enum { FIRST_FIELDS = 12, SECOND_FIELDS = 11, MODEL_FIELDS_MIN = 4, MODEL_FIELDS_MAX = 5 };

void zpl_reset(struct zpl_reader *reader) {
        reader->len = 0;
        reader->inside = false;
        reader->have_first = false;
        sgd_reset(&reader->sgd);
}

static size_t count_fields(const char *text) {
        size_t n = 1;

        for (; *text; text++)
                n += *text == ',';
        return n;
}

static const char *field(const char *text, size_t at) {
        while (at-- > 0)
                text = strchr(text, ',') + 1;
        return text;
}

static long number(const char *text, size_t at) {
        return strtol(field(text, at), NULL, 10);
}

static bool flag(const char *text, size_t at) {
        return *field(text, at) == '1';
}

static void read_first(struct zpl_reader *reader) {
        struct zpl_status *status = &reader->status;
        const char *text = reader->text;

        *status = (struct zpl_status) { .paper_out = flag(text, 1),
                                        .paused = flag(text, 2),
                                        .formats = number(text, 4),
                                        .buffer_full = flag(text, 5),
                                        .partial = flag(text, 7),
                                        .corrupt = flag(text, 9),
                                        .cold = flag(text, 10),
                                        .hot = flag(text, 11) };
        reader->have_first = true;
}

static enum zpl_reply read_second(struct zpl_reader *reader) {
        struct zpl_status *status = &reader->status;
        const char *text = reader->text;

        if (!reader->have_first)
                return ZPL_REPLY_NONE;
        status->head_open = flag(text, 2);
        status->ribbon_out = flag(text, 3);
        status->labels = number(text, 8);
        reader->have_first = false;
        return ZPL_REPLY_STATUS;
}

/* The field at @text, up to its comma; false: not printable. Cut where it is longer than any. */
static bool read_word(const char *text, char dst[ZPL_MODEL_SIZE]) {
        size_t len = strcspn(text, ",");

        if (len >= ZPL_MODEL_SIZE)
                len = ZPL_MODEL_SIZE - 1;
        for (size_t i = 0; i < len; i++)
                if (text[i] < ' ' || text[i] > '~')
                        return false;
        memcpy(dst, text, len);
        dst[len] = '\0';
        return true;
}

/* "ZD421-203dpi,V93.21.15Z,8,8176KB,X" */
static enum zpl_reply read_model(struct zpl_reader *reader) {
        char model[ZPL_MODEL_SIZE], firmware[ZPL_MODEL_SIZE];

        if (!read_word(reader->text, model) ||
            !read_word(reader->text + strcspn(reader->text, ",") + 1, firmware))
                return ZPL_REPLY_NONE;
        memcpy(reader->model, model, sizeof(model));
        memcpy(reader->firmware, firmware, sizeof(firmware));
        return ZPL_REPLY_MODEL;
}

static enum zpl_reply read_string(struct zpl_reader *reader) {
        size_t n;

        reader->text[reader->len] = '\0';
        if (zpl_errors_read(reader->text, &reader->errors))
                return ZPL_REPLY_ERRORS;
        n = count_fields(reader->text);
        if (n == FIRST_FIELDS)
                read_first(reader);
        else if (n == SECOND_FIELDS)
                return read_second(reader);
        else if (n >= MODEL_FIELDS_MIN && n <= MODEL_FIELDS_MAX)
                return read_model(reader);
        return ZPL_REPLY_NONE;
}

static enum zpl_reply take_inside(struct zpl_reader *reader, uint8_t byte) {
        if (byte == ETX) {
                reader->inside = false;
                return read_string(reader);
        }
        if (reader->len + 1 < sizeof(reader->text))
                reader->text[reader->len++] = (char)byte;
        else
                reader->inside = false; /* longer than any answer */
        return ZPL_REPLY_NONE;
}

static enum zpl_reply take(struct zpl_reader *reader, uint8_t byte) {
        if (byte == STX) {
                reader->inside = true;
                reader->len = 0;
                sgd_reset(&reader->sgd);
                return ZPL_REPLY_NONE;
        }
        if (reader->inside)
                return take_inside(reader, byte);
        return sgd_take(&reader->sgd, byte) ? ZPL_REPLY_VALUE : ZPL_REPLY_NONE;
}

enum zpl_reply zpl_read(struct zpl_reader *reader, struct slice *bytes) {
        enum zpl_reply reply = ZPL_REPLY_NONE;

        while (bytes->len > 0 && reply == ZPL_REPLY_NONE) {
                reply = take(reader, *bytes->bytes++);
                bytes->len--;
        }
        return reply;
}
