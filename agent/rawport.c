/* SPDX-License-Identifier: MIT */
#include "agent/rawport.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "agent/printing.h"
#include "base/log.h"
#include "drivers/printer/zpl_answer.h"
#include "drivers/printer/zpl_stream.h"

enum {
        RAWPORT_PRIORITY = 20,
        READ_MAX =
                4 *
                1024, /* a wake-up: at most some hundred labels of a commit, then the scanners' turn */
        BACKLOG = 16,
        IDLE_S = 300, /* as the print servers of printers do */
};

struct connection {
        struct rawport *port; /* NULL: free */
        int fd;
        sd_event_source *io;
        sd_event_source *idle;
        struct zpl_stream stream;
        struct bytes label; /* since the end of the last one */
};

struct rawport {
        struct agent_device *device;
        int fd;
        sd_event_source *io;
        struct connection connections[RAWPORT_CONNECTIONS];
        struct bytes answer;
};

/* ---- a connection ---------------------------------------------------------------------------------- */

/* White space between labels is no half of one. */
static bool is_blank(struct slice bytes) {
        for (size_t i = 0; i < bytes.len; i++)
                if (bytes.bytes[i] > ' ')
                        return false;
        return true;
}

static void connection_close(struct connection *connection, const char *why) {
        const char *name = connection->port->device->config->name;

        if (why)
                log_warning("printer %s: a connection to its raw port is closed: %s", name, why);
        if (!is_blank(bytes_slice(&connection->label)))
                log_warning("printer %s: %zu bytes of half a label are dropped", name,
                            connection->label.len);
        connection->io = sd_event_source_disable_unref(connection->io);
        connection->idle = sd_event_source_disable_unref(connection->idle);
        (void)close(connection->fd);
        bytes_fini(&connection->label);
        *connection = (struct connection) { .fd = -1 };
}

static int on_idle(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source;
        (void)usec;
        connection_close(userdata, "nothing came for five minutes");
        return 0;
}

static void connection_busy(struct connection *connection) {
        (void)sd_event_source_set_time_relative(connection->idle, (uint64_t)IDLE_S * 1000000);
}

/* ---- questions -------------------------------------------------------------------------------------- */

/* As the printer would: one that cannot be reached says nothing. */
static void write_status(struct rawport *port) {
        const struct agent_device *device = port->device;
        enum printer_state state =
                device->printer ? printer_state(device->printer) : PRINTER_OFFLINE;
        struct zpl_status status = {
                .paper_out = state == PRINTER_PAPER_OUT,
                .ribbon_out = state == PRINTER_RIBBON_OUT,
                .head_open = state == PRINTER_HEAD_OPEN,
                .paused = state == PRINTER_PAUSED,
                .hot = state == PRINTER_HOT,
                .buffer_full = state == PRINTER_BUSY,
                .formats = printing_waiting(device),
        };

        if (state != PRINTER_OFFLINE)
                zpl_answer_status(&status, &port->answer);
}

/* A peer that does not read loses its answer. It is told what is known; who asks once more, as they do, what the printer
 * says to this. */
static void connection_answer(struct connection *connection, enum zpl_stream_event event) {
        struct rawport *port = connection->port;
        const struct agent_device *device = port->device;

        if (device->printer)
                printer_inquire(device->printer);

        bytes_clear(&port->answer);
        if (event == ZPL_STREAM_STATUS)
                write_status(port);
        else if (device->model[0])
                zpl_answer_identity(device->model, device->firmware, &port->answer);
        if (port->answer.len > 0 && bytes_error(&port->answer) == 0)
                (void)!send(connection->fd, port->answer.data, port->answer.len, MSG_NOSIGNAL);
}

/* ---- labels ----------------------------------------------------------------------------------------- */

/* A question among labels is no part of one; it is the last that came. */
static void connection_forget(struct connection *connection, size_t len) {
        connection->label.len -= connection->label.len < len ? connection->label.len : len;
}

/* A line of SGD that asks is a question; one that sets or does something is left in, for the guard to refuse. */
static void connection_sgd(struct connection *connection) {
        static const char asks[] = "! U1 getvar ";
        const struct bytes *label = &connection->label;
        size_t len = connection->stream.line_len;

        if (len > label->len || len < sizeof(asks))
                return;
        if (strncasecmp((const char *)label->data + label->len - len, asks, sizeof(asks) - 1) == 0)
                connection_forget(connection, len);
}

static int connection_label(struct connection *connection) {
        int r = printing_queue_raw(connection->port->device, bytes_slice(&connection->label));

        bytes_clear(&connection->label);
        zpl_stream_init(&connection->stream);
        return r;
}

