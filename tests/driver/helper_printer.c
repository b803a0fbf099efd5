/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
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
        fake->inside = fake->inside && fake->keeps_half;
        bytes_clear(&fake->word);
        bytes_clear(&fake->late);
}

void fake_printer_reset(struct fake_printer *fake) {
        const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

        assert_int_equal(setsockopt(fake->connection, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)),
                         0);
        fake_close(fake);
}

static void fake_send(struct fake_printer *fake, const void *data, size_t len) {
        ssize_t n = fake->slave < 0 ? send(fake->connection, data, len, MSG_NOSIGNAL)
                                    : write(fake->connection, data, len);

        assert_int_equal(n, len);
}

static void fake_answer(struct fake_printer *fake, const char *text) {
        if (fake->silent)
                return;
        if (fake->delays)
                bytes_append_str(&fake->late, text);
        else
                fake_send(fake, text, strlen(text));
}

void fake_printer_speak_once(struct fake_printer *fake) {
        static const char end[] = "1234,0\x03\r\n";
        const char *at = strstr(bytes_str(&fake->late), end);
        size_t len;

        assert_non_null(at);
        len = (size_t)(at - bytes_str(&fake->late)) + strlen(end);
        fake_send(fake, fake->late.data, len);
        fake->late.len -= len;
        memmove(fake->late.data, fake->late.data + len, fake->late.len);
}

void fake_printer_speak(struct fake_printer *fake) {
        fake->delays = false;
        if (fake->late.len > 0)
                fake_send(fake, fake->late.data, fake->late.len);
        bytes_clear(&fake->late);
}

/* Zebra, ZPL II Programming Guide: ~HS, three strings. */
static void fake_answer_status(struct fake_printer *fake) {
        char text[256];

        fake->n_asked++;
        if (fake->shy)
                return;
        (void)snprintf(text, sizeof(text),
                       "\x02"
                       "030,%d,%d,1245,%03ld,%d,0,%d,000,0,0,%d\x03\r\n"
                       "\x02"
                       "000,0,%d,%d,0,2,4,0,%08d,1,000\x03\r\n"
                       "\x02"
                       "1234,0\x03\r\n",
                       fake->paper_out, fake->paused, fake->n_held, fake->busy, fake->inside,
                       fake->hot, fake->head_open, fake->ribbon_out, 0);
        fake_answer(fake, text);
        if (fake->bye) {
                fake_answer(fake, text);
                fake->bye = false;
                fake_close(fake);
        }
}

static void fake_answer_errors(struct fake_printer *fake) {
        char text[128];

        (void)snprintf(text, sizeof(text),
                       "\x02\r\nPRINTER STATUS\r\nERRORS: %d 00000000 %08X\r\n"
                       "WARNINGS: 0 00000000 00000000\r\n\x03\r\n",
                       fake->errors != 0, fake->errors);
        if (fake->has_errors)
                fake_answer(fake, text);
}

static void fake_answer_count(struct fake_printer *fake) {
        char text[32] = "\"?\"";

        fake->n_asked_count++;
        if (fake->counts)
                (void)snprintf(text, sizeof(text), "\"%ld\"", fake->count);
        if (fake->counts || fake->knows_sgd)
                fake_answer(fake, text);
}

static bool ends_with(const struct bytes *bytes, const char *word) {
        size_t len = strlen(word);

        return bytes->len >= len && memcmp(bytes->data + bytes->len - len, word, len) == 0;
}

/* Guide: ~ commands run when they come, also within a format; ~JX drops it. */
static bool fake_take_control(struct fake_printer *fake) {
        bool asks = ends_with(&fake->labels, "~HS"), drops = ends_with(&fake->labels, "~JX");

        if (!fake->keeps_half || (!asks && !drops))
                return false;
        fake->labels.len = drops ? fake->half_at : fake->labels.len - 3;
        fake->inside = !drops;
        fake->n_dropped += drops;
        if (asks)
                fake_answer_status(fake);
        return true;
}

