# SPDX-License-Identifier: MIT
"""kill -9 of tallyd, the hub or the broker at any moment: nothing acknowledged is lost, nothing is doubled.

50 kills in `make test`; KILLS=500 in `make test-long`.
"""
import os, random, sys, time

import pytest

import harness
sys.path.insert(0, os.path.join(harness.ROOT, "tests", "virtual"))
from demo import Store, STORE
from site_lab import Picker, PtyScanner, Site, wait_until

SCANS_A_KILL = 12


class Shelf:
    """Endless work that changes stock both ways: one unit is damaged, one comes back."""

    def __init__(self, picker, store):
        self.picker, self.store, self.random = picker, store, picker.random
        self.skus = sorted(store.items)[:20]

    def damage(self, sku):
        self.picker.expect("T$DAMAGED")
        self.picker.expect(self.store.bin[sku])
        self.picker.expect(self.store.code(sku))
        self.store.on_hand[sku] -= 1

    def give_back(self, sku):
        self.picker.expect("T$RETURN")
        self.picker.expect("T$DONE")
        self.picker.item(self.store.code(sku), 2)
        self.picker.expect("T$REASONunwanted")
        self.picker.expect(self.store.bin[sku])
        self.store.on_hand[sku] += 2

    def work(self):
        sku = self.random.choice(self.skus)
        (self.damage if self.store.on_hand[sku] > 5 and self.random.random() < 0.6 else self.give_back)(sku)


class Killer:
    """Between a scan and its feedback, now and then, one of the three dies."""

    def __init__(self, site, gateway, kills, rng):
        self.site, self.gateway, self.left, self.random = site, gateway, kills, rng
        self.victims = {"tallyd": 0, "tally-hub": 0, "mosquitto": 0}
        self.wait = rng.randrange(SCANS_A_KILL)

    def __call__(self):
        self.wait -= 1
        if self.wait > 0 or not self.left:
            return
        self.left -= 1
        self.wait = self.random.randrange(1, 2 * SCANS_A_KILL)
        time.sleep(self.random.random() * 0.003)
        victim = self.random.choice(["tallyd", "tallyd", "tally-hub", "mosquitto"])
        self.victims[victim] += 1
        if victim == "tallyd":
            self.gateway.kill()  # the picker notices and starts it again
        elif victim == "tally-hub":
            self.site.hub.kill()
            self.site.start_hub()
        else:
            self.site.broker.kill()
            self.site.start_broker()


def kill_loop(folder, kills, seed):
    site = Site(folder)
    gateway = site.add_gateway("gw-01", label_on="never")
    scanner = None
    try:
        site.start_broker()
        site.start_hub()
        site.import_file(STORE)
        store = Store(STORE)
        scanner = PtyScanner(gateway.tty)
        gateway.start()
        wait_until(lambda: len(gateway.stock()) >= len(store.opening), 20, "the opening stock arrives")
        picker = Picker(gateway, scanner)
        picker.random = random.Random(seed)
        picker.before_feedback = killer = Killer(site, gateway, kills, picker.random)
        shelf = Shelf(picker, store)
        while killer.left:
            shelf.work()
        picker.before_feedback = None
        if not gateway.program.running():  # the last kill came after the last feedback
            gateway.start()
        print("%s; %d scans sent again, %d known from the station's state" % (killer.victims, picker.resent, picker.known))

        wait_until(lambda: site.synced(gateway), 60, "the hub holds the whole log")
        hub = {row["sku"]: row["on_hand"] for row in site.hub_json("stock")["stock"]}
        assert hub == store.on_hand
        bins = set(store.bin.values())

        def view():
            totals = dict.fromkeys(store.items, 0)
            for (location, sku), qty in gateway.stock().items():
                if location in bins:
                    totals[sku] += qty
            return totals
        wait_until(lambda: view() == store.on_hand, 20, "the gateway's view agrees")
        assert site.run("tally", "--socket", gateway.socket, "verify", "--json")["ok"]
        assert site.run("tally-hub", "--config", site.hub_config, "verify", "--json")["ok"]
    except BaseException:
        print("%s\n%s" % (site.hub_json("gateways"), site.words()))
        raise
    finally:
        site.close()
        if scanner:
            scanner.close()


def test_fifty_kills_lose_and_double_nothing(tmp_path):
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print("SEED=%d" % seed)
    kill_loop(str(tmp_path), 50, seed)


@pytest.mark.slow
def test_five_hundred_kills_lose_and_double_nothing(tmp_path):
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print("SEED=%d" % seed)
    kill_loop(str(tmp_path), int(os.environ.get("KILLS", 500)), seed)
