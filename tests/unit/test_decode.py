# SPDX-License-Identifier: MIT
"""What `tally decode` says to people and to programs beyond the verdict: warnings, add-ons, composites."""
import json, os, subprocess

import pytest

import harness

TALLY = os.path.join(harness.BUILD, "tally")


@pytest.mark.parametrize("scan,line", [
    ("]C10209521234543213", "warning    (02) should stand beside (37)"),
    ("]E3952123454321352999", "add-on     52999"),
    ("]E3952123454321352999", "GTIN       09521234543213"),
    ("]E09521234543213|]e010L7", "(10)       BATCH/LOT                L7"),
])
def test_people_read(scan, line):
    assert line in subprocess.run([TALLY, "decode", scan], capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize("scan,ai,warning", [
    ("]C110L7", "(10)L7", "(10) should stand beside (01) or (02) or (03) or (8006) or (8026)"),
    ("]C1010952123454321310L7", "(01)09521234543213(10)L7", None),
    ("]E09521234543213|]e010L7", "(10)L7", None),  # the GTIN stands below
    ("]E09521234543213", None, None),
])
def test_programs_read(scan, ai, warning):
    out = subprocess.run([TALLY, "decode", "--jsonl"], input=json.dumps({"scan": scan}) + "\n", capture_output=True, text=True, check=True)
    answer = json.loads(out.stdout)
    assert answer["ok"] and answer.get("ai") == ai and answer.get("warning") == warning
