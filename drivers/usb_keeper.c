/* SPDX-License-Identifier: MIT */
#include "drivers/usb_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
        HELD_MAX = 64,
        TRIES = 200, /* a parent that dies lets go of its interfaces one after the other: 2 s */
        TRY_NS = 10 * 1000 * 1000,
};

enum verb { VERB_HOLD, VERB_GIVE, VERB_FORGET };

struct message {
        uint8_t verb, interface;
        char node[USB_NODE_SIZE];
};

/* ---- the child: nothing but system calls, for its parent may have had a second thread ---------------- */

static struct message held[HELD_MAX];
static size_t n_held;

/* true: no driver can be asked for it any more, or one has it. */
static bool try_give(const struct message *what) {
        struct usbdevfs_getdriver driver = { .interface = what->interface };
        struct usbdevfs_ioctl connect = { .ifno = what->interface, .ioctl_code = USBDEVFS_CONNECT };
        int fd = open(what->node, O_RDWR | O_CLOEXEC), r;
        bool given;

        if (fd < 0)
                return true; /* unplugged */
        r = ioctl(fd, USBDEVFS_IOCTL, &connect);
        given = r >= 0 || errno == ENODEV || errno == ENOENT;
        /* EBUSY: a driver has it, or usbfs for a parent that is not quite dead. */
        if (!given && ioctl(fd, USBDEVFS_GETDRIVER, &driver) == 0)
                given = strcmp(driver.driver, "usbfs") != 0;
        (void)close(fd);
        return given;
}

static void give(const struct message *what) {
        const struct timespec nap = { .tv_nsec = TRY_NS };

        for (int i = 0; i < TRIES && !try_give(what); i++)
                (void)nanosleep(&nap, NULL);
}

static void forget(const struct message *what) {
        size_t n = 0;

        for (size_t i = 0; i < n_held; i++)
                if (held[i].interface != what->interface || strcmp(held[i].node, what->node) != 0)
                        held[n++] = held[i];
        n_held = n;
}

/* What was unplugged while nobody had it open was never forgotten. */
static void hold(const struct message *what) {
        for (size_t i = n_held; n_held == HELD_MAX && i > 0; i--)
                if (access(held[i - 1].node, F_OK) < 0)
                        held[i - 1] = held[--n_held];
        if (n_held < HELD_MAX)
                held[n_held++] = *what;
}

static void obey(const struct message *message) {
        forget(message);
        if (message->verb == VERB_HOLD)
                hold(message);
        if (message->verb != VERB_GIVE)
                return;
        give(message);
        (void)send(0, message, sizeof(*message), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* A stop of the service tells every process of it: the keeper ends by its parent alone. */
static void deafen(void) {
        static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE };

        for (size_t i = 0; i < ARRAY_LEN(signals); i++)
                (void)signal(signals[i], SIG_IGN);
}

/* Holds nothing of its parent's but the socket: not its database, its ports, nor its output. */
static void close_others(int fd) {
        if (dup2(fd, 0) < 0)
                _exit(EXIT_FAILURE);
        (void)close_range(1, ~0U, 0);
}

static void __attribute__((__noreturn__)) keep(int fd) {
        struct message message;
        ssize_t n;

        (void)prctl(PR_SET_NAME, "tallyd-keeper");
        deafen();
        close_others(fd);
        while ((n = recv(0, &message, sizeof(message), 0)) != 0)
                if (n == (ssize_t)sizeof(message))
                        obey(&message);
                else if (n < 0 && errno != EINTR)
                        break;
        for (size_t i = 0; i < n_held; i++)
                give(&held[i]);
        _exit(EXIT_SUCCESS);
}

/* ---- the parent -------------------------------------------------------------------------------------- */

int usb_keeper_init(struct usb_keeper *keeper) {
        int ends[2];

        *keeper = (struct usb_keeper) { .fd = -1, .pid = -1 };
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
                return -errno;
        keeper->pid = fork();
        if (keeper->pid == 0)
                keep(ends[1]);
        (void)close(ends[1]);
        if (keeper->pid < 0) {
                int error = errno;

                (void)close(ends[0]);
                return -error;
        }
        keeper->fd = ends[0];
        return 0;
}

void usb_keeper_fini(struct usb_keeper *keeper, int ms) {
        struct pollfd ended = { .events = POLLIN };

        if (keeper->fd < 0)
                return;
        (void)close(keeper->fd); /* it gives back what is left, and ends */
        keeper->fd = -1;
        ended.fd = pidfd_open(keeper->pid, 0);
        if (ended.fd >= 0) {
                (void)poll(&ended, 1, ms);
                (void)close(ended.fd);
        }
        (void)waitpid(keeper->pid, NULL, WNOHANG);
}

static int tell(struct usb_keeper *keeper, enum verb verb, const char *node, uint8_t interface) {
        struct message message = { .verb = (uint8_t)verb, .interface = interface };

        memcpy(message.node, node, strlen(node) + 1);
        if (keeper->fd < 0)
                return -EPIPE;
        if (send(keeper->fd, &message, sizeof(message), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
                return errno == EAGAIN ? -EBUSY : -EPIPE;
        return 0;
}

int usb_keeper_hold(struct usb_keeper *keeper, const char *node, uint8_t interface) {
        return tell(keeper, VERB_HOLD, node, interface);
}

int usb_keeper_drop(struct usb_keeper *keeper, const char *node, uint8_t interface, bool give) {
        return tell(keeper, give ? VERB_GIVE : VERB_FORGET, node, interface);
}

int usb_keeper_read(struct usb_keeper *keeper, char ret_node[USB_NODE_SIZE]) {
        struct message message;
        ssize_t n = recv(keeper->fd, &message, sizeof(message), MSG_DONTWAIT);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return -EAGAIN;
        if (n != (ssize_t)sizeof(message))
                return -EPIPE;
        memcpy(ret_node, message.node, sizeof(message.node));
        return 0;
}
