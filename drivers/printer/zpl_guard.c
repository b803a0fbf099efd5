/* SPDX-License-Identifier: MIT */
#include "drivers/printer/zpl_guard.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { NAME_LEN = 2, NUMBER_MAX = 64 * 1024 * 1024, STX = 0x02, ETX = 0x03 };

/*
 * What makes a label. Settings that carriers' labels carry and that end with the power (^PW ^LL ^PR ^MD ^MN …) are among
 * them; what survives it, or acts at once, is not. ^A stands for itself with any font behind it. ^TO copies objects, also
 * into flash, and no label needs it.
 */
static const char label_commands[] =
        " B0 B1 B2 B3 B4 B5 B7 B8 B9 BA BB BC BD BE BF BI BJ BK BL BM BO BP BQ BR BS BT BU BX BY BZ"
        " CC CD CF CI CT CV CW FB FC FD FE FH FL FM FN FO FP FR FS FT FV FW FX GB GC GD GE GF GS"
        " IL IM JM JZ LF LH LL LR LS LT MC MD MF MM MN MT MU PA PF PH PM PN PO PP PQ PR PW"
        " RB RF RS SE SF SN TB XA XB XF XG XZ ";
/* These store an object: in memory that the power clears (R:) they belong to a label, elsewhere they fill the printer. */
static const char storing_commands[] = " DF IS ID ";
static const char storing_control[] = " DB DG DS DT DU DY ";
static const char prefix_commands[] = " CC CD CT ";

struct guard {
        struct slice zpl;
        size_t at;
        char caret, tilde, delimiter;
        bool inside; /* between ^XA and ^XZ */
        char *reason;
};

struct command {
        bool control;            /* ~ */
        char name[NAME_LEN + 1]; /* upper case */
        size_t at;               /* of its prefix */
};

static int refuse(const struct guard *guard, const struct command *command, const char *why) {
        (void)snprintf(guard->reason, ZPL_REASON_SIZE, "%c%s at %zu: %s",
                       command->control ? '~' : '^', command->name, command->at + 1, why);
        return ZPL_REFUSED;
}

static bool listed(const char *list, const char *name) {
        char word[NAME_LEN + 3];

        (void)snprintf(word, sizeof(word), " %s ", name);
        return strstr(list, word) != NULL;
}

static bool is_prefix(const struct guard *guard, uint8_t byte) {
        return (char)byte == guard->caret || (char)byte == guard->tilde;
}

/* A printer takes them for ^XA and ^XZ wherever they stand, except in binary data. */
static bool is_hidden_command(uint8_t byte) {
        return byte == STX || byte == ETX;
}

/* ---- parameters ----------------------------------------------------------------------------------- */

/* The @n-th parameter from guard->at on, up to the next delimiter or prefix. */
static struct slice parameter(const struct guard *guard, size_t n) {
        size_t from = guard->at, to;

        for (; n > 0 && from < guard->zpl.len; from++) {
                if (is_prefix(guard, guard->zpl.bytes[from]))
                        return (struct slice) { NULL, 0 };
                n -= (char)guard->zpl.bytes[from] == guard->delimiter;
        }
        for (to = from; to < guard->zpl.len && !is_prefix(guard, guard->zpl.bytes[to]); to++)
                if ((char)guard->zpl.bytes[to] == guard->delimiter)
                        break;
        return (struct slice) { guard->zpl.bytes + from, to - from };
}

static long number(struct slice text) {
        char digits[12];

        if (text.len == 0 || text.len >= sizeof(digits))
                return -1;
        memcpy(digits, text.bytes, text.len);
        digits[text.len] = '\0';
        if (digits[strspn(digits, "0123456789")])
                return -1;
        return strtol(digits, NULL, 10);
}

/* Behind the @n-th delimiter: where data begin. A prefix before it would begin a command, which nothing may hide. */
static bool skip_parameters(struct guard *guard, size_t n) {
        for (; guard->at < guard->zpl.len && !is_prefix(guard, guard->zpl.bytes[guard->at]) &&
               !is_hidden_command(guard->zpl.bytes[guard->at]);
             guard->at++)
                if ((char)guard->zpl.bytes[guard->at] == guard->delimiter && --n == 0) {
                        guard->at++;
                        return true;
                }
        return false;
}

