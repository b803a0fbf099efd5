/* SPDX-License-Identifier: MIT */
#include "base/qty.h"

#include <errno.h>
#include <stdbool.h>

void qty_format(int64_t milli, char ret_text[QTY_TEXT_SIZE]) {
        /* Unsigned, because INT64_MIN has no positive counterpart. */
        uint64_t left = milli < 0 ? 0 - (uint64_t)milli : (uint64_t)milli;
        uint64_t fraction = left % (uint64_t)QTY_UNIT;
        char reversed[QTY_TEXT_SIZE];
        size_t n = 0;

        left /= (uint64_t)QTY_UNIT;
        if (fraction) {
                int n_decimals = 3;

                for (; fraction % 10 == 0; fraction /= 10)
                        n_decimals--;
                for (; n_decimals > 0; n_decimals--, fraction /= 10)
                        reversed[n++] = (char)('0' + fraction % 10);
                reversed[n++] = '.';
        }
        do {
                reversed[n++] = (char)('0' + left % 10);
                left /= 10;
        } while (left);
        if (milli < 0)
                reversed[n++] = '-';
        while (n > 0)
                *ret_text++ = reversed[--n];
        *ret_text = 0;
}

static bool qty_digit(struct slice text, size_t at) {
        return at < text.len && text.bytes[at] >= '0' && text.bytes[at] <= '9';
}

int qty_parse(struct slice text, int64_t *ret_milli) {
        bool negative = text.len > 0 && text.bytes[0] == '-', over = false;
        size_t at = negative ? 1 : 0;
        int64_t milli = 0;

        if (!qty_digit(text, at))
                return -EINVAL;
        for (; qty_digit(text, at); at++) {
                milli = milli * 10 + (text.bytes[at] - '0') * QTY_UNIT;
                if (milli > QTY_MAX_MILLI) {
                        over = true;
                        milli = 0;
                }
        }
        if (at < text.len && text.bytes[at] == '.') {
                int64_t scale = QTY_UNIT / 10;

                if (!qty_digit(text, ++at))
                        return -EINVAL;
                for (; qty_digit(text, at) && scale > 0; at++, scale /= 10)
                        milli += (text.bytes[at] - '0') * scale;
        }
        if (at != text.len)
                return -EINVAL;
        if (over || milli > QTY_MAX_MILLI)
                return -ERANGE;
        *ret_milli = negative ? -milli : milli;
        return 0;
}
