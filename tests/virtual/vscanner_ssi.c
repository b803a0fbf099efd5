/* SPDX-License-Identifier: MIT */

/*
 * A Zebra decoder without the scanner: the other end of drivers/scanner/ssi.c. It begins with raw
 * decode data, as scanners do, and sends packets when the host has set parameter EE.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>
#include "drivers/scanner/ssi_codes.h"
#include "tests/virtual/vscanner.h"

enum {
        TRIES_MAX = 3,
        PART_MAX = SSI_DATA_MAX - 1, /* text of a packet, behind its code type */
        AIM_LEN = 3,
        NO_TYPE = 0,
        PARAM_PACKETED = 0xEE,
        PARAM_CODE_ID = 0x2D,
        PARAM_EXTENDED = 0xF0, /* F0 to F2: the number has a second byte */
        PARAM_EXTENDED_LAST = 0xF2,
        CODE_ID_AIM = 1,
};

/* ---- packets out ----------------------------------------------------------------------------- */

static void trace(const struct vscanner *scanner, char direction, const uint8_t *bytes,
                  size_t len) {
        if (!scanner->decoder.trace)
                return;
        (void)fprintf(stderr, "%c", direction);
        for (size_t i = 0; i < len; i++)
                (void)fprintf(stderr, " %02X", bytes[i]);
        (void)fputc('\n', stderr);
}

static int transmit(struct vscanner *scanner, const struct ssi_packet *packet, bool damaged) {
        uint8_t bytes[SSI_PACKET_MAX];
        size_t len = ssi_packet_write(bytes, packet);

        if (damaged)
                bytes[len - 1] ^= 0x10;
        trace(scanner, '>', bytes, len);
        return send_bytes(scanner, bytes, len);
}

static void answer(struct vscanner *scanner, uint8_t opcode, const void *data, size_t len) {
        const struct ssi_packet packet = { opcode, SSI_DECODER, 0, { data, len } };

        (void)transmit(scanner, &packet, false); /* a host that is gone hears nothing */
}

/* ---- what the host says ---------------------------------------------------------------------- */

/* A beep code, then numbers with their values (Zebra, SE923 integration guide, PARAM_SEND). */
static void set_parameters(struct decoder *decoder, struct slice data) {
        size_t i = 1;

        while (i + 1 < data.len) {
                uint8_t number = data.bytes[i];
                bool extended = number >= PARAM_EXTENDED && number <= PARAM_EXTENDED_LAST;

                if (number == PARAM_PACKETED)
                        decoder->packeted = data.bytes[i + 1] == 1;
                else if (number == PARAM_CODE_ID)
                        decoder->aim = data.bytes[i + 1] == CODE_ID_AIM;
                i += extended ? 3 : 2;
        }
}

static void beep(struct vscanner *scanner, struct slice data) {
        static const char *const words[] = { "good", "bad", "attention" };
        const char *word = "unknown";

        for (size_t i = 0; i < ARRAY_LEN(words); i++)
                if (data.len > 0 && data.bytes[0] == scanner->decoder.beeps[i])
                        word = words[i];
        if (scanner->n > 0)
                answered(scanner, word);
        else
                tell(scanner, "!unasked", word, 0);
}

static void obey(struct vscanner *scanner, const struct ssi_packet *packet) {
        static const uint8_t denied = SSI_NAK_DENIED, unknown = SSI_NAK_BAD_CONTEXT;
        struct decoder *decoder = &scanner->decoder;

        if (packet->opcode == decoder->deny) {
                answer(scanner, SSI_NAK, &denied, 1);
                return;
        }
        switch (packet->opcode) {
        case SSI_REQUEST_REVISION: /* an answer with data stands for the ACK */
                answer(scanner, SSI_REPLY_REVISION, decoder->revision, strlen(decoder->revision));
                return;
        case SSI_PARAM_SEND:
                set_parameters(decoder, packet->data);
                break;
        case SSI_BEEP:
                beep(scanner, packet->data);
                break;
        case SSI_LED_ON:
        case SSI_LED_OFF:
                break;
        default:
                answer(scanner, SSI_NAK, &unknown, 1);
                return;
        }
        answer(scanner, SSI_ACK, NULL, 0);
}

static void take(struct vscanner *scanner, const struct ssi_packet *packet) {
        struct decoder *decoder = &scanner->decoder;

        if (packet->opcode == SSI_ACK)
                decoder->acked = !decoder->drop_ack || ++decoder->n_acks % decoder->drop_ack;
        else if (packet->opcode == SSI_NAK)
                decoder->asked_again = true;
        else
                obey(scanner, packet);
}

