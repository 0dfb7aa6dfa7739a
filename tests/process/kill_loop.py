"""Nodes that are killed and started again and again, while lines are sent to them and asked of them.

    kill_loop.py KILLS [SEED]       run by scripts/kill-loop; kill_loop_test.py runs as many as fit in two minutes
"""
import argparse
import collections
import random
import sys
import time
import unittest

import member
import numbered
import oklog

NODES = 3
# Claims of a consumer that was killed are free again soon; and no round waits for long.
FLAGS = ("-ingest.segment-pending-timeout", "5s")
EVERYTHING = ("-from", "168h", "-q", "")
SHARE_WAITED_FOR = 0.3  # of the rounds: until an answer is complete
DOWN_MOST = 2.0         # seconds that a node stays away, at most
SHOWN_EVERY = 5.0


class KillLoop:
    """`nodes` run; each round kills one or two of them and brings them back."""

    def __init__(self, nodes, seed):
        self.nodes = nodes
        self.seed = seed
        self.random = random.Random(seed)
        self.account = numbered.Account()
        self.producers = [numbered.Producer(f"p{i}", nodes, self.account, seed) for i in range(2)]
        self.askers = [numbered.Asker(f"q{i}", nodes, self.account, seed) for i in range(2)]
        self.kills = 0
        self.begun = time.monotonic()

    def run(self, kills, seconds=None, progress=lambda text: None):
        """Until there were so many kills, or until the time is over."""
        last = 0.0
        with numbered.at_work(self.producers + self.askers):
            while self.kills < kills and (seconds is None or time.monotonic() - self.begun < seconds):
                self.round()
                for w in self.producers + self.askers:
                    w.check()
                if time.monotonic() - last > SHOWN_EVERY:
                    last = time.monotonic()
                    progress(self.summary())

    def round(self):
        chosen = self.random.sample(self.nodes, 2 if self.random.random() < 0.15 else 1)
        self.pause(1.0)
        for n in chosen:
            n.kill()
            self.kills += 1
        self.pause(DOWN_MOST)
        for n in chosen:
            n.spawn()
        for n in chosen:
            n.wait_until_ready()
        if self.random.random() < SHARE_WAITED_FOR:
            self.wait_until_complete()

    def pause(self, most):
        """Of this length because the seed says so: the moments of the kills are what is drawn."""
        self.producers[0].over.wait(self.random.uniform(0, most))

    def wait_until_complete(self):
        node = self.random.choice(self.nodes)
        oklog.until(lambda: numbered.ask(node, "-from", "1s", "-c", "-q", "").complete, f"a complete answer of {node.api}")

    def settle(self):
        """All are there, nothing is on its way, and each gives the same full answer: the answer."""
        oklog.until(lambda: all(n.queue_is_empty() for n in self.nodes), "the stores to take everything")
        oklog.until(lambda: all(numbered.ask(n, "-from", "1s", "-c").coverage == "full" for n in self.nodes), "full answers")
        answers = [numbered.ask(n, *EVERYTHING) for n in self.nodes]
        self.account.check_all(answers[0].lines, f"the end (seed {self.seed})")
        if any(a.lines != answers[0].lines for a in answers):
            raise AssertionError(f"nodes differ at the end (seed {self.seed})")
        return answers[0]

    def answers(self):
        return sum((a.seen for a in self.askers), collections.Counter())

    def summary(self):
        seen = ", ".join(f"{n} {what}" for what, n in sorted(self.answers().items()))
        return (f"{time.monotonic() - self.begun:.0f} s, {self.kills} kills, {self.account.acknowledged_lines()} lines acknowledged, "
                f"answers: {seen or 'none'}; the slowest {max(a.slowest for a in self.askers):.1f} s")


class ByHand(member.Case):
    """What scripts/kill-loop runs."""
    kills = 0
    seed = 0

    def runTest(self):
        loop = KillLoop(self.group(*["ingeststore"] * NODES, flags=FLAGS), self.seed)
        print(f"seed {self.seed}", flush=True)
        loop.run(self.kills, progress=lambda text: print(text, flush=True))
        lines = loop.settle().lines.count(b"\n")
        print(f"{loop.summary()}\nnothing is missing, doubled or altered: {lines} lines at the end")


def main():
    parser = argparse.ArgumentParser(description="Kills nodes of a cluster under load, and checks all that it answers.")
    parser.add_argument("kills", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=int(time.time()))
    args = parser.parse_args()
    ByHand.kills, ByHand.seed = args.kills, args.seed
    return not unittest.TextTestRunner().run(ByHand()).wasSuccessful()


if __name__ == "__main__":
    sys.exit(main())
