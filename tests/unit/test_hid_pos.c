/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "drivers/barcode/barcode.h"
#include "drivers/scanner/setup.h"
#include "tests/unit/helper_protocol.h"

#define BYTES(...)                                                                                 \
        (struct slice) {                                                                           \
                (const uint8_t[]) { __VA_ARGS__ }, sizeof((const uint8_t[]) { __VA_ARGS__ })       \
        }

#define IN_COLLECTION(...) BYTES(0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, __VA_ARGS__, 0xC0)

/* Report 02 as HID POS usage tables 1.02 have it, in the order of Honeywell's: 64 bytes. */
#define SCANNED_DATA                                                                               \
        0x09, 0x12, 0xA1, 0x02, 0x85, 0x02, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, 0x01,  \
                0x05, 0x01, 0x09, 0x3B, 0x81, 0x02, 0x95, 0x03, 0x05, 0x8C, 0x09, 0xFB, 0x09,      \
                0xFC, 0x09, 0xFD, 0x81, 0x02, 0x95, 0x38, 0x09, 0xFE, 0x82, 0x02, 0x01, 0x95,      \
                0x02, 0x06, 0x66, 0xFF, 0x09, 0x04, 0x81, 0x02, 0x05, 0x8C, 0x95, 0x01, 0x25,      \
                0x01, 0x75, 0x01, 0x09, 0xFF, 0x81, 0x02, 0x95, 0x07, 0x81, 0x03, 0xC0

/* Output report FD of 10 bytes, feature report FE of one. */
#define COMMANDS                                                                                   \
        0x06, 0x66, 0xFF, 0x85, 0xFD, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, 0x0A, 0x09, 0x10, 0x91,  \
                0x02, 0x85, 0xFE, 0x95, 0x01, 0x09, 0x11, 0xB1, 0x02

#define HONEYWELL IN_COLLECTION(SCANNED_DATA, COMMANDS)

/* 63 bytes that have no usages of a scan. */
#define SILENT IN_COLLECTION(0x85, 0x02, 0x75, 0x08, 0x95, 0x3F, 0x09, 0x13, 0x81, 0x02)

enum { SIZE = 64, ROOM = 56 };

static int rig_try(struct rig *rig, struct slice descriptor) {
        const struct protocol_host host = rig_host(rig);

        rig->profile.protocol = PROTOCOL_HID_POS;
        rig->profile.start = -1;
        return rig_new(rig, &host, descriptor);
}

static void rig_init_with(struct rig *rig, struct slice descriptor) {
        *rig = (struct rig) { .shown = 40 };
        assert_int_equal(rig_try(rig, descriptor), 0);
        protocol_hid_pos.attached(rig->protocol);
}

static void rig_init(struct rig *rig) {
        rig_init_with(rig, HONEYWELL);
}

/* A report in the usual layout. */
static void part(struct rig *rig, const char *aim, struct slice data, uint8_t maker, bool more) {
        uint8_t bytes[SIZE] = { 2, (uint8_t)data.len };

        assert_true(data.len <= ROOM);
        for (size_t i = 0; aim[i]; i++)
                bytes[2 + i] = (uint8_t)aim[i];
        if (data.len > 0)
                memcpy(bytes + 5, data.bytes, data.len);
        bytes[61] = maker;
        bytes[63] = more;
        rig_input(rig, (struct slice) { bytes, sizeof(bytes) });
}

/* A message in as many reports as it takes. */
static void message(struct rig *rig, const char *aim, const char *text, uint8_t maker) {
        struct slice rest = slice_of(text);

        while (rest.len > ROOM) {
                part(rig, aim, (struct slice) { rest.bytes, ROOM }, maker, true);
                rest.bytes += ROOM;
                rest.len -= ROOM;
        }
        part(rig, aim, rest, maker, false);
}

/* ---- layouts ------------------------------------------------------------------------------------ */

