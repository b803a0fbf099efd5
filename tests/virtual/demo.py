#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make demo: a small shop with two gateways, picked by virtual people with virtual scanners and printers.

A private broker, the hub, two gateways; half of the orders are picked, one gateway loses its network and goes on picking,
comes back, and then everything has to agree: gateways, hub, the retained MQTT topics and plain arithmetic. Exit status 0 only then.

KEEP=1 leaves it running and says what to try.
"""
import json, os, shutil, signal, subprocess, sys, tempfile, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import paho.mqtt.client as mqtt
from harness import BUILD
from site_lab import Site, wait_until

STORE = os.path.join(HERE, "store", "harbour-lane.ndjson")
KEEP = os.environ.get("KEEP", "") not in ("", "0")
COLOUR = sys.stdout.isatty()


def paint(text, code):
    return "\033[%sm%s\033[0m" % (code, text) if COLOUR else text


def say(text):
    print(text, flush=True)


def headline(text):
    say("\n" + paint("== " + text, "1"))


class Store:
    """The sample store's file, as the demo's own arithmetic sees it: no program of ours has a part in it."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            self.entries = [json.loads(line) for line in f]
        self.items = {e["sku"]: e for e in self.entries if e["type"] == "item"}
        self.walk = {e["location"]: e.get("walk", 0) for e in self.entries if e["type"] == "location"}
        self.orders = [e for e in self.entries if e["type"] == "order"]
        self.opening, self.bin = {}, {}
        for e in self.entries:
            if e["type"] == "move":
                self.opening[e["sku"]] = self.opening.get(e["sku"], 0) + e["qty"]
                self.bin[e["sku"]] = e["to"]
        self.on_hand = dict(self.opening)
        self.open_units = {sku: 0 for sku in self.items}
        for order in self.orders:
            for line in order["lines"]:
                self.open_units[line["sku"]] += line["qty"]

    def code(self, sku):
        return "]E0" + self.items[sku]["codes"][0]

    def available(self, sku):
        return max(0, self.on_hand[sku] - self.open_units[sku] - self.items[sku]["safety"])


class Person:
    """Scans through vscanner and keeps the books in a head of their own."""

    def __init__(self, site, store, gateway):
        self.store, self.gateway = store, gateway
        self.scans = 0
        self.scanner = site.spawn("vscanner", "--link", gateway.tty, stdin=subprocess.PIPE)
        wait_until(lambda: os.path.lexists(gateway.tty), 10, "the scanner's port")

    def scan(self, code, wanted="good"):
        before = self.scanner.mark()
        self.scanner.process.stdin.write(code.encode() + b"\n")
        self.scanner.process.stdin.flush()
        answer = self.scanner.wait_line("^(good|bad|attention|silent) ", after=before)[1]
        self.scans += 1
        if answer != wanted:
            raise SystemExit("%s: scan %s was answered %s instead of %s; screen: %s"
                             % (self.gateway.name, code, answer, wanted, self.gateway.place()["screen"]))

    def item(self, sku, qty):
        if qty != 1:
            self.scan("T$QTY%d" % qty)
        self.scan(self.store.code(sku))

    def pick(self, order, short_line=None):
        """All lines in walking order; the line numbered short_line is not on the shelf."""
        self.scan("T$PICK")
        self.scan(order["order"])
        for line in sorted(order["lines"], key=lambda l: (self.store.walk[l["location"]], l["line"])):
            sku, qty = line["sku"], line["qty"]
            self.scan(line["location"])
            if line["line"] == short_line:
                self.scan("T$SHORT")
                # what the book says is there goes to hold: not for sale until somebody counts
                self.store.on_hand[sku] = 0
            else:
                self.item(sku, qty)
                self.store.on_hand[sku] -= qty
            self.store.open_units[sku] -= qty

    def damaged(self, sku):
        self.scan("T$DAMAGED")
        self.scan(self.store.bin[sku])
        self.scan(self.store.code(sku))
        self.store.on_hand[sku] -= 1

    def give_back(self, order, line):
        self.scan("T$RETURN")
        self.scan(order["order"])
        self.item(line["sku"], 1)
        self.scan("T$REASONunwanted")
        self.scan(line["location"])
        self.store.on_hand[line["sku"]] += 1
        self.scan("T$DONE")
        self.scan("T$PICK")


