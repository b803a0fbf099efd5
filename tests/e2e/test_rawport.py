# SPDX-License-Identifier: MIT
"""Other programs print through the gateway as if to the printer: [printer NAME] listen = PORT."""
import os, select, socket

import pytest

import harness
from site_lab import Site, wait_until

LABEL = b"^XA^FO20,20^FDnumber %d^FS^XZ"


class Rig:
    """A gateway with a printer that listens, and the folder that the printer keeps its labels in."""

    def __init__(self, folder):
        self.site = Site(str(folder))
        self.labels = os.path.join(folder, "labels")
        os.makedirs(self.labels)
        self.port, printer_port = harness.free_port(), harness.free_port()
        self.gateway = self.site.add_gateway("gw-01", printer_port=printer_port)
        with open(self.gateway.config, "a") as f:
            f.write("listen = %d\n" % self.port)
        self.gateway.start()

    def printer(self, *options):
        made = self.site.spawn("vprinter", "--port", str(self.gateway.printer_port), "--dir", self.labels, *options)
        made.wait_line("listening")
        return made

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def send(self, data):
        with self.connect() as connection:
            connection.sendall(data)

    def jobs(self, state=None):
        listed = self.gateway.api.get("/api/v1/jobs")["jobs"]
        return [j for j in listed if state in (None, j["state"])]

    def printed(self):
        found = []
        for name in sorted(os.listdir(self.labels)):
            with open(os.path.join(self.labels, name), "rb") as f:
                found.append(f.read())
        return found


@pytest.fixture
def rig(tmp_path):
    made = Rig(tmp_path)
    yield made
    made.site.close()


def answer(connection, ends):
    heard = b""
    while heard.count(b"\x03") < ends:
        assert select.select([connection], [], [], 10)[0], heard
        heard += connection.recv(4096)
    return heard


def test_labels_of_another_program_print_byte_for_byte(rig):
    rig.printer()
    rig.send(LABEL % 1 + b"\r\n" + LABEL % 2)
    wait_until(lambda: len(rig.jobs("printed")) == 2, 20, "both print")
    assert [p.strip() for p in rig.printed()] == [LABEL % 1, LABEL % 2]
    assert {j["label"] for j in rig.jobs()} == {"raw"} and {j["order"] for j in rig.jobs()} == {""}


def test_labels_wait_for_their_printer_also_over_a_kill(rig):
    rig.send(LABEL % 1)
    wait_until(lambda: len(rig.jobs("queued")) == 1, 10, "it is queued")
    rig.gateway.kill()
    rig.gateway.start()
    rig.printer()
    wait_until(lambda: len(rig.jobs("printed")) == 1, 45, "it prints")
    assert [p.strip() for p in rig.printed()] == [LABEL % 1]


def test_half_a_label_is_not_printed(rig):
    with rig.connect() as connection:
        connection.sendall(LABEL % 1 + b"^XA^FDhalf")
        wait_until(lambda: len(rig.jobs()) == 1, 10, "the whole one is a job")
    rig.gateway.program.wait_line("half a label")
    rig.send(LABEL % 2)
    wait_until(lambda: len(rig.jobs()) == 2, 10, "the next is another")
    rig.printer()
    wait_until(lambda: len(rig.jobs("printed")) == 2, 45, "two print")
    assert [p.strip() for p in rig.printed()] == [LABEL % 1, LABEL % 2]


def test_questions_are_answered_from_the_printers_state(rig):
    with rig.connect() as connection:
        connection.sendall(LABEL % 1)
        wait_until(lambda: len(rig.jobs("queued")) == 1, 10, "it waits")
        wait_until(lambda: rig.gateway.api.get("/api/v1/devices")["devices"][-1]["state"] == "offline", 10, "the printer is missed")
        connection.sendall(b"~HS")
        assert not select.select([connection], [], [], 0.3)[0]  # as a printer that is off
        rig.printer()
        wait_until(lambda: len(rig.jobs("printed")) == 1, 45, "it prints")
        connection.sendall(b"~HI~HS")
        heard = answer(connection, 4)
        assert b"ZD421-203dpi,V93.21.15Z" in heard
        assert heard.startswith(b"\x02") and heard.count(b",000,0,0,0\x03") == 1
    assert len(rig.jobs()) == 1  # the questions are in no label


def test_a_question_is_passed_on_where_nothing_prints(rig):
    state = lambda: rig.gateway.api.get("/api/v1/devices")["devices"][-1]["state"]
    wait_until(lambda: state() == "offline", 10, "the printer was looked for at the start")
    rig.printer()
    with rig.connect() as connection:
        connection.sendall(b"~HS\r\n")
        wait_until(lambda: state() == "ready", 10, "it is asked again")
        connection.sendall(b"~HS\r\n")
        assert answer(connection, 3).count(b"\r\n") == 3


def test_a_label_that_would_reconfigure_the_printer_is_refused(rig):
    rig.printer()
    rig.send(b"^XA^JUS^XZ" + LABEL % 1)
    wait_until(lambda: len(rig.jobs("printed")) == 1, 20, "the good one prints")
    found = rig.gateway.api.get("/api/v1/exceptions")["exceptions"]
    refused = [e for e in found if e["kind"] == "printer_fault"]
    assert len(refused) == 1 and "^JU" in refused[0]["found"]
    assert [p.strip() for p in rig.printed()] == [LABEL % 1]


def test_a_large_graphic_prints_byte_for_byte(rig):
    rig.printer()
    picture = os.urandom(5 << 19).hex().upper().encode()
    label = b"^XA^GFA,%d,%d,100,%s^FS^XZ" % (len(picture) // 2, len(picture) // 2, picture)
    rig.send(label)
    wait_until(lambda: len(rig.jobs("printed")) == 1, 60, "it prints")
    assert rig.printed() == [label]


def test_a_label_beyond_the_bound_closes_the_connection(rig):
    with rig.connect() as connection:
        try:
            for _ in range(8):
                connection.sendall(b"^FD" + b"x" * (1 << 20))
        except OSError:
            pass
        rig.gateway.program.wait_line("larger than 6 MiB")
    assert rig.jobs() == []


def test_many_small_labels_print_in_order(rig):
    rig.printer()
    labels = [b"^XA^FDn%03d^FS^XZ" % n for n in range(8)]
    rig.send(b"".join(labels))
    wait_until(lambda: len(rig.jobs("printed")) == 8, 60, "all print")
    assert rig.printed() == labels


def test_two_senders_do_not_mix(rig):
    rig.printer()
    with rig.connect() as one, rig.connect() as two:
        one.sendall(b"^XA^FDone")
        two.sendall(b"^XA^FDtwo^FS^XZ")
        wait_until(lambda: len(rig.jobs()) == 1, 10, "the second's is whole")
        one.sendall(b"^FS^XZ")
        wait_until(lambda: len(rig.jobs("printed")) == 2, 20, "both print")
    assert rig.printed() == [b"^XA^FDtwo^FS^XZ", b"^XA^FDone^FS^XZ"]


def test_a_port_that_is_taken_is_said_and_the_rest_works(tmp_path):
    site = Site(str(tmp_path))
    try:
        with socket.create_server(("", 0)) as taken:
            gateway = site.add_gateway("gw-01", printer_port=harness.free_port())
            with open(gateway.config, "a") as f:
                f.write("listen = %d\n" % taken.getsockname()[1])
            gateway.start()
            gateway.program.wait_line("set another listen")
            assert gateway.status()["gateway"] == "gw-01"
    finally:
        site.close()
