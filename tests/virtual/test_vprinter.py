# SPDX-License-Identifier: MIT
"""vprinter: what others test with has to be right itself. The agent's side of the port is played here."""

import os
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

VPRINTER = os.path.join(os.environ.get("TALLY_BUILD", "build"), "vprinter")
PATIENCE = 10
LABEL = b"^XA^FO20,20^FDorder 4711^FS^XZ"


class Printer:
    """One vprinter, its words, and one connection to it."""

    def __init__(self, folder, *options):
        self.folder = folder
        self.process = subprocess.Popen([VPRINTER, "--dir", str(folder), *options], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.late = threading.Timer(2 * PATIENCE, self.process.kill)  # a line that never comes ends too
        self.late.start()
        self.port = int(re.fullmatch(r"listening on (\d+)\n", self.line()).group(1))
        self.socket = None
        self.connect()

    def line(self):
        return self.process.stdout.readline()

    def connect(self):
        if self.socket:
            self.socket.close()
        self.socket = socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def say(self, command):
        """What it answers, without the command."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        line = self.line()
        assert line.startswith(f"ok {command}: "), line
        return line[len(f"ok {command}: "):-1]

    def send(self, data):
        self.socket.sendall(data)

    def read(self, strings):
        """So many STX ... ETX CR LF."""
        data = b""
        while data.count(b"\x03\r\n") < strings:
            part = self.socket.recv(4096)
            assert part, data
            data += part
        return [part.lstrip(b"\x02").decode() for part in data.split(b"\x03\r\n")[:-1]]

    def status(self):
        """The fields of ~HS that say something."""
        self.send(b"~HS\r\n")
        first, second, third = (part.split(",") for part in self.read(3))
        assert (len(first), len(second), len(third)) == (12, 11, 2)
        return {"paper_out": first[1] == "1", "paused": first[2] == "1", "formats": int(first[4]),
                "full": first[5] == "1", "partial": first[7] == "1", "hot": first[11] == "1",
                "head_open": second[2] == "1", "ribbon_out": second[3] == "1", "labels": int(second[8])}

    def errors(self):
        self.send(b"~HQES\r\n")
        return int(re.search(r"ERRORS: \d \w{8} (\w{8})", self.read(1)[0]).group(1), 16)

    def count(self):
        self.send(b'! U1 getvar "odometer.total_label_count"\r\n')
        data = b""
        while data.count(b'"') < 2:
            part = self.socket.recv(4096)
            assert part, data
            data += part
        return data.strip(b'"').decode()

    def printed(self):
        line = self.line()
        assert line.startswith("printed "), line
        return line[len("printed "):-1]

    def labels(self):
        return sorted(os.path.basename(path) for path in os.listdir(self.folder))

    def closed(self):
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def end(self):
        self.late.cancel()
        self.socket.close()
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


REST = {"paper_out": False, "paused": False, "formats": 0, "full": False, "partial": False, "hot": False,
        "head_open": False, "ribbon_out": False, "labels": 0}


@pytest.fixture
def start(tmp_path):
    running = []

    def run(*options):
        running.append(Printer(tmp_path / "labels", *options))
        return running[-1]

    yield run
    for printer in running:
        printer.end()


@pytest.fixture
def printer(start):
    return start()


def read(path):
    with open(path, "rb") as file:
        return file.read()


def test_each_label_is_a_file_byte_for_byte(printer):
    other = b"^XA^CI28^FH\\^FDM\xc3\xbcller \\5E~HS^FS^XZ"
    printer.send(LABEL + b"\r\n" + other)
    assert read(printer.printed()) == LABEL
    assert read(printer.printed()) == other
    assert printer.labels() == ["label-0001.zpl", "label-0002.zpl"]


def test_a_label_may_come_byte_by_byte(printer):
    printer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for i in range(len(LABEL)):
        printer.send(LABEL[i:i + 1])
    assert read(printer.printed()) == LABEL


def test_it_tells_its_state_and_its_model(printer):
    assert printer.status() == REST
    printer.send(b"~HI\r\n")
    assert printer.read(1)[0].split(",")[0] == "ZD421-203dpi"


@pytest.mark.parametrize("fault, cure, field", [("paper-out", "paper-in", "paper_out"),
                                                ("head-open", "head-close", "head_open"),
                                                ("ribbon-out", "ribbon-in", "ribbon_out"),
                                                ("hot", "cool", "hot"),
                                                ("pause", "resume", "paused")])
def test_a_stopped_printer_holds_its_labels(printer, fault, cure, field):
    printer.say(fault)
    printer.send(LABEL + LABEL)
    assert printer.status() == REST | {field: True, "formats": 2, "labels": 2}
    assert printer.labels() == []
    assert printer.say("status").startswith("0 printed, 2 waiting, ")
    printer.say(cure)
    assert [read(printer.printed()), read(printer.printed())] == [LABEL, LABEL]
    assert printer.status() == REST


def test_a_full_buffer_is_told(printer):
    printer.say("full")
    assert printer.status() == REST | {"full": True}
    printer.say("free")
    assert printer.status() == REST


@pytest.mark.parametrize("fault, bit", [("paper-out", 1), ("ribbon-out", 2), ("head-open", 4), ("hot", 16)])
def test_shy_it_tells_its_faults_by_hqes_alone(printer, fault, bit):
    printer.say("shy on")
    assert printer.status() == REST and printer.errors() == 0
    printer.say(fault)
    printer.send(b"~HS\r\n")
    assert printer.errors() == bit  # the first to come
    printer.say("shy off")
    assert printer.status() != REST


def test_it_counts_its_labels_over_connections(printer):
    printer.say("count 1523")
    assert printer.count() == "1523"
    printer.send(LABEL)
    printer.printed()
    printer.connect()
    assert printer.count() == "1524"
    printer.say("twice")
    printer.send(LABEL + LABEL)
    for _ in range(3):
        printer.printed()
    assert printer.count() == "1527"
    printer.say("count off")
    assert printer.count() == "?"


def test_cancelled_labels_are_neither_kept_nor_counted(printer):
    printer.say("count 10")
    printer.say("pause")
    printer.send(LABEL + LABEL)
    assert printer.status()["formats"] == 2
    printer.say("cancel")
    printer.say("resume")
    assert printer.status() == REST and printer.count() == "10" and printer.labels() == []


def test_half_a_label_stays_where_it_is_told_so(printer):
    printer.say("half on")
    printer.send(LABEL[:9])
    printer.connect()
    assert printer.status() == REST | {"partial": True}
    printer.send(b"~JX\r\n")
    assert printer.line() == "half a label is dropped\n"
    assert printer.status() == REST
    printer.send(LABEL)
    assert read(printer.printed()) == LABEL


def test_a_slow_reader_holds_the_sender_up(printer):
    printer.say("reads 1000")
    label = b"^XA^FD" + b"x" * 8_000_000 + b"^FS^XZ"
    printer.socket.settimeout(0.5)
    with pytest.raises(TimeoutError):
        printer.send(label)
    printer.say("reads all")
    printer.socket.settimeout(PATIENCE)
    # what went before the time was over is not known: the rest would not be the label's
    printer.connect()
    printer.send(LABEL)
    assert read(printer.printed()) == LABEL


def test_commands_may_be_given_at_the_start(start):
    printer = start("--do", "paper-out", "--do", "shy on")
    assert printer.errors() == 1


def test_a_command_that_is_none_does_not_start():
    done = subprocess.run([VPRINTER, "--do", "dance"], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2 and "--do COMMAND" in done.stderr


def test_help_names_every_command():
    done = subprocess.run([VPRINTER, "--help"], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0
    for word in ("--tty", "--do", "ribbon-out", "shy on|off", "half on|off", "reads N|all", "count N|off", "silent on|off"):
        assert word in done.stdout


def test_at_a_serial_port(tmp_path):
    link = tmp_path / "tty"
    with subprocess.Popen([VPRINTER, "--dir", str(tmp_path / "labels"), "--tty", str(link)], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout.readline() == f"listening on {link}\n"
            fd = os.open(link, os.O_RDWR | os.O_NOCTTY)
            os.write(fd, b"~HI\r\n" + LABEL)
            assert process.stdout.readline().startswith("printed ")
            assert os.read(fd, 64).startswith(b"\x02ZD421")
            os.close(fd)
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
            assert not link.is_symlink()
        finally:
            process.kill()


def test_half_a_label_goes_with_its_connection(printer):
    printer.send(LABEL[:9])
    printer.connect()
    assert printer.status() == REST
    printer.send(LABEL)
    assert read(printer.printed()) == LABEL


def test_slow_takes_its_time_and_being_asked_does_not_lengthen_it(printer):
    printer.say("slow 300")
    began = time.monotonic()
    printer.send(LABEL)
    while printer.status()["formats"] == 1:
        printer.process.stdin.write("status\n")
        printer.process.stdin.flush()
        assert time.monotonic() - began < PATIENCE
        time.sleep(0.02)
    assert 0.3 <= time.monotonic() - began < PATIENCE / 2
    assert printer.labels() == ["label-0001.zpl"]


def test_drop_closes_the_connection_and_the_next_one_is_fine(printer):
    assert printer.status() == REST
    printer.say("drop")
    assert printer.closed()
    printer.connect()
    printer.send(LABEL)
    assert read(printer.printed()) == LABEL


def test_drop_next_closes_in_mid_label_once(printer):
    printer.say("drop-next 10")
    printer.send(LABEL)
    assert printer.line() == "dropped\n"
    assert printer.closed()
    printer.connect()
    assert printer.status() == REST
    printer.send(LABEL)
    assert printer.printed().endswith("label-0001.zpl")
    assert printer.labels() == ["label-0001.zpl"]


def test_drop_next_counts_bytes_of_labels_only(printer):
    printer.say("drop-next 10")
    for _ in range(5):
        assert printer.status() == REST
    printer.send(LABEL[:9])
    printer.send(b"~HS")  # inside of a label it is data
    assert printer.line() == "dropped\n"


def test_die_next_ends_it_in_mid_label(printer):
    printer.say("die-next 10")
    printer.send(LABEL)
    assert printer.line() == "died\n"
    assert printer.process.wait(PATIENCE) == 3
    assert printer.labels() == []


def test_silent_prints_and_says_nothing(printer):
    printer.say("silent on")
    printer.send(b"~HS\r\n~HI\r\n" + LABEL)
    assert read(printer.printed()) == LABEL
    printer.socket.settimeout(0.1)
    with pytest.raises(TimeoutError):
        printer.socket.recv(1)
    printer.socket.settimeout(PATIENCE)
    printer.say("silent off")
    assert printer.status() == REST


def test_numbers_go_on_over_restarts(start):
    first = start()
    first.send(LABEL + LABEL)
    first.printed()
    first.printed()
    first.process.kill()
    first.process.wait()
    second = start()
    second.send(LABEL)
    assert second.printed().endswith("label-0003.zpl")
    assert second.say("status") == "3 printed, 0 waiting"


def test_the_next_connection_waits_for_this_one_to_end(printer):
    assert printer.status() == REST
    with socket.create_connection(("127.0.0.1", printer.port), PATIENCE) as other:
        other.sendall(b"~HI\r\n")
        other.settimeout(0.1)
        with pytest.raises(TimeoutError):
            other.recv(1)
        printer.socket.close()
        other.settimeout(PATIENCE)
        assert other.recv(1) == b"\x02"


def test_a_fifo_commands_it_and_goes_with_it(start, tmp_path):
    fifo, port = tmp_path / "fifo", tmp_path / "port"
    printer = start("--control", str(fifo), "--port-file", str(port))
    assert read(port) == b"%d\n" % printer.port
    with open(fifo, "w", encoding="ascii") as file:
        file.write("paper-out\n")
    assert printer.line() == "ok paper-out: 0 printed, 0 waiting, paper out\n"
    assert printer.status()["paper_out"]
    printer.process.send_signal(signal.SIGTERM)
    assert printer.process.wait(PATIENCE) == 0
    assert not fifo.exists()


def test_an_unknown_command_is_said_and_changes_nothing(printer):
    printer.process.stdin.write("catch-fire\n")
    printer.process.stdin.flush()
    assert printer.line() == "unknown command: catch-fire\n"
    assert printer.status() == REST


def test_without_standard_input_it_goes_on(printer):
    printer.process.stdin.close()
    printer.send(LABEL)
    assert read(printer.printed()) == LABEL


@pytest.mark.parametrize("options", [["--what"], ["--port", "65536"], ["--port", "-1"], ["x"]])
def test_wrong_options_are_refused(options):
    run = subprocess.run([VPRINTER, *options], capture_output=True, text=True, timeout=PATIENCE,
                         check=False)
    assert run.returncode == 2 and "Usage: vprinter" in run.stderr
