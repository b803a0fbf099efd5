/* SPDX-License-Identifier: MIT */
#include "drivers/usb_pipe.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
        READ_MAX =
                1024, /* of a printer; a multiple of every bulk packet's size, or the device overruns it */
        REPORT_MS = 1000, /* a scanner that takes no report beeps in its own way */
        FAILURES_MAX = 3, /* noise on the cable; one that is pulled fails again at once */
        EMPTY_READS_MAX =
                50, /* 5 s: some printers answer every read, with nothing where they have nothing */
        EMPTY_REST_US = 100 * 1000,
        DRAIN_US = 80 * 1000, /* of silence; longer than from key to key */
        DRAIN_MAX = 1000,     /* reads */
        REST_ACCURACY_US = 10 * 1000,
};

static void usb_pipe_close(struct usb_pipe *pipe);
static void read_on(struct usb_pipe *pipe);
static void begin_running(struct usb_pipe *pipe);

/* ---- events ------------------------------------------------------------------------------------------------ */

static bool is_running(const struct usb_pipe *pipe) {
        return pipe->state == USB_PIPE_RUNNING;
}

/* One packet at a time; a scanner's may be a control request. */
static bool takes(const struct usb_pipe *pipe) {
        return is_running(pipe) && !pipe->out.pending &&
               (pipe->options.function == USB_PRINTER || !pipe->control.pending);
}

static void want(struct usb_pipe *pipe) {
        uint32_t events = takes(pipe) ? EPOLLIN : 0;

        if (!pipe->io)
                return;
        if (pipe->in_len > 0)
                events |= EPOLLOUT;
        (void)sd_event_source_set_io_events(pipe->io, events);
}

/* false: it cannot go on now. A stall is cleared first (usb_pipe_cleared); what lasts, fails. */
static bool survives(struct usb_pipe *pipe, const struct libusb_transfer *transfer) {
        int r = 0;

        if (transfer->status == LIBUSB_TRANSFER_COMPLETED) {
                pipe->failures = 0;
                return true;
        }
        if (transfer->status == LIBUSB_TRANSFER_NO_DEVICE)
                r = -ENODEV;
        else if (++pipe->failures > FAILURES_MAX)
                r = -EIO;
        else if (transfer->status != LIBUSB_TRANSFER_STALL)
                return true;
        if (r == 0)
                r = usb_pipe_clear_halt(pipe, transfer->endpoint);
        if (r < 0)
                usb_pipe_fail(pipe, r);
        return false;
}

/* ---- from the device ------------------------------------------------------------------------------------------ */

