"""What operators do with a cluster: oklog status, verify, drain, as docs/operating.md says."""
import json
import os
import unittest

import oklog
from cluster import ClusterCase


class Maintenance(ClusterCase):
    def setUp(self):
        super().setUp()
        self.nodes = self.three("ingeststore", "ingeststore", "ingeststore",
                                flags=("-store.segment-replication-factor", "2"))
        self.see(self.nodes, "alive", "alive", "alive")
        self.nodes[0].forward(b"".join(b"GET /tea/%d\n" % i for i in range(1000)))
        oklog.until(lambda: not any(n.waiting_segments() for n in self.nodes), "the stores to take everything")

    def ask(self, verb, *flags):
        return oklog.run(verb, *flags, "-store", self.nodes[0].api)

    def name_of(self, node):
        return next(m["name"] for m in self.members(node) if m["self"])

    def test_status_shows_all_and_says_in_its_exit_code_what_wants_attention(self):
        oklog.until(lambda: self.ask("status").returncode == 0, "all to be well")
        shown = self.ask("status").stdout.decode()
        self.assertIn("3 of 3 members in service answered; 2 copies are made of everything", shown)
        self.assertIn("all is well", shown)
        exact = json.loads(self.ask("status", "-json").stdout)
        self.assertEqual(len(exact["nodes"]), 3)
        self.assertEqual(sum(n["store"]["records"] for n in exact["nodes"]), 2000)
        self.assertEqual(exact["attention"], [])
        self.nodes[2].kill()
        oklog.until(lambda: self.ask("status").returncode == 1, "somebody to be missed")
        self.assertIn("! ", self.ask("status").stdout.decode())

    def test_verify_reads_everything_and_finds_a_flipped_bit(self):
        oklog.until(lambda: self.ask("status").returncode == 0, "all to be well")
        sound = self.ask("verify", "-fast")
        self.assertEqual(sound.returncode, 0, sound.stdout)
        self.assertIn(b"sound: ", sound.stdout)
        store, file = next((n, os.path.join(d, f)) for n in self.nodes for d, _, files in os.walk(n.where)
                           for f in files if "-s0" in f and f.endswith(".flushed"))
        with open(file, "r+b") as f:
            f.seek(200)
            byte = f.read(1)[0]
            f.seek(200)
            f.write(bytes([byte ^ 4]))
        found = self.ask("verify", "-fast", "-json")
        self.assertEqual(found.returncode, 1, found.stdout)
        damaged = [d for s in json.loads(found.stdout)["stores"] for d in s["damaged"]]
        self.assertEqual([d["segment"] for d in damaged], [os.path.basename(file)])
        # It is replaced from the other copy.
        oklog.until(lambda: store.metric("oklog_store_replaced_segments_total") == 1, "the segment to be replaced", 60)
        oklog.until(lambda: self.ask("verify", "-fast").returncode == 0, "all to be sound again", 60)
        self.assertEqual(self.nodes[0].lines("-c", "-q", "tea"), b"1000\n")

    def test_drain_is_said_to_the_store_itself_and_can_be_taken_back(self):
        name = self.name_of(self.nodes[1])
        done = self.ask("drain", "-no-wait", name)
        self.assertEqual(done.returncode, 0, done.stderr)
        status = json.loads(self.nodes[1].get("/-/status")[2])
        self.assertTrue(status["store"]["draining"])
        self.assertEqual(self.ask("drain", "-cancel", name).returncode, 0)
        self.assertFalse(json.loads(self.nodes[1].get("/-/status")[2])["store"]["draining"])
        self.assertEqual(self.ask("drain", "-no-wait", "0" * 26).returncode, 1)
        self.assertEqual(self.ask("drain", "x").returncode, 2)


if __name__ == "__main__":
    unittest.main()