static int skip_binary(struct guard *guard, const struct command *command, size_t delimiters,
                       long len) {
        if (len < 0 || len > NUMBER_MAX || !skip_parameters(guard, delimiters) ||
            (size_t)len > guard->zpl.len - guard->at)
                return refuse(guard, command, "its binary data are not whole");
        guard->at += (size_t)len;
        return 0;
}

/* ---- commands ------------------------------------------------------------------------------------- */

/* "R:NAME.GRF"; without a drive R: is meant. */
static int check_store(struct guard *guard, const struct command *command) {
        struct slice name = parameter(guard, 0);

        if (name.len >= 2 && name.bytes[1] == ':' && toupper(name.bytes[0]) != 'R')
                return refuse(guard, command, "it stores into the printer; only R: is for labels");
        return 0;
}

/* ^GFa,b,c,d,data: with a = B or C (compressed) the data are b raw bytes. */
static int take_graphic(struct guard *guard, const struct command *command) {
        struct slice kind = parameter(guard, 0);

        if (kind.len == 1 && (toupper(kind.bytes[0]) == 'B' || toupper(kind.bytes[0]) == 'C'))
                return skip_binary(guard, command, 4, number(parameter(guard, 1)));
        return 0;
}

/* ~DYd:f,b,x,t,w,data: with b = B or P the data are t raw bytes. */
static int take_object(struct guard *guard, const struct command *command) {
        struct slice kind = parameter(guard, 1);

        if (kind.len == 1 && (toupper(kind.bytes[0]) == 'B' || toupper(kind.bytes[0]) == 'P'))
                return skip_binary(guard, command, 5, number(parameter(guard, 3)));
        return 0;
}

static int change_prefix(struct guard *guard, const struct command *command) {
        char *const all[] = { &guard->caret, &guard->tilde, &guard->delimiter };
        const size_t which = command->name[1] == 'C' ? 0 : command->name[1] == 'T' ? 1 : 2;
        uint8_t byte;

        if (guard->at == guard->zpl.len)
                return refuse(guard, command, "the new character is missing");
        byte = guard->zpl.bytes[guard->at++];
        if (byte <= ' ' || byte >= 0x7F)
                return refuse(guard, command, "the new character must be a printing one");
        for (size_t i = 0; i < ARRAY_LEN(all); i++)
                if (i != which && *all[i] == (char)byte)
                        return refuse(guard, command, "the new character has a meaning already");
        *all[which] = (char)byte;
        return 0;
}

static int check_caret(struct guard *guard, const struct command *command) {
        if (strcmp(command->name, "XA") == 0) {
                guard->inside = true;
                return 0;
        }
        if (strcmp(command->name, "XZ") == 0) {
                guard->inside = false;
                return 0;
        }
        if (listed(storing_commands, command->name))
                return check_store(guard, command);
        if (command->name[0] != 'A' && !listed(label_commands, command->name))
                return refuse(guard, command, "it is no label command");
        return strcmp(command->name, "GF") == 0 ? take_graphic(guard, command) : 0;
}

static int refuse_byte(const struct guard *guard, const char *why) {
        (void)snprintf(guard->reason, ZPL_REASON_SIZE, "at %zu: byte %02X %s", guard->at + 1,
                       guard->zpl.bytes[guard->at], why);
        return ZPL_REFUSED;
}

static int refuse_hidden(const struct guard *guard) {
        return refuse_byte(guard, guard->zpl.bytes[guard->at] == STX ? "stands for ^XA"
                                                                     : "stands for ^XZ");
}

/*
 * SGD, another language (guide: ! U1 setvar "NAME" "VALUE"): refused wherever it stands, whoever reads it first. @ret_len:
 * up to the end of its verb.
 */
