/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * USB keeper: a child process that gives interfaces back to the kernel's drivers: when it is told to, and all that
 * are left when its parent dies, however it dies. The kernel takes a claimed interface from a dead program, but
 * binds no driver again: a keyboard would stay mute until somebody plugs it in anew. Binding a driver talks to the
 * device, for 20 s where it does not answer, and holds its lock: until the keeper says that it is done nobody else opens
 * that node.
 */

#include <stdbool.h>
#include <sys/types.h>
#include "base/def.h"

struct usb_keeper {
        int fd; /* SOCK_SEQPACKET, -1: none runs */
        pid_t pid;
};

enum { USB_NODE_SIZE = 32 }; /* "/dev/bus/usb/001/005" */

MUST_CHECK int usb_keeper_init(struct usb_keeper *keeper);
/* Waits until everything is given back, @ms at most. */
void usb_keeper_fini(struct usb_keeper *keeper, int ms);

/* From now on the interface is given back when this program dies. -EPIPE: the keeper is dead itself; -EBUSY: it is behind. */
MUST_CHECK int usb_keeper_hold(struct usb_keeper *keeper, const char *node, uint8_t interface);
/* Forgets it; @give: after a driver of the kernel has it, which it then tells (usb_keeper_read). As usb_keeper_hold. */
MUST_CHECK int usb_keeper_drop(struct usb_keeper *keeper, const char *node, uint8_t interface,
                               bool give);

/* The node that has been given back. keeper->fd is readable. -EAGAIN: none; -EPIPE: the keeper is dead. */
MUST_CHECK int usb_keeper_read(struct usb_keeper *keeper, char ret_node[USB_NODE_SIZE]);
