#!/usr/bin/env python3
"""Named workloads, printed beside what a user would use instead. Run by scripts/bench."""
import argparse
import json
import os
import pathlib
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

from node_under_test import Node

RUNS = 5
rows = []


def row(workload, figure, unit, note=""):
    rows.append({"workload": workload, "figure": round(figure, 4), "unit": unit, "note": note})
    print(f"  {workload:<52} {figure:>10.3f} {unit:<12} {note}", flush=True)


def timed(command, runs=RUNS):
    """Median wall seconds and the last output."""
    walls, output = [], b""
    for _ in range(runs):
        begun = time.monotonic()
        output = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        walls.append(time.monotonic() - begun)
    return statistics.median(walls), output


def must(condition, what):
    if not condition:
        raise SystemExit(f"WRONG ANSWER: {what}")


def make_data(args, work):
    sources = sorted(str(p) for p in pathlib.Path(args.lines).glob("*.log")) if args.lines else []
    path = work / "lines.log"
    with open(path, "wb") as out:
        subprocess.run([args.build / "bench/make_lines", str(args.bytes), "keep" if args.keep_digits else "vary",
                        "20", *sources], stdout=out, check=True)
    raw = path.stat().st_size
    lines = int(subprocess.run(["wc", "-l", path], stdout=subprocess.PIPE).stdout.split()[0])
    made = "digits as they are" if args.keep_digits else "every run of digits varied"
    print(f"  data: {raw} bytes, {lines} lines from {len(sources) or 'built-in'} sources, {made}")
    return path, raw, lines


def zstd_bytes(path):
    with subprocess.Popen(["zstd", "-3", "-q", "-c", path], stdout=subprocess.PIPE) as p:
        return sum(len(piece) for piece in iter(lambda: p.stdout.read(1 << 20), b""))


def ingest(args, path, raw, lines):
    print("ingest, through oklog forward, until queryable")
    for name, flags, file in (("one topic", (), path), ("1,000 topics", ("-ingest.topic-mode", "dynamic"), None)):
        if file is None:
            file = path.with_suffix(".topics")
            subprocess.run(["awk", '{print "topic" (NR % 1000) " " $0}', path], stdout=open(file, "wb"), check=True)
        with Node(args.oklog, *flags) as node:
            wall, forward_cpu = node.forward(file)
            must(node.count() == lines, f"{name}: count")
            node.settle()
            row(f"ingest, {name}", raw / wall / 1e6, "MB/s", f"{wall:.2f} s")
            row(f"ingest, {name}: node's CPU", raw / node.cpu() / 1e6, "MB/CPU s",
                f"{node.cpu():.2f} s; forward {forward_cpu:.2f} s")
            row(f"ingest, {name}: node's peak memory", node.memory("VmHWM") / 1e6, "MB")
            stored, packed = node.store_bytes(), zstd_bytes(path)
            row(f"ingest, {name}: disk, of zstd -3 of the raw file", stored / packed, "x",
                f"{stored / raw:.3f} of raw")
        if file != path:
            file.unlink()


