/* SPDX-License-Identifier: MIT */
#include "drivers/scanner/scanner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include "drivers/cure.h"
#include "drivers/scanner/port_watch.h"
#include "drivers/scanner/protocol.h"
#include "drivers/usb.h"

enum {
        SCANNER_PRIORITY = -10,
        SILENCE_PRIORITY = -9, /* after what came meanwhile: a late loop is no silence */
        READ_MAX = 2048,       /* a wake-up; longer than any HID report */
        REST_US = 1000,        /* after a full one: one that floods leaves the others a turn */
        OUTPUT_MAX = 4096,     /* bytes that wait for a scanner that does not take them */
};

struct scanner {
        struct scanner_config config;
        struct scanner_handler handler;
        void *userdata;
        sd_event *event;
        sd_event_source *first;
        enum scanner_state state;
        bool told; /* the first state has been told */
        char detail[160];
        struct port_watch watch;

        struct transport *transport;
        sd_event_source *io;
        sd_event_source *rest; /* one shot: io goes on */

        const struct protocol_ops *ops;
        void *protocol;         /* NULL: not attached */
        sd_event_source *timer; /* one shot, the protocol's */

        uint8_t output
                [OUTPUT_MAX]; /* of a serial line; of USB a few reports wait in the pipe, more are lost */
        size_t output_len;
};

const char *scanner_name(const struct scanner *scanner) {
        return scanner->config.name;
}

const char *scanner_port(const struct scanner *scanner) {
        return scanner->config.port;
}

enum scanner_state scanner_state(const struct scanner *scanner) {
        return scanner->state;
}

static void scanner_say(struct scanner *scanner, enum scanner_state state, const char *detail) {
        if (scanner->told && scanner->state == state && strcmp(scanner->detail, detail) == 0)
                return;
        scanner->told = true;
        scanner->state = state;
        (void)snprintf(scanner->detail, sizeof(scanner->detail), "%s", detail);
        scanner->handler.state(scanner->userdata, scanner, state, scanner->detail);
}

/* ---- the port --------------------------------------------------------------------------------- */

static const char serial_prefix[] = "serial:";

static bool is_usb(const struct scanner *scanner) {
        return usb_is_port(scanner->config.port);
}

/* The file whose folder tells of it; USB has none. */
static const char *scanner_path(const struct scanner *scanner) {
        return is_usb(scanner) ? "" : scanner->config.port + strlen(serial_prefix);
}

static bool is_absence(int error) {
        return error == -ENOENT || error == -ENODEV || error == -ENXIO || error == -EPIPE ||
               error == -EAGAIN;
}

/* What was half read is gone with its device. */
static void scanner_detach(struct scanner *scanner) {
        scanner->io = sd_event_source_disable_unref(scanner->io);
        (void)sd_event_source_set_enabled(scanner->rest, SD_EVENT_OFF);
        (void)sd_event_source_set_enabled(scanner->timer, SD_EVENT_OFF);
        transport_close(TAKE(scanner->transport));
        if (scanner->protocol)
                scanner->ops->free(TAKE(scanner->protocol));
        scanner->output_len = 0;
}

static void scanner_lose(struct scanner *scanner, enum scanner_state state, const char *why) {
        scanner_detach(scanner);
        scanner_say(scanner, state, why);
        port_watch_arm(&scanner->watch);
}

static void scanner_fail(struct scanner *scanner, int error) {
        scanner_lose(scanner, is_absence(error) ? SCANNER_ABSENT : SCANNER_FAULT,
                     port_cure(scanner->config.port, error));
        /* The same device will not speak otherwise, and each try takes it from the kernel's driver. */
        if (is_usb(scanner) && (error == -EINVAL || error == -ENOTSUP))
                port_watch_disarm(&scanner->watch);
}

/* ---- what the protocol asks ------------------------------------------------------------------- */

static void on_protocol_scan(void *ctx, struct slice data) {
        struct scanner *scanner = ctx;

        scanner->handler.scan(scanner->userdata, scanner, data);
}

static void on_protocol_refused(void *ctx, const char *reason) {
        struct scanner *scanner = ctx;

        scanner->handler.refused(scanner->userdata, scanner, reason);
}

static void scanner_want_write(struct scanner *scanner) {
        uint32_t events = scanner->output_len ? EPOLLIN | EPOLLOUT : EPOLLIN;

        (void)sd_event_source_set_io_events(scanner->io, events);
}

/* false: the device is gone. */
static bool scanner_flush(struct scanner *scanner) {
        while (scanner->output_len > 0) {
                int n = transport_write(scanner->transport, scanner->output, scanner->output_len);

                if (n == -EAGAIN)
                        break;
                if (n < 0)
                        return false;
                scanner->output_len -= (size_t)n;
                memmove(scanner->output, scanner->output + n, scanner->output_len);
        }
        return true;
}

