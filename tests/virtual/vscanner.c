/* SPDX-License-Identifier: MIT */

/*
 * vscanner: a serial barcode scanner without the scanner. Makes a pty, puts a link to it where
 * tallyd looks, sends what it reads on standard input as scans, and prints the feedback it gets.
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "base/def.h"

enum { LINE_SIZE = 64 * 1024, WINDOW_MAX = 4096 };

static const char help[] =
        "Usage: vscanner --link PATH [--timeout-ms N] [--window N] [--json] [--quiet]\n"
        "\n"
        "Lines of standard input are scans; CR is added. Escapes: \\r \\n \\t \\x1d \\\\\n"
        "  !sleep MS   wait\n"
        "  !raw TEXT   send exactly this; what answers it is printed as !unasked\n"
        "  !quit       end\n"
        "\n"
        "For each scan a line is printed: good, bad, attention or silent, and the code.\n"
        "  --link PATH      where tallyd's port points: port = serial:PATH\n"
        "  --timeout-ms N   how long a feedback may take, default 5000\n"
        "  --window N       scans under way at a time, default 1\n"
        "  --json           lines of {\"scan\",\"feedback\",\"ms\"}\n"
        "  --quiet          print nothing\n";

struct sent {
        char *code;
        int64_t at_us;
};

struct vscanner {
        const char *link;
        int timeout_ms, window;
        bool json, quiet;
        int master, slave; /* our own slave end keeps the master alive while nobody listens */
        struct sent sent[WINDOW_MAX];
        size_t first, n;
};

static volatile sig_atomic_t ending;

static void on_signal(int number) {
        (void)number;
        ending = 1;
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

static int send_bytes(struct vscanner *scanner, const char *bytes, size_t len) {
        while (len > 0) {
                ssize_t n = write(scanner->master, bytes, len);

                if (n < 0 && errno == EINTR && !ending)
                        continue;
                if (n < 0)
                        return -errno;
                bytes += n;
                len -= (size_t)n;
        }
        return 0;
}

/* ---- feedback -------------------------------------------------------------------------------- */

static int64_t now_us(void) {
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

static void tell(const struct vscanner *scanner, const char *code, const char *word, int64_t us) {
        if (scanner->quiet)
                return;
        if (scanner->json)
                print_json(code, word, us);
        else
                printf("%s %s\n", word, code);
        (void)fflush(stdout);
}

static void answered(struct vscanner *scanner, const char *word) {
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

        while (poll(&fd, 1, 0) == 1 && (n = read(scanner->master, bytes, sizeof(bytes))) > 0)
                for (ssize_t i = 0; i < n; i++)
                        tell(scanner, "!unasked", word_of(bytes[i]), 0);
}

/* Waits until at most @left scans are without an answer. */
static void wait_feedback(struct vscanner *scanner, size_t left) {
        while (scanner->n > left && !ending) {
                struct pollfd fd = { .fd = scanner->master, .events = POLLIN };
                int64_t until = scanner->sent[scanner->first].at_us + scanner->timeout_ms * 1000LL;
                int64_t rest = until - now_us();
                char bytes[256];
                ssize_t n;

                if (rest <= 0) {
                        answered(scanner, "silent");
                        continue;
                }
                if (poll(&fd, 1, (int)(rest / 1000) + 1) <= 0)
                        continue;
                n = read(scanner->master, bytes, sizeof(bytes));
                for (ssize_t i = 0; i < n && scanner->n > 0; i++)
                        answered(scanner, word_of(bytes[i]));
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
        line[len++] = '\r';
        sent->at_us = now_us();
        scanner->n++;
        r = send_bytes(scanner, line, len);
        if (r == 0)
                wait_feedback(scanner, (size_t)scanner->window - 1);
        return r;
}

static int command(struct vscanner *scanner, char *line) {
        if (strncmp(line, "!sleep ", 7) == 0) {
                wait_feedback(scanner, 0);
                (void)usleep((useconds_t)atoi(line + 7) * 1000);
                hear_unasked(scanner);
                return 0;
        }
        if (strncmp(line, "!raw ", 5) == 0) {
                size_t len = unescape(line + 5);

                return send_bytes(scanner, line + 5, len);
        }
        if (strcmp(line, "!quit") == 0) {
                ending = 1;
                return 0;
        }
        return scan(scanner, line);
}

static int run(struct vscanner *scanner) {
        static char line[LINE_SIZE + 2];
        int r = 0;

        while (r == 0 && !ending && fgets(line, LINE_SIZE, stdin)) {
                line[strcspn(line, "\r\n")] = '\0';
                if (line[0])
                        r = command(scanner, line);
        }
        if (r == 0)
                wait_feedback(scanner, 0);
        if (r < 0)
                (void)fprintf(stderr, "vscanner: %s\n", strerror(-r));
        return r < 0 ? 1 : 0;
}

static int usage(void) {
        fputs(help, stderr);
        return 2;
}

static int number(const char *text, int max, int *ret) {
        char *end;
        long value = strtol(text, &end, 10);

        if (*end || end == text || value < 1 || value > max)
                return -EINVAL;
        *ret = (int)value;
        return 0;
}

static int options(int argc, char **argv, struct vscanner *scanner) {
        static const struct option rows[] = {
                { "link", required_argument, NULL, 'l' },
                { "timeout-ms", required_argument, NULL, 't' },
                { "window", required_argument, NULL, 'w' },
                { "json", no_argument, NULL, 'j' },
                { "quiet", no_argument, NULL, 'q' },
                { NULL, 0, NULL, 0 },
        };
        int c;

        while ((c = getopt_long(argc, argv, "", rows, NULL)) >= 0) {
                int r = 0;

                if (c == 'l')
                        scanner->link = optarg;
                else if (c == 't')
                        r = number(optarg, 3600000, &scanner->timeout_ms);
                else if (c == 'w')
                        r = number(optarg, WINDOW_MAX, &scanner->window);
                else if (c == 'j')
                        scanner->json = true;
                else if (c == 'q')
                        scanner->quiet = true;
                else
                        r = -EINVAL;
                if (r < 0)
                        return r;
        }
        return optind == argc ? 0 : -EINVAL;
}

int main(int argc, char **argv) {
        static struct vscanner scanner = { .timeout_ms = 5000, .window = 1 };
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
