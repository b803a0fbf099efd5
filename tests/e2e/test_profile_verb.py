# SPDX-License-Identifier: MIT
"""`tally profile`: what it says of the profiles that are there, and of a device on a port."""
import contextlib, glob, json, os, subprocess, threading

import jsonschema
import pytest

import harness
from site_lab import PtyScanner, SsiScanner
from umockdev_lab import POS, plugged, under

PROFILES = os.path.join(harness.ROOT, "firmware-profiles")
FILES = sorted(glob.glob(os.path.join(PROFILES, "*.json")))


def tally(*args, ok=0, profiles=PROFILES):
    environment = {**os.environ, "TALLYMAN_PROFILES": str(profiles)}
    done = subprocess.run([os.path.join(harness.BUILD, "tally"), *args], capture_output=True, text=True, timeout=30, env=environment)
    assert done.returncode == ok, done.stdout + done.stderr
    return done


@pytest.fixture
def changed(tmp_path):
    """A folder with one profile, changed."""
    def change(name, **members):
        with open(os.path.join(PROFILES, name + ".json")) as f:
            profile = {**json.load(f), **members}
        (tmp_path / (name + ".json")).write_text(json.dumps(profile))
        return tmp_path
    return change


# ---- the files ------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def schema():
    with open(os.path.join(PROFILES, "schema", "profile.json")) as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("path", FILES, ids=[os.path.basename(path) for path in FILES])
def test_a_profile_keeps_to_the_schema_and_names_its_sources(path, schema):
    with open(path) as f:
        profile = json.load(f)
    assert [e.message for e in schema.iter_errors(profile)] == []
    assert profile["name"] == os.path.basename(path)[:-len(".json")]
    assert profile["sources"] and (profile["name"].startswith("generic-") or profile["verified"] is False)


WRONG = [
    ("colour", 1), ("kind", "scale"), ("protocol", "obex"), ("match", [{}]), ("match", [{"usb": "5e0"}]), ("match", [{"class": "3/1/1"}]),
    ("match", [{"usb": "05e0", "modle": "x"}]), ("setup", [{"expect": "06"}]), ("framing", {"ends": "0d0", "gap_ms": 50}),
    ("framing", {"gap_ms": 60001}), ("framing", {"gap_ms": 50, "check": "crc"}), ("code_ids", {"map": {"j": "]C0"}}),
    ("code_ids", {"place": "front", "map": {"j": "C0"}}), ("keyboard", {"layout": "cz"}), ("serial", {"data_bits": 5}), ("firmware", [""]),
    ("status", {"within_ms": -1}), ("feedback", {"happy": "06"}), ("verified", "yes"), ("name", "../x"), ("sources", "a guide"),
    ("sources", [7]), ("code_ids", {"place": "front", "map": ["]C0"]}),
]


@pytest.mark.parametrize("key,value", WRONG, ids=["%s=%s" % (key, json.dumps(value)) for key, value in WRONG])
def test_what_the_schema_refuses_the_program_refuses_too(key, value, schema, tmp_path):
    profile = {"name": "x", "kind": "scanner", "framing": {"gap_ms": 50}, key: value}
    path = tmp_path / "x.json"
    path.write_text(json.dumps(profile))
    assert list(schema.iter_errors(profile))
    assert "profile %s: " % path in tally("profile", "check", str(path), ok=1).stderr


# ---- show -----------------------------------------------------------------------------------------------------------

def test_a_profile_is_shown_as_lines_and_as_its_json():
    lines = tally("profile", "show", "honeywell-serial-code-id").stdout.splitlines()
    assert "framing        ends 0d0a, rest_ms 500" in lines
    assert "code_ids.place front" in lines and "verified       no" in lines
    assert any(line.startswith("code_ids.map   c ]E0, ") for line in lines)
    with open(os.path.join(PROFILES, "zebra-zd421.json")) as f:
        assert json.loads(tally("profile", "show", "zebra-zd421", "--json").stdout) == json.load(f)


