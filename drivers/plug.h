/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Plug: what is known of a device that is plugged in, without opening it.
 *
 * A device is named by where it is plugged in, not by what it is: two identical scanners differ in their port
 * path alone, and a serial number may be empty, constant or change with the firmware.
 */

#include <stdbool.h>
#include "base/def.h"

enum { PLUG_DEVICES_MAX = 64, PLUG_WORD_SIZE = 64, PLUG_ID_SIZE = 512 };

/* One interface that a scanner or printer may be behind. */
struct plug_device {
        char port[PATH_SIZE]; /* "usb:1-1.2", or "serial:/dev/serial/by-path/…" for a tty */
        char path
                [PLUG_WORD_SIZE]; /* "1-1.2": the kernel's port path; "" of a tty that is not on USB */
        char place
                [PATH_SIZE]; /* controller and ports, "pci0000:00/0000:00:14.0 1.2": the same over restarts, which
                                  the bus's number in port need not be */
        char node[32];       /* "/dev/bus/usb/001/005", "/dev/ttyACM0" */
        int number;          /* USB: another one each time it is plugged in; -1 */
        int vendor, product; /* USB ids; -1: not on USB */
        int class, subclass,
                protocol; /* of the interface; of a tty the CDC control interface's; -1 */
        int interface;    /* its number, -1: not told */
        bool orphan;      /* no driver has it, neither the kernel's nor a program's */
        bool taken; /* a program has it, perhaps we: what a driver of the kernel tells is not to be had */
        int usage_page; /* of the first HID collection; -1: no HID, or no driver of the kernel has it */
        char maker[PLUG_WORD_SIZE], model[PLUG_WORD_SIZE],
                serial[PLUG_WORD_SIZE]; /* USB strings, or "" */
        char device_id[PLUG_ID_SIZE];   /* IEEE 1284, while usblp has it; or "" */
};

/*
 * What is plugged in now and may be a scanner or printer, from /sys and /dev/serial. Fills at most @max, ordered by
 * port, of one device's interfaces that of HID POS first; their number, or the errno of /sys.
 *
 * What a driver of the kernel is still looking at is left out: its coming is news of its own, and to read of it could
 * wait as long as the device does not answer.
 */
MUST_CHECK int plug_list(struct plug_device *ret, size_t max);
