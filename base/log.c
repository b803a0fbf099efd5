/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
/* Without it sd-journal adds our file and line to each entry, which are these here. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

enum {
        LOG_TEXT_MAX = 1024, /* bytes of the words and of all fields each; the rest is cut */
        LOG_LINE_SIZE = 2 * LOG_TEXT_MAX + 128,
        LOG_FIELDS_MAX = 16,
};

static const char *log_program = "tallyman";
static enum log_level log_most = LOG_LEVEL_INFO;
static bool log_journal;

/* sd-daemon(3): JOURNAL_STREAM names device and inode of the stream to the journal. It is
 * inherited by children whose standard error may be another, so both are compared. */
static bool log_is_journal(void) {
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat err;
        char *end;

        if (!stream)
                return false;
        device = strtoull(stream, &end, 10);
        if (*end != ':')
                return false;
        inode = strtoull(end + 1, NULL, 10);
        return fstat(STDERR_FILENO, &err) == 0 && err.st_dev == device && err.st_ino == inode;
}

void log_init(const char *program, enum log_level most) {
        log_program = program;
        log_most = most;
        log_journal = log_is_journal();
}

struct log_text {
        char *at, *end; /* the byte at @end is kept for the NUL */
};

/* Control characters as \n or \x1b: what a device sent must not end a line or move a cursor. */
static void log_put(struct log_text *text, const char *words) {
        for (; *words && text->at < text->end; words++) {
                unsigned char c = (unsigned char)*words;
                int n = 1;

                if (c >= 0x20 && c != 0x7F)
                        *text->at++ = (char)c;
                else if ((size_t)(text->end - text->at) < sizeof("\\x1b"))
                        break;
                else {
                        n = c == '\n' ? snprintf(text->at, 5, "\\n")
                                      : snprintf(text->at, 5, "\\x%02x", c);
                        text->at += n;
                }
        }
        *text->at = 0;
}

static const char *log_level_word(enum log_level level) {
        switch (level) {
        case LOG_LEVEL_ERROR:
                return "error";
        case LOG_LEVEL_WARNING:
                return "warning";
        case LOG_LEVEL_INFO:
                return "info";
        case LOG_LEVEL_DEBUG:
                break;
        }
        return "debug";
}

static void log_to_stderr(enum log_level level, const char *const *fields, const char *words) {
        char line[LOG_LINE_SIZE];
        struct log_text text = { line, line + sizeof(line) - 2 };
        ssize_t n;

        log_put(&text, log_program);
        log_put(&text, ": ");
        log_put(&text, log_level_word(level));
        log_put(&text, ": ");
        log_put(&text, words);
        for (; fields && fields[0] && fields[1]; fields += 2) {
                bool quote = strpbrk(fields[1], " \"") || !fields[1][0];

                log_put(&text, " ");
                log_put(&text, fields[0]);
                log_put(&text, quote ? "=\"" : "=");
                log_put(&text, fields[1]);
                log_put(&text, quote ? "\"" : "");
        }
        *text.at++ = '\n';
        do /* one write, so that lines of several processes do not mix */
                n = write(STDERR_FILENO, line, (size_t)(text.at - line));
        while (n < 0 && errno == EINTR); /* other failures: there is nobody left to tell */
}

static bool log_to_journal(enum log_level level, const char *const *fields, const char *words) {
        char buffer[LOG_LINE_SIZE + LOG_FIELDS_MAX];
        struct log_text text = { buffer, buffer + sizeof(buffer) - 1 };
        struct iovec parts[3 + LOG_FIELDS_MAX];
        const char priority[] = { (char)('0' + level), 0 };
        const char *const own[] = { "MESSAGE",           words,       "PRIORITY", priority,
                                    "SYSLOG_IDENTIFIER", log_program, NULL };
        const char *const *sets[] = { own, fields };
        int n = 0;

        for (size_t set = 0; set < ARRAY_LEN(sets); set++)
                for (const char *const *f = sets[set]; f && f[0] && f[1]; f += 2) {
                        char *from = text.at;

                        if (n == (int)ARRAY_LEN(parts) || text.at == text.end)
                                break;
                        log_put(&text, f[0]);
                        log_put(&text, "=");
                        log_put(&text, f[1]);
                        parts[n++] = (struct iovec) { from, (size_t)(text.at - from) };
                }
        return sd_journal_sendv(parts, n) >= 0;
}

void log_emit(enum log_level level, const char *const *fields, const char *format, ...) {
        char words[LOG_TEXT_MAX];
        int error = errno; /* logging never changes what the caller is about to look at */
        va_list args;

        if (level > log_most)
                return;
        va_start(args, format);
        if (vsnprintf(words, sizeof(words), format, args) < 0)
                words[0] = 0;
        va_end(args);
        if (!log_journal || !log_to_journal(level, fields, words))
                log_to_stderr(level, fields, words);
        errno = error;
}
