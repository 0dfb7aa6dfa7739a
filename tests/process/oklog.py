"""A node as its users run it: the binary that OKLOG_BIN names, on free ports, in a directory that goes with the test.

Nothing here sleeps for a fixed time: conditions are polled until they hold or PATIENCE is over.
"""
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

# Colours are tested, whatever terminal the tests run in.
os.environ["TERM"] = "xterm"
os.environ.pop("NO_COLOR", None)

BIN = os.environ.get("OKLOG_BIN", "oklog")
PATIENCE = float(os.environ.get("OKLOG_TEST_PATIENCE", "60"))
# A node whose lines reach the store soon, for tests that wait for that.
QUICK = ("-ingest.segment-flush-age", "100ms", "-store.segment-target-age", "100ms")


def sanitized():
    """Whether the binary is a debug one, whose memory and speed mean nothing."""
    with open(BIN, "rb") as f:
        return b"__asan_init" in f.read()


def peak_kib(process):
    """The most memory that it has had; 0 where that means nothing."""
    if sanitized():
        return 0
    with open(f"/proc/{process.pid}/status") as f:
        return int(re.search(r"VmHWM:\s+(\d+) kB", f.read()).group(1))


def until(condition, what, patience=PATIENCE):
    """The first true value of `condition()`."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("in vain waited for: " + what)
        time.sleep(0.02)


def environment(more=None):
    """Ours without OKLOG_* settings of the machine, and with `more`."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("OKLOG_")}
    return {**env, "TZ": "UTC", **(more or {})}


def run(*args, stdin=b"", env=None, patience=PATIENCE):
    """`oklog ARGS` to its end: returncode, stdout and stderr as bytes."""
    return subprocess.run([BIN, *args], input=stdin, capture_output=True, timeout=patience, env=environment(env))


def place(text):
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


def connect(address):
    return socket.create_connection(place(address), timeout=PATIENCE)


def send(address, data):
    """As `nc -N`: sends, half-closes, and waits for the other side's close. What was answered."""
    with connect(address) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        return read_all(s)


def read_all(s):
    parts = []
    while part := s.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)


class Node:
    """One process. start() returns when it is ready; stop() is SIGTERM."""

    def __init__(self, where, verb="ingeststore", flags=(), env=None):
        self.where = where
        self.verb = verb
        self.flags = list(flags)
        self.env = env
        self.process = None
        self.addresses = {}
        self.log_path = os.path.join(where, "node.log")
        self.address_file = os.path.join(where, "addresses.json")

    def command(self):
        args = [BIN, self.verb, "-api", "127.0.0.1:0", "-addr.file", self.address_file]
        if "-cluster" not in self.flags:
            args += ["-cluster", "127.0.0.1:0"]
        if self.verb != "store":
            args += ["-ingest.fast", "127.0.0.1:0", "-ingest.durable", "127.0.0.1:0"]
            args += ["-ingest.path", os.path.join(self.where, "ingest")]
        if self.verb != "ingest":
            args += ["-store.path", os.path.join(self.where, "store")]
        return args + self.flags

    def spawn(self):
        if os.path.exists(self.address_file):
            os.remove(self.address_file)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=environment(self.env))
        return self

    def start(self):
        return self.spawn().wait_until_ready()

    def wait_until_ready(self):
        until(lambda: os.path.exists(self.address_file) or self.process.poll() is not None, "the node's addresses")
        if self.process.poll() is not None:
            raise AssertionError(f"the node ended with {self.process.returncode}:\n{self.log()}")
        with open(self.address_file) as f:
            self.addresses = json.load(f)
        return self

    @property
    def api(self):
        return self.addresses["api"]

    @property
    def fast(self):
        return self.addresses["fast"]

    @property
    def durable(self):
        return self.addresses["durable"]

    def alive(self):
        return self.process.poll() is None

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self):
        return self.process.wait(timeout=PATIENCE)

    def stop(self):
        self.terminate()
        return self.wait()

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def request(self, method, target, headers=None):
        """(status, headers, body)."""
        c = http.client.HTTPConnection(*place(self.api), timeout=PATIENCE)
        try:
            c.request(method, target, headers=headers or {})
            r = c.getresponse()
            return r.status, r.headers, r.read()
        finally:
            c.close()

    def get(self, target, headers=None):
        return self.request("GET", target, headers)

    def metric(self, name, labels=""):
        """The value of one sample; 0 where there is none."""
        text = self.get("/metrics")[2].decode()
        found = re.search(rf"^{re.escape(name)}{re.escape(labels)} (\S+)$", text, re.M)
        return float(found.group(1)) if found else 0.0

    def query(self, *flags, **how):
        return run("query", "-store", self.api, *flags, **how)

    def there(self):
        """Where its sockets are; sockets and processes that are made meanwhile are there, too."""
        return contextlib.nullcontext()

    def name(self):
        """Among members."""
        return next(m["name"] for m in json.loads(self.get("/-/cluster")[2])["members"] if m["self"])

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def lines(self, *flags):
        """What `oklog query` prints, as it is."""
        done = self.query(*flags)
        if done.returncode not in (0, 1):
            raise AssertionError(f"query {flags} ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
        return done.stdout

    def forward(self, data, *flags):
        done = run("forward", *flags, "tcp://" + self.fast, stdin=data)
        if done.returncode != 0:
            raise AssertionError(f"forward ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
        return done

    def waiting_segments(self):
        """Segments of the ingest directory, whatever their state."""
        names = os.listdir(os.path.join(self.where, "ingest"))
        return [n for n in names if n.endswith((".active", ".flushed", ".pending"))]

    def queue_is_empty(self):
        return self.verb == "store" or not self.waiting_segments()


class Case(unittest.TestCase):
    """A directory, and nodes that end with the test."""

    def setUp(self):
        self.where = tempfile.mkdtemp(prefix="oklog-test.")
        self.addCleanup(shutil.rmtree, self.where, ignore_errors=True)

    def node(self, *flags, verb="ingeststore", where=None, env=None):
        node = Node(where or self.where, verb, flags, env)
        self.addCleanup(node.kill)
        return node

    def popen(self, *args, **how):
        how.setdefault("env", environment())
        process = subprocess.Popen([BIN, *args], **how)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                pipe.close()