/* Each with the code 4006 of a Code 128. */
static const struct {
        const char *what;
        struct slice descriptor, report;
        const char *said;
} layouts[] = {
        { "by usages", HONEYWELL, BYTES(2, 4, ']', 'C', '0', '4', '0', '0', '6', 0, 0, 0),
          "scan ]C04006;" },
        { "no identifier", HONEYWELL, BYTES(2, 4, 0, 0, 0, '4', '0', '0', '6', 0), "scan 4006;" },
        { "cut off", HONEYWELL, BYTES(2, 9, ']', 'C', '0', '4', '0'), "scan ]C040;" },
        { "cut off before the data", HONEYWELL, BYTES(2, 9, ']', 'C', '0'), "" },
        { "cut off in the identifier", HONEYWELL, BYTES(2, 9, ']', 'C'), "" },
        { "an id alone", HONEYWELL, BYTES(2), "" },
        { "nothing", HONEYWELL, { NULL, 0 }, "" },
        { "another report", HONEYWELL, BYTES(3, 4, ']', 'C', '0', '4', '0', '0', '6'), "" },
        { "no data", HONEYWELL, BYTES(2, 0, ']', 'C', '0', 0, 0), "" },
        { "no id, one field for all",
          IN_COLLECTION(0x15, 0, 0x26, 0xFF, 0, 0x75, 8, 0x95, 14, 0x09, 0xFB, 0x09, 0xFC, 0x09,
                        0xFD, 0x09, 0xFE, 0x81, 2),
          BYTES(']', 'C', '0', '4', '0', '0', '6', 0, 0, 0, 0, 0, 0, 0), "scan 4006;" },
        { "no count, identifier and data",
          IN_COLLECTION(0x85, 7, 0x15, 0, 0x26, 0xFF, 0, 0x75, 8, 0x95, 14, 0x09, 0xFB, 0x09, 0xFC,
                        0x09, 0xFD, 0x09, 0xFE, 0x81, 2),
          BYTES(7, ']', 'C', '0', '4', '0', '0', '6', 0, 0, 0, 0, 0, 0, 0), "scan ]C04006;" },
        { "data first, count of 16 bits",
          IN_COLLECTION(0x85, 7, 0x15, 0, 0x26, 0xFF, 0, 0x75, 8, 0x95, 6, 0x09, 0xFE, 0x81, 2,
                        0x95, 3, 0x19, 0xFB, 0x29, 0xFD, 0x81, 2, 0x75, 16, 0x95, 1, 0x05, 1, 0x09,
                        0x3B, 0x81, 2),
          BYTES(7, '4', '0', '0', '6', 'x', 'x', ']', 'C', '0', 4, 0), "scan ]C04006;" },
        { "a count beyond the data",
          IN_COLLECTION(0x85, 7, 0x15, 0, 0x26, 0xFF, 0, 0x75, 8, 0x95, 6, 0x09, 0xFE, 0x81, 2,
                        0x95, 1, 0x05, 1, 0x09, 0x3B, 0x81, 2),
          BYTES(7, '4', '0', '0', '6', 'x', 'x', 200, 'y'), "scan 4006xx;" },
        { "data as one element",
          IN_COLLECTION(0x85, 7, 0x15, 0, 0x26, 0xFF, 0, 0x75, 48, 0x95, 1, 0x09, 0xFE, 0x82, 2, 1),
          BYTES(7, '4', '0', '0', '6', 0, 0), "scan 4006;" },
        { "an identifier in pieces is none",
          IN_COLLECTION(0x85, 7, 0x15, 0, 0x26, 0xFF, 0, 0x75, 8, 0x95, 1, 0x09, 0xFB, 0x81, 2,
                        0x09, 1, 0x81, 2, 0x09, 0xFD, 0x81, 2, 0x95, 6, 0x09, 0xFE, 0x81, 2),
          BYTES(7, ']', 'C', '0', '4', '0', '0', '6', 0, 0), "scan 4006;" },
        { "one usage for the identifier",
          IN_COLLECTION(0x85, 7, 0x15, 0, 0x26, 0xFF, 0, 0x75, 8, 0x95, 3, 0x09, 0xFB, 0x81, 2,
                        0x95, 6, 0x09, 0xFE, 0x81, 2),
          BYTES(7, ']', 'C', '0', '4', '0', '0', '6', 0, 0), "scan ]C04006;" },
        { "an identifier that is too short",
          IN_COLLECTION(0x85, 7, 0x15, 0, 0x26, 0xFF, 0, 0x75, 8, 0x95, 2, 0x09, 0xFB, 0x81, 2,
                        0x95, 6, 0x09, 0xFE, 0x81, 2),
          BYTES(7, ']', 'C', '4', '0', '0', '6', 0, 0), "scan 4006;" },
        { "usual", SILENT, BYTES(2, 4, ']', 'C', '0', '4', '0', '0', '6', 0, 0, 0),
          "scan ]C04006;" },
        { "usual, a byte later", SILENT, BYTES(2, 4, 0, ']', 'C', '0', '4', '0', '0', '6', 0, 0),
          "scan ]C04006;" },
        { "Newland's", SILENT, BYTES(2, 4, '4', '0', '0', '6', 0, 0), "scan 4006;" },
        { "usual, cut off", SILENT, BYTES(2, 4, ']'), "" },
        { "usual, another report", SILENT, BYTES(3, 4, ']', 'C', '0', '4', '0', '0', '6'), "" },
};

