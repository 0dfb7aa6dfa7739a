"""A node in a scratch directory, and what it costs: CPU seconds, peak memory, disk."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

TICKS = os.sysconf("SC_CLK_TCK")


class Node:
    def __init__(self, oklog, *flags):
        self.oklog = str(oklog)
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="oklog-bench."))
        addresses = self.dir / "addresses"
        self.log = open(self.dir / "log", "wb")
        self.process = subprocess.Popen(
            [self.oklog, "ingeststore", "-api", "tcp://127.0.0.1:0", "-ingest.fast", "tcp://127.0.0.1:0",
             "-ingest.durable", "tcp://127.0.0.1:0", "-ingest.path", self.dir / "ingest",
             "-store.path", self.dir / "store", "-addr.file", addresses, *flags], stderr=self.log)
        until = time.monotonic() + 20
        while not addresses.exists():
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit("the node does not start: " + (self.dir / "log").read_text())
            time.sleep(0.01)
        self.at = json.loads(addresses.read_text())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        shutil.rmtree(self.dir, ignore_errors=True)

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self, what):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(what + ":"):
                return int(line.split()[1]) * 1024
        return 0

    def forward(self, path):
        """(wall seconds, CPU seconds of the forwarder)"""
        before = os.times()
        begun = time.monotonic()
        with open(path, "rb") as lines:
            subprocess.run([self.oklog, "forward", "tcp://" + self.at["fast"]], stdin=lines, check=True,
                           stderr=subprocess.DEVNULL)
        after = os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return time.monotonic() - begun, cpu

    def query(self, *flags, out=subprocess.PIPE):
        return subprocess.run([self.oklog, "query", "-store", self.at["api"], "-from", "24h", *flags], stdout=out)

    def count(self, q="", *flags):
        return int(self.query("-q", q, "-c", *flags).stdout)

    def metrics(self):
        return urllib.request.urlopen(f"http://{self.at['api']}/metrics").read().decode()

    def settle(self):
        """Until everything has moved into the store."""
        until = time.monotonic() + 300
        while any(p.suffix in (".active", ".flushed", ".pending") for p in (self.dir / "ingest").iterdir()):
            if time.monotonic() > until:
                raise SystemExit("the ingester's queue does not empty")
            time.sleep(0.05)

    def store_bytes(self):
        return sum(p.stat().st_size for p in (self.dir / "store").rglob("*.flushed"))
