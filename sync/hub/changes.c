/* SPDX-License-Identifier: MIT */
#include "sync/hub/changes.h"

void changes_fini(struct changes *changes) {
        marks_fini(&changes->stock);
        marks_fini(&changes->orders);
        marks_fini(&changes->exceptions);
}

int changes_add(struct marks *marks, const char *site, const char *id) {
        struct keymap_key_buffer buffer;

        return marks_add(marks, KEYMAP_JOIN(&buffer, site, id));
}
