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

static enum ssi_read whole(struct ssi_reader *reader, struct ssi_packet *ret_packet) {
        const uint8_t *bytes = reader->bytes;
        size_t len = bytes[0];
        uint16_t sum = (uint16_t)(bytes[len] << 8 | bytes[len + 1]);

        reader->len = 0;
        if (sum != checksum(bytes, len))
                return SSI_READ_BROKEN;
        *ret_packet = (struct ssi_packet) {
                bytes[1], bytes[2], bytes[3], { bytes + SSI_HEAD, len - SSI_HEAD }
        };
        return SSI_READ_PACKET;
}

enum ssi_read ssi_packet_read(struct ssi_reader *reader, struct slice *bytes,
                              struct ssi_packet *ret_packet) {
        while (bytes->len > 0) {
                uint8_t byte = *bytes->bytes++;

                bytes->len--;
                if (reader->len == 0 && byte < SSI_HEAD)
                        continue;
                reader->bytes[reader->len++] = byte;
                if (reader->len == (size_t)reader->bytes[0] + SSI_CHECKSUM)
                        return whole(reader, ret_packet);
        }
        return SSI_READ_MORE;
}

bool ssi_packet_has_rest(const struct ssi_reader *reader) {
        return reader->len > 0;
}

void ssi_packet_reset(struct ssi_reader *reader) {
        reader->len = 0;
}
