# SPDX-License-Identifier: MIT
"""Fixtures of the USB tests. They run in a guest of their own (see run.py), so elsewhere nothing is collected here."""
import os, sys, tempfile

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
IN_GUEST = bool(os.environ.get("TALLY_USB_GUEST"))
collect_ignore_glob = [] if IN_GUEST else ["test_*.py"]

if IN_GUEST:
    import devices, gadget, lab


@pytest.fixture(scope="session")
def kept():
    """What all tests of the guest share: a ledger with goods, slow profiles, the kernel's modules. In RAM."""
    folder = tempfile.mkdtemp(prefix="usb-")
    os.chmod(folder, 0o755)  # an agent that is not root reads its profiles there
    gadget.modules()
    return {"seed": lab.seed(os.path.join(folder, "seed")), "profiles": lab.slow_profiles(os.path.join(folder, "profiles"))}


@pytest.fixture(scope="session")
def plugs(kept):
    """Every device that a test may plug in, by name."""
    return devices.everything()


@pytest.fixture
def plug(plugs):
    """plug("keyboard", "pos"): plugged in for this test."""
    def plug_in(*names):
        ends = [plugs[name] for name in names]
        for end in ends:
            end.plug(wait=False)
        for end in ends:
            end.gadget.wait_host()
        return ends if len(ends) > 1 else ends[0]

    yield plug_in
    for end in plugs.values():
        end.discard()


@pytest.fixture
def make_agent(kept, tmp_path):
    """make_agent(scanners=2): an agent with goods in its bin, not started."""
    made = []

    def make(**kwargs):
        folder = tmp_path / ("agent%d" % len(made))
        folder.mkdir()
        made.append(lab.Agent(str(folder), kept["seed"], kept["profiles"], **kwargs))
        return made[-1]

    yield make
    for agent in made:
        agent.stop()


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report):
    """A guest that dies later shall not take the reason of a failure with it."""
    if IN_GUEST and report.failed:
        print("\n%s\n%s" % (report.nodeid, report.longreprtext), file=sys.__stderr__, flush=True)
