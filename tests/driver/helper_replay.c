/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "tests/driver/helper_replay.h"

enum { LINE_SIZE = 8192, PATIENCE_MS = 20000, REST_MS = 50 };

struct player {
        const struct replay_owner *owner;
        const char *log;
        int line;
        struct bytes came; /* from the driver, and not awaited yet */
        size_t told;       /* characters of what it told that were awaited */
        struct bytes text; /* of the step */
};

/* As the log writes them. */
static const char *escaped(struct slice bytes) {
        static char text[600];
        size_t len = 0;

        for (size_t i = 0; i < bytes.len && len + 8 < sizeof(text); i++) {
                uint8_t c = bytes.bytes[i];
                bool plain = c >= ' ' && c <= '~';

                len += (size_t)(plain ? snprintf(text + len, sizeof(text) - len, "%c", c)
                                      : snprintf(text + len, sizeof(text) - len, "\\x%02x", c));
        }
        text[len] = '\0';
        return text;
}

static void differs(struct player *player, const char *what, struct slice found) {
        char wanted[600];

        (void)snprintf(wanted, sizeof(wanted), "%s", escaped(bytes_slice(&player->text)));
        fail_msg("%s:%d: %s \"%s\", not \"%s\"", player->log, player->line, what, escaped(found),
                 wanted);
}

static void run_once(struct player *player) {
        char buffer[16 * 1024];
        ssize_t n;

        assert_true(sd_event_run(player->owner->event, 5 * 1000) >= 0);
        n = read(player->owner->tty->master, buffer, sizeof(buffer));
        if (n < 0)
                assert_true(errno == EAGAIN || errno == EIO || errno == EBADF);
        else
                bytes_append(&player->came, buffer, (size_t)n);
}

static bool begins(struct slice found, struct slice wanted) {
        size_t len = found.len < wanted.len ? found.len : wanted.len;

        return len == 0 || memcmp(found.bytes, wanted.bytes, len) == 0;
}

static struct slice told(const struct player *player) {
        const char *text = player->owner->told(player->owner->userdata) + player->told;

        return (struct slice) { (const uint8_t *)text, strlen(text) };
}

/* ---- steps ---------------------------------------------------------------------------------------- */

static void send_bytes(struct player *player) {
        struct slice left = bytes_slice(&player->text);
        int64_t end_ms = clock_mono_ms() + PATIENCE_MS;

        while (left.len > 0 && clock_mono_ms() < end_ms) {
                ssize_t n = write(player->owner->tty->master, left.bytes, left.len);

                if (n < 0)
                        assert_int_equal(errno, EAGAIN);
                else
                        left = (struct slice) { left.bytes + n, left.len - (size_t)n };
                run_once(player);
        }
        assert_int_equal(left.len, 0);
}

static void await_bytes(struct player *player) {
        struct slice wanted = bytes_slice(&player->text);
        int64_t end_ms = clock_mono_ms() + PATIENCE_MS;

        while (player->came.len < wanted.len) {
                if (clock_mono_ms() > end_ms || !begins(bytes_slice(&player->came), wanted))
                        differs(player, "it sent", bytes_slice(&player->came));
                run_once(player);
        }
        if (!begins(bytes_slice(&player->came), wanted))
                differs(player, "it sent", bytes_slice(&player->came));
        player->came.len -= wanted.len;
        memmove(player->came.data, player->came.data + wanted.len, player->came.len);
}

static void await_word(struct player *player) {
        struct slice wanted = bytes_slice(&player->text);
        int64_t end_ms = clock_mono_ms() + PATIENCE_MS;

        assert_non_null(player->owner->told);
        while (told(player).len < wanted.len) {
                if (clock_mono_ms() > end_ms || !begins(told(player), wanted))
                        differs(player, "it told", told(player));
                run_once(player);
        }
        if (!begins(told(player), wanted))
                differs(player, "it told", told(player));
        player->told += wanted.len;
}

static void pass(struct player *player, int64_t ms) {
        int64_t end_ms = clock_mono_ms() + ms;

        while (clock_mono_ms() < end_ms)
                run_once(player);
}

/* ---- lines ---------------------------------------------------------------------------------------- */

static int digit(const struct player *player, char c) {
        static const char digits[] = "0123456789abcdef";
        const char *at = c ? strchr(digits, c | 0x20) : NULL;

        if (!at)
                fail_msg("%s:%d: two hexadecimal digits belong behind \\x", player->log,
                         player->line);
        return (int)(at - digits);
}

static const char *unescape(struct player *player, const char *at) {
        static const char from[] = "rnt\\", to[] = "\r\n\t\\";
        const char *found = *at ? strchr(from, *at) : NULL;

        if (found) {
                bytes_append_char(&player->text, to[found - from]);
                return at + 1;
        }
        if (*at != 'x')
                fail_msg("%s:%d: unknown escape", player->log, player->line);
        bytes_append_char(&player->text, (char)(digit(player, at[1]) * 16 + digit(player, at[2])));
        return at + 3;
}

static void read_text(struct player *player, const char *at) {
        bytes_clear(&player->text);
        while (*at)
                if (*at == '\\')
                        at = unescape(player, at + 1);
                else
                        bytes_append_char(&player->text, *at++);
        assert_int_equal(bytes_error(&player->text), 0);
}

static void take_line(struct player *player, const char *line) {
        if (!line[0] || line[0] == '#')
                return;
        read_text(player, line[1] == ' ' ? line + 2 : line + 1);
        switch (line[0]) {
        case '<':
                send_bytes(player);
                break;
        case '>':
                await_bytes(player);
                break;
        case '=':
                await_word(player);
                break;
        case '!':
                assert_non_null(player->owner->act);
                player->owner->act(player->owner->userdata, bytes_str(&player->text));
                break;
        case '.':
                pass(player, strtol(bytes_str(&player->text), NULL, 10));
                break;
        default:
                fail_msg("%s:%d: a line begins with one of # < > = ! .", player->log, player->line);
        }
}

void replay(const char *log, const struct replay_owner *owner) {
        struct player player = { .owner = owner, .log = log };
        FILE *file = fopen(log, "re");
        char line[LINE_SIZE];

        if (!file)
                fail_msg("%s: %s; tests are run from the project's root", log, strerror(errno));
        while (fgets(line, sizeof(line), file)) {
                player.line++;
                assert_true(strlen(line) + 1 < sizeof(line));
                line[strcspn(line, "\n")] = '\0';
                take_line(&player, line);
        }
        assert_int_equal(fclose(file), 0);
        bytes_clear(&player.text);
        pass(&player, REST_MS);
        if (player.came.len > 0)
                differs(&player, "it sent", bytes_slice(&player.came));
        if (owner->told && told(&player).len > 0)
                differs(&player, "it told", told(&player));
        bytes_fini(&player.came);
        bytes_fini(&player.text);
}