static void fake_take_label(struct fake_printer *fake, char byte) {
        bytes_append_char(&fake->labels, byte);
        if (fake_take_control(fake))
                return;
        if (fake->reset_at > 0 && (long)fake->labels.len >= fake->reset_at) {
                fake->reset_at = 0;
                fake_printer_reset(fake);
        } else if (ends_with(&fake->labels, "^XZ")) {
                fake->inside = false;
                fake->n_labels++;
                fake->n_held += fake->holds;
                if (!fake->holds && !fake->cancels)
                        fake->count += 1 + fake->repeats;
        }
}

static void fake_take(struct fake_printer *fake, char byte) {
        if (fake->inside) {
                fake_take_label(fake, byte);
                return;
        }
        bytes_append_char(&fake->word, byte);
        if (ends_with(&fake->word, "^XA")) {
                fake->half_at = fake->labels.len;
                bytes_append_str(&fake->labels, "^XA");
                fake->inside = true;
        } else if (ends_with(&fake->word, "~HS"))
                fake_answer_status(fake);
        else if (ends_with(&fake->word, "~HI"))
                fake_answer(fake, "\x02ZD421-203dpi,V93.21.15Z,8,8176KB,X\x03\r\n");
        else if (ends_with(&fake->word, "~HQES"))
                fake_answer_errors(fake);
        else if (ends_with(&fake->word, "getvar \"odometer.total_label_count\"\r\n"))
                fake_answer_count(fake);
        else
                return;
        bytes_clear(&fake->word);
}

static void fake_watch(struct fake_printer *fake);

static int on_bytes(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct fake_printer *fake = userdata;
        char buffer[64 * 1024];
        ssize_t n = read(fd, buffer, sizeof(buffer));

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
        fake_watch(fake);
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
        fake->count += fake->n_held;
        fake->n_held = 0;
}

void fake_printer_init(struct fake_printer *fake, sd_event *event) {
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_addr = { htonl(INADDR_LOOPBACK) } };
        socklen_t len = sizeof(address);

        *fake = (struct fake_printer) { .event = event, .connection = -1, .slave = -1 };
        fake->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_true(fake->listener >= 0);
        assert_int_equal(bind(fake->listener, (struct sockaddr *)&address, len), 0);
        assert_int_equal(getsockname(fake->listener, (struct sockaddr *)&address, &len), 0);
        (void)snprintf(fake->port, sizeof(fake->port), "tcp:127.0.0.1:%d", ntohs(address.sin_port));
}

void fake_printer_plug(struct fake_printer *fake) {
        char name[PATH_SIZE - 8];

        fake->connection = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        assert_true(fake->connection >= 0);
        assert_int_equal(grantpt(fake->connection), 0);
        assert_int_equal(unlockpt(fake->connection), 0);
        assert_int_equal(ptsname_r(fake->connection, name, sizeof(name)), 0);
        fake->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
        assert_true(fake->slave >= 0);
        (void)snprintf(fake->port, sizeof(fake->port), "serial:%s", name);
}

static void fake_watch(struct fake_printer *fake) {
        assert_true(sd_event_add_io(fake->event, &fake->reading, fake->connection, EPOLLIN,
                                    on_bytes, fake) >= 0);
        fake_printer_hear(fake, !fake->deaf);
}

void fake_printer_appear(struct fake_printer *fake) {
        if (fake->slave >= 0) {
                fake_watch(fake);
                return;
        }
        assert_int_equal(listen(fake->listener, 8), 0);
        assert_true(sd_event_add_io(fake->event, &fake->accepting, fake->listener, EPOLLIN,
                                    on_connection, fake) >= 0);
}

void fake_printer_disappear(struct fake_printer *fake) {
        fake_close(fake);
        fake->accepting = sd_event_source_disable_unref(fake->accepting);
        assert_int_equal(close(fake->listener), 0);
        fake->listener = -1;
}

void fake_printer_fini(struct fake_printer *fake) {
        fake_close(fake);
        if (fake->slave >= 0)
                assert_int_equal(close(fake->slave), 0);
        fake->accepting = sd_event_source_disable_unref(fake->accepting);
        if (fake->listener >= 0)
                assert_int_equal(close(fake->listener), 0);
        bytes_fini(&fake->word);
        bytes_fini(&fake->late);
        bytes_fini(&fake->labels);
}
