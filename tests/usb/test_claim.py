# SPDX-License-Identifier: MIT
"""Devices that cannot be had: the agent says why and what helps, and takes them when it has been done."""
import contextlib, os, re, subprocess, sys

import pytest

from devices import PROFILES
from harness import wait_until
from lab import code
from patience import patient

HERE = os.path.dirname(os.path.abspath(__file__))
OTHERS = "another program|claimed|busy|in use"
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def wait_fault(agent, words, states=("fault",)):
    """The section that cannot have its device; @words are in what it tells."""
    def faulty():
        return [d for d in agent.devices() if d["state"] in states and re.search(words, d["detail"], re.I)]
    try:
        return wait_until(faulty, patient(4), "a fault")[0]
    except TimeoutError as e:
        raise AssertionError("no fault with %r: %s\ntallyd said:\n%s" % (words, agent.devices(), agent.words())) from e


def works(agent, end, n=1):
    agent.wait_ready(end, seconds=8)  # where nothing tells that it is free, it is tried every 30 s
    station = agent.take_bin(end)
    one = code("W", n)
    end.scan(one)
    wait_until(lambda: agent.scans(station)[-1:] == [one], patient(5), "a scan")


def let_nobody_in(agent):
    """The agent's own files are to be nobody's; the tests look at them as root."""
    for folder, _, files in os.walk(agent.folder):
        for path in [folder] + [os.path.join(folder, f) for f in files]:
            os.chown(path, 65534, 65534)
    path = agent.folder
    while path != "/":
        os.chmod(path, os.stat(path).st_mode | 0o755)
        path = os.path.dirname(path)


@pytest.mark.parametrize("name", ["keyboard", "pos", "ssi"])
def test_no_permission_is_told_with_its_cure(plug, make_agent, name):
    end = plug(name)
    agent = make_agent(scanners=1, printers=0)
    let_nobody_in(agent)
    agent.start(prefix=NOBODY)
    fault = wait_fault(agent, "permission|not allowed|may not")
    assert re.search(r"udev|group|rule|access", fault["detail"], re.I), fault
    assert end.gadget.driver() in ("usbhid", "cdc_acm")
    # the cure: the rule, as udev applies it when the device is plugged in again
    end.unplug()
    agent_may_open(end)
    works(agent, end)


def agent_may_open(end):
    """Plugs it in with rights for all, as a udev rule would have it."""
    rule = "/run/udev/rules.d/99-usb-test.rules"
    os.makedirs(os.path.dirname(rule), exist_ok=True)
    with open(rule, "w") as f:
        f.write('SUBSYSTEM=="usb|tty", MODE="0666"\n')
    try:
        subprocess.run(["udevadm", "control", "--reload"], check=True)
        end.plug()
    finally:
        os.unlink(rule)
        subprocess.run(["udevadm", "control", "--reload"], check=True)


def test_rights_that_come_later_are_enough(plug, make_agent):
    """`udevadm trigger` after the rule was put in: nothing is plugged in again."""
    end = plug("pos")
    agent = make_agent(scanners=1, printers=0)
    let_nobody_in(agent)
    agent.start(prefix=NOBODY)
    wait_fault(agent, "permission|not allowed|may not")
    os.chmod(end.gadget.usbfs_node(), 0o666)
    subprocess.run(["udevadm", "trigger", "--action=change", end.gadget.host()], check=True)
    works(agent, end)


@contextlib.contextmanager
def other_program(end):
    """One that has the device until the end of this."""
    other = subprocess.Popen([sys.executable, os.path.join(HERE, "usbfs.py"), end.gadget.usbfs_node(), "0"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert other.stdout.readline() == b"claimed\n"
        yield
    finally:
        other.stdin.close()
        other.wait()


@pytest.mark.parametrize("name", ["keyboard", "pos"])
def test_device_of_another_program_is_told_and_taken_when_it_is_free(plug, make_agent, name):
    end = plug(name)
    with other_program(end):
        agent = make_agent(scanners=1, printers=0, port="usb:" + end.gadget.path, profile=PROFILES[type(end)]).start()
        wait_fault(agent, OTHERS)
    works(agent, end)


@pytest.mark.parametrize("name", ["keyboard", "pos"])
def test_device_of_another_program_is_found_when_it_is_free(plug, make_agent, name):
    """By auto: what another program has of a HID POS scanner does not even say that it is one, so it may be only absent."""
    end = plug(name)
    with other_program(end):
        agent = make_agent(scanners=1, printers=0).start()
        wait_fault(agent, OTHERS, ("fault", "absent"))
    works(agent, end)


def test_printer_of_another_program_prints_when_it_is_free(plug, make_agent):
    end = plug("printer")
    before = len(end.labels)
    with other_program(end):
        agent = make_agent(scanners=0).start()
        agent.print(b"^XA^FDwaits^FS^XZ")
        wait_fault(agent, OTHERS, ("fault", "offline", "absent"))
        assert [j["state"] for j in agent.jobs()] == ["queued"]
    assert [j["state"] for j in agent.wait_printed(1)] == ["printed"]
    assert end.labels[before:] == [b"^XA^FDwaits^FS^XZ"]
