# SPDX-License-Identifier: MIT
"""The examples of docs/protocol.md, read and written back by the code that reads and writes them in the programs."""
import json, os, re, subprocess

import pytest

import harness

with open(os.path.join(harness.ROOT, "docs", "protocol.md"), encoding="utf-8") as page:
    EXAMPLES = dict(re.findall(r"```json (\S+)\n(.*?)```", page.read(), re.S))


def probe(build, kind, text):
    """Exit status and what it wrote."""
    done = subprocess.run([os.path.join(build, "wire_probe"), kind], input=text.encode(), capture_output=True, timeout=10)
    assert done.stderr == b"", done.stderr.decode()
    return done.returncode, done.stdout.decode()


def test_every_example_is_json():
    assert len(EXAMPLES) > 8
    for text in EXAMPLES.values():
        for line in text.splitlines():
            json.loads(line)


@pytest.mark.parametrize("kind", ["ack", "totals", "feed", "want"])
def test_an_example_is_written_byte_for_byte_as_the_page_shows_it(build, kind):
    status, text = probe(build, kind, EXAMPLES[kind].rstrip("\n"))
    assert status == 0, text
    assert text.rstrip("\n") == EXAMPLES[kind].rstrip("\n")


def test_the_batch_hashes_to_what_its_ack_says(build):
    status, text = probe(build, "batch", EXAMPLES["batch"])
    assert status == 0, text
    assert text == EXAMPLES["batch"] + "hash %s\n" % json.loads(EXAMPLES["ack"])["hash"]


@pytest.mark.parametrize("kind", ["batch", "ack", "totals", "feed", "want"])
def test_an_example_cut_short_is_refused_in_words(build, kind):
    head = EXAMPLES[kind].split("\n")[0]
    for n in range(0, len(head) - 1):
        status, text = probe(build, kind, head[:n])
        assert status == 1 and text, "%d bytes: %s" % (n, text)
