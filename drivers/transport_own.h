/* SPDX-License-Identifier: MIT */
#pragma once

/* Transport's own: the kinds of pipes behind the one interface. */

#include "drivers/transport.h"

struct sp_port;
struct usb_pipe;

struct transport {
        int fd;               /* non-blocking, close on exec */
        struct sp_port *port; /* libserialport's, where it could open the path */
        bool tcp;
        struct usb_pipe *usb; /* behind the other end of fd, where it is a USB interface */
        bool connecting;
};

/* Open @ret->fd, or a negative errno. */
MUST_CHECK int transport_open_serial(struct transport *ret, const char *path,
                                     const struct serial_settings *settings);
MUST_CHECK int transport_open_tcp(struct transport *ret, const char *address);
void transport_close_serial(struct transport *transport);
