/* SPDX-License-Identifier: MIT */
#pragma once

/* USB's own: the one libusb context, and the pipes that it carries. */

#include <libusb.h>
#include "drivers/usb.h"
#include "drivers/usb_keeper.h"

struct usb_pipe;
struct usb_source;

enum { USB_GIVING_MAX = 32 };

struct usb {
        sd_event *event;
        libusb_context *libusb;
        struct usb_source *sources; /* libusb's file descriptors on the loop */
        struct usb_keeper keeper;
        sd_event_source *keeper_io;
        char giving[USB_GIVING_MAX]
                   [USB_NODE_SIZE]; /* nodes that the keeper has not done with; "" */
        struct usb_pipe *pipes;     /* open, closing, or closed but still a transport's */
};

enum { USB_PRIORITY = -10 }; /* a scanner's: scans before everything else */

/* -ENODEV, -EACCES, -EBUSY, -ENOMEM, -ENOTSUP, -ETIMEDOUT, else -EIO. */
int usb_errno(int libusb_error);

/* The interface belongs to the keeper should this program die; starts a keeper where none runs. */
MUST_CHECK int usb_hold(struct usb *usb, const char *node, uint8_t interface);
/* No more; @give: a driver of the kernel gets it. */
void usb_drop(struct usb *usb, const char *node, uint8_t interface, bool give);
/* The keeper is giving it back: to open it could wait for as long as the device does not answer. */
bool usb_is_giving(const struct usb *usb, const char *node);

/* An interface that is claimed. */
struct usb_claim {
        char node[USB_NODE_SIZE];
        int fd; /* the node, -1 */
        libusb_device_handle *handle;
        uint8_t interface, alternate;
        bool held, detached, claimed;
        uint8_t in, out;         /* endpoint addresses, 0: has none */
        uint16_t in_size;        /* bytes of a packet */
        uint16_t descriptor_len; /* of the HID report descriptor */
};

/* The node of what is plugged in at @where. -EINVAL, -ENODEV. */
MUST_CHECK int usb_find_node(const char *where, char ret[USB_NODE_SIZE]);
/* As transport_open_usb says. usb_claim_release is due in any case. */
MUST_CHECK int usb_claim(struct usb *usb, const char *where, enum usb_function function,
                         struct usb_claim *ret);
enum usb_fate {
        USB_GONE,  /* unplugged */
        USB_GIVEN, /* a driver of the kernel gets it */
        USB_KEPT,  /* it gets it when this program ends */
};
/* After all its transfers have ended. */
void usb_claim_release(struct usb *usb, struct usb_claim *claim, enum usb_fate fate);
