"""Membership in the simulator: our rules beside memberlist's, in the same worlds, beside the goals.

Each row runs `simulate gossip` over seeds 1 to n. A row names the command of its worst world, which replays it.
"""
import concurrent.futures
import json
import os
import subprocess

import report

QUICK = 20  # so much fewer seeds


def simulate(args, options, seeds, rules):
    """The worlds' figures, the CPU seconds that they took, and the process's peak memory."""
    command = [args.build / "cmd/simulate/simulate", "gossip", "--json", "--rules", rules,
               "--seeds", str(seeds), *options.split()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = process.stdout.read().splitlines()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{command} failed")
    return [json.loads(line) for line in lines], usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def quantile(values, q):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def spreads(world):
    return [all_know - first for first, all_know in zip(world["first"], world["all"])]


class Detection:
    """Seconds from a crash to the first who knows, and from there to the last."""

    def __init__(self, p50, p99, spread, quiet=True):
        self.p50, self.p99, self.spread = p50, p99, spread
        self.quiet = quiet  # nothing else is wrong: afterwards everybody's score is 0
        self.goal = (f"<= {p50} / {p99}, " if p99 < 1e9 else "") + f"+ {spread}"

    def figures(self, worlds):
        first = [t for w in worlds for t in w["first"]]
        spread = [t for w in worlds for t in spreads(w)]
        return quantile(first, 0.5), quantile(first, 0.99), max(first), quantile(spread, 0.99)

    def text(self, worlds):
        p50, p99, most, spread = self.figures(worlds)
        unseen = sum(w["unseen"] for w in worlds)
        return f"{p50:.2f} / {p99:.2f} (max {most:.2f}), +{spread:.2f}" + (f", {unseen} unseen" if unseen else "")

    def reached(self, worlds):
        p50, p99, _, spread = self.figures(worlds)
        well = all(w["unseen"] == 0 and (w["worst_score"] == 0 or not self.quiet) for w in worlds)
        return p50 <= self.p50 and p99 <= self.p99 and spread <= self.spread and well

    def badness(self, world):
        return max(world["first"], default=0)


class FalseDeaths:
    """Running nodes that were taken for dead, on the worst seed, and refutations."""

    def __init__(self, most, messages=1e9):
        self.most, self.messages = most, messages
        self.goal = f"<= {most}" + (f", <= {messages} msg/s" if messages < 1e9 else "")

    def text(self, worlds):
        total = sum(map(self.badness, worlds))
        refutes = max(w["refutes"] for w in worlds)
        return f"{total} in {len(worlds)}; <= {refutes} refutes; {self.load(worlds):.2f} msg/s"

    def load(self, worlds):
        return sum(w["messages"] for w in worlds) / len(worlds)

    def reached(self, worlds):
        return max(map(self.badness, worlds)) <= self.most and self.load(worlds) <= self.messages

    def badness(self, world):
        return world["false_healthy"] + world["false_at_starved"] + world["false_about_starved"]


class Starved:
    """The same where some nodes hardly run: between healthy ones, and of any, in all worlds together."""

    def __init__(self, most, most_of_all):
        self.most, self.most_of_all = most, most_of_all
        self.goal = f"<= {most}" + (f"; of any <= {most_of_all:,}" if most_of_all < 1e9 else "")

    def healthy(self, worlds):
        return sum(w["false_healthy"] for w in worlds)

    def of_all(self, worlds):
        return sum(w["false_healthy"] + w["false_at_starved"] + w["false_about_starved"] for w in worlds)

    def text(self, worlds):
        return f"{self.healthy(worlds)}; of any {self.of_all(worlds):,}"

    def reached(self, worlds):
        return self.healthy(worlds) <= self.most and self.of_all(worlds) <= self.most_of_all

    def badness(self, world):
        return world["false_healthy"] * 1e6 + world["false_about_starved"]


class Load:
    """Datagrams and their bytes before the seal, a node and second."""

    def __init__(self, messages, size):
        self.messages, self.size = messages, size
        self.goal = f"<= {messages} msg/s" + (f", {size} B/s" if size < 1e9 else "")

    def text(self, worlds):
        return (f"{self.most(worlds, 'messages'):.2f} msg/s, {self.most(worlds, 'bytes'):.0f} B/s; "
                f"TCP {sum(w['exchange_bytes'] / w['node_seconds'] for w in worlds) / len(worlds):.1f} B/s")

    def most(self, worlds, what):
        return max(w[what] for w in worlds)

    def reached(self, worlds):
        return self.most(worlds, "messages") <= self.messages and self.most(worlds, "bytes") <= self.size

    def badness(self, world):
        return world["messages"]


# what, options, seeds, seeds of memberlist's rules, measure
ROWS = [
    ("crash, n = 3", "--nodes 3", 200, 200, Detection(5.0, 6.5, 0.35)),
    ("crash, n = 5", "--nodes 5", 200, 200, Detection(5.0, 6.5, 0.35)),
    ("crash, n = 10", "--nodes 10", 200, 200, Detection(5.0, 6.5, 0.35)),
    ("crash, n = 100", "--nodes 100", 200, 200, Detection(9, 12, 0.5)),
    ("crash, n = 100, 1 % loss", "--nodes 100 --loss 1", 200, 200, Detection(9, 12, 0.5)),
    ("crash, n = 100, 5 % loss", "--nodes 100 --loss 5", 200, 200, Detection(9, 12, 0.5)),
    ("crash, n = 100, 20 % loss", "--nodes 100 --loss 20", 40, 40, Detection(1e9, 1e9, 3.0, quiet=False)),
    ("crash, n = 1,000", "--nodes 1000", 20, 20, Detection(12.5, 15, 0.8)),
    ("crash, n = 1,000, 5 % loss", "--nodes 1000 --loss 5", 20, 10, Detection(12.5, 15, 0.8)),
    ("8 crashes, n = 10,000", "--nodes 10000 --victims 8", 2, 1, Detection(16.5, 18.5, 1.2)),
    ("1 h, 1 % loss, n = 100", "--scenario loss --loss 1", 10, 2, FalseDeaths(0)),
    ("1 h, 5 % loss, n = 100", "--scenario loss --loss 5", 10, 2, FalseDeaths(0)),
    ("1 h, 20 % loss, n = 100", "--scenario loss --loss 20", 10, 1, FalseDeaths(5, 12)),
    ("1 of 128 starved, 4 x 2 min", "--scenario starved --nodes 128 --victims 1", 4, 4, Starved(0, 1e9)),
    ("4 of 128", "--scenario starved --nodes 128 --victims 4", 4, 4, Starved(0, 1e9)),
    ("8 of 128", "--scenario starved --nodes 128 --victims 8", 4, 4, Starved(0, 1e9)),
    ("16 of 128", "--scenario starved --nodes 128 --victims 16", 4, 4, Starved(1, 40_000)),
    ("idle, n = 10", "--scenario idle --nodes 10", 5, 5, Load(2.3, 100)),
    ("idle, n = 100", "--scenario idle --nodes 100", 5, 5, Load(2.3, 100)),
    ("idle, n = 1,000", "--scenario idle --nodes 1000", 2, 2, Load(2.3, 100)),
    ("5 % loss, n = 1,000, 2 min", "--scenario loss --loss 5 --nodes 1000 --seconds 120", 2, 2, Load(4, 1e9)),
    ("5 % loss, n = 10,000, 1 min", "--scenario loss --loss 5 --nodes 10000 --seconds 60", 1, 1, Load(4, 1e9)),
]


def run(args, _):
    report.say("gossip: our rules, memberlist's rules in the same simulator, the goal; seconds are simulated")
    for what, options, seeds, their_seeds, measure in ROWS:
        if args.quick:
            if "10000" in options:
                continue
            seeds, their_seeds = max(1, seeds // QUICK), max(1, their_seeds // QUICK)
        run_row(args, what, options, seeds, their_seeds, measure)
    cost(args)


def run_row(args, what, options, seeds, their_seeds, measure):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        ours = pool.submit(simulate, args, options, seeds, "swim")
        theirs = pool.submit(simulate, args, options, their_seeds, "memberlist")
        worlds, _, memory = ours.result()
        other, _, _ = theirs.result()
    worst = max(worlds, key=measure.badness)
    # With fewer seeds a quantile is another one.
    reached = "" if args.quick else "yes" if measure.reached(worlds) else "NO"
    report.gossip_row({
        "what": what, "seeds": f"1-{seeds}", "ours": measure.text(worlds), "memberlist": measure.text(other),
        "memberlist_seeds": f"1-{their_seeds}", "goal": measure.goal, "reached": reached,
        "worst": f"simulate gossip {options} --seed {worst['seed']}", "memory": memory})


def cost(args):
    """What a node costs: the simulator does everything but the system calls."""
    _, short, _ = simulate(args, "--scenario idle --nodes 1000 --seconds 60", 1, "swim")
    _, long, _ = simulate(args, "--scenario idle --nodes 1000 --seconds 360", 1, "swim")
    report.figure("gossip: CPU of a node at n = 1,000, without system calls", (long - short) / 300 / 1000 * 1e6,
                  "us a second", "goal: < 10,000")
    if args.quick:
        return
    _, _, memory = simulate(args, "--scenario idle --nodes 10000 --seconds 5", 1, "swim")
    report.figure("gossip: memory of 10,000 nodes in one process", memory / 1e9, "GB", "goal: < 8 GB")
