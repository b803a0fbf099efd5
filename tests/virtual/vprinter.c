/* SPDX-License-Identifier: MIT */

/*
 * vprinter: a ZPL label printer without the printer. Listens on TCP, or stands at a pty, keeps each label
 * as a file, answers ~HS, ~HI, ~HQES and its count of labels, and has every fault on demand.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/clock.h"

enum {
        QUEUED_MAX = 64,
        LABEL_MAX = 16 * 1024 * 1024,
        COMMAND_SIZE = 256,
        WORD_MAX = 80,
        READS_MS = 20,
        BUFFER_SIZE = 64 * 1024, /* of the socket: a printer's is small, too */
};

static const char help[] =
        "Usage: vprinter [--port N | --tty PATH] [--dir DIR] [--port-file FILE]\n"
        "                [--control FIFO] [--do COMMAND]...\n"
        "\n"
        "Prints \"listening on PORT\", of a serial port its PATH; labels become DIR/label-0001.zpl "
        "and so on.\n"
        "--tty makes a serial port and links PATH to it. --do gives a command at the start, as "
        "\"silent on\" for a\n"
        "brand that answers nothing. Commands are also lines on standard input, or written into "
        "the FIFO:\n"
        "  paper-out, paper-in, head-open, head-close, pause, resume\n"
        "  ribbon-out, ribbon-in, hot, cool, full, free (its buffer)\n"
        "  shy on|off    answers no ~HS while anything is wrong, as a Zebra; ~HQES all the same\n"
        "  half on|off   keeps half a label when its connection ends, and takes ~HS and ~JX in it, "
        "as a Zebra\n"
        "  reads N|all   takes at most N bytes every 20 ms\n"
        "  count N|off   how many labels it has printed; or it does not know\n"
        "  cancel        drops the labels that wait, as at its panel\n"
        "  twice         prints the next label twice\n"
        "  slow MS       a label takes MS milliseconds\n"
        "  drop          closes the connection now\n"
        "  drop-next N   closes the connection after N bytes of the next label\n"
        "  die-next N    ends after N bytes of the next label\n"
        "  silent on|off answers nothing at all\n"
        "  status        says how it stands\n";

struct vprinter {
        const char *dir, *port_file, *control, *tty;
        int port;
        int listener, connection, fifo;
        int slave; /* of the pty: open, so that it never hangs up */
        bool paper_out, head_open, paused, ribbon_out, hot, full, shy, twice;
        bool silent, half, stdin_open;
        long reads;       /* at most so many bytes at a time; 0: all */
        int64_t reads_ms; /* when the next may come */
        bool counts;
        long count; /* of labels, beyond those of its folder */
        int slow_ms;
        long drop_at, die_at; /* bytes into the next label; -1: not asked for */

        struct bytes label; /* from ^XA on */
        bool inside;
        struct bytes word; /* a ~ command that has begun */
        struct bytes queue[QUEUED_MAX];
        size_t n_queued;
        int64_t done_ms; /* when the first of the queue is printed */
        unsigned n_printed;
};

static volatile sig_atomic_t ending;

static void on_signal(int number) {
        (void)number;
        ending = 1;
}

static void PRINTF_LIKE(1, 2) say(const char *format, ...) {
        va_list args;

        va_start(args, format);
        (void)vprintf(format, args);
        va_end(args);
        (void)fflush(stdout);
}

/* ---- labels --------------------------------------------------------------------------------------- */

static void label_path(const struct vprinter *printer, unsigned n, char *ret, size_t size) {
        (void)snprintf(ret, size, "%s/label-%04u.zpl", printer->dir, n);
}

/* Numbers go on over restarts. */
static void count_labels(struct vprinter *printer) {
        char path[PATH_SIZE * 2];
        struct stat info;

        for (;; printer->n_printed++) {
                label_path(printer, printer->n_printed + 1, path, sizeof(path));
                if (stat(path, &info) < 0)
                        return;
        }
}

static int keep_label(struct vprinter *printer, const struct bytes *label) {
        char path[PATH_SIZE * 2], new_path[PATH_SIZE * 2 + 8];
        FILE *file;
        size_t n;

        label_path(printer, ++printer->n_printed, path, sizeof(path));
        (void)snprintf(new_path, sizeof(new_path), "%s.new", path);
        file = fopen(new_path, "we");
        if (!file)
                return -errno;
        n = fwrite(label->data, 1, label->len, file);
        if (fclose(file) != 0 || n != label->len || rename(new_path, path) < 0)
                return -EIO;
        say("printed %s\n", path);
        return 0;
}

