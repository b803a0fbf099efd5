/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "drivers/printer/zpl_guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A refusal always has its words. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char reason[ZPL_REASON_SIZE] = "";
        int r = zpl_guard((struct slice) { data, size }, reason);

        if ((r != 0) != (reason[0] != '\0') || strnlen(reason, sizeof(reason)) == sizeof(reason))
                abort();
        return 0;
}
