"""From a client's disconnect in the middle of a full scan until the node's CPU use has fallen to nothing.

The kernel's CPU clock of the node is read every 2 ms: /proc/PID/stat says the same in steps of 10 ms.
"""
import socket
import statistics
import time

import report
from api import Api, target
from cases import REGEX_NONE
from row import Single

TIMES = 9
STEP = 0.002
WATCHED = 0.8
SPAN = 5       # steps over which use is averaged
REST_LEAST = 0.1
BUSY = 0.2     # of a core: above that the node is at work


def samples(node, seconds):
    begun, seen = time.monotonic(), []
    while time.monotonic() - begun < seconds:
        seen.append((time.monotonic(), node.cpu_clock()))
        time.sleep(STEP)
    return seen


def last_busy(seen):
    """When the node was last seen at work; nothing if never."""
    last = None
    for (t0, c0), (t1, c1) in zip(seen, seen[SPAN:]):
        if c1 - c0 > BUSY * (t1 - t0):
            last = t1
    return last


def one(node, path, wait):
    """(seconds, CPU seconds) from the disconnect on; nothing where the node was not scanning then."""
    with socket.create_connection(node.address("api")) as s:
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
        time.sleep(wait)
        scanning = last_busy(samples(node, 2 * SPAN * STEP)) is not None
        gone, cpu = time.monotonic(), node.cpu_clock()
    last = last_busy(samples(node, WATCHED))
    if not scanning:
        return None
    return max(0.0, last - gone) if last else 0.0, node.cpu_clock() - cpu


def whole_scan(node, path):
    """(seconds, CPU seconds) where the client stays."""
    api = Api(node.address("api"))
    cpu, begun = node.cpu_clock(), time.monotonic()
    api.get(path)
    took = time.monotonic() - begun, node.cpu_clock() - cpu
    api.close()
    return took


def row(bench):
    report.progress("client gone until the CPU rests")
    path = target("/store/query", q=REGEX_NONE, regex=1, count=1)
    whole, whole_cpu = whole_scan(bench.node, path)
    wait = whole / 4
    if whole - wait < REST_LEAST:
        report.say("  client gone until the CPU rests: left out, a scan of so little data ends by itself at once")
        return
    seen = [s for s in (one(bench.node, path, wait) for _ in range(TIMES)) if s is not None]
    if not seen:
        report.say("  client gone until the CPU rests: left out, no scan was caught at work")
        return
    times, cpus = zip(*seen)
    note = (f"worst of {len(times)}, median {statistics.median(times) * 1000:.0f} ms; at most {max(cpus):.3f} CPU s after "
            f"it, a whole scan takes {whole_cpu:.2f}")
    report.row(Single("client gone until the CPU rests", max(times) * 1000, " ms", note))
