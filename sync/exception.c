/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include "sync/event.h"

enum { HOUR_MS = 3600 * 1000, COUNT_WEIGHED_MAX = 10 };

/* Severity and the role that has to act (docs/exceptions.md). What sells stock that is not there is
 * critical; what stops one order is high; what waits for the next round is low. */
static const struct {
        enum severity severity;
        const char *owner;
} defaults[] = {
        [EXCEPTION_SHORT_PICK] = { SEVERITY_HIGH, "lead" },
        [EXCEPTION_WRONG_ITEM] = { SEVERITY_LOW, "picker" },
        [EXCEPTION_OVER_PICK] = { SEVERITY_LOW, "picker" },
        [EXCEPTION_UNKNOWN_CODE] = { SEVERITY_LOW, "lead" },
        [EXCEPTION_DAMAGED] = { SEVERITY_MEDIUM, "lead" },
        [EXCEPTION_EXPIRED_LOT] = { SEVERITY_HIGH, "lead" },
        [EXCEPTION_DUPLICATE_SERIAL] = { SEVERITY_HIGH, "lead" },
        [EXCEPTION_NEGATIVE_STOCK] = { SEVERITY_HIGH, "lead" },
        [EXCEPTION_COUNT_DIFFERENCE] = { SEVERITY_MEDIUM, "lead" },
        [EXCEPTION_REPLENISH] = { SEVERITY_MEDIUM, "lead" },
        [EXCEPTION_TASK_CONFLICT] = { SEVERITY_MEDIUM, "lead" },
        [EXCEPTION_PRINTER_FAULT] = { SEVERITY_MEDIUM, "operations" },
        [EXCEPTION_PRINT_UNCERTAIN] = { SEVERITY_HIGH, "lead" },
        [EXCEPTION_DEVICE_LOST] = { SEVERITY_MEDIUM, "operations" },
        [EXCEPTION_FIRMWARE_DRIFT] = { SEVERITY_LOW, "operations" },
        [EXCEPTION_CLOCK_JUMP] = { SEVERITY_LOW, "operations" },
        [EXCEPTION_BROKER_UNREACHABLE] = { SEVERITY_MEDIUM, "operations" },
        [EXCEPTION_OUTBOX_HIGH] = { SEVERITY_MEDIUM, "operations" },
        [EXCEPTION_DISK_LOW] = { SEVERITY_HIGH, "operations" },
        [EXCEPTION_CERT_EXPIRING] = { SEVERITY_MEDIUM, "operations" },
        [EXCEPTION_FORK] = { SEVERITY_CRITICAL, "operations" },
        [EXCEPTION_TOTALS_MISMATCH] = { SEVERITY_CRITICAL, "operations" },
        [EXCEPTION_EPOCH_CHANGED] = { SEVERITY_HIGH, "operations" },
        [EXCEPTION_QUARANTINED_EVENT] = { SEVERITY_HIGH, "operations" },
        [EXCEPTION_OVERSELL_RISK] = { SEVERITY_CRITICAL, "lead" },
        [EXCEPTION_STUCK_ORDER] = { SEVERITY_HIGH, "lead" },
};
_Static_assert(ARRAY_LEN(defaults) == EXCEPTION_KIND_MAX_, "defaults for each kind");

void exception_defaults(enum exception_kind kind, enum severity *ret_severity,
                        char ret_owner[ID_SIZE]) {
        *ret_severity = defaults[kind].severity;
        (void)snprintf(ret_owner, ID_SIZE, "%s", defaults[kind].owner);
}

int64_t exception_priority(enum severity severity, int64_t count, int64_t due_ms, int64_t now_ms) {
        int64_t urgency = 1;

        if (due_ms != 0 && due_ms - now_ms <= HOUR_MS)
                urgency = 3;
        else if (due_ms != 0 && due_ms - now_ms <= 4 * HOUR_MS)
                urgency = 2;
        count = count < 1 ? 1 : count > COUNT_WEIGHED_MAX ? COUNT_WEIGHED_MAX : count;
        return ((int64_t)severity + 1) * urgency * count;
}
