/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * USB pipe: one claimed interface, its transfers, and the socket whose other end is a transport.
 *
 * What the device sends goes to the socket, a packet for each transfer; while nobody reads, the device is not asked
 * for more. What the socket has for the device stays in it until the device has taken it, so that its owner sees by
 * SIOCOUTQ what is still under way.
 */

#include "drivers/usb_own.h"

enum {
        USB_WRITE_MAX = 4096, /* bytes of one write to a pipe */
        USB_CONTROL_MAX =
                4096, /* HID_MAX_DESCRIPTOR_SIZE of the kernel; a device id has 1024 at most */
};

enum usb_pipe_state {
        USB_PIPE_OPENING, /* asks for the report descriptor or the device id */
        USB_PIPE_RUNNING,
        USB_PIPE_CLOSING, /* its transfers are cancelled and not all back */
        USB_PIPE_CLOSED,
};

struct usb_transfer {
        struct libusb_transfer *libusb;
        uint8_t *buffer;
        bool pending;
};

struct usb_pipe {
        struct usb *usb;
        struct usb_pipe *next;
        struct usb_options options;
        struct usb_claim claim;
        enum usb_pipe_state state;
        bool draining;    /* what it says of its own accord, before it is ready, is dropped */
        unsigned drained; /* reads */
        int error;        /* why it closed, 0: its owner wanted it */
        bool owned;       /* a transport points here */
        int fd;           /* our end of the socket, -1 */
        sd_event_source *io, *rest; /* rest: one shot, reading goes on */

        struct usb_transfer control, in, out;
        unsigned stalled; /* the endpoint that is being cleared */
        void (*answered)(struct usb_pipe *pipe, struct slice answer); /* to the control request */
        size_t in_len;     /* bytes of a transfer that wait for the socket */
        int in_max;        /* bytes to ask for */
        unsigned failures; /* of transfers in a row */
        unsigned empties;  /* reads that may still bring nothing before the device is left alone */

        uint8_t feature_ids
                [32];        /* a bit for each report id that is a feature and no output report */
        uint8_t *descriptor; /* owned */
        size_t descriptor_len;
        int port_status; /* -1 */
};

/* Takes and opens the interface at @where; @fd becomes its own. As transport_open_usb, and then nothing is left. */
MUST_CHECK int usb_pipe_new(struct usb *usb, const char *where, const struct usb_options *options,
                            int fd, struct usb_pipe **ret);

/* The state of its opening: 0, -EINPROGRESS, or why it failed. */
MUST_CHECK int usb_pipe_opened(const struct usb_pipe *pipe);
struct slice usb_pipe_descriptor(const struct usb_pipe *pipe);
int usb_pipe_port_status(struct usb_pipe *pipe);

/* Its transport is closed: it ends as soon as its transfers are back. */
void usb_pipe_disown(struct usb_pipe *pipe);

/* Closes what has ended. Not from a libusb callback. */
void usb_pipe_reap(struct usb *usb);

/* ---- between its files ------------------------------------------------------------------------------------ */

/* The device is ready; its first transfers begin. */
void usb_pipe_run(struct usb_pipe *pipe);
/* Its owner reads the end; @error is negative. */
void usb_pipe_fail(struct usb_pipe *pipe, int error);

/* Asks for the report descriptor or the device id, and then usb_pipe_run. */
MUST_CHECK int usb_pipe_begin(struct usb_pipe *pipe);
/* Whether a report, its id first, goes as a control request: nothing else does, or it is a feature. */
bool usb_pipe_is_request(const struct usb_pipe *pipe, uint8_t id);
/* One report for a scanner as a control request, its id first; then usb_pipe_sent. -EBUSY: one is under way. */
MUST_CHECK int usb_pipe_set_report(struct usb_pipe *pipe, struct slice report);
/* How much is asked for at once: whole packets. -ENOMEM. */
MUST_CHECK int usb_pipe_set_read(struct usb_pipe *pipe, size_t size);
/* A stalled endpoint goes on, and then usb_pipe_cleared. -EBUSY: another request is under way. */
MUST_CHECK int usb_pipe_clear_halt(struct usb_pipe *pipe, uint8_t endpoint);
void usb_pipe_cleared(struct usb_pipe *pipe);
/* The device has taken what the socket had for it. */
void usb_pipe_sent(struct usb_pipe *pipe);
