/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * SSI scan: decode data of packets to scans. Pure.
 *
 *     code type  text…
 *
 * A code too long for a packet comes in several; all but the last have the status bit
 * SSI_CONTINUED, and each has the code type (Zebra, "Simple Serial Interface Programmer's Guide",
 * 72-40451, multipacket option 1; that the type is repeated follows from the packet's format and is
 * unverified). A packet whose ACK got lost comes again with SSI_RETRANSMIT and is not taken twice.
 */

#include <stdbool.h>
#include "base/def.h"
#include "drivers/barcode/barcode.h"
#include "drivers/profile.h"
#include "drivers/scanner/ssi_codes.h"
#include "drivers/scanner/ssi_packet.h"
#include "drivers/scanner/trim.h"

struct ssi_scan {
        const struct profile *profile;                /* what to trim */
        uint8_t joined[SSI_FRONT_MAX + SCAN_LEN_MAX]; /* room for an identifier, and the text */
        size_t len;                                   /* of the text */
        uint8_t type;
        bool joining, overlong;
        uint8_t trimmed[TRIM_ROOM];

        uint8_t last[SSI_DATA_MAX]; /* the newest packet: what a retransmission repeats */
        size_t last_len;
        bool missed; /* one came damaged since: a retransmission is the first that is whole */
};

enum ssi_scan_event {
        SSI_SCAN_NONE,       /* a part, or nothing new */
        SSI_SCAN_WHOLE,      /* ret_scan points into the scan until the next call */
        SSI_SCAN_OVERLONG,   /* ended, and was longer than any code */
        SSI_SCAN_BROKEN_OFF, /* the former never ended, and this is another: call again */
};

enum ssi_scan_event ssi_scan_take(struct ssi_scan *scan, const struct ssi_packet *packet,
                                  struct slice *ret_scan);
/* A packet came whose checksum does not hold. */
void ssi_scan_missed(struct ssi_scan *scan, const struct ssi_packet *head);
/* The rest will not come any more. */
void ssi_scan_forget(struct ssi_scan *scan);
