/* SPDX-License-Identifier: MIT */

/* The HID protocols against any device: a report descriptor, then reports with time-outs and feedback between them. */

#include <stdlib.h>
#include "drivers/barcode/barcode.h"
#include "drivers/hid_report.h"
#include "drivers/scanner/protocol.h"

static void on_scan(void *ctx, struct slice data) {
        (void)ctx;
        if (data.len == 0 || data.len > SCAN_LEN_MAX)
                abort();
}

static void on_send(void *ctx, struct slice bytes) {
        (void)ctx;
        if (bytes.len == 0 || bytes.len > HID_REPORT_MAX)
                abort();
}

static void on_words(void *ctx, const char *words) {
        (void)ctx;
        if (!words[0])
                abort();
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

/* What the tables say holds together, and no field is read beyond its report. */
static void check_descriptor(struct slice text) {
        static struct hid_descriptor desc;
        const char *reason = "";
        uint8_t report[8] = { 0 };

        if (hid_report_parse(text, &desc, &reason) != 0) {
                on_words(NULL, reason);
                return;
        }
        for (size_t i = 0; i < desc.n_fields; i++) {
                const struct hid_field *field = &desc.fields[i];
                size_t size = hid_report_size(&desc, field->type, field->id);
                size_t last = hid_field_bit(&desc, field, field->count - 1U) + field->bits;

                if (last > size * 8 || size > HID_REPORT_MAX + 1 || field->n_usages == 0 ||
                    field->usages + field->n_usages > desc.n_usages)
                        abort();
                if (hid_report_find(&desc, field->type, hid_field_usage(&desc, field, 0), NULL,
                                    NULL) > field)
                        abort();
                report[0] = field->id;
                (void)hid_field_on(&desc, field, 0, (struct slice) { report, sizeof(report) });
        }
}

static void set(struct profile_bytes *dst, const char *text) {
        dst->len = strlen(text);
        memcpy(dst->bytes, text, dst->len);
}

/* Everything that a profile can ask for. */
static void fill(struct profile *profile, uint8_t choice) {
        *profile = (struct profile) { .ends = { '\r', '\t' },
                                      .n_ends = choice & 1 ? 2 : 0,
                                      .start = -1,
                                      .gap_ms = choice & 1 ? 0 : 100,
                                      .rest_ms = 500,
                                      .alt_numpad = !(choice & 2),
                                      .layout = (enum keyboard_layout)(choice >> 2 & 3),
                                      .n_setup = choice >> 4 & 1 };
        set(&profile->setup[0].send, "\xFE\x01");
        set(&profile->setup[0].expect, "\x06");
        set(&profile->identify.query, "\xFD\x03?");
        set(&profile->identify.end, ".");
        memcpy(profile->identify.model, "([a-z]+)", 9);
        set(&profile->good, "\xFD\x03\x16\x07\r");
}

static void play(const struct protocol_ops *ops, void *protocol, const uint8_t *data, size_t size) {
        ops->attached(protocol);
        for (size_t i = 0; i < size;) {
                size_t len = data[i++];

                if (len == 0xFF)
                        ops->timer(protocol);
                else if (len == 0xFE)
                        ops->feedback(protocol, SCANNER_GOOD);
                else {
                        len = len < size - i ? len : size - i;
                        ops->input(protocol, (struct slice) { data + i, len });
                        i += len;
                }
        }
        ops->free(protocol);
}

/*
 * A byte that chooses the profile, the descriptor's length in two bytes, the lower first, the descriptor; then each
 * report with its length in front; a length of FF is a time-out, FE a good beep.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const struct protocol_ops *const protocols[] = { &protocol_hid_keyboard,
                                                                &protocol_hid_pos };
        const struct protocol_host host = { NULL,    on_scan,     on_words, on_send,
                                            on_wait, on_identity, on_words, NULL };
        struct profile profile;
        size_t len;

        if (size < 3)
                return 0;
        fill(&profile, data[0]);
        len = (size_t)(data[1] | data[2] << 8);
        len = len < size - 3 ? len : size - 3;
        check_descriptor((struct slice) { data + 3, len });
        for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
                void *protocol;

                if (protocols[i]->new (&profile, (struct slice) { data + 3, len }, &host,
                                       &protocol) == 0)
                        play(protocols[i], protocol, data + 3 + len, size - 3 - len);
        }
        return 0;
}
