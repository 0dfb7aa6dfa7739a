"""Nodes that are started by hand, on loopback ports, and become a cluster: as docs/cluster.md says."""
import base64
import json
import os
import shutil
import signal
import socket
import unittest

import oklog
from cluster import ClusterCase


class Cluster(ClusterCase):
    def same_from_each(self, nodes, expected, *flags):
        for n in nodes:
            # Also complete, which it is not before stores have admitted one another (K14).
            def same(n=n):
                asked = n.query(*flags)
                return (asked.returncode, asked.stdout) == (0, expected)
            oklog.until(same, f"{flags} of {n.api}: {expected[:300]}")

    def test_three_nodes_see_themselves_and_give_the_same_answer(self):
        nodes = self.three("ingeststore", "ingeststore", "ingeststore")
        self.see(nodes, "alive", "alive", "alive")
        lines = [b"".join(b"n%d GET /tea/%d\n" % (i, k) for k in range(500)) for i in range(3)]
        for n, some in zip(nodes, lines):
            n.forward(some)
        everything = nodes[0].lines("-q", "")
        self.assertEqual(sorted(everything.split(b"\n")), sorted(b"".join(lines).split(b"\n")))
        self.same_from_each(nodes, everything, "-q", "")
        for flags in (("-c", "-q", "tea/7"), ("-n", "5", "-q", "GET"), ("-order", "desc", "-m", "7", "-q", "GET"),
                      ("-C", "2", "-q", "n1 GET /tea/250"), ("-o", "json", "-q", "/99")):
            self.same_from_each(nodes, nodes[0].lines(*flags), *flags)
        oklog.until(lambda: not any(n.waiting_segments() for n in nodes), "the stores to take everything")
        self.same_from_each(nodes, everything, "-q", "")

    def test_halves_on_their_own_are_one_cluster(self):
        nodes = self.three("ingest", "store", "store")
        ingester, stores = nodes[0], nodes[1:]
        self.see(nodes, "alive", "alive", "alive")
        text = b"".join(b"line %d\n" % i for i in range(2000))
        ingester.forward(text)
        self.same_from_each(stores, text, "-q", "")
        oklog.until(lambda: not ingester.waiting_segments(), "the stores to take everything")
        self.same_from_each(stores, text, "-q", "")
        self.assertEqual(ingester.get("/store/query?q=")[0], 404)

    def test_a_stopped_ingester_hands_over_and_is_not_missed(self):
        nodes = self.three("store", "ingest", "store")
        self.see(nodes, "alive", "alive", "alive")
        nodes[1].forward(b"one\ntwo\n")
        self.assertEqual(nodes[1].stop(), 0)
        self.assertEqual(nodes[1].waiting_segments(), [])
        self.see((nodes[0], nodes[2]), "alive", "alive", "left")
        self.same_from_each((nodes[0], nodes[2]), b"one\ntwo\n", "-q", "")

    def test_a_killed_node_is_missed_by_name_and_found_again(self):
        nodes = self.three("ingeststore", "ingeststore", "ingeststore")
        self.see(nodes, "alive", "alive", "alive")
        nodes[2].forward(b"GET /lost\n")
        name = next(m["name"] for m in self.members(nodes[2]) if m["self"])
        nodes[2].kill()
        for wait in (False, True):
            if wait:
                self.see(nodes[:2], "alive", "alive", "dead")
            done = nodes[0].query("-q", "GET")
            self.assertEqual(done.returncode, 3, done)
            self.assertIn(name.encode(), done.stderr)
        shown = oklog.run("members", "-store", nodes[0].api)
        self.assertEqual(shown.returncode, 1)
        self.assertRegex(shown.stdout.decode(), rf"{name} +dead +ingeststore ")
        nodes[2].start()
        self.see(nodes, "alive", "alive", "alive")
        self.same_from_each(nodes, b"GET /lost\n", "-q", "GET")

    def test_with_two_copies_a_lost_disk_loses_nothing(self):
        nodes = self.three("ingeststore", "ingeststore", "ingeststore", flags=("-store.segment-replication-factor", "2"))
        self.see(nodes, "alive", "alive", "alive")
        for i, n in enumerate(nodes):
            n.forward(b"".join(b"n%d line %d\n" % (i, k) for k in range(1000)))
        everything = nodes[0].lines("-q", "")
        self.assertEqual(everything.count(b"\n"), 3000)
        oklog.until(lambda: not any(n.waiting_segments() for n in nodes), "the stores to take everything")
        self.same_from_each(nodes, everything, "-q", "")
        sent, taken = (sum(n.metric("oklog_store_replicated_segments_total", '{direction="%s"}' % way) for n in nodes)
                       for way in ("egress", "ingress"))
        self.assertGreater(sent, 0)
        self.assertEqual(sent, taken)
        holders = [n for n in nodes if n.metric("oklog_store_segments") > 0]
        self.assertEqual(len(holders), 2)
        holders[0].kill()
        shutil.rmtree(os.path.join(holders[0].where, "store"))
        for n in nodes:
            if n is not holders[0]:
                done = n.query("-q", "")
                self.assertEqual((done.returncode, done.stdout), (3, everything))

    def test_a_member_that_is_gone_for_good_is_forgotten_by_all(self):
        nodes = self.three("ingeststore", "ingeststore", "ingeststore")
        self.see(nodes, "alive", "alive", "alive")
        name = next(m["name"] for m in self.members(nodes[2]) if m["self"])
        alive = oklog.run("forget", "-accept-loss", "-store", nodes[0].api, name)
        self.assertEqual((alive.returncode, alive.stderr), (1, b"oklog forget: it is alive: stop it first\n"))
        nodes[2].kill()
        self.see(nodes[:2], "alive", "alive", "dead")
        self.assertEqual(nodes[1].query("-q", "x").returncode, 3)
        careless = oklog.run("forget", "-store", nodes[0].api, name)
        self.assertEqual(careless.returncode, 2)
        self.assertIn(b"-accept-loss", careless.stderr)
        self.assertEqual(oklog.run("forget", "-accept-loss", "-store", nodes[0].api, name).returncode, 0)
        self.see(nodes[:2], "alive", "alive", "left")
        for n in nodes[:2]:
            self.assertEqual(n.query("-q", "x").returncode, 1)
        unknown = oklog.run("forget", "-accept-loss", "-store", nodes[0].api, "0" * 26)
        self.assertEqual((unknown.returncode, unknown.stderr), (1, b"oklog forget: no member of that name is known\n"))

    def test_members_shows_all_and_says_so_in_its_exit_code(self):
        nodes = self.three("ingeststore", "ingest", "store")
        self.see(nodes, "alive", "alive", "alive")
        for n in nodes:
            done = oklog.run("members", "-store", n.api)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            rows = done.stdout.decode().splitlines()
            self.assertEqual(rows[0].split(), "NAME STATE ROLE API GOSSIP RTT SCORE SINCE FREE INCARNATION VERSION".split())
            self.assertEqual(sorted(r.split(" alive ")[1].split()[0] for r in rows[1:]), ["ingest", "ingeststore", "store"])
            self.assertEqual([r for r in rows if "*" in r], [r for r in rows if n.api in r])
            raw = oklog.run("members", "-json", "-store", n.api)
            self.assertEqual(len(json.loads(raw.stdout)["members"]), 3)
        refused = oklog.run("members", "-store", "127.0.0.1:1")
        self.assertEqual(refused.returncode, 2)
        self.assertRegex(refused.stderr.decode(), r"\Aoklog members: .*refused\n\Z")

    def test_a_keyring_is_read_again_at_sighup(self):
        ring = os.path.join(self.where, "keyring")
        keys = [base64.b64encode(os.urandom(32)).decode() for _ in range(2)]

        def write(*some):
            with open(os.open(ring, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as f:
                f.write("\n".join(some) + "\n")

        write(keys[0])
        nodes = self.three("ingeststore", "ingeststore", "ingeststore", flags=("-cluster.keyring", ring))
        self.see(nodes, "alive", "alive", "alive")
        for some in ((keys[0], keys[1]), (keys[1], keys[0]), (keys[1],)):
            write(*some)
            for i, n in enumerate(nodes):
                n.process.send_signal(signal.SIGHUP)
                oklog.until(lambda n=n, some=some: n.log().count("keyring read again") >= 1, "SIGHUP")
            self.see(nodes, "alive", "alive", "alive")
        for n in nodes:
            self.assertNotIn("suspected", n.log())
            for key in keys:
                self.assertNotIn(key, n.log())
        os.chmod(ring, 0o644)
        late = self.member("n4", "-cluster.keyring", ring, peer=nodes[0]).spawn()
        self.assertEqual(late.wait(), 1)
        self.assertRegex(late.log(), r"-cluster.keyring: \S+ can be read by others than its owner")

    def test_plain_nodes_do_not_get_in_where_a_seal_is_required(self):
        ring = os.path.join(self.where, "keyring")
        with open(os.open(ring, os.O_CREAT | os.O_WRONLY, 0o600), "w") as f:
            f.write(base64.b64encode(os.urandom(32)).decode())
        sealed = self.member("n1", "-cluster.keyring", ring).start()
        plain = self.member("n2", peer=sealed).start()
        oklog.until(lambda: sealed.metric("oklog_cluster_packets_refused_total", '{reason="plain"}') > 0, "a refusal")
        self.assertEqual((len(self.members(sealed)), len(self.members(plain))), (1, 1))
        other = self.member("n3", peer=plain).start()
        self.see((plain, other), "alive", "alive")
        for n, warned in ((plain, 1), (other, 1), (sealed, 0)):
            self.assertEqual(n.log().count("gossip is not encrypted"), warned)

    def test_addresses_that_nobody_could_reach_are_refused(self):
        for address in ("0.0.0.0", "[::]", "169.254.1.1", "224.0.0.1:7659"):
            n = self.member("n1", "-cluster.advertise-addr", address).spawn()
            self.assertEqual(n.wait(), 1)
            self.assertRegex(n.log(), r"-cluster.advertise-addr: .*others could not reach this node there")
            os.remove(n.log_path)

    def test_strangers_change_nothing_and_are_counted(self):
        nodes = self.three("ingeststore", "ingeststore")
        self.see(nodes, "alive", "alive")
        to = oklog.place(nodes[0].addresses["cluster"])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for i in range(3000):
                s.sendto((b"O\x01" if i % 2 else b"") + os.urandom(i % 90), to)
        for garbage in (b"", b"\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n", b"\x04\0\0\0O\x01\x09\xff"):
            with oklog.connect(nodes[0].addresses["cluster"]) as s:
                s.sendall(garbage)
                try:
                    s.shutdown(socket.SHUT_WR)
                    self.assertEqual(oklog.read_all(s), b"")
                except OSError:
                    pass  # closed before the end was read
        refused = 'oklog_cluster_packets_refused_total'
        oklog.until(lambda: nodes[0].metric(refused, '{reason="malformed"}') > 0, "garbage to be counted")
        oklog.until(lambda: nodes[0].metric("oklog_cluster_malformed_total") > 0, "garbage to be counted")
        self.assertEqual(self.states(nodes[0]), ["alive", "alive"])


if __name__ == "__main__":
    unittest.main()