static void read_host(struct vscanner *scanner) {
        static const uint8_t resend = SSI_NAK_RESEND;
        struct ssi_packet packet;
        uint8_t bytes[256];
        ssize_t n = read(scanner->master, bytes, sizeof(bytes));
        struct slice rest = { bytes, n > 0 ? (size_t)n : 0 };
        enum ssi_read read;

        trace(scanner, '<', rest.bytes, rest.len);
        while ((read = ssi_packet_read(&scanner->decoder.reader, &rest, &packet)) != SSI_READ_MORE)
                if (read == SSI_READ_PACKET && packet.source == SSI_HOST)
                        take(scanner, &packet);
                else
                        answer(scanner, SSI_NAK, &resend, 1);
}

void decoder_hear(struct vscanner *scanner, int64_t until_us) {
        struct pollfd fd = { .fd = scanner->master, .events = POLLIN };
        int64_t rest = until_us - now_us();
        int ms = rest > 0 ? (int)(rest / 1000) + 1 : 0;

        if (poll(&fd, 1, ms) == 1)
                read_host(scanner);
}

/* ---- scans ----------------------------------------------------------------------------------- */

static bool is_acknowledged(struct vscanner *scanner) {
        struct decoder *decoder = &scanner->decoder;
        int64_t until_us = now_us() + decoder->response_ms * 1000LL;

        decoder->acked = decoder->asked_again = false;
        while (!decoder->acked && !decoder->asked_again && now_us() < until_us && !is_ending())
                decoder_hear(scanner, until_us);
        return decoder->acked;
}

static int send_packet(struct vscanner *scanner, struct slice data, uint8_t status) {
        struct decoder *decoder = &scanner->decoder;

        for (int try = 0; try < TRIES_MAX; try++) {
                uint8_t again = try > 0 ? SSI_RETRANSMIT : 0;
                const struct ssi_packet packet = { SSI_DECODE_DATA, SSI_DECODER,
                                                   (uint8_t)(status | again), data };
                bool damaged = decoder->corrupt && ++decoder->n_packets % decoder->corrupt == 0;
                int r = transmit(scanner, &packet, damaged);

                if (r < 0)
                        return r;
                if (is_acknowledged(scanner))
                        return 0;
        }
        return -ETIMEDOUT;
}

/* Of the types that have one identifier, the length says which it is. */
static const struct {
        size_t len;
        uint8_t type;
        char aim[AIM_LEN + 1];
} by_length[] = {
        { 8, 0x09, "]E0" },  /* UPC-E */
        { 13, 0x0B, "]E0" }, /* EAN-13 */
        { 15, 0x4B, "]E3" }, /* with an add-on of two digits */
        { 18, 0x8B, "]E3" }, /* of five */
};

/* The code type that has this identifier; one that has none says it in the text. */
static uint8_t type_of(const char aim[AIM_LEN + 1], size_t len) {
        for (size_t i = 0; i < ARRAY_LEN(by_length); i++)
                if (by_length[i].len == len && strcmp(by_length[i].aim, aim) == 0)
                        return by_length[i].type;
        for (unsigned int type = 1; type <= UINT8_MAX; type++)
                if (strcmp(ssi_code_front((uint8_t)type, len), aim) == 0)
                        return (uint8_t)type;
        return NO_TYPE;
}

static int send_parts(struct vscanner *scanner, uint8_t type, const uint8_t *text, size_t len) {
        uint8_t data[SSI_DATA_MAX] = { type };
        int r = 0;

        do {
                size_t n = len < PART_MAX ? len : PART_MAX;

                memcpy(data + 1, text, n);
                text += n;
                len -= n;
                r = send_packet(scanner, (struct slice) { data, n + 1 },
                                len > 0 ? SSI_CONTINUED : 0);
        } while (r == 0 && len > 0);
        return r;
}

/* A text that begins with an AIM identifier is a code of that kind, any other a Code 128. */
int decoder_scan(struct vscanner *scanner, const uint8_t *text, size_t len) {
        static uint8_t data[LINE_SIZE + AIM_LEN];
        char aim[AIM_LEN + 1] = "]C0";
        size_t aim_len = 0;
        uint8_t type;

        if (len >= AIM_LEN && text[0] == ']') {
                memcpy(aim, text, AIM_LEN);
                text += AIM_LEN;
                len -= AIM_LEN;
        }
        type = type_of(aim, len);
        if (scanner->decoder.aim || type == NO_TYPE)
                aim_len = AIM_LEN;
        memcpy(data, aim, aim_len);
        memcpy(data + aim_len, text, len);
        if (!scanner->decoder.packeted) /* raw: never acknowledged */
                return send_bytes(scanner, data, aim_len + len);
        return send_parts(scanner, type, data, aim_len + len);
}

void decoder_reset(struct vscanner *scanner) {
        scanner->decoder.packeted = false;
        scanner->decoder.aim = false;
}
