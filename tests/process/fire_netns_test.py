"""A cluster on machines of their own under load, and all that befalls machines: at the end all that was sent is accounted for."""
import contextlib
import os
import random
import shutil
import subprocess
import unittest

import netns
import numbered
import oklog

MISSING = netns.missing()
SEED = 1
EVERYTHING = ("-from", "1h", "-q", "")
FLAGS = (*oklog.QUICK, "-ingest.segment-pending-timeout", "5s", "-disk.reserve", "1")
MIB = 1 << 20


@unittest.skipIf(MISSING, MISSING)
class UnderFire(netns.Case):
    def cluster(self, count):
        self.random = random.Random(SEED * 100 + count)
        self.account = numbered.Account()
        self.net = self.network(count)
        self.nodes = self.machines(self.net, seeds=range(min(3, count)), flags=list(FLAGS))
        self.wait_members(self.nodes, self.nodes, ("alive",), oklog.PATIENCE)
        self.producers = [numbered.Producer(f"p{i}", self.nodes, self.account, SEED, patience=2.0) for i in range(4)]
        self.askers = [numbered.Asker(f"q{i}", self.nodes, self.account, SEED) for i in range(2)]

    def others(self, *some):
        return [n for n in self.nodes if n not in some]

    def meanwhile(self, lines=400):
        """Until so many more lines were taken: the fault lasts, and the work goes on beside it."""
        before = self.account.acknowledged_lines()
        oklog.until(lambda: self.account.acknowledged_lines() >= before + lines, "lines to be taken")
        for w in self.producers + self.askers:
            w.check()

    def dead(self, gone):
        self.wait_members(self.others(gone), [gone], ("dead",), oklog.PATIENCE)

    def together(self):
        self.wait_members(self.nodes, self.nodes, ("alive",), oklog.PATIENCE)
        oklog.until(lambda: all(numbered.ask(n, "-from", "1s", "-c").complete for n in self.nodes), "complete answers")

    # -- what befalls them

    def kills(self):
        for wait in (False, True):
            n = self.random.choice(self.nodes)
            n.kill()
            if wait:
                self.dead(n)
            self.meanwhile(100)
            n.start()
            self.together()

    def stop_and_continue(self):
        for lines in (100, 1000):
            n = self.random.choice(self.nodes)
            n.pause()
            self.meanwhile(lines)
            n.cont()
            self.together()

    def partitions(self):
        n = self.random.choice(self.nodes)
        self.net.partition([n.number], [m.number for m in self.others(n)])
        self.dead(n)
        self.meanwhile()
        self.net.heal()
        self.together()
        one, other = self.random.sample(self.nodes, 2)
        self.net.block(one.number, other.number)
        self.meanwhile(1000)
        self.net.heal()
        self.together()

    def lost_disk(self):
        """And a small one in its place: the machine."""
        n = self.random.choice(self.nodes)
        name = n.name()
        n.kill()
        queue = numbered.queue_of(n)
        for half in ("ingest", "store"):
            shutil.rmtree(os.path.join(n.where, half))
        self.small_disk(n)
        n.start()
        self.assertNotEqual(n.name(), name)
        self.wait_members(self.nodes, self.nodes, ("alive",), oklog.PATIENCE)
        self.meanwhile()
        self.account.give_up(queue)
        oklog.until(lambda: self.forget(name), f"the death of {name}")
        self.together()
        return n

    def forget(self, name):
        """Whether it could be: not while it is not known to be dead."""
        with self.nodes[0].there():
            return oklog.run("forget", "-accept-loss", "-store", self.nodes[0].api, name).returncode == 0

    def small_disk(self, n):
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "oklog-test", n.where], capture_output=True, text=True)
        if done.returncode != 0:
            self.skipTest("a small filesystem cannot be mounted here: " + done.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "-l", n.where], check=True)
        self.addCleanup(n.kill)
        n.log_path = os.path.join(self.where, "small.log")
        n.address_file = os.path.join(self.where, "small.json")

    def full_disk(self, n):
        ballast = os.path.join(n.where, "ballast")
        for killed in (False, True):
            oklog.until(lambda: self.fill(n.where, ballast), "a full disk")
            self.meanwhile(800)
            if killed:
                n.kill()
            os.remove(ballast)
            if killed:
                n.start()
            self.together()

    @staticmethod
    def fill(disk, ballast):
        """Whether next to nothing is free; the node writes meanwhile."""
        space = os.statvfs(disk)
        free = space.f_bavail * space.f_frsize
        with open(ballast, "ab") as f, contextlib.suppress(OSError):
            os.posix_fallocate(f.fileno(), f.seek(0, os.SEEK_END), max(4096, free - MIB // 16))
        return free <= MIB // 8

    # -- the whole of it

    def at_the_end(self):
        oklog.until(lambda: all(n.queue_is_empty() for n in self.nodes), "the stores to take everything")
        oklog.until(lambda: all(numbered.ask(n, "-from", "1s", "-c").coverage == "full" for n in self.nodes), "full answers")
        answers = {numbered.ask(n, *EVERYTHING).lines for n in self.nodes}
        self.assertEqual(len(answers), 1)
        self.account.check_all(answers.pop(), "the end")
        seen = sum((a.seen for a in self.askers), type(self.askers[0].seen)())
        print(f"{self.account.acknowledged_lines()} lines acknowledged, answers: {dict(seen)}")
        self.assertGreater(seen["full"] + seen["degraded"], 10)

    def under_fire(self, count):
        self.cluster(count)
        with numbered.at_work(self.producers + self.askers):
            self.meanwhile()
            self.kills()
            self.stop_and_continue()
            self.partitions()
            self.full_disk(self.lost_disk())
        self.at_the_end()

    def test_three_nodes_lose_double_and_alter_nothing(self):
        self.under_fire(3)

    def test_five_nodes_lose_double_and_alter_nothing(self):
        self.under_fire(5)


if __name__ == "__main__":
    unittest.main()
