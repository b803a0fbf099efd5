/* SPDX-License-Identifier: MIT */
#include "drivers/scanner/protocol.h"

const struct protocol_ops *protocol_of(const struct profile *profile) {
        switch (profile->protocol) {
        case PROTOCOL_FRAMED:
                return &protocol_framed;
        case PROTOCOL_SSI:
                return &protocol_ssi;
        case PROTOCOL_HID_KEYBOARD:
                return &protocol_hid_keyboard;
        case PROTOCOL_HID_POS:
                return &protocol_hid_pos;
        case PROTOCOL_ZPL:
                break;
        }
        return NULL;
}

const struct profile_bytes *protocol_feedback(const struct profile *profile,
                                              enum scanner_feedback feedback) {
        switch (feedback) {
        case SCANNER_GOOD:
                return &profile->good;
        case SCANNER_BAD:
                return &profile->bad;
        case SCANNER_ATTENTION:
                break;
        }
        return &profile->attention;
}