static int connection_byte(struct connection *connection, uint8_t byte) {
        enum zpl_stream_event event = zpl_stream_take(&connection->stream, byte);

        bytes_append_char(&connection->label, (char)byte);
        switch (event) {
        case ZPL_STREAM_MORE:
                break;
        case ZPL_STREAM_LABEL:
                return connection_label(connection);
        case ZPL_STREAM_STATUS:
        case ZPL_STREAM_IDENTITY:
                connection_forget(connection, ZPL_STREAM_NAME_LEN);
                connection_answer(connection, event);
                break;
        case ZPL_STREAM_QUESTION:
                connection_forget(connection, ZPL_STREAM_NAME_LEN);
                break;
        case ZPL_STREAM_SKIP:
                connection_forget(connection, 1);
                break;
        case ZPL_STREAM_SGD:
                connection_sgd(connection);
                break;
        }
        return 0;
}

/* The labels of one read share a commit. */
static void connection_take(struct connection *connection, struct slice bytes) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < bytes.len; i++)
                r = connection_byte(connection, bytes.bytes[i]);
        if (r == 0)
                r = turn_commit(connection->port->device->agent->turn);
        if (r < 0)
                connection_close(connection,
                                 "its labels could not be recorded; they are not printed");
        else if (bytes_error(&connection->label) < 0 || connection->label.len > RAWPORT_LABEL_MAX)
                connection_close(connection, "a label is larger than 6 MiB");
}

static int on_data(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct connection *connection = userdata;
        uint8_t buffer[READ_MAX];
        ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

        (void)source;
        (void)events;
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n <= 0) {
                connection_close(connection, NULL);
                return 0;
        }
        connection_busy(connection);
        connection_take(connection, (struct slice) { buffer, (size_t)n });
        return 0;
}

/* ---- the door --------------------------------------------------------------------------------------- */

static int connection_open(struct rawport *port, struct connection *connection, int fd) {
        sd_event *event = port->device->agent->event;
        int r;

        *connection = (struct connection) { .port = port, .fd = fd };
        zpl_stream_init(&connection->stream);
        r = sd_event_add_io(event, &connection->io, fd, EPOLLIN, on_data, connection);
        if (r >= 0)
                r = sd_event_source_set_priority(connection->io, RAWPORT_PRIORITY);
        if (r >= 0)
                r = sd_event_add_time_relative(event, &connection->idle, CLOCK_MONOTONIC,
                                               (uint64_t)IDLE_S * 1000000, 1000000, on_idle,
                                               connection);
        return r;
}

/* With all places taken the newcomer is turned away: a printer has one place. */
static void rawport_admit(struct rawport *port, int fd) {
        for (size_t i = 0; i < RAWPORT_CONNECTIONS; i++) {
                if (port->connections[i].port)
                        continue;
                if (connection_open(port, &port->connections[i], fd) < 0)
                        connection_close(&port->connections[i], "out of memory");
                return;
        }
        log_warning("printer %s: more than %d connections to its raw port",
                    port->device->config->name, RAWPORT_CONNECTIONS);
        (void)close(fd);
}

static int on_door(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        (void)source;
        (void)events;
        if (peer >= 0)
                rawport_admit(userdata, peer);
        return 0;
}

/* Both families on one socket; where there is no IPv6, the old one alone. */
static int bind_family(int family, uint16_t port) {
        const struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
        const struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(port) };
        const struct sockaddr *address =
                family == AF_INET6 ? (const struct sockaddr *)&six : (const struct sockaddr *)&four;
        const socklen_t size = family == AF_INET6 ? sizeof(six) : sizeof(four);
        const int on = 1, off = 0;
        int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), r;

        if (fd < 0)
                return -errno;
        if (family == AF_INET6)
                (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
        if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
            bind(fd, address, size) == 0 && listen(fd, BACKLOG) == 0)
                return fd;
        r = -errno;
        (void)close(fd);
        return r;
}

static int rawport_open(struct rawport *port) {
        uint16_t number = (uint16_t)port->device->config->listen;
        int fd = bind_family(AF_INET6, number);
        int r;

        if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)
                fd = bind_family(AF_INET, number);
        if (fd < 0)
                return fd;
        port->fd = fd;
        r = sd_event_add_io(port->device->agent->event, &port->io, fd, EPOLLIN, on_door, port);
        if (r >= 0)
                r = sd_event_source_set_priority(port->io, RAWPORT_PRIORITY);
        return r < 0 ? r : 0;
}

int rawport_new(struct agent_device *device, struct rawport **ret) {
        struct rawport *port = calloc(1, sizeof(*port));
        int r;

        if (!port)
                return -ENOMEM;
        port->device = device;
        port->fd = -1;
        r = rawport_open(port);
        if (r < 0) {
                rawport_free(port);
                return r;
        }
        *ret = port;
        return 0;
}

void rawport_free(struct rawport *port) {
        if (!port)
                return;
        for (size_t i = 0; i < RAWPORT_CONNECTIONS; i++)
                if (port->connections[i].port)
                        connection_close(&port->connections[i], NULL);
        sd_event_source_disable_unref(port->io);
        if (port->fd >= 0)
                (void)close(port->fd);
        bytes_fini(&port->answer);
        free(port);
}