static void scans_come_by_the_descriptor_or_by_custom(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
                struct rig rig;

                rig_init_with(&rig, layouts[i].descriptor);
                rig_input(&rig, layouts[i].report);
                if (strcmp(bytes_str(&rig.said), layouts[i].said) != 0)
                        fail_msg("%s: %s", layouts[i].what, bytes_str(&rig.said));
                assert_int_equal(rig.wait_ms, 0);
                rig_fini(&rig);
        }
}

/* Newland's parts are joined where their data begins, also when a ] stands there. */
static void the_usual_layout_is_that_of_the_first_part(void **state) {
        uint8_t bytes[SIZE] = { 2, ROOM, '1', '2', '3' };
        struct rig rig;

        (void)state;
        rig_init_with(&rig, SILENT);
        memset(bytes + 2, 'a', ROOM);
        bytes[63] = 1;
        rig_input(&rig, (struct slice) { bytes, sizeof(bytes) });
        memcpy(bytes, "\x02\x06]C1bcd", 8);
        bytes[63] = 0;
        rig_input(&rig, (struct slice) { bytes, sizeof(bytes) });
        rig_expect(&rig, "scan aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa(62);");
        rig_fini(&rig);
}

/* Reports of 63 bytes with one byte of the maker, as a Linux gadget plays them: nothing but the descriptor says so. */
static void a_report_of_another_size_is_read_by_its_descriptor(void **state) {
        const struct slice gadget = IN_COLLECTION(
                0x09, 0x12, 0xA1, 0x02, 0x85, 0x02, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95,
                0x01, 0x05, 0x01, 0x09, 0x3B, 0x81, 0x02, 0x95, 0x03, 0x05, 0x8C, 0x09, 0xFB, 0x09,
                0xFC, 0x09, 0xFD, 0x81, 0x02, 0x95, 0x38, 0x09, 0xFE, 0x82, 0x02, 0x01, 0x95, 0x01,
                0x06, 0x66, 0xFF, 0x09, 0x04, 0x81, 0x02, 0x05, 0x8C, 0x25, 0x01, 0x75, 0x01, 0x09,
                0xFF, 0x81, 0x02, 0x95, 0x07, 0x81, 0x03, 0xC0);
        uint8_t bytes[63] = { 2, ROOM, ']', 'E', '0' };
        struct rig rig;

        (void)state;
        rig_init_with(&rig, gadget);
        memset(bytes + 5, '7', ROOM);
        bytes[62] = 1;
        rig_input(&rig, (struct slice) { bytes, sizeof(bytes) });
        rig_expect(&rig, "");
        bytes[1] = 1;
        bytes[62] = 0;
        rig_input(&rig, (struct slice) { bytes, sizeof(bytes) });
        rig_expect(&rig, "scan ]E07777777777777777777777777777777777777(60);");
        rig_fini(&rig);
}

