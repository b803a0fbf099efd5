# SPDX-License-Identifier: MIT
"""The hub's rules (DESIGN 5.3, 5.4) from outside: a scripted gateway sends batches through a real broker to a real hub."""
import hashlib, itertools, json

import pytest

from site_lab import Site
from test_protocol_doc import Ear

NUMBERS = itertools.count(1)
EPOCH_A, EPOCH_B, EPOCH_C = ("01JD4Z0000000000000000000%s" % c for c in "ABC")
ZERO = "0" * 64


class Log:
    """A gateway's log: lines and their chain."""

    def __init__(self, epoch, after=None):
        self.epoch, self.first = epoch, (after[1] if after else 0) + 1
        self.hashes = {self.first - 1: after[2] if after else ZERO}
        self.lines = {}
        self.add(type="system", state="started", epoch=epoch, version="t",
                 after={"epoch": after[0], "seq": after[1], "hash": after[2]} if after else None)

    @property
    def last(self):
        return self.first + len(self.lines) - 1

    def add(self, **event):
        seq = self.last + 1
        self.raw(seq, json.dumps({"seq": seq, "ts": "2026-11-20T12:00:00.000Z", **event}, separators=(",", ":")))

    def raw(self, seq, line):
        self.lines[seq] = line
        self.hashes[seq] = hashlib.sha256(bytes.fromhex(self.hashes[seq - 1]) + line.encode()).hexdigest()

    def pick(self, qty=1, sku="TEA"):
        self.add(type="move", kind="pick", sku=sku, qty=qty, **{"from": "A-01"}, to="tote:T", sell=-qty, order="SO", line=1)

    def point(self, seq=None):
        seq = seq or self.last
        return self.epoch, seq, self.hashes[seq]

    def batch(self, gateway, first=None, last=None, **header):
        first, last = first or self.first, last or self.last
        head = {"v": 1, "site": "leeds", "gateway": gateway, "epoch": self.epoch, "first": first, "last": last,
                "prev": self.hashes[first - 1], "sent": "2026-11-20T12:00:00.000Z", **header}
        return "\n".join([json.dumps(head)] + [self.lines[n] for n in range(first, last + 1)])


class Gateway:
    def __init__(self, site, ear):
        self.site, self.ear, self.name = site, ear, "gw-%02d" % next(NUMBERS)

    def send(self, payload):
        """A batch; the hub's ack."""
        topic = "/%s/ack" % self.name
        self.ear.last.pop(topic, None)
        self.ear.say("/%s/log" % self.name, payload)
        return json.loads(self.ear.wait(topic))

    def exceptions(self):
        return sorted(e["kind"] for e in self.site.hub_json("exceptions")["exceptions"] if self.name in json.dumps(e))

    def events(self):
        return {g["gateway"]: g["events"] for g in self.site.hub_json("gateways")["gateways"]}.get(self.name, 0)


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    site = Site(str(tmp_path_factory.mktemp("rules")))
    ear = None
    try:
        site.start_broker()
        site.start_hub()
        ear = Ear(site.broker_port)
        ear.wait("/hub/status", lambda text: '"online"' in text)
        yield site, ear
        assert site.hub_json("verify")["ok"]
    finally:
        if ear:
            ear.close()
        site.close()


@pytest.fixture
def gateway(hub):
    return Gateway(*hub)


@pytest.fixture
def log():
    made = Log(EPOCH_A)
    for _ in range(4):
        made.pick()
    return made


def held(ack, log, seq, **flags):
    assert ack == {"v": 1, "epoch": log.epoch, "through": seq, "hash": log.hashes[seq], **flags}


def test_a_batch_is_applied_and_acknowledged_with_its_hash(gateway, log):
    held(gateway.send(log.batch(gateway.name)), log, 5)
    assert gateway.events() == 5


def test_the_same_twice_counts_once(gateway, log):
    gateway.send(log.batch(gateway.name))
    held(gateway.send(log.batch(gateway.name)), log, 5)
    held(gateway.send(log.batch(gateway.name, 2, 3)), log, 5)
    assert gateway.events() == 5


def test_what_is_partly_known_is_completed(gateway, log):
    held(gateway.send(log.batch(gateway.name, 1, 3)), log, 3)
    held(gateway.send(log.batch(gateway.name, 2, 5)), log, 5)
    assert gateway.events() == 5 and gateway.exceptions() == []


def test_a_gap_sends_the_gateway_back(gateway, log):
    gateway.send(log.batch(gateway.name, 1, 2))
    held(gateway.send(log.batch(gateway.name, 4, 5)), log, 2, gap=True)
    held(gateway.send(log.batch(gateway.name, 3, 5)), log, 5)


def test_an_epoch_without_its_beginning_is_parked(gateway, log):
    ack = gateway.send(log.batch(gateway.name, 3, 5))
    assert (ack["epoch"], ack["through"], ack["gap"]) == (EPOCH_A, 0, True)
    assert gateway.events() == 0


