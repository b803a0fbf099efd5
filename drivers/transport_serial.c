/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>
#include "drivers/transport_own.h"

/*
 * libserialport 0.1.1 needs /sys/class/tty and TIOCMGET, so it opens hardware ports only; a pty is
 * opened by termios. What it leaves to us on its descriptor: TIOCEXCL, no HUPCL (DTR would drop on
 * close and reset some scanners), O_CLOEXEC, O_NONBLOCK.
 */

static int set_flags(int fd) {
        struct termios settings;
        int flags = fcntl(fd, F_GETFL);

        if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
            fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
                return -errno;
        if (tcgetattr(fd, &settings) < 0)
                return -errno;
        settings.c_cflag &= ~(tcflag_t)HUPCL;
        if (tcsetattr(fd, TCSANOW, &settings) < 0)
                return -errno;
        /* What waited was sent to nobody: nobody would hear its beep. */
        return tcflush(fd, TCIFLUSH) < 0 ? -errno : 0;
}

/* ---- hardware: libserialport ----------------------------------------------------------------- */

static int from_sp(enum sp_return r) {
        switch (r) {
        case SP_ERR_MEM:
                return -ENOMEM;
        case SP_ERR_SUPP:
        case SP_ERR_ARG:
                return -ENOTSUP;
        default:
                return sp_last_error_code() > 0 ? -sp_last_error_code() : -EIO;
        }
}

static enum sp_parity parity_of(char parity) {
        return parity == 'e' ? SP_PARITY_EVEN : parity == 'o' ? SP_PARITY_ODD : SP_PARITY_NONE;
}

/* Every field: 0.1.1 leaves what is not set uninitialised. */
static enum sp_return sp_configure(struct sp_port *port, const struct serial_settings *settings) {
        enum sp_return r = SP_OK;

        if (settings->baud > 0)
                r = sp_set_baudrate(port, settings->baud);
        if (r == SP_OK)
                r = sp_set_bits(port, settings->data_bits);
        if (r == SP_OK)
                r = sp_set_parity(port, parity_of(settings->parity));
        if (r == SP_OK)
                r = sp_set_stopbits(port, settings->stop_bits);
        if (r == SP_OK)
                r = sp_set_xon_xoff(port,
                                    settings->xonxoff ? SP_XONXOFF_INOUT : SP_XONXOFF_DISABLED);
        if (r == SP_OK)
                r = sp_set_rts(port, settings->rtscts ? SP_RTS_FLOW_CONTROL : SP_RTS_ON);
        if (r == SP_OK)
                r = sp_set_cts(port, settings->rtscts ? SP_CTS_FLOW_CONTROL : SP_CTS_IGNORE);
        if (r == SP_OK)
                r = sp_set_dsr(port, SP_DSR_IGNORE);
        return r == SP_OK ? sp_set_dtr(port, SP_DTR_ON) : r;
}

static int open_hardware(struct transport *ret, const char *path,
                         const struct serial_settings *settings) {
        struct sp_port *port = NULL;
        enum sp_return r = sp_get_port_by_name(path, &port);
        int error = 0;

        if (r != SP_OK)
                return from_sp(r);
        r = sp_open(port, SP_MODE_READ_WRITE);
        if (r == SP_OK) {
                ret->port = port;
                r = sp_configure(port, settings);
                if (r == SP_OK)
                        r = sp_get_port_handle(port, &ret->fd);
        } else {
                error = from_sp(r);
                sp_free_port(port);
        }
        if (error == 0 && r != SP_OK)
                error = from_sp(r);
        if (error == 0 && ioctl(ret->fd, TIOCEXCL) < 0)
                error = -errno;
        return error ? error : set_flags(ret->fd);
}

void transport_close_serial(struct transport *transport) {
        (void)sp_close(transport->port); /* the device may be gone: nothing to do about it */
        sp_free_port(transport->port);
}

/* ---- ptys: termios --------------------------------------------------------------------------- */

/* No TIOCEXCL: it lasts until the last descriptor is closed, and who made the pty may keep one, so
 * that the next start of ours would find its own lock. */

static int make_raw(int fd, bool xonxoff) {
        struct termios settings;

        if (tcgetattr(fd, &settings) < 0)
                return -errno;
        cfmakeraw(&settings);
        if (xonxoff)
                settings.c_iflag |= IXON | IXOFF;
        settings.c_cc[VMIN] = 1;
        settings.c_cc[VTIME] = 0;
        return tcsetattr(fd, TCSANOW, &settings) < 0 ? -errno : 0;
}

static int open_pty(struct transport *ret, const char *path,
                    const struct serial_settings *settings) {
        int r;

        ret->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        if (ret->fd < 0)
                return -errno;
        r = make_raw(ret->fd, settings->xonxoff);
        return r < 0 ? r : set_flags(ret->fd);
}

/* libserialport looks for it in /sys/class/tty. The numbers: Documentation/admin-guide/devices.txt, Unix98 PTY slaves. */
static bool is_pty(const char *path) {
        struct stat file;

        return stat(path, &file) == 0 && S_ISCHR(file.st_mode) && major(file.st_rdev) >= 136 &&
               major(file.st_rdev) <= 143;
}

int transport_open_serial(struct transport *ret, const char *path,
                          const struct serial_settings *settings) {
        int r;

        if (access(path, F_OK) < 0)
                return -errno;
        if (is_pty(path))
                return open_pty(ret, path, settings);
        r = open_hardware(ret, path, settings);
        /* A tty that is neither (a kernel console, a foreign driver): termios may still do. */
        return r == -ENOTSUP && !ret->port ? open_pty(ret, path, settings) : r;
}
