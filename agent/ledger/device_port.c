/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include "agent/ledger/internal.h"

/* Where each device was plugged in last: a mark of its own, for it is no fact of the warehouse. */

enum { MARK_SIZE = ID_SIZE + 8 };

static void mark_of(const char *device, char mark[MARK_SIZE]) {
        (void)snprintf(mark, MARK_SIZE, "port %s", device);
}

int ledger_device_port(struct ledger *ledger, const char *device, char *ret, size_t size) {
        CLEANUP(db_reset) sqlite3_stmt *row = NULL;
        char mark[MARK_SIZE];
        int r;

        mark_of(device, mark);
        r = db_query(ledger, BOOK_MAIN, SQL_MARK_GET, &row, "t", mark);
        if (r == 0)
                db_text(row, 1, ret, size);
        return r;
}

int ledger_set_device_port(struct ledger *ledger, const char *device, const char *port) {
        char mark[MARK_SIZE];

        mark_of(device, mark);
        return db_run(ledger, BOOK_MAIN, SQL_MARK_SET, "tut", mark, (uint64_t)0, port);
}
