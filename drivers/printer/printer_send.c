/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include "drivers/printer/printer_own.h"

/*
 * A label's bytes, a piece at a time: never more than one piece is in memory, and a wake-up writes at
 * most as much. Its labels are counted as they pass.
 */

static int load_piece(struct printer *printer) {
        size_t at = printer->n_counted;
        int n;

        if (!printer->piece)
                printer->piece = malloc(PIECE_SIZE);
        if (!printer->piece)
                return -ENOMEM;
        n = printer->handler.read(printer->userdata, printer, printer->job.id, at, printer->piece,
                                  PIECE_SIZE);
        if (n <= 0)
                return n < 0 ? n : -EIO; /* shorter than it was said to be */
        printer->piece_at = at;
        printer->piece_len = (size_t)n;
        printer->n_counted = at + (size_t)n;
        zpl_count_take(&printer->count, (struct slice) { printer->piece, (size_t)n });
        return 0;
}

/* Bytes written, -EAGAIN or -EPIPE; -EIO: the owner did not give them. */
static int write_some(struct printer *printer, size_t max) {
        size_t at = printer->sent - printer->piece_at, left;

        if (at == printer->piece_len) {
                if (load_piece(printer) < 0)
                        return -EIO;
                at = 0;
        }
        left = printer->piece_len - at;
        return transport_write(printer->transport, printer->piece + at, left < max ? left : max);
}

/* Nothing of it is out: nobody has to look, and to try again would change nothing. */
static void give_up(struct printer *printer) {
        const char *why = "its bytes could not be read";

        if (printer->sent > 0)
                printer_lose(printer, why);
        else
                printer_finish(printer, PRINT_OUTCOME_FAILED, why);
}

static void wait_for_room(struct printer *printer) {
        printer->n_stalled = 0;
        printer_in(printer, STALLED_MS);
}

void printer_write(struct printer *printer) {
        size_t budget = PIECE_SIZE, before = printer->sent;

        while (printer->sent < printer->job.size && budget > 0) {
                int n = write_some(printer, budget);

                if (n == -EAGAIN)
                        break;
                if (n == -EPIPE) {
                        printer_break(printer);
                        return;
                }
                if (n < 0) {
                        give_up(printer);
                        return;
                }
                printer->sent += (size_t)n;
                budget -= (size_t)n;
        }
        if (printer->sent == printer->job.size)
                printer_confirm(printer);
        else if (printer->sent > before) /* it takes bytes */
                wait_for_room(printer);
}

/* Its buffer is full, since the paper is out or the label long; it cannot be asked in mid label. */
void printer_stalled(struct printer *printer) {
        const char *detail = "it takes no more bytes of the label";
        enum printer_state state =
                ++printer->n_stalled < STALLED_MAX ? PRINTER_BUSY : PRINTER_UNKNOWN;

        state = printer_state_of_port(transport_port_status(printer->transport), state, &detail);
        printer_say(printer, state, detail);
        printer_in(printer, STALLED_MS);
}

static void forget_count(struct printer *printer) {
        zpl_count_init(&printer->count);
        printer->n_counted = 0;
        printer->piece_at = printer->piece_len = 0;
}

void printer_send(struct printer *printer) {
        const struct printer_job *job = &printer->job;

        printer->phase = SENDING;
        printer->sent = 0;
        printer->n_stale = printer->n_due;
        forget_count(printer);
        printer_be_quiet(printer);
        if (printer->handler.sending(printer->userdata, printer, job->id, job->labels_before) !=
            0) {
                printer_wait(printer); /* not a byte leaves before it is durable */
                return;
        }
        printer_watch(printer, EPOLLIN | EPOLLOUT);
        wait_for_room(printer);
}

/* ---- a doubtful job -------------------------------------------------------------------------------- */

void printer_recall_piece(struct printer *printer) {
        if (printer->n_counted < printer->job.size) {
                if (load_piece(printer) < 0)
                        printer_finish(printer, PRINT_OUTCOME_UNCERTAIN,
                                       "its bytes could not be read to count its labels");
                else
                        printer_wake(printer);
        } else
                printer_confirm(printer);
}

void printer_recall(struct printer *printer) {
        if (!printer_tells(printer)) {
                printer_finish(printer, PRINT_OUTCOME_UNCERTAIN,
                               "the printer does not say whether it printed");
                return;
        }
        printer->phase = RECALLING;
        printer_be_quiet(printer);
        printer_recall_piece(printer);
}
