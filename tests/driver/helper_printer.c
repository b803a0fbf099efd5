/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/driver/helper_printer.h"

static void fake_close(struct fake_printer *fake) {
        fake->reading = sd_event_source_disable_unref(fake->reading);
        if (fake->connection >= 0)
                assert_int_equal(close(fake->connection), 0);
        fake->connection = -1;
        fake->inside = false;
        bytes_clear(&fake->word);
}

void fake_printer_reset(struct fake_printer *fake) {
        const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

        assert_int_equal(setsockopt(fake->connection, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)),
                         0);
        fake_close(fake);
}

static void fake_answer(struct fake_printer *fake, const char *text) {
        if (!fake->silent)
                assert_int_equal(send(fake->connection, text, strlen(text), MSG_NOSIGNAL),
                                 strlen(text));
}

/* Zebra, ZPL II Programming Guide: ~HS, three strings. */
static void fake_answer_status(struct fake_printer *fake) {
        char text[256];

        fake->n_asked++;
        (void)snprintf(text, sizeof(text),
                       "\x02" "030,%d,0,1245,%03ld,0,0,%d,000,0,0,0\x03\r\n"
                       "\x02" "000,0,%d,0,0,2,4,0,%08d,1,000\x03\r\n"
                       "\x02" "1234,0\x03\r\n",
                       fake->paper_out, fake->n_held, fake->inside, fake->head_open, 0);
        fake_answer(fake, text);
}

static bool ends_with(const struct bytes *bytes, const char *word) {
        size_t len = strlen(word);

        return bytes->len >= len && memcmp(bytes->data + bytes->len - len, word, len) == 0;
}

static void fake_take_label(struct fake_printer *fake, char byte) {
        bytes_append_char(&fake->labels, byte);
        if (fake->reset_at > 0 && (long)fake->labels.len >= fake->reset_at) {
                fake->reset_at = 0;
                fake_printer_reset(fake);
        } else if (ends_with(&fake->labels, "^XZ")) {
                fake->inside = false;
                fake->n_labels++;
                fake->n_held += fake->holds;
        }
}

static void fake_take(struct fake_printer *fake, char byte) {
        if (fake->inside) {
                fake_take_label(fake, byte);
                return;
        }
        bytes_append_char(&fake->word, byte);
        if (ends_with(&fake->word, "^XA")) {
                bytes_append_str(&fake->labels, "^XA");
                fake->inside = true;
        } else if (ends_with(&fake->word, "~HS"))
                fake_answer_status(fake);
        else if (ends_with(&fake->word, "~HI"))
                fake_answer(fake, "\x02ZD421-203dpi,V93.21.15Z,8,8176KB,X\x03\r\n");
        else
                return;
        bytes_clear(&fake->word);
}

static int on_bytes(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct fake_printer *fake = userdata;
        char buffer[64 * 1024];
        ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

        (void)source;
        (void)events;
        if (n <= 0)
                fake_close(fake);
        for (ssize_t i = 0; i < n && fake->connection >= 0; i++)
                fake_take(fake, buffer[i]);
        return 0;
}

/* As real printers: one connection at a time, the others wait. */
static int on_connection(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct fake_printer *fake = userdata;

        (void)source;
        (void)events;
        if (fake->connection >= 0)
                return 0;
        fake->connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        assert_true(fake->connection >= 0);
        fake->n_connections++;
        assert_true(sd_event_add_io(fake->event, &fake->reading, fake->connection, EPOLLIN,
                                    on_bytes, fake) >= 0);
        fake_printer_hear(fake, !fake->deaf);
        return 0;
}

void fake_printer_hear(struct fake_printer *fake, bool hears) {
        fake->deaf = !hears;
        if (fake->reading)
                assert_true(sd_event_source_set_enabled(fake->reading,
                                                        hears ? SD_EVENT_ON : SD_EVENT_OFF) >= 0);
}

void fake_printer_release(struct fake_printer *fake) {
        fake->holds = false;
        fake->n_held = 0;
}

void fake_printer_init(struct fake_printer *fake, sd_event *event) {
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_addr = { htonl(INADDR_LOOPBACK) } };
        socklen_t len = sizeof(address);

        *fake = (struct fake_printer) { .event = event, .connection = -1 };
        fake->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_true(fake->listener >= 0);
        assert_int_equal(bind(fake->listener, (struct sockaddr *)&address, len), 0);
        assert_int_equal(getsockname(fake->listener, (struct sockaddr *)&address, &len), 0);
        (void)snprintf(fake->port, sizeof(fake->port), "tcp:127.0.0.1:%d", ntohs(address.sin_port));
}

void fake_printer_appear(struct fake_printer *fake) {
        assert_int_equal(listen(fake->listener, 8), 0);
        assert_true(sd_event_add_io(fake->event, &fake->accepting, fake->listener, EPOLLIN,
                                    on_connection, fake) >= 0);
}

void fake_printer_fini(struct fake_printer *fake) {
        fake_close(fake);
        fake->accepting = sd_event_source_disable_unref(fake->accepting);
        assert_int_equal(close(fake->listener), 0);
        bytes_fini(&fake->word);
        bytes_fini(&fake->labels);
}
