"""Lines through oklog forward, until they can be queried."""
import subprocess

import report
from lines_file import LinesFile
from node_under_test import Node


def run(args, file):
    report.say("ingest, through oklog forward, until queryable")
    one(args, file, "one topic", file)
    topics = args.work / "topics.log"
    with open(topics, "wb") as out:
        subprocess.run(["awk", '{print "topic" (NR % 1000) " " $0}', file.path], stdout=out, check=True)
    one(args, LinesFile(topics), "1,000 topics", file, "-ingest.topic-mode", "dynamic")
    topics.unlink()


def one(args, sent, name, raw, *flags):
    with Node(args.oklog, *flags) as node:
        wall, forward_cpu = node.forward(sent.path)
        report.check(node.count() == raw.lines, f"ingest, {name}: count")
        node.settle()
        report.figure(f"ingest, {name}", raw.bytes / wall / 1e6, "MB/s", f"{wall:.2f} s")
        report.figure(f"ingest, {name}: node's CPU", raw.bytes / node.cpu() / 1e6, "MB/CPU s",
                      f"{node.cpu():.2f} s; forward {forward_cpu:.2f} s")
        report.figure(f"ingest, {name}: node's peak memory", node.memory("VmHWM") / 1e6, "MB")
        stored = node.store_bytes()
        report.figure(f"ingest, {name}: disk, of zstd -3 of the raw file", stored / raw.packed_bytes, "x",
                      f"{stored / raw.bytes:.3f} of raw")
