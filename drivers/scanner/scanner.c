/* SPDX-License-Identifier: MIT */
#include "drivers/scanner/scanner.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>
#include "drivers/scanner/framer.h"

enum {
        SCANNER_PRIORITY = -10,
        SILENCE_PRIORITY = -9,      /* after what came meanwhile: a late loop is no silence */
        READ_MAX = 2048,            /* a wake-up */
        REST_US = 1000,             /* after a full one: one that floods leaves the others a turn */
        FEEDBACK_MAX = 4096,        /* bytes that wait for a scanner that does not take them */
        RETRY_US = 2 * 1000 * 1000, /* while absent: for what no directory tells of */
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

        struct transport *transport;
        sd_event_source *io;
        sd_event_source *rest; /* one shot: io goes on */
        struct framer framer;
        sd_event_source *silence; /* one shot: what waits for its end is over */

        uint8_t feedback[FEEDBACK_MAX];
        size_t feedback_len;

        sd_event_source *retry; /* one shot, only while absent */
        int watch_fd;           /* inotify on the folder of the port, only while absent */
        sd_event_source *watch;
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

/* ---- absent: wait for the port --------------------------------------------------------------- */

static void scanner_open(struct scanner *scanner);

static const char *scanner_path(const struct scanner *scanner) {
        return scanner->config.port + strlen("serial:");
}

static void scanner_unwatch(struct scanner *scanner) {
        scanner->watch = sd_event_source_disable_unref(scanner->watch);
        if (scanner->watch_fd >= 0)
                (void)close(scanner->watch_fd);
        scanner->watch_fd = -1;
}

static int on_folder(sd_event_source *source, int fd, uint32_t events, void *userdata);

/* The folder, or while it is not there (/dev/serial/by-id without a device) one above it. */
static int watch_folder(int fd, const char *path) {
        char folder[PATH_SIZE];
        char *slash;

        (void)snprintf(folder, sizeof(folder), "%s", path);
        while ((slash = strrchr(folder, '/')) != NULL) {
                *slash = '\0';
                if (inotify_add_watch(fd, folder[0] ? folder : "/",
                                      IN_CREATE | IN_MOVED_TO | IN_ATTRIB) >= 0)
                        return 0;
                if (errno != ENOENT && errno != ENOTDIR)
                        return -errno;
        }
        return -ENOENT;
}

/* Without it the timer has to do. */
static void scanner_watch(struct scanner *scanner) {
        if (scanner->watch_fd >= 0)
                return;
        scanner->watch_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (scanner->watch_fd < 0)
                return;
        if (watch_folder(scanner->watch_fd, scanner_path(scanner)) < 0 ||
            sd_event_add_io(scanner->event, &scanner->watch, scanner->watch_fd, EPOLLIN, on_folder,
                            scanner) < 0)
                scanner_unwatch(scanner);
}

/* What happened does not matter: opening tells. The folder may be another one now, so it is watched
 * afresh, and before the attempt, so that nothing comes between. */
static int on_folder(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct scanner *scanner = userdata;

        (void)source;
        (void)fd;
        (void)events;
        scanner_unwatch(scanner);
        scanner_watch(scanner);
        scanner_open(scanner);
        return 0;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source;
        (void)usec;
        scanner_open(userdata);
        return 0;
}

static void scanner_wait(struct scanner *scanner) {
        scanner_watch(scanner);
        (void)sd_event_source_set_time_relative(scanner->retry, RETRY_US);
        (void)sd_event_source_set_enabled(scanner->retry, SD_EVENT_ONESHOT);
}

static const char *cure_of(int error) {
        switch (-error) {
        case ENOENT:
        case ENODEV:
        case ENXIO:
                return "not there: plug it in, or correct port";
        case EACCES:
        case EPERM:
                return "permission denied: add the user to the group dialout";
        case EBUSY:
                return "another program has it open: stop that, or ModemManager";
        case ENOTTY:
                return "not a serial port: correct port";
        default:
                return strerror(-error);
        }
}

/* ---- silence --------------------------------------------------------------------------------- */

static int scanner_silence_ms(const struct scanner *scanner) {
        const struct profile *profile = scanner->config.profile;

        return profile->gap_ms ? profile->gap_ms : profile->rest_ms;
}

static int on_silence(sd_event_source *source, uint64_t usec, void *userdata) {
        struct scanner *scanner = userdata;
        bool told = scanner->framer.overlong; /* it has had its answer */
        struct slice frame = framer_end(&scanner->framer);

        (void)source;
        (void)usec;
        if (told || frame.len == 0)
                return 0;
        if (scanner->config.profile->gap_ms)
                scanner->handler.scan(scanner->userdata, scanner, frame);
        else
                scanner->handler.refused(scanner->userdata, scanner,
                                         "half a code came: scan it again");
        return 0;
}

static void scanner_arm_silence(struct scanner *scanner) {
        int ms = scanner_silence_ms(scanner);

        if (ms == 0 || !framer_has_rest(&scanner->framer)) {
                (void)sd_event_source_set_enabled(scanner->silence, SD_EVENT_OFF);
                return;
        }
        (void)sd_event_source_set_time_relative(scanner->silence, (uint64_t)ms * 1000);
        (void)sd_event_source_set_enabled(scanner->silence, SD_EVENT_ONESHOT);
}

/* ---- attached -------------------------------------------------------------------------------- */

/* What was half read is gone with its device. */
static void scanner_lose(struct scanner *scanner, const char *why) {
        scanner->io = sd_event_source_disable_unref(scanner->io);
        (void)sd_event_source_set_enabled(scanner->rest, SD_EVENT_OFF);
        transport_close(TAKE(scanner->transport));
        scanner->feedback_len = 0;
        (void)framer_end(&scanner->framer);
        (void)sd_event_source_set_enabled(scanner->silence, SD_EVENT_OFF);
        scanner_say(scanner, SCANNER_ABSENT, why);
        scanner_wait(scanner);
}

static void scanner_cut(struct scanner *scanner, struct slice bytes) {
        struct slice frame;

        for (;;)
                switch (framer_feed(&scanner->framer, &bytes, &frame)) {
                case FRAMER_FRAME:
                        scanner->handler.scan(scanner->userdata, scanner, frame);
                        break;
                case FRAMER_OVERLONG:
                        scanner->handler.refused(scanner->userdata, scanner,
                                                 "longer than any code: scan it again");
                        break;
                case FRAMER_MORE:
                        scanner_arm_silence(scanner);
                        return;
                }
}

static void scanner_want_write(struct scanner *scanner) {
        uint32_t events = scanner->feedback_len ? EPOLLIN | EPOLLOUT : EPOLLIN;

        (void)sd_event_source_set_io_events(scanner->io, events);
}

/* false: the device is gone. */
static bool scanner_flush(struct scanner *scanner) {
        while (scanner->feedback_len > 0) {
                int n = transport_write(scanner->transport, scanner->feedback,
                                        scanner->feedback_len);

                if (n == -EAGAIN)
                        break;
                if (n < 0)
                        return false;
                scanner->feedback_len -= (size_t)n;
                memmove(scanner->feedback, scanner->feedback + n, scanner->feedback_len);
        }
        return true;
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

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct scanner *scanner = userdata;
        uint8_t buffer[READ_MAX];
        int n = -EAGAIN;

        (void)source;
        (void)fd;
        if (events & EPOLLOUT && !scanner_flush(scanner)) {
                scanner_lose(scanner, "it went away");
                return 0;
        }
        if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                n = transport_read(scanner->transport, buffer, sizeof(buffer));
        if (n == -EPIPE || (n == -EAGAIN && events & (EPOLLHUP | EPOLLERR))) {
                scanner_lose(scanner, "it went away");
                return 0;
        }
        if (n > 0)
                scanner_cut(scanner, (struct slice) { buffer, (size_t)n });
        if (n == READ_MAX)
                scanner_rest(scanner);
        scanner_want_write(scanner);
        return 0;
}

static int scanner_attach(struct scanner *scanner) {
        int r = sd_event_add_io(scanner->event, &scanner->io, transport_fd(scanner->transport),
                                EPOLLIN, on_io, scanner);

        if (r >= 0)
                r = sd_event_source_set_priority(scanner->io, SCANNER_PRIORITY);
        return r < 0 ? r : 0;
}

static void scanner_open(struct scanner *scanner) {
        int r;

        if (scanner->transport)
                return;
        r = transport_open(scanner->config.port, &scanner->config.profile->serial,
                           &scanner->transport);
        if (r == 0)
                r = scanner_attach(scanner);
        if (r == 0) {
                scanner_unwatch(scanner);
                (void)sd_event_source_set_enabled(scanner->retry, SD_EVENT_OFF);
                scanner_say(scanner, SCANNER_READY, "");
                return;
        }
        scanner->io = sd_event_source_disable_unref(scanner->io);
        transport_close(TAKE(scanner->transport));
        scanner_say(scanner,
                    r == -ENOENT || r == -ENODEV || r == -ENXIO ? SCANNER_ABSENT : SCANNER_FAULT,
                    cure_of(r));
        scanner_wait(scanner);
}

/* From the loop, so that the owner has its pointer before the first word. */
static int on_first(sd_event_source *source, void *userdata) {
        struct scanner *scanner = userdata;

        (void)source;
        if (strncmp(scanner->config.port, "serial:/", strlen("serial:/")) == 0)
                scanner_open(scanner);
        else /* no port ever comes under such a name */
                scanner_say(scanner, SCANNER_FAULT, "port is not of the form serial:/dev/…");
        return 0;
}

/* Off until it is wanted. 0 would be an accuracy of 250 ms. */
static int scanner_timer(struct scanner *scanner, uint64_t accuracy_us, int64_t priority,
                         sd_event_time_handler_t handler, sd_event_source **ret) {
        int r = sd_event_add_time_relative(scanner->event, ret, CLOCK_MONOTONIC, RETRY_US,
                                           accuracy_us, handler, scanner);

        if (r >= 0)
                r = sd_event_source_set_priority(*ret, priority);
        if (r >= 0)
                r = sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
        return r < 0 ? r : 0;
}

static int scanner_timers(struct scanner *scanner) {
        int r = scanner_timer(scanner, RETRY_US / 8, 0, on_retry, &scanner->retry);

        if (r == 0)
                r = scanner_timer(scanner, 1000, SILENCE_PRIORITY, on_silence, &scanner->silence);
        if (r == 0)
                r = scanner_timer(scanner, 1, SCANNER_PRIORITY, on_rest, &scanner->rest);
        return r;
}

int scanner_new(sd_event *event, const struct scanner_config *config,
                const struct scanner_handler *handler, void *userdata, struct scanner **ret) {
        const struct profile *profile = config->profile;
        struct framer_rules rules = { profile->ends, profile->n_ends, profile->start };
        struct scanner *scanner = calloc(1, sizeof(*scanner));
        int r;

        if (!scanner)
                return -ENOMEM;
        scanner->config = *config;
        scanner->handler = *handler;
        scanner->userdata = userdata;
        scanner->event = sd_event_ref(event);
        scanner->watch_fd = -1;
        framer_init(&scanner->framer, &rules);
        r = scanner_timers(scanner);
        if (r == 0)
                r = sd_event_add_defer(event, &scanner->first, on_first, scanner);
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
        scanner_unwatch(scanner);
        scanner->io = sd_event_source_disable_unref(scanner->io);
        sd_event_source_disable_unref(scanner->first);
        sd_event_source_disable_unref(scanner->retry);
        sd_event_source_disable_unref(scanner->silence);
        sd_event_source_disable_unref(scanner->rest);
        transport_close(scanner->transport);
        sd_event_unref(scanner->event);
        free(scanner);
}

void scanner_send_feedback(struct scanner *scanner, enum scanner_feedback feedback) {
        const struct profile *profile = scanner->config.profile;
        const struct profile_bytes *const commands[] = {
                [SCANNER_GOOD] = &profile->good,
                [SCANNER_BAD] = &profile->bad,
                [SCANNER_ATTENTION] = &profile->attention,
        };
        const struct profile_bytes *command = commands[feedback];

        if (!scanner->transport || scanner->feedback_len + command->len > FEEDBACK_MAX)
                return;
        memcpy(scanner->feedback + scanner->feedback_len, command->bytes, command->len);
        scanner->feedback_len += command->len;
        /* A device that is gone is noticed by its next event. */
        (void)scanner_flush(scanner);
        scanner_want_write(scanner);
}