class StockWatch:
    """What a storefront sees: the retained /stock topics, as they come."""

    def __init__(self, site):
        self.figures, self.changed = {}, threading.Condition()
        self.client = mqtt.Client(client_id="storefront", protocol=mqtt.MQTTv5)
        self.client.on_connect = lambda c, *_: c.subscribe("tally/v1/%s/stock/+" % site.name, 1)
        self.client.on_message = self._message
        self.client.connect("127.0.0.1", site.broker_port)
        self.client.loop_start()

    def _message(self, client, userdata, message):
        with self.changed:
            figure = json.loads(message.payload)
            self.figures[figure["sku"]] = figure
            self.changed.notify_all()

    def agrees(self, store):
        return all(sku in self.figures and self.figures[sku]["on_hand"] == store.on_hand[sku]
                   and self.figures[sku]["available"] == store.available(sku) for sku in store.items)

    def wait_agreement(self, store, timeout):
        with self.changed:
            return self.changed.wait_for(lambda: self.agrees(store), timeout)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def build_site(site):
    headline("Starting broker, hub, two gateways, two scanners, two printers")
    site.start_broker()
    site.start_hub()
    say(site.import_file(STORE).strip())
    people = []
    for name in ("gw-01", "gw-02"):
        labels = os.path.join(site.folder, name, "labels")
        os.makedirs(labels, exist_ok=True)
        printer = site.spawn("vprinter", "--port", "0", "--dir", labels, stdin=subprocess.PIPE)
        port = int(printer.wait_line(r"listening on (\d+)")[1])
        gateway = site.add_gateway(name, printer_port=port)
        gateway.labels = labels
        person = Person(site, STORE_BOOK, gateway)
        gateway.start()
        people.append(person)
        say("  %s: scanner %s, printer tcp:127.0.0.1:%d" % (name, os.path.basename(gateway.tty), port))
    for gateway in site.gateways:
        wait_until(lambda: gateway.api.get("/api/v1/orders/" + STORE_BOOK.orders[-1]["order"]), 20, "the feed reaches " + gateway.name)
        wait_until(lambda: len(gateway.stock()) >= len(STORE_BOOK.opening), 20, "the opening stock reaches " + gateway.name)
    return people


