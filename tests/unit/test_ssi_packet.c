/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "drivers/scanner/ssi_packet.h"

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

/* ---- writing --------------------------------------------------------------------------------- */

/* Worked examples of the guides. */
static const struct {
        struct ssi_packet packet;
        const uint8_t bytes[8];
        size_t len;
} packets[] = {
        { { SSI_ACK, SSI_HOST, 0, { NULL, 0 } }, { 0x04, 0xD0, 0x04, 0x00, 0xFF, 0x28 }, 6 },
        { { SSI_NAK, SSI_HOST, 0, { BYTES("\x01") } },
          { 0x05, 0xD1, 0x04, 0x00, 0x01, 0xFF, 0x25 },
          7 },
        { { SSI_REQUEST_REVISION, SSI_HOST, 0, { NULL, 0 } },
          { 0x04, 0xA3, 0x04, 0x00, 0xFF, 0x55 },
          6 },
        { { SSI_BEEP, SSI_HOST, 0, { BYTES("\x00") } },
          { 0x05, 0xE6, 0x04, 0x00, 0x00, 0xFF, 0x11 },
          7 },
};

static void packets_are_written_as_the_guides_do(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(packets); i++) {
                uint8_t bytes[SSI_PACKET_MAX];

                assert_int_equal(ssi_packet_write(bytes, &packets[i].packet), packets[i].len);
                assert_memory_equal(bytes, packets[i].bytes, packets[i].len);
        }
}

static void the_longest_packet_comes_back_and_a_longer_one_is_none(void **state) {
        static uint8_t data[SSI_DATA_MAX + 1];
        struct ssi_packet packet = { SSI_EVENT, SSI_DECODER, 0, { data, SSI_DATA_MAX } }, read;
        struct ssi_reader reader = { .len = 0 };
        uint8_t bytes[SSI_PACKET_MAX];
        struct slice in = { bytes, ssi_packet_write(bytes, &packet) };

        (void)state;
        assert_int_equal(in.len, SSI_PACKET_MAX);
        assert_int_equal(ssi_packet_read(&reader, &in, &read), SSI_READ_PACKET);
        assert_int_equal(read.data.len, SSI_DATA_MAX);
        packet.data.len++;
        assert_int_equal(ssi_packet_write(bytes, &packet), 0);
}

/* ---- reading ------------------------------------------------------------------------------------ */

/* A stream and what is read in it: opcode and text of packets, "broken" with an opcode, "text". */

#define SCAN_A                                                                                     \
        "\x06\xF3\x00\x00\x03"                                                                     \
        "A\xFE\xC3"
#define SCAN_B                                                                                     \
        "\x06\xF3\x00\x00\x03"                                                                     \
        "B\xFE\xC2"
#define ACKED "\x04\xD0\x00\x00\xFF\x2C"

static const struct {
        const uint8_t *bytes;
        size_t len;
        const char *read;
} streams[] = {
        { BYTES(SCAN_A), "F3=A;" },
        { BYTES(SCAN_A SCAN_B ACKED), "F3=A;F3=B;D0=;" },
        /* noise before, between and behind */
        { BYTES("\x00\x01\x03" SCAN_A), "F3=A;" },
        { BYTES("garbage" SCAN_A "more of it\r\n" SCAN_B), "F3=A;F3=B;" },
        { BYTES("\xFF\xFF\xFF" SCAN_A), "F3=A;" },
        { BYTES("\x06" SCAN_A), "F3=A;" },
        { BYTES(SCAN_A "\x00"), "F3=A;silence;" },
        /*
         * the beginning of a packet swallows the next one, which is found when it ends, or after a
         * silence
         */
        { BYTES("\x04\xF3\x00" SCAN_A), "F3=A;" },
        { BYTES("\x40\xF3\x00" SCAN_A), "silence;F3=A;" },
        { BYTES("\x40\xF3\x00" SCAN_A SCAN_B), "silence;F3=A;F3=B;" },
        /*
         * a bit is wrong in the data, the checksum, the opcode, the source, the length (less, more)
         */
        { BYTES("\x06\xF3\x00\x00\x03"
                "a\xFE\xC3"),
          "broken F3;silence;" },
        { BYTES("\x06\xF3\x00\x00\x03"
                "A\xFE\xC2" SCAN_B),
          "broken F3;F3=B;" },
        { BYTES("\x06\x73\x00\x00\x03"
                "A\xFE\xC3"),
          "silence;broken 00;" },
        { BYTES("\x06\xF3\x10\x00\x03"
                "A\xFE\xC3"),
          "silence;broken 00;" },
        { BYTES("\x04\xF3\x00\x00\x03"
                "A\xFE\xC3"),
          "broken F3;silence;" },
        { BYTES("\x07\xF3\x00\x00\x03"
                "A\xFE\xC3"),
          "silence;broken F3;" },
        { BYTES("\x07\xF3\x00\x00\x03"
                "A\xFE\xC3" SCAN_B),
          "broken F3;F3=B;" },
        /* half a packet */
        { BYTES("\x06\xF3\x00\x00\x03"), "silence;broken F3;" },
        { BYTES("\x06\xF3"), "silence;" },
        /* a scanner in raw mode */
        { BYTES("4006381333931\r\n"), "silence;text;" },
        { BYTES("]C110AB\x1D"
                "21x"),
          "silence;text;" },
        { BYTES("?\r"), "silence;" },
        /* text in a packet is no noise */
        { BYTES("\x0B\xF3\x00\x00\x03"
                "\x04\xD0\x00\x00\xFE\x2C\xFD\x01"),
          "F3=\x04\xD0;" },
};

