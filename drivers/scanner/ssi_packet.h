/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * SSI packets: Zebra's Simple Serial Interface (Zebra, "Simple Serial Interface Programmer's Guide", 72-40451). Pure.
 *
 *     length  opcode  source  status  data…  checksum (2, most significant first)
 *
 * Length counts from itself to the last byte of data. The checksum is the two's complement of the 16-bit sum of
 * all bytes before it.
 */

#include <stdbool.h>
#include "base/def.h"

enum {
        SSI_HEAD = 4,
        SSI_CHECKSUM = 2,
        SSI_LENGTH_MAX = 255,
        SSI_DATA_MAX = SSI_LENGTH_MAX - SSI_HEAD,
        SSI_PACKET_MAX = SSI_LENGTH_MAX + SSI_CHECKSUM,
};

enum ssi_source { SSI_DECODER = 0, SSI_HOST = 4 };

enum ssi_status { SSI_RETRANSMIT = 1 << 0, SSI_CONTINUED = 1 << 1, SSI_PERMANENT = 1 << 3 };

enum ssi_opcode {
        SSI_REQUEST_REVISION = 0xA3,
        SSI_REPLY_REVISION = 0xA4,
        SSI_PARAM_SEND = 0xC6,
        SSI_ACK = 0xD0,
        SSI_NAK = 0xD1,
        SSI_START_DECODE = 0xE4,
        SSI_BEEP = 0xE6,
        SSI_LED_ON = 0xE7,
        SSI_LED_OFF = 0xE8,
        SSI_DECODE_DATA = 0xF3,
        SSI_EVENT = 0xF6,
};

enum ssi_nak { SSI_NAK_RESEND = 1, SSI_NAK_BAD_CONTEXT = 2, SSI_NAK_DENIED = 6 };

struct ssi_packet {
        uint8_t opcode, source, status;
        struct slice data;
};

/* Length in @dst (>= SSI_PACKET_MAX); data beyond SSI_DATA_MAX is no packet: 0. */
size_t ssi_packet_write(uint8_t *dst, const struct ssi_packet *packet);

struct ssi_reader {
        uint8_t bytes[SSI_PACKET_MAX];
        size_t len;
};

enum ssi_read {
        SSI_READ_MORE,   /* everything was taken */
        SSI_READ_PACKET, /* ret_packet points into the reader until the next call */
        SSI_READ_BROKEN, /* a packet whose checksum does not hold */
};

/* Takes bytes from *bytes up to the next packet. What cannot begin one (a length below 4) is dropped. */
enum ssi_read ssi_packet_read(struct ssi_reader *reader, struct slice *bytes,
                              struct ssi_packet *ret_packet);

/* A packet has begun and not ended. */
bool ssi_packet_has_rest(const struct ssi_reader *reader);
/* Forgets it: the character time-out has passed. */
void ssi_packet_reset(struct ssi_reader *reader);
