# SPDX-License-Identifier: MIT
"""The gateway of the USB tests: a tallyd in the guest, with sections that say `auto`, and what its log tells of scans."""
import json, os, re, shutil, socket, subprocess

import harness
from harness import Program
from patience import FACTOR, patient
from site_lab import Api, Site, wait_until

TALLYD = os.path.join(harness.BUILD, "tallyd")
TALLY = os.path.join(harness.BUILD, "tally")
GTIN, BIN, STOCK = "04006381333931", "A-01", 900000
GOODS = ['{"type":"item","sku":"TEA","name":"Tea","codes":["%s"]}' % GTIN,
         '{"type":"location","location":"%s","kind":"bin"}' % BIN,
         '{"type":"move","id":"o1","kind":"adjust","sku":"TEA","qty":%d,"from":"@adjust","to":"%s"}' % (STOCK, BIN)]
RESTING = ("printed", "failed", "uncertain", "cancelled")  # states of a job of which nothing more comes by itself


def code(device, n, long=False):
    """A GS1 code that occurs once: AIM identifier, GTIN, lot with its number, GS, and a text of 2 or 30 characters."""
    return "]C101%s10%s%06d\x1d240%s" % (GTIN, device, n, "Long-and-Continued/0123456789.A" [:30] if long else "K1")


def seed(folder):
    """A ledger with goods in a bin, made once by a whole site: gateways learn of goods only from their hub."""
    site = Site(folder)
    try:
        site.start_broker()
        site.start_hub()
        path = os.path.join(folder, "goods.ndjson")
        with open(path, "w") as f:
            f.write("\n".join(GOODS) + "\n")
        gateway = site.add_gateway("gw-usb")
        gateway.program = site.spawn("tallyd", "--config", gateway.config)
        site.import_file(path)
        wait_until(lambda: gateway.stock().get((BIN, "TEA")) == STOCK and site.synced(gateway), patient(10), "the feed has come")
        if gateway.stop() != 0:
            raise RuntimeError(gateway.program.text)
        return os.path.join(gateway.folder, "data")
    finally:
        site.close()


def slow_profiles(folder):
    """The project's profiles with their silences scaled: here a key takes longer than 100 ms now and then."""
    shutil.copytree(os.path.join(harness.ROOT, "firmware-profiles"), folder)
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if not name.endswith(".json"):
            continue
        with open(path) as f:
            text = f.read()
        slower = re.sub(r'("(?:gap_ms|rest_ms|within_ms)": *)(\d+)', lambda m: m[1] + str(min(60000, int(int(m[2]) * FACTOR))), text)
        with open(path, "w") as f:
            f.write(slower)
    return folder


