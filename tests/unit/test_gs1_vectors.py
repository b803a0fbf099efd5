# SPDX-License-Identifier: MIT
"""`tally decode --jsonl` against the verdicts of GS1's own engine, where somebody has put them beside the project."""
import json, os, subprocess

import pytest

import harness

VECTORS = os.path.join(harness.ROOT, "..", "shared", "data", "gs1", "vectors.jsonl")


@pytest.mark.skipif(not os.path.exists(VECTORS), reason="skipped: ../shared/data/gs1/vectors.jsonl is not there")
def test_verdicts_and_element_strings_are_the_engines():
    with open(VECTORS) as f:
        wanted = [json.loads(line) for line in f]
    questions = "".join(json.dumps({"scan": row["scan"]}) + "\n" for row in wanted)
    done = subprocess.run([os.path.join(harness.BUILD, "tally"), "decode", "--jsonl"], input=questions, capture_output=True,
                          text=True, timeout=120, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(wanted)
    differ = [(row, answer) for row, answer in zip(wanted, answers) if row["ok"] != answer["ok"]]
    assert len(differ) <= len(wanted) * 0.005, differ[:5]
    texts = [(row["ai"], answer.get("ai")) for row, answer in zip(wanted, answers) if row["ok"] and answer["ok"] and "ai" in row]
    assert [pair for pair in texts if pair[0] != pair[1]] == []
    print("%d vectors, %d verdicts differ, %d element strings equal" % (len(wanted), len(differ), len(texts)))