static const struct {
        const char *what;
        struct slice descriptor;
} strangers[] = {
        { "nothing", { NULL, 0 } },
        { "garbage", BYTES(0xFF, 0xFF, 0xFF) },
        { "another page", BYTES(0x06, 0, 0xFF, 0x09, 1, 0xA1, 1, 0x85, 2, 0x75, 8, 0x95, 0x3F, 0x09,
                                1, 0x81, 2, 0xC0) },
        { "a short report", IN_COLLECTION(0x85, 2, 0x75, 8, 0x95, 8, 0x09, 0x13, 0x81, 2) },
        { "data out", IN_COLLECTION(0x85, 2, 0x75, 8, 0x95, 8, 0x09, 0xFE, 0x91, 2) },
};

static void what_has_no_scans_is_no_scanner(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
                struct rig rig = { .wait_ms = 0 };

                if (rig_try(&rig, strangers[i].descriptor) != -EINVAL)
                        fail_msg("%s is taken", strangers[i].what);
        }
}

/* ---- scans -------------------------------------------------------------------------------------- */

static const struct {
        const char *aim, *text, *said;
} texts[] = {
        { "]E0", "4006381333931", "scan ]E04006381333931;" },
        { "]C1",
          "0109521234543213\x1D"
          "10AB",
          "scan ]C10109521234543213<1D>10AB;" },
        { "]C0", "A1\r", "scan ]C0A1;" },
        { "]C0", "A1\r\n", "scan ]C0A1;" },
        { "]C0", "A1\n", "scan ]C0A1;" },
        { "]C0", "A1\r\r", "scan ]C0A1<0D>;" },
        { "]C0", "\r", "" },
        { "", "jA1", "scan ]C9A1;" }, /* the maker's id, of the profile */
        { "]C0", "jA1", "scan ]C0jA1;" },
        { "]C0", "A1$$", "scan ]C0A1;" }, /* and its suffix */
        { "C0x", "A1", "scan A1;" },      /* no identifier */
        { "]\x01\x02", "A1", "scan A1;" },
        { "", "]C1 in the text", "scan ]C1 in the text;" },
};

static void what_is_around_a_scan_is_taken_off(void **state) {
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
                struct rig rig;

                rig_init(&rig);
                rig.profile.code_id_place = CODE_ID_FRONT;
                rig.profile.n_code_ids = 1;
                rig.profile.code_ids[0] = (struct profile_code_id) { "j", "]C9" };
                rig.profile.suffix = (struct profile_bytes) { "$$", 2 };
                message(&rig, texts[i].aim, texts[i].text, 0);
                rig_expect(&rig, texts[i].said);
                rig_fini(&rig);
        }
}

static void nul_is_padding_only_at_the_end(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        part(&rig, "]d1", (struct slice) { (const uint8_t *)"A\0B\0\0", 5 }, 0, false);
        rig_expect(&rig, "scan ]d1A<00>B;");
        part(&rig, "]d1", (struct slice) { (const uint8_t *)"\0\0", 2 }, 0, false);
        rig_expect(&rig, "");
        rig_fini(&rig);
}

