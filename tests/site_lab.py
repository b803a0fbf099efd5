# SPDX-License-Identifier: MIT
"""A whole site in one folder, for the demo, the end-to-end tests and the benches: broker, hub, gateways with virtual
scanner and printer, and a network cable for each gateway that can be pulled.

Everything runs on loopback with ports chosen freely, and is gone after Site.close().
"""
import http.client, json, os, pty, queue, select, socket, subprocess, termios, threading, tty

import harness
from harness import Broker, Program

GOOD, BAD, ATTENTION = b"\x06", b"\x15", b"\x07"
FEEDBACK = {GOOD: "good", BAD: "bad", ATTENTION: "attention"}


class Cable:
    """A TCP relay between a gateway and the broker: pull() cuts what runs and refuses what comes, plug() mends it."""

    def __init__(self, port):
        self.target = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.pulled = False
        self.pairs = set()
        self.lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if self.pulled:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.pairs.add((near, far))
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(a, b, (near, far)), daemon=True).start()

    def _pump(self, source, sink, pair):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        self._cut(pair)

    def _cut(self, pair):
        with self.lock:
            self.pairs.discard(pair)
        for end in pair:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def pull(self):
        self.pulled = True
        for pair in list(self.pairs):
            self._cut(pair)

    def plug(self):
        self.pulled = False

    def close(self):
        self.pull()
        self.listener.close()


class Api:
    """The agent's API over its Unix socket."""

    def __init__(self, path):
        self.path = path

    def __call__(self, method, path, body=None, timeout=10):
        connection = http.client.HTTPConnection("localhost", timeout=timeout)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(timeout)
        try:
            connection.sock.connect(self.path)
            connection.request(method, path, json.dumps(body) if body is not None else None)
            response = connection.getresponse()
            return response.status, json.loads(response.read() or b"null")
        finally:
            connection.close()

    def get(self, path, timeout=10):
        status, body = self("GET", path, timeout=timeout)
        if status != 200:
            raise RuntimeError("GET %s: %d %s" % (path, status, body))
        return body


class PtyScanner:
    """A generic-serial scanner on a pty of this process: one byte of feedback a scan. The faster sister of vscanner,
    for tests that scan a hundred thousand times."""

    def __init__(self, link):
        self.master, self.slave = pty.openpty()  # our own slave end keeps the master alive while nobody listens
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        self.link = link
        if os.path.lexists(link):
            os.unlink(link)
        os.symlink(os.ttyname(self.slave), link)

    def send(self, code):
        os.write(self.master, code.encode("latin-1") + b"\r")

    def feedback(self, timeout):
        """One feedback word, or None when none came in time."""
        if not select.select([self.master], [], [], timeout)[0]:
            return None
        return FEEDBACK[os.read(self.master, 1)]

    def drain(self):
        """Drops feedback that came too late, and what nobody read."""
        termios.tcflush(self.slave, termios.TCIFLUSH)
        while select.select([self.master], [], [], 0)[0]:
            os.read(self.master, 4096)

    def close(self):
        os.unlink(self.link)
        os.close(self.master)
        os.close(self.slave)