static bool stopped(const struct vprinter *printer) {
        return printer->paper_out || printer->head_open || printer->paused || printer->ribbon_out ||
               printer->hot;
}

static int print_due(struct vprinter *printer) {
        int64_t now_ms = clock_mono_ms();

        while (printer->n_queued > 0 && !stopped(printer) && printer->done_ms <= now_ms) {
                int r = keep_label(printer, &printer->queue[0]);

                if (r == 0 && printer->twice)
                        r = keep_label(printer, &printer->queue[0]);
                printer->twice = false;
                if (r < 0)
                        return r;
                bytes_fini(&printer->queue[0]);
                printer->n_queued--;
                memmove(printer->queue, printer->queue + 1,
                        printer->n_queued * sizeof(printer->queue[0]));
                printer->queue[printer->n_queued] = (struct bytes) { .data = NULL };
                printer->done_ms = now_ms + printer->slow_ms;
        }
        return 0;
}

static int label_ended(struct vprinter *printer) {
        if (printer->n_queued == QUEUED_MAX)
                return -ENOBUFS;
        if (printer->n_queued == 0)
                printer->done_ms = clock_mono_ms() + printer->slow_ms;
        printer->queue[printer->n_queued++] = printer->label;
        printer->label = (struct bytes) { .data = NULL };
        printer->inside = false;
        return print_due(printer);
}

/* ---- answers -------------------------------------------------------------------------------------- */

/* A pty stays; what was half sent is forgotten all the same. */
static void hang_up(struct vprinter *printer) {
        if (printer->connection >= 0 && printer->tty)
                (void)tcflush(printer->slave, TCIOFLUSH);
        else if (printer->connection >= 0)
                (void)close(printer->connection);
        if (!printer->tty)
                printer->connection = -1;
        bytes_clear(&printer->word);
        if (printer->half)
                return;
        bytes_clear(&printer->label);
        printer->inside = false;
}

static void answer(struct vprinter *printer, const char *text) {
        ssize_t n;

        if (printer->silent)
                return;
        n = printer->tty ? write(printer->connection, text, strlen(text))
                         : send(printer->connection, text, strlen(text), MSG_NOSIGNAL);
        if (n < 0)
                hang_up(printer);
}

/* Zebra, ZPL II Programming Guide: ~HS, three strings. A real one is silent in these faults; this one
 * is where it is told to be shy. */
static void answer_status(struct vprinter *printer) {
        char text[256];

        if (printer->shy && stopped(printer) && !printer->paused)
                return;
        (void)snprintf(text, sizeof(text),
                       "\x02"
                       "030,%d,%d,1245,%03zu,%d,0,%d,000,0,0,%d\x03\r\n"
                       "\x02"
                       "000,0,%d,%d,0,2,4,0,%08zu,1,000\x03\r\n"
                       "\x02"
                       "1234,0\x03\r\n",
                       printer->paper_out, printer->paused, printer->n_queued, printer->full,
                       printer->inside, printer->hot, printer->head_open, printer->ribbon_out,
                       printer->n_queued);
        answer(printer, text);
}

/* ~HQES: a flag, group 2, group 1. */
static void answer_errors(struct vprinter *printer) {
        unsigned errors = (printer->paper_out ? 0x1u : 0) | (printer->ribbon_out ? 0x2u : 0) |
                          (printer->head_open ? 0x4u : 0) | (printer->hot ? 0x10u : 0);
        char text[128];

        (void)snprintf(text, sizeof(text),
                       "\x02\r\nPRINTER STATUS\r\nERRORS: %d 00000000 %08X\r\n"
                       "WARNINGS: 0 00000000 00000000\r\n\x03\r\n",
                       errors != 0, errors);
        answer(printer, text);
}

/* SGD: the value in quotes, "?" for one that it does not know. */
static void answer_count(struct vprinter *printer) {
        char text[32] = "\"?\"";

        if (printer->counts)
                (void)snprintf(text, sizeof(text), "\"%ld\"", printer->count + printer->n_printed);
        answer(printer, text);
}

