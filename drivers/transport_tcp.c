/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include "drivers/transport_own.h"

/* A printer that was switched off says nothing: unacknowledged bytes for so long end the
 * connection. */
enum {
        SILENT_PEER_MS = 20000,
        KEEPALIVE_IDLE_S = 10,
        UNSENT_MAX = 64 * 1024, /* else the kernel takes 4 MB for a printer that takes none */
};

struct host_port {
        char host[PATH_SIZE];
        char port[8];
};

/* "HOST:PORT", "[::1]:9100". */
static int split(const char *address, struct host_port *ret) {
        const char *colon = strrchr(address, ':');
        size_t len;

        if (!colon || colon == address || !colon[1] || strlen(colon + 1) >= sizeof(ret->port))
                return -EINVAL;
        if (strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
            strtoul(colon + 1, NULL, 10) > UINT16_MAX)
                return -EINVAL;
        len = (size_t)(colon - address);
        if (address[0] == '[' && address[len - 1] == ']') {
                address++;
                len -= 2;
        }
        if (len == 0 || len >= sizeof(ret->host))
                return -EINVAL;
        memcpy(ret->host, address, len);
        ret->host[len] = '\0';
        memcpy(ret->port, colon + 1, strlen(colon + 1) + 1);
        return 0;
}

static bool has_name(const struct hostent *entry, const char *name) {
        if (strcasecmp(entry->h_name, name) == 0)
                return true;
        for (char **alias = entry->h_aliases; *alias; alias++)
                if (strcasecmp(*alias, name) == 0)
                        return true;
        return false;
}

static bool find_in_hosts(const char *name, char ret_address[INET6_ADDRSTRLEN]) {
        struct hostent *entry;

        sethostent(1);
        do
                entry = gethostent();
        while (entry && !has_name(entry, name));
        endhostent();
        return entry &&
               inet_ntop(entry->h_addrtype, entry->h_addr_list[0], ret_address, INET6_ADDRSTRLEN);
}

/* Numbers, or a name out of /etc/hosts: a name server could keep the loop waiting. */
static int resolve(const struct host_port *where, struct addrinfo **ret) {
        struct addrinfo hints = {
                .ai_socktype = SOCK_STREAM,
                .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
        };
        char address[INET6_ADDRSTRLEN];
        int r = getaddrinfo(where->host, where->port, &hints, ret);

        if (r == EAI_NONAME && find_in_hosts(where->host, address))
                r = getaddrinfo(address, where->port, &hints, ret);
        if (r == EAI_MEMORY)
                return -ENOMEM;
        return r == 0 ? 0 : -EADDRNOTAVAIL;
}

static int set_options(int fd) {
        int on = 1, idle = KEEPALIVE_IDLE_S, silent = SILENT_PEER_MS, unsent = UNSENT_MAX;

        if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
            setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) < 0 ||
            setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle)) < 0 ||
            setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent)) < 0 ||
            setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent, sizeof(silent)) < 0)
                return -errno;
        return 0;
}

static int start(struct transport *ret, const struct addrinfo *address) {
        int r;

        ret->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (ret->fd < 0)
                return -errno;
        r = set_options(ret->fd);
        if (r < 0)
                return r;
        if (connect(ret->fd, address->ai_addr, address->ai_addrlen) < 0 && errno != EINPROGRESS)
                return -errno;
        ret->tcp = true;
        ret->connecting = true;
        return 0;
}

int transport_open_tcp(struct transport *ret, const char *address) {
        struct addrinfo *found = NULL;
        struct host_port where;
        int r = split(address, &where);

        if (r == 0)
                r = resolve(&where, &found);
        if (r == 0)
                r = start(ret, found);
        if (found)
                freeaddrinfo(found);
        return r;
}
