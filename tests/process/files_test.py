"""`oklog query -files`: text files beside grep and zcat, and a stopped node's data beside what the node answered."""
import gzip
import hashlib
import json
import os
import subprocess
import unittest

import oklog
from grep_test import LINES, grep, some_lines


def zstd(data):
    return subprocess.run(["zstd", "-qc"], input=data, stdout=subprocess.PIPE, check=True).stdout


class TextFiles(oklog.Case):
    def write(self, name, data):
        path = os.path.join(self.where, name)
        with open(path, "wb") as f:
            f.write(data)
        return path

    def query(self, *flags, stdin=b"", code=0):
        done = oklog.run("query", *flags, stdin=stdin)
        self.assertEqual((done.returncode, done.stderr), (code, b""), (flags, done.stderr))
        return done.stdout

    def test_one_file_is_greps_answer_however_it_is_packed(self):
        big = some_lines(60000, 2)  # more than one piece
        self.assertGreater(len(big), 1 << 20)
        for lines in (LINES, big, b"no line feed 404", b"a\n\nb\n", b"nul \0 404\r\n\xff 404\n"):
            for name, data in (("a.log", lines), ("a.gz", gzip.compress(lines)), ("a.anything", zstd(lines))):
                path = self.write(name, data)
                for ours, theirs in ((["-q", "404"], ["-F", "404"]), (["-i", "-q", "ERROR"], ["-Fi", "ERROR"]),
                                     (["-invert", "-q", "e"], ["-Fv", "e"]), (["-regex", "-q", "^GET.*(0|t)e?"], ["-E", "^GET.*(0|t)e?"]),
                                     (["-q", "ŻÓŁĆ tea", "-q", "POST 500", "-C2"], ["-F", "-C2", "-e", "ŻÓŁĆ tea", "-e", "POST 500"]),
                                     (["-q", "404", "-m3", "-A1"], ["-F", "-m3", "-A1", "404"]), (["-c", "-q", "404"], ["-Fc", "404"]),
                                     (["-color", "always", "-q", "404", "-B1"], ["--color=always", "-B1", "-F", "404"])):
                    found = grep(lines, "-a", *theirs)
                    self.assertEqual(self.query(*ours, "-files", path, code=0 if found not in (b"", b"0\n") else 1), found,
                                     (name, ours))

    def test_several_files_have_their_names_in_front(self):
        for name in ("b", "a"):
            self.write(name, b"x %s\nno\ny\n" % name.encode())
        a, b = os.path.join(self.where, "a"), os.path.join(self.where, "b")
        for flags in ([], ["-c"], ["-A1"], ["-color", "always"], ["-color", "always", "-C1"]):
            theirs = [f"--color={flags[1]}", *flags[2:]] if "-color" in flags else flags
            wanted = subprocess.run(["grep", *theirs, "-e", "x", b, a], stdout=subprocess.PIPE, check=True).stdout
            self.assertEqual(self.query("-q", "x", *flags, "-files", b, a), wanted)
            self.assertEqual(self.query("-q", "x", *flags, "-files", b, "-files", a), wanted)
        self.assertEqual(self.query("-q", "x", "-files", os.path.join(self.where, "*")).splitlines()[0].decode(), f"{a}:x a")

    def test_rotated_sets_are_read_oldest_first(self):
        for age, name, pack in ((0, "app.log", bytes), (1, "app.log.1", bytes), (2, "app.log.2.gz", gzip.compress),
                                (3, "app.log.3.zst", zstd), (10, "app.log.10.gz", gzip.compress)):
            self.write(name, pack(b"".join(b"age %02d line %d\n" % (age, i) for i in range(5))))
        pattern = os.path.join(self.where, "app.log*")
        lines = [line.split(b":", 1)[1] for line in self.query("-files", pattern).splitlines()]
        self.assertEqual(lines, [b"age %02d line %d" % (age, i) for age in (10, 3, 2, 1, 0) for i in range(5)])
        for n in (1, 4, 5, 7, 24, 25, 26):
            last = [line.split(b":", 1)[1] for line in self.query("-n", str(n), "-files", pattern).splitlines()]
            self.assertEqual(last, lines[-n:])
        first = [line.split(b":", 1)[1] for line in self.query("-m", "7", "-files", pattern).splitlines()]
        self.assertEqual(first, lines[:7])

    def test_json_has_file_number_and_line(self):
        path = self.write("f", b"no\nyes\nyes \xff\n")
        found = [json.loads(line) for line in self.query("-o", "json", "-B1", "-q", "yes", "-files", path).splitlines()]
        self.assertEqual(found, [{"file": path, "number": 1, "line": "no", "context": True}, {"file": path, "number": 2, "line": "yes"},
                                 {"file": path, "number": 3, "line_base64": "eWVzIP8="}])

    def test_standard_input_and_pipes(self):
        self.assertEqual(self.query("-q", "404", "-files", "-", stdin=LINES), grep(LINES, "-F", "404"))
        self.assertEqual(self.query("-q", "404", "-files", "-", stdin=gzip.compress(LINES)), grep(LINES, "-F", "404"))
        path = self.write("f", LINES)
        shell = subprocess.run(["bash", "-c", f"'{oklog.BIN}' query -q 404 -files <(cat '{path}')"], stdout=subprocess.PIPE,
                               env=oklog.environment(), check=True)
        self.assertEqual(shell.stdout, grep(LINES, "-F", "404"))
        link = os.path.join(self.where, "link")
        os.symlink(path, link)
        self.assertEqual(self.query("-q", "404", "-files", link), grep(LINES, "-F", "404"))

    def test_what_is_damaged_is_searched_as_far_as_it_goes(self):
        big = some_lines(60000, 2)
        for data in (gzip.compress(big)[:-100000], zstd(big)[:-100000]):
            path = self.write("torn", data)
            done = oklog.run("query", "-q", "404", "-files", path)
            self.assertEqual(done.returncode, 3)
            self.assertRegex(done.stderr.decode(), r"\Aoklog query: \S+/torn: (gzip|zstd): the file breaks off\n\Z")
            whole = grep(big, "-F", "404")
            self.assertTrue(whole.startswith(done.stdout[:-20]))
            self.assertGreater(len(done.stdout), 1000)
            self.assertEqual(oklog.run("query", "-q", "404", "-allow-partial", "-files", path).returncode, 0)

    def test_what_has_no_meaning_for_files_is_refused(self):
        path = self.write("f", LINES)
        for flags in (["-from", "1h"], ["-to", "now"], ["-ulid"], ["-time"], ["-topic", "x"], ["-order", "desc"], ["-f"], ["-stats"],
                      ["-context", "all", "-A1"]):
            done = oklog.run("query", *flags, "-files", path)
            self.assertEqual((done.returncode, done.stdout), (2, b""), flags)
            self.assertRegex(done.stderr.decode(), r"\Aoklog query: -\S+: [^\n]+\n\Z")
        for wrong in (["-files", os.path.join(self.where, "none")], ["-files", os.path.join(self.where, "*.none")],
                      ["-files", self.where], ["-n1", "-files", "-"], ["-files", path, self.where]):
            done = oklog.run("query", *wrong)
            self.assertEqual((done.returncode, done.stdout), (2, b""), wrong)
            self.assertIn(b"oklog query: -", done.stderr)