def test_what_is_compiled_in_is_shown_without_its_file(tmp_path):
    if os.path.exists("/usr/share/tallyman/profiles"):
        pytest.skip("profiles are installed on this machine")
    shown = json.loads(tally("profile", "show", "generic-hid-keyboard", "--json", profiles=tmp_path).stdout)
    with open(os.path.join(PROFILES, "generic-hid-keyboard.json")) as f:
        wanted = json.load(f)
    extra = {key: wanted.pop(key) for key in ("$schema", "sources", "verified")}
    assert shown == wanted and extra["verified"] is False
    assert "there is no profile" in tally("profile", "show", "zebra-ssi", ok=1, profiles=tmp_path).stderr


# ---- propose --------------------------------------------------------------------------------------------------------

def proposed(tmp_path, *devices, options=("--json",)):
    front, environment = under(tmp_path / "plugged.umockdev", *devices)
    done = subprocess.run([*front, os.path.join(harness.BUILD, "tally"), "profile", "propose", *options], capture_output=True, text=True,
                          timeout=30, env={**os.environ, "TALLYMAN_PROFILES": PROFILES, **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout


KNOWN = [
    (plugged("1-1", "05e0:1701", "02/02/01", tty="ttyACM0"), "serial:/dev/serial/by-path/1-1-port", "zebra-ssi"),
    (plugged("1-2", "0c2e:0b61", "02/02/01", "Xenon 1950", tty="ttyACM1"), "serial:/dev/serial/by-path/1-2-port", "honeywell-xenon-1950-serial"),
    (plugged("1-3.4", "05e0:1200", "03/01/01", "Symbol Bar Code Scanner", descriptor="05010906a101"), "usb:1-3.4", "zebra-keyboard"),
    (plugged("2-1", "05e0:1200", "03/00/00", descriptor=POS), "usb:2-1", "zebra-pos"),
    (plugged("2-2", "0a5f:0166", "07/01/02", device_id="MANUFACTURER:Zebra ;COMMAND SET:ZPL;MODEL:ZTC ZD421-203dpi ZPL;"), "usb:2-2", "zebra-zd421"),
]


def test_what_is_plugged_in_is_listed_with_its_profile_by_port(tmp_path):
    mouse = plugged("1-9", "046d:c077", "03/01/02", "Mouse", descriptor="05010902a101")
    hub = plugged("1-8", "1d6b:0002", "09/00/00", "Hub")
    rows = json.loads(proposed(tmp_path, mouse, hub, *(text for text, _, _ in reversed(KNOWN))))
    assert [(row["port"], row["profile"]) for row in rows] == [(port, profile) for _, port, profile in KNOWN]
    assert all("proposal" not in row for row in rows)


UNKNOWN = [
    (plugged("1-1", "9999:0001", "02/02/01", "Scan 100", tty="ttyACM0"), "generic-serial", "scan-100"),
    (plugged("1-1", "9999:0001", "ff/00/00", "", tty="ttyUSB0"), "generic-serial", "usb-9999-0001"),
    (plugged("1-1", "9999:0001", "03/01/01", "é K/B", descriptor="05010906a101"), "generic-hid-keyboard", "k-b"),
    (plugged("1-1", "9999:0001", "03/00/00", "P", descriptor=POS), "generic-hid-pos", "p"),
    (plugged("1-1", "9999:0001", "07/01/02", "Label " + "x" * 100), "generic-zpl", "label-" + "x" * 57),
]


@pytest.mark.parametrize("device,profile,name", UNKNOWN, ids=[profile + " " + name[:16] for _, profile, name in UNKNOWN])
def test_a_proposed_profile_is_a_good_one_and_recognises_its_device(device, profile, name, tmp_path):
    row, = json.loads(proposed(tmp_path, device))
    assert row["profile"] == profile and row["proposal"]["name"] == name
    path = tmp_path / (name + ".json")
    path.write_text(json.dumps(row["proposal"]))
    assert "a good profile" in tally("profile", "check", str(path)).stdout


def test_broken_report_descriptors_are_read_to_their_end(tmp_path):
    broken = ("05", "06", "068c", "078c00", "fe", "fe05", "feff00058c", "058c", "a1", "a101", "8c" * 70)
    devices = [plugged("1-%d" % i, "9999:00%02x" % i, "03/00/00", descriptor=text) for i, text in enumerate(broken, 1)]
    good = plugged("2-1", "9999:0100", "03/00/00", descriptor="fe0100ff068c000902a101")  # a long item in front
    assert [row["port"] for row in json.loads(proposed(tmp_path, *devices, good))] == ["usb:2-1"]


def test_a_proposal_is_shown_to_people(tmp_path):
    text = proposed(tmp_path, UNKNOWN[3][0], options=())
    assert "usb:1-1 is unknown" in text and '"usage_page":140' in text
    assert "nothing is plugged in" in proposed(tmp_path, plugged("1-8", "1d6b:0002", "09/00/00"), options=())


# ---- identify a port ------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def answering(port, question, answer):
    """Answers once when the question has come."""
    def run():
        heard = b""
        while question not in heard and not over.wait(0.01):
            with contextlib.suppress(BlockingIOError):
                heard += os.read(port.master, 4096)
        if question in heard:
            os.write(port.master, answer)
    over = threading.Event()
    thread = threading.Thread(target=run)
    thread.start()
    yield
    over.set()
    thread.join()


def test_an_ssi_scanner_on_a_port_says_who_it_is(tmp_path, changed):
    scanner = SsiScanner(str(tmp_path / "tty"))
    port = "serial:%s" % scanner.link
    said = json.loads(tally("profile", "identify", port, "zebra-ssi", "--json").stdout)
    assert said["firmware"] == "CAAABS00-007-R00" and said["approved"] is True and said["kind"] == "scanner"
    folder = changed("zebra-ssi", firmware=["CAAABS00-006*"])
    assert "does not approve" in tally("profile", "identify", port, "zebra-ssi", profiles=folder).stdout
    scanner.close()


def test_a_scanner_on_a_port_is_asked_as_its_profile_says(tmp_path):
    scanner = PtyScanner(str(tmp_path / "tty"))
    answer = b"Product Name: Voyager 1470g\r\nSoftware Part Number: CW000082BBA\r\nREVINF\x06."
    with answering(scanner, b"\x16M\rREVINF.", answer):
        lines = tally("profile", "identify", "serial:%s" % scanner.link, "honeywell-serial").stdout.splitlines()
    assert "model     Voyager 1470g" in lines and "firmware  CW000082BBA" in lines
    scanner.close()


def test_a_printer_on_a_port_says_who_it_is(tmp_path):
    port = harness.free_port()
    printer = subprocess.Popen([os.path.join(harness.BUILD, "vprinter"), "--port", str(port), "--dir", str(tmp_path)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert printer.stdout.readline()
        said = json.loads(tally("profile", "identify", "tcp:127.0.0.1:%d" % port, "zebra-zd421", "--json").stdout)
        assert said["model"] == "ZD421-203dpi" and said["firmware"] == "V93.21.15Z" and said["kind"] == "printer"
    finally:
        printer.kill()
        printer.communicate()


def test_a_port_that_cannot_say_is_told_with_its_reason(tmp_path):
    absent = "serial:%s" % (tmp_path / "none")
    assert "not there" in tally("profile", "identify", absent, "zebra-ssi", ok=1).stderr
    assert "no question" in tally("profile", "identify", absent, "generic-serial", ok=1).stderr
    assert "there is no profile" in tally("profile", "identify", absent, "none-such", ok=1).stderr
    assert "Connection refused" in tally("profile", "identify", "tcp:127.0.0.1:1", "generic-zpl", ok=1).stderr
    assert "a port and its profile" in tally("profile", "identify", absent, ok=2).stderr
    scanner = PtyScanner(str(tmp_path / "tty"))
    assert "does not" in tally("profile", "identify", "serial:%s" % scanner.link, "zebra-ssi", ok=1).stderr
    scanner.close()
