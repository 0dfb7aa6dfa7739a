"""The account itself: what it lets pass, and what it does not."""
import time
import unittest

import numbered


class Account(unittest.TestCase):
    def setUp(self):
        self.account = numbered.Account()
        self.batch(b"acked", sent=1, acked=1)
        self.batch(b"sent twice, acked once", sent=2, acked=1)
        self.batch(b"never acked", sent=1, acked=0)

    def batch(self, line, sent, acked):
        b = self.account.open([line])
        for _ in range(sent):
            self.account.sending(b)
        for _ in range(acked):
            self.account.acknowledged(b)

    def passes(self, *lines):
        self.account.check_all(b"".join(line + b"\n" for line in lines), "an answer")

    def test_acknowledged_lines_are_there_once_and_others_at_most_as_often_as_sent(self):
        self.passes(b"acked", b"sent twice, acked once")
        self.passes(b"acked", b"sent twice, acked once", b"never acked", b"sent twice, acked once")

    def test_a_lost_doubled_altered_or_invented_line_is_found(self):
        for lines, why in (([b"acked"], "lacks 1 lines"),
                           ([b"acked", b"acked", b"sent twice, acked once"], "too often 1 lines"),
                           ([b"acked", b"sent twice, acked once", b"never acked", b"never acked"], "too often 1 lines"),
                           ([b"Acked", b"sent twice, acked once"], "lacks 1 lines.*too often 1 lines"),
                           ([b"acked", b"sent twice, acked once", b""], "too often 1 lines")):
            with self.assertRaisesRegex(AssertionError, why):
                self.passes(*lines)

    def test_what_a_destroyed_queue_held_may_be_missing(self):
        self.account.give_up([b"acked"])
        self.passes(b"sent twice, acked once")
        self.passes(b"acked", b"sent twice, acked once")

    def test_an_answer_owes_what_was_acknowledged_before_it_and_sent_within_its_window(self):
        now = time.time()
        self.assertEqual(self.account.least(now - 60, now).total(), 2)
        self.assertEqual(self.account.least(now - 60, now - 30).total(), 0)
        self.assertEqual(self.account.least(now + 30, now + 60).total(), 0)


if __name__ == "__main__":
    unittest.main()
