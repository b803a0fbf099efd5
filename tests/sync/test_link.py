# SPDX-License-Identifier: MIT
"""link.c against brokers that do what real ones do on bad days, byte by byte. Each fault of the library that the
top of link.c names has its test here."""
import os, random, socket, struct, subprocess, threading, time

import pytest

from fake_broker import (CONNECT, DISCONNECT, PINGREQ, PUBACK, PUBLISH, SUBACK, SUBSCRIBE, Certificates, FakeBroker, connack,
                         cpu_seconds, elapsed, packet, puback, publish)


@pytest.fixture
def fake():
    broker = FakeBroker()
    yield broker
    broker.close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(str(tmp_path_factory.mktemp("tls")))


class Probe:
    """build/link_probe and what it said since the last say()."""

    def __init__(self, program):
        self.program, self.at = program, 0

    def say(self, *lines):
        self.at = self.program.mark()
        self.program.process.stdin.write("".join(line + "\n" for line in lines).encode())
        self.program.process.stdin.flush()

    def hear(self, pattern, timeout=10):
        return self.program.wait_line(pattern, timeout, self.at)

    def ask(self, line, pattern, timeout=10):
        self.say(line)
        return self.hear(pattern, timeout)

    def count(self, words):
        return sum(line.startswith(words) for line in self.program.text.split("\n"))

    def error(self):
        return self.ask("state", r"^state 0 0 (.*)")[1]

    def wait_error(self, words, timeout=10):
        """Until the link says why it is not up, in these words."""
        deadline = time.monotonic() + timeout
        while words not in self.error():
            assert time.monotonic() < deadline, "it says: " + self.error()
            time.sleep(0.01)

    def quit(self, timeout=5):
        self.ask("quit", "^end 0", timeout)
        assert self.program.wait(timeout) == 0


@pytest.fixture
def probe(run):
    """probe(port, "will=w") starts a link to that port."""

    def start(port, *settings):
        return Probe(run("link_probe", "port=%d" % port, *settings, stdin=subprocess.PIPE))

    return start


def up(fake, probe, *settings, properties=b""):
    """A probe that is up, and its connection."""
    program = probe(fake.port, *settings)
    connection = fake.accept()
    connection.greet(properties)
    program.hear("^up 5")
    return program, connection


# ---- what is sent -----------------------------------------------------------------------------


def test_connect_asks_for_a_session_that_ends_and_bounds_what_may_come(fake, probe):
    probe(fake.port, "will=w/status", "receive_max=7", "id=tally-leeds-gw-07", "keepalive=60")
    connect = fake.accept().read(CONNECT)
    assert connect.version == 5 and connect.keepalive == 60
    assert connect.connect_flags == 0x02 | 0x04 | 0x08 | 0x20  # clean start, will, will QoS 1, will retain
    assert b"\x21\x00\x07" in connect.body  # receive maximum
    assert b"\x11\x00\x00\x00\x00" in connect.body  # session expiry
    assert b"\x27\x00\x10\x00\x00" in connect.body  # maximum packet size, 1 MiB
    assert b"tally-leeds-gw-07" in connect.body and connect.body.endswith(b"w/status\x00\x04lost")


def test_a_retained_message_expires_and_is_sent_at_qos_1(fake, probe):
    program, connection = up(fake, probe)
    program.ask("retain a/b hello", "^pub ok")
    found = connection.read(PUBLISH)
    assert (found.topic, found.payload, found.flags) == ("a/b", b"hello", 3)
    assert found.properties == b"\x02\x00\x00\x00\x3c"  # message expiry 60 s


def test_the_goodbye_is_acknowledged_before_disconnect(fake, probe):
    program, connection = up(fake, probe, "will=w/status")
    program.say("quit")
    goodbye = connection.read(PUBLISH)
    assert (goodbye.topic, goodbye.payload, goodbye.flags) == ("w/status", b"gone", 3)
    connection.send(puback(goodbye.id))
    connection.read(DISCONNECT)
    program.hear("^end 0")


def test_an_unheard_goodbye_leaves_the_word_to_the_will(fake, probe):
    program, connection = up(fake, probe, "will=w/status")
    before = time.monotonic()
    program.say("quit")
    connection.read(PUBLISH)
    with pytest.raises(EOFError):  # no DISCONNECT, which would discard the will
        connection.read()
    program.hear("^end 0")
    assert elapsed(before) < 3


# ---- ends and new beginnings --------------------------------------------------------------------


