# SPDX-License-Identifier: MIT
"""What `tally verify` and `tally-hub verify` have to find: a byte, an event, a figure that somebody changed."""
import os, sqlite3

import pytest

from site_lab import PtyScanner, Site, wait_until

GOODS = [
    '{"type":"item","sku":"TEA","name":"Tea","codes":["4006381333931"]}',
    '{"type":"location","location":"A-01","kind":"bin","walk":1}',
    '{"type":"move","id":"o1","kind":"adjust","sku":"TEA","qty":100,"from":"@adjust","to":"A-01"}',
    '{"type":"order","order":"SO-1","lines":[{"line":1,"sku":"TEA","qty":5,"location":"A-01"}]}',
]


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    """A ledger and a hub's store after some work, both stopped."""
    folder = str(tmp_path_factory.mktemp("verify"))
    site = Site(folder)
    try:
        site.start_broker()
        site.start_hub()
        goods = os.path.join(folder, "goods.ndjson")
        with open(goods, "w") as f:
            f.write("\n".join(GOODS) + "\n")
        site.import_file(goods)
        gateway = site.add_gateway("gw-01")
        scanner = PtyScanner(gateway.tty)
        gateway.start()
        wait_until(lambda: gateway.stock().get(("A-01", "TEA")) == 100, 10, "the feed has come")
        for code in ("SO-1", "A-01", "4006381333931", "4006381333931", "NONSENSE", "T$DAMAGED", "A-01", "4006381333931"):
            scanner.send(code)
            assert scanner.feedback(5)
        wait_until(lambda: site.synced(gateway), 10, "the hub holds the log")
        gateway.stop()
        site.hub.stop()
        scanner.close()
        yield site, os.path.join(gateway.folder, "data", "ledger.db"), os.path.join(folder, "hub.db")
    finally:
        site.close()


def tampered(tmp_path, source, *statements):
    """A copy with the statements run on it, the guards of the tables taken off first."""
    copy = str(tmp_path / os.path.basename(source))
    with sqlite3.connect(source) as original, sqlite3.connect(copy) as target:
        original.backup(target)
        for (name,) in target.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            target.execute("DROP TRIGGER " + name)
        for statement in statements:
            assert target.execute(statement).rowcount == 1, statement
    original.close()
    target.close()
    return copy


def verify_ledger(site, path, ok):
    answer = site.run("tally", "verify", "--db", path, "--json", ok=(0,) if ok else (1,))
    assert answer["ok"] is ok
    return str(answer)


def verify_hub(site, tmp_path, path, ok):
    config = tmp_path / "hub.conf"
    config.write_text("[hub]\nsites = leeds\nstore = sqlite:%s\n" % path)
    answer = site.run("tally-hub", "--config", str(config), "verify", "--json", ok=(0,) if ok else (1,))
    assert answer["ok"] is ok
    return answer["text"]


# A move's line, with one character of it another one.
FLIP = "UPDATE event SET line = replace(line, '\"qty\":1', '\"qty\":2') WHERE seq = (SELECT min(seq) FROM event WHERE line LIKE '%\"kind\":\"pick\"%')"

LEDGER_CASES = {
    "nothing": ((), None),
    "a flipped byte": ((FLIP,), "hash does not fit"),
    "a removed event": (("DELETE FROM event WHERE seq = 5",), "missing"),
    "stock": (("UPDATE stock SET qty = qty + 1000 WHERE location = 'A-01'",), "stock"),
    "a stock row too few": (("DELETE FROM stock WHERE location = 'order:SO-1'",), "stock"),
    "picked": (("UPDATE line_progress SET picked = picked + 1000",), "line_progress"),
    "an order's state": (("UPDATE order_progress SET state = 2",), "order_progress"),
    "running totals": (("UPDATE total SET sell = sell - 1000 WHERE sku = 'TEA'",), "total"),
    "an exception": (("UPDATE exception SET count = 7 WHERE kind = 3",), "exception"),
}


@pytest.mark.parametrize("case", LEDGER_CASES)
def test_the_ledgers_proof_finds(case, evidence, tmp_path):
    site, ledger, _ = evidence
    statements, words = LEDGER_CASES[case]
    said = verify_ledger(site, tampered(tmp_path, ledger, *statements), words is None)
    assert words is None or words in said, said


HUB_CASES = {
    "nothing": ((), None),
    "a flipped byte": ((FLIP,), "hash does not fit"),
    "a removed event": (("DELETE FROM event WHERE seq = 5",), "missing"),
    "on hand": (("UPDATE sku_sum SET on_hand = on_hand + 1000",), "on hand"),
    "stock": (("UPDATE stock SET qty = qty + 1000 WHERE location = 'A-01' AND part = 'gw-01'",), "stock"),
    "picked": (("UPDATE order_line SET picked = picked + 1000",), "order line"),
    "totals of an epoch": (("UPDATE epoch_sku SET sell = sell - 1000 WHERE picked > 0",), "totals"),
}


@pytest.mark.parametrize("case", HUB_CASES)
def test_the_hubs_proof_finds(case, evidence, tmp_path):
    site, _, hub = evidence
    statements, words = HUB_CASES[case]
    said = verify_hub(site, tmp_path, tampered(tmp_path, hub, *statements), words is None)
    assert words is None or words in said, said