/* A device that is gone is noticed by its next event; one that takes nothing loses it. */
static void on_protocol_send(void *ctx, struct slice bytes) {
        struct scanner *scanner = ctx;

        if (is_usb(scanner)) {
                (void)!transport_write(scanner->transport, bytes.bytes, bytes.len);
                return;
        }
        if (scanner->output_len + bytes.len > OUTPUT_MAX)
                return;
        memcpy(scanner->output + scanner->output_len, bytes.bytes, bytes.len);
        scanner->output_len += bytes.len;
        (void)scanner_flush(scanner);
        scanner_want_write(scanner);
}

static void on_protocol_wait(void *ctx, int ms) {
        struct scanner *scanner = ctx;

        if (ms > 0)
                (void)sd_event_source_set_time_relative(scanner->timer, (uint64_t)ms * 1000);
        (void)sd_event_source_set_enabled(scanner->timer, ms > 0 ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static void on_protocol_identity(void *ctx, const char *model, const char *firmware) {
        struct scanner *scanner = ctx;

        if (scanner->handler.identity)
                scanner->handler.identity(scanner->userdata, scanner, model, firmware);
}

static void on_protocol_foreign(void *ctx) {
        struct scanner *scanner = ctx;

        if (scanner->handler.foreign)
                scanner->handler.foreign(scanner->userdata, scanner);
}

static void on_protocol_trouble(void *ctx, const char *words) {
        scanner_say(ctx, SCANNER_READY, words ? words : "");
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        struct scanner *scanner = userdata;

        (void)source;
        (void)usec;
        if (scanner->protocol)
                scanner->ops->timer(scanner->protocol);
        return 0;
}

/* ---- attached --------------------------------------------------------------------------------- */

static void scanner_attach(struct scanner *scanner) {
        const struct protocol_host host = {
                scanner,          on_protocol_scan,     on_protocol_refused, on_protocol_send,
                on_protocol_wait, on_protocol_identity, on_protocol_trouble, on_protocol_foreign
        };
        int r = scanner->ops->new (scanner->config.profile,
                                   transport_descriptor(scanner->transport), &host,
                                   &scanner->protocol);

        if (r < 0) {
                scanner_fail(scanner, r);
                return;
        }
        (void)sd_event_source_set_io_events(scanner->io, EPOLLIN);
        port_watch_disarm(&scanner->watch);
        scanner_say(scanner, SCANNER_READY, "");
        scanner->ops->attached(scanner->protocol);
}

static int on_rest(sd_event_source *source, uint64_t usec, void *userdata) {
        struct scanner *scanner = userdata;

        (void)source;
        (void)usec;
        (void)sd_event_source_set_enabled(scanner->io, SD_EVENT_ON);
        return 0;
}

/* Ours come before all others, so a device that never ends would have the loop to itself. */
static void scanner_rest(struct scanner *scanner) {
        (void)sd_event_source_set_time_relative(scanner->rest, REST_US);
        (void)sd_event_source_set_enabled(scanner->rest, SD_EVENT_ONESHOT);
        (void)sd_event_source_set_enabled(scanner->io, SD_EVENT_OFF);
}

static void scanner_exchange(struct scanner *scanner, uint32_t events) {
        uint8_t buffer[READ_MAX];
        int n = -EAGAIN;

        if (events & EPOLLOUT && !scanner_flush(scanner)) {
                scanner_fail(scanner, -EPIPE);
                return;
        }
        if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                n = transport_read(scanner->transport, buffer, sizeof(buffer));
        if (n == -EPIPE || (n == -EAGAIN && events & (EPOLLHUP | EPOLLERR))) {
                scanner_fail(scanner, -EPIPE);
                return;
        }
        if (n > 0)
                scanner->ops->input(scanner->protocol, (struct slice) { buffer, (size_t)n });
        if (n == READ_MAX)
                scanner_rest(scanner);
        scanner_want_write(scanner);
}

static void scanner_connect(struct scanner *scanner) {
        int r = transport_connected(scanner->transport);

        if (r == 0)
                scanner_attach(scanner);
        else if (r != -EINPROGRESS)
                scanner_fail(scanner, r);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct scanner *scanner = userdata;

        (void)source;
        (void)fd;
        if (scanner->protocol)
                scanner_exchange(scanner, events);
        else
                scanner_connect(scanner);
        return 0;
}

static int scanner_listen(struct scanner *scanner) {
        uint32_t events = transport_connecting_events(scanner->transport);
        int r = sd_event_add_io(scanner->event, &scanner->io, transport_fd(scanner->transport),
                                events, on_io, scanner);

        if (r >= 0)
                r = sd_event_source_set_priority(scanner->io, SCANNER_PRIORITY);
        return r < 0 ? r : 0;
}

static int scanner_open_port(struct scanner *scanner) {
        const struct scanner_config *config = &scanner->config;
        const struct usb_options options = {
                .function = config->profile->protocol == PROTOCOL_HID_POS ? USB_POS : USB_KEYBOARD,
                .read = true,
                .reattach = true,
        };

        if (is_usb(scanner))
                return transport_open_usb(config->usb, config->port, &options, &scanner->transport);
        return transport_open(config->port, &config->profile->serial, &scanner->transport);
}

static void scanner_open(struct scanner *scanner) {
        int r;

        if (scanner->transport)
                return;
        r = scanner_open_port(scanner);
        if (r == 0)
                r = scanner_listen(scanner);
        if (r == 0)
                scanner_connect(scanner);
        else
                scanner_fail(scanner, r);
}

static void on_maybe(void *userdata) {
        struct scanner *scanner = userdata;

        scanner_open(scanner);
        if (!scanner->transport)
                port_watch_arm(&scanner->watch);
}

void scanner_look(struct scanner *scanner) {
        if (scanner->told)
                scanner_open(scanner);
}

/* ---- life ------------------------------------------------------------------------------------- */

static bool is_port(const struct scanner *scanner) {
        static const char absolute[] = "serial:/";

        return is_usb(scanner) || strncmp(scanner->config.port, absolute, strlen(absolute)) == 0;
}

static bool speaks_usb(const struct profile *profile) {
        return profile->protocol == PROTOCOL_HID_KEYBOARD || profile->protocol == PROTOCOL_HID_POS;
}

/* From the loop, so that the owner has its pointer before the first word. */
static int on_first(sd_event_source *source, void *userdata) {
        struct scanner *scanner = userdata;

        (void)source;
        if (!is_port(scanner)) /* no port ever comes under such a name */
                scanner_say(scanner, SCANNER_FAULT,
                            "port is not of the form serial:/dev/… or usb:1-1.2");
        else if (speaks_usb(scanner->config.profile) != is_usb(scanner))
                scanner_say(scanner, SCANNER_FAULT,
                            "its profile does not go with this kind of port: correct either");
        else
                scanner_open(scanner);
        return 0;
}

/* Off until it is wanted. */
static int scanner_timer(struct scanner *scanner, uint64_t accuracy_us, int64_t priority,
                         sd_event_time_handler_t handler, sd_event_source **ret) {
        int r = sd_event_add_time_relative(scanner->event, ret, CLOCK_MONOTONIC, REST_US,
                                           accuracy_us, handler, scanner);

        if (r >= 0)
                r = sd_event_source_set_priority(*ret, priority);
        if (r >= 0)
                r = sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
        return r < 0 ? r : 0;
}

static int scanner_sources(struct scanner *scanner) {
        int r = port_watch_init(&scanner->watch, scanner->event, scanner_path(scanner), on_maybe,
                                scanner);

        if (r == 0)
                r = scanner_timer(scanner, 1000, SILENCE_PRIORITY, on_timer, &scanner->timer);
        if (r == 0)
                r = scanner_timer(scanner, 1, SCANNER_PRIORITY, on_rest, &scanner->rest);
        if (r == 0)
                r = sd_event_add_defer(scanner->event, &scanner->first, on_first, scanner);
        return r < 0 ? r : 0;
}

int scanner_new(sd_event *event, const struct scanner_config *config,
                const struct scanner_handler *handler, void *userdata, struct scanner **ret) {
        const struct protocol_ops *ops = protocol_of(config->profile);
        struct scanner *scanner;
        int r;

        if (!ops)
                return -EINVAL;
        scanner = calloc(1, sizeof(*scanner));
        if (!scanner)
                return -ENOMEM;
        scanner->ops = ops;
        scanner->config = *config;
        scanner->handler = *handler;
        scanner->userdata = userdata;
        scanner->event = sd_event_ref(event);
        r = scanner_sources(scanner);
        if (r < 0) {
                scanner_free(scanner);
                return r;
        }
        *ret = scanner;
        return 0;
}

void scanner_free(struct scanner *scanner) {
        if (!scanner)
                return;
        scanner_detach(scanner);
        port_watch_fini(&scanner->watch);
        sd_event_source_disable_unref(scanner->first);
        sd_event_source_disable_unref(scanner->timer);
        sd_event_source_disable_unref(scanner->rest);
        sd_event_unref(scanner->event);
        free(scanner);
}

void scanner_send_feedback(struct scanner *scanner, enum scanner_feedback feedback) {
        if (scanner->protocol)
                scanner->ops->feedback(scanner->protocol, feedback);
}
