/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * USB: interfaces of HID scanners and printers through libusb, as pipes with a file descriptor.
 *
 * One libusb context without device discovery (sysfs and sd-device find devices; libusb's own discovery would start
 * a thread): a device is opened by its node and handed over with libusb_wrap_sys_device. Asynchronous transfers
 * alone, on the event loop. The other end of each pipe is a transport, so that a driver cannot tell it from a
 * serial line.
 */

#include <stdbool.h>
#include <systemd/sd-event.h>
#include "drivers/transport.h"

struct usb;

enum usb_function {
        /* A read is one input report. A write is one report for the device, its id first (0: has none); it goes
         * out as the descriptor has the id: output, or feature. */
        USB_KEYBOARD, /* the boot keyboard interface, else the first of class HID */
        USB_POS,      /* the first HID interface that is no keyboard or mouse */
        USB_PRINTER,  /* class 7: bulk bytes both ways; protocol 2 before 1, never 3 */
};

struct usb_options {
        enum usb_function function;
        bool read; /* a printer that must not be read from: false */
        bool reattach; /* the kernel's driver gets the interface back when the transport is closed, else when this
                          program ends */
};

MUST_CHECK int usb_new(sd_event *event, struct usb **ret);
/* After all its transports are closed. Waits for what the kernel still holds, and for the interfaces to be given
 * back, 3 s at most. NULL is fine. */
void usb_free(struct usb *usb);

/* Lets the kernel's driver have an interface that nobody has, in the background. Errors as transport_open_usb. */
MUST_CHECK int usb_give(struct usb *usb, const char *port, uint8_t interface);

bool usb_is_port(const char *port); /* "usb:…" */

/*
 * "usb:1-1.2", or "usb:1-1.2:1.0" for one interface of several. Takes the interface from the kernel's driver
 * (usbhid, usblp), which gets it back, at the latest when this program ends or dies.
 *
 * On return the opening goes on: transport_connected() answers -EINPROGRESS until the report descriptor or the
 * device id is read. -EINVAL: not a port text; -ENODEV: nothing there; -EACCES; -EBUSY: another program has claimed
 * it; -EAGAIN: it is being given back to the kernel; -ENOTSUP: has no such interface.
 */
MUST_CHECK int transport_open_usb(struct usb *usb, const char *port,
                                  const struct usb_options *options, struct transport **ret);
