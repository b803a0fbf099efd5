/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * SSI packets: Zebra's Simple Serial Interface (Zebra, "Simple Serial Interface Programmer's
 * Guide", 72-40451). Pure.
 *
 *     length  opcode  source  status  data…  checksum (2, most significant first)
 *
 * Length counts from itself to the last byte of data. The checksum is the two's complement of the
 * 16-bit sum of all bytes before it.
 *
 * A packet has no start byte. The reader knows its head instead: a length that can be, an opcode of
 * 80 or more (the host's alone are below), a source that is one. What cannot begin a packet is
 * skipped, and behind a packet that does not hold the next is looked for in what it had swallowed.
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

/* What an EVENT tells (Zebra, DS9908 product reference guide, table 18). */
enum ssi_event { SSI_EVENT_BOOT = 0x03, SSI_EVENT_DEFAULTS = 0x0A };

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
        size_t given;   /* of these the packet that was answered last */
        size_t skipped; /* bytes that belong to no packet, since the last one */
        bool text;      /* all of them are text */
        bool told;      /* they are of a damaged packet that was told of */
};

enum ssi_read {
        SSI_READ_MORE,   /* everything was taken */
        SSI_READ_PACKET, /* ret_packet points into the reader until the next call */
        SSI_READ_BROKEN, /* a packet does not hold; ret_packet is what its head said */
        SSI_READ_TEXT,   /* of a silence only: text without any packet */
};

/* Takes bytes from *bytes up to the next packet. */
enum ssi_read ssi_packet_read(struct ssi_reader *reader, struct slice *bytes,
                              struct ssi_packet *ret_packet);

/* Something waits for its end: half a packet, or what belongs to none. */
bool ssi_packet_has_rest(const struct ssi_reader *reader);
/* The character time-out has passed: what waits is over. Call until it answers SSI_READ_MORE. */
enum ssi_read ssi_packet_silence(struct ssi_reader *reader, struct ssi_packet *ret_packet);
