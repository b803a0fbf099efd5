/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * ZPL count: how many labels a job makes a printer's label counter go forward. Pure, byte by byte, keeps no data.
 *
 * A format counts once, or ^PQ times, where it has something to print; ^DF stores it without printing. Feeds and
 * settings are no labels (Zebra, SGD odometer.total_label_count). That a format of settings alone feeds nothing is
 * not in the guide: unverified.
 */

#include "drivers/printer/zpl_stream.h"

struct zpl_count {
        struct zpl_stream stream;
        int64_t labels;
        long copies;       /* of ^PQ */
        bool reads_copies; /* its first parameter is being read */
        bool prints, stores;
};

void zpl_count_init(struct zpl_count *count);
void zpl_count_take(struct zpl_count *count, struct slice bytes);