def query(args, path, raw, lines):
    print("query, page cache warm, whole window")
    with Node(args.oklog) as node:
        node.forward(path)
        node.settle()
        base = [node.oklog, "query", "-store", node.at["api"], "-from", "24h"]
        with tempfile.NamedTemporaryFile() as out:
            begun = time.monotonic()
            node.query("-q", "", out=out)
            wall = time.monotonic() - begun
            must(subprocess.run(["cmp", "-s", out.name, path]).returncode == 0, "everything back")
            row("everything back through the CLI", raw / wall / 1e6, "MB/s", f"{wall:.2f} s, equal to the byte")
        for name, q, flags, rg in (
                ("absent literal", "qqzzqqzzqqzzqqzz", [], ["-F"]), ("rare literal", "needle-", [], ["-F"]),
                ("common literal, counted", "INFO", [], ["-F"]),
                ("regex with literals, counted", "(fail|error)\\w* .*user", ["-regex"], [])):
            ours, answer = timed([*base, "-q", q, "-c", *flags])
            theirs, expected = timed(["rg", "-c", "-a", *rg, q, str(path)])
            must(int(answer or 0) == int(expected or 0), f"{name}: {answer} and {expected}")
            grep, _ = timed(["env", "LC_ALL=C", "grep", "-c", "-a", *(["-F"] if rg else ["-E"]), q, str(path)], 1)
            row(name, ours / (raw / 1e9), "s/GB",
                f"{theirs / ours:.2f}x rg's speed ({theirs:.3f} s), {grep / ours:.2f}x grep's ({grep:.3f} s)")
        packed = path.with_suffix(".zst")
        subprocess.run(["zstd", "-3", "-q", "-f", path, "-o", packed], check=True)
        wall, _ = timed(["sh", "-c", f"zstd -dcq {packed} | rg -c -a -F qqzzqqzzqqzzqqzz"], 1)
        row("(zstd -dc | rg, absent literal)", wall / (raw / 1e9), "s/GB")
        packed.unlink()
        row("query: node's peak memory", node.memory("VmHWM") / 1e6, "MB")


def latency(args, *_):
    print("latency, from a write into forward to its answer")
    with Node(args.oklog) as node:
        host, port = node.at["api"].split(":")
        stream = socket.create_connection((host, int(port)))
        stream.sendall(b"GET /store/stream?q=tick HTTP/1.1\r\nHost: x\r\n\r\n")
        reader = stream.makefile("rb")
        while reader.readline().strip():
            pass
        forward = subprocess.Popen([node.oklog, "forward", "tcp://" + node.at["fast"]], stdin=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        found, seen = [], []
        for n in range(200):
            word = f"tick-{n:06d}"
            begun = time.monotonic()
            forward.stdin.write(f"a line with {word}\n".encode())
            forward.stdin.flush()
            url = f"http://{node.at['api']}/store/query?from=1m&q={word}&count=1"
            while urllib.request.urlopen(url).read().strip() != b"1":
                pass
            found.append(time.monotonic() - begun)
            while word.encode() not in reader.readline():
                pass
            seen.append(time.monotonic() - begun)
        forward.stdin.close()
        forward.wait()
        for name, times in (("found by query", found), ("seen by stream", seen)):
            times.sort()
            row(f"{name}, p50", times[len(times) // 2] * 1000, "ms")
            row(f"{name}, p99", times[int(len(times) * 0.99) - 1] * 1000, "ms")


def idle(args, *_):
    print("idle node")
    with Node(args.oklog) as node:
        before, begun = node.cpu(), time.monotonic()
        time.sleep(20)
        row("idle: CPU", 100 * (node.cpu() - before) / (time.monotonic() - begun), "% of a core")
        row("idle: memory", node.memory("VmRSS") / 1e6, "MB")


def main():
    workloads = {"ingest": ingest, "query": query, "latency": latency, "idle": idle}
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", choices=[*workloads, []])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--bytes", type=int, default=1_000_000_000)
    parser.add_argument("--lines")
    parser.add_argument("--keep-digits", action="store_true")
    parser.add_argument("--json")
    args = parser.parse_args()
    args.oklog = args.build / "cmd/oklog/oklog"
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
          f"{subprocess.run([args.oklog, '--version'], stdout=subprocess.PIPE, text=True).stdout.strip()}")
    if os.getloadavg()[0] > 0.5:
        print("  WARNING: this machine is doing other things: the figures mean little")
    work = pathlib.Path(tempfile.mkdtemp(prefix="oklog-bench-data."))
    try:
        names = args.names or list(workloads)
        data = make_data(args, work) if {"ingest", "query"} & set(names) else (None, 0, 0)
        for name in names:
            workloads[name](args, *data)
    finally:
        shutil.rmtree(work)
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
