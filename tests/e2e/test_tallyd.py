# SPDX-License-Identifier: MIT
"""tallyd from outside: what it says when it cannot start, and what people at its station see."""
import os, shutil, signal, socket, sqlite3, subprocess

import pytest

import harness
from harness import Program, free_port
from site_lab import PtyScanner, Site, wait_until

TALLYD = os.path.join(harness.BUILD, "tallyd")
ITEMS = [
    '{"type":"item","sku":"TEA","name":"Tea","codes":["4006381333931"]}',
    '{"type":"item","sku":"CUP","name":"Cup","codes":["9780201379624"]}',
    '{"type":"location","location":"A-01","kind":"bin","walk":1}',
    '{"type":"location","location":"A-02","kind":"bin","walk":2}',
    '{"type":"template","name":"shipping","zpl":"^XA^FO20,20^FD{{name}}^FS^XZ"}',
    '{"type":"move","id":"o1","kind":"adjust","sku":"TEA","qty":100,"from":"@adjust","to":"A-01"}',
    '{"type":"move","id":"o2","kind":"adjust","sku":"CUP","qty":100,"from":"@adjust","to":"A-02"}',
] + ['{"type":"order","order":"SO-%d","lines":[{"line":1,"sku":"TEA","qty":2,"location":"A-01"}],'
     '"label":{"template":"shipping","fields":{"name":"Ann ^ Bo"}}}' % n for n in range(1, 10)]


def config(folder, text="", data=None, listen=""):
    path = os.path.join(folder, "tallyd.conf")
    data = data or os.path.join(folder, "data")
    os.makedirs(data, exist_ok=True)
    with open(path, "w") as f:
        f.write("[gateway]\nsite = leeds\nid = gw-01\ndata = %s\n[api]\nsocket = %s/api.sock\nlisten = %s\n[station pack-1]\n%s"
                % (data, folder, listen, text))
    return path


def run(*args):
    done = subprocess.run([TALLYD, *args], capture_output=True, text=True, timeout=20)
    return done.returncode, done.stderr


# ---- what keeps it from starting -------------------------------------------------------------------------------------

def test_check_reports_every_error_with_file_and_line(tmp_path):
    path = config(tmp_path, "mdoe = pick\n[scanner a]\nport = nonsense\n")
    status, words = run("--config", path, "--check")
    assert status == 2
    assert 'tallyd.conf:9: unknown key "mdoe"; did you mean "mode"?' in words
    assert "[scanner a] port must be auto, serial:PATH or usb:PORT" in words


def test_check_of_a_good_configuration_says_ok(tmp_path):
    assert run("--config", config(tmp_path), "--check")[0] == 0


def test_bad_configuration_does_not_start(tmp_path):
    status, words = run("--config", config(tmp_path, "mode = dance\n"))
    assert status == 2 and "must be one of pick pack" in words


def test_missing_configuration_names_the_file(tmp_path):
    status, words = run("--config", str(tmp_path / "none.conf"))
    assert status == 2 and "none.conf" in words and "No such file" in words


def test_wrong_option_is_usage(tmp_path):
    assert run("--frobnicate")[0] == 2


def test_second_agent_on_the_same_ledger_is_refused(tmp_path):
    path = config(tmp_path)
    with Program(TALLYD, "--config", path) as first:
        first.wait_line("ready")
        status, words = run("--config", path)
        assert status == 1 and "another tallyd" in words
        assert first.running()


def test_ledger_of_a_newer_version_is_refused_and_untouched(tmp_path):
    path = config(tmp_path)
    with Program(TALLYD, "--config", path) as tallyd:
        tallyd.wait_line("ready")
    ledger = tmp_path / "data" / "ledger.db"
    with sqlite3.connect(ledger) as db:
        db.execute("PRAGMA user_version = 9999")
    db.close()
    before = ledger.read_bytes()
    status, words = run("--config", path)
    assert status == 1 and "newer" in words
    assert ledger.read_bytes() == before


def test_file_that_is_no_ledger_is_refused(tmp_path):
    path = config(tmp_path)
    (tmp_path / "data" / "ledger.db").write_bytes(b"certainly not SQLite" * 500)
    status, words = run("--config", path)
    assert status == 1 and "ledger.db" in words


def test_busy_port_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, words = run("--config", config(tmp_path, listen="127.0.0.1:%d" % port))
    assert status == 1 and str(port) in words


def test_missing_data_folder_says_what_to_do(tmp_path):
    path = config(tmp_path)
    os.rmdir(tmp_path / "data")
    status, words = run("--config", path)
    assert status == 1 and "data" in words


@pytest.fixture
def small_disk(tmp_path):
    mount = tmp_path / "small"
    mount.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", mount]).returncode != 0:
        pytest.skip("no small file system: needs root")
    yield mount
    subprocess.run(["umount", "-l", mount], check=True)


def test_full_disk_at_start_is_said_and_harms_nothing(tmp_path, small_disk):
    (small_disk / "filler").write_bytes(b"x" * (252 * 1024))
    path = config(tmp_path, data=str(small_disk))
    status, words = run("--config", path)
    assert status == 1 and "full" in words.lower()
    (small_disk / "filler").unlink()
    with Program(TALLYD, "--config", path) as tallyd:
        tallyd.wait_line("ready")


