#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make bench: speed and memory of one gateway and the hub, as ratios to a bare SQLite loop measured in the same run.

    bench.py [--scans N] [--backlog N] [--json]

Prints figures and judges nothing: machines differ. Budgets are in the design, section 9.
"""
import argparse, json, os, select, shutil, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), os.path.join(os.path.dirname(HERE), "virtual")]
from demo import STORE, Store
from harness import BUILD
from site_lab import FEEDBACK, Picker, PtyScanner, Site, wait_until

WINDOW = 64      # scans under way in the throughput phase: what a pty's buffer holds of them
IDLE_S = 10


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p))]


def bare(folder, commits, scans):
    out = subprocess.run([os.path.join(BUILD, "bare_sqlite"), os.path.join(folder, "bare-%d.db" % scans), str(commits), str(scans)],
                         check=True, capture_output=True, text=True)
    return json.loads(out.stdout)


def barcodes(scans):
    """What one core makes of scans, without port, workflow and ledger."""
    out = subprocess.run([os.path.join(BUILD, "barcode_rate"), str(scans)], check=True, capture_output=True, text=True)
    return json.loads(out.stdout)


def usage(process):
    """PSS in KiB, wake-ups and CPU seconds so far, bytes written to disk."""
    figures = {}
    with open("/proc/%d/smaps_rollup" % process.pid) as f:
        figures["pss"] = int(next(l for l in f if l.startswith("Pss:")).split()[1])
    figures["wakeups"] = 0
    for task in os.listdir("/proc/%d/task" % process.pid):
        with open("/proc/%d/task/%s/status" % (process.pid, task)) as f:
            figures["wakeups"] += int(next(l for l in f if l.startswith("voluntary")).split()[1])
    with open("/proc/%d/schedstat" % process.pid) as f:
        figures["cpu"] = int(f.read().split()[0]) / 1e9
    with open("/proc/%d/io" % process.pid) as f:
        figures["written"] = int(next(l for l in f if l.startswith("write_bytes")).split()[1])
    return figures


def latency(picker, code, n):
    """One scan at a time: the time from its bytes to its feedback, milliseconds."""
    took = []
    for _ in range(n):
        start = time.perf_counter()
        picker.expect(code)
        took.append((time.perf_counter() - start) * 1e3)
    return took


def throughput(scanner, code, n):
    """WINDOW scans under way at any time; scans a second."""
    line = code.encode() + b"\r"
    sent = answered = 0
    start = time.perf_counter()
    while answered < n:
        room = min(WINDOW - (sent - answered), n - sent)
        if room > 0:
            os.write(scanner.master, line * room)
            sent += room
        if not select.select([scanner.master], [], [], 10)[0]:
            raise SystemExit("bench: no feedback for 10 s")
        data = os.read(scanner.master, 4096)
        if any(FEEDBACK[bytes([b])] != "good" for b in data):
            raise SystemExit("bench: a scan was refused")
        answered += len(data)
    return n / (time.perf_counter() - start)


def order(code, units, store):
    return {"type": "order", "order": code, "lines": [{"line": 1, "sku": "HL-001", "qty": units, "location": store.bin["HL-001"]}]}


def goods(units, store):
    """So much on the shelf that no pick finds it empty, which would be an exception each time."""
    return {"type": "move", "id": "bench-goods", "kind": "adjust", "sku": "HL-001", "qty": units, "from": "@adjust", "to": store.bin["HL-001"], "reason": "bench"}


def run(folder, args):
    store = Store(STORE)
    report = {"barcodes": barcodes(5000000), "bare": bare(folder, min(args.scans, 5000), 1), "bare_group": bare(folder, max(args.scans // WINDOW, 50), WINDOW)}
    site = Site(folder)
    try:
        site.start_broker()
        site.start_hub()
        orders = os.path.join(folder, "orders.ndjson")
        with open(orders, "w") as f:
            units = 4 * (args.scans + args.backlog) + 1000
            f.write("%s\n%s\n" % (json.dumps(order("BENCH", units, store)), json.dumps(goods(units, store))))
        site.import_file(STORE)
        site.import_file(orders)
        gateway = site.add_gateway("gw-01", label_on="never")
        scanner = PtyScanner(gateway.tty)
        start = time.perf_counter()
        gateway.start()
        report["start_ms"] = (time.perf_counter() - start) * 1e3
        wait_until(lambda: gateway.api.get("/api/v1/orders/BENCH"), 20, "the feed")
        picker = Picker(gateway, scanner)
        picker.expect("BENCH")
        picker.expect(store.bin["HL-001"])
        code = store.code("HL-001")
        latency(picker, code, 200)
        took = latency(picker, code, min(args.scans, 5000))
        report["p50_ms"], report["p99_ms"] = percentile(took, 0.5), percentile(took, 0.99)
        report["scans_s"] = throughput(scanner, code, args.scans)
        wait_until(lambda: site.synced(gateway), 60, "sync")
        report["pss_kib"] = usage(gateway.program)["pss"]
        time.sleep(7)  # until the checkpoint after the last scan is over
        before = usage(gateway.program)
        time.sleep(IDLE_S)
        after = usage(gateway.program)
        report["idle_wakeups_s"] = (after["wakeups"] - before["wakeups"]) / IDLE_S
        report["idle_cpu_percent"] = (after["cpu"] - before["cpu"]) / IDLE_S * 100

        before = usage(gateway.program)["written"]
        for _ in range(20):
            throughput(scanner, code, 1)
            time.sleep(1 - (time.time() % 1) % 0.999)
        report["disk_bytes_scan"] = (usage(gateway.program)["written"] - before) / 20

        gateway.cable.pull()
        wait_until(lambda: not gateway.status()["broker"]["up"], 20, "offline")
        throughput(scanner, code, args.backlog)
        backlog = (lambda s: s["seq"] - s["acked"])(gateway.status())
        gateway.cable.plug()
        wait_until(lambda: gateway.status()["broker"]["up"], 60, "online")
        start = time.perf_counter()
        wait_until(lambda: site.synced(gateway), 300, "the backlog drains")
        report["drain_events"] = backlog
        report["drain_s"] = backlog / (time.perf_counter() - start)
        report["hub_pss_kib"] = usage(site.hub)["pss"]
        scanner.close()
    finally:
        site.close()
    return report


def show(r):
    rows = [
        ("scans to typed results, one core (goal 1,000,000/s)", "%.0f scans/s" % r["barcodes"]["scans_s"], "%d allocations" % r["barcodes"]["allocations"]),
        ("bare SQLite, one scan's rows a commit, p50 / p99", "%.2f / %.2f ms" % (r["bare"]["p50_us"] / 1e3, r["bare"]["p99_us"] / 1e3), ""),
        ("scan to feedback, p50", "%.2f ms" % r["p50_ms"], "%.2f x bare" % (r["p50_ms"] * 1e3 / r["bare"]["p50_us"])),
        ("scan to feedback, p99 (budget 1.3 x)", "%.2f ms" % r["p99_ms"], "%.2f x bare" % (r["p99_ms"] * 1e3 / r["bare"]["p99_us"])),
        ("bare SQLite, %d scans a commit" % WINDOW, "%.0f scans/s" % r["bare_group"]["scans_s"], ""),
        ("sustained scans (budget 0.8 x)", "%.0f scans/s" % r["scans_s"], "%.2f x bare" % (r["scans_s"] / r["bare_group"]["scans_s"])),
        ("memory of tallyd, PSS (budget 6 MiB)", "%.1f MiB" % (r["pss_kib"] / 1024), ""),
        ("idle wake-ups (budget 1/s)", "%.2f /s" % r["idle_wakeups_s"], "%.3f %% CPU" % r["idle_cpu_percent"]),
        ("written to disk a scan, one scan a second (budget 12 KB)", "%.1f KB" % (r["disk_bytes_scan"] / 1e3), ""),
        ("start to scanner attached", "%.0f ms" % r["start_ms"], ""),
        ("backlog of %d events drained (budget 100,000/s)" % r["drain_events"], "%.0f events/s" % r["drain_s"], ""),
        ("memory of tally-hub, PSS", "%.1f MiB" % (r["hub_pss_kib"] / 1024), ""),
    ]
    for what, figure, ratio in rows:
        print("%-58s %18s  %s" % (what, figure, ratio))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scans", type=int, default=20000)
    parser.add_argument("--backlog", type=int, default=100000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="tally-bench-")
    try:
        report = run(folder, args)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(report)) if args.json else show(report)


if __name__ == "__main__":
    main()
