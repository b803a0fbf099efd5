/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "drivers/transport.h"

enum { PATIENCE_MS = 10000 };

/* A listener on a free port of this machine, and its port text. */
static int listener(char *ret_port, size_t size, const char *host) {
        struct sockaddr_in address = { .sin_family = AF_INET };
        socklen_t len = sizeof(address);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        assert_int_equal(listen(fd, 1), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
        (void)snprintf(ret_port, size, "tcp:%s:%d", host, ntohs(address.sin_port));
        return fd;
}

static void wait_for(int fd, short events) {
        struct pollfd poller = { .fd = fd, .events = events };

        assert_int_equal(poll(&poller, 1, PATIENCE_MS), 1);
}

static int connected(struct transport *transport) {
        wait_for(transport_fd(transport), POLLOUT);
        return transport_connected(transport);
}

static void tcp_carries_bytes_both_ways(void **state) {
        struct transport *transport;
        char port[64], buffer[16];
        int server = listener(port, sizeof(port), "127.0.0.1"), peer;

        (void)state;
        assert_int_equal(transport_open(port, &serial_9600_8n1, &transport), 0);
        assert_int_equal(connected(transport), 0);
        peer = accept4(server, NULL, NULL, SOCK_CLOEXEC);
        assert_true(peer >= 0);
        assert_int_equal(transport_read(transport, buffer, sizeof(buffer)), -EAGAIN);
        assert_int_equal(transport_write(transport, "~HS", 3), 3);
        assert_int_equal(read(peer, buffer, sizeof(buffer)), 3);
        assert_memory_equal(buffer, "~HS", 3);
        assert_int_equal(write(peer, "ok", 2), 2);
        wait_for(transport_fd(transport), POLLIN);
        assert_int_equal(transport_read(transport, buffer, sizeof(buffer)), 2);
        assert_int_equal(close(peer), 0);
        wait_for(transport_fd(transport), POLLIN);
        assert_int_equal(transport_read(transport, buffer, sizeof(buffer)), -EPIPE);
        transport_close(transport);
        assert_int_equal(close(server), 0);
}

static void a_peer_that_takes_nothing_is_not_waited_for(void **state) {
        static char label[1024 * 1024];
        struct transport *transport;
        char port[64];
        int server = listener(port, sizeof(port), "127.0.0.1"), n = 0;

        (void)state;
        assert_int_equal(transport_open(port, &serial_9600_8n1, &transport), 0);
        assert_int_equal(connected(transport), 0);
        for (int i = 0; i < 1000 && n >= 0; i++)
                n = transport_write(transport, label, sizeof(label));
        assert_int_equal(n, -EAGAIN);
        transport_close(transport);
        assert_int_equal(close(server), 0);
}

/* SIGPIPE would end the test. */
static void writing_to_a_closed_peer_is_an_answer_and_no_signal(void **state) {
        const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
        struct transport *transport;
        char port[64];
        int server = listener(port, sizeof(port), "127.0.0.1"), peer, n = 0;

        (void)state;
        assert_int_equal(transport_open(port, &serial_9600_8n1, &transport), 0);
        assert_int_equal(connected(transport), 0);
        peer = accept4(server, NULL, NULL, SOCK_CLOEXEC);
        assert_true(peer >= 0);
        assert_int_equal(setsockopt(peer, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
        assert_int_equal(close(peer), 0);
        wait_for(transport_fd(transport), POLLIN);
        for (int i = 0; i < 3; i++)
                n = transport_write(transport, "x", 1);
        assert_int_equal(n, -EPIPE);
        transport_close(transport);
        assert_int_equal(close(server), 0);
}

static void a_port_where_nobody_listens_says_so(void **state) {
        struct transport *transport;
        char port[64];

        (void)state;
        assert_int_equal(close(listener(port, sizeof(port), "127.0.0.1")), 0);
        assert_int_equal(transport_open(port, &serial_9600_8n1, &transport), 0);
        assert_int_equal(connected(transport), -ECONNREFUSED);
        transport_close(transport);
}

static void names_come_from_the_hosts_file(void **state) {
        struct transport *transport;
        char port[64];
        int server = listener(port, sizeof(port), "localhost");
        int r = transport_open(port, &serial_9600_8n1, &transport);

        (void)state;
        assert_int_equal(r, 0);
        transport_close(transport);
        assert_int_equal(close(server), 0);
}

static void what_is_no_port_text_is_refused(void **state) {
        static const struct {
                const char *port;
                int error;
        } rows[] = {
                { "", -EINVAL },
                { "serial:", -EINVAL },
                { "tcp:", -EINVAL },
                { "tcp:host", -EINVAL },
                { "tcp::9100", -EINVAL },
                { "tcp:10.0.0.9:", -EINVAL },
                { "tcp:10.0.0.9:91x0", -EINVAL },
                { "tcp:[]:9100", -EINVAL },
                { "tcp:10.0.0.9:910000000", -EINVAL },
                { "tcp:10.0.0.9:65536", -EINVAL },
                { "udp:10.0.0.9:9100", -EINVAL },
                { "tcp:no-such-host.invalid:9100", -EADDRNOTAVAIL },
                { "serial:/no/such/tty", -ENOENT },
                { "serial:/dev/null", -ENOTTY },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct transport *transport = NULL;
                int r = transport_open(rows[i].port, &serial_9600_8n1, &transport);

                if (r != rows[i].error)
                        fail_msg("%s: %d", rows[i].port, r);
        }
}

static void descriptors_do_not_leak_into_children(void **state) {
        struct transport *transport;
        char port[64];
        int server = listener(port, sizeof(port), "127.0.0.1");
        int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        char path[80];

        (void)state;
        assert_int_equal(transport_open(port, &serial_9600_8n1, &transport), 0);
        assert_true(fcntl(transport_fd(transport), F_GETFD) & FD_CLOEXEC);
        transport_close(transport);
        assert_int_equal(grantpt(master) + unlockpt(master), 0);
        (void)snprintf(path, sizeof(path), "serial:%s", ptsname(master));
        assert_int_equal(transport_open(path, &serial_9600_8n1, &transport), 0);
        assert_true(fcntl(transport_fd(transport), F_GETFD) & FD_CLOEXEC);
        assert_int_equal(transport_connected(transport), 0);
        transport_close(transport);
        assert_int_equal(close(master) + close(server), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(tcp_carries_bytes_both_ways),
                cmocka_unit_test(a_peer_that_takes_nothing_is_not_waited_for),
                cmocka_unit_test(writing_to_a_closed_peer_is_an_answer_and_no_signal),
                cmocka_unit_test(a_port_where_nobody_listens_says_so),
                cmocka_unit_test(names_come_from_the_hosts_file),
                cmocka_unit_test(what_is_no_port_text_is_refused),
                cmocka_unit_test(descriptors_do_not_leak_into_children),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
