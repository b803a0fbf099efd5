# SPDX-License-Identifier: MIT
"""vscanner: what others test with has to be right itself. The agent's side of the port is played here."""

import json
import os
import select
import signal
import subprocess
import termios
import threading
import time
import tty

import pytest

VSCANNER = os.path.join(os.environ.get("TALLY_BUILD", "build"), "vscanner")
PATIENCE = 10
GOOD, BAD, ATTENTION = b"\x06", b"\x15", b"\x07"


class Port:
    """Reads scans, answers them."""

    def __init__(self, path):
        end = time.monotonic() + PATIENCE
        while not os.path.exists(path):
            assert time.monotonic() < end
            time.sleep(0.005)
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.fd, termios.TCSANOW)
        self.rest = b""

    def read(self, end=b"\r"):
        while end not in self.rest:
            assert select.select([self.fd], [], [], PATIENCE)[0], self.rest
            self.rest += os.read(self.fd, 4096)
        scan, self.rest = self.rest.split(end, 1)
        return scan

    def answer(self, feedback):
        os.write(self.fd, feedback)


@pytest.fixture
def start(tmp_path):
    running = []

    def run(*options):
        link = str(tmp_path / "tty")
        process = subprocess.Popen([VSCANNER, "--link", link, *options], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        late = threading.Timer(2 * PATIENCE, process.kill)  # a line that never comes ends too
        late.start()
        port = Port(link)
        running.append((process, port, late))
        return process, port

    yield run
    for process, port, late in running:
        late.cancel()
        os.close(port.fd)
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def say(process, text):
    process.stdin.write(text + "\n")
    process.stdin.flush()


def test_each_feedback_is_printed_with_its_scan(start):
    process, port = start()
    for feedback, word in ((GOOD, "good"), (BAD, "bad"), (ATTENTION, "attention")):
        say(process, "9521234543213")
        assert port.read() == b"9521234543213"
        port.answer(feedback)
        assert process.stdout.readline() == f"{word} 9521234543213\n"


def test_escapes_become_bytes(start):
    process, port = start()
    say(process, r"]C110AB\x1d21\\x")
    assert port.read() == b"]C110AB\x1d21\\x"
    port.answer(GOOD)
    assert process.stdout.readline() == "good ]C110AB\\x1d21\\\\x\n"


def test_a_scan_without_answer_is_silent_and_a_late_one_is_nobodys(start):
    process, port = start("--timeout-ms", "50")
    say(process, "A1")
    assert port.read() == b"A1"
    assert process.stdout.readline() == "silent A1\n"
    port.answer(BAD)
    say(process, "!sleep 20")
    assert process.stdout.readline() == "bad !unasked\n"


def test_raw_bytes_have_no_suffix(start):
    process, port = start()
    say(process, r"!raw half\n")
    assert port.read(b"\n") == b"half"
    assert port.rest == b""


def test_a_window_sends_ahead_and_answers_in_order(start):
    process, port = start("--window", "3")
    process.stdin.write("A1\nA2\nA3\nA4\n")
    process.stdin.flush()
    assert [port.read() for _ in range(3)] == [b"A1", b"A2", b"A3"]
    port.answer(GOOD + BAD)
    assert port.read() == b"A4"
    port.answer(ATTENTION + GOOD)
    process.stdin.close()
    assert process.stdout.read().split("\n") == ["good A1", "bad A2", "attention A3", "good A4", ""]
    assert process.wait(PATIENCE) == 0


def test_json_lines_have_scan_feedback_and_time(start):
    process, port = start("--json")
    say(process, r'A"1\x1d')
    port.read()
    port.answer(GOOD)
    line = json.loads(process.stdout.readline())
    assert line["scan"] == r'A"1\x1d' and line["feedback"] == "good" and 0 < line["ms"] < PATIENCE * 1000


def test_it_outlives_who_reads_it(start):
    process, port = start()
    path = os.ttyname(port.fd)
    os.close(port.fd)
    port.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    say(process, "A1")
    assert port.read() == b"A1"
    port.answer(GOOD)
    assert process.stdout.readline() == "good A1\n"


@pytest.mark.parametrize("end", ["quit", "eof", "term"])
def test_the_link_goes_with_it(start, tmp_path, end):
    process, _ = start()
    if end == "quit":
        say(process, "!quit")
    elif end == "eof":
        process.stdin.close()
    else:
        process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert not os.path.lexists(tmp_path / "tty")


@pytest.mark.parametrize("options", [[], ["--link"], ["--link", "x", "--window", "0"],
                                     ["--link", "x", "--timeout-ms", "1s"], ["--link", "x", "y"]])
def test_wrong_options_are_refused(options):
    run = subprocess.run([VSCANNER, *options], capture_output=True, text=True, timeout=PATIENCE,
                         check=False)
    assert run.returncode == 2 and "Usage: vscanner" in run.stderr
