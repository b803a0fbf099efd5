# SPDX-License-Identifier: MIT
"""Fixtures that all Python tests share; the classes behind them are in harness.py."""
import os, sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness


@pytest.fixture(scope="session")
def build():
    """The folder of the programs: build/, or what TALLY_BUILD says."""
    if not os.path.isdir(harness.BUILD):
        pytest.exit("%s is not there: run make first" % harness.BUILD, 2)
    return harness.BUILD


@pytest.fixture
def free_port():
    """A function that answers a free port each time."""
    return harness.free_port


@pytest.fixture
def run(build):
    """Starts a program, of the build if it has that name: run("tallyd", "--config", path). Ended with the test."""
    programs = []

    def start(name, *args, **kwargs):
        path = os.path.join(build, name)
        programs.append(harness.Program(path if os.path.exists(path) else name, *args, **kwargs))
        return programs[-1]

    yield start
    for program in reversed(programs):
        program.stop()


@pytest.fixture
def make_broker(tmp_path):
    """Starts a broker: make_broker(persistence=True, settings="max_inflight_messages 1")."""
    brokers = []

    def start(**kwargs):
        brokers.append(harness.Broker(str(tmp_path), **kwargs).start())
        return brokers[-1]

    yield start
    for broker in brokers:
        broker.stop()


@pytest.fixture
def broker(make_broker):
    """A running broker without persistence; .port, .kill(), .start(), .restart()."""
    return make_broker()
