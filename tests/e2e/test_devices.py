# SPDX-License-Identifier: MIT
"""Scanners and printers as their profiles describe them, driven by the real agent: what they speak, what they say they are."""
import glob, json, os, select, shutil, subprocess

import pytest

import harness
from site_lab import PtyScanner, Site, SsiScanner, wait_until

PROFILES = os.path.join(harness.ROOT, "firmware-profiles")
REVINF = b"\x16M\rREVINF."
VOYAGER = b"Product Name: Voyager 1470g\r\nBoot Revision: 1\r\nSoftware Part Number: CW000082BBA\r\nREVINF\x06."


def tally(*args, ok=0):
    done = subprocess.run([os.path.join(harness.BUILD, "tally"), *args], capture_output=True, text=True, timeout=20)
    assert done.returncode == ok, done.stderr
    return done


@pytest.fixture
def profiles(tmp_path, monkeypatch):
    """A folder of profiles that the programs read, to be changed by a test."""
    folder = shutil.copytree(PROFILES, tmp_path / "profiles")
    monkeypatch.setenv("TALLYMAN_PROFILES", str(folder))
    return folder


def change(profiles, name, **members):
    path = profiles / (name + ".json")
    profile = json.loads(path.read_text())
    profile.update(members)
    path.write_text(json.dumps(profile))


@pytest.fixture
def site(tmp_path):
    made = Site(str(tmp_path))
    yield made
    made.close()


def device(gateway, name):
    return next(d for d in gateway.api.get("/api/v1/devices")["devices"] if d["name"] == name)


def drifts(gateway):
    listed = gateway.site.run("tally", "--socket", gateway.socket, "exceptions", "--json")["exceptions"]
    return [e for e in listed if e["kind"] == "firmware_drift"]


# ---- SSI ------------------------------------------------------------------------------------------------------------

@pytest.fixture
def ssi(site, profiles):
    """A gateway with a Zebra scanner in SSI mode."""
    gateway = site.add_gateway("gw-01", scanner="zebra-ssi")
    scanner = SsiScanner(gateway.tty)
    gateway.ssi = scanner
    yield gateway
    site.close()
    scanner.close()


def test_ssi_scans_are_answered_by_beeps(ssi):
    ssi.start()
    assert ssi.ssi.scan("T$PICK") == "good"
    assert ssi.ssi.scan("T$HELP") == "attention"
    assert ssi.ssi.scan("no such thing") == "bad"
    assert ssi.ssi.params == [b"\xff\xee\x01\x2d\x01"]
    assert wait_until(lambda: device(ssi, "gun")["firmware"], 5, "the revision") == "CAAABS00-007-R00"


def test_ssi_packet_that_is_sent_again_counts_once(ssi):
    ssi.start()
    before = ssi.place()["recorded"]
    ssi.ssi.drop_acks = 1
    assert ssi.ssi.scan("T$HELP") == "attention"
    assert ssi.ssi.beeps.empty()
    assert ssi.place()["recorded"] == before + 1


def test_ssi_scanner_that_is_mute_is_told_of_and_works_when_it_speaks(ssi):
    ssi.ssi.mute = True
    ssi.start()
    assert "SSI" in wait_until(lambda: device(ssi, "gun")["detail"], 20, "the trouble")
    assert device(ssi, "gun")["state"] == "ready"
    ssi.ssi.mute = False
    assert ssi.ssi.scan("T$PICK") == "good"
    assert device(ssi, "gun")["detail"] == ""


def test_ssi_survives_a_kill_of_the_agent(ssi):
    ssi.start()
    assert ssi.ssi.scan("T$PICK") == "good"
    ssi.kill()
    ssi.start()
    assert ssi.ssi.scan("T$HELP") == "attention"


# ---- firmware -------------------------------------------------------------------------------------------------------

def test_firmware_that_is_not_approved_is_raised_until_it_is(ssi, profiles):
    change(profiles, "zebra-ssi", firmware=["CAAABS00-006*"])
    ssi.start()
    wait_until(lambda: drifts(ssi), 10, "the drift")
    raised = drifts(ssi)[0]
    assert "CAAABS00-006" in raised["expected"] and "CAAABS00-007-R00" in raised["found"]
    assert device(ssi, "gun")["approved"] is False
    assert "does not approve" in tally("--socket", ssi.socket, "profile", "identify", "gun").stdout
    ssi.stop()
    change(profiles, "zebra-ssi", firmware=["CAAABS00-006*", "CAAABS00-007*"])
    ssi.start()
    wait_until(lambda: device(ssi, "gun")["firmware"], 10, "the revision")
    wait_until(lambda: not drifts(ssi), 10, "the drift is over")
    assert device(ssi, "gun")["approved"] is True


