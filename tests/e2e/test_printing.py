# SPDX-License-Identifier: MIT
"""Printers from outside: what a job becomes, whatever the printer does meanwhile."""
import glob, os, socket, sqlite3, time

import pytest

import harness
from site_lab import PtyScanner, Site, wait_until

PROFILES = os.path.join(os.path.dirname(__file__), "..", "..", "firmware-profiles")
LABEL = b"^XA^FO20,20^FDnumber %d^FS^XZ"
NOT_CONFIRMED = "accepted, not confirmed: the printer does not answer"


class Rig:
    """A gateway with a printer of this profile, into whose raw port labels are sent, and the labels that came out."""

    def __init__(self, folder, profile, tty=False):
        self.site = Site(str(folder))
        self.folder, self.labels = str(folder), os.path.join(folder, "labels")
        self.raw, self.serial = harness.free_port(), os.path.join(folder, "printer-tty")
        port = harness.free_port()
        self.gateway = self.site.add_gateway("gw-01", printer_port=port, printer=profile)
        with open(self.gateway.config) as f:
            text = f.read()
        with open(self.gateway.config, "w") as f:
            f.write(text.replace("tcp:127.0.0.1:%d" % port, "serial:" + self.serial) if tty else text)
            f.write("listen = %d\n" % self.raw)
        self.tty, self.program = tty, None
        self.gateway.start()

    def printer(self, *commands):
        where = ["--tty", self.serial] if self.tty else ["--port", str(self.gateway.printer_port)]
        options = [word for command in commands for word in ("--do", command)]
        self.control = os.path.join(self.folder, "control")
        self.program = self.site.spawn("vprinter", "--dir", self.labels, "--control", self.control, *where, *options)
        self.program.wait_line("listening")
        return self.program

    def tell(self, *commands):
        mark = self.program.mark()
        with open(self.control, "w") as f:
            f.write("".join(c + "\n" for c in commands))
        for c in commands:
            self.program.wait_line("ok " + c, after=mark)

    def until_held(self):
        """The printer has the label whole, and has not printed it."""
        def held():
            mark = self.program.mark()
            self.tell("status")
            return "1 waiting" in self.program.wait_line("ok status.*", after=mark).group()
        wait_until(held, 20, "the printer has the label")

    def send(self, data):
        with socket.create_connection(("127.0.0.1", self.raw), timeout=10) as connection:
            connection.sendall(data)

    def job(self, number=-1):
        jobs = sorted(self.gateway.api.get("/api/v1/jobs")["jobs"], key=lambda j: j["job"])
        return jobs[number] if jobs else None

    def until(self, state, timeout=60):
        try:
            wait_until(lambda: (self.job() or {}).get("state") == state, timeout, "the job is " + state)
        except TimeoutError as e:
            raise AssertionError("%s; but %s, %s; it said:\n%s" % (e, self.job(), self.device(), self.gateway.program.text[-2000:]))
        return self.job()

    def device(self):
        return [d for d in self.gateway.api.get("/api/v1/devices")["devices"] if d["kind"] == "printer"][0]

    def until_device(self, state, timeout=45):
        wait_until(lambda: self.device()["state"] == state, timeout, "the printer is " + state)
        return self.device()

    def exceptions(self, kind):
        return [e for e in self.gateway.api.get("/api/v1/exceptions")["exceptions"] if e["kind"] == kind]

    def printed(self):
        found = []
        for name in sorted(n for n in os.listdir(self.labels) if n.endswith(".zpl")):
            with open(os.path.join(self.labels, name), "rb") as f:
                found.append(f.read().strip())
        return found


@pytest.fixture
def make(tmp_path, monkeypatch):
    folder = tmp_path / "profiles"
    folder.mkdir()
    for path in glob.glob(os.path.join(PROFILES, "*-z*.json")):
        with open(path) as f:  # what answers does so at once: nobody waits 3 s for the silence of the others
            (folder / os.path.basename(path)).write_text(f.read().replace('"within_ms": 3000', '"within_ms": 300'))
    monkeypatch.setenv("TALLYMAN_PROFILES", str(folder))
    made = []

    def rig(profile="zebra-zd421", **kwargs):
        made.append(Rig(tmp_path, profile, **kwargs))
        return made[-1]
    yield rig
    for one in made:
        one.site.close()


# ---- faults ----------------------------------------------------------------------------------------------------------

FAULTS = [("paper-out", "paper-in", "paper_out"), ("ribbon-out", "ribbon-in", "ribbon_out"),
          ("head-open", "head-close", "head_open"), ("hot", "cool", "hot")]