def fingerprint(where):
    """Every name, size, time and byte below."""
    found = {}
    for folder, _, names in os.walk(where):
        for name in names:
            path = os.path.join(folder, name)
            status = os.stat(path)
            with open(path, "rb") as f:
                found[path] = (status.st_size, status.st_mtime_ns, hashlib.sha256(f.read()).hexdigest())
    return found


class StoppedNode(oklog.Case):
    FLAGS = ([], ["-q", "tea"], ["-c", "-q", "tea"], ["-i", "-q", "error", "-C1"], ["-n", "3", "-q", "GET"], ["-n", "2", "-C1", "-q", "GET"],
             ["-m", "3"], ["-order", "desc"], ["-ulid"], ["-o", "json"], ["-invert", "-q", "e"], ["-topic", "default"],
             ["-topic", "other"])

    def files(self, *flags, path=None):
        return oklog.run("query", *flags, "-files", path or self.where)

    def test_its_data_give_its_answers_and_stay_as_they_are(self):
        n = self.node(*oklog.QUICK).start()
        n.forward(LINES)
        oklog.until(lambda: n.metric("oklog_store_segments") > 0 and not n.metric("oklog_ingest_unconsumed_bytes"), "the store")
        n.flags = []
        n.forward(b"tea at the end\nGET it\n")  # may lie with the ingester or in the store
        for path in (self.where, os.path.join(self.where, "store")):
            done = self.files(path=path)
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertRegex(done.stderr.decode(), r"is in use by a node: ask that one")
        answers = {tuple(flags): (self.answer(n, flags)) for flags in self.FLAGS}
        middle = answers[("-ulid",)][1].splitlines()[200][:26].decode()
        answers[("-from", middle)] = self.answer(n, ["-from", middle])
        answers[("-to", middle, "-q", "e")] = self.answer(n, ["-to", middle, "-q", "e"])
        n.kill()  # so that what lies with the ingester stays there
        before = fingerprint(self.where)
        for flags, (code, out) in answers.items():
            done = self.files(*flags)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (code, out, b""), flags)
        self.assertEqual(fingerprint(self.where), before)
        n.start()
        self.assertEqual(n.query("-c").stdout, b"402\n")

    def answer(self, n, flags):
        done = n.query(*flags)
        self.assertEqual(done.stderr, b"")
        return done.returncode, done.stdout

    def test_damage_is_named_and_makes_it_partial(self):
        n = self.node(*oklog.QUICK).start()
        n.forward(LINES)
        store = os.path.join(self.where, "store")
        oklog.until(lambda: n.metric("oklog_store_segments") > 0 and not n.metric("oklog_ingest_unconsumed_bytes"), "the store")
        n.stop()
        segment = [os.path.join(store, name) for name in os.listdir(store) if name.endswith(".flushed")][0]
        with open(segment, "r+b") as f:
            f.truncate(os.path.getsize(segment) - 10)
        before = fingerprint(self.where)
        done = self.files("-c")
        self.assertEqual(done.returncode, 3)
        self.assertIn(os.path.basename(segment).encode(), done.stderr)
        self.assertEqual(self.files("-c", "-allow-partial").returncode, 0 if done.stdout != b"0\n" else 1)
        self.assertEqual(fingerprint(self.where), before)


if __name__ == "__main__":
    unittest.main()