static void answer_word(struct vprinter *printer) {
        const char *word = bytes_str(&printer->word);

        if (strcmp(word, "~HS") == 0)
                answer_status(printer);
        else if (strcmp(word, "~HI") == 0)
                answer(printer, "\x02ZD421-203dpi,V93.21.15Z,8,8176KB,X\x03\r\n");
        else if (strcmp(word, "~HQES") == 0)
                answer_errors(printer);
        else if (word[0] == '!')
                answer_count(printer);
        bytes_clear(&printer->word);
}

static bool ends_with(const struct bytes *bytes, const char *word) {
        size_t len = strlen(word);

        return bytes->len >= len && memcmp(bytes->data + bytes->len - len, word, len) == 0;
}

/* ---- bytes ---------------------------------------------------------------------------------------- */

/* ~ commands run when they come, also within a label; ~JX drops it. */
static bool control_in_label(struct vprinter *printer) {
        bool asks = ends_with(&printer->label, "~HS"), drops = ends_with(&printer->label, "~JX");

        if (!printer->half || (!asks && !drops))
                return false;
        printer->label.len -= 3;
        if (asks)
                answer_status(printer);
        else {
                bytes_clear(&printer->label);
                printer->inside = false;
                say("half a label is dropped\n");
        }
        return true;
}

static int in_label(struct vprinter *printer, char byte) {
        bytes_append_char(&printer->label, byte);
        if (control_in_label(printer))
                return 0;
        if (bytes_error(&printer->label) < 0 || printer->label.len > LABEL_MAX)
                return -ENOMEM;
        if (printer->drop_at >= 0 && (long)printer->label.len >= printer->drop_at) {
                printer->drop_at = -1;
                say("dropped\n");
                hang_up(printer);
                return 0;
        }
        if (printer->die_at >= 0 && (long)printer->label.len >= printer->die_at) {
                say("died\n");
                _exit(3);
        }
        return ends_with(&printer->label, "^XZ") ? label_ended(printer) : 0;
}

/* ~HQES is the one of more than three characters; an SGD line ends with its line. */
static bool is_whole(const struct bytes *word) {
        if (word->data[0] == '!')
                return word->data[word->len - 1] == '\n';
        if (word->data[0] != '~' || word->len < 3)
                return false;
        return word->len == 5 || memcmp(word->data, "~HQ", 3) != 0;
}

/* Outside of labels: ^XA begins one, ~ a command, ! a question in SGD. */
static void between_labels(struct vprinter *printer, char byte) {
        bool asks = printer->word.len > 0 && printer->word.data[0] == '!';

        if (byte == '~' || byte == '^' || (byte == '!' && !asks))
                bytes_clear(&printer->word);
        if (printer->word.len == 0 && byte != '~' && byte != '^' && byte != '!')
                return;
        bytes_append_char(&printer->word, byte);
        if (ends_with(&printer->word, "^XA")) {
                bytes_clear(&printer->word);
                bytes_append_str(&printer->label, "^XA");
                printer->inside = true;
        } else if (is_whole(&printer->word))
                answer_word(printer);
        else if (printer->word.len > WORD_MAX)
                bytes_clear(&printer->word);
}

static int take(struct vprinter *printer) {
        char bytes[16 * 1024];
        size_t max = printer->reads > 0 && (size_t)printer->reads < sizeof(bytes)
                             ? (size_t)printer->reads
                             : sizeof(bytes);
        ssize_t n = read(printer->connection, bytes, max);
        int r = 0;

        printer->reads_ms = printer->reads > 0 ? clock_mono_ms() + READS_MS : 0;
        if (n <= 0) {
                hang_up(printer);
                return 0;
        }
        for (ssize_t i = 0; r == 0 && i < n && printer->connection >= 0; i++)
                if (printer->inside)
                        r = in_label(printer, bytes[i]);
                else
                        between_labels(printer, bytes[i]);
        return r;
}

/* ---- commands ------------------------------------------------------------------------------------- */

static void cancel(struct vprinter *printer) {
        while (printer->n_queued > 0)
                bytes_fini(&printer->queue[--printer->n_queued]);
}

/* Words that set or clear one thing. */
static bool switch_fault(struct vprinter *printer, const char *line) {
        const struct {
                const char *on, *off;
                bool *what;
        } rows[] = {
                { "paper-out", "paper-in", &printer->paper_out },
                { "head-open", "head-close", &printer->head_open },
                { "pause", "resume", &printer->paused },
                { "ribbon-out", "ribbon-in", &printer->ribbon_out },
                { "hot", "cool", &printer->hot },
                { "full", "free", &printer->full },
                { "silent on", "silent off", &printer->silent },
                { "shy on", "shy off", &printer->shy },
                { "half on", "half off", &printer->half },
                { "twice", "once", &printer->twice },
        };

        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                if (strcmp(line, rows[i].on) == 0 || strcmp(line, rows[i].off) == 0) {
                        *rows[i].what = strcmp(line, rows[i].on) == 0;
                        return true;
                }
        return false;
}

