/* SPDX-License-Identifier: MIT */

/*
 * vscanner: a serial barcode scanner without the scanner. Makes a pty, puts a link to it where
 * tallyd looks, sends what it reads on standard input as scans, and prints the feedback it gets.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "tests/virtual/vscanner.h"

static volatile sig_atomic_t ending;

static void on_signal(int number) {
        (void)number;
        ending = 1;
}

bool is_ending(void) {
        return ending;
}

/* ---- the pty --------------------------------------------------------------------------------- */

static int make_pty(struct vscanner *scanner, const char *path) {
        struct termios settings;
        char name[PATH_SIZE];

        scanner->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (scanner->master < 0 || grantpt(scanner->master) < 0 || unlockpt(scanner->master) < 0 ||
            ptsname_r(scanner->master, name, sizeof(name)) != 0)
                return -errno;
        scanner->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (scanner->slave < 0 || tcgetattr(scanner->slave, &settings) < 0)
                return -errno;
        cfmakeraw(&settings);
        if (tcsetattr(scanner->slave, TCSANOW, &settings) < 0)
                return -errno;
        if (unlink(path) < 0 && errno != ENOENT)
                return -errno;
        return symlink(name, path) < 0 ? -errno : 0;
}

int send_bytes(struct vscanner *scanner, const void *bytes, size_t len) {
        const char *from = bytes;

        while (len > 0) {
                ssize_t n = write(scanner->master, from, len);

                if (n < 0 && errno == EINTR && !ending)
                        continue;
                if (n < 0)
                        return -errno;
                from += n;
                len -= (size_t)n;
        }
        return 0;
}

/* ---- feedback -------------------------------------------------------------------------------- */

