/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>
#include "base/clock.h"
#include "tests/virtual/vprinter.h"

enum { WORD_MAX = 80 };

/* ---- answers -------------------------------------------------------------------------------------- */

/* A pty stays; what was half sent is forgotten all the same. */
void vprinter_hang_up(struct vprinter *printer) {
        if (printer->connection >= 0 && printer->tty)
                (void)tcflush(printer->slave, TCIOFLUSH);
        else if (printer->connection >= 0)
                (void)close(printer->connection);
        if (!printer->tty)
                printer->connection = -1;
        bytes_clear(&printer->word);
        if (printer->half)
                return;
        bytes_clear(&printer->label);
        printer->inside = false;
}

static void answer(struct vprinter *printer, const char *text) {
        ssize_t n;

        if (printer->silent)
                return;
        n = printer->tty ? write(printer->connection, text, strlen(text))
                         : send(printer->connection, text, strlen(text), MSG_NOSIGNAL);
        if (n < 0)
                vprinter_hang_up(printer);
}

/* Zebra, ZPL II Programming Guide: ~HS, three strings. A real one is silent in these faults; this one
 * is where it is told to be shy. */
static void answer_status(struct vprinter *printer) {
        char text[256];

        if (printer->shy && vprinter_stopped(printer) && !printer->paused)
                return;
        (void)snprintf(text, sizeof(text),
                       "\x02"
                       "030,%d,%d,1245,%03zu,%d,0,%d,000,0,0,%d\x03\r\n"
                       "\x02"
                       "000,0,%d,%d,0,2,4,0,%08zu,1,000\x03\r\n"
                       "\x02"
                       "1234,0\x03\r\n",
                       printer->paper_out, printer->paused, printer->n_queued, printer->full,
                       printer->inside, printer->hot, printer->head_open, printer->ribbon_out,
                       printer->n_queued);
        answer(printer, text);
}

/* ~HQES: a flag, group 2, group 1. */
static void answer_errors(struct vprinter *printer) {
        unsigned errors = (printer->paper_out ? 0x1u : 0) | (printer->ribbon_out ? 0x2u : 0) |
                          (printer->head_open ? 0x4u : 0) | (printer->hot ? 0x10u : 0);
        char text[128];

        (void)snprintf(text, sizeof(text),
                       "\x02\r\nPRINTER STATUS\r\nERRORS: %d 00000000 %08X\r\n"
                       "WARNINGS: 0 00000000 00000000\r\n\x03\r\n",
                       errors != 0, errors);
        answer(printer, text);
}

/* SGD: the value in quotes, "?" for one that it does not know. */
static void answer_count(struct vprinter *printer) {
        char text[32] = "\"?\"";

        if (printer->counts)
                (void)snprintf(text, sizeof(text), "\"%ld\"", printer->count + printer->n_printed);
        answer(printer, text);
}

static void answer_word(struct vprinter *printer) {
        const char *word = bytes_str(&printer->word);

        if (strcmp(word, "~HS") == 0)
                answer_status(printer);
        else if (strcmp(word, "~HI") == 0)
                answer(printer, "\x02ZD421-203dpi,V93.21.15Z,8,8176KB,X\x03\r\n");
        else if (strcmp(word, "~HQES") == 0)
                answer_errors(printer);
        else if (word[0] == '!')
                answer_count(printer);
        bytes_clear(&printer->word);
}

static bool ends_with(const struct bytes *bytes, const char *word) {
        size_t len = strlen(word);

        return bytes->len >= len && memcmp(bytes->data + bytes->len - len, word, len) == 0;
}

/* ---- bytes ---------------------------------------------------------------------------------------- */

/* ~ commands run when they come, also within a label; ~JX drops it. */
static bool control_in_label(struct vprinter *printer) {
        bool asks = ends_with(&printer->label, "~HS"), drops = ends_with(&printer->label, "~JX");

        if (!printer->half || (!asks && !drops))
                return false;
        printer->label.len -= 3;
        if (asks)
                answer_status(printer);
        else {
                bytes_clear(&printer->label);
                printer->inside = false;
                vprinter_say("half a label is dropped\n");
        }
        return true;
}

static int in_label(struct vprinter *printer, char byte) {
        bytes_append_char(&printer->label, byte);
        if (control_in_label(printer))
                return 0;
        if (bytes_error(&printer->label) < 0 || printer->label.len > LABEL_MAX)
                return -ENOMEM;
        if (printer->drop_at >= 0 && (long)printer->label.len >= printer->drop_at) {
                printer->drop_at = -1;
                vprinter_say("dropped\n");
                vprinter_hang_up(printer);
                return 0;
        }
        if (printer->die_at >= 0 && (long)printer->label.len >= printer->die_at) {
                vprinter_say("died\n");
                _exit(3);
        }
        return ends_with(&printer->label, "^XZ") ? vprinter_label_ended(printer) : 0;
}

/* ~HQES is the one of more than three characters; an SGD line ends with its line. */
static bool is_whole(const struct bytes *word) {
        if (word->data[0] == '!')
                return word->data[word->len - 1] == '\n';
        if (word->data[0] != '~' || word->len < 3)
                return false;
        return word->len == 5 || memcmp(word->data, "~HQ", 3) != 0;
}

/* Outside of labels: ^XA begins one, ~ a command, ! a question in SGD. */
static void between_labels(struct vprinter *printer, char byte) {
        bool asks = printer->word.len > 0 && printer->word.data[0] == '!';

        if (byte == '~' || byte == '^' || (byte == '!' && !asks))
                bytes_clear(&printer->word);
        if (printer->word.len == 0 && byte != '~' && byte != '^' && byte != '!')
                return;
        bytes_append_char(&printer->word, byte);
        if (ends_with(&printer->word, "^XA")) {
                bytes_clear(&printer->word);
                bytes_append_str(&printer->label, "^XA");
                printer->inside = true;
        } else if (is_whole(&printer->word))
                answer_word(printer);
        else if (printer->word.len > WORD_MAX)
                bytes_clear(&printer->word);
}

int vprinter_take(struct vprinter *printer) {
        char bytes[16 * 1024];
        size_t max = printer->reads > 0 && (size_t)printer->reads < sizeof(bytes)
                             ? (size_t)printer->reads
                             : sizeof(bytes);
        ssize_t n = read(printer->connection, bytes, max);
        int r = 0;

        printer->reads_ms = printer->reads > 0 ? clock_mono_ms() + READS_MS : 0;
        if (n <= 0) {
                vprinter_hang_up(printer);
                return 0;
        }
        for (ssize_t i = 0; r == 0 && i < n && printer->connection >= 0; i++)
                if (printer->inside)
                        r = in_label(printer, bytes[i]);
                else
                        between_labels(printer, bytes[i]);
        return r;
}
