/* SPDX-License-Identifier: MIT */

/* The SSI protocol against any scanner: bytes, with time-outs and feedback between them. */

#include <stdlib.h>
#include "drivers/barcode/barcode.h"
#include "drivers/scanner/protocol.h"

static void on_scan(void *ctx, struct slice data) {
        (void)ctx;
        if (data.len > SCAN_LEN_MAX)
                abort();
}

static void on_send(void *ctx, struct slice bytes) {
        (void)ctx;
        if (bytes.len < 6 || bytes.len != (size_t)bytes.bytes[0] + 2)
                abort();
}

static void on_words(void *ctx, const char *words) {
        (void)ctx;
        (void)words;
}

static void on_wait(void *ctx, int ms) {
        (void)ctx;
        if (ms < 0)
                abort();
}

static void on_identity(void *ctx, const char *model, const char *firmware) {
        (void)ctx;
        if (strlen(model) >= PROFILE_WORD_SIZE || strlen(firmware) >= PROFILE_WORD_SIZE)
                abort();
}

/*
 * A piece of the input is its length and so many bytes of one read; a length of FF is a time-out,
 * FE a good beep.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const struct profile profile;
        const struct protocol_host host = { NULL,    on_scan,     on_words, on_send,
                                            on_wait, on_identity, on_words, NULL };
        void *protocol;

        if (protocol_ssi.new(&profile, slice_of(""), &host, &protocol) != 0)
                return 0;
        protocol_ssi.attached(protocol);
        for (size_t i = 0; i < size;) {
                size_t len = data[i++];

                if (len == 0xFF)
                        protocol_ssi.timer(protocol);
                else if (len == 0xFE)
                        protocol_ssi.feedback(protocol, SCANNER_GOOD);
                else {
                        len = len < size - i ? len : size - i;
                        protocol_ssi.input(protocol, (struct slice) { data + i, len });
                        i += len;
                }
        }
        protocol_ssi.free(protocol);
        return 0;
}