static bool do_command(struct vprinter *printer, const char *line) {
        long n;

        if (sscanf(line, "slow %ld", &n) == 1)
                printer->slow_ms = (int)n;
        else if (strcmp(line, "drop") == 0)
                hang_up(printer);
        else if (sscanf(line, "drop-next %ld", &n) == 1)
                printer->drop_at = n;
        else if (sscanf(line, "die-next %ld", &n) == 1)
                printer->die_at = n;
        else if (sscanf(line, "reads %ld", &n) == 1 || strcmp(line, "reads all") == 0)
                printer->reads = line[6] == 'a' ? 0 : n;
        else if (strcmp(line, "count off") == 0)
                printer->counts = false;
        else if (sscanf(line, "count %ld", &n) == 1) {
                printer->counts = true;
                printer->count = n - (long)printer->n_printed;
        } else if (strcmp(line, "cancel") == 0)
                cancel(printer);
        else
                return strcmp(line, "status") == 0 || switch_fault(printer, line);
        return true;
}

static void command(struct vprinter *printer, const char *line) {
        if (!do_command(printer, line)) {
                say("unknown command: %s\n", line);
                return;
        }
        say("ok %s: %u printed, %zu waiting%s%s%s%s%s%s\n", line, printer->n_printed,
            printer->n_queued, printer->paper_out ? ", paper out" : "",
            printer->head_open ? ", head open" : "", printer->paused ? ", paused" : "",
            printer->ribbon_out ? ", ribbon out" : "", printer->hot ? ", hot" : "",
            printer->silent ? ", silent" : "");
        if (strcmp(line, "status") != 0) /* to be asked takes a printer no time */
                printer->done_ms = clock_mono_ms() + printer->slow_ms;
}

/* false: nothing comes any more. */
static bool commands(struct vprinter *printer, int fd) {
        char text[COMMAND_SIZE], *line, *rest = text;
        ssize_t n = read(fd, text, sizeof(text) - 1);

        if (n <= 0)
                return n < 0 && errno == EAGAIN;
        text[n] = '\0';
        while ((line = strsep(&rest, "\n")) != NULL)
                if (*line)
                        command(printer, line);
        return true;
}

/* ---- the loop ------------------------------------------------------------------------------------- */

static bool rests(const struct vprinter *printer) {
        return printer->connection >= 0 && printer->reads_ms > clock_mono_ms();
}

static int wait_ms(const struct vprinter *printer) {
        int64_t left = printer->done_ms - clock_mono_ms();

        if (rests(printer))
                return 1; /* coarse, and only while it is slow */
        if (printer->n_queued == 0 || stopped(printer))
                return -1;
        return left > 0 ? (int)left : 0;
}

/* As real printers: one connection at a time, the others wait. */
static int turn(struct vprinter *printer) {
        struct pollfd fds[] = {
                { .fd = printer->stdin_open ? STDIN_FILENO : -1, .events = POLLIN },
                { .fd = printer->fifo, .events = POLLIN },
                { .fd = printer->connection < 0 ? printer->listener : -1, .events = POLLIN },
                { .fd = rests(printer) ? -1 : printer->connection, .events = POLLIN },
        };
        int r = 0;

        if (poll(fds, ARRAY_LEN(fds), wait_ms(printer)) < 0)
                return errno == EINTR ? 0 : -errno;
        if (fds[0].revents)
                printer->stdin_open = commands(printer, STDIN_FILENO);
        if (fds[1].revents)
                (void)commands(printer, printer->fifo);
        if (fds[2].revents)
                printer->connection = accept4(printer->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fds[3].revents && printer->connection == fds[3].fd)
                r = take(printer);
        return r < 0 ? r : print_due(printer);
}

