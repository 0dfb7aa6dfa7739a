"""kill -9 again and again under load, with all answers checked: as often as fits in two minutes."""
import unittest

import kill_loop
import member

SEED = 1
SECONDS = 100
KILLS_LEAST = 40


class KillLoop(member.Case):
    def test_what_was_acknowledged_outlives_kills_and_no_complete_answer_lacks_it(self):
        loop = kill_loop.KillLoop(self.group(*["ingeststore"] * kill_loop.NODES, flags=kill_loop.FLAGS), SEED)
        loop.run(kills=1000, seconds=SECONDS)
        loop.settle()
        print(loop.summary())
        self.assertGreaterEqual(loop.kills, KILLS_LEAST)
        seen = loop.answers()
        self.assertGreater(seen["full"] + seen["degraded"], KILLS_LEAST // 4)
        self.assertGreater(seen["partial"], 0)


if __name__ == "__main__":
    unittest.main()