def test_each_new_connection_is_heard_though_fd_numbers_repeat(fake, probe):
    program, connection = up(fake, probe)
    for n in range(6):
        program.at = program.program.mark()
        connection.reset() if n % 2 else connection.close()
        program.hear("^down ")
        connection = fake.accept()
        connection.greet()
        program.hear("^up 5")
        connection.send(publish("a", b"x" * n))
        program.hear("^message a %d " % n)


def test_taken_over_is_told_once_and_says_that_there_is_another(fake, probe):
    program, connection = up(fake, probe)
    program.say("pub t 3 4")
    for _ in range(4):
        connection.read(PUBLISH)
    connection.send(packet(DISCONNECT, b"\x8e\x00"))
    program.hear(r"^down .*\(0x8e\).*another client has the same id")
    fake.accept().greet()
    program.hear("^up 5")
    assert program.count("down") == 1


def test_what_was_under_way_is_not_sent_again_by_the_library(fake, probe):
    program, connection = up(fake, probe)
    program.say("pub t 100 3")
    connection.read(PUBLISH)
    connection.close()
    program.hear("^down ")
    connection = fake.accept()
    connection.greet()
    program.hear("^up 5")
    assert connection.is_silent()
    assert program.count("published") == 0


def test_while_down_nothing_is_taken(fake, probe):
    program, connection = up(fake, probe)
    fake.server.close()
    connection.close()
    program.hear("^down ")
    program.ask("pub t 3", "^pub ENOTCONN")
    program.ask("sub t", "^sub ENOTCONN")


def test_a_connection_that_dies_under_a_large_message_ends_once(fake, probe):
    program, connection = up(fake, probe)
    program.say("pub t 4000000 3")  # more than the socket's buffers: the rest waits
    assert connection.sock.recv(1000)
    connection.reset()
    program.hear("^down ")
    fake.accept().greet()
    program.hear("^up 5")
    assert program.count("down") == 1


def test_back_off_grows_and_starts_small(fake, probe):
    program, times = probe(fake.port), []
    for _ in range(7):
        fake.accept().reset()
        times.append(time.monotonic())
    assert times[2] - times[0] < 0.2 + 0.4 + 1
    assert times[-1] - times[0] < 0.2 * (1 + 2 + 4 + 8 + 16 + 32) + 2
    assert program.count("down") == 0  # it never was up


# ---- limits of the broker -----------------------------------------------------------------------


def test_a_small_packet_limit_refuses_in_words_and_never_aborts(fake, probe):
    program, connection = up(fake, probe, properties=b"\x27" + struct.pack(">I", 60))
    limit = int(program.ask("max t", r"^max (\d+)")[1])
    assert 20 <= limit <= 60 - 16
    for n in range(0, 80):
        program.ask("pub t %d" % n, "^pub ok" if n <= limit else "^pub EMSGSIZE")
        if n <= limit:
            connection.send(puback(connection.read(PUBLISH).id))
            program.hear("^published .* ok")
    program.ask("max " + "t" * 100, "^max 0$")


def test_the_limit_of_one_broker_does_not_bind_the_next(fake, probe):
    program, connection = up(fake, probe, properties=b"\x27" + struct.pack(">I", 60) + b"\x21\x00\x01")
    connection.close()
    program.hear("^down")
    program.at = program.program.mark()
    connection = fake.accept()
    connection.greet()
    program.hear("^up 5")
    program.ask("pub t 100000 2", "^pub ok")
    assert len(connection.read(PUBLISH).payload) == len(connection.read(PUBLISH).payload) == 100000


def test_receive_maximum_is_kept_and_room_is_told(fake, probe):
    program, connection = up(fake, probe, properties=b"\x21\x00\x05")
    program.say("pub t 3 7", "state")
    program.hear("^state 1")
    assert (program.count("pub ok"), program.count("pub EAGAIN")) == (5, 2)
    ids = [connection.read(PUBLISH).id for _ in range(5)]
    assert connection.is_silent()
    connection.send(puback(ids[0]))
    program.hear("^room")
    program.ask("pub t 3", "^pub ok")
    connection.read(PUBLISH)
    assert program.count("room") == 1


def test_a_broker_that_reads_nothing_makes_us_hold_little(fake, probe):
    program, _ = up(fake, probe)
    program.say("pub t 100000 200", "state")
    program.hear("^state 1")
    assert program.count("pub ok") == 64


def test_a_refused_message_is_told_as_refused(fake, probe):
    program, connection = up(fake, probe)
    for code, words in ((0x97, "no"), (0x87, "no"), (0x10, "ok"), (0x00, "ok")):  # 0x10: nobody listens
        program.say("pub t 3")
        message = connection.read(PUBLISH)
        connection.send(puback(message.id, code))
        program.hear("^published %d %s" % (message.id, words))


