#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""check_sizes.py BUILD: stripped programs against their budgets; functions and files that have grown too long.

A function runs from the line in column 0 that opens its body to the } in column 0, as clang-format leaves it.
"""
import glob, os, re, subprocess, sys, tempfile

BUDGET_KIB = {"tallyd": 400, "tally": None, "tally-hub": None}
FUNCTION_MAX, FILE_MAX = 70, 800
FOLDERS = ("base", "drivers", "sync", "agent", "tests/virtual")


def functions(path, lines):
    """(name, first line, number of lines) of each function; a signature may go over several lines."""
    start = None
    for number, line in enumerate(lines, 1):
        if re.match(r"[A-Za-z_]", line) and not line.rstrip().endswith((";", ":")):
            start = number
        if line.startswith("}"):
            if start:
                signature = " ".join(lines[start - 1:start + 3])
                name = re.search(r"(\w+)\(", re.sub(r"\b(PRINTF_LIKE|__attribute__)\s*\([^)]*\)+", "", signature))
                if name and line.strip() == "}":
                    yield name.group(1), start, number - start + 1
            start = None


def programs(build):
    failed = False
    for name, budget in BUDGET_KIB.items():
        path = os.path.join(build, name)
        if not os.path.exists(path):
            print("  %-10s not built" % name)
            continue
        with tempfile.NamedTemporaryFile() as stripped:
            subprocess.run(["strip", "-o", stripped.name, path], check=True)
            kib = os.path.getsize(stripped.name) / 1024
        over = budget is not None and kib > budget
        failed |= over
        print("  %-10s %6.0f KiB stripped%s" % (name, kib, "" if budget is None else ", budget %d%s" % (budget, ": OVER" if over else "")))
    return failed


def sources():
    failed, lengths, n_files, total = False, [], 0, 0
    paths = sorted(p for folder in FOLDERS for p in glob.glob(folder + "/**/*.[ch]", recursive=True))
    for path in paths:
        with open(path, encoding="utf-8") as f:
            lines = f.read().split("\n")
        n_files, total = n_files + 1, total + len(lines)
        if len(lines) > FILE_MAX:
            failed = True
            print("  %s: %d lines, more than %d" % (path, len(lines), FILE_MAX))
        if not path.endswith(".c"):
            continue
        for name, at, length in functions(path, lines):
            lengths.append(length)
            if length > FUNCTION_MAX:
                failed = True
                print("  %s:%d: %s has %d lines, more than %d" % (path, at, name, length, FUNCTION_MAX))
    lengths.sort()
    if lengths:
        print("  %d lines in %d files, %d functions: median %d lines, 90 %% up to %d, longest %d"
              % (total, n_files, len(lengths), lengths[len(lengths) // 2], lengths[len(lengths) * 9 // 10], lengths[-1]))
    return failed


def main():
    print("sizes:")
    failed = programs(sys.argv[1] if len(sys.argv) > 1 else "build")
    failed |= sources()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
