/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "agent/api_request.h"

enum { API_BACKLOG = 32, API_SOCKET_UMASK = 0117 /* what is left is 0660 */ };

static const char api_group[] = "tallyman";

static void close_fd(const int *fd) {
        if (*fd >= 0)
                close(*fd);
}

/* 0: nobody there, or a stale file that is gone now. */
static int clear_path(const struct sockaddr_un *address, struct bytes *ret_error) {
        CLEANUP(close_fd) int fd = -1;
        struct stat info;

        if (lstat(address->sun_path, &info) < 0)
                return 0; /* bind says what is wrong, if anything is */
        if (!S_ISSOCK(info.st_mode)) {
                bytes_appendf(
                        ret_error,
                        "%s exists and is not a socket; remove it, or set another [api] socket",
                        address->sun_path);
                return -EEXIST;
        }
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0) {
                bytes_appendf(ret_error, "cannot make a socket: %s", strerror(errno));
                return -errno;
        }
        if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
            errno == EAGAIN) {
                bytes_appendf(ret_error,
                              "another program answers on %s; is another tallyd running?",
                              address->sun_path);
                return -EADDRINUSE;
        }
        if (unlink(address->sun_path) < 0 && errno != ENOENT) {
                bytes_appendf(ret_error, "cannot remove the old socket %s: %s", address->sun_path,
                              strerror(errno));
                return -errno;
        }
        return 0;
}

/* Best effort: without the group, or as a user that is not in it, the socket is the user's own. */
static void give_to_group(const char *path) {
        struct group entry, *found = NULL;
        char buffer[4096];

        if (getgrnam_r(api_group, &entry, buffer, sizeof(buffer), &found) != 0 || !found)
                return;
        if (chown(path, (uid_t)-1, found->gr_gid) < 0)
                return;
}

static int bind_unix(int fd, const struct sockaddr_un *address, struct bytes *ret_error) {
        mode_t before = umask(API_SOCKET_UMASK);
        int r = bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;

        umask(before);
        if (r == 0) {
                give_to_group(address->sun_path);
                if (listen(fd, API_BACKLOG) < 0)
                        r = -errno;
        }
        if (r < 0)
                bytes_appendf(ret_error, "cannot make the socket %s: %s%s", address->sun_path,
                              strerror(-r),
                              r == -ENOENT ? "; make its directory, or set another [api] socket"
                                           : "");
        return r;
}

int api_listen_unix(const char *path, int *ret_fd, struct bytes *ret_error) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        CLEANUP(close_fd) int fd = -1;
        int r;

        if (str_copy(address.sun_path, sizeof(address.sun_path), path) < 0) {
                bytes_appendf(ret_error,
                              "[api] socket is longer than the %zu bytes that a socket's path may "
                              "have: %s",
                              sizeof(address.sun_path) - 1, path);
                return -ENAMETOOLONG;
        }
        r = clear_path(&address, ret_error);
        if (r < 0)
                return r;
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0) {
                bytes_appendf(ret_error, "cannot make a socket: %s", strerror(errno));
                return -errno;
        }
        r = bind_unix(fd, &address, ret_error);
        if (r < 0)
                return r;
        *ret_fd = fd;
        fd = -1;
        return 0;
}

static int bind_tcp(const struct addrinfo *address, int *ret_fd) {
        const int on = 1;
        int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        if (fd < 0)
                return -errno;
        /* A restart must not wait for the last connections' TIME_WAIT. */
        if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
            bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, API_BACKLOG) < 0) {
                int error = errno;

                close(fd);
                return -error;
        }
        *ret_fd = fd;
        return 0;
}

static void tcp_words(struct bytes *ret_error, const char *listen_text, const char *port,
                      int error) {
        if (error == -EADDRINUSE)
                bytes_appendf(
                        ret_error,
                        "port %s of [api] listen = %s is in use by another program; 'ss -ltnp "
                        "sport = :%s' names it; end it or set another port",
                        port, listen_text, port);
        else if (error == -EADDRNOTAVAIL)
                bytes_appendf(ret_error, "[api] listen = %s: this machine has no such address",
                              listen_text);
        else
                bytes_appendf(ret_error, "cannot listen on [api] listen = %s: %s", listen_text,
                              strerror(-error));
}

int api_listen_tcp(const char *text, int *ret_fd, struct bytes *ret_error) {
        const struct addrinfo hints = { .ai_family = AF_UNSPEC,
                                        .ai_socktype = SOCK_STREAM,
                                        .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
        struct addrinfo *address;
        char host[128], port[6];
        int r = api_listen_parse(text, host, sizeof(host), port);

        if (r < 0) {
                bytes_appendf(
                        ret_error,
                        "[api] listen = %s: must be ADDRESS:PORT, as 127.0.0.1:8420 or [::1]:8420",
                        text);
                return r;
        }
        r = getaddrinfo(host, port, &hints, &address);
        if (r != 0) {
                bytes_appendf(ret_error, "[api] listen = %s: %s", text, gai_strerror(r));
                return -EADDRNOTAVAIL;
        }
        r = bind_tcp(address, ret_fd);
        freeaddrinfo(address);
        if (r < 0)
                tcp_words(ret_error, text, port, r);
        return r;
}