def test_acks_of_nothing_and_twice_are_ignored(fake, probe):
    program, connection = up(fake, probe)
    program.say("pub t 3")
    message = connection.read(PUBLISH)
    connection.send(puback(999), puback(message.id), puback(message.id), publish("a", b"z"))
    program.hear("^message a 1")
    assert program.count("published") == 1


def test_a_server_without_qos_1_is_refused_in_words(fake, probe):
    program = probe(fake.port)
    fake.accept().greet(b"\x24\x00")
    program.wait_error("does not support QoS 1")


def test_a_server_that_retains_nothing_is_said_to_the_caller(fake, probe):
    program, _ = up(fake, probe, properties=b"\x25\x00")
    program.ask("retain t x", "^pub EOPNOTSUPP")
    program.ask("pub t 1", "^pub ok")


# ---- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("code, words", [(0x86, "check username and password_file"), (0x87, "not authorized"),
                                         (0x85, "client id not allowed"), (0x88, "server unavailable"), (0x8a, "banned")])
def test_a_refusal_says_what_to_do_and_attempts_go_on(fake, probe, code, words):
    program = probe(fake.port)
    connection = fake.accept()
    connection.read(CONNECT)
    connection.send(connack(code))
    program.wait_error(words)
    fake.accept().greet()
    program.hear("^up 5")
    assert program.count("down") == 0


@pytest.mark.parametrize("code, words", [(4, "check username and password_file"), (5, "not authorized")])
def test_a_refusal_of_3_1_1_is_said_in_the_same_words(fake, probe, code, words):
    program = probe(fake.port, "protocol=4")
    connection = fake.accept()
    assert connection.read(CONNECT).version == 4
    connection.send(connack(code, version=4))
    program.wait_error(words)


@pytest.mark.parametrize("answer", [b"\x20\x02\x00\x01", connack(0x84)])
def test_auto_takes_3_1_1_at_once_where_5_is_unknown(fake, probe, answer):
    program = probe(fake.port, "protocol=auto")
    for _ in range(2):  # after an outage it asks for 5 again
        connection = fake.accept()
        assert connection.read(CONNECT).version == 5
        connection.send(answer)
        connection.close()
        before = time.monotonic()
        connection = fake.accept()
        assert elapsed(before) < 1
        assert connection.greet().version == 4
        program.hear("^up 4")
        program.say("pub t 5")
        message = connection.read(PUBLISH)
        assert message.payload == b"\0" * 5
        connection.send(puback(message.id, version=4), publish("a", b"zz", version=4))
        program.hear("^published %d ok" % message.id)
        program.hear("^message a 2 -")
        program.at = program.program.mark()
        connection.close()
        program.hear("^down")


def test_without_auto_an_old_broker_is_named(fake, probe):
    program = probe(fake.port, "protocol=5")
    connection = fake.accept()
    connection.read(CONNECT)
    connection.send(connack(0x84))
    program.wait_error("set protocol = 3.1.1")


def test_a_closed_port_is_said_and_left_when_it_opens(free_port, probe, make_broker):
    port = free_port()
    program = probe(port)
    program.wait_error("connection refused: is the broker running")
    make_broker(port=port)
    program.hear("^up 5", 20)


def test_an_unknown_host_is_said(probe):
    program = probe(1883, "host=broker.invalid")
    program.wait_error("check host", 20)


def test_the_password_is_read_at_each_attempt(fake, probe, tmp_path):
    path = tmp_path / "password"
    program = probe(fake.port, "user=gw", "password_file=%s" % path)
    program.wait_error("cannot read password_file")
    path.write_text("s3cret\nnot this\n")
    connect = fake.accept(20).read(CONNECT)
    assert connect.body.endswith(b"\x00\x02gw\x00\x06s3cret")


@pytest.mark.slow
def test_a_broker_that_takes_the_connection_and_never_answers_is_left(fake, probe):
    program = probe(fake.port)
    first = fake.accept()
    program.wait_error("takes the connection and does not answer", 15)
    first.wait_closed()
    fake.accept()


def test_leaving_does_not_wait_for_an_attempt_that_hangs(probe):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = [socket.socket() for _ in range(4)]  # the queue is full then, and SYNs are swallowed
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        program = probe(full.getsockname()[1])
        assert "not connected yet" in program.error()
        before = time.monotonic()
        program.quit()
        assert elapsed(before) < 1.5
        for filler in fillers:
            filler.close()


