/* SPDX-License-Identifier: MIT */
#pragma once

/* vprinter's own: the printer, what becomes of the bytes that come, and the commands that change it. */

#include <stdbool.h>
#include "base/bytes.h"

enum {
        QUEUED_MAX = 64,
        LABEL_MAX = 16 * 1024 * 1024,
        READS_MS = 20,
};

struct vprinter {
        const char *dir, *port_file, *control, *tty;
        int port;
        int listener, connection, fifo;
        int slave; /* of the pty: open, so that it never hangs up */
        bool paper_out, head_open, paused, ribbon_out, hot, full, shy, twice;
        bool silent, half, stdin_open;
        long reads;       /* at most so many bytes at a time; 0: all */
        int64_t reads_ms; /* when the next may come */
        bool counts;
        long count; /* of labels, beyond those of its folder */
        int slow_ms;
        long drop_at, die_at; /* bytes into the next label; -1: not asked for */

        struct bytes label; /* from ^XA on */
        bool inside;
        struct bytes word; /* a ~ command that has begun */
        struct bytes queue[QUEUED_MAX];
        size_t n_queued;
        int64_t done_ms; /* when the first of the queue is printed */
        unsigned n_printed;
};

/* A line on standard output. */
void PRINTF_LIKE(1, 2) vprinter_say(const char *format, ...);

/* vprinter_labels.c: numbers go on over restarts; a label that came whole waits for its time and is a file then. */
void vprinter_count_labels(struct vprinter *printer);
MUST_CHECK int vprinter_label_ended(struct vprinter *printer);
MUST_CHECK int vprinter_print_due(struct vprinter *printer);
bool vprinter_stopped(const struct vprinter *printer); /* by a fault or a pause */

/* vprinter_bytes.c: reads what has come, keeps labels and answers questions. */
MUST_CHECK int vprinter_take(struct vprinter *printer);
void vprinter_hang_up(struct vprinter *printer);

/* vprinter_commands.c: one line. false: it is no command. */
bool vprinter_do(struct vprinter *printer, const char *line);
void vprinter_command(struct vprinter *printer, const char *line); /* and says how it stands */