def progress(done, total, what):
    if COLOUR:
        bar = "#" * (done * 30 // total)
        print("\r  [%-30s] %d/%d %s" % (bar, done, total, what), end="\n" if done == total else "", flush=True)
    else:
        say("  %d/%d %s" % (done, total, what))


def line_nobody_else_wants(store, todo):
    """An order and the number of its line whose item no other order wants: its shelf may be found empty."""
    wanted = [line["sku"] for order in store.orders for line in order["lines"]]
    return next((order, line["line"]) for order in todo[2:] for line in order["lines"] if wanted.count(line["sku"]) == 1)


def pick_half(people, store):
    headline("Picking half of the orders at both gateways: one short pick, one damaged unit, one return")
    todo = store.orders[:10]
    short_order, short_line = line_nobody_else_wants(store, todo)
    for n, order in enumerate(todo):
        person = people[n % 2]
        short = order is short_order
        person.pick(order, short_line=short_line if short else None)
        progress(n + 1, len(todo), order["order"] + (" (a line short)" if short else ""))
    people[0].damaged("HL-019")
    say("  HL-019: one broken on the shelf of %s" % store.bin["HL-019"])
    people[1].give_back(todo[1], todo[1]["lines"][0])
    say("  %s: one %s came back" % (todo[1]["order"], todo[1]["lines"][0]["sku"]))


def pick_offline(people, store):
    headline("Cutting gw-02's network; both go on picking")
    people[1].gateway.cable.pull()
    wait_until(lambda: not people[1].gateway.status()["broker"]["up"], 20, "gw-02 notices")
    todo = store.orders[10:15]
    for n, order in enumerate(todo):
        people[1 if order["gateway"] == "gw-02" else 0].pick(order)
        progress(n + 1, len(todo), order["order"])
    status = people[1].gateway.status()
    say("  gw-02 is offline and holds %d events for later; every scan was answered" % (status["seq"] - status["acked"]))


def reconnect(people, watch, store):
    headline("Plugging gw-02's cable in again")
    gateway = people[1].gateway
    before = watch.agrees(store)
    gateway.cable.plug()
    wait_until(lambda: gateway.status()["broker"]["up"], 60, "gw-02 reconnects")
    start = time.monotonic()
    right = watch.wait_agreement(store, 20)
    took = time.monotonic() - start
    say("  storefront figures before the reconnect: %s" % ("right" if before else "behind, as they must be"))
    if right:
        say("  storefront figures right %.0f ms after gw-02 was connected" % (took * 1000))
    return right


def show_tables(site, store):
    headline("Orders")
    for gateway in site.gateways:
        mine = [o for o in store.orders[:15] if o["gateway"] == gateway.name]
        for order in mine:
            state = gateway.api.get("/api/v1/orders/" + order["order"])
            short = sum(line.get("short", 0) for line in state["lines"])
            say("  %s  %s  %-8s %2d lines%s" % (gateway.name, order["order"], state["state"], len(order["lines"]),
                                               paint("  %g short" % short, "33") if short else ""))
    headline("Labels")
    for gateway in site.gateways:
        wait_until(lambda: all(job["state"] == "printed" for job in gateway.api.get("/api/v1/jobs")["jobs"]), 60, "labels print")
        say("  %s printed %d labels into %s" % (gateway.name, len(os.listdir(gateway.labels)), gateway.labels if KEEP else "its folder"))
    headline("Exceptions (tally-hub exceptions)")
    for e in site.hub_json("exceptions")["exceptions"]:
        say("  %-12s %-10s %-8s %s %s" % (e["id"], e["kind"], e["severity"], e.get("sku", ""), e.get("location", "")))
    headline("Stock")
    say("  %-8s %-22s %8s %8s %9s %9s" % ("sku", "name", "before", "after", "reserved", "available"))
    for sku, item in store.items.items():
        if store.on_hand[sku] != store.opening[sku]:
            say("  %-8s %-22s %8d %8d %9d %9d" % (sku, item["name"][:22], store.opening[sku], store.on_hand[sku],
                                                 store.open_units[sku], store.available(sku)))


def check_all(site, store, watch, right):
    headline("Does everything agree?")
    checks = [("the storefront's retained topics and the demo's arithmetic", right)]
    hub = {row["sku"]: row for row in site.hub_json("stock")["stock"]}
    checks.append(("the hub's table and the arithmetic",
                   all(hub[s]["on_hand"] == store.on_hand[s] and hub[s]["available"] == store.available(s) for s in store.items)))
    bins = {l for l in store.walk if l not in ("RETURNS", "DOCK-1")}
    for gateway in site.gateways:
        def same():
            totals = dict.fromkeys(store.items, 0)
            for (location, sku), qty in gateway.stock().items():
                if location in bins:
                    totals[sku] += qty
            return totals == store.on_hand
        try:
            wait_until(same, 15, "")
            agreed = True
        except TimeoutError:
            agreed = False
        checks.append(("%s's view of the bins and the arithmetic" % gateway.name, agreed))
        picked = [o for o in store.orders[:15] if o["gateway"] == gateway.name]
        try:
            wait_until(lambda: len([n for n in os.listdir(gateway.labels) if n.endswith(".zpl")]) == len(picked), 15, "")
            labels = True
        except TimeoutError:
            labels = False
        checks.append(("%s printed one label for each of its %d picked orders" % (gateway.name, len(picked)), labels))
        verify = subprocess.run([os.path.join(BUILD, "tally"), "--socket", gateway.socket, "verify"], capture_output=True, text=True)
        checks.append(("tally verify at %s: %s" % (gateway.name, verify.stdout.strip().splitlines()[0] if verify.stdout else verify.stderr.strip()),
                       verify.returncode == 0))
    verify = subprocess.run([os.path.join(BUILD, "tally-hub"), "--config", site.hub_config, "verify"], capture_output=True, text=True)
    checks.append(("tally-hub verify: %s" % (verify.stdout.strip().splitlines()[0] if verify.stdout else verify.stderr.strip()), verify.returncode == 0))
    for words, good in checks:
        say("  %s %s" % (paint("yes", "32") if good else paint("NO ", "31"), words))
    return all(good for _, good in checks)


def keep_running(site, people):
    gateway = people[0].gateway
    headline("Left running (KEEP=1); end it with Ctrl-C")
    say("  a shell for it:   export PATH=%s:$PATH TALLY_SOCKET=%s" % (os.path.abspath(BUILD), gateway.socket))
    say("  look:             tally status; tally devices; tally stock --sku HL-019; tally exceptions; tally log --limit 5")
    say("  scan:             tally scan pack-1 'T$PICK' %s" % STORE_BOOK.orders[16]["order"])
    say("  the hub:          tally-hub --config %s stock" % site.hub_config)
    say("  the storefront:   mosquitto_sub -p %d -v -t 'tally/v1/%s/stock/#'" % (site.broker_port, site.name))
    say("  everything:       mosquitto_sub -p %d -v -t 'tally/v1/%s/#'" % (site.broker_port, site.name))
    say("  logs, labels:     %s" % site.folder)
    try:
        signal.pause()
    except KeyboardInterrupt:
        pass


STORE_BOOK = Store(STORE)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = tempfile.mkdtemp(prefix="tally-demo-")
    site = Site(folder)
    watch = None
    agreed = False
    try:
        people = build_site(site)
        watch = StockWatch(site)
        pick_half(people, STORE_BOOK)
        pick_offline(people, STORE_BOOK)
        right = reconnect(people, watch, STORE_BOOK)
        for gateway in site.gateways:
            wait_until(lambda: site.synced(gateway), 30, "the hub holds all of " + gateway.name)
        show_tables(site, STORE_BOOK)
        agreed = check_all(site, STORE_BOOK, watch, right)
        say("\n%s: %d scans, each answered once" % (paint("All agrees", "1;32") if agreed else paint("SOMETHING DISAGREES", "1;31"),
                                                    sum(p.scans for p in people)))
        if KEEP:
            keep_running(site, people)
        return 0 if agreed else 1
    finally:
        if watch:
            watch.close()
        site.close()
        if agreed or KEEP:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            with open(os.path.join(folder, "words.log"), "w") as f:
                f.write(site.words())
            say("everything is left in %s; words.log there has what the programs said" % folder)


if __name__ == "__main__":
    sys.exit(main())
