# SPDX-License-Identifier: MIT
"""Four devices found by `port = auto, profile = auto`, taken from the kernel's drivers, and given back."""
import os, select, subprocess, time

import pytest

from devices import PROFILES
from harness import wait_until
from lab import TALLY, code
from patience import patient
from test_lab import keys

ALL = ("keyboard", "pos", "ssi", "printer")


def drivers(ends):
    return [end.gadget.driver() for end in ends]


class Eavesdropper:
    """Everything that would hear a keyboard: the console, and the event node that usbhid made."""

    def __init__(self, scanner):
        self.fds = [os.open("/dev/tty1", os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)]
        if scanner.gadget.input_node():
            self.fds.append(os.open(scanner.gadget.input_node(), os.O_RDONLY | os.O_NONBLOCK))

    def heard(self, seconds=0.0):
        """Bytes that came at each, within so long when there are none yet."""
        said = []
        ready = select.select(self.fds, [], [], seconds)[0]
        for fd in self.fds:
            try:
                said.append(os.read(fd, 65536) if fd in ready else b"")
            except OSError:  # the event node is gone with its driver
                said.append(b"")
        return said

    def close(self):
        for fd in self.fds:
            os.close(fd)


@pytest.fixture
def listening():
    """listening(scanner): an eavesdropper that ends with the test."""
    made = []

    def start(scanner):
        made.append(Eavesdropper(scanner))
        return made[-1]

    yield start
    for one in made:
        one.close()


def test_all_four_attach_by_auto(plug, make_agent):
    ends = plug(*ALL)
    assert drivers(ends) == ["usbhid", "usbhid", "cdc_acm", "usblp"]
    agent = make_agent().start()
    agent.wait_ready(*ends)
    for end in ends:
        found = agent.device_of(end)
        assert found["profile"] == PROFILES[type(end)]
        assert found["port"].startswith("serial:" if end.gadget.kind == "acm" else "usb:" + end.gadget.path)
        assert found["detail"] == ""
    assert drivers(ends)[:3] == ["usbfs", "usbfs", "cdc_acm"]
    assert len({agent.device_of(end)["name"] for end in ends}) == 4
    listed = subprocess.run([TALLY, "--socket", agent.socket, "devices"], capture_output=True, text=True, timeout=patient(5)).stdout
    assert listed.count("ready") == 4, listed
    assert agent.device_of(ends[2])["firmware"] == "CAAABS00-007-R00"


def test_all_four_attach_when_they_are_plugged_in_later(plug, make_agent):
    agent = make_agent().start()
    assert {d["state"] for d in agent.devices()} <= {"absent", "unknown", "offline"}
    ends = plug(*ALL)
    agent.wait_ready(*ends)
    assert sorted(agent.device_of(end)["profile"] for end in ends) == sorted(PROFILES.values())
    for end in ends[:3]:
        agent.take_bin(end)
        end.scan(code("L", end.gadget.bus))
    wait_until(lambda: len(agent.scans()) == 3, patient(5), "a scan of each")


def test_what_the_kernel_had_it_gets_back_after_sigterm(plug, make_agent):
    ends = plug("keyboard", "pos", "ssi", "other")
    agent = make_agent().start()
    agent.wait_ready(*ends)
    agent.print(b"^XA^FDone^FS^XZ")
    assert [j["state"] for j in agent.wait_printed(1)] == ["printed"]
    begin = time.monotonic()
    assert agent.stop() == 0
    assert time.monotonic() - begin < patient(3)
    wait_until(lambda: drivers(ends) == ["usbhid", "usbhid", "cdc_acm", "usblp"], patient(3), "the kernel's drivers have them again")


@pytest.mark.parametrize("name, between", [("printer", None), ("other", "usblp")], ids=["zebra", "other"])
def test_printers_driver_between_labels_and_afterwards(plug, make_agent, name, between):
    """`reattach`: usblp gets it back after each use, or, where the profile says that this troubles the model, at the end."""
    printer = plug(name)
    before = len(printer.labels)
    agent = make_agent(scanners=0).start()
    agent.wait_ready(printer)
    for n in (1, 2):
        agent.print(b"^XA^FD%d^FS^XZ" % n)
        assert [j["state"] for j in agent.wait_printed(n)] == ["printed"] * n
        wait_until(lambda: printer.gadget.driver() == between, patient(3), "%s has it between labels" % between)
        assert agent.stop() == 0
        wait_until(lambda: printer.gadget.driver() == "usblp", patient(3), "usblp has it afterwards")
        agent.start()
        agent.wait_ready(printer)
    assert printer.labels[before:] == [b"^XA^FD1^FS^XZ", b"^XA^FD2^FS^XZ"]


def test_after_a_kill_the_keyboard_types_again(plug, make_agent, listening):
    scanner = plug("keyboard")
    agent = make_agent(scanners=1, printers=0).start()
    agent.wait_ready(scanner)
    assert scanner.gadget.driver() == "usbfs"
    agent.kill()
    wait_until(lambda: scanner.gadget.driver() == "usbhid", patient(1), "usbhid has it again")
    wait_until(scanner.gadget.input_node, patient(1), "its event node")
    ear = listening(scanner)
    scanner.scan("a")
    wait_until(lambda: 30 in keys(ear.heard(0.05)[1]), patient(2), "it types")


@pytest.mark.parametrize("killed_with_its_keeper", [False, True], ids=["killed_alone", "killed_with_its_keeper"])
def test_agent_that_is_started_after_a_kill_has_its_devices(plug, make_agent, killed_with_its_keeper):
    ends = plug(*ALL)
    agent = make_agent().start()
    agent.wait_ready(*ends)
    for round in range(3):
        agent.kill(keeper_too=killed_with_its_keeper)
        agent.start()
        agent.wait_ready(*ends)
        for end in ends[:3]:
            agent.take_bin(end)
            end.scan(code("K", 10 * round + end.gadget.bus))
        wait_until(lambda: len(agent.scans()) == 3 * (round + 1), patient(5), "a scan of each")
    agent.verify()


def test_no_scan_leaks_to_the_console(plug, make_agent, listening):
    scanner = plug("keyboard")
    ear = listening(scanner)
    scanner.scan("leak")
    wait_until(lambda: b"leak" in ear.heard(0.05)[0], patient(2), "without the agent the console hears")
    ear.heard()
    agent = make_agent(scanners=1, printers=0).start()
    agent.wait_ready(scanner)
    assert scanner.gadget.input_node() is None
    station = agent.take_bin(scanner)
    codes = [code("N", n) for n in range(20)]
    for one in codes:
        scanner.scan(one)
    wait_until(lambda: agent.scans(station) == codes, patient(5), "the agent has them")
    assert ear.heard() == [b"", b""]
    agent.stop()
    assert ear.heard() == [b"", b""]


def test_keyboard_that_is_plugged_in_again_leaks_nothing_once_it_is_ready(plug, make_agent, listening):
    scanner = plug("keyboard")
    agent = make_agent(scanners=1, printers=0).start()
    agent.wait_ready(scanner)
    station = agent.take_bin(scanner)
    ear = listening(scanner)
    for n in range(3):
        scanner.unplug()
        agent.wait_gone(scanner)
        scanner.plug()
        agent.wait_ready(scanner)
        scanner.scan(code("R", n))
        wait_until(lambda: len(agent.scans(station)) == n + 1, patient(5), "the agent has it")
    assert ear.heard()[0] == b""
