# SPDX-License-Identifier: MIT
"""vscanner as a Zebra scanner in SSI mode: first against a host that is played here, then against the real agent."""

import json
import os
import select
import shutil
import subprocess
import termios
import threading
import time
import tty

import pytest

import harness
from site_lab import Site, wait_until

VSCANNER = os.path.join(harness.BUILD, "vscanner")
PATIENCE = 10
REQUEST_REVISION, REPLY_REVISION, PARAM_SEND, ACK, NAK = 0xA3, 0xA4, 0xC6, 0xD0, 0xD1
BEEP, LED_ON, DECODE_DATA, UNHEARD_OF = 0xE6, 0xE7, 0xF3, 0xF0
HOST, DECODER, RETRANSMIT, CONTINUED = 4, 0, 1, 2
PACKETED = b"\xff\xee\x01"


class Host:
    """The agent's side of the port: reads packets, sends packets."""

    def __init__(self, path):
        end = time.monotonic() + PATIENCE
        while not os.path.exists(path):
            assert time.monotonic() < end
            time.sleep(0.005)
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.fd, termios.TCSANOW)
        self.rest = b""

    def read(self, size):
        while len(self.rest) < size:
            assert select.select([self.fd], [], [], PATIENCE)[0], self.rest
            self.rest += os.read(self.fd, 4096)
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def packet(self):
        """(opcode, status, data) of the next one, data None: its checksum does not hold."""
        head = self.read(4)
        rest = self.read(head[0] - 4 + 2)
        assert head[2] == DECODER
        holds = sum(head + rest[:-2]) + int.from_bytes(rest[-2:], "big") & 0xFFFF == 0
        return head[1], head[3], rest[:-2] if holds else None

    def send(self, opcode, data=b""):
        head = bytes([4 + len(data), opcode, HOST, 0]) + data
        os.write(self.fd, head + (-sum(head) & 0xFFFF).to_bytes(2, "big"))

    def ask(self, opcode, data=b""):
        self.send(opcode, data)
        return self.packet()