def test_a_restart_continues_where_the_log_ended(gateway, log):
    gateway.send(log.batch(gateway.name))
    again = Log(EPOCH_B, log.point())
    again.pick()
    held(gateway.send(again.batch(gateway.name)), again, 7)
    assert gateway.events() == 7 and gateway.exceptions() == []


def test_a_restart_before_its_log_arrived_is_parked(gateway, log):
    gateway.send(log.batch(gateway.name, 1, 3))
    again = Log(EPOCH_B, log.point())
    held(gateway.send(again.batch(gateway.name)), log, 3, gap=True)
    gateway.send(log.batch(gateway.name, 4, 5))
    held(gateway.send(again.batch(gateway.name)), again, 6)


def test_a_restored_image_keeps_both_branches_and_tells_people(gateway, log):
    gateway.send(log.batch(gateway.name))
    restored = Log(EPOCH_B, log.point(3))
    restored.pick()
    held(gateway.send(restored.batch(gateway.name)), restored, 5)
    assert gateway.events() == 7
    assert gateway.exceptions() == ["epoch_changed"]


def test_a_cloned_card_is_noticed(gateway, log):
    gateway.send(log.batch(gateway.name))
    one, two = Log(EPOCH_B, log.point()), Log(EPOCH_C, log.point())
    one.pick()
    two.pick()
    held(gateway.send(one.batch(gateway.name)), one, 7)
    held(gateway.send(two.batch(gateway.name)), two, 7)
    assert gateway.events() == 9
    assert gateway.exceptions() == ["epoch_changed"]


def test_another_event_under_a_known_number_is_a_fork(gateway, log):
    gateway.send(log.batch(gateway.name))
    other = Log(EPOCH_A)
    other.pick(7)
    for _ in range(4):
        other.pick()
    held(gateway.send(other.batch(gateway.name)), log, 5, fork=True)
    assert gateway.events() == 5
    assert gateway.exceptions() == ["fork"]


def test_a_broken_chain_is_a_fork(gateway, log):
    gateway.send(log.batch(gateway.name, 1, 3))
    held(gateway.send(log.batch(gateway.name, 4, 5, prev="ab" * 32)), log, 3, fork=True)
    assert gateway.exceptions() == ["fork"]


def test_a_malformed_event_is_kept_as_evidence_and_the_rest_goes_on(gateway):
    log = Log(EPOCH_A)
    log.raw(2, '{"seq":2,"ts":"2026-11-20T12:00:00.000Z","type":"dance"}')
    log.raw(3, "not even JSON")
    log.pick()
    held(gateway.send(log.batch(gateway.name)), log, 4)
    assert gateway.events() == 4
    assert gateway.exceptions() == ["quarantined_event"]


@pytest.mark.parametrize("payload", ["", "{}", "\x00\xff", '{"v":1}\n{"seq":1}', "[" * 10000])
def test_what_is_no_batch_is_told_to_people_and_stops_nothing(hub, payload, log):
    gateway = Gateway(*hub)
    gateway.ear.say("/%s/log" % gateway.name, payload)
    held(gateway.send(log.batch(gateway.name)), log, 5)
    assert gateway.exceptions() == ["quarantined_event"]


def test_a_batch_of_somebody_else_is_refused(gateway, log):
    gateway.ear.say("/%s/log" % gateway.name, log.batch("gw-99"))
    held(gateway.send(log.batch(gateway.name)), log, 5)
    assert gateway.exceptions() == ["quarantined_event"]


def totals(epoch, as_of, **skus):
    return json.dumps({"v": 1, "epoch": epoch, "as_of": as_of, "totals": {s: {"sell": -n, "picked": n} for s, n in skus.items()}})


def test_totals_count_before_their_log_and_agree_with_it(gateway):
    sku = "S-" + gateway.name
    log = Log(EPOCH_A)
    for _ in range(4):
        log.pick(sku=sku)
    gateway.send(log.batch(gateway.name, 1, 2))
    gateway.ear.say("/%s/now" % gateway.name, totals(EPOCH_A, 5, **{sku: 4}))
    gateway.ear.wait("/stock/" + sku, lambda text: json.loads(text)["on_hand"] == -4)
    gateway.ear.say("/%s/now" % gateway.name, totals(EPOCH_A, 3, **{sku: 2}))  # older: the newest wins
    held(gateway.send(log.batch(gateway.name, 3, 5)), log, 5)
    gateway.ear.wait("/stock/" + sku, lambda text: json.loads(text)["on_hand"] == -4)
    assert "totals_mismatch" not in gateway.exceptions()


def test_totals_that_contradict_the_log_are_told(gateway):
    sku = "S-" + gateway.name
    log = Log(EPOCH_A)
    for _ in range(4):
        log.pick(sku=sku)
    gateway.ear.say("/%s/now" % gateway.name, totals(EPOCH_A, 5, **{sku: 9}))
    gateway.ear.wait("/stock/" + sku, lambda text: json.loads(text)["on_hand"] == -9)
    gateway.send(log.batch(gateway.name))
    gateway.ear.wait("/stock/" + sku, lambda text: json.loads(text)["on_hand"] == -4)
    assert "totals_mismatch" in gateway.exceptions()