class SsiScanner:
    """A Zebra scanner in SSI mode on a pty: packets with checksum, every one of them acknowledged or sent again."""
    REQUEST_REVISION, REPLY_REVISION, PARAM_SEND, ACK, NAK, BEEP, DECODE_DATA = 0xA3, 0xA4, 0xC6, 0xD0, 0xD1, 0xE6, 0xF3
    WORDS = {0x00: "good", 0x06: "bad", 0x01: "attention"}

    def __init__(self, link, revision="CAAABS00-007-R00"):
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.link, self.revision = link, revision
        os.symlink(os.ttyname(self.slave), link)
        self.beeps, self.acks, self.params = queue.Queue(), queue.Queue(), []
        self.mute = False     # answers nothing
        self.drop_acks = 0    # so many ACKs are not heard
        self.running = True
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    @staticmethod
    def packet(opcode, data=b"", status=0):
        head = bytes([4 + len(data), opcode, 0, status]) + data
        return head + (-sum(head) & 0xFFFF).to_bytes(2, "big")

    def _listen(self):
        rest = b""
        while self.running:
            if not select.select([self.master], [], [], 0.05)[0]:
                continue
            rest += os.read(self.master, 4096)
            while rest and len(rest) >= rest[0] + 2:
                whole, rest = rest[:rest[0] + 2], rest[rest[0] + 2:]
                assert sum(whole[:-2]) + int.from_bytes(whole[-2:], "big") & 0xFFFF == 0 and whole[2] == 4, whole.hex()
                if not self.mute:
                    self._take(whole[1], whole[4:-2])

    def _take(self, opcode, data):
        if opcode == self.ACK:
            if self.drop_acks:
                self.drop_acks -= 1
            else:
                self.acks.put(True)
            return
        if opcode == self.REQUEST_REVISION:
            os.write(self.master, self.packet(self.REPLY_REVISION, self.revision.encode() + b" N 0 1"))
            return
        if opcode == self.PARAM_SEND:
            self.params.append(data)
        if opcode != self.NAK:
            os.write(self.master, self.packet(self.ACK))
        if opcode == self.BEEP:
            self.beeps.put(self.WORDS[data[0]])

    def scan(self, code, code_type=0x03, timeout=5):
        """Sends it up to three times, as a decoder does; the word of the beep that follows, None: none came."""
        while not self.acks.empty():
            self.acks.get()
        for attempt in range(3):
            os.write(self.master, self.packet(self.DECODE_DATA, bytes([code_type]) + code.encode("latin-1"), 1 if attempt else 0))
            try:
                self.acks.get(timeout=1)
                break
            except queue.Empty:
                continue
        else:
            return None
        try:
            return self.beeps.get(timeout=timeout)
        except queue.Empty:
            return None

    def close(self):
        self.running = False
        self.thread.join()
        if os.path.lexists(self.link):
            os.unlink(self.link)
        os.close(self.master)
        os.close(self.slave)


def wait_until(condition, timeout, what):
    """harness.wait_until, where an API that does not answer yet means not yet too."""
    def quiet():
        try:
            return condition()
        except (http.client.HTTPException, RuntimeError) as e:
            raise OSError(str(e)) from e
    return harness.wait_until(quiet, timeout, what)


class Gateway:
    """One tallyd with its folder, configuration, scanner port and printer."""

    def __init__(self, site, name, station="pack-1", label_on="picked", printer_port=None, settings="", mode="pick",
                 scanner="generic-serial", printer="generic-zpl"):
        self.site, self.name, self.station = site, name, station
        self.folder = os.path.join(site.folder, name)
        os.makedirs(os.path.join(self.folder, "data"), exist_ok=True)
        self.cable = Cable(site.broker_port)
        self.tty = os.path.join(self.folder, "scanner")
        self.socket = os.path.join(self.folder, "api.sock")
        self.api = Api(self.socket)
        self.printer_port = printer_port
        self.config = os.path.join(self.folder, "tallyd.conf")
        self.program = None
        with open(self.config, "w") as f:
            f.write("[gateway]\nsite = %s\nid = %s\ndata = %s/data\n\n" % (site.name, name, self.folder))
            f.write("[broker]\nhost = 127.0.0.1\nport = %d\ntls = no\n\n" % self.cable.port)
            f.write("[api]\nsocket = %s\nlisten =\n\n" % self.socket)
            f.write("[station %s]\nmode = %s\nlabel_on = %s\n%s\n" % (station, mode, label_on, settings))
            f.write("[scanner gun]\nstation = %s\nprofile = %s\nport = serial:%s\n\n" % (station, scanner, self.tty))
            if printer_port:
                f.write("[printer zd]\nstation = %s\nprofile = %s\nport = tcp:127.0.0.1:%d\n" % (station, printer, printer_port))

    def start(self, wait=True):
        self.program = self.site.spawn("tallyd", "--config", self.config)
        if wait:
            self.wait_ready()

    def wait_ready(self):
        """The API answers and the scanner, if it is plugged in, is attached."""
        def ready():
            if not self.program.running():
                raise AssertionError("tallyd of %s ended; it said:\n%s" % (self.name, self.program.text))
            return all(d["state"] == "ready" for d in self.api.get("/api/v1/devices")["devices"]
                       if d["kind"] == "scanner" and os.path.lexists(self.tty))
        wait_until(ready, 20, "%s is ready" % self.name)

    def kill(self):
        self.program.kill()

    def stop(self):
        return self.program.stop()

    def status(self):
        return self.api.get("/api/v1/status")

    def place(self):
        return self.api.get("/api/v1/stations/" + self.station)

    def stock(self):
        """{(location, sku): qty} of everything that is not zero."""
        rows = self.site.run("tally", "--socket", self.socket, "stock", "--json")["stock"]
        totals = {}
        for row in rows:
            key = row["location"], row["sku"]
            totals[key] = totals.get(key, 0) + row["qty"]
        return totals


