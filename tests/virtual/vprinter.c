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
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include "base/clock.h"
#include "tests/virtual/vprinter.h"

enum {
        COMMAND_SIZE = 256,
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

static volatile sig_atomic_t ending;

static void on_signal(int number) {
        (void)number;
        ending = 1;
}

/* ---- the loop ------------------------------------------------------------------------------------- */

/* false: nothing comes any more. */
static bool commands(struct vprinter *printer, int fd) {
        char text[COMMAND_SIZE], *line, *rest = text;
        ssize_t n = read(fd, text, sizeof(text) - 1);

        if (n <= 0)
                return n < 0 && errno == EAGAIN;
        text[n] = '\0';
        while ((line = strsep(&rest, "\n")) != NULL)
                if (*line)
                        vprinter_command(printer, line);
        return true;
}

static bool rests(const struct vprinter *printer) {
        return printer->connection >= 0 && printer->reads_ms > clock_mono_ms();
}

static int wait_ms(const struct vprinter *printer) {
        int64_t left = printer->done_ms - clock_mono_ms();

        if (rests(printer))
                return 1; /* coarse, and only while it is slow */
        if (printer->n_queued == 0 || vprinter_stopped(printer))
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
                r = vprinter_take(printer);
        return r < 0 ? r : vprinter_print_due(printer);
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
        vprinter_count_labels(printer);
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
                        if (!vprinter_do(printer, optarg))
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
                vprinter_say("listening on %s\n", printer.tty);
        else if (r == 0)
                vprinter_say("listening on %d\n", printer.port);
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
