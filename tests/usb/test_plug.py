# SPDX-License-Identifier: MIT
"""Every device unplugged and plugged in again, twenty times at random moments, all at the same time.

The moments come from a seed, which the report shows; USB_SEED=<number> plays one again.
"""
import collections, os, random, threading

import pytest

import lab
from far_end import Unplugged
from harness import wait_until
from lab import code
from patience import FACTOR, patient
from test_label import picture

CYCLES = int(os.environ.get("USB_CYCLES", "20"))
SEED = int(os.environ.get("USB_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)


class ScannerStorm(threading.Thread):
    """One scanner: scans as fast as it can, and loses its cable: in mid code, between two, or while it waits for its beep."""

    def __init__(self, agent, end, prefix, station):
        super().__init__(daemon=True)
        self.agent, self.end, self.prefix, self.station = agent, end, prefix, station
        self.random = random.Random("%d %s" % (SEED, prefix))
        self.begun = []     # every code of which anything left the scanner
        self.accepted = []  # of these: a good beep came; or, of a scanner that cannot hear, a whole code followed
        self.failure = None

    def run(self):
        try:
            for cycle in range(CYCLES):
                self.cycle(cycle)
            self.agent.wait_ready(self.end)
            self.scan()
            self.scan()
        except Exception as e:
            self.failure = e

    def next_code(self):
        self.begun.append(code(self.prefix, len(self.begun), long=self.random.random() < 0.2))
        return self.begun[-1]

    def scan(self):
        """The one before is accepted when this one is taken whole by the same plug: only then nothing of it is on the way."""
        one = self.next_code()
        answer = self.end.scan(one)
        if self.end.can_hear:
            if answer:
                assert answer == "good", "%s of %r" % (answer, one)
                self.accepted.append(one)
        else:
            if self.whole:
                self.accepted.append(self.whole)
            self.whole = one

    def cycle(self, n):
        self.agent.wait_ready(self.end)
        self.whole = None
        timer = threading.Timer(self.random.uniform(0.0, 0.25) * FACTOR, self.end.unplug)
        try:
            if n % 4 == 0:  # surely in mid code
                self.scan()
                self.end.half(self.next_code())
                self.end.unplug()
            else:
                timer.start()
                while self.end.gadget.plugged:
                    self.scan()
        except Unplugged:
            pass
        self.end.unplug()
        timer.cancel()
        # sometimes it is back before anybody has missed it
        if self.random.random() < 0.7:
            self.agent.wait_gone(self.end)
        self.end.plug(wait=False)


class PrinterStorm(threading.Thread):
    """A printer that loses its cable (and its power) in mid label, before it, or after it."""

    def __init__(self, agent, end):
        super().__init__(daemon=True)
        self.agent, self.end = agent, end
        self.random = random.Random("%d printer" % SEED)
        self.labels, self.failure = [], None

    def run(self):
        try:
            for cycle in range(CYCLES):
                self.cycle(cycle)
            self.print(2000)
        except Exception as e:
            self.failure = e

    def send(self, size):
        self.labels.append(picture(size, len(self.labels)))
        self.agent.print(self.labels[-1])

    def print(self, size):
        self.send(size)
        self.agent.wait_printed(len(self.labels), 12)

    def cycle(self, n):
        self.end.receives.clear()
        self.send(100000 if n % 2 == 0 else 4000)
        if n % 2 == 0:
            wait_until(self.end.receives.is_set, patient(6), "the label begins")
        # how long it goes on is the moment's luck; an even cycle is in mid label
        threading.Event().wait(self.random.uniform(0, 0.02 if n % 2 == 0 else 0.2) * FACTOR)
        self.end.unplug()
        if self.random.random() < 0.7:
            self.agent.wait_gone(self.end)
        self.end.plug(wait=False)
        self.agent.wait_printed(len(self.labels), 12)


@pytest.fixture(scope="module")
def storm(kept, plugs, tmp_path_factory):
    """All four at once, with one agent; what they did."""
    names = ("keyboard", "pos", "ssi", "printer")
    ends = [plugs[name] for name in names]
    print("seed %d" % SEED)
    agent = lab.Agent(str(tmp_path_factory.mktemp("storm")), kept["seed"], kept["profiles"])
    for end in ends:
        end.plug()
    ends[3].labels.clear()
    agent.start()
    agent.wait_ready(*ends)
    storms = {name: ScannerStorm(agent, end, name[0].upper(), agent.take_bin(end)) for name, end in zip(names[:3], ends)}
    storms["printer"] = PrinterStorm(agent, ends[3])
    for one in storms.values():
        one.start()
    for one in storms.values():
        one.join()
    storms["agent"] = agent
    yield storms
    agent.stop()
    for end in ends:
        end.discard()


def show(storm, one):
    """The part of a report that lets one play it again."""
    print("seed %d; %s: %d codes begun, %d accepted" % (SEED, one.prefix, len(one.begun), len(one.accepted)))
    print("tallyd said:\n" + storm["agent"].words())


@pytest.mark.parametrize("name", ["keyboard", "pos", "ssi"])
def test_scanner_survives_replugs(storm, name):
    one, agent = storm[name], storm["agent"]
    show(storm, one)
    if one.failure:
        raise one.failure
    wait_until(lambda: one.accepted[-1] in agent.scans(one.station), patient(3), "the last accepted scan")
    scans = agent.scans(one.station)
    assert [c for c, n in collections.Counter(scans).items() if n > 1] == [], "counted twice"
    assert [c for c in scans if c not in one.begun] == [], "nobody scanned that"
    assert [c for c in one.accepted if c not in scans] == [], "accepted and lost"
    assert scans == sorted(scans, key=one.begun.index), "in order"
    assert one.accepted, "it never came to a scan"


def test_printer_survives_replugs(storm):
    one, agent = storm["printer"], storm["agent"]
    print("seed %d\ntallyd said:\n%s" % (SEED, agent.words()))
    if one.failure:
        raise one.failure
    printed = one.end.labels
    jobs = sorted(agent.jobs(), key=lambda job: job["job"])
    assert len(jobs) == len(one.labels)
    assert [p for p in printed if p not in one.labels] == [], "torn labels"
    for job, label in zip(jobs, one.labels):
        times = printed.count(label)
        assert times <= 1, "job %s is %s, and was printed %d times" % (job["job"], job["state"], times)
        assert job["state"] in ("printed", "uncertain"), job
        assert job["state"] == "uncertain" or times == 1, "job %s is printed, but its label is not there" % job["job"]
    assert jobs[-1]["state"] == "printed"
    asked = agent.api.get("/api/v1/exceptions", timeout=patient(5))["exceptions"]
    raised = sum(e["count"] for e in asked if e["kind"] == "print_uncertain")
    assert raised == sum(job["state"] == "uncertain" for job in jobs)


def test_the_agent_is_well_afterwards(storm):
    agent = storm["agent"]
    assert agent.program.running()
    assert agent.strangers() == [], "a torn code became a scan"
    agent.verify()
    open_files = os.listdir("/proc/%d/fd" % agent.program.pid)
    assert len(open_files) < 60, "files that nobody closed: %s" % open_files
    assert agent.stop() == 0
    assert storm["keyboard"].end.gadget.driver() == "usbhid"