@pytest.fixture
def start(tmp_path):
    running = []

    def run(*options, set_up=PACKETED):
        link = str(tmp_path / "tty")
        process = subprocess.Popen([VSCANNER, "--ssi", "--link", link, *options], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        late = threading.Timer(2 * PATIENCE, process.kill)  # a line that never comes ends too
        late.start()
        host = Host(link)
        running.append((process, host, late))
        if set_up:
            assert host.ask(PARAM_SEND, set_up) == (ACK, 0, b"")
        return process, host

    yield run
    for process, host, late in running:
        late.cancel()
        os.close(host.fd)
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def say(process, *lines):
    process.stdin.write("".join(line + "\n" for line in lines))
    process.stdin.flush()


# ---- the decoder ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("code,word", [(0, "good"), (6, "bad"), (1, "attention"), (9, "unknown")])
def test_a_scan_is_a_packet_and_a_beep_its_feedback(start, code, word):
    process, host = start()
    say(process, "ABC")
    assert host.packet() == (DECODE_DATA, 0, b"\x03ABC")
    host.send(ACK)
    assert host.ask(BEEP, bytes([code])) == (ACK, 0, b"")
    assert process.stdout.readline() == f"{word} ABC\n"


def test_beep_codes_are_an_option(start):
    process, host = start("--ssi-beeps", "01,1A,05")
    say(process, "ABC")
    host.packet()
    host.send(ACK)
    host.ask(BEEP, b"\x1a")
    assert process.stdout.readline() == "bad ABC\n"


@pytest.mark.parametrize("code,aim_off,aim_on", [
    ("]E04006381333931", b"\x0b4006381333931", b"\x0b]E04006381333931"),
    ("]E0012345678905", b"\x08012345678905", b"\x08]E0012345678905"),
    ("]E001234565", b"\x0901234565", b"\x09]E001234565"),
    ("]E3400638133393112", b"\x4b400638133393112", b"\x4b]E3400638133393112"),
    (r"]C1010952123454321310AB\x1d21x", b"\x0f010952123454321310AB\x1d21x", b"\x0f]C1010952123454321310AB\x1d21x"),
    ("]Q3010952", b"\xc2010952", b"\xc2]Q3010952"),
    ("]Z9typed", b"\x00]Z9typed", b"\x00]Z9typed"),  # no code type has it
    ("A-03", b"\x03A-03", b"\x03]C0A-03"),
])
def test_identifiers_become_code_types_and_are_sent_when_the_host_wants_them(start, code, aim_off, aim_on):
    process, host = start("--window", "2")
    say(process, code)
    assert host.packet()[2] == aim_off
    host.send(ACK)
    assert host.ask(PARAM_SEND, b"\xff\xf1\x4e\x00\x2d\x01") == (ACK, 0, b"")  # behind a parameter of two bytes
    say(process, code)
    assert host.packet()[2] == aim_on


def test_what_is_not_acknowledged_is_sent_three_times(start):
    process, host = start("--ssi-response-ms", "50")
    say(process, "ABC")
    assert [host.packet()[1] for _ in range(3)] == [0, RETRANSMIT, RETRANSMIT]
    assert process.stdout.readline() == "unsent ABC\n"


def test_what_is_refused_is_sent_again_at_once(start):
    process, host = start()
    say(process, "ABC")
    assert host.packet()[1] == 0
    host.send(NAK, b"\x01")
    assert host.packet() == (DECODE_DATA, RETRANSMIT, b"\x03ABC")


def test_a_lost_ack_and_a_damaged_packet_on_demand(start):
    process, host = start("--ssi-drop-ack", "2", "--ssi-corrupt", "5", "--ssi-response-ms", "50", "--window", "9")
    seen = []
    for code in ("A", "B", "C"):
        say(process, code)
        seen.append(host.packet())
        while True:  # damaged, or the ACK was not heard
            host.send(ACK if seen[-1][2] else NAK, b"" if seen[-1][2] else b"\x01")
            if not select.select([host.fd], [], [], 0.3)[0]:
                break
            seen.append(host.packet())
    assert seen == [(DECODE_DATA, 0, b"\x03A"), (DECODE_DATA, 0, b"\x03B"), (DECODE_DATA, RETRANSMIT, b"\x03B"),
                    (DECODE_DATA, 0, b"\x03C"), (DECODE_DATA, RETRANSMIT, None), (DECODE_DATA, RETRANSMIT, b"\x03C")]


def test_a_long_code_comes_in_parts(start):
    process, host = start()
    say(process, "x" * 250 + "y" * 250 + "z")
    for status, text in ((CONTINUED, b"x" * 250), (CONTINUED, b"y" * 250), (0, b"z")):
        assert host.packet() == (DECODE_DATA, status, b"\x03" + text)
        host.send(ACK)
    host.ask(BEEP, b"\x00")
    assert process.stdout.readline().startswith("good xxx")


def test_commands_are_answered_while_nothing_is_scanned(start):
    process, host = start("--revision", "CAAABS00-007-R00 N 0 1")
    assert host.ask(REQUEST_REVISION) == (REPLY_REVISION, 0, b"CAAABS00-007-R00 N 0 1")
    assert host.ask(LED_ON, b"\x01") == (ACK, 0, b"")
    assert host.ask(UNHEARD_OF) == (NAK, 0, b"\x02")
    assert host.ask(BEEP, b"\x00") == (ACK, 0, b"")
    assert process.stdout.readline() == "good !unasked\n"
    os.write(host.fd, b"\x05\xe6\x04\x00\x00\x00\x00")
    assert host.packet() == (NAK, 0, b"\x01")


def test_a_command_is_denied_on_demand(start):
    _, host = start("--ssi-deny", "E6")
    assert host.ask(BEEP, b"\x00") == (NAK, 0, b"\x06")


def test_it_is_raw_until_it_is_set_up_and_again_after_a_reset(start):
    process, host = start(set_up=None)
    say(process, "]E04006381333931")
    assert host.read(13) == b"4006381333931"
    host.ask(BEEP, b"\x06")
    assert process.stdout.readline() == "bad ]E04006381333931\n"
    say(process, "!ready", "ABC")
    assert host.ask(PARAM_SEND, PACKETED) == (ACK, 0, b"")
    assert host.packet() == (DECODE_DATA, 0, b"\x03ABC")
    host.send(ACK)
    host.ask(BEEP, b"\x00")
    say(process, "!reset", "ABC")
    assert host.read(3) == b"ABC"


@pytest.mark.parametrize("options", [["--ssi-beeps", "1,2"], ["--ssi-beeps", "1,2,300"], ["--ssi-deny", "x"],
                                     ["--ssi-drop-ack", "0"], ["--revision", "x" * 64]])
def test_wrong_options_are_refused(options, tmp_path):
    run = subprocess.run([VSCANNER, "--ssi", "--link", str(tmp_path / "tty"), *options], capture_output=True, text=True,
                         timeout=PATIENCE, check=False)
    assert run.returncode == 2 and "Usage: vscanner" in run.stderr


# ---- with the agent -------------------------------------------------------------------------------------------------

class Pair:
    """A gateway and the scanner that is plugged into it."""

    def __init__(self, site, *options):
        self.gateway = site.add_gateway("gw-01", scanner="zebra-ssi")
        self.scanner = site.spawn("vscanner", "--ssi", "--link", self.gateway.tty, *options, stdin=subprocess.PIPE)
        wait_until(lambda: os.path.lexists(self.gateway.tty), PATIENCE, "the scanner's port")
        self.gateway.start()
        self.say("!ready")

    def say(self, line):
        assert self.scanner.running(), "vscanner ended: " + self.scanner.text[-2000:] + "\ntallyd: " + self.gateway.program.text[-2000:]
        self.scanner.process.stdin.write(line.encode() + b"\n")
        self.scanner.process.stdin.flush()

    def scan(self, code):
        before = self.scanner.mark()
        self.say(code)
        return self.scanner.wait_line("^(good|bad|attention|silent|unsent) ", after=before)[1]

    def recorded(self):
        return self.gateway.place()["recorded"]

    def device(self):
        return next(d for d in self.gateway.api.get("/api/v1/devices")["devices"] if d["name"] == "gun")


@pytest.fixture
def pair(tmp_path, monkeypatch):
    monkeypatch.setenv("TALLYMAN_PROFILES", str(tmp_path / "profiles"))
    shutil.copytree(os.path.join(harness.ROOT, "firmware-profiles"), tmp_path / "profiles")
    site = Site(str(tmp_path))
    yield lambda *options: Pair(site, *options)
    site.close()


def test_pair_scans_beep_and_say_who_they_are(pair):
    made = pair("--revision", "CAAABS00-007-R00 N 0 1")
    assert [made.scan(code) for code in ("T$PICK", "T$HELP", "no such thing")] == ["good", "attention", "bad"]
    assert wait_until(lambda: made.device()["firmware"], 5, "the revision") == "CAAABS00-007-R00"


@pytest.mark.parametrize("fault", [["--ssi-drop-ack", "3"], ["--ssi-corrupt", "3"],
                                   ["--ssi-drop-ack", "4", "--ssi-corrupt", "5"]])
def test_pair_every_scan_counts_once_on_a_bad_line(pair, fault):
    made = pair("--ssi-response-ms", "100", *fault)
    before = made.recorded()
    assert [made.scan("T$HELP") for _ in range(60)] == ["attention"] * 60
    assert made.recorded() == before + 60


def test_pair_a_long_code_arrives_whole(pair):
    made = pair()
    assert made.scan("]Q1" + "x" * 3000) == "bad"
    line = json.dumps(made.gateway.api.get("/api/v1/exceptions"))
    assert "x" * 100 in line and made.scan("T$PICK") == "good"


def test_pair_a_scanner_that_lost_its_setup_gets_it_again(pair):
    made = pair()
    assert made.scan("T$PICK") == "good"
    made.say("!reset")
    assert made.scan("T$HELP") == "bad"  # without a packet nobody knows whether it is whole
    assert made.scan("T$HELP") == "attention"


def test_pair_a_refused_beep_is_told_of_and_stops_nothing(pair):
    made = pair("--ssi-deny", "E6", "--timeout-ms", "500")
    before = made.recorded()
    assert made.scan("T$HELP") == "silent"
    assert "feedback" in wait_until(lambda: made.device()["detail"], 5, "the trouble")
    assert made.scan("T$HELP") == "silent"
    assert made.recorded() == before + 2
