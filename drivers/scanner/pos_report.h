/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * POS report: one input report of a HID POS scanner to what it holds of a scan (HID Point of Sale Usage Tables 1.02,
 * usage page 8C: FB to FD symbology identifier, FE decoded data, FF decoded data continued). Pure.
 *
 * Where the report descriptor names no decoded data, the layout is the usual one of reports of 64 bytes:
 *
 *   0  report id (02)   1  data bytes in this report   2  "]C1"   5  data, 56 bytes, padded with NUL
 *   61 the maker's code id   62 reserved   63  bit 0: continued in the next report
 *
 * or, seen without saying of whom (NielsLeenheer/WebHidBarcodeScanner), all from the identifier on one byte later; or
 * Newland's (FM420 integration guide): data from 2 on, no identifier. The place of the ] tells which.
 */

#include "drivers/barcode/barcode.h" /* AIM_SIZE */
#include "drivers/hid_report.h"

/* In a report as it travels. */
struct pos_layout {
        uint16_t count,
                n_count; /* how many data bytes: first bit, bits; n_count 0: it does not say */
        uint16_t more, n_more; /* it goes on in the next report: likewise; any bit says so */
        uint16_t aim;          /* first byte of three; 0: none */
        uint16_t data, room;   /* bytes */
};

struct pos_part {
        struct slice data; /* of the report; without padding where the report counts it */
        char aim[AIM_SIZE];
        uint8_t maker; /* the byte behind the data, by custom the maker's code id; 0: none */
        bool more;
};

/* The descriptor is one of a POS scanner that can be read. */
bool pos_report_is_known(const struct hid_descriptor *desc);
/* Where a report has its parts. false: it has no scanned data. */
MUST_CHECK bool pos_report_layout(const struct hid_descriptor *desc, struct slice report,
                                  struct pos_layout *ret);
/* Reads a report by its layout. What is cut off is not there; @ret borrows the report. */
void pos_report_read(const struct pos_layout *layout, struct slice report, struct pos_part *ret);
