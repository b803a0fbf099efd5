/* SPDX-License-Identifier: MIT */
#include "drivers/scanner/ssi_codes.h"

enum { EAN_13 = 0x0B, SUPPLEMENT_2 = 0x40, SUPPLEMENT_5 = 0x80 };

static const struct {
        uint8_t type;
        char aim[4];
} codes[] = {
        { 0x01, "]A0" },   /* Code 39 */
        { 0x02, "]F0" },   /* Codabar */
        { 0x03, "]C0" },   /* Code 128 */
        { 0x04, "]S0" },   /* discrete 2 of 5 */
        { 0x05, "]R0" },   /* IATA 2 of 5 */
        { 0x06, "]I0" },   /* interleaved 2 of 5 */
        { 0x07, "]G0" },   /* Code 93 */
        { 0x08, "]E0" },   /* UPC-A */
        { 0x09, "]E0" },   /* UPC-E0 */
        { 0x0A, "]E4" },   /* EAN-8 */
        { EAN_13, "]E0" }, /* EAN-13 */
        { 0x0C, "]H0" },   /* Code 11 */
        { 0x0E, "]M0" },   /* MSI */
        { 0x0F, "]C1" },   /* GS1-128 */
        { 0x10, "]E0" },   /* UPC-E1 */
        { 0x14, "]e0" },   /* GS1 DataBar */
        { 0x16, "]E0" },   /* Bookland */
        { 0x23, "]e0" },   /* GS1 DataBar Limited */
        { 0x24, "]e0" },   /* GS1 DataBar-14 */
        { 0x25, "]e0" },   /* GS1 DataBar Expanded */
};

/* 2D codes have no documented type: their data goes on as it is, and the set-up asks for AIM identifiers. */
const char *ssi_code_aim(uint8_t code_type) {
        if (code_type == (EAN_13 | SUPPLEMENT_2) || code_type == (EAN_13 | SUPPLEMENT_5))
                return "]E3";
        for (size_t i = 0; i < ARRAY_LEN(codes); i++)
                if (codes[i].type == code_type)
                        return codes[i].aim;
        return NULL;
}