# ---- what comes in ------------------------------------------------------------------------------


def test_response_topic_and_correlation_are_handed_over(fake, probe):
    program, connection = up(fake, probe)
    connection.send(publish("cmd", b"{}", 7, properties=b"\x08\x00\x03r/t" + b"\x09\x00\x02id"))
    program.hear("^message cmd 2 r/t id")
    assert connection.read(PUBACK).body[:2] == b"\x00\x07"


def test_a_refused_subscription_is_named(fake, probe):
    program, connection = up(fake, probe)
    for filter, code in (("good/#", 1), ("bad/#", 0x87)):
        program.ask("sub " + filter, "^sub ok")
        found = connection.read(SUBSCRIBE)
        connection.send(packet(SUBACK, struct.pack(">HB", found.id, 0) + bytes([code])))
    program.hear(r"refused our subscription to bad/# \(0x87\): not authorized")
    assert program.count("link_probe: warning") == 1


def test_publishing_inside_a_handler_leaves_at_once(fake, probe):
    program, connection = up(fake, probe)
    program.ask("echo", "^echo")
    for n in range(20):
        connection.send(publish("a", b"x" * n, n + 1))
        answers = {connection.read().kind, connection.read().kind}
        assert answers == {PUBACK, PUBLISH}


def test_a_flood_does_not_starve_the_rest_of_the_program(fake, probe):
    program, connection = up(fake, probe)
    stop = threading.Event()

    def flood():
        message = publish("a", b"x" * 10) * 100
        try:
            while not stop.is_set():
                connection.sock.sendall(message)
        except OSError:
            pass

    flooder = threading.Thread(target=flood, daemon=True)
    flooder.start()
    try:
        program.hear("^message a 10")
        for _ in range(5):
            program.ask("state", "^state 1", 2)
    finally:
        stop.set()
        flooder.join(5)


def test_messages_before_connack_are_nobodys(fake, probe):
    program = probe(fake.port)
    connection = fake.accept()
    connection.read(CONNECT)
    connection.send(connack(), publish("early", b"x"), publish("a", b"yy"))
    program.hear("^up 5")
    connection.send(publish("late", b"zzz"))
    program.hear("^message late 3")
    assert program.count("message late") == 1


def give_garbage(fake, probe, settings, packets):
    program = probe(fake.port, *settings)
    for n, garbage in enumerate(packets):
        connection = fake.accept()
        connection.read(CONNECT)
        connection.send(connack(version=connection.version) + garbage if n % 2 else garbage)
        connection.wait_closed(say_no_more=True)
    connection = fake.accept()
    connection.greet()
    connection.send(publish("after/all", b"", version=connection.version))
    program.hear("^message after/all")


@pytest.mark.parametrize("seed", range(5))
def test_garbage_ends_the_connection_and_nothing_else(fake, probe, seed):
    rng = random.Random(seed)
    give_garbage(fake, probe, ["protocol=4"], [
        packet(rng.randrange(16), bytes(rng.randrange(256) for _ in range(rng.randrange(40))), rng.randrange(16)) for _ in range(5)])


@pytest.mark.parametrize("garbage", [
    b"\x30\x00", b"\x32\x02\x00\x01", b"\x32\x03\x00\x01a", b"\x36\x06\x00\x01a\x00\x01\x00", b"\x40\x01\x00", b"\x41\x02\x00\x01",
    b"\x90\x02\x00\x01", b"\xf0\x00", b"\x00\x00", b"\x30\xff\xff\xff\xff\xff\x01", b"\x20\x00", b"\x10\x00", b"\xe0\x00",
    b"\x30\x04\x00\x02\xff\xfe", b"\x30\xff\xff\xff\x7fabc"])
def test_malformed_packets_of_5_end_the_connection_and_nothing_else(fake, probe, garbage):
    give_garbage(fake, probe, ["protocol=5"], [garbage, garbage])


# ---- quiet and keep-alive -----------------------------------------------------------------------


def wakeups(program):
    return int(program.ask("wakeups", r"^wakeups (\d+)")[1])


def test_an_idle_connection_sleeps(fake, probe):
    program, _ = up(fake, probe)
    before = wakeups(program)
    time.sleep(2)
    assert wakeups(program) - before <= 3


