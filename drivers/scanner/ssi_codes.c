/* SPDX-License-Identifier: MIT */
#include "drivers/scanner/ssi_codes.h"

enum {
        UPC_A = 0x08,
        EAN_13 = 0x0B,
        ADD_ON_2 = 0x40,
        ADD_ON_5 = 0x80,
        ADD_ONS = ADD_ON_2 | ADD_ON_5,
        UPC_A_LEN = 12,
        EAN_13_LEN = 13,
};

static const struct {
        uint8_t type;
        char aim[4];
} codes[] = {
        { 0x01, "]A0" }, /* Code 39 */
        { 0x02, "]F0" }, /* Codabar */
        { 0x03, "]C0" }, /* Code 128 */
        { 0x04, "]S0" }, /* discrete 2 of 5 */
        { 0x05, "]R0" }, /* IATA 2 of 5 */
        { 0x06, "]I0" }, /* interleaved 2 of 5 */
        { 0x07, "]G0" }, /* Code 93 */
        { 0x08, "]E0" }, /* UPC-A */
        { 0x09, "]E0" }, /* UPC-E, number system 0 */
        { 0x0A, "]E4" }, /* EAN-8 */
        { 0x0B, "]E0" }, /* EAN-13 */
        { 0x0C, "]H0" }, /* Code 11 */
        { 0x0E, "]M0" }, /* MSI */
        { 0x0F, "]C1" }, /* GS1-128 */
        { 0x10, "]E0" }, /* UPC-E, number system 1 */
        { 0x11, "]L0" }, /* PDF417 */
        { 0x13, "]A4" }, /* Code 39, full ASCII */
        { 0x1B, "]d1" }, /* Data Matrix */
        { 0x1C, "]Q1" }, /* QR Code */
        { 0x2D, "]z0" }, /* Aztec */
        { 0x30, "]e0" }, /* GS1 DataBar */
        { 0x31, "]e0" }, /* GS1 DataBar Limited */
        { 0x32, "]e0" }, /* GS1 DataBar Expanded */
        { 0xC1, "]d2" }, /* GS1 DataMatrix */
        { 0xC2, "]Q3" }, /* GS1 QR Code */
};

/* Of UPC-E and EAN-8 no identifier says where the add-on begins. */
static const char *front_of_add_on(uint8_t main_type, size_t main_len) {
        if (main_type == UPC_A && main_len == UPC_A_LEN)
                return "]E30";
        return (main_type == EAN_13 || main_type == UPC_A) && main_len == EAN_13_LEN ? "]E3" : "";
}

const char *ssi_code_front(uint8_t code_type, size_t len) {
        if ((code_type & ADD_ONS) == ADD_ON_2)
                return front_of_add_on(code_type & (uint8_t)~ADD_ONS, len - 2);
        if ((code_type & ADD_ONS) == ADD_ON_5)
                return front_of_add_on(code_type & (uint8_t)~ADD_ONS, len - 5);
        for (size_t i = 0; i < ARRAY_LEN(codes); i++)
                if (codes[i].type == code_type)
                        return codes[i].aim;
        return "";
}
