/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "drivers/barcode/barcode.h"
#include "drivers/scanner/ssi_codes.h"
#include "drivers/scanner/ssi_packet.h"
#include "tests/unit/helper_protocol.h"

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

static void on_foreign(void *ctx) {
        bytes_append_str(&((struct rig *)ctx)->said, "foreign;");
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
        struct protocol_host host = rig_host(rig);

        host.scan = on_scan;
        host.send = on_send;
        host.foreign = on_foreign;
        *rig = (struct rig) { .profile = { .protocol = PROTOCOL_SSI } };
        assert_int_equal(rig_new(rig, &host, slice_of("")), 0);
}

/* Attached and set up. */
static void rig_ready(struct rig *rig) {
        rig_init(rig);
        protocol_ssi.attached(rig->protocol);
        sends(rig, SSI_ACK);
        sends_with(rig, SSI_REPLY_REVISION, 0, "CAAABS00-007-R00 N 0 1", 22);
        bytes_clear(&rig->said);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

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
                rig_expect(&rig, "");
                assert_int_equal(rig.wait_ms, 200);
                protocol_ssi.input(rig.protocol, (struct slice) { bytes + split, n - split });
                rig_expect(&rig, "ACK scan ]C0ABC12;");
                assert_int_equal(rig.wait_ms, 0);
                rig_fini(&rig);
        }
}

static void garbage_between_packets_harms_none(void **state) {
        static const char *const garbage[] = { "\x40\xF3", "\xFF\xFF", "no packet",
                                               "\x05\xD0\x01\x02" };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(garbage); i++) {
                struct rig rig;

                rig_ready(&rig);
                rig_input(&rig, slice_of(garbage[i]));
                scans(&rig,
                      "\x03"
                      "A1",
                      0);
                rig_expect(&rig, "ACK scan ]C0A1;");
                assert_int_equal(rig.wait_ms, 0);
                rig_fini(&rig);
        }
}

/* A head that never ends swallows the packet behind it, until the line is silent. */
static void a_swallowed_packet_is_found_after_a_silence(void **state) {
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        rig_input(&rig, (struct slice) { (const uint8_t *)"\x40\xF3\x00", 3 });
        scans(&rig,
              "\x03"
              "A1",
              0);
        rig_expect(&rig, "");
        rig_passes(&rig, 400);
        rig_expect(&rig, "ACK scan ]C0A1;");
        assert_int_equal(rig.wait_ms, 0);
        rig_fini(&rig);
}