@pytest.mark.parametrize("profile, commands", [("generic-zpl", []), ("zebra-zd421", ["shy on"])])
def test_a_fault_is_told_the_label_waits_and_prints_by_itself(make, profile, commands):
    """By ~HS, and by ~HQES where a Zebra is silent to ~HS."""
    rig = make(profile)
    rig.printer(*commands)
    for number, (fault, cure, state) in enumerate(FAULTS + [("pause", "resume", "paused"), ("full", "free", "busy")]):
        rig.tell(fault)
        rig.send(LABEL % number)
        rig.until_device(state)
        assert rig.job()["state"] == "queued"
        raised = [e for e in rig.exceptions("printer_fault") if state in e["group"] and e["state"] != "resolved"]
        assert len(raised) == (state != "busy")
        rig.tell(cure)
        assert rig.until("printed")["reason"] == ""
        rig.until_device("ready")
    assert rig.printed() == [LABEL % n for n in range(6)]
    wait_until(lambda: not [e for e in rig.exceptions("printer_fault") if e["state"] == "open"], 10, "all faults are over")


def test_offline_is_told_and_over_when_it_is_back(make):
    rig = make()
    rig.send(LABEL % 1)
    assert rig.until_device("offline")["cure"] == "switch it on, and check its cable and address"
    rig.printer()
    rig.until("printed")
    assert rig.device()["state"] == "ready" and rig.device()["model"] == "ZD421-203dpi"


# ---- printers that do not confirm -------------------------------------------------------------------------------------

@pytest.mark.parametrize("profile", ["tsc-zpl", "generic-zpl"])
def test_a_brand_that_answers_nothing_prints_and_it_is_said(make, profile):
    rig = make(profile)
    rig.printer("silent on")
    rig.send(LABEL % 1)
    assert rig.until("printed")["reason"] == NOT_CONFIRMED
    assert rig.device()["state"] == "ready" and rig.device()["detail"] == "it does not tell its state"
    assert rig.printed() == [LABEL % 1]


def test_a_zebra_that_answers_nothing_is_at_fault_and_holds_its_label(make):
    rig = make()
    rig.printer("silent on")
    rig.send(LABEL % 1)
    wait_until(lambda: rig.device()["detail"] == "it does not answer", 45, "it is missed")
    assert rig.device()["state"] == "unknown" and rig.job()["state"] == "queued"
    assert [e["found"][:19] for e in rig.exceptions("printer_fault")] == ["it does not answer:"]
    rig.tell("silent off")
    assert rig.until("printed")["reason"] == ""
    wait_until(lambda: rig.exceptions("printer_fault") == [], 10, "it is over")


def test_one_that_must_not_be_read_is_asked_nothing(make, tmp_path):
    (tmp_path / "profiles" / "deaf.json").write_text('{"name":"deaf","kind":"printer","protocol":"zpl",'
                                      '"status":{"answers":true,"within_ms":3000,"errors":true,"odometer":true,"read_back":false}}')
    rig = make("deaf")
    rig.printer()
    rig.send(LABEL % 1)
    assert rig.until("printed")["reason"] == NOT_CONFIRMED
    assert rig.device()["model"] == ""


# ---- jobs that end otherwise -------------------------------------------------------------------------------------------

def test_cancelled_at_the_panel_it_is_uncertain_and_a_person_decides(make):
    rig = make()
    rig.printer("slow 2000")
    rig.send(LABEL % 1)
    rig.until_held()
    rig.tell("cancel")
    assert "cancelled" in rig.until("uncertain")["reason"]
    found = rig.exceptions("print_uncertain")
    assert len(found) == 1
    rig.tell("slow 0")
    rig.site.run("tally", "--socket", rig.gateway.socket, "resolve", found[0]["id"], "reprint", "--by", "lead-1", json_out=False)
    rig.until("printed")
    assert rig.printed() == [LABEL % 1]


def test_a_label_too_many_is_told(make):
    rig = make()
    rig.printer("twice")
    rig.send(LABEL % 1)
    assert "one too many" in rig.until("uncertain")["reason"]


# ---- killed in the middle ----------------------------------------------------------------------------------------------

LARGE = b"^XA^GFA,500000,500000,100,%s^FS^XZ" % (b"0123456789ABCDEF" * 62500)


def kill_in_mid_label(rig):
    """The printer has some of the label, and not all."""
    rig.send(LARGE)
    rig.until("sending")
    time.sleep(0.5)
    rig.gateway.kill()


