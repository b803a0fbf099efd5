# SPDX-License-Identifier: MIT
"""Labels arrive at a USB printer byte for byte, each once."""
import os, random

from gadget import write
from harness import wait_until
from patience import patient


def awkward(n):
    """Text with what a byte-wise transport could trip over: UTF-8, empty lines, long runs, no control characters."""
    return ("^XA^CI28^FO20,20^A0N,30,30^FD%d äöü €✓ %s^FS\r\n\r\n^FO20,60^FD%s^FS^XZ" % (n, "_5E" * 40, " " * 300)).encode()


def picture(size, seed):
    """A label of @size bytes: a graphic in hexadecimal."""
    data = random.Random(seed).randbytes(size // 2 - 40).hex().upper().encode()
    return b"^XA^FO0,0^GFA,%d,%d,100,%s^FS^XZ" % (len(data) // 2, len(data) // 2, data)


def test_labels_arrive_byte_for_byte(plug, make_agent):
    printer = plug("printer")
    agent = make_agent(scanners=0).start()
    agent.wait_ready(printer)
    labels = [awkward(n) for n in range(5)] + [picture(20000, 1), picture(1 << 20, 2), awkward(9)]
    before = len(printer.labels)
    agent.print(*labels)
    assert [j["state"] for j in agent.wait_printed(len(labels), 20)] == ["printed"] * len(labels)
    assert printer.labels[before:] == labels
    device = agent.device_of(printer)
    assert (device["model"], device["firmware"]) == ("ZD421-203dpi", "V93.21.15Z")


def test_labels_of_a_printer_that_only_the_generic_profile_knows(plug, make_agent):
    printer = plug("other")
    agent = make_agent(scanners=0).start()
    agent.wait_ready(printer)
    assert agent.device_of(printer)["profile"] == "generic-zpl"
    labels = [awkward(n) for n in range(3)]
    before = len(printer.labels)
    agent.print(*labels)
    assert {j["state"] for j in agent.wait_printed(3)} == {"printed"}
    assert printer.labels[before:] == labels


def test_a_zebra_is_found_where_there_is_no_usblp(plug, make_agent):
    """As where usblp is blacklisted: ids and strings say what it is, though no driver has read the IEEE 1284 id."""
    printer = plug("printer")
    write("/sys/bus/usb/drivers/usblp/unbind", os.path.basename(printer.gadget.interface()))
    assert printer.gadget.driver() is None
    agent = make_agent(scanners=0).start()
    agent.wait_ready(printer)
    before = len(printer.labels)
    agent.print(awkward(1))
    assert [j["state"] for j in agent.wait_printed(1)] == ["printed"]
    assert printer.labels[before:] == [awkward(1)]


def test_labels_wait_for_the_printer_that_is_not_plugged_in(plug, plugs, make_agent):
    agent = make_agent(scanners=0).start()
    printer = plugs["printer"]
    before = len(printer.labels)
    agent.print(*[awkward(n) for n in range(3)])
    wait_until(lambda: [j["state"] for j in agent.jobs()] == ["queued"] * 3, patient(3), "they wait")
    plug("printer")
    assert {j["state"] for j in agent.wait_printed(3)} == {"printed"}
    assert printer.labels[before:] == [awkward(n) for n in range(3)]


def test_printer_that_takes_nothing_for_a_while_loses_nothing(plug, make_agent):
    printer = plug("printer")
    agent = make_agent(scanners=0).start()
    agent.wait_ready(printer)
    before = len(printer.labels)
    label = picture(200000, 3)
    printer.pause_at = 60000
    agent.print(label)
    wait_until(lambda: not printer.reads, patient(10), "it has stopped in the middle of the label")
    wait_until(lambda: [j["state"] for j in agent.jobs()] == ["sending"], patient(3), "the job is under way")
    printer.reads = True
    assert [j["state"] for j in agent.wait_printed(1)] == ["printed"]
    assert printer.labels[before:] == [label]
