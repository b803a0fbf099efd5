/* SPDX-License-Identifier: MIT */

/* vscanner's command line. */

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include "tests/virtual/vscanner.h"

static const char help[] =
        "Usage: vscanner --link PATH [--timeout-ms N] [--window N] [--json] [--quiet] [--ssi ...]\n"
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
        "  --quiet          print nothing\n"
        "\n"
        "A Zebra scanner in SSI mode; a scan is a code of the kind that its AIM identifier says:\n"
        "  --ssi                    packets instead of lines; a scan that is never acknowledged\n"
        "                           is printed as unsent. !ready waits until it is set up,\n"
        "                           !reset takes its power for a moment\n"
        "  --revision TEXT          what it says of itself, default VSCANNER-001 N 0 1\n"
        "  --ssi-beeps G,B,A        beep codes of good, bad, attention in hex, default 00,06,01\n"
        "  --ssi-response-ms N      how long an ACK may take, default 2000\n"
        "  --ssi-drop-ack N         does not hear every Nth ACK, so that it sends again\n"
        "  --ssi-corrupt N          damages every Nth packet of a scan\n"
        "  --ssi-deny OPCODE        refuses a command (hex): E6 BEEP, C6 PARAM_SEND\n"
        "  --ssi-trace              prints all bytes on standard error\n";

int usage(void) {
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

static int hex(const char *text, char **ret_end, uint8_t *ret) {
        unsigned long value = strtoul(text, ret_end, 16);

        if (*ret_end == text || value > UINT8_MAX)
                return -EINVAL;
        *ret = (uint8_t)value;
        return 0;
}

static int beep_codes(const char *text, uint8_t ret[3]) {
        char *end;

        for (int i = 0; i < 3; i++) {
                if (hex(text, &end, &ret[i]) < 0 || *end != (i < 2 ? ',' : '\0'))
                        return -EINVAL;
                text = end + 1;
        }
        return 0;
}

static int decoder_option(int c, const char *value, struct decoder *decoder) {
        uint8_t opcode;
        char *end;

        switch (c) {
        case 'S':
                decoder->on = true;
                return 0;
        case 'T':
                decoder->trace = true;
                return 0;
        case 'R':
                (void)snprintf(decoder->revision, sizeof(decoder->revision), "%s", value);
                return strlen(value) < sizeof(decoder->revision) ? 0 : -EINVAL;
        case 'B':
                return beep_codes(value, decoder->beeps);
        case 'A':
                return number(value, 3600000, &decoder->response_ms);
        case 'D':
                return number(value, INT_MAX, &decoder->drop_ack);
        case 'C':
                return number(value, INT_MAX, &decoder->corrupt);
        case 'N':
                if (hex(value, &end, &opcode) < 0 || *end)
                        return -EINVAL;
                decoder->deny = opcode;
                return 0;
        default:
                return -EINVAL;
        }
}

static int option(int c, const char *value, struct vscanner *scanner) {
        switch (c) {
        case 'l':
                scanner->link = value;
                return 0;
        case 't':
                return number(value, 3600000, &scanner->timeout_ms);
        case 'w':
                return number(value, WINDOW_MAX, &scanner->window);
        case 'j':
                scanner->json = true;
                return 0;
        case 'q':
                scanner->quiet = true;
                return 0;
        default:
                return decoder_option(c, value, &scanner->decoder);
        }
}

int options(int argc, char **argv, struct vscanner *scanner) {
        static const struct option rows[] = {
                { "link", required_argument, NULL, 'l' },
                { "timeout-ms", required_argument, NULL, 't' },
                { "window", required_argument, NULL, 'w' },
                { "json", no_argument, NULL, 'j' },
                { "quiet", no_argument, NULL, 'q' },
                { "ssi", no_argument, NULL, 'S' },
                { "revision", required_argument, NULL, 'R' },
                { "ssi-beeps", required_argument, NULL, 'B' },
                { "ssi-response-ms", required_argument, NULL, 'A' },
                { "ssi-drop-ack", required_argument, NULL, 'D' },
                { "ssi-corrupt", required_argument, NULL, 'C' },
                { "ssi-deny", required_argument, NULL, 'N' },
                { "ssi-trace", no_argument, NULL, 'T' },
                { "help", no_argument, NULL, 'h' },
                { NULL, 0, NULL, 0 },
        };
        int r = 0, c;

        while (r == 0 && (c = getopt_long(argc, argv, "", rows, NULL)) >= 0) {
                if (c == 'h') {
                        fputs(help, stdout);
                        exit(0);
                }
                r = option(c, optarg, scanner);
        }
        return r == 0 && optind == argc ? 0 : -EINVAL;
}