int64_t now_us(void) {
        struct timespec now = { 0 };

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void print_json(const char *code, const char *word, int64_t us) {
        printf("{\"scan\":\"");
        for (const unsigned char *c = (const unsigned char *)code; *c; c++)
                if (*c == '"' || *c == '\\')
                        printf("\\%c", *c);
                else if (*c < 0x20)
                        printf("\\u%04x", *c);
                else
                        putchar(*c);
        printf("\",\"feedback\":\"%s\",\"ms\":%.2f}\n", word, (double)us / 1000);
}

void tell(const struct vscanner *scanner, const char *code, const char *word, int64_t us) {
        if (scanner->quiet)
                return;
        if (scanner->json)
                print_json(code, word, us);
        else
                printf("%s %s\n", word, code);
        (void)fflush(stdout);
}

void answered(struct vscanner *scanner, const char *word) {
        struct sent *sent = &scanner->sent[scanner->first];

        tell(scanner, sent->code, word, now_us() - sent->at_us);
        free(sent->code);
        scanner->first = (scanner->first + 1) % WINDOW_MAX;
        scanner->n--;
}

static const char *word_of(char byte) {
        switch (byte) {
        case 0x06:
                return "good";
        case 0x15:
                return "bad";
        case 0x07:
                return "attention";
        default:
                return "unknown";
        }
}

/* What answers no scan (too late, or for !raw) must not be taken for the next one's. */
static void hear_unasked(struct vscanner *scanner) {
        struct pollfd fd = { .fd = scanner->master, .events = POLLIN };
        char bytes[256];
        ssize_t n;

        if (scanner->decoder.on) {
                decoder_hear(scanner, 0);
                return;
        }
        while (poll(&fd, 1, 0) == 1 && (n = read(scanner->master, bytes, sizeof(bytes))) > 0)
                for (ssize_t i = 0; i < n; i++)
                        tell(scanner, "!unasked", word_of(bytes[i]), 0);
}

/* One byte is one scan's. */
static void hear_bytes(struct vscanner *scanner, int64_t until_us) {
        struct pollfd fd = { .fd = scanner->master, .events = POLLIN };
        char bytes[256];
        ssize_t n;

        if (poll(&fd, 1, (int)((until_us - now_us()) / 1000) + 1) <= 0)
                return;
        n = read(scanner->master, bytes, sizeof(bytes));
        for (ssize_t i = 0; i < n && scanner->n > 0; i++)
                answered(scanner, word_of(bytes[i]));
}

/* Waits until at most @left scans are without an answer. */
static void wait_feedback(struct vscanner *scanner, size_t left) {
        while (scanner->n > left && !ending) {
                int64_t until = scanner->sent[scanner->first].at_us + scanner->timeout_ms * 1000LL;

                if (until <= now_us())
                        answered(scanner, "silent");
                else if (scanner->decoder.on)
                        decoder_hear(scanner, until);
                else
                        hear_bytes(scanner, until);
        }
}

/* ---- the script ------------------------------------------------------------------------------ */

static int unhex(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* In place; what is no escape stays as it is. */
static size_t unescape(char *text) {
        char *to = text;

        for (char *from = text; *from; from++) {
                if (from[0] != '\\' || !from[1]) {
                        *to++ = *from;
                        continue;
                }
                from++;
                if (*from == 'x' && unhex(from[1]) >= 0 && unhex(from[2]) >= 0) {
                        *to++ = (char)(unhex(from[1]) * 16 + unhex(from[2]));
                        from += 2;
                } else
                        *to++ = (char)(*from == 'r'   ? '\r'
                                       : *from == 'n' ? '\n'
                                       : *from == 't' ? '\t'
                                                      : *from);
        }
        *to = '\0';
        return (size_t)(to - text);
}

static int scan(struct vscanner *scanner, char *line) {
        struct sent *sent = &scanner->sent[(scanner->first + scanner->n) % WINDOW_MAX];
        size_t len;
        int r;

        if (scanner->n == 0)
                hear_unasked(scanner);
        sent->code = strdup(line);
        if (!sent->code)
                return -ENOMEM;
        len = unescape(line);
        sent->at_us = now_us();
        scanner->n++;
        if (scanner->decoder.on) {
                r = decoder_scan(scanner, (const uint8_t *)line, len);
        } else {
                line[len++] = '\r';
                r = send_bytes(scanner, line, len);
        }
        if (r == -ETIMEDOUT) {
                wait_feedback(scanner, 1);
                answered(scanner, "unsent");
                r = 0;
        }
        if (r == 0)
                wait_feedback(scanner, (size_t)scanner->window - 1);
        return r;
}

static void pass(struct vscanner *scanner, int ms) {
        int64_t until = now_us() + ms * 1000LL;

        if (!scanner->decoder.on)
                (void)usleep((useconds_t)ms * 1000);
        while (scanner->decoder.on && !ending && now_us() < until)
                decoder_hear(scanner, until);
}

static void wait_set_up(struct vscanner *scanner) {
        int64_t until = now_us() + scanner->timeout_ms * 1000LL;

        while (!scanner->decoder.packeted && !ending && now_us() < until)
                decoder_hear(scanner, until);
}

static int command(struct vscanner *scanner, char *line) {
        if (strncmp(line, "!sleep ", 7) == 0) {
                wait_feedback(scanner, 0);
                pass(scanner, atoi(line + 7));
                hear_unasked(scanner);
                return 0;
        }
        if (strncmp(line, "!raw ", 5) == 0) {
                size_t len = unescape(line + 5);

                return send_bytes(scanner, line + 5, len);
        }
        if (strcmp(line, "!ready") == 0 && scanner->decoder.on) {
                wait_set_up(scanner);
                return 0;
        }
        if (strcmp(line, "!reset") == 0 && scanner->decoder.on) {
                wait_feedback(scanner, 0);
                decoder_reset(scanner);
                return 0;
        }
        if (strcmp(line, "!quit") == 0) {
                ending = 1;
                return 0;
        }
        return scan(scanner, line);
}

/* A decoder hears the host also while nothing is scanned. */
static void wait_script(struct vscanner *scanner) {
        struct pollfd fds[] = {
                { .fd = STDIN_FILENO, .events = POLLIN },
                { .fd = scanner->master, .events = POLLIN },
        };

        while (scanner->decoder.on && !ending && poll(fds, 2, -1) > 0 && !fds[0].revents)
                decoder_hear(scanner, 0);
}

/* The next line without its end, or NULL. */
static char *next_line(struct vscanner *scanner) {
        static char buffer[LINE_SIZE + 2];
        static size_t start, len;

        for (;;) {
                char *end = memchr(buffer + start, '\n', len - start);
                ssize_t n;

                if (end) {
                        char *line = buffer + start;

                        *end = '\0';
                        start = (size_t)(end - buffer) + 1;
                        line[strcspn(line, "\r")] = '\0';
                        return line;
                }
                len -= start;
                memmove(buffer, buffer + start, len);
                start = 0;
                wait_script(scanner);
                n = ending || len == LINE_SIZE ? 0
                                               : read(STDIN_FILENO, buffer + len, LINE_SIZE - len);
                if (n > 0)
                        len += (size_t)n;
                else if (len == 0 || ending)
                        return NULL;
                else
                        buffer[len++] = '\n'; /* the last line has none, or it is too long */
        }
}

static int run(struct vscanner *scanner) {
        char *line;
        int r = 0;

        while (r == 0 && !ending && (line = next_line(scanner)))
                if (line[0])
                        r = command(scanner, line);
        if (r == 0)
                wait_feedback(scanner, 0);
        if (r < 0)
                (void)fprintf(stderr, "vscanner: %s\n", strerror(-r));
        return r < 0 ? 1 : 0;
}

int main(int argc, char **argv) {
        static struct vscanner scanner = {
                .timeout_ms = 5000,
                .window = 1,
                .decoder = { .deny = -1,
                             .response_ms = 2000,
                             .beeps = { 0x00, 0x06, 0x01 },
                             .revision = "VSCANNER-001 N 0 1" },
        };
        struct sigaction action = { .sa_handler = on_signal };
        const char *path;
        int r;

        if (options(argc, argv, &scanner) < 0 || !scanner.link)
                return usage();
        path = scanner.link;
        (void)sigaction(SIGTERM, &action, NULL);
        (void)sigaction(SIGINT, &action, NULL);
        r = make_pty(&scanner, path);
        if (r < 0) {
                (void)fprintf(stderr, "vscanner: %s: %s\n", path, strerror(-r));
                return 1;
        }
        r = run(&scanner);
        (void)unlink(path);
        return r;
}