/* A CR at the end of a part is data; the lengths fill the report exactly, and not. */
static void long_codes_are_joined_before_anything_is_taken_off(void **state) {
        (void)state;
        for (size_t len = ROOM - 1; len <= 3 * ROOM + 1; len++) {
                char text[4 * ROOM], said[96];
                struct rig rig;

                memset(text, 'x', sizeof(text));
                for (size_t i = ROOM - 1; i < len; i += ROOM)
                        text[i] = '\r';
                text[len - 1] = 'y';
                text[len] = '\r';
                text[len + 1] = '\0';
                rig_init(&rig);
                message(&rig, "]Q1", text, 's');
                (void)snprintf(said, sizeof(said), "scan ]Q1%.37s(%zu);", text, len + 3);
                rig_expect(&rig, said);
                assert_int_equal(rig.wait_ms, 0);
                rig_fini(&rig);
        }
}

static void parts_may_come_slowly_and_without_their_identifier(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        part(&rig, "]Q1", slice_of("one "), 0, true);
        rig_passes(&rig, 900);
        part(&rig, "", slice_of("two "), 0, true);
        rig_passes(&rig, 900);
        part(&rig, "]Q1", slice_of("three"), 0, false);
        rig_expect(&rig, "scan ]Q1one two three;");
        rig_passes(&rig, 5000);
        rig_expect(&rig, "");
        assert_int_equal(rig.wait_ms, 0);
        rig_fini(&rig);
}

static void a_code_that_does_not_continue_is_refused(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        part(&rig, "]Q1", slice_of("half a "), 0, true);
        rig_passes(&rig, 2000);
        rig_expect(&rig, "refused;");
        assert_int_equal(rig.wait_ms, 0);
        message(&rig, "]E0", "4006381333931", 0);
        rig_expect(&rig, "scan ]E04006381333931;");
        rig.profile.rest_ms = 3000;
        part(&rig, "]Q1", slice_of("half a "), 0, true);
        rig_passes(&rig, 2900);
        rig_expect(&rig, "");
        rig_passes(&rig, 500);
        rig_expect(&rig, "refused;");
        rig_fini(&rig);
}

static void a_code_that_is_broken_off_by_another_is_refused(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        part(&rig, "]Q1", slice_of("half a "), 0, true);
        message(&rig, "]E0", "4006381333931", 0);
        rig_expect(&rig, "refused;scan ]E04006381333931;");
        rig_fini(&rig);
}

static void an_overlong_code_is_refused_once(void **state) {
        static char text[SCAN_LEN_MAX + 2 * ROOM];
        struct rig rig;

        (void)state;
        memset(text, 'x', sizeof(text) - 1);
        rig_init(&rig);
        message(&rig, "]Q1", text, 0);
        rig_expect(&rig, "refused;");
        message(&rig, "]Q1", text + sizeof(text) - 1 - (SCAN_LEN_MAX - 3), 0); /* just fits */
        rig_expect(&rig, "scan ]Q1xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx(7168);");
        for (size_t i = 0; i <= SCAN_LEN_MAX / ROOM; i++)
                part(&rig, "]Q1", (struct slice) { (const uint8_t *)text, ROOM }, 0, true);
        rig_expect(&rig, "refused;");
        rig_passes(&rig, 2000);
        rig_expect(&rig, "");
        message(&rig, "]E0", "4006381333931", 0);
        rig_expect(&rig, "scan ]E04006381333931;");
        rig_fini(&rig);
}

/* ---- answers ------------------------------------------------------------------------------------ */

/* Of a Voyager 1602g to REVINF, as HenkVanAsselt/python_hon_usbhid captured it; the serial number is changed. */
static const char revision[] = "Product Name: Voyager 1602g\r\n"
                               "Boot Revision: : 8992\r\n"
                               "Software Part Number: CW000082BBA\r\n"
                               "Software Revision: $ProjectRevision: 16345 \r\n"
                               "Serial Number: 15232B0000\r\n"
                               "Supported IF: Bluetooth\r\n"
                               "PCB Assembly ID: 000000\r\n"
                               "Engine Firmware Type: N/A   Revision: N/A   Serial Number: N/A   "
                               "Checksum: N/A\r\n";