# ---- at the station --------------------------------------------------------------------------------------------------

@pytest.fixture
def site(tmp_path):
    made = Site(str(tmp_path))
    try:
        made.start_broker()
        made.start_hub()
        goods = tmp_path / "goods.ndjson"
        goods.write_text("\n".join(ITEMS) + "\n")
        made.import_file(str(goods))
        yield made
    finally:
        made.close()


@pytest.fixture
def gateway(site):
    made = site.add_gateway("gw-01", printer_port=free_port())
    made.scanner = PtyScanner(made.tty)
    made.start()
    wait_until(lambda: site.synced(made) and made.stock().get(("A-01", "TEA")) == 100, 10, "the feed has come")
    yield made
    made.scanner.close()


def scan(gateway, code):
    gateway.scanner.send(code)
    return gateway.scanner.feedback(5)


def printer(site, gateway, labels):
    made = site.spawn("vprinter", "--port", str(gateway.printer_port), "--dir", labels)
    made.wait_line("listening")
    return made


def pick(gateway, order):
    return [scan(gateway, code) for code in (order, "A-01", "T$QTY2", "4006381333931")]


def test_pick_moves_stock_and_prints_the_label_once_the_printer_is_there(site, gateway, tmp_path):
    labels = str(tmp_path / "labels")
    os.makedirs(labels)
    assert pick(gateway, "SO-1") == ["good"] * 4
    assert gateway.stock()[("A-01", "TEA")] == 98
    jobs = gateway.api.get("/api/v1/jobs")["jobs"]
    assert [job["state"] for job in jobs] == ["queued"]
    printer(site, gateway, labels)
    wait_until(lambda: gateway.api.get("/api/v1/jobs")["jobs"][0]["state"] == "printed", 45, "the label prints")
    assert os.listdir(labels) == ["label-0001.zpl"]
    with open(os.path.join(labels, "label-0001.zpl")) as f:
        zpl = f.read()
    assert "Ann _5E Bo" in zpl or "Ann \\5E Bo" in zpl
    assert "^FH" in zpl and "^CI28" in zpl


def test_place_is_kept_over_a_kill(site, gateway):
    assert [scan(gateway, c) for c in ("SO-1", "TOTE-7", "A-01", "4006381333931")] == ["good"] * 4
    gateway.kill()
    gateway.start()
    place = gateway.place()
    assert (place["order"], place["tote"], place["bin"], place["recorded"]) == ("SO-1", "TOTE-7", "A-01", 4)
    assert scan(gateway, "4006381333931") == "good"
    assert gateway.api.get("/api/v1/orders/SO-1")["state"] == "picked"


def test_scanner_that_goes_and_comes_back_is_used_again(site, gateway):
    gateway.scanner.close()
    wait_until(lambda: gateway.api.get("/api/v1/devices")["devices"][0]["state"] != "ready", 10, "it is missed")
    gateway.scanner = PtyScanner(gateway.tty)
    gateway.wait_ready()
    assert scan(gateway, "SO-1") == "good"


def test_code_of_nothing_is_refused_and_raised(site, gateway):
    assert scan(gateway, "WHATEVER") == "bad"
    found = gateway.api.get("/api/v1/exceptions")["exceptions"]
    assert [e["kind"] for e in found] == ["unknown_code"]
    assert scan(gateway, "WHATEVER") == "bad"
    found = gateway.api.get("/api/v1/exceptions")["exceptions"]
    assert [(e["kind"], e["count"]) for e in found] == [("unknown_code", 2)]


def test_disk_that_fills_while_it_works_refuses_scans_and_loses_nothing(tmp_path, small_disk, site):
    subprocess.run(["mount", "-o", "remount,size=8m", small_disk], check=True)
    gateway = site.add_gateway("gw-02")
    with open(gateway.config) as f:
        text = f.read()
    with open(gateway.config, "w") as f:
        f.write(text.replace("data = %s/data" % gateway.folder, "data = %s" % small_disk))
    gateway.scanner = PtyScanner(gateway.tty)
    gateway.start()
    wait_until(lambda: gateway.stock().get(("A-01", "TEA")) == 100, 10, "the feed has come")
    assert [scan(gateway, c) for c in ("SO-1", "A-01", "4006381333931")] == ["good"] * 3
    filler = small_disk / "filler"
    with open(filler, "wb", 0) as f:
        try:
            while True:
                f.write(b"x" * 4096)
        except OSError:
            pass
    answers = [scan(gateway, "4006381333931")]
    while answers[-1] == "good" and len(answers) < 200:  # the WAL may have room left
        answers += [scan(gateway, "T$UNDO"), scan(gateway, "4006381333931")]
    assert answers[-1] == "bad"
    place = gateway.place()
    assert "disk is full" in place["screen"]["message"]
    good = place["recorded"]
    filler.unlink()
    assert scan(gateway, "T$HELP") == "attention"
    assert gateway.place()["recorded"] == good + 1
    assert gateway.site.run("tally", "--socket", gateway.socket, "verify", "--json")["ok"]
    gateway.scanner.close()