static void noise_of_the_line_is_not_answered(void **state) {
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        rig_input(&rig, (struct slice) { (const uint8_t *)"\x00\xFF", 2 });
        rig_passes(&rig, 1000);
        rig_expect(&rig, "");
        assert_int_equal(rig.wait_ms, 0);
        rig_fini(&rig);
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static void the_setup_asks_for_packets_and_the_revision(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        protocol_ssi.attached(rig.protocol);
        rig_expect(&rig, "PARAM.FF.EE.01.2D.01 ");
        sends(&rig, SSI_ACK);
        rig_expect(&rig, "REVISION ");
        sends_with(&rig, SSI_REPLY_REVISION, 0, "CAAABS00-007-R00 N 0 1", 22);
        rig_expect(&rig, "ACK is /CAAABS00-007-R00;");
        assert_int_equal(rig.wait_ms, 0);
        rig_fini(&rig);
}

static void a_mute_scanner_is_asked_three_times_and_told_of(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        protocol_ssi.attached(rig.protocol);
        rig_passes(&rig, 1800);
        rig_expect(&rig, "PARAM.FF.EE.01.2D.01 ");
        rig_passes(&rig, 600);
        rig_expect(&rig, "PARAM.FF.EE.01.2D.01* ");
        rig_passes(&rig, 2200);
        rig_expect(&rig, "PARAM.FF.EE.01.2D.01* ");
        rig_passes(&rig, 2200);
        rig_expect(&rig, "trouble;");     /* it may be switched off */
        assert_int_equal(rig.wait_ms, 0); /* no polling */
        rig_fini(&rig);
}

static void a_scanner_that_speaks_again_is_set_up(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        protocol_ssi.attached(rig.protocol);
        rig_passes(&rig, 10000);
        bytes_clear(&rig.said);
        scans(&rig,
              "\x03"
              "A1",
              0);
        rig_expect(&rig, "ACK scan ]C0A1;PARAM.FF.EE.01.2D.01 ");
        sends(&rig, SSI_ACK);
        rig_expect(&rig, "well;REVISION ");
        rig_fini(&rig);
}

/* It speaks all the time, and never answers: a line without its way back. */
static void scans_do_not_put_the_answers_time_off(void **state) {
        struct rig rig;
        bool told = false;

        (void)state;
        rig_ready(&rig);
        protocol_ssi.feedback(rig.protocol, SCANNER_GOOD);
        for (int i = 0; i < 40 && !told; i++) {
                scans(&rig,
                      "\x03"
                      "A1",
                      0);
                rig_passes(&rig, 200);
                told = strstr(bytes_str(&rig.said), "trouble;") != NULL;
        }
        assert_true(told);
        rig_fini(&rig);
}

static void a_scanner_that_started_is_set_up_again(void **state) {
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        protocol_ssi.feedback(rig.protocol, SCANNER_GOOD);
        protocol_ssi.feedback(rig.protocol, SCANNER_GOOD);
        bytes_clear(&rig.said);
        sends_with(&rig, SSI_EVENT, 0, "\x01", 1); /* a decode */
        rig_expect(&rig, "ACK ");
        sends_with(&rig, SSI_EVENT, 0, "\x03", 1);
        rig_expect(&rig, "ACK PARAM.FF.EE.01.2D.01 ");
        sends(&rig, SSI_ACK);
        rig_expect(&rig, "REVISION ");
        rig_fini(&rig);
}

/* ---- a scanner in raw mode ------------------------------------------------------------------- */

static void a_scanner_of_text_that_never_answers_has_another_protocol(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        protocol_ssi.attached(rig.protocol);
        rig_passes(&rig, 2400);
        bytes_clear(&rig.said);
        rig_input(&rig, slice_of("4006381333931\r\n"));
        rig_passes(&rig, 400);
        rig_expect(&rig, "foreign;refused;");
        rig_fini(&rig);
}

static void a_code_without_a_packet_is_refused_and_the_setup_sent_again(void **state) {
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        rig_input(&rig, slice_of("40063813"));
        rig_input(&rig, slice_of("33931\r\n"));
        rig_expect(&rig, "");
        rig_passes(&rig, 400);
        rig_expect(&rig, "PARAM.FF.EE.01.2D.01 refused;");
        sends(&rig, SSI_ACK);
        sends_with(&rig, SSI_REPLY_REVISION, 0, "R1 N 0 1", 8);
        bytes_clear(&rig.said);
        scans(&rig,
              "\x03"
              "A1",
              0);
        rig_expect(&rig, "ACK scan ]C0A1;");
        rig_fini(&rig);
}

static void a_scanner_that_stays_in_raw_mode_is_told_of(void **state) {
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        rig_input(&rig, slice_of("4006381333931\r"));
        rig_passes(&rig, 400);
        bytes_clear(&rig.said);
        rig_input(&rig, slice_of("4006381333931\r")); /* the set-up is under way */
        rig_passes(&rig, 400);
        rig_expect(&rig, "refused;trouble;");
        sends(&rig, SSI_ACK);
        sends(&rig, SSI_ACK);
        bytes_clear(&rig.said);
        scans(&rig,
              "\x03"
              "A1",
              0);
        rig_expect(&rig, "ACK well;scan ]C0A1;");
        rig_fini(&rig);
}

/* ---- refused commands ------------------------------------------------------------------------ */

static void refused_parameters_are_told_of(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        rig.profile.n_setup = 1;
        rig.profile.setup[0].send = (struct profile_bytes) { { 0xFF, 0x10, 0x01 }, 3 };
        protocol_ssi.attached(rig.protocol);
        sends_with(&rig, SSI_NAK, 0, "\x01", 1); /* again, please */
        sends_with(&rig, SSI_NAK, 0, "\x06", 1); /* denied */
        rig_expect(&rig, "PARAM.FF.10.01 PARAM.FF.10.01* trouble;REVISION ");
        sends_with(&rig, SSI_REPLY_REVISION, 0, "R1 N 0 1", 8);
        scans(&rig,
              "\x03"
              "A1",
              0);
        rig_expect(&rig, "ACK is /R1;ACK scan ]C0A1;"); /* and it stays so */
        rig_fini(&rig);
}

static void a_beep_that_it_does_not_have_is_told_of(void **state) {
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        protocol_ssi.feedback(rig.protocol, SCANNER_GOOD);
        sends_with(&rig, SSI_NAK, 0, "\x06", 1);
        rig_expect(&rig, "BEEP.00 trouble;");
        assert_string_equal(
                rig.words,
                "it refuses its beep or light (denied): correct feedback of its profile");
        protocol_ssi.feedback(rig.protocol, SCANNER_BAD);
        rig_expect(&rig, "BEEP.06 ");
        rig_fini(&rig);
}

static void a_line_that_damages_every_command_is_told_of(void **state) {
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        protocol_ssi.feedback(rig.protocol, SCANNER_GOOD);
        for (int i = 0; i < 3; i++)
                sends_with(&rig, SSI_NAK, 0, "\x01", 1);
        assert_non_null(strstr(rig.words, "damaged"));
        rig_fini(&rig);
}

/* ---- scans ----------------------------------------------------------------------------------- */

static const struct {
        const char *data, *said;
} decoded[] = {
        { "\x03"
          "A1",
          "ACK scan ]C0A1;" },
        { "\x0B"
          "4006381333931",
          "ACK scan ]E04006381333931;" },
        { "\x08"
          "012345678905",
          "ACK scan ]E0012345678905;" },
        { "\x0F"
          "0109521234543213",
          "ACK scan ]C10109521234543213;" },
        { "\x31"
          "0109521234543213",
          "ACK scan ]e00109521234543213;" },
        { "\xC1"
          "0109521234543213",
          "ACK scan ]d20109521234543213;" },
        { "\x24"
          "1234",
          "ACK scan 1234;" }, /* two tables contradict each other */
        { "\x16"
          "3161484100",
          "ACK scan 3161484100;" }, /* Bookland, ten digits */
        /* add-ons */
        { "\x4B"
          "400638133393112",
          "ACK scan ]E3400638133393112;" },
        { "\x8B"
          "400638133393112345",
          "ACK scan ]E3400638133393112345;" },
        { "\x48"
          "01234567890512",
          "ACK scan ]E3001234567890512;" },
        { "\x88"
          "001234567890512345",
          "ACK scan ]E3001234567890512345;" },
        { "\x4A"
          "9638507412",
          "ACK scan 9638507412;" },
        { "\x4B"
          "1",
          "ACK scan 1;" },
        /* its own identifier */
        { "\x1B"
          "]d20109521234543213",
          "ACK scan ]d20109521234543213;" },
        { "\x03"
          "]",
          "ACK scan ]C0];" },
        /* the scanner's own suffix */
        { "\x03"
          "A1\r\n",
          "ACK scan ]C0A1;" },
        /* nothing in it */
        { "\x03"
          "\r",
          "ACK " },
        { "\x03", "ACK " },
        { "", "ACK " },
};

static void code_types_become_aim_identifiers(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(decoded); i++) {
                struct rig rig;

                rig_ready(&rig);
                scans(&rig, decoded[i].data, 0);
                rig_expect(&rig, decoded[i].said);
                rig_fini(&rig);
        }
}

