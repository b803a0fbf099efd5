/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * USB: interfaces of HID scanners and printers through libusb, as pipes with a file descriptor.
 *
 * One libusb context without device discovery (sd-device finds devices; libusb's own discovery would start a
 * thread): a device is opened by its node and handed over with libusb_wrap_sys_device. Asynchronous transfers
 * alone, on the event loop. The other end of each pipe is a transport, so that a driver cannot tell it from a
 * serial line.
 */

#include <systemd/sd-event.h>
#include "drivers/transport.h"

struct usb;

enum usb_function {
        USB_HID, /* a read is one input report; a write one output report, id first (0: has none) */
        USB_PRINTER, /* class 7: bulk bytes both ways; protocol 2 before 1, never 3 */
};

MUST_CHECK int usb_new(sd_event *event, struct usb **ret);
/* After all its transports are closed. Waits for what the kernel still holds, bounded. */
void usb_free(struct usb *usb);

/*
 * "usb:1-1.2", or "usb:1-1.2:1.0" for one interface of several. Takes the interface from the kernel's driver
 * (usbhid, usblp), and gives it back when the transport is closed or the program dies; @reattach false leaves a
 * printer's without one.
 *
 * On return the opening goes on: transport_connected() answers -EINPROGRESS until the report descriptor or the
 * device id is read. -ENODEV: nothing there; -EACCES; -EBUSY: another program has claimed it; -ENOTSUP: has no
 * such interface.
 */
MUST_CHECK int transport_open_usb(struct usb *usb, const char *port, enum usb_function function,
                                  bool reattach, struct transport **ret);

/* The HID report descriptor, or a printer's IEEE 1284 device id without its length. Borrowed. */
struct slice transport_descriptor(const struct transport *transport);
