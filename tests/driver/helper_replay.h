/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Replay: a device's side of a conversation, from a log of its bytes, over a pty into the real driver.
 *
 * A log (tests/driver/NAME.log) is text, a step a line, done one after the other:
 *
 *     # text     for people: which device, its firmware, where the bytes are from
 *     < bytes    from the device: sent
 *     > bytes    to the device: waited for; nothing else may come. Lines that follow each other are one
 *     = text     what the driver tells its owner next: waited for; it may tell nothing else
 *     ! text     the owner does something: a job comes, the cable is pulled
 *     . ms       time passes
 *
 * Bytes are text with \r \n \t \\ and \xHH. At the end no byte and no word may be left over.
 */

#include <systemd/sd-event.h>
#include "tests/driver/helper_tty.h"

struct replay_owner {
        sd_event *event;
        struct tty *tty; /* plugged; that the driver opens it is the owner's business */
        void *userdata;
        void (*act)(void *userdata, const char *text); /* NULL: the log has no "!" */
        const char *(*told)(void *userdata);           /* all that was told so far. NULL: no "=" */
};

/* @log: path from the project's root. Any difference fails the test, with the log's line. */
void replay(const char *log, const struct replay_owner *owner);
