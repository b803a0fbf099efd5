# SPDX-License-Identifier: MIT
"""Two identical scanners, even with the same serial number, keep their stations: the port path tells them apart."""
import pytest

from harness import wait_until
from lab import code
from patience import patient

TWINS = [("pos", "pos twin"), ("ssi", "ssi twin"), ("keyboard", "keyboard twin")]


class Pair:
    def __init__(self, agent, first, second):
        self.agent, self.ends = agent, (first, second)
        agent.wait_ready(first, second)
        self.stations = [agent.take_bin(end) for end in self.ends]
        self.n = 0
        assert len(set(self.stations)) == 2

    def check(self):
        """A scan of each comes to the station that was its own from the beginning."""
        self.agent.wait_ready(*self.ends)
        assert [self.agent.station_of(end) for end in self.ends] == self.stations
        self.n += 1
        for which, (end, station) in enumerate(zip(self.ends, self.stations)):
            one = code("T%d" % which, self.n)
            end.scan(one)
            wait_until(lambda: self.agent.scans(station)[-1:] == [one], patient(5), "%s at %s" % (one, station))


@pytest.fixture(params=TWINS, ids=[names[0] for names in TWINS])
def pair(request, plug, make_agent):
    first, second = plug(*request.param)
    return Pair(make_agent(scanners=2, printers=0).start(), first, second)


def test_twins_keep_their_stations(pair):
    pair.check()
    first, second = pair.ends
    # replugged in the other order
    for end in (first, second):
        end.unplug()
        pair.agent.wait_gone(end)
    second.plug()
    pair.agent.wait_ready(second)
    first.plug()
    pair.check()
    # over a restart with both plugged in
    assert pair.agent.stop() == 0
    pair.agent.start()
    pair.check()
    # over a restart and a replug in the other order, only the second being there at the start
    assert pair.agent.stop() == 0
    for end in (first, second):
        end.unplug()
    second.plug()
    pair.agent.start()
    pair.agent.wait_ready(second)
    assert pair.agent.station_of(second) == pair.stations[1]
    first.plug()
    pair.check()
    # and over a crash
    pair.agent.kill()
    pair.agent.start()
    pair.check()


def test_twins_that_come_at_the_same_moment_keep_their_stations(pair):
    """As when the hub that they hang on is plugged in: the agent may see either first, and a tty before it has its name."""
    for n in range(5):
        for end in pair.ends:
            end.unplug()
            pair.agent.wait_gone(end)
        for end in pair.ends[::-1] if n % 2 == 0 else pair.ends:
            end.plug(wait=False)
        pair.check()
