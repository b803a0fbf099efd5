/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "tests/driver/helper_tty.h"

void tty_plug(struct tty *tty, const char *link) {
        char name[PATH_SIZE];

        assert_int_equal(str_copy(tty->link, sizeof(tty->link), link), 0);
        tty->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        assert_true(tty->master >= 0);
        assert_int_equal(grantpt(tty->master), 0);
        assert_int_equal(unlockpt(tty->master), 0);
        assert_int_equal(ptsname_r(tty->master, name, sizeof(name)), 0);
        assert_int_equal(symlink(name, link), 0);
}

void tty_unplug(struct tty *tty) {
        if (tty->master < 0)
                return;
        assert_int_equal(unlink(tty->link), 0);
        assert_int_equal(close(tty->master), 0);
        tty->master = -1;
}

void tty_send(struct tty *tty, const char *text) {
        size_t len = strlen(text);

        assert_int_equal(write(tty->master, text, len), len);
}

size_t tty_receive(struct tty *tty, char *dst, size_t size) {
        ssize_t n = read(tty->master, dst, size - 1);

        if (n < 0)
                assert_true(errno == EAGAIN || errno == EIO); /* EIO: nobody has it open */
        dst[n > 0 ? n : 0] = '\0';
        return n > 0 ? (size_t)n : 0;
}