static void prefix_and_suffix_of_the_profile_are_taken_off(void **state) {
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        rig.profile.prefix = (struct profile_bytes) { "<", 1 };
        rig.profile.suffix = (struct profile_bytes) { ">", 1 };
        scans(&rig,
              "\x03"
              "<A1>",
              0);
        scans(&rig,
              "\x03"
              "<]C1A1>\r",
              0);
        rig_expect(&rig, "ACK scan ]C0A1;ACK scan ]C1A1;");
        rig_fini(&rig);
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
        rig_expect(&rig, "ACK scan ]C0A1;ACK ");
        scans(&rig,
              "\x03"
              "A1",
              0);
        rig_expect(&rig, "ACK scan ]C0A1;");
        rig_fini(&rig);
}

/* The code A1 again, with a wrong checksum. */
static void gets_damaged(struct rig *rig, uint8_t status) {
        const uint8_t damaged[] = { 7, SSI_DECODE_DATA, 0, status, 3, 'A', '1', 0, 0 };

        rig_input(rig, (struct slice) { damaged, sizeof(damaged) });
}

static void a_damaged_packet_is_asked_for_again(void **state) {
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        scans(&rig,
              "\x03"
              "A1",
              0);
        bytes_clear(&rig.said);
        gets_damaged(&rig, 0);
        rig_expect(&rig, "NAK.01 ");
        scans(&rig,
              "\x03"
              "A1",
              SSI_RETRANSMIT); /* the same code, and the first that is whole */
        rig_expect(&rig, "ACK scan ]C0A1;");
        rig_fini(&rig);
}

