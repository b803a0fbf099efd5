# SPDX-License-Identifier: MIT
"""The firmware of the played devices: what a scanner sends when somebody scans, what a printer answers.

A far end lives as long as its gadget is plugged in: plug() opens the device side's node and listens to the host,
unplug() pulls the cable at that very moment, whatever is under way.
"""
import fcntl, os, queue, re, select, termios, threading, tty

from harness import wait_until
from patience import patient
from site_lab import SsiScanner as SsiWords


class Unplugged(Exception):
    """The cable was pulled while the device spoke."""


class FarEnd:
    def __init__(self, gadget):
        self.gadget = gadget
        self.fd = None
        self.listener = None
        self.cable = threading.Lock()   # may be pulled by two at once
        self.mouth = threading.RLock()  # a message at a time, and none to a node that is closed

    def plug(self, wait=True):
        """Plugged in and, with wait, found by the host. Its own ear is open before the host knows of it."""
        self.wake_reader, self.wake = os.pipe()
        if not self.gadget.made:
            self.gadget.make()
        self.gadget.plug()
        self.fd = self.open()
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()
        if wait:
            self.gadget.wait_host()

    def unplug(self):
        with self.cable:
            if not self.gadget.plugged:
                return
            self.gadget.unplug()
            os.write(self.wake, b"x")
            if self.listener:
                self.listener.join()
            with self.mouth:
                for fd in (self.fd, self.wake_reader, self.wake):
                    if fd is not None:
                        os.close(fd)
                self.fd = self.listener = None

    def discard(self):
        """Unplugged for good: its place is free for another."""
        self.unplug()
        if self.gadget.made:
            self.gadget.unmake()

    def open(self):
        # udev makes the node a moment after the kernel has it
        return wait_until(lambda: os.open(self.gadget.node(), os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY), patient(2),
                          "the device side of %s" % self.gadget.model)

    def listen(self):
        """Until the cable is pulled."""
        while self.wake_reader not in select.select([self.wake_reader, self.fd], [], [])[0]:
            try:
                data = os.read(self.fd, 65536)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if data:
                self.hear(data)
            elif select.select([self.wake_reader], [], [], 0.02)[0]:
                return
            else:
                self.reopen()

    def reopen(self):
        """A bus reset hangs up what has the node open."""
        with self.mouth:
            if self.gadget.plugged:
                os.close(self.fd)
                self.fd = self.open()

    def hear(self, data):
        """Something came from the host."""

    def say(self, data):
        """All of it to the host; Unplugged when the cable is pulled before."""
        with self.mouth:
            while data:
                if not self.gadget.plugged or self.fd is None:
                    raise Unplugged
                try:
                    select.select([], [self.fd], [], 0.1)
                    data = data[os.write(self.fd, data):]
                except BlockingIOError:
                    continue
                except OSError as e:
                    raise Unplugged from e


# ---- HID keyboard ----------------------------------------------------------------------------------------------------

SHIFT, CONTROL = 0x02, 0x01
ENTER = 0x28
UNSHIFTED = dict(zip("abcdefghijklmnopqrstuvwxyz1234567890", range(0x04, 0x28))) | dict(zip("-=[]\\", range(0x2d, 0x32))) | \
    dict(zip(";'`,./", range(0x33, 0x39))) | {" ": 0x2c}
SHIFTED = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()", range(0x04, 0x28))) | dict(zip("_+{}|", range(0x2d, 0x32))) | \
    dict(zip(':"~<>?', range(0x33, 0x39)))


def key_of(char):
    """Modifiers and usage on a US keyboard; a control character is Ctrl and its letter: GS is Ctrl+]."""
    if ord(char) < 0x20:
        return CONTROL, UNSHIFTED[chr(ord(char) + 0x40).lower()]
    if char in SHIFTED:
        return SHIFT, SHIFTED[char]
    return 0, UNSHIFTED[char]


