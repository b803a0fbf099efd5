/* SPDX-License-Identifier: MIT */

/* What the guard lets through as whole labels, the stream has cut at its end: the two read ZPL alike. */

#include <stdlib.h>
#include "drivers/printer/zpl_guard.h"
#include "drivers/printer/zpl_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char reason[ZPL_REASON_SIZE];
        struct zpl_stream stream;
        bool whole = zpl_guard((struct slice) { data, size }, reason) == 0;
        bool ended = true;

        zpl_stream_init(&stream);
        for (size_t i = 0; i < size; i++)
                if (zpl_stream_take(&stream, data[i]) == ZPL_STREAM_LABEL)
                        ended = true;
                else if (stream.inside)
                        ended = false;
        if (whole && (stream.inside || !ended))
                abort();
        return 0;
}
