"""From a write into oklog forward to its answers."""
import subprocess
import time
import urllib.request

import report
from measure import percentile
from node_under_test import Node
from ticker import Stream

LINES = 200


def run(args, _):
    report.say("latency, from a write into forward to its answer")
    with Node(args.oklog) as node, Stream(node, "tick") as stream:
        forward = subprocess.Popen([node.oklog, "forward", "tcp://" + node.at["fast"]], stdin=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        found, seen = [], []
        for n in range(LINES):
            word = f"tick-{n:06d}"
            begun = time.monotonic()
            forward.stdin.write(f"a line with {word}\n".encode())
            forward.stdin.flush()
            url = f"http://{node.at['api']}/store/query?from=1m&q={word}&count=1"
            while urllib.request.urlopen(url).read().strip() != b"1":
                pass
            found.append(time.monotonic() - begun)
            stream.wait_for(word)
            seen.append(time.monotonic() - begun)
        forward.stdin.close()
        forward.wait()
        for name, times in (("found by query", found), ("seen by stream", seen)):
            report.figure(f"{name}, p50", percentile(times, 0.5) * 1000, "ms")
            report.figure(f"{name}, p99", percentile(times, 0.99) * 1000, "ms")
