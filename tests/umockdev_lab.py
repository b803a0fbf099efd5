# SPDX-License-Identifier: MIT
"""What is plugged in, as umockdev plays it: /sys, udev and /dev of a test's own."""
import os

ROOT = "/devices/pci0000:00/0000:00:14.0/usb1"
POS = "058c0902a101"  # usage page, usage, application collection


def plugged(port, usb, interface, product="", device_id="", descriptor="", tty=""):
    """A device with one interface, as umockdev plays it."""
    attributes = dict(zip(("bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol"), interface.split("/")))
    if device_id:
        attributes["ieee1284_id"] = device_id
    text = "P: %s/%s\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\nA: idVendor=%s\\n\nA: idProduct=%s\\n\nA: product=%s\\n\n\n" % (
        ROOT, port, *usb.split(":"), product)
    text += "P: %s/%s/%s:1.0\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_interface\n" % (ROOT, port, port)
    text += "".join("A: %s=%s\\n\n" % item for item in attributes.items()) + "\n"
    if descriptor:
        text += "P: %s/%s/%s:1.0/0003:%s.%04d\nE: SUBSYSTEM=hid\nH: report_descriptor=%s\n\n" % (
            ROOT, port, port, usb.upper(), sum(map(ord, port)), descriptor)
    if tty:
        text += "P: %s/%s/%s:1.0/tty/%s\nN: %s\nS: serial/by-path/%s-port\nE: SUBSYSTEM=tty\nE: DEVNAME=/dev/%s\n\n" % (
            ROOT, port, port, tty, tty, port, tty)
    return text


def under(path, *devices):
    """The front of a command that sees these devices, and what its environment needs. Sanitizers want to come first, umockdev too."""
    path.write_text("".join(devices))
    return ["umockdev-run", "--device", os.fspath(path), "--"], {"ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}
