/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "drivers/barcode/gs1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is accepted points into what was read, and has a row. */
static void check(const struct gs1 *gs1, struct slice text, struct slice values) {
        for (size_t i = 0; i < gs1->n_elements; i++) {
                const struct gs1_element *element = &gs1->elements[i];

                if (!element->ai || element->code.bytes < text.bytes ||
                    element->code.bytes + element->code.len > text.bytes + text.len ||
                    element->value.bytes < values.bytes ||
                    element->value.bytes + element->value.len > values.bytes + values.len)
                        abort();
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static struct gs1 gs1;
        struct slice text = { data, size };

        if (gs1_parse(text, &gs1) == 0)
                check(&gs1, text, text);
        else if (strnlen(gs1.error, sizeof(gs1.error)) == sizeof(gs1.error))
                abort();
        if (gs1_link_parse(text, &gs1) == 0)
                check(&gs1, text, (struct slice) { gs1.link, sizeof(gs1.link) });
        return 0;
}
