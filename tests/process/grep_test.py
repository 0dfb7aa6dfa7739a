"""`oklog query` beside grep and tail, on the same lines: patterns, context, first and last, counts, colours, following."""
import json
import os
import random
import re
import socket
import subprocess
import threading
import unittest

import oklog


def grep(lines, *flags):
    """What GNU grep prints of the lines."""
    env = {**os.environ, "LC_ALL": "C.UTF-8"}
    return subprocess.run(["grep", *flags], input=lines, stdout=subprocess.PIPE, env=env, check=False).stdout


def some_lines(count, seed=1):
    draw = random.Random(seed)
    words = ["error", "Error", "ERROR", "warn", "tea", "coffee", "GET", "POST", "404", "500", "a.b", "axb", "", "żółć", "ŻÓŁĆ"]
    return b"".join((" ".join(draw.choice(words) for _ in range(draw.randrange(1, 6))) + f" {i}\n").encode() for i in range(count))


LINES = some_lines(400)


class AgainstGrep(oklog.Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = oklog.Case()
        cls.shared.setUp()
        cls.n = cls.shared.node().start()
        cls.n.forward(LINES)

    @classmethod
    def tearDownClass(cls):
        cls.shared.doCleanups()

    def same(self, ours, theirs):
        found = grep(LINES, *theirs)
        done = self.n.query(*ours)
        self.assertEqual(done.stdout.decode(), found.decode(), (ours, theirs))
        self.assertEqual((done.returncode, done.stderr), (0 if found not in (b"", b"0\n") else 1, b""), ours)
        return found

    def test_patterns(self):
        for ours, theirs in ((["-q", "tea"], ["-F", "tea"]),
                             (["-q", "a.b"], ["-F", "a.b"]),
                             (["-regex", "-q", "a.b"], ["-E", "a.b"]),
                             (["-i", "-q", "error"], ["-Fi", "error"]),
                             (["-i", "-q", "żółć"], ["-Fi", "żółć"]),
                             (["-i", "-regex", "-q", "^e"], ["-Ei", "^e"]),
                             (["-q", "tea", "-q", "404"], ["-F", "-e", "tea", "-e", "404"]),
                             (["-regex", "-q", "^warn", "-q", "7$"], ["-E", "-e", "^warn", "-e", "7$"]),
                             (["-invert", "-q", "tea"], ["-Fv", "tea"]),
                             (["-i", "-invert", "-q", "error", "-q", "tea"], ["-Fiv", "-e", "error", "-e", "tea"]),
                             (["-c", "-q", "tea"], ["-Fc", "tea"]),
                             (["-ciq", "error"], ["-Fci", "error"]),
                             (["-c", "-invert", "-q", "tea"], ["-Fcv", "tea"]),
                             (["-m", "7", "-q", "tea"], ["-F", "-m7", "tea"]),
                             (["-m1", "-q", "399"], ["-F", "-m1", "399"]),
                             (["-q", "nowhere"], ["-F", "nowhere"])):
            self.same(ours, theirs)

    def test_context_is_greps(self):
        for ours, theirs in ((["-A", "2"], ["-A2"]), (["-B3"], ["-B3"]), (["-C", "1"], ["-C1"]), (["-A1", "-B", "4"], ["-A1", "-B4"]),
                             (["-iC2"], ["-iC2"]), (["-C2", "-A0"], ["-C2", "-A0"]), (["-context", "all", "-C2"], ["-C2"])):
            for pattern in ("POST 500", "ŻÓŁĆ tea", "399", " 0", "nowhere"):
                self.same([*ours, "-q", pattern], [*theirs, "-F", pattern])
        self.same(["-C1", "-invert", "-regex", "-q", "[a-zA-Z0]"], ["-C1", "-vE", "[a-zA-Z0]"])

    def test_the_last_are_tails(self):
        for n in (1, 5, 100000):
            for pattern in ("tea", "GET", "nowhere"):
                found = b"".join(grep(LINES, "-F", pattern).splitlines(keepends=True)[-n:])
                self.assertEqual(self.n.lines("-n", str(n), "-q", pattern), found)
                backwards = b"".join(reversed(found.splitlines(keepends=True)))
                self.assertEqual(self.n.lines("-n", str(n), "-order", "desc", "-q", pattern), backwards)
        every = self.n.lines("-order", "desc")
        self.assertEqual(every, b"".join(reversed(LINES.splitlines(keepends=True))))
        wide = self.n.lines("-n2", "-C1", "-q", "tea")
        hits = [i for i, line in enumerate(LINES.splitlines()) if b"tea" in line][-2:]
        shown = grep(b"".join(LINES.splitlines(keepends=True)[hits[0] - 1:]), "-C1", "-F", "tea")
        self.assertEqual(wide, shown)

    def test_json_says_what_is_context(self):
        lines = [json.loads(line) for line in self.n.lines("-o", "json", "-C1", "-m2", "-q", "POST 500").splitlines()]
        self.assertEqual([line["line"] for line in lines if "context" not in line],
                         grep(LINES, "-F", "-m2", "POST 500").decode().splitlines())
        self.assertTrue(all(line.get("context", True) is True for line in lines))
        self.assertGreater(len(lines), 2)
        last = [json.loads(line)["line"] for line in self.n.lines("-o", "json", "-n3", "-q", "tea").splitlines()]
        self.assertEqual(last, grep(LINES, "-F", "tea").decode().splitlines()[-3:])

    def test_prefixes_tell_context_apart(self):
        text = self.n.lines("-ulid", "-C1", "-m1", "-q", "POST 500").decode()
        self.assertEqual([line[26] for line in text.splitlines()].count(" "), 1)
        self.assertEqual(re.sub(r"(?m)^[0-9A-Z]{26}[ -]", "", text).encode(), self.n.lines("-C1", "-m1", "-q", "POST 500"))

    def test_colors_are_greps(self):
        for ours, theirs in ((["-q", "tea"], ["-F", "tea"]), (["-i", "-q", "error"], ["-Fi", "error"]),
                             (["-regex", "-q", "[45]0[04]"], ["-E", "[45]0[04]"]), (["-q", "tea", "-q", "GET"], ["-Fe", "tea", "-e", "GET"]),
                             (["-C1", "-q", "POST 500"], ["-C1", "-F", "POST 500"]), (["-invert", "-q", "e"], ["-Fv", "e"])):
            colored = grep(LINES, "--color=always", *theirs)
            self.assertEqual(self.n.lines("-color", "always", *ours), colored, ours)
            self.assertNotIn(b"\x1b", self.n.lines(*ours))

    def test_what_cannot_go_together_is_a_sentence_and_code_2(self):
        for flags, about in ((["-n", "3", "-m", "3"], "-n"), (["-c", "-A", "1"], "-c"), (["-c", "-n", "1"], "-c"), (["-f", "-c"], "-f"),
                             (["-f", "-m", "1"], "-f"), (["-f", "-to", "now"], "-f"), (["-f", "-C", "1"], "-f"),
                             (["-f", "-order", "desc"], "-f"), (["-order", "desc", "-A", "1"], "-order"), (["-order", "up"], "-order"),
                             (["-context", "all"], "-context"), (["-context", "some", "-A1"], "-context"), (["-m", "0"], "-m"),
                             (["-n", "0"], "-n"), (["-m", "-1"], "-m"), (["-A", "1001"], "-A"), (["-color", "red"], "-color"),
                             (["-o", "xml"], "-o"), (["-f", "-nocopy"], "-f"), (["-regex", "-q", "a", "-q", "("], "-q")):
            done = self.n.query(*flags)
            self.assertEqual((done.returncode, done.stdout), (2, b""), flags)
            self.assertRegex(done.stderr.decode(), rf"\Aoklog query: {about}: [^\n]+\n\Z", flags)

    def test_explain_is_a_table_on_stderr(self):
        done = self.n.query("-explain", "-q", "tea")
        self.assertEqual((done.returncode, done.stdout), (0, grep(LINES, "-F", "tea")))
        self.assertRegex(done.stderr.decode(), r"\Ablocks +\d+  considered, in \d+ segment\(s\) of 1 node\(s\)\n( . [^\n]+\n){5}bytes [^\n]+\n"
                                               r"time [^\n]+\nrecords +\d+  coverage full, 0 error\(s\)\n\Z")
        found = int(re.search(r"records +(\d+)", done.stderr.decode()).group(1))
        self.assertEqual(found, len(grep(LINES, "-F", "tea").splitlines()))


class Partial(oklog.Case):
    def test_allow_partial_keeps_the_warning_and_changes_the_code(self):
        n = self.node()
        n.start()
        n.forward(b"yes\n")
        n.stop()
        quarantine = os.path.join(self.where, "store", "quarantine")
        os.makedirs(quarantine, exist_ok=True)
        with open(os.path.join(quarantine, "bad"), "wb") as f:
            f.write(b"bad")
        n.start()
        for flags, code, out in (([], 3, b"yes\n"), (["-allow-partial"], 0, b"yes\n"), (["-allow-partial", "-q", "no"], 1, b""),
                                 (["-n", "1"], 3, b"yes\n"), (["-n", "1", "-allow-partial"], 0, b"yes\n")):
            done = n.query(*flags)
            self.assertEqual((done.returncode, done.stdout), (code, out), flags)
            self.assertIn(b"the answer is partial", done.stderr)


class Following(oklog.Case):
    def reader(self, process):
        """The lines that come out, as they come."""
        lines = []
        thread = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, b"")), daemon=True)
        thread.start()
        return lines

    def follow(self, n, *flags):
        p = self.popen("query", "-store", n.api, "-f", *flags, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return p, self.reader(p)

    def test_history_then_what_comes_each_once(self):
        n = self.node(*oklog.QUICK).start()
        n.forward(b"".join(b"old %d\n" % i for i in range(50)))
        everything, all_lines = self.follow(n)
        last, last_lines = self.follow(n, "-n", "3", "-q", "7")
        fresh, fresh_lines = self.follow(n, "-n0")
        middle = n.lines("-ulid", "-q", "old 20").split()[0].decode()
        since, since_lines = self.follow(n, "-from", middle)
        oklog.until(lambda: n.metric("oklog_store_streams") == 4, "four streams")
        for i in range(30):
            n.forward(b"new %d\n" % i)
        wanted = [b"old %d\n" % i for i in range(50)] + [b"new %d\n" % i for i in range(30)]
        oklog.until(lambda: len(all_lines) >= 80 and len(last_lines) >= 6 and len(fresh_lines) >= 30 and len(since_lines) >= 60, "the lines")
        for p in (everything, last, fresh, since):
            p.terminate()
            self.assertEqual(p.wait(oklog.PATIENCE), 0)
            self.assertEqual(p.stderr.read(), b"")
        self.assertEqual(all_lines, wanted)
        self.assertEqual(last_lines, [b"old 27\n", b"old 37\n", b"old 47\n", b"new 7\n", b"new 17\n", b"new 27\n"])
        self.assertEqual(fresh_lines, wanted[50:])
        self.assertEqual(since_lines, wanted[20:])

    def test_a_break_loses_nothing_and_shows_nothing_twice(self):
        n = self.node(*oklog.QUICK).start()
        port = oklog.place(n.api)[1]
        p, lines = self.follow(n, "-q", "line")
        sent = []
        for round_ in range(3):
            for i in range(20):
                sent.append(b"line %d.%d\n" % (round_, i))
                n.forward(sent[-1])
            oklog.until(lambda: len(lines) >= len(sent) - 5, "most of them")
            sent.append(b"line before the break %d\n" % round_)
            n.forward(sent[-1])
            n.kill()
            n.flags = [*oklog.QUICK, "-api", f"127.0.0.1:{port}"]
            n.start()
        sent.append(b"line at the end\n")
        n.forward(sent[-1])
        oklog.until(lambda: sent[-1] in lines, "the last line")
        p.terminate()
        self.assertEqual(p.wait(oklog.PATIENCE), 0)
        self.assertEqual(sorted(lines), sorted(sent))
        self.assertEqual(len(set(lines)), len(lines))
        said = p.stderr.read().decode()
        self.assertEqual(said.count("asking again"), 3, said)
        self.assertEqual(said.count("following again"), 3, said)

    def test_a_store_that_cannot_be_reached_at_all_is_an_error(self):
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = s.getsockname()[1]
        done = oklog.run("query", "-f", "-store", f"127.0.0.1:{port}")
        self.assertEqual((done.returncode, done.stdout), (2, b""))

    def test_a_closed_output_ends_it(self):
        n = self.node().start()
        n.forward(b"one\n")
        p = self.popen("query", "-store", n.api, "-f", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(p.stdout.readline(), b"one\n")
        p.stdout.close()
        oklog.until(lambda: oklog.send(n.fast, b"x\n") == b"" and p.poll() is not None, "its end")
        self.assertEqual((p.returncode, p.stderr.read()), (0, b""))

    def test_stream_takes_the_same_patterns(self):
        n = self.node().start()
        s = self.popen("stream", "-store", n.api, "-i", "-q", "TEA", "-q", "milk", "-color", "always", stdout=subprocess.PIPE)
        oklog.until(lambda: n.metric("oklog_store_streams") == 1, "the stream")
        n.forward(b"no\nTea and milk\n")
        self.assertEqual(s.stdout.readline(), b"\x1b[01;31m\x1b[KTea\x1b[m\x1b[K and \x1b[01;31m\x1b[Kmilk\x1b[m\x1b[K\n")


if __name__ == "__main__":
    unittest.main()