static void set(struct profile_bytes *dst, struct slice bytes) {
        dst->len = bytes.len;
        memcpy(dst->bytes, bytes.bytes, bytes.len);
}

/* The set-up and the query of the profile honeywell-pos. */
static void with_query(struct rig *rig) {
        struct profile_identify *identify = &rig->profile.identify;

        *rig = (struct rig) { .profile = { .n_setup = 1 } };
        set(&rig->profile.setup[0].send, BYTES(0xFE, 0x01));
        set(&identify->query, BYTES(0xFD, 0x0F, 0x16, 'M', '\r', 'R', '.'));
        set(&identify->end, BYTES(0x06, '.'));
        assert_int_equal(str_copy(identify->model, sizeof(identify->model),
                                  "Product Name: *([^ ].*[^ ]) *$"),
                         0);
        assert_int_equal(str_copy(identify->firmware, sizeof(identify->firmware),
                                  "Software Part Number: *([A-Za-z0-9.-]+)"),
                         0);
        assert_int_equal(rig_try(rig, HONEYWELL), 0);
        protocol_hid_pos.attached(rig->protocol);
}

static const char asked[] = "send FE 01;send FD 0F 16 4D 0D 52 2E 00 00 00 00;";

static void the_query_is_answered_in_reports_of_scans(void **state) {
        struct rig rig;

        (void)state;
        with_query(&rig);
        rig_expect(&rig, asked);
        message(&rig, "]X0", revision, 0x3F);
        rig_expect(&rig, "");
        message(&rig, "]E0", "4006381333931", 'd'); /* somebody scans meanwhile */
        rig_expect(&rig, "scan ]E04006381333931;");
        message(&rig, "]Z6", "REVINF\x06.", 0x36);
        rig_expect(&rig, "is Voyager 1602g/CW000082BBA;");
        assert_int_equal(rig.wait_ms, 0);
        rig_fini(&rig);
}

static void answers_are_no_scans(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        message(&rig, "]X0", revision, 0x3F);
        message(&rig, "]Z6", "REVINF\x06.", 0x36);
        part(&rig, "]X0", slice_of("half an answer"), 0x3F, true);
        rig_passes(&rig, 3000);
        rig_expect(&rig, "");
        message(&rig, "]X0", "A1", 'x'); /* a code that has no identifier of its own */
        rig_expect(&rig, "scan ]X0A1;");
        rig_fini(&rig);
}

static void a_scanner_that_does_not_answer_works_without(void **state) {
        struct rig rig;

        (void)state;
        with_query(&rig);
        bytes_clear(&rig.said);
        message(&rig, "]Z6", "REVINF\x05.", 0x36); /* unknown to it */
        rig_passes(&rig, 900);
        assert_int_not_equal(rig.wait_ms, 0);
        rig_passes(&rig, 1000);
        rig_expect(&rig, "");
        assert_int_equal(rig.wait_ms, 0);
        message(&rig, "]E0", "4006381333931", 0);
        rig_expect(&rig, "scan ]E04006381333931;");
        rig_fini(&rig);
}

static void a_setup_that_is_not_answered_is_told_of(void **state) {
        struct rig rig;

        (void)state;
        with_query(&rig);
        protocol_hid_pos.free(rig.protocol);
        bytes_clear(&rig.said);
        set(&rig.profile.setup[0].expect, BYTES(0x06));
        assert_int_equal(rig_try(&rig, HONEYWELL), 0);
        protocol_hid_pos.attached(rig.protocol);
        rig_expect(&rig, "send FE 01;");
        rig_passes(&rig, 900);
        rig_expect(&rig, "");
        rig_passes(&rig, 500);
        rig_expect(&rig, "trouble;send FD 0F 16 4D 0D 52 2E 00 00 00 00;");
        rig_fini(&rig);
}