static bool is_sgd(const struct guard *guard, size_t *ret_len) {
        static const char *const verbs[] = { "setvar ", "getvar ", "do " };
        const char *at = (const char *)guard->zpl.bytes + guard->at;
        size_t left = guard->zpl.len - guard->at, len = 3;

        if (left < len || strncasecmp(at, "! U", len) != 0)
                return false;
        len += len < left && at[len] == '1';
        len += len < left && at[len] == ' ';
        for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
                size_t n = strlen(verbs[i]);

                if (left - len >= n && strncasecmp(at + len, verbs[i], n) == 0) {
                        *ret_len = len + n - 1;
                        return true;
                }
        }
        return false;
}

static int refuse_sgd(const struct guard *guard, size_t len) {
        (void)snprintf(guard->reason, ZPL_REASON_SIZE, "%.*s at %zu: it acts on the printer itself",
                       (int)len, (const char *)guard->zpl.bytes + guard->at, guard->at + 1);
        return ZPL_REFUSED;
}

/* Data of a stored object go on to the next prefix. */
static int take_data(struct guard *guard, const struct command *command) {
        while (guard->at < guard->zpl.len && !is_prefix(guard, guard->zpl.bytes[guard->at])) {
                const uint8_t *at = guard->zpl.bytes + guard->at;

                if (guard->zpl.len - guard->at >= 3 && memcmp(at, "! U", 3) == 0)
                        return refuse(guard, command, "its data hold \"! U\", another language");
                if (is_hidden_command(*at))
                        return refuse_hidden(guard);
                guard->at++;
        }
        return 0;
}

static int check_tilde(struct guard *guard, const struct command *command) {
        int r;

        if (!listed(storing_control, command->name))
                return refuse(guard, command, "it acts on the printer itself");
        r = check_store(guard, command);
        if (r == 0 && strcmp(command->name, "DY") == 0)
                r = take_object(guard, command);
        return r == 0 ? take_data(guard, command) : r;
}

static int take_command(struct guard *guard) {
        struct command command = { .control = (char)guard->zpl.bytes[guard->at] == guard->tilde,
                                   .at = guard->at };

        guard->at++;
        for (size_t i = 0; i < NAME_LEN; i++) {
                if (guard->at == guard->zpl.len || guard->zpl.bytes[guard->at] <= ' ' ||
                    guard->zpl.bytes[guard->at] >= 0x7F)
                        return refuse(guard, &command, "a command of two characters is cut short");
                command.name[i] = (char)toupper(guard->zpl.bytes[guard->at++]);
        }
        if (listed(prefix_commands, command.name))
                return change_prefix(guard, &command);
        return command.control ? check_tilde(guard, &command) : check_caret(guard, &command);
}

/* Between labels there is nothing but white space: another language would begin there (! U1, EPL, PJL). */
static int take_text(struct guard *guard) {
        uint8_t byte = guard->zpl.bytes[guard->at];
        size_t len;

        if (byte == '!' && is_sgd(guard, &len))
                return refuse_sgd(guard, len);
        if (!guard->inside && !isspace(byte))
                return refuse_byte(guard, "outside of ^XA … ^XZ");
        if (is_hidden_command(byte))
                return refuse_hidden(guard);
        guard->at++;
        return 0;
}

static int check_end(const struct guard *guard) {
        const char *why = NULL;

        if (guard->inside)
                why = "the last label has no ^XZ";
        else if (guard->caret != '^' || guard->tilde != '~' || guard->delimiter != ',')
                why = "a prefix stays changed, and the next label would not be understood";
        if (why)
                (void)snprintf(guard->reason, ZPL_REASON_SIZE, "at the end: %s", why);
        return why ? ZPL_REFUSED : 0;
}

int zpl_guard(struct slice zpl, char *ret_reason) {
        struct guard guard = {
                .zpl = zpl, .caret = '^', .tilde = '~', .delimiter = ',', .reason = ret_reason
        };
        int r = 0;

        while (r == 0 && guard.at < zpl.len)
                r = is_prefix(&guard, zpl.bytes[guard.at]) ? take_command(&guard)
                                                           : take_text(&guard);
        return r ? r : check_end(&guard);
}
