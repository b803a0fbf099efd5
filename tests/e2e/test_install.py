# SPDX-License-Identifier: MIT
"""`make install DESTDIR=`: what arrives, and what systemd says about it."""
import os, shutil, subprocess

import pytest

import harness


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("root"))
    subprocess.run(["make", "-C", harness.ROOT, "install", "DESTDIR=" + folder], check=True, capture_output=True, timeout=300)
    return folder


def test_everything_has_its_place(root):
    found = {os.path.relpath(os.path.join(d, f), root) for d, _, files in os.walk(root) for f in files}
    assert {"usr/bin/tallyd", "usr/bin/tally", "usr/bin/tally-hub", "usr/lib/systemd/system/tallyd.service",
            "usr/lib/systemd/system/tally-hub.service", "usr/lib/sysusers.d/tallyman.conf", "usr/lib/tmpfiles.d/tallyman.conf",
            "usr/lib/udev/rules.d/70-tallyman.rules", "usr/share/man/man1/tally.1", "usr/share/man/man5/tallyd.conf.5",
            "usr/share/man/man8/tallyd.8", "usr/share/man/man8/tally-hub.8", "usr/share/tallyman/profiles/generic-serial.json",
            "usr/share/tallyman/profiles/schema/profile.json",
            "usr/share/doc/tallyman/tallyd.conf.example"} <= found


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="skipped: no systemd-analyze here")
def test_systemd_finds_nothing_to_say_about_the_units(root, tmp_path):
    for unit in ("tallyd.service", "tally-hub.service"):
        with open(os.path.join(root, "usr/lib/systemd/system", unit)) as f:
            text = f.read()
        (tmp_path / unit).write_text(text.replace("/usr/bin/", root + "/usr/bin/"))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", tmp_path / unit],
                              capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr


def test_example_configurations_are_right(root):
    docs = os.path.join(root, "usr/share/doc/tallyman")
    for program, example in (("tallyd", "tallyd.conf.example"), ("tally-hub", "tally-hub.conf.example")):
        done = subprocess.run([os.path.join(root, "usr/bin", program), "--config", os.path.join(docs, example), "--check"],
                              capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not shutil.which("systemd-sysusers"), reason="skipped: no systemd-sysusers here")
def test_account_and_folders_are_made(root, tmp_path):
    empty = str(tmp_path / "root")
    os.makedirs(empty + "/etc")
    for tool, kind in (("systemd-sysusers", "sysusers"), ("systemd-tmpfiles", "tmpfiles")):
        source = os.path.join(root, "usr/lib/%s.d/tallyman.conf" % kind)
        command = [tool, "--root=" + empty] + (["--create"] if kind == "tmpfiles" else []) + [source]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
    with open(empty + "/etc/passwd") as f:
        assert "tallyman" in f.read()
    assert os.path.isdir(empty + "/var/lib/tallyman")
