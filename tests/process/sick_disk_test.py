"""A disk whose sync fails, under the real binary: sick_disk.cc is preloaded into it."""
import os
import re
import unittest

import oklog

LIBRARY = os.environ.get("SICK_DISK_LIBRARY")


@unittest.skipUnless(LIBRARY, "SICK_DISK_LIBRARY names no library")
class SickDisk(oklog.Case):
    def setUp(self):
        super().setUp()
        self.env = {"LD_PRELOAD": LIBRARY, "SICK_DISK": self.where, "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def fail_next_sync_of(self, part):
        with open(self.inside("fail"), "w") as f:
            f.write(part)

    def inside(self, *path):
        return os.path.join(self.where, *path)

    def failures(self):
        if not os.path.exists(self.inside("log")):
            return []
        with open(self.inside("log")) as f:
            return f.read().split("\n")[:-1]

    def test_an_ingesters_failed_sync_is_never_retried_and_costs_no_acknowledged_line(self):
        """C5, C6: the lines go from memory to a new file, and only then are they acknowledged."""
        n = self.node("-ingest.segment-flush-age", "1h", "-store.segment-target-age", "1h", env=self.env).start()
        oklog.send(n.durable, b"before\n")
        self.fail_next_sync_of("/ingest/")
        oklog.send(n.durable, b"one\ntwo\n")  # returns at the orderly close, which is the acknowledgement
        self.assertEqual(len(self.failures()), 1)
        self.assertRegex(self.failures()[0], r"^failed .*/ingest/.*\.active$")
        self.assertEqual(n.metric("oklog_ingest_poisoned_files_total"), 1)
        self.assertEqual(n.lines(), b"before\none\ntwo\n")
        oklog.send(n.durable, b"after\n")
        n.kill()
        self.assertEqual(len(self.failures()), 1, "it was synced again")
        n.env, n.flags = None, list(oklog.QUICK)
        n.start()
        self.assertEqual(n.lines(), b"before\none\ntwo\nafter\n")
        oklog.until(lambda: n.metric("oklog_store_consumed_segments_total") > 0, "consuming")
        self.assertEqual(n.lines(), b"before\none\ntwo\nafter\n")

    def test_a_stores_failed_sync_is_never_retried_and_its_claim_is_consumed_anew(self):
        """C5, C2: the ingester's copy goes only when a file that was synced well has the lines."""
        n = self.node(*oklog.QUICK, env=self.env)
        self.fail_next_sync_of("/store/2")  # a segment, named after its hour; not oklog.json
        n.start()
        oklog.send(n.durable, b"one\ntwo\n")
        oklog.until(lambda: n.metric("oklog_store_consumed_segments_total") > 0, "consuming after the failure")
        self.assertEqual(len(self.failures()), 1)
        self.assertRegex(self.failures()[0], r"^failed .*/store/.*\.active$")
        self.assertGreater(n.metric("oklog_store_consume_failures_total"), 0)
        self.assertEqual(n.lines(), b"one\ntwo\n")
        n.kill()
        names = [f for f in os.listdir(self.inside("store")) if re.fullmatch(r"2.*\.(active|flushed)", f)]
        self.assertEqual(len([f for f in names if f.endswith(".flushed")]), 1, names)
        n.env = None
        n.start()
        self.assertEqual(n.lines(), b"one\ntwo\n")
        self.assertEqual(n.metric("oklog_store_quarantined_files"), 0)


if __name__ == "__main__":
    unittest.main()
