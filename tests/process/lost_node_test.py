"""Three nodes as docs/cluster.md brings them up: any of them may be lost, its disk too, while it is written to and queried; and
each in turn, as soon as the gauges say that all has its copies again.
"""
import shutil
import unittest

import member
import numbered
import oklog

EVERYTHING = ("-from", "1h", "-q", "")
# Nobody waits ten minutes for a store that will not come back.
FLAGS = ("-store.repair-after", "3s", "-ingest.segment-pending-timeout", "5s")


class LostNode(member.Case):
    def setUp(self):
        super().setUp()
        self.nodes = self.group("ingeststore", "ingeststore", "ingeststore", flags=FLAGS)
        self.account = numbered.Account()

    def workers(self, seed):
        return [numbered.Producer(f"p{seed}", self.nodes, self.account, seed), numbered.Asker(f"q{seed}", self.nodes, self.account, seed)]

    def enough(self, more=2000):
        before = self.account.acknowledged_lines()
        oklog.until(lambda: self.account.acknowledged_lines() >= before + more, "lines to be taken")

    def lose(self, gone):
        """It and its disks; its name, and what its queue held: the only thing that may be missing."""
        name = gone.name()
        gone.kill()
        queue = numbered.queue_of(gone)
        for half in ("ingest", "store"):
            shutil.rmtree(f"{gone.where}/{half}")
        return name, queue

    def missed(self, name, others):
        """Partial, by its name and time: never passed off as complete."""
        for n in others:
            oklog.until(lambda n=n: n.members().get(name) == "dead", f"the death of {name}")
            answer = numbered.ask(n, *EVERYTHING)
            self.assertEqual(answer.code, 3, answer.said)
            self.assertRegex(answer.said, rf"{name}.*: what it took from \S+Z to \S+Z may be missing")

    def all_there(self, nodes, what):
        oklog.until(lambda: all(n.queue_is_empty() for n in nodes), "the stores to take everything")
        answers = {numbered.ask(n, *EVERYTHING).lines for n in nodes}
        self.assertEqual(len(answers), 1, what)
        self.account.check_all(answers.pop(), what)

    def test_the_first_may_be_lost_with_its_disk_under_load(self):
        self.lose_one(0)

    def test_the_second_may_be_lost_with_its_disk_under_load(self):
        self.lose_one(1)

    def test_the_third_may_be_lost_with_its_disk_under_load(self):
        self.lose_one(2)

    def test_each_may_be_lost_within_one_hour_once_the_gauges_say_that_there_are_two_copies(self):
        """K15: under load; nothing is on the same disk at the end as at the beginning."""
        with numbered.at_work(self.workers(6)):
            for gone in self.nodes:
                self.enough()
                self.wait_for_copies()
                self.account.give_up(self.lose(gone)[1])
                gone.start()
                self.see(self.nodes, 3)
                if gone is self.nodes[0]:
                    self.wait_until_none_is_missed()
        self.wait_for_copies()
        self.all_there(self.nodes, "with all nodes replaced")

    def wait_for_copies(self):
        def there(n):
            return n.metric("oklog_store_under_replicated_partitions") == 0 and n.metric("oklog_store_proved_copies") == 2
        oklog.until(lambda: all(there(n) for n in self.nodes), "two copies of everything")

    def wait_until_none_is_missed(self):
        oklog.until(lambda: all(n.metric("oklog_store_counted_stores") == 3 for n in self.nodes), "the lost store to be missed no more")

    def lose_one(self, i):
        gone, others = self.nodes[i], [n for n in self.nodes if n is not self.nodes[i]]
        with numbered.at_work(self.workers(i)):
            self.enough()
            name, queue = self.lose(gone)
            self.missed(name, others)
            self.enough()
        self.account.give_up(queue)
        self.all_there(others, f"without node {i}")
        with numbered.at_work(self.workers(i + 3)):
            gone.start()  # a new one, in its place
            self.see(self.nodes, 3)
            self.assertNotEqual(gone.name(), name)
            self.enough()
        self.assertEqual(oklog.run("forget", "-accept-loss", "-store", others[0].api, name).returncode, 0)
        oklog.until(lambda: all(numbered.ask(n, "-from", "1s", "-c").coverage == "full" for n in self.nodes), "full answers")
        self.all_there(self.nodes, f"with node {i} replaced")


if __name__ == "__main__":
    unittest.main()