/* The ACK got lost, and then the repetition was damaged. */
static void a_damaged_repetition_counts_once(void **state) {
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        scans(&rig,
              "\x03"
              "A1",
              0);
        gets_damaged(&rig, SSI_RETRANSMIT);
        scans(&rig,
              "\x03"
              "A1",
              SSI_RETRANSMIT);
        rig_expect(&rig, "ACK scan ]C0A1;NAK.01 ACK ");
        rig_fini(&rig);
}

static void half_a_packet_is_asked_for_again_after_its_time(void **state) {
        static const uint8_t half[] = { 7, SSI_DECODE_DATA, 0, 0, 3 };
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        rig_input(&rig, (struct slice) { half, sizeof(half) });
        rig_passes(&rig, 400);
        rig_expect(&rig, "NAK.01 ");
        assert_int_equal(rig.wait_ms, 0);
        scans(&rig,
              "\x03"
              "A1",
              0);
        rig_expect(&rig, "ACK scan ]C0A1;");
        rig_fini(&rig);
}

/* Slow is not silent. */
static void a_packet_may_come_byte_by_byte(void **state) {
        const struct ssi_packet packet = { SSI_DECODE_DATA, SSI_DECODER, 0,
                                           slice_of("\x03"
                                                    "A1") };
        uint8_t bytes[SSI_PACKET_MAX];
        size_t n = ssi_packet_write(bytes, &packet);
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        for (size_t i = 0; i < n; i++) {
                rig_input(&rig, (struct slice) { bytes + i, 1 });
                rig_passes(&rig, 200);
        }
        rig_expect(&rig, "ACK scan ]C0A1;");
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
        rig_expect(&rig, "ACK ACK ACK ");
        rig_passes(&rig, 4000);
        rig_expect(&rig, "");
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
        rig_expect(&rig, "ACK refused;");
        scans(&rig, part, SSI_CONTINUED);
        bytes_clear(&rig.said);
        rig_passes(&rig, 6000);
        rig_expect(&rig, "refused;");
        assert_int_equal(rig.wait_ms, 0);
        scans(&rig,
              "\x03"
              "A1",
              0);
        rig_expect(&rig, "ACK scan ]C0A1;");
        rig_fini(&rig);
}

static void a_code_that_is_broken_off_by_another_is_refused(void **state) {
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        scans(&rig,
              "\x03"
              "half a co",
              SSI_CONTINUED);
        scans(&rig,
              "\x0B"
              "4006381333931",
              0);
        rig_expect(&rig, "ACK ACK refused;scan ]E04006381333931;");
        rig_fini(&rig);
}

