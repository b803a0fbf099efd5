# SPDX-License-Identifier: MIT
"""HID report descriptors of the scanners that are played, one item a line."""


def items(text):
    """The bytes before each line's "#"."""
    return b"".join(bytes.fromhex(line.split("#")[0]) for line in text.splitlines())


# HID 1.11, appendix B.1: the boot keyboard. 8 bytes: modifiers, 0, six keys; LEDs as output.
KEYBOARD = items("""
05 01 09 06 a1 01               # usage page generic desktop, usage keyboard, application
05 07 19 e0 29 e7               #  page keyboard, left control .. right GUI
15 00 25 01 75 01 95 08 81 02   #  eight bits
95 01 75 08 81 03               #  a byte that says nothing
95 05 75 01 05 08 19 01 29 05   #  page LEDs: five bits out
91 02 95 01 75 03 91 03         #  padding
95 06 75 08 15 00 25 65         #  six bytes, 0 .. 65
05 07 19 00 29 65 81 00         #  page keyboard, as an array
c0
""")

# HID POS usage tables 1.02, and what Honeywell's engines send: 64 bytes with the report id.
#   0 id 02 | 1 count | 2..4 AIM identifier | 5..60 data | 61 maker's code id | 62 reserved | 63 bit 0 continued
# Output report FD: a length byte and 62 bytes for the scanner (python_hon_usbhid).
POS = items("""
05 8c 09 02 a1 01               # usage page bar code, usage scanner, application
09 12 a1 02                     #  scanned data report, logical
85 02 15 00 26 ff 00 75 08      #   report id 2, bytes 0 .. 255
95 01 05 01 09 3b 81 02         #   generic desktop: byte count
95 03 05 8c 09 fb 09 fc 09 fd 81 02   # symbology identifier 1, 2, 3
95 38 09 fe 82 02 01            #   56 bytes of decoded data, buffered
95 02 06 66 ff 09 04 09 05 81 02      # vendor: code id, reserved
05 8c 25 01 75 01 95 01 09 ff 81 02   # decoded data continued
95 07 81 03                     #   padding
c0
06 66 ff 85 fd 09 06            #  report id FD, vendor
15 00 26 ff 00 75 08 95 3f 91 02      # 63 bytes out
c0
""")
