# SPDX-License-Identifier: MIT
"""Random scans, whole and damaged, judged by the second reader of gs1_oracle.py and by `tally decode`:
GS1_ORACLE_SCANS of them (default 20,000) from GS1_ORACLE_SEED."""
import json, os, random, subprocess

import pytest

import harness
from gs1_oracle import DIGITS, GS, LOWER, UPPER, Oracle, Undecided, mod_10, read_dictionary

DICTIONARY = os.path.join(harness.ROOT, "..", "shared", "data", "gs1", "gs1-syntax-dictionary.txt")
SCANS, SEED = int(os.environ.get("GS1_ORACLE_SCANS", "20000")), int(os.environ.get("GS1_ORACLE_SEED", "1"))


def damage(r, text):
    if not text:
        return text
    at = r.randrange(len(text))
    alphabet = DIGITS + DIGITS + "AZaz" + "()%&+-/=?#^~ _" + GS
    return r.choice((
        lambda: text[:at] + r.choice(alphabet) + text[at + 1:],
        lambda: text[:at] + r.choice(alphabet) + text[at:],
        lambda: text[:at] + text[at + 1:],
        lambda: text[:at],
        lambda: text + r.choice((GS, GS + GS, "0", "=")),
        lambda: r.choice((GS, "0", "(")) + text,
        lambda: text.replace(GS, "", 1),
        lambda: text.replace(GS, GS + GS, 1),
    ))()


def some_string(r, table):
    text, codes = "", r.choices(list(table), k=r.choice((1, 1, 2, 2, 3, 5, 12)))
    if r.random() < .1:
        codes += [r.choice(["8030"]), r.choice(["253", "255", "8003", "01"])]
    if r.random() < .05:
        codes.append(codes[0])
    for i, code in enumerate(codes):
        text += code + table[code].make(r)
        if i + 1 < len(codes) and (not table[code].fixed or r.random() < .1) or r.random() < .03:
            text += GS
    return text


def escape(r, text, query):
    out = ""
    for c in text:
        plain = c in DIGITS + UPPER + LOWER + "-._~" or c in "!'()*,:;%=" and r.random() < .5
        out += c if plain and r.random() < .97 else "%" + (r.choice(("%02x", "%02X")) % ord(c))
    return out


def some_link(r, table):
    key = r.choice([ai for ai in table.values() if ai.key] + [table["01"]] * 10)
    order = r.choice(key.orders)
    qualifiers = [code for code in order if r.random() < .5]
    if r.random() < .05:
        qualifiers = r.sample(["10", "21", "22", "235", "254", "7040", "8011", "8020", "17"], k=2)
    path = "".join("/%s/%s" % (code, escape(r, table[code].make(r), False)) for code in [key.code] + qualifiers)
    attributes = [ai.code for ai in table.values() if ai.attribute] + ["10", "21", "22", "235", "9999", "linkType", "x", ""] * 2
    query = ""
    for name in r.choices(attributes, k=r.choice((0, 0, 1, 2, 3))):
        value = escape(r, table[name].make(r), True) if name in table else r.choice(("all", "", "%", "a+b"))
        query += r.choice(("&", "&", "&&")) * bool(query) + name + ("=" + value if r.random() < .95 else "")
    host = r.choice(("example.com", "id.gs1.org", "a", "[::1]:80", "user@a", "a_b", "", "x%41") + ("example.org",) * 12)
    stem = r.choice(("", "", "", "/some/stem", "/01/09521234543213", "/10/X", "/gtin/x", "//", "/x/"))
    return (r.choice(("https://", "http://", "HTTPS://", "HTTP://")) + host + stem + path
            + r.choice(("", "", "", "/", "/x", "/10/L")) + ("?" + query if query or r.random() < .05 else "")
            + r.choice(("", "", "#", "#/01/1?17=1")))


def some_ean(r):
    size = r.choice((13, 13, 8))
    digits = "".join(r.choice(DIGITS) for _ in range(size - 1))
    return {13: "]E0", 8: "]E4"}[size] + digits + mod_10(digits), size


def some_scan(r, table):
    kind = r.random()
    if kind < .1:
        scan, size = some_ean(r)
        if r.random() < .3:
            scan += "|]e0" + some_string(r, table)
        elif r.random() < .3:
            scan = scan[:3] + damage(r, scan[3:])
        # 12 and 8 digits behind ]E0 are UPC-A and UPC-E of scanners that do not widen them: not the engine's business
        return scan if size == 8 or len(scan) not in (11, 15) else some_scan(r, table)
    aim, text = ((r.choice(("]C1", "]e0", "]d2", "]Q3", "]J1")), some_string(r, table)) if kind < .65 else
                 (r.choice(("]d1", "]Q1", "]J0")), some_link(r, table)))
    for _ in range(r.choice((0, 0, 0, 1, 1, 2))):
        text = damage(r, text)
    return aim + text


def bracketed(elements):
    return "".join("(%s)%s" % (code, value.replace("(", "\\(")) for code, value in elements)


@pytest.mark.skipif(not os.path.exists(DICTIONARY), reason="skipped: ../shared/data/gs1/gs1-syntax-dictionary.txt is not there")
def test_two_readers_agree():
    r, oracle, wanted = random.Random(SEED), Oracle(read_dictionary(DICTIONARY)), []
    while len(wanted) < SCANS:
        scan = some_scan(r, oracle.table)
        try:
            if len(scan) > 3:
                wanted.append((scan, oracle.read(scan)))
        except Undecided:
            pass
    done = subprocess.run([os.path.join(harness.BUILD, "tally"), "decode", "--jsonl"], check=True, timeout=120, capture_output=True,
                          text=True, input="".join(json.dumps({"scan": scan}) + "\n" for scan, _ in wanted))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    differ = [(scan, elements and bracketed(elements), answer) for (scan, elements), answer in zip(wanted, answers)
              if (elements is not None) != answer["ok"]
              or scan[:2] != "]E" and bracketed(elements or []) != answer.get("ai", "")]  # of a composite the verdict counts
    assert len(answers) == len(wanted) and differ == [], differ[:5]
    print("%d scans, %d of them right" % (len(wanted), sum(elements is not None for _, elements in wanted)))