class Site:
    """Broker, hub and gateways. The broker has no persistence: nothing that counts may depend on it."""

    def __init__(self, folder, build=harness.BUILD, name="leeds"):
        self.folder, self.build, self.name = folder, build, name
        self.programs, self.gateways = [], []
        os.makedirs(folder, exist_ok=True)
        self.broker = Broker(folder, settings="persistence false\nmax_queued_messages 0")
        self.broker_port = self.broker.port
        self.hub = None
        self.hub_config = os.path.join(folder, "tally-hub.conf")
        with open(self.hub_config, "w") as f:
            f.write("[hub]\nsites = %s\ninstance = hub-1\nstore = sqlite:%s/hub.db\n\n" % (name, folder))
            f.write("[broker]\nhost = 127.0.0.1\nport = %d\ntls = no\n" % self.broker_port)

    def spawn(self, name, *args, **kwargs):
        """A program of the build; ended with the site."""
        program = Program(os.path.join(self.build, name), *args, **kwargs)
        self.programs.append(program)
        return program

    def run(self, program, *args, ok=(0,), json_out=True, timeout=60):
        """Runs a program of the build to its end; what it printed."""
        done = subprocess.run([os.path.join(self.build, program), *args], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=timeout)
        if done.returncode not in ok:
            raise RuntimeError("%s %s: exit %d: %s%s" % (program, " ".join(args), done.returncode, done.stdout[-2000:], done.stderr[-2000:]))
        return json.loads(done.stdout) if json_out else done.stdout

    def start_broker(self):
        self.broker.start()

    def start_hub(self):
        self.hub = self.spawn("tally-hub", "--config", self.hub_config)

    def import_file(self, path):
        return self.run("tally-hub", "--config", self.hub_config, "import", path, json_out=False, timeout=300)

    def hub_json(self, *verb):
        return self.run("tally-hub", "--config", self.hub_config, *verb, "--json")

    def add_gateway(self, name, **kwargs):
        gateway = Gateway(self, name, **kwargs)
        self.gateways.append(gateway)
        return gateway

    def synced(self, gateway):
        """The hub has acknowledged everything the gateway recorded, and the gateway holds the hub's feed."""
        status = gateway.status()
        return status["acked"] == status["seq"]

    def close(self):
        for program in reversed(self.programs):
            program.stop()
        self.broker.stop()
        for gateway in self.gateways:
            gateway.cable.close()

    def words(self):
        """What every program said, for a report of a failure."""
        return "\n".join("--- %s (pid %d)\n%s" % (p.name, p.pid, p.text) for p in self.programs if p.text)


class Picker:
    """A person with a scanner, as strict as a test can be: a scan whose good feedback came is never made again; one that got no
    feedback is made again only if the station's own count says that it was not recorded."""

    def __init__(self, gateway, scanner):
        self.gateway, self.scanner = gateway, scanner
        self.recorded = gateway.place()["recorded"]
        self.resent = self.known = 0
        self.before_feedback = None  # a test's hook: called between a scan and its feedback

    def scan(self, code, timeout=5):
        while True:
            self.scanner.send(code)
            if self.before_feedback:
                self.before_feedback()
            feedback = self.scanner.feedback(timeout if self.gateway.program.running() else 0.05)
            if feedback is None:
                feedback = self._after_silence()
                if feedback is None:
                    continue
            if feedback != "bad":
                self.recorded += 1
            return feedback

    def _after_silence(self):
        """No feedback: was it recorded? The station's place says so."""
        if not self.gateway.program.running():
            self.gateway.start(wait=False)
        self.gateway.wait_ready()
        place = self.gateway.place()
        self.scanner.drain()
        if place["recorded"] == self.recorded + 1:
            self.known += 1
            return place["last"]["feedback"] or "good"
        if place["recorded"] != self.recorded:
            raise AssertionError("station counts %d scans, picker %d" % (place["recorded"], self.recorded))
        self.resent += 1
        return None

    def expect(self, code, wanted="good"):
        feedback = self.scan(code)
        if feedback != wanted:
            raise AssertionError("scan %r: %s instead of %s; screen: %s" % (code, feedback, wanted, self.gateway.place()["screen"]))

    def item(self, code, qty=1):
        """An item with its quantity; a large one is confirmed by the same scan again."""
        if qty != 1:
            self.expect("T$QTY%d" % qty)
        if self.scan(code) == "attention":
            self.expect(code)
