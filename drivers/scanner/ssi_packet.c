/* SPDX-License-Identifier: MIT */
#include "drivers/scanner/ssi_packet.h"

static uint16_t checksum(const uint8_t *bytes, size_t len) {
        uint16_t sum = 0;

        for (size_t i = 0; i < len; i++)
                sum = (uint16_t)(sum + bytes[i]);
        return (uint16_t)-sum;
}

size_t ssi_packet_write(uint8_t *dst, const struct ssi_packet *packet) {
        size_t len = SSI_HEAD + packet->data.len;
        uint16_t sum;

        if (packet->data.len > SSI_DATA_MAX)
                return 0;
        dst[0] = (uint8_t)len;
        dst[1] = packet->opcode;
        dst[2] = packet->source;
        dst[3] = packet->status;
        if (packet->data.len > 0)
                memcpy(dst + SSI_HEAD, packet->data.bytes, packet->data.len);
        sum = checksum(dst, len);
        dst[len] = (uint8_t)(sum >> 8);
        dst[len + 1] = (uint8_t)(sum & 0xff);
        return len + SSI_CHECKSUM;
}

/* ---- reading --------------------------------------------------------------------------------- */

enum {
        OPCODE_MIN = 0x80,
        NOISE_MAX = 2, /* so few bytes are noise of the line, and need no answer */
};

enum judgement {
        MORE,    /* may become a packet, or nothing is there */
        WHOLE,   /* a packet is in front */
        DAMAGED, /* one whose checksum does not hold */
        NO_HEAD, /* what is in front begins none */
};

static enum judgement judge(const struct ssi_reader *reader) {
        const uint8_t *bytes = reader->bytes;
        size_t len = bytes[0];

        if ((reader->len > 0 && len < SSI_HEAD) || (reader->len > 1 && bytes[1] < OPCODE_MIN) ||
            (reader->len > 2 && bytes[2] != SSI_DECODER && bytes[2] != SSI_HOST))
                return NO_HEAD;
        if (reader->len == 0 || reader->len < len + SSI_CHECKSUM)
                return MORE;
        return (uint16_t)(bytes[len] << 8 | bytes[len + 1]) == checksum(bytes, len) ? WHOLE
                                                                                    : DAMAGED;
}

static void drop(struct ssi_reader *reader, size_t n) {
        reader->len -= n;
        memmove(reader->bytes, reader->bytes + n, reader->len);
}

static bool is_text(uint8_t byte) {
        return byte >= ' ' || byte == '\r' || byte == '\n' || byte == '\t' || byte == 0x1d;
}

static void skip(struct ssi_reader *reader) {
        reader->text = (reader->skipped == 0 || reader->text) && is_text(reader->bytes[0]);
        reader->skipped++;
        drop(reader, 1);
}

static struct ssi_packet head_of(const struct ssi_reader *reader) {
        const uint8_t *bytes = reader->bytes;

        return (struct ssi_packet) { bytes[1], bytes[2], bytes[3], { NULL, 0 } };
}

static enum ssi_read give(struct ssi_reader *reader, struct ssi_packet *ret_packet) {
        size_t len = reader->bytes[0];

        *ret_packet = head_of(reader);
        ret_packet->data = (struct slice) { reader->bytes + SSI_HEAD, len - SSI_HEAD };
        reader->given = len + SSI_CHECKSUM;
        reader->skipped = 0;
        reader->told = false;
        return SSI_READ_PACKET;
}

/*
 * A damaged packet is told of at once, unless what it swallowed goes on as another: that is
 * believed from the third byte on, for the two of its own checksum often look like a length and an
 * opcode.
 */
static enum ssi_read settle(struct ssi_reader *reader, struct ssi_packet *ret_packet) {
        struct ssi_packet head = { 0 };
        bool damaged = false;

        for (;;)
                switch (judge(reader)) {
                case WHOLE:
                        return give(reader, ret_packet);
                case DAMAGED:
                        head = head_of(reader);
                        damaged = true;
                        skip(reader);
                        break;
                case NO_HEAD:
                        skip(reader);
                        break;
                case MORE:
                        if (!damaged || reader->len > NOISE_MAX)
                                return SSI_READ_MORE;
                        *ret_packet = head;
                        reader->told = true;
                        return SSI_READ_BROKEN;
                }
}

static void take_back(struct ssi_reader *reader) {
        drop(reader, reader->given);
        reader->given = 0;
}

enum ssi_read ssi_packet_read(struct ssi_reader *reader, struct slice *bytes,
                              struct ssi_packet *ret_packet) {
        enum ssi_read read;

        take_back(reader);
        read = settle(reader, ret_packet); /* what lay behind the last one */
        while (read == SSI_READ_MORE && bytes->len > 0) {
                reader->bytes[reader->len++] = *bytes->bytes++;
                bytes->len--;
                read = settle(reader, ret_packet);
        }
        return read;
}

bool ssi_packet_has_rest(const struct ssi_reader *reader) {
        return reader->len > reader->given || reader->skipped > 0;
}

enum ssi_read ssi_packet_silence(struct ssi_reader *reader, struct ssi_packet *ret_packet) {
        struct ssi_packet head = { 0 };
        enum ssi_read read;
        bool over;

        take_back(reader);
        if (reader->len >= SSI_HEAD)
                head = head_of(reader);
        read = settle(reader, ret_packet); /* what lay behind one that the last call gave */
        while (read == SSI_READ_MORE && reader->len > 0) {
                skip(reader);
                read = settle(reader, ret_packet);
        }
        if (read != SSI_READ_MORE)
                return read;
        over = reader->told || reader->skipped <= NOISE_MAX;
        reader->skipped = 0;
        reader->told = false;
        if (over)
                return SSI_READ_MORE;
        *ret_packet = head;
        return reader->text ? SSI_READ_TEXT : SSI_READ_BROKEN;
}