def test_killed_in_mid_label_it_goes_again_by_itself(make):
    rig = make()
    rig.printer("count 1523", "reads 2000")
    kill_in_mid_label(rig)
    rig.tell("reads all")
    rig.gateway.start()
    assert rig.until("printed")["reason"] == ""
    assert rig.printed() == [LARGE] and rig.exceptions("print_uncertain") == []


def test_killed_in_mid_label_on_a_serial_line_the_half_is_dropped_first(make):
    rig = make(tty=True)
    rig.printer("count 1523", "reads 1000", "half on")
    kill_in_mid_label(rig)
    rig.tell("reads all")
    rig.gateway.start()
    rig.until("printed")
    assert "half a label is dropped" in rig.program.text
    assert rig.printed() == [LARGE] and rig.exceptions("print_uncertain") == []


def test_killed_while_it_prints_the_count_says_that_it_came_out(make):
    rig = make()
    rig.printer("count 1523", "slow 1500")
    rig.send(LABEL % 1)
    rig.until_held()
    rig.gateway.kill()
    rig.program.wait_line("printed ")
    rig.gateway.start()
    assert "the printer counted it" in rig.until("printed")["reason"]
    assert rig.printed() == [LABEL % 1] and rig.exceptions("print_uncertain") == []


def test_killed_while_the_paper_is_out_the_label_comes_once(make):
    rig = make()
    rig.printer("count 1523", "slow 1000", "shy on")
    rig.send(LABEL % 1)
    rig.until_held()
    rig.tell("paper-out")
    rig.gateway.kill()
    rig.gateway.start()
    rig.until_device("paper_out")
    assert rig.job()["state"] == "sending"
    rig.tell("paper-in")
    rig.until("printed")
    assert rig.printed() == [LABEL % 1] and rig.exceptions("print_uncertain") == []


def test_killed_and_another_count_a_person_decides(make):
    rig = make()
    rig.printer("count 1523", "slow 1500")
    rig.send(LABEL % 1)
    rig.until_held()
    rig.gateway.kill()
    rig.program.wait_line("printed ")
    rig.tell("count 1530")  # somebody printed by another way
    rig.gateway.start()
    assert "7 labels, not 1" in rig.until("uncertain")["reason"]
    assert len(rig.exceptions("print_uncertain")) == 1
    rig.send(LABEL % 2)  # and goes on
    rig.until("printed")
    assert rig.printed() == [LABEL % 1, LABEL % 2]


# ---- large labels ------------------------------------------------------------------------------------------------------

def memory(pid, what):
    """KiB."""
    with open("/proc/%d/status" % pid) as f:
        return [int(line.split()[1]) for line in f if line.startswith(what + ":")][0]


@pytest.mark.timing
def test_a_label_of_5_mb_takes_no_memory_and_no_scan_waits_for_it(make):
    rig = make()
    scanner = PtyScanner(rig.gateway.tty)
    label = b"^XA^GFA,2621440,2621440,100,%s^FS^XZ" % os.urandom(5 << 19).hex().upper().encode()
    try:
        rig.send(label)
        rig.until("queued")
        rig.gateway.stop()  # what was needed to take it in is given back
        rig.gateway.start()
        for _ in range(20):
            scanner.send("NOTHING")
            assert scanner.feedback(5) == "bad"
        pid = rig.gateway.program.pid
        with open("/proc/%d/clear_refs" % pid, "w") as f:
            f.write("5")
        before = memory(pid, "VmRSS")
        rig.printer("reads 16384")
        answered, state = 0, ""
        while state != "printed":
            scanner.send("NOTHING")
            assert scanner.feedback(5) == "bad"
            state = rig.job()["state"]
            answered += state == "sending"
        assert answered >= 50
        grown = memory(pid, "VmHWM") - before
        print("grown by %d KiB, %d scans answered meanwhile" % (grown, answered))
        assert grown < 2048
        assert rig.printed() == [label]
    finally:
        scanner.close()


def test_labels_that_wait_outlive_the_table_of_before(make):
    """Once a label was a column of its job."""
    rig = make()
    rig.send(LABEL % 1)
    rig.until("queued")
    rig.gateway.stop()
    db = sqlite3.connect(os.path.join(rig.gateway.folder, "data", "ledger.db"))
    db.executescript("ALTER TABLE job_work ADD COLUMN payload BLOB NOT NULL DEFAULT x'';"
                     "UPDATE job_work SET payload = (SELECT payload FROM job_label l WHERE l.job = job_work.job);"
                     "DROP TABLE job_label; PRAGMA user_version = 2;")
    db.close()
    rig.gateway.start()
    rig.printer()
    rig.until("printed")
    assert rig.printed() == [LABEL % 1]
