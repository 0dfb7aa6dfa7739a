#!/usr/bin/env python3
"""Named workloads, printed beside what a user would use instead. Run by scripts/bench."""
import argparse
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import tempfile

import cluster
import gossip
import idle
import ingest
import latency
import lines_file
import query
import report
import table

WORKLOADS = {"ingest": ingest, "query": query, "latency": latency, "idle": idle,
             "cluster": cluster, "gossip": gossip}
BY_NAME_ONLY = {"cluster", "gossip"}  # the one fills the machine, the other takes a quarter of an hour, and simulates
NEED_DATA = {"ingest", "query", "cluster"}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", choices=[*WORKLOADS, []])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--oklog", type=pathlib.Path, help="another binary than the build's")
    parser.add_argument("--bytes", type=int, default=1_000_000_000)
    parser.add_argument("--lines", help="a directory of *.log files to make the data from")
    parser.add_argument("--file", type=pathlib.Path, help="measure with this file as it is")
    parser.add_argument("--keep-digits", action="store_true", help="fresh timestamps, all else as in the lines")
    parser.add_argument("--runs", type=int, default=5, help="of which medians are taken")
    parser.add_argument("--samples", type=int, default=300, help="lines sent to measure latency beside scans")
    parser.add_argument("--cold", action="store_true", help="queries once more with the page cache dropped")
    parser.add_argument("--quick", action="store_true", help="gossip: few seeds, no 10,000 nodes")
    parser.add_argument("--json")
    args = parser.parse_args()
    args.oklog = args.oklog or args.build / "cmd/oklog/oklog"
    args.way = "keep" if args.keep_digits else "vary"
    return args


def setting(args):
    """Where and with what, in one line."""
    version = subprocess.run([args.oklog, "--version"], stdout=subprocess.PIPE, text=True).stdout.strip()
    return f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {version}"


def print_tables():
    for title, rows in (("page cache warm", report.rows), ("page cache dropped before each run", report.cold_rows)):
        if rows:
            report.say(f"\n{title}; wall time, in brackets CPU seconds; ratio: ripgrep's time to ours\n")
            print(table.of(rows))
    if report.gossip_rows:
        print("\n" + table.of_gossip(report.gossip_rows))
    if report.rows:
        report.say("\nThe node's growth over a node just started; resident memory of the others, looked at every 20 ms\n"
                   "(empty: it was gone before): of ripgrep's most is the mapped file.\n")
        print(table.of_memory(report.rows))


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # nodes end, and their directories go, also then
    args = arguments()
    where = setting(args)
    print(where)
    if os.getloadavg()[0] > 0.5:
        print("  WARNING: this machine is doing other things: the figures mean little")
    args.work = pathlib.Path(tempfile.mkdtemp(prefix="oklog-bench-data."))
    try:
        names = args.names or [name for name in WORKLOADS if name not in BY_NAME_ONLY]
        file = None
        if NEED_DATA & set(names):
            file = lines_file.LinesFile(args.file) if args.file else lines_file.make(args, args.work, args.way)
        for name in names:
            WORKLOADS[name].run(args, file)
    finally:
        shutil.rmtree(args.work)
    print_tables()
    if args.json:
        report.save(args.json, where)
    for what in report.wrong:
        print(f"WRONG ANSWER: {what}")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
