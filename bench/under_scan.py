"""Latency of ingest while everything is scanned again and again, beside that of an idle node."""
import threading

import report
from api import Api, target
from cases import REGEX_NONE
from measure import percentile
from row import Single, shown
from ticker import durable_latencies, stream_latencies

CLIENTS = 2
PAUSE = 0.01


class ScanLoad:
    """Clients that each ask for a full scan as soon as the last one is answered."""

    def __init__(self, node):
        self.node, self.stopping, self.scans, self.answers = node, threading.Event(), 0, set()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.loop) for _ in range(CLIENTS)]

    def loop(self):
        api = Api(self.node.address("api"))
        while not self.stopping.is_set():
            count = int(api.get(target("/store/query", q=REGEX_NONE, regex=1, count=1)).body)
            with self.lock:
                self.scans += 1
                self.answers.add(count)
        api.close()

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for t in self.threads:
            t.join()


def both(node, samples, name):
    return (durable_latencies(node, samples, PAUSE), stream_latencies(node, samples, PAUSE, name))


def rows(bench):
    report.progress("latency of ingest, idle")
    node, samples = bench.node, bench.args.samples
    idle = both(node, samples, "tick-idle")
    report.progress("latency of ingest, under full scans")
    cpu = node.cpu_clock()
    with ScanLoad(node) as load:
        busy = both(node, samples, "tick-scan")
    note = f"{load.scans} scans by {CLIENTS} clients, {node.cpu_clock() - cpu:.1f} CPU s"
    report.check(len(load.answers) == 1, f"full scans beside ingest answer {sorted(load.answers)}")
    for title, before, during in zip(("durable line acknowledged", "line seen by stream"), idle, busy):
        for label, share in (("p50", 0.5), ("p99", 0.99)):
            a, b = percentile(before, share), percentile(during, share)
            report.row(Single(f"{title} in a scan, {label}", b / a, "x idle",
                              f"{shown(a)} idle, {shown(b)} in a scan; {note}"))
