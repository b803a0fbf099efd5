/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "drivers/barcode/barcode.h"
#include "drivers/scanner/protocol.h"
#include "drivers/scanner/ssi_codes.h"
#include "drivers/scanner/ssi_packet.h"

/* The protocol and what it asked of its scanner, packets by name: "ACK BEEP.06 scan ]E0…;". */
struct rig {
        struct profile profile;
        void *protocol;
        struct bytes said;
        int wait_ms;
};

static const struct {
        uint8_t opcode;
        const char *name;
} names[] = {
        { SSI_ACK, "ACK" },
        { SSI_NAK, "NAK" },
        { SSI_PARAM_SEND, "PARAM" },
        { SSI_BEEP, "BEEP" },
        { SSI_LED_ON, "LED_ON" },
        { SSI_LED_OFF, "LED_OFF" },
        { SSI_REQUEST_REVISION, "REVISION" },
};

static const char *name_of(uint8_t opcode) {
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
                if (names[i].opcode == opcode)
                        return names[i].name;
        return "?";
}

static void on_scan(void *ctx, struct slice data) {
        bytes_appendf(&((struct rig *)ctx)->said, "scan %.*s;", data.len > 40 ? 40 : (int)data.len,
                      (const char *)data.bytes);
        if (data.len > 40)
                bytes_appendf(&((struct rig *)ctx)->said, "(%zu);", data.len);
}

static void on_refused(void *ctx, const char *reason) {
        assert_true(reason[0]);
        bytes_append_str(&((struct rig *)ctx)->said, "refused;");
}

static void on_send(void *ctx, struct slice bytes) {
        struct ssi_reader reader = { .len = 0 };
        struct rig *rig = ctx;
        struct ssi_packet packet;

        assert_int_equal(ssi_packet_read(&reader, &bytes, &packet), SSI_READ_PACKET);
        assert_int_equal(bytes.len, 0);
        assert_int_equal(packet.source, SSI_HOST);
        bytes_append_str(&rig->said, name_of(packet.opcode));
        for (size_t i = 0; i < packet.data.len; i++)
                bytes_appendf(&rig->said, ".%02X", packet.data.bytes[i]);
        bytes_append_str(&rig->said, packet.status & SSI_RETRANSMIT ? "* " : " ");
}

static void on_wait(void *ctx, int ms) {
        ((struct rig *)ctx)->wait_ms = ms;
}

static void on_identity(void *ctx, const char *model, const char *firmware) {
        bytes_appendf(&((struct rig *)ctx)->said, "is %s/%s;", model, firmware);
}

static void on_trouble(void *ctx, const char *words) {
        bytes_append_str(&((struct rig *)ctx)->said, words ? "trouble;" : "well;");
}

static void expect(struct rig *rig, const char *said) {
        assert_string_equal(bytes_str(&rig->said), said);
        bytes_clear(&rig->said);
}

static void sends_with(struct rig *rig, uint8_t opcode, uint8_t status, const void *data,
                       size_t len) {
        const struct ssi_packet packet = { opcode, SSI_DECODER, status, { data, len } };
        uint8_t bytes[SSI_PACKET_MAX];
        size_t n = ssi_packet_write(bytes, &packet);

        assert_true(n > 0);
        protocol_ssi.input(rig->protocol, (struct slice) { bytes, n });
}

static void sends(struct rig *rig, uint8_t opcode) {
        sends_with(rig, opcode, 0, NULL, 0);
}

static void scans(struct rig *rig, const char *type_and_text, uint8_t status) {
        sends_with(rig, SSI_DECODE_DATA, status, type_and_text, strlen(type_and_text));
}

static void rig_init(struct rig *rig) {
        const struct protocol_host host = { rig,     on_scan,     on_refused, on_send,
                                            on_wait, on_identity, on_trouble };

        *rig = (struct rig) { .wait_ms = 0 };
        assert_int_equal(protocol_ssi.new(&rig->profile, slice_of(""), &host, &rig->protocol), 0);
}

