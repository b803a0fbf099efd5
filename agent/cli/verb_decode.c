/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "agent/cli/cli.h"
#include "agent/cli/decoded.h"
#include "base/jsonr.h"

enum {
        /* The longest scan, each byte as \u00XX, and the object around it. */
        LINE_MAX_LEN = SCAN_LEN_MAX * 6 + 1024,
};

/* ---- one code for people --------------------------------------------------------------------- */

static int decode_one(struct cli *cli) {
        CLEANUP(bytes_fini) struct bytes scan = { 0 };
        CLEANUP(bytes_fini) struct bytes out = { 0 };
        struct decoded decoded;

        if (cli_unescape(cli->words[0], &scan) < 0) {
                cli_error("%s: a broken escape; a backslash itself is \\\\", cli->words[0]);
                return CLI_USAGE;
        }
        decoded_read(bytes_slice(&scan), &decoded);
        if (!cli->json && decoded.ok)
                decoded_print(&decoded);
        else if (!cli->json)
                printf("invalid: %s\n", decoded.reason);
        else {
                decoded_write(&decoded, &out);
                printf("%s\n", bytes_str(&out));
        }
        return decoded.ok ? CLI_OK : CLI_FAILED;
}

/* ---- --jsonl --------------------------------------------------------------------------------- */

/* Characters over U+00FF do not occur in latin1. */
static int to_latin1(struct slice utf8, struct bytes *out) {
        for (size_t i = 0; i < utf8.len; i++) {
                uint8_t c = utf8.bytes[i];

                if (c >= 0x80) {
                        if ((c != 0xC2 && c != 0xC3) || i + 1 == utf8.len)
                                return -EINVAL;
                        c = (uint8_t)((c & 3) << 6 | (utf8.bytes[++i] & 0x3F));
                }
                bytes_append_char(out, (char)c);
        }
        return bytes_error(out);
}

/* The scan of one line: a bare string, or "scan" of an object. NULL: the reason in @error. */
static const char *line_scan(const json_t *line, struct slice *ret_scan, struct bytes *latin1) {
        const json_t *scan = json_is_object(line) ? json_object_get(line, "scan") : line;
        const char *enc = json_string_value(json_object_get(line, "enc"));

        if (!json_is_string(scan))
                return "a line is {\"scan\":\"…\"} or a text";
        *ret_scan = (struct slice) { (const uint8_t *)json_string_value(scan),
                                     json_string_length(scan) };
        if (!enc)
                return NULL;
        if (strcmp(enc, "latin1") != 0)
                return "enc must be latin1 or absent";
        bytes_clear(latin1);
        if (to_latin1(*ret_scan, latin1) < 0)
                return "a character over U+00FF, which latin1 has not";
        *ret_scan = bytes_slice(latin1);
        return NULL;
}

static void refuse_line(const char *reason, struct bytes *out) {
        struct decoded refused = { .ok = false };

        (void)snprintf(refused.reason, sizeof(refused.reason), "%s", reason);
        decoded_write(&refused, out);
        bytes_append_char(out, '\n');
}

static void decode_line(struct slice line, struct bytes *latin1, struct bytes *out) {
        CLEANUP(jsonr_unref) json_t *json = NULL;
        struct jsonr_error error;
        struct decoded decoded;
        const char *reason;
        struct slice scan;
        int r = jsonr_parse(line, &json, &error);

        if (r != 0) {
                refuse_line(r < 0 ? "out of memory" : error.text, out);
                return;
        }
        reason = line_scan(json, &scan, latin1);
        if (reason) {
                refuse_line(reason, out);
                return;
        }
        decoded_read(scan, &decoded);
        decoded_write(&decoded, out);
        bytes_append_char(out, '\n');
}

struct jsonl {
        char buffer[LINE_MAX_LEN * 2];
        size_t len;
        bool skipping; /* the rest of a line that was too long */
        struct bytes latin1, out;
};

/* Decodes all whole lines of the buffer; at the @end also what has no line break. */
static void eat_lines(struct jsonl *jsonl, bool end) {
        size_t at = 0;

        while (at < jsonl->len) {
                const char *from = jsonl->buffer + at, *stop = memchr(from, '\n', jsonl->len - at);
                size_t len = stop ? (size_t)(stop - from) : jsonl->len - at;

                if (!stop && !end && len <= LINE_MAX_LEN)
                        break;
                if (!jsonl->skipping && len > LINE_MAX_LEN)
                        refuse_line("the line is longer than any scan", &jsonl->out);
                else if (!jsonl->skipping)
                        decode_line((struct slice) { (const uint8_t *)from, len }, &jsonl->latin1,
                                    &jsonl->out);
                jsonl->skipping = !stop;
                at += len + (stop != NULL);
        }
        memmove(jsonl->buffer, jsonl->buffer + at, jsonl->len - at);
        jsonl->len -= at;
}

/* What one read brought is answered before the next, so that a program may ask line by line. */
static int decode_lines(struct jsonl *jsonl) {
        for (;;) {
                ssize_t n = read(STDIN_FILENO, jsonl->buffer + jsonl->len,
                                 sizeof(jsonl->buffer) - jsonl->len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0) {
                        cli_error("cannot read standard input: %s", strerror(errno));
                        return CLI_FAILED;
                }
                jsonl->len += (size_t)n;
                eat_lines(jsonl, n == 0);
                if (bytes_error(&jsonl->out) < 0) {
                        cli_error("out of memory");
                        return CLI_FAILED;
                }
                if (fwrite(jsonl->out.data, 1, jsonl->out.len, stdout) != jsonl->out.len ||
                    fflush(stdout) != 0)
                        return CLI_FAILED; /* main says why */
                bytes_clear(&jsonl->out);
                if (n == 0)
                        return CLI_OK;
        }
}

int verb_decode(struct cli *cli) {
        struct jsonl *jsonl;
        int status;

        if (cli->jsonl == (cli->n_words == 1)) {
                cli_error("give one CODE, or --jsonl and the codes on standard input");
                return CLI_USAGE;
        }
        if (!cli->jsonl)
                return decode_one(cli);
        jsonl = calloc(1, sizeof(*jsonl));
        if (!jsonl) {
                cli_error("out of memory");
                return CLI_FAILED;
        }
        status = decode_lines(jsonl);
        bytes_fini(&jsonl->latin1);
        bytes_fini(&jsonl->out);
        free(jsonl);
        return status;
}
