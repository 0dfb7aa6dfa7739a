"""What a user would use instead, on the raw file and on a zstd -3 copy of it: what it takes and says.

ripgrep and grep take any bytes for text (-a). A pattern of RE2 knows ASCII classes, so ripgrep gets
--no-unicode for regexes; -i is by Unicode in ripgrep and oklog, by ASCII in grep (LC_ALL=C).
"""
import fcntl
import os
import select
import subprocess
import time

from measure import Measure

NAMES = ("ripgrep raw", "grep raw", "zstd+rg")
PIECE = 1 << 20
F_SETPIPE_SZ = 1031
ENVIRONMENT = {**os.environ, "LC_ALL": "C"}


def tool_flags(case):
    """(ripgrep, grep) with all flags but pattern and file."""
    rg = ["rg", "--no-config", "-a", "-N", "--color=never"] + (["--no-unicode"] if case.regex else ["-F"])
    grep = ["grep", "-a", "-E" if case.regex else "-F"]
    shared = []
    if case.ignore_case:
        shared += ["-i"]
    if case.kind == "count":
        shared += ["-c"]
    if case.limit:
        shared += ["-m", str(case.limit)]
    if case.context:
        shared += ["-C", str(case.context)]
    return rg + shared, grep + shared


def pipelines(case, pattern, file, packed):
    """Name of the peer: the commands of its pipeline. No entry: nothing that it could do."""
    rg, grep = tool_flags(case)
    unpack = ["zstd", "-dcq", str(packed)]
    raw = str(file)
    if case.kind == "histogram":
        return {}
    if case.kind == "everything":
        return {"ripgrep raw": [[*rg, "-e", "", raw]], "grep raw": [[*grep, "-e", "", raw]], "zstd+rg": [unpack]}
    rg += ["-e", pattern]
    grep += ["-e", pattern]
    if case.newest_first:
        without = [f for f in rg if f not in ("-m", str(case.limit))]
        tail = ["tail", "-n", str(case.limit)]
        return {"ripgrep raw": [["tac", raw], [*rg, "-"]], "grep raw": [["tac", raw], [*grep, "-"]],
                "zstd+rg": [unpack, [*without, "-"], tail, ["tac"]]}
    return {"ripgrep raw": [[*rg, raw]], "grep raw": [[*grep, raw]], "zstd+rg": [unpack, [*rg, "-"]]}


class Peaks:
    """The peak memory of processes together, looked at every 20 ms: what wait4() says of a process begins
    with what its parent had."""

    def __init__(self):
        self.pids, self.peaks, self.next = [], {}, 0.0

    def look(self):
        if time.monotonic() < self.next:
            return
        for pid in self.pids:
            try:
                with open(f"/proc/{pid}/status") as status:
                    said = [line for line in status if line.startswith("VmHWM:")]
            except OSError:
                continue
            if said:
                self.peaks[pid] = int(said[0].split()[1]) * 1024
        self.next = time.monotonic() + 0.02

    def sum(self):
        return sum(self.peaks.values())


def drain(fd, keep, peaks):
    """The bytes, or their number where they are not kept."""
    kept, count = [], 0
    while True:
        while not select.select([fd], [], [], 0.02)[0]:
            peaks.look()
        piece = os.read(fd, PIECE)
        if not piece:
            return b"".join(kept) if keep else count
        count += len(piece)
        if keep:
            kept.append(piece)
        peaks.look()


def run(commands, measure, keep=True):
    """Runs one pipeline. Its last output, as drain() gives it."""
    begun = time.monotonic()
    processes, out, peaks = [], subprocess.DEVNULL, Peaks()
    for command in commands:
        p = subprocess.Popen(command, stdin=out, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
        if processes:
            out.close()
        out = p.stdout
        fcntl.fcntl(out, F_SETPIPE_SZ, PIECE)
        processes.append(p)
        peaks.pids.append(p.pid)
    result = drain(out.fileno(), keep, peaks)
    out.close()
    cpu = 0
    for p in processes:
        _, status, used = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        if p.returncode > 1:
            raise SystemExit(f"{' '.join(map(str, p.args))}: exit code {p.returncode}")
        cpu += used.ru_utime + used.ru_stime
    measure.add(time.monotonic() - begun, cpu, peaks.sum())
    return result


def count_of(case, pattern, file):
    """The lines that ripgrep finds, not timed."""
    rg, _ = tool_flags(case)
    return int(run([[*rg, "-e", pattern, str(file)]], Measure()) or 0)