/* Attached and set up. */
static void rig_ready(struct rig *rig) {
        rig_init(rig);
        protocol_ssi.attached(rig->protocol);
        sends(rig, SSI_ACK);
        sends_with(rig, SSI_REPLY_REVISION, 0, "CAAABS00-007-R00 N 0 1", 22);
        bytes_clear(&rig->said);
}

static void rig_fini(struct rig *rig) {
        protocol_ssi.free(rig->protocol);
        bytes_fini(&rig->said);
}

/* ---- packets ------------------------------------------------------------------------------------ */

/* Worked examples of the guides. */
static const struct {
        struct ssi_packet packet;
        const uint8_t bytes[8];
        size_t len;
} packets[] = {
        { { SSI_ACK, SSI_HOST, 0, { NULL, 0 } }, { 0x04, 0xD0, 0x04, 0x00, 0xFF, 0x28 }, 6 },
        { { SSI_NAK, SSI_HOST, 0, { (const uint8_t *)"\x01", 1 } },
          { 0x05, 0xD1, 0x04, 0x00, 0x01, 0xFF, 0x25 },
          7 },
        { { SSI_REQUEST_REVISION, SSI_HOST, 0, { NULL, 0 } },
          { 0x04, 0xA3, 0x04, 0x00, 0xFF, 0x55 },
          6 },
        { { SSI_BEEP, SSI_HOST, 0, { (const uint8_t *)"\x00", 1 } },
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

static void bytes_arrive_at_any_split(void **state) {
        struct rig rig;

        (void)state;
        for (size_t split = 1; split < 12; split++) {
                const struct ssi_packet packet = { SSI_DECODE_DATA, SSI_DECODER, 0,
                                                   slice_of("\x03"
                                                            "ABC12") };
                uint8_t bytes[SSI_PACKET_MAX];
                size_t n = ssi_packet_write(bytes, &packet);

                rig_ready(&rig);
                protocol_ssi.input(rig.protocol, (struct slice) { bytes, split });
                expect(&rig, "");
                assert_int_equal(rig.wait_ms, 200);
                protocol_ssi.input(rig.protocol, (struct slice) { bytes + split, n - split });
                expect(&rig, "ACK scan ]C0ABC12;");
                assert_int_equal(rig.wait_ms, 0);
                rig_fini(&rig);
        }
}

/* ---- set-up ------------------------------------------------------------------------------------- */

static void the_setup_asks_for_packets_and_the_revision(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        protocol_ssi.attached(rig.protocol);
        expect(&rig, "PARAM.FF.EE.01.2D.01 ");
        assert_int_equal(rig.wait_ms, 2000);
        sends(&rig, SSI_ACK);
        expect(&rig, "REVISION ");
        sends_with(&rig, SSI_REPLY_REVISION, 0, "CAAABS00-007-R00 N 0 1", 22);
        expect(&rig, "ACK is /CAAABS00-007-R00;");
        assert_int_equal(rig.wait_ms, 0);
        rig_fini(&rig);
}

static void a_mute_scanner_is_asked_three_times_and_told_of(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        protocol_ssi.attached(rig.protocol);
        protocol_ssi.timer(rig.protocol);
        protocol_ssi.timer(rig.protocol);
        expect(&rig, "PARAM.FF.EE.01.2D.01 PARAM.FF.EE.01.2D.01* PARAM.FF.EE.01.2D.01* ");
        protocol_ssi.timer(rig.protocol);
        expect(&rig, "trouble;");
        assert_int_equal(rig.wait_ms, 0);
        scans(&rig,
              "\x03"
              "A1",
              0);
        expect(&rig, "well;ACK scan ]C0A1;");
        rig_fini(&rig);
}

static void refused_parameters_are_told_of(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        rig.profile.n_setup = 1;
        rig.profile.setup[0].send = (struct profile_bytes) { { 0xFF, 0x10, 0x01 }, 3 };
        protocol_ssi.attached(rig.protocol);
        sends_with(&rig, SSI_NAK, 0, "\x01", 1); /* again, please */
        sends_with(&rig, SSI_NAK, 0, "\x06", 1); /* denied */
        expect(&rig, "PARAM.FF.10.01 PARAM.FF.10.01* trouble;REVISION ");
        rig_fini(&rig);
}

/* ---- scans -------------------------------------------------------------------------------------- */

static const struct {
        const char *data, *said;
} decoded[] = {
        { "\x03"
          "A1",
          "ACK scan ]C0A1;" },
        { "\x0B"
          "4006381333931",
          "ACK scan ]E04006381333931;" },
        { "\x0F"
          "0109521234543213",
          "ACK scan ]C10109521234543213;" },
        { "\x4B"
          "400638133393112",
          "ACK scan ]E3400638133393112;" },
        { "\x1B"
          "]d20109521234543213",
          "ACK scan ]d20109521234543213;" }, /* its own identifier */
        { "\x1B"
          "ABC",
          "ACK scan ABC;" },
        { "\x03", "ACK " }, /* nothing in it */
        { "", "ACK " },
};

static void code_types_become_aim_identifiers(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(decoded); i++) {
                struct rig rig;

                rig_ready(&rig);
                scans(&rig, decoded[i].data, 0);
                expect(&rig, decoded[i].said);
                rig_fini(&rig);
        }
}

static void a_repeated_packet_counts_once_and_the_same_code_again_twice(void **state) {
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        scans(&rig,
              "\x03"
              "A1",
              0);
        scans(&rig,
              "\x03"
              "A1",
              SSI_RETRANSMIT);
        expect(&rig, "ACK scan ]C0A1;ACK ");
        scans(&rig,
              "\x03"
              "A1",
              0);
        expect(&rig, "ACK scan ]C0A1;");
        rig_fini(&rig);
}

static void a_damaged_packet_is_asked_for_again(void **state) {
        static const uint8_t damaged[] = { 7, SSI_DECODE_DATA, 0, 0, 3, 'A', '1', 0, 0 };
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        scans(&rig,
              "\x03"
              "A1",
              0);
        bytes_clear(&rig.said);
        protocol_ssi.input(rig.protocol, (struct slice) { damaged, sizeof(damaged) });
        expect(&rig, "NAK.01 ");
        scans(&rig,
              "\x03"
              "A1",
              SSI_RETRANSMIT); /* the same code, and the first that is whole */
        expect(&rig, "ACK scan ]C0A1;");
        rig_fini(&rig);
}

static void half_a_packet_is_forgotten_after_its_time(void **state) {
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        protocol_ssi.input(rig.protocol, slice_of("4006"));
        protocol_ssi.timer(rig.protocol);
        expect(&rig, "NAK.01 ");
        scans(&rig,
              "\x03"
              "A1",
              0);
        expect(&rig, "ACK scan ]C0A1;");
        rig_fini(&rig);
}

static void a_long_code_is_joined(void **state) {
        char part[SSI_DATA_MAX + 1];
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        memset(part, 'x', sizeof(part));
        part[0] = 0x03;
        part[SSI_DATA_MAX] = '\0';
        scans(&rig, part, SSI_CONTINUED);
        part[10] = 'y';
        scans(&rig, part, SSI_CONTINUED);
        scans(&rig, part, SSI_CONTINUED | SSI_RETRANSMIT);
        expect(&rig, "ACK ACK ACK ");
        assert_int_equal(rig.wait_ms, 2000);
        scans(&rig,
              "\x03"
              "end",
              0);
        assert_non_null(strstr(bytes_str(&rig.said), "scan ]C0xxx"));
        assert_non_null(strstr(bytes_str(&rig.said), "(506);")); /* 3 + 2 x 250 + 3 */
        rig_fini(&rig);
}

static void a_code_that_never_ends_is_refused_once(void **state) {
        char part[SSI_DATA_MAX + 1];
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        memset(part, 'x', sizeof(part));
        part[0] = 0x03;
        part[SSI_DATA_MAX] = '\0';
        for (size_t sent = 0; sent < SCAN_LEN_MAX + sizeof(part); sent += SSI_DATA_MAX - 1)
                scans(&rig, part, SSI_CONTINUED);
        bytes_clear(&rig.said);
        scans(&rig,
              "\x03"
              "end",
              0);
        expect(&rig, "ACK refused;");
        scans(&rig, part, SSI_CONTINUED);
        bytes_clear(&rig.said);
        protocol_ssi.timer(rig.protocol);
        expect(&rig, "refused;");
        scans(&rig,
              "\x03"
              "A1",
              0);
        expect(&rig, "ACK scan ]C0A1;");
        rig_fini(&rig);
}

/* ---- feedback ----------------------------------------------------------------------------------- */

static void beeps_wait_for_each_other_and_scans_for_none(void **state) {
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        protocol_ssi.feedback(rig.protocol, SCANNER_GOOD);
        protocol_ssi.feedback(rig.protocol, SCANNER_BAD);
        expect(&rig, "BEEP.00 ");
        scans(&rig,
              "\x03"
              "A1",
              0);
        expect(&rig, "ACK scan ]C0A1;");
        sends(&rig, SSI_ACK);
        expect(&rig, "BEEP.06 ");
        sends(&rig, SSI_ACK);
        protocol_ssi.feedback(rig.protocol, SCANNER_ATTENTION);
        expect(&rig, "BEEP.01 ");
        rig_fini(&rig);
}

static void a_light_goes_on_and_off_with_the_next(void **state) {
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        rig.profile.bad = (struct profile_bytes) { { 0x16, 0x04 }, 2 };
        protocol_ssi.feedback(rig.protocol, SCANNER_BAD);
        sends(&rig, SSI_ACK);
        sends(&rig, SSI_ACK);
        expect(&rig, "LED_ON.04 BEEP.16 ");
        protocol_ssi.feedback(rig.protocol, SCANNER_GOOD);
        sends(&rig, SSI_ACK);
        expect(&rig, "LED_OFF.FF BEEP.00 ");
        rig_fini(&rig);
}

static void a_flood_of_feedback_is_bounded(void **state) {
        struct rig rig;
        int beeps = 0;

        (void)state;
        rig_ready(&rig);
        for (int i = 0; i < 1000; i++)
                protocol_ssi.feedback(rig.protocol, SCANNER_GOOD);
        expect(&rig, "BEEP.00 ");
        for (int i = 0; i < 1000; i++)
                sends(&rig, SSI_ACK);
        for (const char *at = bytes_str(&rig.said); (at = strstr(at, "BEEP")) != NULL; at++)
                beeps++;
        assert_in_range(beeps, 1, 32);
        rig_fini(&rig);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(packets_are_written_as_the_guides_do),
                cmocka_unit_test(the_longest_packet_comes_back_and_a_longer_one_is_none),
                cmocka_unit_test(bytes_arrive_at_any_split),
                cmocka_unit_test(the_setup_asks_for_packets_and_the_revision),
                cmocka_unit_test(a_mute_scanner_is_asked_three_times_and_told_of),
                cmocka_unit_test(refused_parameters_are_told_of),
                cmocka_unit_test(code_types_become_aim_identifiers),
                cmocka_unit_test(a_repeated_packet_counts_once_and_the_same_code_again_twice),
                cmocka_unit_test(a_damaged_packet_is_asked_for_again),
                cmocka_unit_test(half_a_packet_is_forgotten_after_its_time),
                cmocka_unit_test(a_long_code_is_joined),
                cmocka_unit_test(a_code_that_never_ends_is_refused_once),
                cmocka_unit_test(beeps_wait_for_each_other_and_scans_for_none),
                cmocka_unit_test(a_light_goes_on_and_off_with_the_next),
                cmocka_unit_test(a_flood_of_feedback_is_bounded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
