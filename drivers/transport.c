/* SPDX-License-Identifier: MIT */
#include "drivers/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "drivers/transport_own.h"
#include "drivers/usb_pipe.h"

const struct serial_settings serial_9600_8n1 = {
        .baud = 9600,
        .data_bits = 8,
        .parity = 'n',
        .stop_bits = 1,
};

static const char *after(const char *text, const char *prefix) {
        size_t len = strlen(prefix);

        return strncmp(text, prefix, len) == 0 && text[len] ? text + len : NULL;
}

static int open_kind(struct transport *transport, const char *port,
                     const struct serial_settings *serial) {
        const char *path = after(port, "serial:"), *address = after(port, "tcp:");

        if (path)
                return transport_open_serial(transport, path, serial);
        return address ? transport_open_tcp(transport, address) : -EINVAL;
}

int transport_open(const char *port, const struct serial_settings *serial, struct transport **ret) {
        struct transport *transport = calloc(1, sizeof(*transport));
        int r;

        if (!transport)
                return -ENOMEM;
        transport->fd = -1;
        r = open_kind(transport, port, serial);
        if (r < 0) {
                transport_close(transport);
                return r;
        }
        *ret = transport;
        return 0;
}

void transport_close(struct transport *transport) {
        if (!transport)
                return;
        if (transport->port)
                transport_close_serial(transport);
        else if (transport->fd >= 0)
                (void)close(transport->fd); /* nothing can be done about its errors here */
        if (transport->usb)
                usb_pipe_disown(transport->usb);
        free(transport);
}

int transport_fd(const struct transport *transport) {
        return transport->fd;
}

static int connected_usb(struct transport *transport) {
        int r = usb_pipe_opened(transport->usb);
        uint8_t word;

        if (r == 0) {
                (void)!read(transport->fd, &word, sizeof(word));
                transport->connecting = false;
        }
        return r;
}

static int connected_tcp(struct transport *transport) {
        int error = 0;
        socklen_t size = sizeof(error);
        struct sockaddr_storage peer;
        socklen_t peer_size = sizeof(peer);

        if (getsockopt(transport->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
                return -errno;
        if (error)
                return -error;
        if (getpeername(transport->fd, (struct sockaddr *)&peer, &peer_size) < 0)
                return errno == ENOTCONN ? -EINPROGRESS : -errno;
        transport->connecting = false;
        return 0;
}

int transport_connected(struct transport *transport) {
        if (!transport->connecting)
                return 0;
        return transport->usb ? connected_usb(transport) : connected_tcp(transport);
}

uint32_t transport_connecting_events(const struct transport *transport) {
        return transport->usb ? EPOLLIN : EPOLLOUT;
}

int transport_read(struct transport *transport, void *buffer, size_t size) {
        ssize_t n;

        /* The end of a USB pipe that closed before it took our last packet: what it sent before comes next. */
        do
                n = read(transport->fd, buffer, size);
        while (n < 0 && (errno == EINTR || (transport->usb && errno == ECONNRESET)));
        if (n > 0)
                return (int)n;
        /* A serial port that was pulled reads as 0 or EIO: no end of file comes back. */
        return n < 0 && errno == EAGAIN ? -EAGAIN : -EPIPE;
}

int transport_write(struct transport *transport, const void *data, size_t len) {
        bool is_socket = transport->tcp || transport->usb;
        ssize_t n;

        if (transport->usb && len > USB_WRITE_MAX)
                len = USB_WRITE_MAX;
        do
                n = is_socket ? send(transport->fd, data, len, MSG_NOSIGNAL)
                              : write(transport->fd, data, len);
        while (n < 0 && errno == EINTR);
        if (n > 0)
                return (int)n;
        return n == 0 || errno == EAGAIN ? -EAGAIN : -EPIPE;
}

struct slice transport_descriptor(const struct transport *transport) {
        return transport->usb ? usb_pipe_descriptor(transport->usb) : (struct slice) { NULL, 0 };
}

int transport_port_status(struct transport *transport) {
        return transport->usb ? usb_pipe_port_status(transport->usb) : -1;
}
