/* SPDX-License-Identifier: MIT */
#pragma once

/* A pty as the device's side of a serial port, and the port's name as a link to it. */

#include "base/def.h"

struct tty {
        int master; /* non-blocking; -1: unplugged */
        char link[PATH_SIZE];
};

/* Any failure fails the test. */
void tty_plug(struct tty *tty, const char *link);
void tty_unplug(struct tty *tty); /* also the link; twice is fine */
void tty_send(struct tty *tty, const char *text);
/* What has come back and was not read yet, as a string; bytes beyond @size wait. */
size_t tty_receive(struct tty *tty, char *dst, size_t size);
