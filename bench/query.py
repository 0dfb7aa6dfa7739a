"""Searches over the whole file, beside ripgrep, grep and zstd -dc | rg: page cache warm, and cold."""
import pathlib
import subprocess
import time

import cases
import cold
import disconnect
import disk
import histogram
import peers
import report
import under_scan
from api import Api, equals_file, target
from measure import Measure
from node_under_test import Node
from row import Row, Single


class Bench:
    """A node that holds the file and has been started anew, and a zstd -3 copy of the file."""

    def __init__(self, args, node, file, packed, span_ms):
        self.args, self.node, self.file, self.packed, self.span_ms = args, node, file, packed, span_ms
        self.api = Api(node.address("api"))
        self.gigabytes = file.bytes / 1e9
        self.resident = node.memory("VmRSS")  # before any query
        self.before_each = lambda: None

    def path(self, case, pattern):
        if case.kind == "histogram":
            return histogram.path(pattern, self.span_ms)
        return target("/store/query", **case.parameters(pattern))

    def ask(self, case, pattern, measure):
        """One timed answer; its growth is above what the node had before the first query."""
        self.before_each()
        self.node.forget_peak()
        self.api.wake()
        cpu, begun = self.node.cpu_clock(), time.monotonic()
        answer = self.api.get(self.path(case, pattern), keep=case.kind != "everything")
        measure.add(answer.ended - begun, self.node.cpu_clock() - cpu, max(0, self.node.memory("VmHWM") - self.resident))
        return answer

    def ask_peers(self, case, pattern, measures):
        """Each peer's last output."""
        said = {}
        for name, commands in peers.pipelines(case, pattern, self.file.path, self.packed).items():
            report.progress(f"{case.workload}: {name}")
            self.before_each()
            said[name] = peers.run(commands, measures.setdefault(name, Measure()), keep=case.kind != "everything")
        return said


def check_answers(bench, case, pattern, answer, said):
    """Ours and the peers' against ripgrep's."""
    name = f"{case.workload}, {pattern!r}"
    expected = said.get("ripgrep raw")
    if case.kind == "histogram":
        bench.api.wake()
        problem = histogram.wrong_spans(bench.api, pattern, answer.body)
        report.check(problem is None, f"{name}: {problem}")
        return
    if case.kind == "everything":
        ours = answer.summary and answer.summary["records"]
        report.check(ours == bench.file.lines, f"{name}: {ours} records of {bench.file.lines}")
        expected = bench.file.bytes
    elif case.kind == "count":
        said = {peer: int(out or 0) for peer, out in said.items()}
        expected = said["ripgrep raw"]
        report.check(int(answer.body) == expected, f"{name}: counted {int(answer.body)}, ripgrep {expected}")
    else:
        report.check(answer.body == expected, f"{name}: {len(answer.body)} bytes, others than ripgrep's {len(expected)}")
    for peer, out in said.items():
        if out != expected:
            report.disagree(f"{name}: {peer} says otherwise than ripgrep")


def compare(bench, case, runs):
    """Ours and the peers in turn, so that all see the same machine."""
    ours, others = Measure(), {}
    rounds = max(1, runs // len(case.patterns))
    for n in range(rounds):
        for pattern in case.patterns:
            report.progress(f"{case.workload}: oklog, round {n + 1} of {rounds}")
            for _ in range(1 if len(case.patterns) == 1 else 3):
                answer = bench.ask(case, pattern, ours)
            said = bench.ask_peers(case, pattern, others)
            if n == 0:
                check_answers(bench, case, pattern, answer, said)
    row = Row(case.workload, ours, others, bench.gigabytes, case.note,
              bench.file.bytes if case.kind == "everything" else None)
    report.row(row)
    return row


def whole_command(bench, workload, flags, rate_of=None):
    """The CLI's process from start to end; the CPU is its own and the node's."""
    measure = Measure()
    for _ in range(max(1, bench.args.runs // 2)):
        bench.before_each()
        before = bench.node.cpu_clock()
        peers.run([bench.node.query_command(*flags)], measure, keep=False)
        measure.cpus[-1] += bench.node.cpu_clock() - before
    report.row(Row(workload, measure, {}, bench.gigabytes, "whole process; memory is the CLI's", rate_of))


def check_everything(bench):
    """To the byte: over HTTP and through the CLI."""
    report.progress("everything back, compared with the file")
    same = equals_file(bench.node.address("api"), target("/store/query", q="", format="raw"), bench.file.path)
    report.check(same, "everything back: other bytes than the file's")
    with subprocess.Popen(bench.node.query_command("-q", ""), stdout=subprocess.PIPE) as cli:
        same = subprocess.run(["cmp", "-s", "-", bench.file.path], stdin=cli.stdout).returncode == 0
    report.check(same, "everything back, CLI: other bytes than the file's")


def memory_rows(rows):
    back = [r for r in rows if r.workload == "everything back"]
    others = [r for r in rows if r.workload != "everything back"]
    report.row(Single("memory of a query: everything back", max(r.oklog.peak for r in back) / 1e6, " MB",
                      "peak above what a node just started has"))
    worst = max(others, key=lambda r: r.oklog.peak)
    report.row(Single("memory of a query: the worst other", worst.oklog.peak / 1e6, " MB", worst.workload))


def warm(bench, chosen):
    peers.run([["cat", str(bench.file.path), str(bench.packed)]], Measure(), keep=False)  # into the page cache
    rows = [compare(bench, case, bench.args.runs) for case in chosen]
    rare = next((c for c in chosen if c.workload == "absent 16 hex digits"), chosen[0])
    whole_command(bench, "absent 16 hex digits, CLI", ["-q", rare.patterns[0], "-c"])
    whole_command(bench, "everything back, CLI", ["-q", ""], bench.file.bytes)
    memory_rows(rows)


def run(args, file):
    report.say("query, over the whole file; seconds, in brackets CPU seconds")
    packed = file.pack(pathlib.Path(args.work) / "lines.zst")
    with Node(args.oklog) as node:
        report.progress("ingest")
        begun = int(time.time() * 1000)
        node.forward(file.path)
        node.rest()
        span = (begun, int(time.time() * 1000))
        disk.row(node, file, args.way)
        node.restart()
        bench = Bench(args, node, file, packed, span)
        report.progress("looking for words of the data")
        chosen, left_out = cases.all_of(file.path)
        for name in left_out:
            report.say(f"  {name}: nothing in this data to search for")
        warm(bench, chosen)
        check_everything(bench)
        if args.cold:
            cold.run(bench, chosen, compare)
        disconnect.row(bench)
        under_scan.rows(bench)
    packed.unlink()
    disk.other_way(args, file)
