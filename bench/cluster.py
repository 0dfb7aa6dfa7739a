"""Three nodes on this machine that keep two copies: what that costs, what queries read, and what a lost node or disk does."""
import contextlib
import hashlib
import re
import resource
import shutil
import subprocess
import time

import report
from api import Api, target
from cases import REGEX_NONE
from node_under_test import Node

NODES = 3
COPIES = 2
FLAGS = ("-store.repair-after", "1s", "-store.repair-rate", "0")
MOMENTS = (0.1, 0.5, 0.8)  # of an undisturbed answer, at which a node is killed
HEALED_WITHIN = 600
SETTLED_WITHIN = 120
UNDER_REPLICATED = "oklog_store_under_replicated_partitions"


class Cluster:
    def __init__(self, oklog):
        self.nodes = []
        for _ in range(NODES):
            self.nodes.append(Node(oklog, *FLAGS, *self.peers()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.__exit__()

    def peers(self, without=None):
        return [x for n in self.nodes if n is not without for x in ("-peer", n.at["cluster"])]

    def others(self, node):
        return [n for n in self.nodes if n is not node]

    def kill(self, node):
        node.process.kill()
        node.process.wait()

    def bring_back(self, node):
        node.flags = (*FLAGS, *self.peers(node))
        node.start()
        self.wait(lambda: all(complete(n) for n in self.nodes), "complete answers")

    def wait(self, condition, what, seconds=SETTLED_WITHIN):
        """Seconds until it holds; the benchmark ends where it does not come."""
        begun = time.monotonic()
        while not condition():
            if time.monotonic() - begun > seconds:
                raise SystemExit(f"in vain waited for {what}")
            time.sleep(0.05)
        return time.monotonic() - begun

    def cpu(self):
        return sum(n.cpu() for n in self.nodes)

    def under_replicated(self):
        return max(metric(n, UNDER_REPLICATED) for n in self.nodes)

    def stored(self):
        return sum(metric(n, "oklog_store_segment_bytes") for n in self.nodes)


def metric(node, name):
    found = re.search(rf"^{name} (\S+)$", node.metrics(), re.M)
    return float(found[1]) if found else 0.0


def complete(node):
    return quiet(node, "-q", "", "-from", "1s", "-c").returncode in (0, 1)


def quiet(node, *flags):
    """Its sentences on what is missing are not for the benchmark's reader."""
    return subprocess.run(node.query_command(*flags), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def run(args, file):
    report.say(f"cluster: {NODES} nodes, {COPIES} copies, all on this machine")
    with Cluster(args.oklog) as cluster:
        cluster.wait(lambda: all(metric(n, "oklog_cluster_size") == NODES for n in cluster.nodes), "a cluster")
        cluster.wait(lambda: all(complete(n) for n in cluster.nodes), "complete answers")
        ingest(args, cluster, file)
        at_rest(cluster)
        read(cluster, file)
        die(cluster, file)
        lose(cluster, file)


def split(file, work):
    """Paths of so many parts as there are nodes, cut at lines."""
    subprocess.run(["split", "-n", f"l/{NODES}", file.path, work / "part."], check=True)
    return sorted(work.glob("part.*"))


def ingest(args, cluster, file):
    parts = split(file, args.work)
    cpu, senders_cpu, begun = cluster.cpu(), children_cpu(), time.monotonic()
    with contextlib.ExitStack() as stack:
        senders = []
        for node, part in zip(cluster.nodes, parts):
            lines = stack.enter_context(open(part, "rb"))
            senders.append(subprocess.Popen([args.oklog, "forward", "tcp://" + node.at["fast"]], stdin=lines, stderr=subprocess.DEVNULL))
        report.check(all(s.wait() == 0 for s in senders), "cluster: forward")
    sent = time.monotonic() - begun
    for node in cluster.nodes:
        node.settle()
    cpu_then = cluster.cpu()
    wall, spent = time.monotonic() - begun, cpu_then - cpu
    spent += children_cpu() - senders_cpu  # forwarders have ended, and nothing else has
    for part in parts:
        part.unlink()
    report.figure("cluster: ingest, CPU of all nodes and forwarders", file.bytes / spent / 1e6, "MB/CPU s",
                  f"{spent:.2f} s; reach: >= 60; sent in {sent:.1f} s, on two disks in {wall:.1f} s")
    rest(cluster)
    spent += cluster.cpu() - cpu_then
    report.figure("cluster: ingest, with all compaction that follows", file.bytes / spent / 1e6, "MB/CPU s", f"{spent:.2f} s")
    for node in cluster.nodes:
        report.check(node.count() == file.lines, "cluster: count")


def children_cpu():
    """Of processes that have ended and were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def rest(cluster):
    report.progress("compaction rests")
    for node in cluster.nodes:
        node.rest()


def at_rest(cluster):
    begun, left = time.monotonic(), 1
    while left and time.monotonic() - begun < SETTLED_WITHIN:
        left = cluster.under_replicated()
        time.sleep(0.1)
    report.figure("cluster: under-replicated partitions at rest", left, "", f"reach: 0; looked at for {time.monotonic() - begun:.0f} s")


def read(cluster, file):
    """Bytes that are read over all nodes for one question that no filter can help."""
    for number, node in enumerate(cluster.nodes, 1):
        api = Api(node.address("api"))
        bytes_ = api.get(target("/store/query", q=REGEX_NONE, regex=1, count=1)).summary["bytes"]
        api.close()
        report.figure(f"cluster: text searched, node {number} asked", bytes_["text"] / file.bytes, "x",
                      "of the lines sent, over all nodes; reach: 1.0 (Go OK Log: 2)")
        report.figure(f"cluster: blocks read, node {number} asked", bytes_["blocks_read"] * COPIES / cluster.stored(), "x",
                      "of the files of one copy, filters and all")


class Taken:
    """Everything, asked of a node: the answer's hash, its coverage, and how long it took."""

    def __init__(self, node, meanwhile=None):
        begun = time.monotonic()
        with subprocess.Popen(node.query_command("-q", ""), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
            digest, self.lines, self.killed = hashlib.blake2b(), 0, False
            while piece := p.stdout.read(1 << 20):
                digest.update(piece)
                self.lines += piece.count(b"\n")
                if meanwhile and not self.killed and self.lines >= meanwhile[0]:
                    meanwhile[1]()
                    self.killed = True
            self.said = p.stderr.read().decode()
        self.code, self.hash = p.returncode, digest.hexdigest()
        self.seconds = time.monotonic() - begun


def die(cluster, file):
    asked = cluster.nodes[0]
    usual = [Taken(asked) for _ in range(3)]
    for t in usual:
        report.check((t.code, t.lines) == (0, file.lines), f"cluster: everything: {t.lines} lines, exit code {t.code}: {t.said}")
    calm = sorted(t.seconds for t in usual)[1]
    worst, partial = 0.0, 0
    for gone in cluster.others(asked):
        for moment in MOMENTS:
            taken = Taken(asked, (int(moment * file.lines), lambda gone=gone: cluster.kill(gone)))
            report.check(taken.hash == usual[0].hash, f"cluster: everything while a node dies at {moment}: {taken.lines} lines: {taken.said}")
            worst, partial = max(worst, taken.seconds - calm), partial + (taken.code == 3)
            cluster.bring_back(gone)
    report.figure("cluster: a node dies in an answer: longer by", worst, "s",
                  f"the worst of {NODES - 1} x {len(MOMENTS)}; reach: <= 1; undisturbed {calm:.2f} s; {partial} said partial")


def lose(cluster, file):
    """A disk is lost; its node begins anew, empty."""
    gone = max(cluster.nodes, key=lambda n: metric(n, "oklog_store_segment_bytes"))
    lost, before = metric(gone, "oklog_store_segment_bytes"), cluster.stored()
    raw = lost / before * COPIES * file.bytes
    cluster.kill(gone)
    for half in ("ingest", "store"):
        shutil.rmtree(gone.dir / half)
    gone.flags = (*FLAGS, *cluster.peers(gone))
    gone.start()
    made = cluster.wait(lambda: cluster.stored() >= 0.97 * before, "all copies", HEALED_WITHIN)
    known = made + cluster.wait(lambda: cluster.under_replicated() == 0, "all copies, said by the gauge", HEALED_WITHIN)
    report.figure("cluster: a lost disk, until all copies are made", made, "s",
                  f"{raw / 1e9:.2f} GB of lines, {lost / 1e6:.0f} MB of files; known to all after {known:.1f} s; reach: <= 30 s for 1 GB")
    for node in cluster.nodes:
        report.check(int(quiet(node, "-q", "", "-c").stdout) == file.lines, "cluster: count after repair")
    other = cluster.others(gone)[0]
    cluster.kill(other)
    for node in cluster.others(other):
        report.check(int(quiet(node, "-q", "", "-c").stdout) == file.lines, "cluster: count after repair, with another node lost")
