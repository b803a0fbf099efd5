#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""run.py USBLAB [PYTEST ARGUMENT...]: the USB tests, in guests of their own with a real Linux USB stack.

USBLAB is the folder of usblab, which boots Debian's kernel in QEMU on this machine's own files; it is copied to
build/usblab, so that nothing is written where it is. Each guest runs pytest on its files of tests/usb; here their words
are shown as they come, counted together at the end. With arguments one guest runs pytest with these alone.

    TALLY_PATIENCE=20   factor of all limits, for a slow machine (10: software emulation on two free cores)
    USB_GUESTS=1        guests at a time (2)
"""
import concurrent.futures, os, re, shutil, subprocess, sys, time
import xml.etree.ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("TALLY_BUILD", "build"))
LAB = os.path.join(ROOT, "build", "usblab")
REPORTS = os.path.join(BUILD, "usb")
GUESTS = {"use": ["lab", "attach", "scan", "label", "twins"], "harm": ["plug", "claim", "neighbours"]}
LIMIT_S = 15 * 60  # of one guest; all of it takes half as long on two free cores
KERNEL_TROUBLE = re.compile(r"BUG:|Oops|general protection fault|Kernel panic|WARNING: CPU|blocked for more than")


def prepare(source):
    """usblab in build/, with its kernel."""
    if not os.path.exists(os.path.join(LAB, "usblab")):
        shutil.copytree(source, LAB, ignore=shutil.ignore_patterns("cache"), copy_function=shutil.copy)
        subprocess.run(["chmod", "-R", "u+w", LAB], check=True)
    if not os.path.exists(os.path.join(LAB, "cache", "amd64", "kver")):
        subprocess.run([os.path.join(LAB, "usblab"), "build", "amd64"], check=True)


def report(name, kind):
    return os.path.join(REPORTS, "%s.%s" % (name, kind))


def command(name, args):
    environment = ["TALLY_USB_GUEST=1", "TALLY_BUILD=" + os.path.relpath(BUILD, ROOT), "PYTHONDONTWRITEBYTECODE=1"]
    environment += [key + "=" + os.environ[key] for key in ("TALLY_PATIENCE", "USB_SEED") if key in os.environ]
    return [os.path.join(LAB, "usblab"), "run", "-t", str(LIMIT_S), "-g", "", "-l", report(name, "kernel.log"), ROOT,
            "/usr/bin/env", *environment, sys.executable, "-m", "pytest", "-v", "--durations=5", "--junitxml=" + report(name, "xml"), *args]


def run_guest(name, args):
    """Its exit status, after its words went to the terminal line by line."""
    with subprocess.Popen(command(name, args), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          text=True, errors="replace") as guest:
        for line in guest.stdout:
            print("%s| %s" % (name, line), end="", flush=True)
    return guest.returncode


def kernel_troubles(name):
    with open(report(name, "kernel.log"), errors="replace") as f:
        return [line.rstrip() for line in f if KERNEL_TROUBLE.search(line)]


def count(name, status):
    """passed, failed, skipped of a guest; one that died, or whose kernel complained, has failed once more."""
    total = passed = failed = skipped = 0
    if os.path.exists(report(name, "xml")):
        for suite in xml.etree.ElementTree.parse(report(name, "xml")).iter("testsuite"):
            total, skipped = int(suite.get("tests")), int(suite.get("skipped"))
            failed = int(suite.get("failures")) + int(suite.get("errors"))
            passed = max(0, total - failed - skipped)
    if status != 0 and failed == 0:
        print("%s: the guest ended with %d%s" % (name, status, " (its time was over)" if status == 124 else ""))
        failed = 1
    for line in kernel_troubles(name):
        print("%s: the guest's kernel: %s" % (name, line))
        failed += 1
    return passed, failed, skipped


def main():
    begin = time.monotonic()
    prepare(sys.argv[1])
    shutil.rmtree(REPORTS, ignore_errors=True)
    os.makedirs(REPORTS)
    guests = {"one": sys.argv[2:]} if len(sys.argv) > 2 else {
        name: ["tests/usb/test_%s.py" % f for f in files] for name, files in GUESTS.items()}
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("USB_GUESTS", "2"))) as pool:
        runs = {name: pool.submit(run_guest, name, args) for name, args in guests.items()}
    counts = [count(name, run.result()) for name, run in runs.items()]
    words = ["%d %s" % (sum(column), word) for column, word in zip(zip(*counts), ("passed", "failed", "skipped")) if sum(column)]
    print("==== %s in %.2fs ====" % (", ".join(words) or "no tests ran", time.monotonic() - begin))
    return 1 if any(failed for _, failed, _ in counts) or not words else 0


if __name__ == "__main__":
    sys.exit(main())