def test_a_printers_firmware_is_read_and_checked(site, profiles, tmp_path):
    change(profiles, "zebra-zd421", firmware=["V84*"])
    port = harness.free_port()
    gateway = site.add_gateway("gw-01", printer_port=port, printer="zebra-zd421")
    scanner = PtyScanner(gateway.tty)
    site.spawn("vprinter", "--port", str(port), "--dir", str(tmp_path))
    site.start_broker()
    site.start_hub()
    feed = tmp_path / "feed.ndjson"
    feed.write_text('{"type":"item","sku":"TEA","name":"Tea","codes":["4006381333931"]}\n'
                    '{"type":"location","location":"A-01","kind":"bin"}\n'
                    '{"type":"move","id":"o1","kind":"adjust","sku":"TEA","qty":9,"from":"@adjust","to":"A-01"}\n'
                    '{"type":"order","order":"SO-1","lines":[{"line":1,"sku":"TEA","qty":1,"location":"A-01"}],'
                    '"label":{"zpl":"^XA^FDx^FS^XZ"}}\n')
    site.import_file(str(feed))
    gateway.start()
    wait_until(lambda: gateway.api.get("/api/v1/orders/SO-1"), 10, "the order")
    for code in ("SO-1", "A-01", "4006381333931"):
        scanner.send(code)
        assert scanner.feedback(5) == "good"
    wait_until(lambda: device(gateway, "zd")["firmware"] == "V93.21.15Z", 10, "the firmware")
    assert device(gateway, "zd")["model"] == "ZD421-203dpi"
    wait_until(lambda: drifts(gateway), 10, "the drift")
    site.close()
    scanner.close()


# ---- a maker's text protocol ----------------------------------------------------------------------------------------

class Voyager:
    """A Honeywell scanner on a pty: text with CR, and one answer."""

    def __init__(self, link):
        self.port = PtyScanner(link)
        self.heard = b""

    def hear(self, wanted, timeout=10):
        def come():
            if select.select([self.port.master], [], [], 0.05)[0]:
                self.heard += os.read(self.port.master, 4096)
            return wanted in self.heard
        wait_until(come, timeout, "the scanner hears %r" % wanted)
        self.heard = self.heard[self.heard.index(wanted) + len(wanted):]


def test_a_honeywell_scanner_says_who_it_is_and_beeps(site, profiles):
    gateway = site.add_gateway("gw-01", scanner="honeywell-serial")
    voyager = Voyager(gateway.tty)
    gateway.start(wait=False)
    voyager.hear(REVINF)
    os.write(voyager.port.master, VOYAGER)
    wait_until(lambda: device(gateway, "gun")["firmware"] == "CW000082BBA", 10, "the firmware")
    assert device(gateway, "gun")["model"] == "Voyager 1470g"
    os.write(voyager.port.master, b"]C0T$PICK\r")
    voyager.hear(b"\x1b7,")
    os.write(voyager.port.master, b"nothing\r")
    voyager.hear(b"\x1b8,\x1b8,")
    site.close()
    voyager.port.close()


def test_code_ids_of_a_maker_become_symbologies(site, profiles):
    gateway = site.add_gateway("gw-01", scanner="datalogic-serial-code-id-eu")
    datalogic = Voyager(gateway.tty)
    gateway.start()
    os.write(datalogic.port.master, b"TT$PICK\r")
    datalogic.hear(b"\x01")
    assert gateway.place()["last"]["scan"] == "]C0T$PICK"
    site.close()
    datalogic.port.close()


# ---- tally profile --------------------------------------------------------------------------------------------------

def test_every_profile_of_the_program_is_good():
    files = sorted(glob.glob(os.path.join(PROFILES, "*.json")))
    assert len(files) > 20
    verdicts = json.loads(tally("profile", "check", "--json", *files).stdout)
    assert [v["ok"] for v in verdicts] == [True] * len(files)
    for path in files:
        with open(path) as f:
            profile = json.load(f)
        assert profile["name"] + ".json" == os.path.basename(path)
        assert profile["sources"]


def test_schema_and_program_know_the_same_members(tmp_path):
    """An unknown member is refused with the nearest known one, so each of the schema's must be taken."""
    with open(os.path.join(PROFILES, "schema", "profile.json")) as f:
        schema = json.load(f)
    empty = {"object": {}, "array": [], "string": "", "boolean": True, "integer": 1}

    def refusal(profile):
        path = tmp_path / "x.json"
        path.write_text(json.dumps(profile))
        done = subprocess.run([os.path.join(harness.BUILD, "tally"), "profile", "check", str(path)], capture_output=True, text=True, timeout=20)
        return done.stderr

    base = {"name": "x", "kind": "printer"}
    for key, rule in schema["properties"].items():
        value = base.get(key, rule["enum"][-1] if "enum" in rule else empty[rule["type"]])
        assert "unknown key" not in refusal({**base, key: value}), key
        for inner, inner_rule in rule.get("properties", {}).items():
            assert "unknown key" not in refusal({**base, key: {inner: inner_rule.get("enum", [empty[inner_rule.get("type", "string")]])[0]}}), inner
    assert "unknown key" in refusal({**base, "colour": 1})
    assert 'did you mean framing?' in refusal({**base, "frameing": {}})


def test_profiles_are_listed_shown_and_checked(profiles, tmp_path):
    names = [p["name"] for p in json.loads(tally("profile", "list", "--json").stdout)]
    assert len(set(names)) == len(names) and "zebra-ssi" in names and "generic-zpl" in names
    assert json.loads(tally("profile", "show", "zebra-ssi", "--json").stdout)["protocol"] == "ssi"
    assert "there is no profile" in tally("profile", "show", "none-such", ok=1).stderr
    assert "knows check, list, show, propose and identify" in tally("profile", "frobnicate", ok=2).stderr
    (profiles / "broken.json").write_text('{"name":"broken","kind":"scanner"}')
    done = tally("profile", "list", ok=1)
    assert "broken.json" in done.stderr and "nothing would end a scan" in done.stderr and "zebra-ssi" in done.stdout
    assert tally("profile", "check", str(profiles / "broken.json"), ok=1).stderr.count("broken.json") == 1
