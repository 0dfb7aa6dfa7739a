"""Two copies on five stores, and nodes that are lost: what is complete says so, what is not says what is missing."""
import re
import shutil
import unittest

import member
import numbered
import oklog

LINES = 5000
EVERYTHING = ("-from", "1h", "-q", "")


class Copies(member.Case):
    def send(self, account, ingester, count=LINES, prefix=b"line"):
        batch = account.open([b"%s %06d GET /tea" % (prefix, i) for i in range(count)])
        self.assertTrue(numbered.Producer("once", [ingester], account, 1).send(batch, ingester))

    def holders(self, stores):
        """Those that have records, and the others."""
        have = [s for s in stores if s.metric("oklog_store_segments") > 0]
        return have, [s for s in stores if s not in have]

    def check_complete(self, account, stores, states):
        ways = (("-c", "-q", "7"), ("-order", "desc", "-q", "tea"), ("-n", "9", "-q", "0"), ("-C", "2", "-q", "2500"))
        first = [numbered.ask(stores[0], *flags).lines for flags in ways]
        for s in stores:
            answer = numbered.ask(s, *EVERYTHING)
            self.assertIn(answer.coverage, states, answer.said)
            account.check_all(answer.lines, f"{answer.coverage} answer of {s.api}")
            for flags, lines in zip(ways, first):
                self.assertEqual(numbered.ask(s, *flags).lines, lines, f"{flags} of {s.api}")

    def five(self):
        account = numbered.Account()
        nodes = self.group("ingest", *["store"] * 5)
        self.send(account, nodes[0])
        self.drained(nodes)
        proved = lambda: all(s.metric("oklog_store_proved_copies") == 2 for s in nodes[1:])
        oklog.until(proved, "all stores to have proved two copies of what they hold")
        return account, nodes[0], nodes[1:]

    def test_each_node_gives_the_same_bytes_and_one_lost_store_leaves_all_of_them(self):
        """K18, K19."""
        account, ingester, stores = self.five()
        self.check_complete(account, stores, ("full",))
        self.assertEqual(ingester.stop(), 0)  # handed over: nobody misses it
        self.check_complete(account, stores, ("full",))
        have, others = self.holders(stores)
        self.assertEqual(len(have), 2)
        have[0].kill()
        left = [have[1], *others]
        self.check_complete(account, left, ("full", "degraded"))
        self.see(left, 4)
        self.check_complete(account, left, ("full", "degraded"))

    def test_two_lost_stores_make_answers_partial_and_are_named(self):
        """K15, K19."""
        account, _, stores = self.five()
        have, others = self.holders(stores)
        for gone in (have, [have[0], others[0]]):
            names = [s.name() for s in gone]
            left = [s for s in stores if s not in gone]
            for s in gone:
                s.kill()
            for asked in left:
                answer = numbered.ask(asked, *EVERYTHING)
                self.assertEqual(answer.code, 3, answer.said)
                for name in names:
                    self.assertIn(name, answer.said)
                self.assertEqual(numbered.ask(asked, *EVERYTHING, "-allow-partial").code, 1 if gone is have else 0)
            for s in gone:
                s.start()
            self.see(stores, 6)
            self.check_complete_again(account, stores)

    def check_complete_again(self, account, stores):
        for s in stores:
            numbered.oklog.until(lambda s=s: numbered.ask(s, *EVERYTHING).coverage == "full", f"a full answer of {s.api}")
        self.check_complete(account, stores, ("full",))

    def test_an_ingester_that_has_not_handed_over_is_missed_by_name_and_time(self):
        """K19: until it is back, or is given up by hand."""
        account = numbered.Account()
        ingester, *stores = self.group("ingest", "store", "store", "store")
        self.send(account, ingester)
        self.drained([ingester])
        ingester.stop()
        ingester.flags += ["-ingest.segment-flush-age", "1h"]
        ingester.start()
        self.see(stores, 4)
        self.send(account, ingester, 3, b"kept")
        for s in stores:
            account.check_all(numbered.ask(s, *EVERYTHING).lines, "what it keeps is in the answer")
        name = ingester.name()
        ingester.kill()
        for when in ("at once", "when it is known to be dead"):
            for s in stores:
                answer = numbered.ask(s, *EVERYTHING)
                self.assertEqual(answer.code, 3, when)
                time = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
                self.assertRegex(answer.said, rf"ingester {name}.*: what it took from {time} to {time} may be missing")
            if when == "at once":
                numbered.oklog.until(lambda: all(s.members().get(name) == "dead" for s in stores), "its death")
        self.give_up(account, ingester, name, stores)

    def give_up(self, account, ingester, name, stores):
        kept = numbered.queue_of(ingester)
        self.assertEqual(sorted(kept), [b"kept %06d GET /tea" % i for i in range(3)])
        shutil.rmtree(ingester.where + "/ingest")
        account.give_up(kept)
        self.assertEqual(numbered.oklog.run("forget", "-accept-loss", "-store", stores[0].api, name).returncode, 0)
        for s in stores:
            numbered.oklog.until(lambda s=s: numbered.ask(s, *EVERYTHING).complete, "answers that do not miss it")
            answer = numbered.ask(s, *EVERYTHING)
            self.assertTrue(re.search(rf"given up by hand.*\n.*{name}", answer.said), answer.said)
            account.check_all(answer.lines, "what the stores have")


if __name__ == "__main__":
    unittest.main()
