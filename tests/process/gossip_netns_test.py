"""Members of a cluster on machines of their own: joining, dying, standing still, and a network that breaks.

The limits are those of an idle machine, with some room; a build with sanitizers gets three times as long.
"""
import time
import unittest

import netns
import oklog

COUNT = 9
MISSING = netns.missing()
SLOWER = 3 if oklog.sanitized() else 1
ALIVE = ("alive",)


@unittest.skipIf(MISSING, MISSING)
class Gossip(netns.Case):
    def cluster(self, limit=45):
        self.net = self.network(COUNT)
        self.nodes = self.machines(self.net)
        return self.wait_members(self.nodes, self.nodes, ALIVE, limit * SLOWER)

    def watch(self, seconds, allowed):
        """Meanwhile nobody sees anybody but the allowed in another state than alive."""
        allowed = {m.ip for m in allowed}
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for seer in self.nodes:
                if seer.ip in allowed:
                    continue
                bad = {k: v for k, v in seer.members().items() if v != "alive" and k not in allowed}
                self.assertEqual(bad, {}, f"as seen by {seer.ip}")
            time.sleep(0.05)

    def test_nine_nodes_know_each_other_in_three_seconds(self):
        self.cluster(limit=3)

    def test_a_killed_node_is_known_dead_by_all_in_seven_seconds(self):
        self.cluster()
        gone, others = self.nodes[4], self.nodes[:4] + self.nodes[5:]
        gone.process.kill()
        gone.process.wait()
        self.wait_members(others, [gone], ("dead",), 7 * SLOWER)
        self.wait_members(others, others, ALIVE, 1 * SLOWER)
        gone.start()
        self.wait_members(self.nodes, self.nodes, ALIVE, 5 * SLOWER)

    def test_a_node_that_stood_still_makes_nobody_else_suspected(self):
        self.cluster()
        for seconds in (2, 12):
            still = self.nodes[3]
            still.pause()
            self.watch(seconds, [still])
            still.cont()
            # What it says of others after its long sleep is seen by all, itself too.
            self.watch(5, [still])
            self.wait_members(self.nodes, self.nodes, ALIVE, 10 * SLOWER)

    def test_a_partition_heals(self):
        self.cluster()
        few, many = self.nodes[:4], self.nodes[4:]
        self.net.partition(range(4), range(4, COUNT))
        self.wait_members(few, many, ("dead",), 20 * SLOWER)
        self.wait_members(many, few, ("dead",), 20 * SLOWER)
        self.wait_members(few, few, ALIVE, 1 * SLOWER)
        self.wait_members(many, many, ALIVE, 1 * SLOWER)
        self.net.heal()
        self.wait_members(self.nodes, self.nodes, ALIVE, 45 * SLOWER)

    def test_one_way_that_is_cut_makes_nobody_suspected(self):
        self.cluster()
        self.net.block(2, 5)
        self.watch(15, [])

    def test_one_datagram_in_ten_lost_kills_nobody(self):
        self.net = self.network(COUNT)
        self.net.loss = 0.1
        self.net.delay = (0.001, 0.02)
        self.nodes = self.machines(self.net)
        self.wait_members(self.nodes, self.nodes, ALIVE, 10 * SLOWER)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            for seer in self.nodes:
                self.assertNotIn("dead", seer.members().values(), f"as seen by {seer.ip}")
            time.sleep(0.1)

    def test_each_node_gives_the_same_answer_whoever_took_the_lines(self):
        self.cluster()
        oklog.until(lambda: all(b"\noklog_store_admitted 1\n" in n.get("/metrics")[2] for n in self.nodes), "all stores to be admitted", 10 * SLOWER)
        for i, node in enumerate(self.nodes):
            node.send_lines(b"".join(b"node %d line %d\n" % (i, k) for k in range(50)))
        for wait in (0, 8 * SLOWER):  # before the stores have taken any, and after
            time.sleep(wait)
            answers = [node.get("/store/query?from=1h") for node in self.nodes]
            self.assertEqual({(status, headers["X-Oklog-Coverage"]) for status, headers, _ in answers}, {(200, "full")})
            bodies = {body for _, _, body in answers}
            self.assertEqual(len(bodies), 1)
            self.assertEqual(bodies.pop().count(b"\n"), 50 * COUNT)

    def test_a_node_that_leaves_has_left(self):
        self.cluster()
        gone, others = self.nodes[0], self.nodes[1:]
        self.assertEqual(gone.stop(), 0, gone.log())
        self.wait_members(others, [gone], ("left",), 2 * SLOWER)
        self.wait_members(others, others, ALIVE, 1 * SLOWER)


if __name__ == "__main__":
    unittest.main()