class KeyboardScanner(FarEnd):
    """Types its scans, with Enter. It has no ear for feedback."""
    can_hear = False

    def press(self, modifiers, key):
        self.say(bytes([modifiers, 0, key, 0, 0, 0, 0, 0]))
        self.say(bytes(8))

    def type(self, text):
        for char in text:
            self.press(*key_of(char))

    def scan(self, code):
        """Sends it; True: the host has taken all of it."""
        self.type(code)
        self.press(0, ENTER)
        self.say(bytes(8))  # taken only when the one before is with the host
        return True

    def half(self, code):
        self.type(code[:len(code) // 2])


# ---- HID POS ---------------------------------------------------------------------------------------------------------

class PosScanner(FarEnd):
    """64-byte reports; beeps on the output report FD."""
    can_hear = True
    DATA_MAX = 56
    GOOD = bytes.fromhex("fd0316070d")

    def __init__(self, gadget):
        super().__init__(gadget)
        self.beeps = queue.Queue()
        self.other = []  # output reports that are no beep

    def hear(self, data):
        if data.startswith(self.GOOD):
            self.beeps.put("good")
        else:
            self.other.append(data)

    def reports(self, code):
        """AIM identifier in its own place; what does not fit is continued."""
        aim, rest = code[:3].encode("latin-1"), code[3:].encode("latin-1")
        while True:
            part, rest = rest[:self.DATA_MAX], rest[self.DATA_MAX:]
            yield bytes([2, len(part)]) + aim + part.ljust(self.DATA_MAX, b"\0") + b"j\0" + bytes([1 if rest else 0])
            if not rest:
                return

    def scan(self, code):
        """Sends it and waits for the beep; its word, or None."""
        while not self.beeps.empty():
            self.beeps.get()
        for report in self.reports(code):
            self.say(report)
        return answer_of(self, self.beeps)

    def half(self, code):
        self.say(next(self.reports(code.ljust(2 * self.DATA_MAX, "0"))))


def answer_of(scanner, words, seconds=5):
    """The next feedback; None when the cable is pulled, or none comes."""
    def came():
        try:
            return words.get(timeout=0.05)
        except queue.Empty:
            return "gone" if not scanner.gadget.plugged else None
    try:
        word = wait_until(came, patient(seconds), "feedback", step=0)
    except TimeoutError:
        return None
    return None if word == "gone" else word


# ---- CDC-ACM, SSI ----------------------------------------------------------------------------------------------------

class SsiScanner(FarEnd):
    """A Zebra scanner as USB CDC host: packets with a checksum, each acknowledged or sent again."""
    can_hear = True
    REVISION = b"CAAABS00-007-R00 N 0 1"

    def __init__(self, gadget):
        super().__init__(gadget)
        self.beeps, self.acks, self.params = queue.Queue(), queue.Queue(), []
        self.bad_packets = []
        self.rest = b""

    def open(self):
        fd = super().open()
        tty.setraw(fd)  # or what the host says is echoed
        termios.tcflush(fd, termios.TCIOFLUSH)
        self.rest = b""
        return fd

    def hear(self, data):
        self.rest += data
        while self.rest and len(self.rest) >= self.rest[0] + 2:
            whole, self.rest = self.rest[:self.rest[0] + 2], self.rest[self.rest[0] + 2:]
            if sum(whole[:-2]) + int.from_bytes(whole[-2:], "big") & 0xFFFF or whole[2] != 4:
                self.bad_packets.append(whole)
            else:
                self.take(whole[1], whole[4:-2])

    def take(self, opcode, data):
        if opcode == SsiWords.ACK:
            self.acks.put(True)
            return
        if opcode == SsiWords.PARAM_SEND:
            self.params.append(data)
        try:
            if opcode == SsiWords.REQUEST_REVISION:
                self.say(SsiWords.packet(SsiWords.REPLY_REVISION, self.REVISION))
            elif opcode != SsiWords.NAK:
                self.say(SsiWords.packet(SsiWords.ACK))
        except Unplugged:
            return
        if opcode == SsiWords.BEEP:
            self.beeps.put(SsiWords.WORDS[data[0]])

    def scan(self, code):
        """Sends it up to three times, as a decoder does; the word of the beep, or None."""
        for words in (self.acks, self.beeps):
            while not words.empty():
                words.get()
        data = b"\x0f" + code.encode("latin-1")
        for attempt in range(3):
            self.say(SsiWords.packet(SsiWords.DECODE_DATA, data, 1 if attempt else 0))
            if answer_of(self, self.acks, 2):
                return answer_of(self, self.beeps)
        return None

    def half(self, code):
        packet = SsiWords.packet(SsiWords.DECODE_DATA, b"\x0f" + code.encode("latin-1"))
        self.say(packet[:len(packet) // 2])


# ---- printer ---------------------------------------------------------------------------------------------------------

GADGET_SET_PRINTER_STATUS = 0xC0016722  # linux/usb/g_printer.h: _IOWR('g', 0x22, unsigned char)
NO_ERROR, SELECTED, PAPER_OUT = 0x08, 0x10, 0x20


class LabelPrinter(FarEnd):
    """A Zebra printer: keeps each label byte for byte, and answers the queries of ZPL and SGD.

    It is on a plug with its cable: what it has not printed is gone with it; the odometer is not.
    """
    QUERY_MAX = 64
    QUERIES = re.compile(rb"~HI|~HS|~HQES|! U1 getvar \"([a-z_.]+)\"\r\n")

    def __init__(self, gadget, model=b"ZD421-203dpi", firmware=b"V93.21.15Z"):
        super().__init__(gadget)
        self.model, self.firmware = model, firmware
        self.labels = []        # every label that went through, whole
        self.odometer = 1000
        self.rest, self.searched = b"", 0  # what has come, and how far no end of a label was found in it
        self.reads = True       # False: takes nothing any more, as a printer that hangs
        self.pause_at = None    # so many bytes into a label it hangs
        self.receives = threading.Event()  # bytes of a label have come
        self.news = threading.Condition()

    def open(self):
        self.rest, self.searched = b"", 0
        self.receives.clear()
        fd = super().open()
        self.set_status(fd, NO_ERROR | SELECTED)
        return fd

    @staticmethod
    def set_status(fd, bits):
        fcntl.ioctl(fd, GADGET_SET_PRINTER_STATUS, bits)

    def listen(self):
        # the node can be read only while its interface is set up: errors before that are no end
        while not select.select([self.wake_reader], [], [], 0)[0]:
            if not self.reads or not select.select([self.fd], [], [], 0.1)[0]:
                select.select([self.wake_reader], [], [], 0.05)
                continue
            try:
                self.hear(os.read(self.fd, 65536))
            except OSError:
                select.select([self.wake_reader], [], [], 0.05)

    def hear(self, data):
        self.rest += data
        while self.step():
            pass

    def step(self):
        """The next label or query of what has come; False: it is not whole yet. A query is answered also inside a label:
        of the prefixes that ZPL reserves neither may stand in data."""
        query = self.QUERIES.search(self.rest, max(0, self.searched - self.QUERY_MAX))
        end = self.rest.find(b"^XZ", max(0, self.searched - 2))
        if query and (end < 0 or query.start() < end):
            self.rest, self.searched = self.rest[:query.start()] + self.rest[query.end():], query.start()
            self.answer(query)
            return True
        begin = self.rest.rfind(b"^XA", 0, end if end >= 0 else len(self.rest))  # a format that begins anew drops the torn one
        if begin >= 0:
            self.receives.set()
        if end >= 0:
            if begin >= 0:
                self.print(self.rest[begin:end + 3])
            self.rest, self.searched = self.rest[end + 3:], 0
            return True
        self.searched = len(self.rest)
        if self.pause_at is not None and begin >= 0 and len(self.rest) - begin >= self.pause_at:
            self.reads, self.pause_at = False, None
        return False

    def print(self, label):
        with self.news:
            self.labels.append(label)
            self.odometer += 1
            self.news.notify_all()

    def answer(self, query):
        name = query[1].decode() if query[1] else query[0].decode()
        known = {"~HI": b"\x02%s,%s,8,8176KB,X\x03\r\n" % (self.model, self.firmware),
                 "~HS": b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n",
                 "~HQES": b"\x02\r\n  PRINTER STATUS\r\n   ERRORS:         0 00000000 00000000\r\n"
                          b"   WARNINGS:       0 00000000 00000000\r\n\x03",
                 "odometer.total_label_count": b'"%d"' % self.odometer}
        try:
            self.say(known.get(name, b'"?"'))
        except Unplugged:
            pass