/* What the socket does not take waits, and the device with it. */
static void forward(struct usb_pipe *pipe) {
        ssize_t n = send(pipe->fd, pipe->in.buffer, pipe->in_len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
                return;
        pipe->in_len = 0; /* its reader is gone: the end of the socket tells */
        read_on(pipe);
}

static void rest(struct usb_pipe *pipe) {
        if (pipe->empties == 0)
                return;
        pipe->empties--;
        (void)sd_event_source_set_time_relative(pipe->rest, EMPTY_REST_US);
        (void)sd_event_source_set_enabled(pipe->rest, SD_EVENT_ONESHOT);
}

/* Nothing is left: the timer ends it. A device that never ends has to be heard. */
static void drain_on(struct usb_pipe *pipe, bool some) {
        if (!some)
                return;
        if (++pipe->drained < DRAIN_MAX)
                (void)sd_event_source_set_time_relative(pipe->rest, DRAIN_US);
        read_on(pipe);
}

static void LIBUSB_CALL on_in(struct libusb_transfer *transfer) {
        struct usb_pipe *pipe = transfer->user_data;

        pipe->in.pending = false;
        if ((!is_running(pipe) && !pipe->draining) || !survives(pipe, transfer))
                return;
        if (pipe->draining) {
                drain_on(pipe, transfer->actual_length > 0);
        } else if (transfer->actual_length > 0) {
                pipe->in_len = (size_t)transfer->actual_length;
                forward(pipe);
                want(pipe);
        } else if (transfer->status == LIBUSB_TRANSFER_COMPLETED &&
                   pipe->options.function == USB_PRINTER) {
                rest(pipe);
        } else {
                read_on(pipe);
        }
}

static void read_on(struct usb_pipe *pipe) {
        struct libusb_transfer *in = pipe->in.libusb;
        int r;

        if (!pipe->claim.in || !pipe->options.read || pipe->in.pending)
                return;
        if (pipe->options.function == USB_PRINTER)
                libusb_fill_bulk_transfer(in, pipe->claim.handle, pipe->claim.in, pipe->in.buffer,
                                          pipe->in_max, on_in, pipe, 0);
        else
                libusb_fill_interrupt_transfer(in, pipe->claim.handle, pipe->claim.in,
                                               pipe->in.buffer, pipe->in_max, on_in, pipe, 0);
        r = libusb_submit_transfer(in);
        pipe->in.pending = r == LIBUSB_SUCCESS;
        if (r < 0)
                usb_pipe_fail(pipe, usb_errno(r));
}

static int on_rest(sd_event_source *source, uint64_t usec, void *userdata) {
        struct usb_pipe *pipe = userdata;

        (void)source;
        (void)usec;
        if (pipe->draining)
                begin_running(pipe);
        else if (is_running(pipe) && pipe->in_len == 0)
                read_on(pipe);
        return 0;
}

/* ---- to the device ---------------------------------------------------------------------------------------------- */

void usb_pipe_cleared(struct usb_pipe *pipe) {
        if (pipe->in_len == 0)
                read_on(pipe);
        want(pipe);
}

void usb_pipe_sent(struct usb_pipe *pipe) {
        uint8_t none;

        (void)!recv(pipe->fd, &none, sizeof(none), MSG_DONTWAIT); /* drops the whole packet */
        want(pipe);
}

/* A printer may well answer now. */
static void read_again(struct usb_pipe *pipe) {
        pipe->empties = EMPTY_READS_MAX;
        if (pipe->in_len == 0)
                read_on(pipe);
}

static void LIBUSB_CALL on_out(struct libusb_transfer *transfer) {
        struct usb_pipe *pipe = transfer->user_data;
        bool printer = pipe->options.function == USB_PRINTER;

        pipe->out.pending = false;
        if (!is_running(pipe))
                return;
        /* Half a label is no label: what is left of it may not be sent a second time. */
        if (printer && transfer->status != LIBUSB_TRANSFER_COMPLETED) {
                usb_pipe_fail(pipe, transfer->status == LIBUSB_TRANSFER_NO_DEVICE ? -ENODEV : -EIO);
                return;
        }
        if (transfer->status != LIBUSB_TRANSFER_TIMED_OUT)
                (void)survives(pipe, transfer);
        if (is_running(pipe))
                usb_pipe_sent(pipe);
        if (printer)
                read_again(pipe);
}

static int write_out(struct usb_pipe *pipe, size_t len) {
        struct libusb_transfer *out = pipe->out.libusb;
        uint8_t *from = pipe->out.buffer;
        int r;

        if (pipe->options.function == USB_PRINTER) {
                libusb_fill_bulk_transfer(out, pipe->claim.handle, pipe->claim.out, from, (int)len,
                                          on_out, pipe, 0);
        } else {
                size_t skip = from[0] == 0; /* a device without ids gets none */

                libusb_fill_interrupt_transfer(out, pipe->claim.handle, pipe->claim.out,
                                               from + skip, (int)(len - skip), on_out, pipe,
                                               REPORT_MS);
        }
        r = libusb_submit_transfer(out);
        pipe->out.pending = r == LIBUSB_SUCCESS;
        return r < 0 ? usb_errno(r) : 0;
}

static void take(struct usb_pipe *pipe) {
        ssize_t n = recv(pipe->fd, pipe->out.buffer, USB_WRITE_MAX, MSG_PEEK | MSG_DONTWAIT);
        bool report = pipe->options.function != USB_PRINTER;
        int r;

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        if (n <= 0) {
                usb_pipe_close(pipe);
                return;
        }
        if (report && usb_pipe_is_request(pipe, pipe->out.buffer[0]))
                r = usb_pipe_set_report(pipe, (struct slice) { pipe->out.buffer, (size_t)n });
        else
                r = write_out(pipe, (size_t)n);
        if (r < 0)
                usb_pipe_fail(pipe, r);
        else
                want(pipe);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct usb_pipe *pipe = userdata;

        (void)source;
        (void)fd;
        if (events & (EPOLLHUP | EPOLLERR)) {
                usb_pipe_close(pipe);
                return 0;
        }
        if (events & EPOLLOUT) {
                forward(pipe);
                want(pipe);
        }
        if (events & EPOLLIN && takes(pipe))
                take(pipe);
        return 0;
}

/* ---- opening -------------------------------------------------------------------------------------------------- */

static void begin_running(struct usb_pipe *pipe) {
        const uint8_t word = 0;

        pipe->draining = false;
        pipe->state = USB_PIPE_RUNNING;
        pipe->empties = EMPTY_READS_MAX;
        /* The first thing in the socket tells that the opening has ended. */
        if (send(pipe->fd, &word, sizeof(word), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
                usb_pipe_fail(pipe, -errno);
                return;
        }
        read_on(pipe);
        want(pipe);
}

/*
 * Answers to questions of a former connection stay in a printer until somebody reads them, and would be taken for answers to
 * ours. A keyboard may be in the middle of a code, whose beginning went to the kernel's driver: the rest is no code.
 */
void usb_pipe_run(struct usb_pipe *pipe) {
        if (pipe->options.function == USB_POS || !pipe->options.read || !pipe->claim.in) {
                begin_running(pipe);
                return;
        }
        pipe->draining = true;
        (void)sd_event_source_set_time_relative(pipe->rest, DRAIN_US);
        (void)sd_event_source_set_enabled(pipe->rest, SD_EVENT_ONESHOT);
        read_on(pipe);
}

int usb_pipe_opened(const struct usb_pipe *pipe) {
        if (pipe->state == USB_PIPE_RUNNING)
                return 0;
        return pipe->state == USB_PIPE_OPENING ? -EINPROGRESS : pipe->error ? pipe->error : -ENODEV;
}

struct slice usb_pipe_descriptor(const struct usb_pipe *pipe) {
        return (struct slice) { pipe->descriptor, pipe->descriptor_len };
}

static int transfer_init(struct usb_transfer *transfer, size_t size) {
        transfer->libusb = libusb_alloc_transfer(0);
        transfer->buffer = calloc(1, size);
        return transfer->libusb && transfer->buffer ? 0 : -ENOMEM;
}

static void transfer_fini(struct usb_transfer *transfer) {
        libusb_free_transfer(transfer->libusb);
        free(transfer->buffer);
}

static int allocate(struct usb_pipe *pipe) {
        int r = transfer_init(&pipe->control, LIBUSB_CONTROL_SETUP_SIZE + USB_CONTROL_MAX);

        if (r == 0)
                r = transfer_init(&pipe->in, READ_MAX);
        pipe->in_max = READ_MAX;
        return r == 0 ? transfer_init(&pipe->out, USB_WRITE_MAX) : r;
}

int usb_pipe_set_read(struct usb_pipe *pipe, size_t size) {
        uint8_t *buffer = realloc(pipe->in.buffer, size);

        if (!buffer)
                return -ENOMEM;
        pipe->in.buffer = buffer;
        pipe->in_max = (int)size;
        return 0;
}

static int add_sources(struct usb_pipe *pipe) {
        sd_event *event = pipe->usb->event;
        int r = sd_event_add_io(event, &pipe->io, pipe->fd, 0, on_io, pipe);

        if (r >= 0)
                r = sd_event_source_set_priority(pipe->io, USB_PRIORITY);
        if (r >= 0)
                r = sd_event_add_time_relative(event, &pipe->rest, CLOCK_MONOTONIC, EMPTY_REST_US,
                                               REST_ACCURACY_US, on_rest, pipe);
        if (r >= 0)
                r = sd_event_source_set_enabled(pipe->rest, SD_EVENT_OFF);
        return r < 0 ? r : 0;
}

int usb_pipe_new(struct usb *usb, const char *where, const struct usb_options *options, int fd,
                 struct usb_pipe **ret) {
        struct usb_pipe *pipe = calloc(1, sizeof(*pipe));
        int r;

        if (!pipe)
                return -ENOMEM;
        *pipe = (struct usb_pipe) {
                .usb = usb, .options = *options, .fd = fd, .port_status = -1, .owned = true
        };
        r = usb_claim(usb, where, options->function, &pipe->claim);
        if (r == 0)
                r = allocate(pipe);
        if (r == 0)
                r = add_sources(pipe);
        if (r == 0)
                r = usb_pipe_begin(pipe);
        pipe->next = usb->pipes;
        usb->pipes = pipe;
        if (r < 0) {
                pipe->fd = -1; /* the caller's */
                usb_pipe_disown(pipe);
                return r;
        }
        *ret = pipe;
        return 0;
}

/* ---- closing --------------------------------------------------------------------------------------------------- */

static bool is_any_pending(const struct usb_pipe *pipe) {
        return pipe->control.pending || pipe->in.pending || pipe->out.pending;
}

static void cancel(struct usb_transfer *transfer) {
        if (transfer->pending)
                (void)libusb_cancel_transfer(transfer->libusb);
}

/* What the owner has not read yet stays in the socket for it (transport_read). */
static void usb_pipe_close(struct usb_pipe *pipe) {
        if (pipe->state >= USB_PIPE_CLOSING)
                return;
        pipe->state = USB_PIPE_CLOSING;
        pipe->draining = false;
        pipe->io = sd_event_source_disable_unref(pipe->io);
        pipe->rest = sd_event_source_disable_unref(pipe->rest);
        if (pipe->fd >= 0)
                (void)close(pipe->fd);
        pipe->fd = -1;
        cancel(&pipe->control);
        cancel(&pipe->in);
        cancel(&pipe->out);
}

void usb_pipe_fail(struct usb_pipe *pipe, int error) {
        if (pipe->state < USB_PIPE_CLOSING)
                pipe->error = error;
        usb_pipe_close(pipe);
}

static enum usb_fate fate_of(const struct usb_pipe *pipe) {
        if (pipe->error == -ENODEV)
                return USB_GONE;
        return pipe->options.reattach ? USB_GIVEN : USB_KEPT;
}

static void finish(struct usb_pipe *pipe) {
        usb_claim_release(pipe->usb, &pipe->claim, fate_of(pipe));
        transfer_fini(&pipe->control);
        transfer_fini(&pipe->in);
        transfer_fini(&pipe->out);
        pipe->control = pipe->in = pipe->out = (struct usb_transfer) { .libusb = NULL };
        pipe->state = USB_PIPE_CLOSED;
}

void usb_pipe_reap(struct usb *usb) {
        struct usb_pipe **at = &usb->pipes;

        while (*at) {
                struct usb_pipe *pipe = *at;

                if (pipe->state == USB_PIPE_CLOSING && !is_any_pending(pipe))
                        finish(pipe);
                if (pipe->state == USB_PIPE_CLOSED && !pipe->owned) {
                        *at = pipe->next;
                        free(pipe->descriptor);
                        free(pipe);
                } else {
                        at = &pipe->next;
                }
        }
}

void usb_pipe_disown(struct usb_pipe *pipe) {
        struct usb *usb = pipe->usb;

        pipe->owned = false;
        usb_pipe_close(pipe);
        usb_pipe_reap(usb);
}