static int start_listening(struct vprinter *printer) {
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_port = htons((uint16_t)printer->port),
                                       .sin_addr = { htonl(INADDR_LOOPBACK) } };
        socklen_t size = sizeof(address);
        int on = 1, size_of_buffer = BUFFER_SIZE;

        printer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (printer->listener < 0 ||
            setsockopt(printer->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
            setsockopt(printer->listener, SOL_SOCKET, SO_RCVBUF, &size_of_buffer,
                       sizeof(size_of_buffer)) < 0 ||
            bind(printer->listener, (struct sockaddr *)&address, size) < 0 ||
            listen(printer->listener, 8) < 0 ||
            getsockname(printer->listener, (struct sockaddr *)&address, &size) < 0)
                return -errno;
        printer->port = ntohs(address.sin_port);
        return 0;
}

static int start_tty(struct vprinter *printer) {
        char name[PATH_SIZE];
        struct termios settings;

        printer->connection = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (printer->connection < 0 || grantpt(printer->connection) < 0 ||
            unlockpt(printer->connection) < 0 ||
            ptsname_r(printer->connection, name, sizeof(name)) != 0)
                return -errno;
        printer->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (printer->slave < 0 || tcgetattr(printer->slave, &settings) < 0)
                return -errno;
        cfmakeraw(&settings);
        if (tcsetattr(printer->slave, TCSANOW, &settings) < 0)
                return -errno;
        if (unlink(printer->tty) < 0 && errno != ENOENT)
                return -errno;
        return symlink(name, printer->tty) < 0 ? -errno : 0;
}

static int start_files(struct vprinter *printer) {
        FILE *file;

        if (mkdir(printer->dir, 0777) < 0 && errno != EEXIST)
                return -errno;
        count_labels(printer);
        if (printer->control) {
                if (mkfifo(printer->control, 0600) < 0 && errno != EEXIST)
                        return -errno;
                printer->fifo = open(printer->control, O_RDWR | O_NONBLOCK | O_CLOEXEC);
                if (printer->fifo < 0)
                        return -errno;
        }
        if (!printer->port_file)
                return 0;
        file = fopen(printer->port_file, "we");
        if (!file)
                return -errno;
        (void)fprintf(file, "%d\n", printer->port);
        return fclose(file) == 0 ? 0 : -errno;
}

static int options(int argc, char **argv, struct vprinter *printer) {
        static const struct option rows[] = {
                { "port", required_argument, NULL, 'p' },
                { "dir", required_argument, NULL, 'd' },
                { "port-file", required_argument, NULL, 'f' },
                { "control", required_argument, NULL, 'c' },
                { "tty", required_argument, NULL, 't' },
                { "do", required_argument, NULL, 'o' },
                { "help", no_argument, NULL, 'h' },
                { NULL, 0, NULL, 0 },
        };
        int c;

        while ((c = getopt_long(argc, argv, "", rows, NULL)) >= 0)
                switch (c) {
                case 'p':
                        printer->port = atoi(optarg);
                        break;
                case 'd':
                        printer->dir = optarg;
                        break;
                case 'f':
                        printer->port_file = optarg;
                        break;
                case 'c':
                        printer->control = optarg;
                        break;
                case 't':
                        printer->tty = optarg;
                        break;
                case 'o':
                        if (!do_command(printer, optarg))
                                return -EINVAL;
                        break;
                case 'h':
                        fputs(help, stdout);
                        exit(0);
                default:
                        return -EINVAL;
                }
        return optind == argc && printer->port >= 0 && printer->port < 65536 ? 0 : -EINVAL;
}

int main(int argc, char **argv) {
        static struct vprinter printer = { .dir = ".",
                                           .listener = -1,
                                           .connection = -1,
                                           .fifo = -1,
                                           .slave = -1,
                                           .stdin_open = true,
                                           .counts = true,
                                           .drop_at = -1,
                                           .die_at = -1 };
        struct sigaction action = { .sa_handler = on_signal };
        int r;

        if (options(argc, argv, &printer) < 0) {
                fputs(help, stderr);
                return 2;
        }
        (void)sigaction(SIGTERM, &action, NULL);
        (void)sigaction(SIGINT, &action, NULL);
        r = printer.tty ? start_tty(&printer) : start_listening(&printer);
        if (r == 0)
                r = start_files(&printer);
        if (r == 0 && printer.tty)
                say("listening on %s\n", printer.tty);
        else if (r == 0)
                say("listening on %d\n", printer.port);
        while (r == 0 && !ending)
                r = turn(&printer);
        if (r < 0)
                (void)fprintf(stderr, "vprinter: %s\n", strerror(-r));
        if (printer.control)
                (void)unlink(printer.control);
        if (printer.tty)
                (void)unlink(printer.tty);
        return r < 0 ? 1 : 0;
}
