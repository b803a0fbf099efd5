# SPDX-License-Identifier: MIT
"""A device that floods, stalls or stops in the middle harms nobody else."""
import contextlib, threading, time

import pytest

from far_end import Unplugged
from harness import wait_until
from lab import code
from patience import patient
from test_label import picture

GOOD_SCANS = 60


@contextlib.contextmanager
def busy(action):
    """@action over and over in a thread of its own; how often it was done."""
    stop, done = threading.Event(), [0]

    def loop():
        try:
            while not stop.is_set():
                action()
                done[0] += 1
        except Unplugged:
            pass

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join()


def good_scanner_works(agent, end, prefix):
    """Its scans all arrive, each answered; the slowest answer in seconds."""
    station = agent.take_bin(end)
    before = len(agent.scans(station))
    codes, slowest = [code(prefix, n) for n in range(GOOD_SCANS)], 0.0
    for one in codes:
        begin = time.monotonic()
        assert end.scan(one) == "good", agent.words()
        slowest = max(slowest, time.monotonic() - begin)
    assert agent.scans(station)[before:] == codes
    return slowest


def endless_code(end):
    """A code without an end, in the device's own words."""
    if end.gadget.kind == "acm":
        return lambda: end.say(b"\x7f" * 512)
    if end.gadget.attributes["protocol"]:
        return lambda: end.type("x" * 5)
    return lambda: end.half("x")


@pytest.mark.parametrize("bad_name, good_name", [("keyboard", "ssi"), ("pos", "ssi"), ("ssi", "pos")])
def test_a_scanner_that_floods(plug, make_agent, bad_name, good_name):
    bad, good = plug(bad_name, good_name)
    agent = make_agent(scanners=2, printers=0).start()
    agent.wait_ready(bad, good)
    agent.take_bin(bad)
    with busy(endless_code(bad)) as done:
        slowest = good_scanner_works(agent, good, "F")
        print("flooded %d times" % done[0])
        assert done[0] > 3
        bad.unplug()  # in the middle of it
    assert slowest < patient(2)
    agent.wait_gone(bad)
    bad.plug()
    agent.wait_ready(bad)
    bad.scan(code("G", 1))
    wait_until(lambda: code("G", 1) in agent.scans(), patient(5), "the one that flooded works again")
    agent.verify()


@pytest.mark.parametrize("bad_name", ["keyboard", "pos", "ssi"])
def test_half_a_code_and_unplugged(plug, make_agent, bad_name):
    good_name = "ssi" if bad_name != "ssi" else "pos"
    bad, good = plug(bad_name, good_name)
    agent = make_agent(scanners=2, printers=0).start()
    agent.wait_ready(bad, good)
    station = agent.take_bin(bad)
    for n in range(3):
        bad.half(code("H", n))
        bad.unplug()
        agent.wait_gone(bad)
        bad.plug()
        agent.wait_ready(bad)
        bad.scan(code("I", n))
        wait_until(lambda: len(agent.scans(station)) == n + 1, patient(5), "the whole one arrives")
    assert agent.scans(station) == [code("I", n) for n in range(3)]
    assert agent.strangers() == []
    good_scanner_works(agent, good, "J")


def test_a_printer_that_stalls(plug, make_agent):
    printer, scanner = plug("printer", "ssi")
    agent = make_agent(scanners=1).start()
    agent.wait_ready(printer, scanner)
    before = len(printer.labels)
    label = picture(300000, 1)
    printer.pause_at = 20000
    agent.print(label)
    wait_until(lambda: not printer.reads, patient(10), "it has stopped")
    assert good_scanner_works(agent, scanner, "S") < patient(2)
    begin = time.monotonic()
    assert agent.stop() == 0, "it does not keep the agent from ending"
    assert time.monotonic() - begin < patient(3)
    printer.reads = True
    agent.start()
    agent.wait_ready(printer, scanner)
    agent.print(b"^XA^FDnext^FS^XZ")
    states = [j["state"] for j in sorted(agent.wait_printed(2), key=lambda j: j["job"])]
    assert states[1] == "printed" and states[0] in ("printed", "uncertain")
    assert printer.labels[before:].count(label) == (1 if states[0] == "printed" else printer.labels[before:].count(label)) <= 1


def test_an_ssi_scanner_that_never_acknowledges(plug, make_agent):
    bad, good = plug("ssi", "pos")
    bad.take = lambda opcode, data: None
    try:
        agent = make_agent(scanners=2, printers=0).start()
        agent.wait_ready(good)
        assert good_scanner_works(agent, good, "M") < patient(2)
    finally:
        del bad.take
