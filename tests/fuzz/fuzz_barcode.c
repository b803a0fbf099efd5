/* SPDX-License-Identifier: MIT */

/* Any bytes as a scan: a result keeps its promises, a refusal has words. */

#include <stdlib.h>
#include "drivers/barcode/barcode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct barcode barcode;
        char error[160] = "", gtin[GTIN_SIZE];

        if (barcode_parse((struct slice) { data, size }, &barcode, error, sizeof(error))) {
                if (!error[0] || !memchr(error, 0, sizeof(error)))
                        abort();
                return 0;
        }
        if (barcode.text.len == 0 || barcode.text.bytes < data ||
            barcode.text.bytes + barcode.text.len > data + size)
                abort();
        if (barcode.has_gtin && gtin_normalise(slice_of(barcode.gtin), gtin))
                abort();
        if (!barcode_symbology_name(&barcode)[0])
                abort();
        return 0;
}