/* ---- feedback -------------------------------------------------------------------------------- */

static void beeps_wait_for_each_other_and_scans_for_none(void **state) {
        struct rig rig;

        (void)state;
        rig_ready(&rig);
        protocol_ssi.feedback(rig.protocol, SCANNER_GOOD);
        protocol_ssi.feedback(rig.protocol, SCANNER_BAD);
        rig_expect(&rig, "BEEP.00 ");
        scans(&rig,
              "\x03"
              "A1",
              0);
        rig_expect(&rig, "ACK scan ]C0A1;");
        sends(&rig, SSI_ACK);
        rig_expect(&rig, "BEEP.06 ");
        sends(&rig, SSI_ACK);
        protocol_ssi.feedback(rig.protocol, SCANNER_ATTENTION);
        rig_expect(&rig, "BEEP.01 ");
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
        rig_expect(&rig, "LED_ON.04 BEEP.16 ");
        protocol_ssi.feedback(rig.protocol, SCANNER_GOOD);
        sends(&rig, SSI_ACK);
        rig_expect(&rig, "LED_OFF.04 BEEP.00 ");
        rig_fini(&rig);
}

static void a_flood_of_feedback_is_bounded(void **state) {
        struct rig rig;
        int beeps = 0;

        (void)state;
        rig_ready(&rig);
        for (int i = 0; i < 1000; i++)
                protocol_ssi.feedback(rig.protocol, SCANNER_GOOD);
        rig_expect(&rig, "BEEP.00 ");
        for (int i = 0; i < 1000; i++)
                sends(&rig, SSI_ACK);
        for (const char *at = bytes_str(&rig.said); (at = strstr(at, "BEEP")) != NULL; at++)
                beeps++;
        assert_in_range(beeps, 1, 32);
        rig_fini(&rig);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(bytes_arrive_at_any_split),
                cmocka_unit_test(garbage_between_packets_harms_none),
                cmocka_unit_test(a_swallowed_packet_is_found_after_a_silence),
                cmocka_unit_test(noise_of_the_line_is_not_answered),
                cmocka_unit_test(the_setup_asks_for_packets_and_the_revision),
                cmocka_unit_test(a_mute_scanner_is_asked_three_times_and_told_of),
                cmocka_unit_test(a_scanner_that_speaks_again_is_set_up),
                cmocka_unit_test(scans_do_not_put_the_answers_time_off),
                cmocka_unit_test(a_scanner_that_started_is_set_up_again),
                cmocka_unit_test(a_scanner_of_text_that_never_answers_has_another_protocol),
                cmocka_unit_test(a_code_without_a_packet_is_refused_and_the_setup_sent_again),
                cmocka_unit_test(a_scanner_that_stays_in_raw_mode_is_told_of),
                cmocka_unit_test(refused_parameters_are_told_of),
                cmocka_unit_test(a_beep_that_it_does_not_have_is_told_of),
                cmocka_unit_test(a_line_that_damages_every_command_is_told_of),
                cmocka_unit_test(code_types_become_aim_identifiers),
                cmocka_unit_test(prefix_and_suffix_of_the_profile_are_taken_off),
                cmocka_unit_test(a_repeated_packet_counts_once_and_the_same_code_again_twice),
                cmocka_unit_test(a_damaged_packet_is_asked_for_again),
                cmocka_unit_test(a_damaged_repetition_counts_once),
                cmocka_unit_test(half_a_packet_is_asked_for_again_after_its_time),
                cmocka_unit_test(a_packet_may_come_byte_by_byte),
                cmocka_unit_test(a_long_code_is_joined),
                cmocka_unit_test(a_code_that_never_ends_is_refused_once),
                cmocka_unit_test(a_code_that_is_broken_off_by_another_is_refused),
                cmocka_unit_test(beeps_wait_for_each_other_and_scans_for_none),
                cmocka_unit_test(a_light_goes_on_and_off_with_the_next),
                cmocka_unit_test(a_flood_of_feedback_is_bounded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
