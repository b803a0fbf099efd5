# SPDX-License-Identifier: MIT
"""What is plugged in here: the gadgets' ids are those by which the profiles know real devices."""
from descriptors import KEYBOARD, POS
from far_end import KeyboardScanner, LabelPrinter, PosScanner, SsiScanner
from gadget import Gadget, acm, hid, printer

ZEBRA_ID = "MANUFACTURER:Zebra Technologies ;COMMAND SET:ZPL;MODEL:ZTC ZD421-203dpi ZPL;CLASS:PRINTER;OPTIONS:XML;"
OTHER_ID = "MFG:Labelworks;CMD:ZPL;MDL:LW-100;CLS:PRINTER;"


def keyboard(bus=0):
    return KeyboardScanner(Gadget(bus, 0x0c2e, 0x0e02, "Honeywell", "Wedge Scanner", hid(KEYBOARD, 8, True, out_endpoint=False)))


def pos(bus=1, out_endpoint=True):
    return PosScanner(Gadget(bus, 0x0c2e, 0x0e01, "Honeywell", "POS Scanner", hid(POS, 64, out_endpoint=out_endpoint), "POS1"))


def ssi(bus=2):
    return SsiScanner(Gadget(bus, 0x05e0, 0x1701, "Symbol Technologies", "Symbol Bar Code Scanner", acm(), "S/N:1 Rev:7"))


def zebra(bus=3):
    return LabelPrinter(Gadget(bus, 0x0a5f, 0x0185, "Zebra Technologies", "ZTC ZD421-203dpi ZPL", printer(ZEBRA_ID), "D1"))


def other_printer(bus=4):
    """Of a maker that has no profile: the generic one, which wants usblp back."""
    return LabelPrinter(Gadget(bus, 0x1fc9, 0x2016, "Labelworks", "LW-100", printer(OTHER_ID), "L1"), b"LW-100", b"V1.2")


def everything():
    """All that a test may plug in, by name, each with a bus of its own; unplugged."""
    return {"keyboard": keyboard(0), "pos": pos(1), "ssi": ssi(2), "printer": zebra(3), "other": other_printer(4), "pos twin": pos(5),
            "ssi twin": ssi(6), "keyboard twin": keyboard(7), "pos control": pos(8, out_endpoint=False)}


PROFILES = {KeyboardScanner: "honeywell-keyboard", PosScanner: "honeywell-pos", SsiScanner: "zebra-ssi", LabelPrinter: "zebra-zd421"}
