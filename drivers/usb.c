/* SPDX-License-Identifier: MIT */
#include "drivers/usb.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "base/log.h"
#include "drivers/transport_own.h"
#include "drivers/usb_own.h"
#include "drivers/usb_pipe.h"

enum {
        DRAIN_MS = 1000, /* for the kernel to hand back cancelled transfers */
        DRAIN_STEP_MS = 50,
        GIVE_BACK_MS = 3000, /* for drivers to be bound again */
        DEAD_KEEPER_MS = 100,
        REPORTS_ROOM = 1, /* bytes; the kernel makes some 4 KB of it: a handful of reports */
        LABEL_ROOM = 16 * 1024,
};

struct usb_source {
        struct usb_source *next;
        int fd;
        sd_event_source *io;
};

int usb_errno(int libusb_error) {
        switch (libusb_error) {
        case LIBUSB_ERROR_NO_DEVICE:
        case LIBUSB_ERROR_NOT_FOUND:
                return -ENODEV;
        case LIBUSB_ERROR_ACCESS:
                return -EACCES;
        case LIBUSB_ERROR_BUSY:
                return -EBUSY;
        case LIBUSB_ERROR_NO_MEM:
                return -ENOMEM;
        case LIBUSB_ERROR_NOT_SUPPORTED:
                return -ENOTSUP;
        case LIBUSB_ERROR_TIMEOUT:
                return -ETIMEDOUT;
        default:
                return -EIO;
        }
}

/* ---- libusb on the loop ---------------------------------------------------------------------------------- */

/* Whatever it is about, libusb finds out itself. What may not be closed inside its callbacks is closed after. */
static void handle(struct usb *usb, int wait_ms) {
        struct timeval wait = { .tv_usec = wait_ms * 1000 };

        (void)libusb_handle_events_timeout_completed(usb->libusb, &wait, NULL);
        usb_pipe_reap(usb);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        (void)source;
        (void)fd;
        (void)events;
        handle(userdata, 0);
        return 0;
}

static void source_free(struct usb_source *source) {
        sd_event_source_disable_unref(source->io);
        free(source);
}

static void on_fd_removed(int fd, void *userdata) {
        struct usb *usb = userdata;

        for (struct usb_source **at = &usb->sources; *at; at = &(*at)->next)
                if ((*at)->fd == fd) {
                        struct usb_source *gone = *at;

                        *at = gone->next;
                        source_free(gone);
                        return;
                }
}

/* poll's POLLIN and POLLOUT are epoll's. Without memory the device stays silent, and is closed by its driver. */
static void on_fd_added(int fd, short events, void *userdata) {
        struct usb *usb = userdata;
        struct usb_source *source;

        on_fd_removed(fd, usb);
        source = calloc(1, sizeof(*source));
        if (!source)
                return;
        source->fd = fd;
        if (sd_event_add_io(usb->event, &source->io, fd, (uint32_t)events, on_io, usb) < 0) {
                free(source);
                return;
        }
        (void)sd_event_source_set_priority(source->io, USB_PRIORITY);
        source->next = usb->sources;
        usb->sources = source;
}

static int start_libusb(struct usb *usb) {
        const struct libusb_pollfd **fds;
        int r = libusb_set_option(NULL, LIBUSB_OPTION_NO_DEVICE_DISCOVERY);

        if (r == LIBUSB_SUCCESS)
                r = libusb_init(&usb->libusb);
        if (r < 0)
                return usb_errno(r);
        fds = libusb_get_pollfds(usb->libusb);
        if (!fds)
                return -ENOMEM;
        for (size_t i = 0; fds[i]; i++)
                on_fd_added(fds[i]->fd, fds[i]->events, usb);
        libusb_free_pollfds(fds);
        libusb_set_pollfd_notifiers(usb->libusb, on_fd_added, on_fd_removed, usb);
        return 0;
}

/* ---- the keeper -------------------------------------------------------------------------------------------- */

static void forget_giving(struct usb *usb, const char *node) {
        for (size_t i = 0; i < USB_GIVING_MAX; i++)
                if (strcmp(usb->giving[i], node) == 0)
                        usb->giving[i][0] = '\0';
}

bool usb_is_giving(const struct usb *usb, const char *node) {
        for (size_t i = 0; i < USB_GIVING_MAX; i++)
                if (strcmp(usb->giving[i], node) == 0)
                        return true;
        return false;
}

static int restart_keeper(struct usb *usb);