@pytest.mark.slow
def test_an_unanswered_ping_ends_the_connection(fake, probe):
    program, connection = up(fake, probe, "keepalive=5")
    for _ in range(2):
        before = time.monotonic()
        connection.sock.settimeout(10)
        connection.read(PINGREQ)
        assert elapsed(before) < 7.5  # 1.5 times the keep-alive, when a broker gives up
        connection.send(b"\xd0\x00")
    connection.read(PINGREQ)
    program.hear("^down .*no answer to a ping", 15)


@pytest.mark.slow
def test_the_servers_keepalive_counts(fake, probe):
    program, connection = up(fake, probe, properties=b"\x13\x00\x05")
    connection.sock.settimeout(8)
    connection.read(PINGREQ)


# ---- TLS ----------------------------------------------------------------------------------------


def tls_settings(certificates):
    return ["tls=yes", "ca=" + certificates.ca]


def test_tls_connects_and_carries(fake, probe, certificates):
    program = probe(fake.port, *tls_settings(certificates))
    connection = fake.accept(tls=certificates.context())
    connection.greet()
    program.hear("^up 5")
    program.ask("pub t 100000", "^pub ok")
    message = connection.read(PUBLISH)
    assert len(message.payload) == 100000
    connection.send(puback(message.id))
    program.hear("^published .* ok")


def test_what_tls_decrypted_ahead_is_read_without_another_byte(fake, probe, certificates):
    program = probe(fake.port, *tls_settings(certificates))
    connection = fake.accept(tls=certificates.context())
    connection.greet()
    program.hear("^up 5")
    program.ask("echo", "^echo")
    for _ in range(10):  # one record holds them all
        connection.send(*[publish("a", b"%d" % i, i + 1) for i in range(20)])
        found = [connection.read() for _ in range(40)]
        assert sorted(packet.kind for packet in found) == [PUBLISH] * 20 + [PUBACK] * 20
        connection.send(*[puback(packet.id) for packet in found if packet.kind == PUBLISH])


def test_tls_to_a_closed_port_does_not_spin(free_port, probe, certificates):
    program = probe(free_port(), *tls_settings(certificates))
    program.wait_error("connection refused")
    before, cpu = wakeups(program), cpu_seconds(program.program.pid)
    time.sleep(1.5)
    assert wakeups(program) - before < 100 and cpu_seconds(program.program.pid) - cpu < 0.5


@pytest.mark.parametrize("how", ["close", "reset", "half", "garbage"])
def test_a_peer_that_dies_in_the_handshake_does_not_spin(fake, probe, certificates, how):
    program = probe(fake.port, *tls_settings(certificates))
    connection = fake.accept()
    connection.sock.recv(100)
    cpu = cpu_seconds(program.program.pid)
    if how == "half":
        connection.sock.shutdown(socket.SHUT_WR)
    elif how == "garbage":
        connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    else:
        getattr(connection, how)()
    connection = fake.accept(5)  # it has noticed, and tries again
    assert cpu_seconds(program.program.pid) - cpu < 0.5
    assert program.count("up") == 0 and program.error()


def test_an_unknown_ca_is_said(fake, probe, certificates, tmp_path):
    other = Certificates(str(tmp_path))
    program = probe(fake.port, "tls=yes", "ca=" + other.ca)
    with pytest.raises(OSError):
        fake.accept(tls=certificates.context()).greet()
    program.wait_error("TLS failed: certificate verify failed; check ca")


def test_a_name_that_is_not_in_the_certificate_is_refused(fake, probe, certificates):
    program = probe(fake.port, "host=localhost", *tls_settings(certificates))
    with pytest.raises((OSError, EOFError)):
        fake.accept(tls=certificates.context()).greet()
    program.wait_error("TLS failed")


def test_plain_to_a_tls_port_is_not_up(fake, probe, certificates):
    program = probe(fake.port)
    with pytest.raises(OSError):
        fake.accept(tls=certificates.context())
    fake.accept()
    assert program.count("up") == 0


def test_an_unreadable_ca_is_said(probe, free_port):
    program = probe(free_port(), "tls=yes", "ca=/nonexistent/ca.pem")
    program.wait_error("cannot read one of ca /nonexistent/ca.pem")


# ---- a real broker ------------------------------------------------------------------------------


def test_a_real_broker_comes_and_goes(make_broker, probe):
    broker = make_broker()
    program = probe(broker.port, "will=w/status")
    for n in range(3):
        program.hear("^up 5", 20)
        program.say("sub a/#", "pub a/b 1000 5")
        program.hear("^message a/b 1000", 10)
        program.at = program.program.mark()
        broker.kill() if n % 2 else broker.stop()
        program.hear("^down")
        broker.start()
    program.hear("^up 5", 20)
    program.quit()