static void scans_do_not_put_the_answers_time_off(void **state) {
        struct rig rig;

        (void)state;
        with_query(&rig);
        bytes_clear(&rig.said);
        for (int i = 0; i < 8; i++) {
                part(&rig, "]Q1", slice_of("A"), 0, true);
                part(&rig, "]Q1", slice_of("1"), 0, false);
                rig_passes(&rig, 200);
        }
        assert_int_equal(rig.wait_ms, 0);
        rig_fini(&rig);
}

static void an_answer_without_an_end_is_given_up(void **state) {
        struct rig rig;

        (void)state;
        with_query(&rig);
        for (int i = 0; i < SETUP_ANSWER_MAX / 8 + 1; i++)
                message(&rig, "]X0", "12345678", 0x3F);
        rig_expect(&rig, asked);
        assert_int_equal(rig.wait_ms, 0);
        rig_fini(&rig);
}

/* ---- feedback ----------------------------------------------------------------------------------- */

static void feedback_is_a_report_of_its_full_size(void **state) {
        struct rig rig;

        (void)state;
        rig_init(&rig);
        protocol_hid_pos.feedback(rig.protocol, SCANNER_GOOD);
        rig_expect(&rig, "");
        set(&rig.profile.good, BYTES(0xFD, 0x03, 0x16, 0x07, 0x0D));
        set(&rig.profile.bad, BYTES(0xFE, 0x00));
        set(&rig.profile.attention, BYTES(0x77, 0x01));
        protocol_hid_pos.feedback(rig.protocol, SCANNER_GOOD);
        rig_expect(&rig, "send FD 03 16 07 0D 00 00 00 00 00 00;");
        protocol_hid_pos.feedback(rig.protocol, SCANNER_BAD);
        rig_expect(&rig, "send FE 00;");
        protocol_hid_pos.feedback(rig.protocol, SCANNER_ATTENTION);
        rig_expect(&rig, "send 77 01;"); /* not in the descriptor */
        rig_fini(&rig);
}

static void a_report_without_ids_has_a_0_in_front(void **state) {
        struct rig rig;

        (void)state;
        rig_init_with(&rig, IN_COLLECTION(0x15, 0, 0x26, 0xFF, 0, 0x75, 8, 0x95, 4, 0x09, 0xFE,
                                          0x81, 2, 0x09, 0x85, 0x91, 2));
        set(&rig.profile.good, BYTES(0x00, 0x07));
        protocol_hid_pos.feedback(rig.protocol, SCANNER_GOOD);
        rig_expect(&rig, "send 00 07 00 00 00;");
        rig_fini(&rig);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(scans_come_by_the_descriptor_or_by_custom),
                cmocka_unit_test(the_usual_layout_is_that_of_the_first_part),
                cmocka_unit_test(a_report_of_another_size_is_read_by_its_descriptor),
                cmocka_unit_test(what_has_no_scans_is_no_scanner),
                cmocka_unit_test(what_is_around_a_scan_is_taken_off),
                cmocka_unit_test(nul_is_padding_only_at_the_end),
                cmocka_unit_test(long_codes_are_joined_before_anything_is_taken_off),
                cmocka_unit_test(parts_may_come_slowly_and_without_their_identifier),
                cmocka_unit_test(a_code_that_does_not_continue_is_refused),
                cmocka_unit_test(a_code_that_is_broken_off_by_another_is_refused),
                cmocka_unit_test(an_overlong_code_is_refused_once),
                cmocka_unit_test(the_query_is_answered_in_reports_of_scans),
                cmocka_unit_test(answers_are_no_scans),
                cmocka_unit_test(a_scanner_that_does_not_answer_works_without),
                cmocka_unit_test(a_setup_that_is_not_answered_is_told_of),
                cmocka_unit_test(scans_do_not_put_the_answers_time_off),
                cmocka_unit_test(an_answer_without_an_end_is_given_up),
                cmocka_unit_test(feedback_is_a_report_of_its_full_size),
                cmocka_unit_test(a_report_without_ids_has_a_0_in_front),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
