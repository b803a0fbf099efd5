#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usbfs.py NODE INTERFACE: another program that has claimed an interface, until its standard input ends.

Says "claimed" when it has it. With linux/usbdevice_fs.h alone, so that it shares nothing with what is tested.
"""
import fcntl, os, struct, sys

USBDEVFS_CLAIMINTERFACE = 0x8004550F
USBDEVFS_IOCTL = 0xC0105512  # int interface, int code, void *data
USBDEVFS_DISCONNECT, USBDEVFS_CONNECT = 0x5516, 0x5517


def of_interface(fd, interface, code):
    try:
        fcntl.ioctl(fd, USBDEVFS_IOCTL, struct.pack("iiQ", interface, code, 0))
    except OSError as e:
        print("driver: %s" % e, file=sys.stderr)  # there was none


def main():
    fd, interface = os.open(sys.argv[1], os.O_RDWR), int(sys.argv[2])
    of_interface(fd, interface, USBDEVFS_DISCONNECT)
    fcntl.ioctl(fd, USBDEVFS_CLAIMINTERFACE, struct.pack("I", interface))
    print("claimed", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
