"""A node that has nothing to do."""
import time

import report
from node_under_test import Node


def run(args, _):
    report.say("idle node")
    with Node(args.oklog) as node:
        before, begun = node.cpu(), time.monotonic()
        time.sleep(20)
        report.figure("idle: CPU", 100 * (node.cpu() - before) / (time.monotonic() - begun), "% of a core")
        report.figure("idle: memory", node.memory("VmRSS") / 1e6, "MB")
