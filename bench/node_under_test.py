"""A node in a scratch directory, and what it costs: CPU seconds, peak memory, disk."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

TICKS = os.sysconf("SC_CLK_TCK")


class Node:
    def __init__(self, oklog, *flags):
        self.oklog, self.flags = str(oklog), flags
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="oklog-bench."))
        self.log = open(self.dir / "log", "ab")
        self.start()

    def start(self):
        addresses = self.dir / "addresses"
        addresses.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [self.oklog, "ingeststore", "-api", "tcp://127.0.0.1:0", "-ingest.fast", "tcp://127.0.0.1:0",
             "-ingest.durable", "tcp://127.0.0.1:0", "-cluster", "tcp://127.0.0.1:0", "-ingest.path", self.dir / "ingest",
             "-store.path", self.dir / "store", "-addr.file", addresses, *self.flags], stderr=self.log)
        until = time.monotonic() + 60
        while not addresses.exists():
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit("the node does not start: " + (self.dir / "log").read_text())
            time.sleep(0.01)
        self.at = json.loads(addresses.read_text())

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def restart(self):
        """The same data in a process that has allocated and decoded nothing yet."""
        self.stop()
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def address(self, port):
        host, number = self.at[port].rsplit(":", 1)
        return host, int(number)

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def cpu_clock(self):
        """What cpu() says, without its steps of 10 ms: the kernel's CPU clock of that process."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def memory(self, what):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(what + ":"):
                return int(line.split()[1]) * 1024
        return 0

    def forget_peak(self):
        """VmHWM begins anew at what is resident now."""
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

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
        return subprocess.run(self.query_command(*flags), stdout=out)

    def query_command(self, *flags):
        return [self.oklog, "query", "-store", self.at["api"], "-from", "24h", *flags]

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

    def rest(self, quiet=3):
        """Until compaction has nothing left to do: the same files for `quiet` seconds."""
        self.settle()
        names, since, until = None, 0.0, time.monotonic() + 600
        while names is None or time.monotonic() - since < quiet:
            now = sorted(p.name for p in (self.dir / "store").iterdir())
            if now != names:
                names, since = now, time.monotonic()
            if time.monotonic() > until:
                raise SystemExit("the store does not come to rest")
            time.sleep(0.1)

    def segments(self):
        return list((self.dir / "store").rglob("*.flushed"))

    def store_bytes(self):
        return sum(p.stat().st_size for p in self.segments())

    def filter_bytes(self):
        """The part of store_bytes() that is n-gram filters, as `oklog segment` says."""
        said = subprocess.run([self.oklog, "segment", *self.segments()], stdout=subprocess.PIPE, text=True, check=True)
        return sum(int(n) for n in re.findall(r"^  filters +(\d+) bytes", said.stdout, re.M))
