/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Transport: a two-way byte pipe to a device. A driver does not know whether it is a serial port, a
 * pty, a TCP socket or a USB endpoint pair (usb.h opens those).
 *
 * Never blocks. The owner puts transport_fd on its loop; everything else follows from the results.
 */

#include <stdbool.h>
#include "base/def.h"

struct transport;

struct serial_settings {
        int baud;      /* 0: leave as it is (pty) */
        int data_bits; /* 7, 8 */
        char parity;   /* 'n' 'e' 'o' */
        int stop_bits; /* 1, 2 */
        bool rtscts, xonxoff;
};

extern const struct serial_settings serial_9600_8n1;

/*
 * "serial:/dev/…": through libserialport, and through termios for a path that it cannot open (a
 * pty). TIOCEXCL (hardware), no HUPCL, raw mode, input that waited is dropped (it was sent to
 * nobody).
 * "tcp:HOST:PORT": numeric address or a name from /etc/hosts; the connect is under way on return,
 * and the first writable event or transport_connected() tells how it ended.
 * -EINVAL: not a port text; else the errno of the open.
 */
MUST_CHECK int transport_open(const char *port, const struct serial_settings *serial,
                              struct transport **ret);
void transport_close(struct transport *transport); /* NULL is fine */

int transport_fd(const struct transport *transport);

/* tcp, usb: -EINPROGRESS while connecting, 0 when connected, or why it failed. Serial: 0. */
MUST_CHECK int transport_connected(struct transport *transport);

/* The epoll events to wait for before transport_connected() is asked again: EPOLLOUT of tcp, EPOLLIN of USB
 * (its end of the pipe becomes readable when the opening has ended; transport_connected() takes that). */
uint32_t transport_connecting_events(const struct transport *transport);

/* Bytes read (> 0), -EAGAIN, or -EPIPE when the device is gone (end of file, EIO, hang-up). */
MUST_CHECK int transport_read(struct transport *transport, void *buffer, size_t size);

/* Bytes taken (> 0), -EAGAIN, or -EPIPE when the device is gone. */
MUST_CHECK int transport_write(struct transport *transport, const void *data, size_t len);

/* The HID report descriptor, or a USB printer's IEEE 1284 device id without its length. Borrowed; empty of others. */
struct slice transport_descriptor(const struct transport *transport);

/* A USB printer's last answer to GET_PORT_STATUS (USB printer class 1.1, 4.2.2: bit 5 paper empty, bit 4 selected,
 * bit 3 no error), or -1; and asks for a newer one. */
int transport_port_status(struct transport *transport);
