# SPDX-License-Identifier: MIT
"""What tests, demo and bench share: free ports, programs whose words can be waited for, and a private broker.

Nothing here sleeps for luck: every wait ends with the event or fails at its deadline, and says what it saw until then.
"""
import os, re, signal, socket, subprocess, threading, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, os.environ.get("TALLY_BUILD", "build"))
KEPT_LINES = 10000  # of a program's words; older ones are forgotten


def free_port():
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def wait_until(condition, timeout=10, what="the condition", step=0.005):
    """Calls condition until it answers something true, and returns that. OSError means not yet."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            answer = condition()
        except OSError:
            answer = None
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError("not within %g s: %s" % (timeout, what))
        time.sleep(step)


def wait_port(port, timeout=10):
    wait_until(lambda: socket.create_connection(("127.0.0.1", port), 1).close() or True, timeout, "port %d listens" % port)


class Program:
    """A running program. Its standard error (and output, unless stdout is given) is read line by line as it comes.

        with Program("build/tallyd", "--config", path) as tallyd:
            tallyd.wait_line("ready")
    """

    def __init__(self, *command, **kwargs):
        self.name = os.path.basename(command[0])
        self.lines, self.dropped, self.ended = [], 0, False
        self.news = threading.Condition()
        kwargs.setdefault("stdin", subprocess.DEVNULL)
        kwargs.setdefault("stdout", subprocess.PIPE)
        merged = kwargs["stdout"] is subprocess.PIPE
        self.process = subprocess.Popen([os.fspath(part) for part in command], stderr=subprocess.STDOUT if merged else subprocess.PIPE,
                                        start_new_session=True, **kwargs)
        source = self.process.stdout if merged else self.process.stderr
        self.reader = threading.Thread(target=self._read, args=(source,), daemon=True)
        self.reader.start()

    def _read(self, source):
        for line in source:
            with self.news:
                self.lines.append(line.decode(errors="replace").rstrip("\n"))
                if len(self.lines) > KEPT_LINES:
                    del self.lines[0]
                    self.dropped += 1
                self.news.notify_all()
        source.close()
        with self.news:
            self.ended = True
            self.news.notify_all()

    @property
    def pid(self):
        return self.process.pid

    @property
    def text(self):
        with self.news:
            return "\n".join(self.lines)

    def mark(self):
        """A place in what was said so far, for wait_line(after=...)."""
        with self.news:
            return self.dropped + len(self.lines)

    def wait_line(self, pattern, timeout=10, after=0):
        """The first line from mark `after` on in which the regular expression is found, as its match."""
        deadline = time.monotonic() + timeout
        at = after
        with self.news:
            while True:
                for line in self.lines[max(0, at - self.dropped):]:
                    match = re.search(pattern, line)
                    if match:
                        return match
                at = self.dropped + len(self.lines)
                left = deadline - time.monotonic()
                if self.ended or left <= 0:
                    why = "ended" if self.ended else "did not say it in %g s" % timeout
                    raise AssertionError("%s %s: %r; it said:\n%s" % (self.name, why, pattern, "\n".join(self.lines[-50:])))
                self.news.wait(left)

    def wait(self, timeout=10):
        """Its exit status (negative: a signal) when it has ended and everything it said is here."""
        status = self.process.wait(timeout)
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # children that it left behind
        except ProcessLookupError:
            pass
        self.reader.join(timeout)
        return status

    def running(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """SIGKILL: what a power cut does to a process."""
        if self.running():
            self.process.kill()
        return self.wait()

    def stop(self, timeout=10):
        """SIGTERM, and SIGKILL when it does not end by itself in time. Its exit status."""
        if self.running():
            # a stopped process ends only when it runs again
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
        try:
            return self.wait(timeout)
        except subprocess.TimeoutExpired:
            return self.kill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Broker:
    """A mosquitto of one's own on a free port of 127.0.0.1, which stays the same over restarts.

    folder: where configuration and, with persistence, its database live. settings: more lines of mosquitto.conf.
    """

    def __init__(self, folder, persistence=False, settings="", port=None):
        self.port = port or free_port()
        self.program = None
        self.config = os.path.join(folder, "mosquitto-%d.conf" % self.port)
        with open(self.config, "w") as f:
            f.write("listener %d 127.0.0.1\nallow_anonymous true\nlog_dest stderr\n" % self.port)
            if persistence:
                # not as another user, who may not write in our folder
                f.write("persistence true\npersistence_location %s/\nautosave_interval 1\nuser root\n" % os.path.abspath(folder))
            f.write(settings + "\n")

    def start(self):
        broker = "/usr/sbin/mosquitto" if os.path.exists("/usr/sbin/mosquitto") else "mosquitto"
        self.program = Program(broker, "-c", self.config)
        try:
            wait_port(self.port)
        except TimeoutError as e:
            raise RuntimeError("mosquitto does not listen: %s" % self.program.text) from e
        return self

    def stop(self):
        return self.program.stop() if self.program else 0

    def kill(self):
        return self.program.kill()

    def restart(self):
        self.stop()
        return self.start()

    def __enter__(self):
        return self if self.program else self.start()

    def __exit__(self, *_):
        self.stop()