static int on_keeper(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct usb *usb = userdata;
        char node[USB_NODE_SIZE];
        int r;

        (void)source;
        (void)fd;
        (void)events;
        while ((r = usb_keeper_read(&usb->keeper, node)) == 0)
                forget_giving(usb, node);
        if (r == -EPIPE && restart_keeper(usb) < 0)
                log_error(
                        "usb: keyboards are not given back when this program dies: no keeper runs");
        return 0;
}

/* Somebody killed it, or it is the first one. */
static int restart_keeper(struct usb *usb) {
        int r;

        usb->keeper_io = sd_event_source_disable_unref(usb->keeper_io);
        usb_keeper_fini(&usb->keeper, DEAD_KEEPER_MS);
        memset(usb->giving, 0, sizeof(usb->giving));
        r = usb_keeper_init(&usb->keeper);
        for (struct usb_pipe *pipe = usb->pipes; r == 0 && pipe; pipe = pipe->next)
                if (pipe->claim.held)
                        r = usb_keeper_hold(&usb->keeper, pipe->claim.node, pipe->claim.interface);
        if (r == 0)
                r = sd_event_add_io(usb->event, &usb->keeper_io, usb->keeper.fd, EPOLLIN, on_keeper,
                                    usb);
        return r < 0 ? r : 0;
}

int usb_hold(struct usb *usb, const char *node, uint8_t interface) {
        int r = usb_keeper_hold(&usb->keeper, node, interface);

        if (r != -EPIPE)
                return r;
        r = restart_keeper(usb);
        return r == 0 ? usb_keeper_hold(&usb->keeper, node, interface) : r;
}

void usb_drop(struct usb *usb, const char *node, uint8_t interface, bool give) {
        size_t at = 0;

        if (usb_keeper_drop(&usb->keeper, node, interface, give) < 0 || !give)
                return;
        while (at < USB_GIVING_MAX - 1 && usb->giving[at][0])
                at++;
        memcpy(usb->giving[at], node, strlen(node) + 1);
}

int usb_give(struct usb *usb, const char *port, uint8_t interface) {
        char node[USB_NODE_SIZE];
        int r = usb_is_port(port) ? usb_find_node(port + strlen("usb:"), node) : -EINVAL;

        if (r == 0)
                r = usb_hold(usb, node, interface);
        if (r == 0)
                usb_drop(usb, node, interface, true);
        return r;
}

/* ---- life ---------------------------------------------------------------------------------------------------- */

int usb_new(sd_event *event, struct usb **ret) {
        struct usb *usb = calloc(1, sizeof(*usb));
        int r;

        if (!usb)
                return -ENOMEM;
        usb->event = sd_event_ref(event);
        usb->keeper = (struct usb_keeper) { .fd = -1, .pid = -1 };
        r = start_libusb(usb);
        if (r < 0) {
                usb_free(usb);
                return r;
        }
        *ret = usb;
        return 0;
}

void usb_free(struct usb *usb) {
        if (!usb)
                return;
        for (int ms = 0; usb->pipes && ms < DRAIN_MS; ms += DRAIN_STEP_MS)
                handle(usb, DRAIN_STEP_MS);
        usb->keeper_io = sd_event_source_disable_unref(usb->keeper_io);
        usb_keeper_fini(&usb->keeper, GIVE_BACK_MS);
        while (usb->sources)
                on_fd_removed(usb->sources->fd, usb);
        sd_event_unref(usb->event);
        /* A transfer that the kernel has not handed back still writes into its pipe: then all of it stays. */
        if (usb->pipes)
                return;
        if (usb->libusb)
                libusb_exit(usb->libusb);
        free(usb);
}

bool usb_is_port(const char *port) {
        return strncmp(port, "usb:", strlen("usb:")) == 0;
}

/* ---- a transport ------------------------------------------------------------------------------------------- */

/* What waits in the socket is neither a beep in time nor a label that the printer has. */
static void limit_room(int fd, int bytes) {
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

int transport_open_usb(struct usb *usb, const char *port, const struct usb_options *options,
                       struct transport **ret) {
        struct transport *transport;
        int ends[2], r;

        if (!usb_is_port(port))
                return -EINVAL;
        transport = calloc(1, sizeof(*transport));
        if (!transport)
                return -ENOMEM;
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) {
                r = -errno;
                free(transport);
                return r;
        }
        limit_room(ends[0], options->function == USB_PRINTER ? LABEL_ROOM : REPORTS_ROOM);
        r = usb_pipe_new(usb, port + strlen("usb:"), options, ends[1], &transport->usb);
        if (r < 0) {
                (void)close(ends[0]);
                (void)close(ends[1]);
                free(transport);
                return r;
        }
        transport->fd = ends[0];
        transport->connecting = true;
        *ret = transport;
        return 0;
}