class Agent:
    """tallyd with @scanners sections of scanners, each at a station of its own, and @printers of printers, all `auto`
    but for the scanners' @port and @profile."""

    def __init__(self, folder, seed, profiles, scanners=3, printers=1, port="auto", profile="auto"):
        self.folder = folder
        self.data = os.path.join(folder, "data")
        shutil.copytree(seed, self.data)
        self.socket = os.path.join(folder, "api.sock")
        self.api = Api(self.socket)
        self.config = os.path.join(folder, "tallyd.conf")
        self.profiles = profiles
        self.raw_port = harness.free_port()
        self.program = None
        with open(self.config, "w") as f:
            f.write("[gateway]\nsite = leeds\nid = gw-usb\ndata = %s\n\n[api]\nsocket = %s\nlisten =\n\n" % (self.data, self.socket))
            for n in range(max(scanners, 1)):
                f.write("[station s%d]\nmode = move\n\n" % n)
            for n in range(scanners):
                f.write("[scanner gun%d]\nstation = s%d\nprofile = %s\nport = %s\n\n" % (n, n, profile, port))
            for n in range(printers):
                f.write("[printer zd%d]\nstation = s0\nprofile = auto\nport = auto\nlisten = %d\n\n" % (n, self.raw_port + n))

    # ---- life

    def start(self, prefix=()):
        environment = dict(os.environ, TALLYMAN_PROFILES=self.profiles)
        self.program = Program(*prefix, TALLYD, "--config", self.config, env=environment)
        def answers():
            assert self.program.running(), "tallyd ended; it said:\n" + self.program.text
            return self.api.get("/api/v1/status")
        wait_until(answers, patient(10), "the agent answers")
        return self

    def stop(self):
        return self.program.stop(patient(10)) if self.program else 0

    def kill(self, keeper_too=False):
        """SIGKILL; its keeper, a process of its own, lives to give the interfaces back, unless it dies with it."""
        if keeper_too:
            self.program.kill()
        else:
            self.program.process.kill()
            self.program.process.wait()

    def verify(self):
        done = subprocess.run([TALLY, "--socket", self.socket, "verify", "--json"], capture_output=True, text=True, timeout=patient(30))
        assert done.returncode == 0, done.stdout + done.stderr

    # ---- devices

    def devices(self):
        return self.api.get("/api/v1/devices", timeout=patient(5))["devices"]

    def device_of(self, far_end):
        """The section that has the device at this gadget's port, or None."""
        gadget = far_end.gadget
        for device in self.devices():
            port = device["port"]
            if re.match(r"usb:%s(:|$)" % gadget.path, port) or "dummy_hcd.%d-" % gadget.bus in port:
                return device
        return None

    def is_ready(self, far_end):
        """A printer is asked how it is only when there is something to print. A HID scanner that is back before it was missed
        is ready as it was before; what is typed until the agent has it goes to the kernel."""
        if far_end.gadget.kind == "hid" and far_end.gadget.driver() != "usbfs":
            return None
        device = self.device_of(far_end)
        fine = ("ready", "unknown") if device and device["kind"] == "printer" else ("ready",)
        return device if device and device["state"] in fine else None

    def wait_ready(self, *far_ends, seconds=4):
        for far_end in far_ends:
            try:
                wait_until(lambda: self.is_ready(far_end), patient(seconds), "it is ready")
            except TimeoutError as e:
                raise AssertionError("%s at %s is not ready: %s\ntallyd said:\n%s" % (
                    far_end.gadget.model, far_end.gadget.path, json.dumps(self.devices(), indent=1), self.words())) from e

    def wait_gone(self, far_end):
        wait_until(lambda: not self.is_ready(far_end), patient(6), "%s is missed" % far_end.gadget.model)

    def words(self):
        return "\n".join(self.program.text.splitlines()[-60:]) if self.program else ""

    # ---- scans

    def station_of(self, far_end):
        return self.device_of(far_end)["station"]

    def take_bin(self, far_end):
        """Puts the scanner's station where every item scan is a move: in front of the bin. There it stays, also over a kill."""
        station = self.station_of(far_end)
        if self.api.get("/api/v1/stations/" + station, timeout=patient(5))["bin"] == BIN:
            return station
        status, answer = self.api("POST", "/api/v1/stations/%s/scan" % station, {"code": BIN}, timeout=patient(5))
        assert status == 200, answer
        return station

    def log(self):
        """All events of the log, the oldest first."""
        rows = []
        while True:
            page = self.api.get("/api/v1/log?from=%d&limit=500" % (rows[-1]["seq"] + 1 if rows else 1), timeout=patient(10))["log"]
            if not page:
                return [row["event"] for row in rows]
            rows += page

    def scans(self, station=None):
        """What was scanned and moved, in the order of the log."""
        return [e["scan"] for e in self.log() if e["type"] == "move" and e.get("scan") and station in (None, e["station"])]

    def strangers(self):
        """Codes that nobody scanned: what came out of a scan that was torn."""
        return [e for e in self.log() if e["type"] == "exception" and e.get("kind") == "unknown_code"]

    # ---- labels

    def print(self, *labels):
        """On one connection, which keeps their order."""
        with socket.create_connection(("127.0.0.1", self.raw_port), timeout=patient(5)) as connection:
            connection.sendall(b"".join(labels))

    def jobs(self):
        return self.api.get("/api/v1/jobs?limit=1000", timeout=patient(5))["jobs"]

    def wait_printed(self, n, seconds=6):
        def all_rest():
            jobs = self.jobs()
            return len(jobs) >= n and all(j["state"] in RESTING for j in jobs)
        try:
            wait_until(all_rest, patient(seconds), "%d jobs are done" % n)
        except TimeoutError as e:
            raise AssertionError("jobs: %s\ndevices: %s\ntallyd said:\n%s" % (self.jobs(), self.devices(), self.words())) from e
        return self.jobs()
