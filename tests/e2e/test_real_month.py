# SPDX-License-Identifier: MIT
"""A month of a real online store, scanned through one gateway: 1,550 orders, 41,313 lines, 698 returns, 270 adjustments.

On the way the broker is stopped once and tallyd is killed twenty times at random moments. At the end the storefront's
figures, the hub's table, the gateway's view and the arithmetic of tools/retail.py are the same for every SKU.

The data is not part of the project: skipped where ../shared/data/retail is absent.
"""
import csv, json, os, random, subprocess, sys, threading, time

import pytest

import harness
sys.path.insert(0, os.path.join(harness.ROOT, "tests", "virtual"))
import paho.mqtt.client as mqtt
from site_lab import Picker, PtyScanner, Site, wait_until

SHARED = os.path.join(os.path.dirname(harness.ROOT), "shared")
MONTH = os.path.join(SHARED, "data", "retail", "2010-12.csv")
TOOL = os.path.join(SHARED, "tools", "retail.py")
KILLS = 20
DAMAGED = ("damage", "faulty", "broken", "wet", "mouldy", "smashed", "thrown")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not os.path.exists(MONTH), reason="no ../shared/data/retail/2010-12.csv here")]


def ndjson(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


def prepare(folder):
    """Work and catalogue, from the store's order lines. Returns (work, expected closing stock, place of each sku)."""
    subprocess.run([sys.executable, TOOL, folder, MONTH], check=True, capture_output=True)
    items = ndjson(os.path.join(folder, "items.ndjson"))
    opening = ndjson(os.path.join(folder, "opening.ndjson"))
    work = ndjson(os.path.join(folder, "work.ndjson"))
    place = {o["sku"]: o["location"] for o in opening}
    with open(os.path.join(folder, "catalogue.ndjson"), "w") as f:
        for n, location in enumerate(sorted(place.values())):
            f.write(json.dumps({"type": "location", "location": location, "kind": "bin", "sellable": True, "walk": n + 1}) + "\n")
        f.write(json.dumps({"type": "location", "location": "RETURNS", "kind": "returns", "sellable": False}) + "\n")
        for item in items:
            f.write(json.dumps({"type": "item", "sku": item["sku"], "name": item["name"], "codes": [item["code"]], "safety": 0}) + "\n")
        for o in opening:
            f.write(json.dumps({"type": "move", "id": "opening-" + o["sku"], "kind": "adjust", "sku": o["sku"], "qty": o["qty"],
                                "from": "@adjust", "to": o["location"], "reason": "opening"}) + "\n")
        for w in work:
            if w["do"] == "order":
                f.write(json.dumps({"type": "order", "order": w["order"], "lines": w["lines"]}) + "\n")
    with open(os.path.join(folder, "expected.csv")) as f:
        expected = {row["sku"]: int(row["closing"]) for row in csv.DictReader(f)}
    return work, expected, place, {o["sku"]: o["qty"] for o in opening}


class Month:
    """Does the work by scans, keeping its own book of what is on each shelf (a count needs it)."""

    def __init__(self, picker, place, book):
        self.picker, self.place, self.book = picker, place, book
        self.mode = None
        self.later = []  # adjustments that no shelf can show yet

    def enter(self, mode):
        if self.mode != mode:
            self.picker.expect("T$" + mode)
            self.mode = mode

    def order(self, work):
        self.enter("PICK")
        self.picker.expect(work["order"])
        for line in sorted(work["lines"], key=lambda l: (l["location"], l["line"])):
            self.picker.expect(line["location"])
            self.picker.item(line["sku"], line["qty"])
            self.book[line["sku"]] -= line["qty"]

    def give_back(self, work):
        self.enter("RETURN")
        self.picker.expect("T$DONE")  # the cancelled invoice is no order of ours
        self.picker.item(work["sku"], work["qty"])
        self.picker.expect("T$REASONcancelled")
        self.picker.expect(self.place[work["sku"]])
        self.picker.expect("T$DONE")
        self.book[work["sku"]] += work["qty"]

    def adjust(self, work):
        sku, qty = work["sku"], work["qty"]
        if self.book[sku] + qty < 0:
            # The month's loss comes before what makes it possible (a find, a return). Nobody counts less than nothing:
            # the person does it when the shelf can show it.
            self.later.append(work)
            return
        self.book[sku] += qty
        if qty < 0 and any(word in work["note"].lower() for word in DAMAGED):
            self.picker.expect("T$DAMAGED")
            self.picker.expect(self.place[sku])
            self.picker.item(sku, -qty)
            return
        self.enter("COUNT")
        self.picker.expect(self.place[sku])
        self.picker.item(sku, self.book[sku])
        self.picker.expect("T$DONE")

    def finish(self):
        """What had to wait, in an order in which it can be done."""
        while self.later:
            waiting, self.later = self.later, []
            for work in sorted(waiting, key=lambda w: -w["qty"]):
                self.adjust(work)
            if len(self.later) == len(waiting):
                raise AssertionError("no shelf can show %s" % self.later[:3])

    def do(self, work):
        {"order": self.order, "return": self.give_back, "adjust": self.adjust}[work["do"]](work)


class Trouble:
    """Kills tallyd at random moments: between a scan's bytes and its feedback, up to 3 ms after."""

    def __init__(self, gateway, n_scans, seed):
        self.gateway, self.random = gateway, random.Random(seed)
        self.at = sorted(self.random.sample(range(n_scans), KILLS))
        self.scans = self.kills = 0

    def __call__(self):
        self.scans += 1
        if self.at and self.scans >= self.at[0]:
            self.at.pop(0)
            time.sleep(self.random.random() * 0.003)
            self.gateway.kill()
            self.kills += 1


def count_scans(work):
    return sum(1 + 3 * len(w["lines"]) if w["do"] == "order" else 6 for w in work)


def stop_broker_for_a_while(site, seconds):
    site.broker.stop()
    time.sleep(seconds)  # the outage itself: scanning goes on meanwhile in the main thread
    site.start_broker()


def storefront(site, expected, timeout):
    """The retained /stock figures, as a client that comes at the end sees them."""
    figures, done = {}, threading.Event()
    client = mqtt.Client(client_id="storefront", protocol=mqtt.MQTTv5)

    def on_message(c, u, message):
        figure = json.loads(message.payload)
        figures[figure["sku"]] = figure["on_hand"]
        if figures == expected:
            done.set()
    client.on_connect = lambda c, *_: c.subscribe("tally/v1/%s/stock/+" % site.name, 1)
    client.on_message = on_message
    client.connect("127.0.0.1", site.broker_port)
    client.loop_start()
    done.wait(timeout)
    client.disconnect()
    client.loop_stop()
    return figures


def assert_no_event_lost_or_doubled(site, gateway):
    """The hub holds the gateway's log, whole: the same number of events, and every unit of work once (the sums above)."""
    status = gateway.status()
    hub = {g["gateway"]: g for g in site.hub_json("gateways")["gateways"]}
    assert hub[gateway.name]["events"] == status["seq"]


def test_a_real_month_ends_with_the_expected_stock(tmp_path):
    folder = str(tmp_path)
    work, expected, place, opening = prepare(folder)
    site = Site(folder)
    scanner = None
    try:
        site.start_broker()
        site.start_hub()
        site.import_file(os.path.join(folder, "catalogue.ndjson"))
        gateway = site.add_gateway("gw-01", label_on="never")
        scanner = PtyScanner(gateway.tty)
        gateway.start()
        wait_until(lambda: gateway.api.get("/api/v1/orders/" + [w for w in work if w["do"] == "order"][-1]["order"]), 60, "the feed arrives")
        wait_until(lambda: len(gateway.stock()) == len(opening), 60, "the opening stock arrives")

        picker = Picker(gateway, scanner)
        seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
        print("SEED=%d" % seed)
        picker.before_feedback = trouble = Trouble(gateway, int(count_scans(work) * 0.85), seed)
        month = Month(picker, place, dict(opening))
        outage = None
        start = time.monotonic()
        for n, piece in enumerate(work):
            if n == len(work) // 2:
                outage = threading.Thread(target=stop_broker_for_a_while, args=(site, 10))
                outage.start()
            month.do(piece)
        month.finish()
        outage.join()
        print("%d scans in %.0f s, %d kills, %d scans sent again, %d known from the station's state"
              % (trouble.scans, time.monotonic() - start, trouble.kills, picker.resent, picker.known))
        assert trouble.kills == KILLS

        wait_until(lambda: site.synced(gateway), 120, "the hub holds the whole log")
        assert storefront(site, expected, 30) == expected
        assert {row["sku"]: row["on_hand"] for row in site.hub_json("stock")["stock"]} == expected
        bins = set(place.values())
        view = dict.fromkeys(expected, 0)
        for (location, sku), qty in gateway.stock().items():
            if location in bins:
                view[sku] += qty
        assert view == expected
        assert len(expected) == 2749
        assert_no_event_lost_or_doubled(site, gateway)
        assert site.run("tally", "--socket", gateway.socket, "verify", "--json", timeout=120)["ok"]
        assert site.run("tally-hub", "--config", site.hub_config, "verify", "--json", timeout=120)["ok"]
    except BaseException:
        print(site.words()[-8000:])
        raise
    finally:
        site.close()
        if scanner:
            scanner.close()