def test_killed_in_mid_label_is_uncertain_and_a_person_decides(site, gateway, tmp_path):
    labels = str(tmp_path / "labels")
    os.makedirs(labels)
    with socket.create_server(("127.0.0.1", gateway.printer_port)) as listener:
        pick(gateway, "SO-2")
        listener.settimeout(45)
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(10)
            seen = b""
            while b"^XA" not in seen:
                seen = connection.recv(4096)
                if b"~HI" in seen:
                    connection.sendall(b"\x02ZD421-203dpi,V93.21.15Z,8,8176KB\x03\r\n")
                if b"~HS" in seen:
                    connection.sendall(b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n"
                                       b"\x021234,0\x03\r\n")
            gateway.kill()
    gateway.start()
    jobs = gateway.api.get("/api/v1/jobs")["jobs"]
    assert [job["state"] for job in jobs] == ["uncertain"]
    found = [e for e in gateway.api.get("/api/v1/exceptions")["exceptions"] if e["kind"] == "print_uncertain"]
    assert len(found) == 1
    site.run("tally", "--socket", gateway.socket, "resolve", found[0]["id"], "reprint", "--by", "lead-1", json_out=False)
    printer(site, gateway, labels)
    wait_until(lambda: gateway.api.get("/api/v1/jobs")["jobs"][0]["state"] == "printed", 45, "the label prints")
    assert os.listdir(labels) == ["label-0001.zpl"]


def test_label_that_would_reconfigure_the_printer_is_refused_and_the_pick_stands(site, gateway, tmp_path):
    bad = tmp_path / "bad.ndjson"
    bad.write_text('{"type":"order","order":"SO-BAD","lines":[{"line":1,"sku":"TEA","qty":2}],"label":{"zpl":"^XA^JUS^XZ"}}\n')
    site.import_file(str(bad))
    wait_until(lambda: gateway.api.get("/api/v1/orders/SO-BAD"), 10, "the order")
    assert pick(gateway, "SO-BAD") == ["good", "good", "good", "attention"]
    assert gateway.api.get("/api/v1/orders/SO-BAD")["state"] == "picked"
    assert gateway.api.get("/api/v1/jobs")["jobs"] == []
    found = [e for e in gateway.api.get("/api/v1/exceptions")["exceptions"] if e["kind"] == "printer_fault"]
    assert "^JU at 4" in found[0]["found"]


def test_reload_changes_how_a_station_works(site, gateway):
    assert [scan(gateway, c) for c in ("SO-3", "4006381333931")] == ["good", "bad"]  # the bin first
    with open(gateway.config) as f:
        text = f.read()
    with open(gateway.config, "w") as f:
        f.write(text.replace("label_on = picked", "label_on = picked\nrequire_location_scan = no"))
    mark = gateway.program.mark()
    gateway.program.signal(signal.SIGHUP)
    gateway.program.wait_line("configuration read again", after=mark)
    assert scan(gateway, "4006381333931") == "good"


def test_two_agents_share_a_site(site, gateway):
    other = site.add_gateway("gw-02")
    scanner = PtyScanner(other.tty)
    other.start()
    wait_until(lambda: other.stock().get(("A-01", "TEA")) == 100, 10, "the feed has come")
    pick(gateway, "SO-4")
    wait_until(lambda: other.stock().get(("A-01", "TEA")) == 98, 10, "the other's pick is seen")
    scanner.close()


def test_verify_finds_a_changed_row(site, gateway):
    pick(gateway, "SO-5")
    gateway.stop()
    ledger = os.path.join(gateway.folder, "data", "ledger.db")
    shutil.copy(ledger, ledger + ".good")
    db = sqlite3.connect(ledger)
    db.execute("UPDATE stock SET qty = qty + 1000 WHERE sku = 'TEA' AND location = 'A-01'")
    db.commit()
    db.close()
    answer = site.run("tally", "verify", "--db", ledger, "--json", ok=(1,))
    assert not answer["ok"]
    assert site.run("tally", "verify", "--db", ledger + ".good", "--json")["ok"]


def test_broker_that_refuses_is_named_and_scanning_goes_on(tmp_path):
    """The gateway works as if it were offline, and says what to do."""
    made = Site(str(tmp_path))
    made.broker.stop()
    with open(made.broker.config) as f:
        text = f.read()
    with open(made.broker.config, "w") as f:
        f.write(text.replace("allow_anonymous true", "allow_anonymous false"))
    scanner = None
    try:
        made.start_broker()
        gateway = made.add_gateway("gw-01")
        scanner = PtyScanner(gateway.tty)
        gateway.start()
        def refusal():
            error = gateway.status()["broker"]["error"] or ""
            return "username" in error and "password" in error
        wait_until(refusal, 10, "the refusal is told")
        gateway.program.wait_line("username")
        scanner.send("T$HELP")
        assert scanner.feedback(5) == "attention"
    finally:
        made.close()
        if scanner:
            scanner.close()