static void note(struct bytes *said, enum ssi_read read, const struct ssi_packet *packet) {
        if (read == SSI_READ_PACKET)
                bytes_appendf(said, "%02X=%.*s;", packet->opcode,
                              packet->data.len > 0 ? (int)packet->data.len - 1 : 0,
                              packet->data.len > 0 ? (const char *)packet->data.bytes + 1 : "");
        else if (read == SSI_READ_BROKEN)
                bytes_appendf(said, "broken %02X;", packet->opcode);
        else if (read == SSI_READ_TEXT)
                bytes_append_str(said, "text;");
}

static void feed(struct ssi_reader *reader, struct slice bytes, struct bytes *said) {
        struct ssi_packet packet;
        enum ssi_read read;

        while ((read = ssi_packet_read(reader, &bytes, &packet)) != SSI_READ_MORE)
                note(said, read, &packet);
        assert_int_equal(bytes.len, 0);
}

static void fall_silent(struct ssi_reader *reader, struct bytes *said) {
        struct ssi_packet packet;
        enum ssi_read read;

        if (!ssi_packet_has_rest(reader))
                return;
        bytes_append_str(said, "silence;");
        while ((read = ssi_packet_silence(reader, &packet)) != SSI_READ_MORE)
                note(said, read, &packet);
        assert_false(ssi_packet_has_rest(reader));
}

static void every_stream_is_read_at_every_split(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(streams); i++)
                for (size_t split = 0; split <= streams[i].len; split++) {
                        struct slice bytes = { streams[i].bytes, streams[i].len };
                        struct ssi_reader reader = { .len = 0 };
                        CLEANUP(bytes_fini) struct bytes said = { 0 };

                        feed(&reader, (struct slice) { bytes.bytes, split }, &said);
                        feed(&reader, (struct slice) { bytes.bytes + split, bytes.len - split },
                             &said);
                        fall_silent(&reader, &said);
                        assert_string_equal(bytes_str(&said), streams[i].read);
                }
}

/* After whatever came, a silence makes it as new. */
static void a_silence_forgets_everything(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(streams); i++)
                for (size_t len = 0; len <= streams[i].len; len++) {
                        struct ssi_reader reader = { .len = 0 };
                        CLEANUP(bytes_fini) struct bytes said = { 0 };

                        feed(&reader, (struct slice) { streams[i].bytes, len }, &said);
                        fall_silent(&reader, &said);
                        bytes_clear(&said);
                        feed(&reader, (struct slice) { BYTES(SCAN_B) }, &said);
                        assert_string_equal(bytes_str(&said), "F3=B;");
                }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(packets_are_written_as_the_guides_do),
                cmocka_unit_test(the_longest_packet_comes_back_and_a_longer_one_is_none),
                cmocka_unit_test(every_stream_is_read_at_every_split),
                cmocka_unit_test(a_silence_forgets_everything),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
