# SPDX-License-Identifier: MIT
"""The lab itself: what the kernel's own drivers see of the played devices, with no agent running."""
import os, select, struct, tty

from far_end import SsiScanner
from harness import wait_until
from lab import code
from patience import patient


def read_some(fd, want, seconds=3):
    """At least @want bytes of a node."""
    data = b""
    while len(data) < want:
        assert select.select([fd], [], [], patient(seconds))[0], data
        data += os.read(fd, 4096)
    return data


def keys(data):
    """Codes of the keys pressed, of evdev's events: time 16 bytes, type, code, value."""
    events = [struct.unpack("HHi", data[i + 16:i + 24]) for i in range(0, len(data), 24)]
    return [c for kind, c, value in events if kind == 1 and value == 1]


def test_keyboard_types(plug):
    scanner = plug("keyboard")
    assert scanner.gadget.driver() == "usbhid"
    fd = os.open(scanner.gadget.input_node(), os.O_RDONLY)
    try:
        scanner.scan("a1]\x1d")
        pressed = []
        while len(pressed) < 6:
            pressed += keys(read_some(fd, 24))
        assert pressed == [30, 2, 27, 29, 27, 28]  # KEY_A 1 ] LEFTCTRL ] ENTER
    finally:
        os.close(fd)


def test_pos_reports_and_beeps(plug):
    for name in ("pos", "pos control"):
        scanner = plug(name)
        fd = os.open(scanner.gadget.hidraw_node(), os.O_RDWR)
        try:
            for report in scanner.reports(code("P", 1, long=True)):
                scanner.say(report)
            data = read_some(fd, 128)
            assert data[:8] == b"\x02\x38]C1010" and data[63] == 1 and data[127] == 0 and data[65] == len(code("P", 1, True)) - 3 - 56
            os.write(fd, scanner.GOOD)
            assert scanner.beeps.get(timeout=patient(3)) == "good"
        finally:
            os.close(fd)


def test_ssi_talks(plug):
    scanner = plug("ssi")
    fd = os.open(wait_until(scanner.gadget.tty, patient(3), "udev's name"), os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(fd)
        os.write(fd, bytes.fromhex("04a30400ff55"))
        assert read_some(fd, 6 + len(SsiScanner.REVISION))[1] == 0xA4
        os.write(fd, bytes.fromhex("05e6040000ff11"))
        assert read_some(fd, 6)[1] == 0xD0
        assert scanner.beeps.get(timeout=patient(1)) == "good"
    finally:
        os.close(fd)


def test_printer_prints_and_answers(plug):
    printer = plug("printer")
    assert printer.gadget.driver() == "usblp"
    with open(printer.gadget.interface("ieee1284_id")) as f:
        assert f.read().strip().endswith("OPTIONS:XML;")
    label = b"^XA^FD" + os.urandom(20000).translate(bytes.maketrans(b"^~", b"__")) + b"^FS^XZ"
    lp = [n for n in os.listdir("/dev/usb") if n.startswith("lp")][0]
    fd = os.open("/dev/usb/" + lp, os.O_RDWR | os.O_NONBLOCK)
    try:
        rest = b"~HI" + label + b'! U1 getvar "odometer.total_label_count"\r\n'
        while rest:
            assert select.select([], [fd], [], patient(3))[1]
            rest = rest[os.write(fd, rest):]
        wait_until(lambda: printer.labels, patient(5), "the label")
        assert printer.labels == [label]
        heard = b""
        while not heard.endswith(b'"1001"'):
            assert select.select([fd], [], [], patient(3))[0], heard
            heard += os.read(fd, 4096)
        assert heard.startswith(b"\x02ZD421-203dpi,")
    finally:
        os.close(fd)


def test_every_replug_is_a_new_device(plug):
    scanner = plug("pos")
    before = scanner.gadget.usbfs_node()
    scanner.unplug()
    assert scanner.gadget.driver() is None
    scanner.plug()
    assert scanner.gadget.usbfs_node() != before
    fd = os.open(scanner.gadget.hidraw_node(), os.O_RDONLY)
    try:
        scanner.half("x")
        assert read_some(fd, 64)[63] == 1
    finally:
        os.close(fd)
