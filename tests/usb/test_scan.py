# SPDX-License-Identifier: MIT
"""Scans arrive once and in order, each with one feedback where the scanner can take it."""
import threading

import pytest

from harness import wait_until
from lab import code
from patience import patient

SCANS = 200


def scan_many(end, prefix, n):
    """So many codes, some of them long; what was scanned, and the feedback to each."""
    codes = [code(prefix, i, long=i % 40 == 7) for i in range(n)]
    answers = []
    for one in codes:
        answers.append(end.scan(one))
        if not answers[-1]:
            break  # the rest would take as long to fail
    return codes, answers


def settled(agent, station, n, seconds=10):
    """The station's scans in the log, when there are at least @n."""
    wait_until(lambda: agent.api.get("/api/v1/stations/" + station, timeout=patient(5))["recorded"] > n, patient(seconds),
               "%d scans of %s" % (n, station))  # and the bin
    return agent.scans(station)


def check(agent, end, station, codes, answers):
    if end.can_hear:
        assert answers == ["good"] * len(codes), agent.words()
    assert settled(agent, station, len(codes)) == codes
    if end.can_hear:
        assert end.beeps.empty()
    assert agent.strangers() == []


@pytest.mark.parametrize("name", ["keyboard", "pos", "pos control", "ssi"])
def test_200_scans_arrive_once_and_in_order(plug, make_agent, name):
    end = plug(name)
    agent = make_agent(scanners=1, printers=0).start()
    agent.wait_ready(end)
    station = agent.take_bin(end)
    check(agent, end, station, *scan_many(end, "A", SCANS if name != "pos control" else SCANS // 10))
    agent.verify()


def test_a_scanner_whose_port_is_named(plug, make_agent):
    end = plug("ssi")
    agent = make_agent(scanners=1, printers=0, port="serial:" + end.gadget.tty()).start()
    agent.wait_ready(end)
    station = agent.take_bin(end)
    check(agent, end, station, *scan_many(end, "B", 20))


def test_three_scanners_at_once_while_labels_print(plug, make_agent):
    ends = plug("keyboard", "pos", "ssi", "printer")
    agent = make_agent().start()
    agent.wait_ready(*ends)
    stations = [agent.take_bin(end) for end in ends[:3]]
    said = {}
    threads = [threading.Thread(target=lambda e=end, s=s: said.update({s: scan_many(e, "C" + s, 30)})) for end, s in zip(ends, stations)]
    for thread in threads:
        thread.start()
    before = len(ends[3].labels)
    labels = [b"^XA^FO10,10^FD%d %s^FS^XZ" % (n, b"x" * 5000) for n in range(10)]
    agent.print(*labels)
    for thread in threads:
        thread.join()
    for end, station in zip(ends, stations):
        check(agent, end, station, *said[station])
    assert {j["state"] for j in agent.wait_printed(10)} == {"printed"}
    assert ends[3].labels[before:] == labels
