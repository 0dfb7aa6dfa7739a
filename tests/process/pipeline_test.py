"""The main job: lines in, by forward or by plain TCP, and back by query: the same bytes, in order, as grep finds them."""
import base64
import collections
import datetime
import json
import os
import random
import re
import shutil
import subprocess
import threading
import unittest

import oklog

MIB = 1 << 20
ULID = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
SECRET_BYTES = b"nul \0 here\ncr\r\n%s%n 100% done %d\n\xff\xfe not utf-8\n\x1b[31mred\x1b[0m\n</script><img onerror=x>\n\tTab\n"


def web_lines(count):
    """Lines like those of servers, the same at every run."""
    r = random.Random(7)
    words = ["GET /tea", "POST /kettle", "blk_-%d terminating", "Failed password for root", "connection [error] closed",
             "RARENEEDLE", "size 67108864", "panic: short (record)", "INFO dfs.DataNode$PacketResponder"]
    out = []
    for i in range(count):
        word = r.choice(words[:-4] if i % 97 else words)
        word = word % r.getrandbits(60) if "%d" in word else word
        out.append(f"Nov 21 04:{i // 60 % 60:02}:{i % 60:02} host{r.randrange(9)} app[{r.randrange(5000)}]: {word} "
                   f"{r.choice([200, 404, 500])} {r.randrange(10**6)}us é{chr(0x4e00 + r.randrange(500))}")
    return out


class OneNode(oklog.Case):
    """Tests that share nothing but the kind of node they need."""

    def setUp(self):
        super().setUp()
        self.n = self.node(*oklog.QUICK).start()

    def test_all_of_seq_comes_back_in_order(self):
        sent = b"".join(b"%d\n" % i for i in range(1, 100001))
        self.n.forward(sent)
        self.assertEqual(self.n.lines("-q", ""), sent)
        oklog.until(lambda: self.n.metric("oklog_store_segments") > 0, "a store segment")
        self.assertEqual(self.n.lines("-q", ""), sent, "after the store has it")

    def test_what_is_found_is_what_grep_finds(self):
        lines = web_lines(20000)
        text = "".join(line + "\n" for line in lines).encode()
        self.n.forward(text)
        file = os.path.join(self.where, "lines")
        with open(file, "wb") as f:
            f.write(text)
        for literal in ["RARENEEDLE", "blk_-", "[error]", "(record)", "é", " 404 ", "app[12", "Nov 21 04:5", "absent", "us "]:
            grep = subprocess.run(["grep", "-F", "-e", literal, file], capture_output=True, env={"LC_ALL": "C"})
            asked = self.n.query("-q=" + literal)
            self.assertEqual(asked.stdout, grep.stdout, literal)
            self.assertEqual(asked.returncode, grep.returncode, literal)
            count = subprocess.run(["grep", "-c", "-F", "-e", literal, file], capture_output=True, env={"LC_ALL": "C"})
            self.assertEqual(self.n.lines("-c", "-q", literal), count.stdout, literal)
        for regex in [r"^Nov", r"us .+$", r"RARENEEDLE \d+", r"(?i)rareneedle", r"blk_-?[0-9]+ .*(size|terminating)",
                      r"host[0-3] app\[4\d*\]: POST", r"^.*$", r"^$", r"\b500\b", r"nothing such", r"a|b", r"[^\x00-\x7f]$"]:
            expected = "".join(line + "\n" for line in lines if re.search(regex, line)).encode()
            self.assertEqual(self.n.lines("-regex", "-q", regex), expected, regex)

    def test_lines_of_a_plain_connection_are_found_when_it_closes(self):
        if shutil.which("nc") is None:
            self.skipTest("nc is not installed")
        for name in ("fast", "durable"):
            host, port = oklog.place(self.n.addresses[name])
            for i in range(5):
                line = f"{name} {i}\n".encode()
                subprocess.run(["nc", "-N", host, str(port)], input=line, check=True, timeout=oklog.PATIENCE)
                self.assertEqual(self.n.lines("-q", f"{name} {i}"), line)

    def test_every_byte_of_a_line_is_kept(self):
        """D2: no line is a printf format."""
        for how in (self.n.forward, lambda data: oklog.send(self.n.fast, data), lambda data: oklog.send(self.n.durable, data)):
            before = self.n.lines()
            how(SECRET_BYTES)
            self.assertEqual(self.n.lines(), before + SECRET_BYTES)

    def test_empty_lines_are_lines(self):
        self.n.forward(b"\n\na\n\n")
        self.assertEqual(self.n.lines(), b"\n\na\n\n")
        self.assertEqual(self.n.lines("-c", "-regex", "-q", "^$"), b"3\n")
        oklog.send(self.n.fast, b"\r\n")
        self.assertEqual(self.n.lines(), b"\n\na\n\n\r\n")

    def test_senders_do_not_mix(self):
        """D6: what one connection sends never shows in the lines of another."""
        words = [b"ZZZZ", b"XXXX", b"YYYY", b"WWWW"]
        senders = [threading.Thread(target=oklog.send, args=(self.n.fast, (word + b"\n") * 50000)) for word in words]
        for s in senders:
            s.start()
        for s in senders:
            s.join()
        self.assertEqual(collections.Counter(self.n.lines().splitlines()), {word: 50000 for word in words})

    def test_the_last_line_needs_no_line_feed(self):
        self.n.forward(b"a\nb")
        oklog.send(self.n.fast, b"c\nd")
        oklog.send(self.n.durable, b"e")
        self.assertEqual(self.n.lines(), b"a\nb\nc\nd\ne\n")
        self.assertEqual(oklog.send(self.n.fast, b""), b"")
        self.assertEqual(self.n.lines("-c"), b"5\n")

    def test_a_line_of_10_mib_comes_back_whole(self):
        r = random.Random(3)
        line = base64.b64encode(r.randbytes(10 * MIB))[:10 * MIB]
        data = b"before\n" + line + b"\nafter\n"
        self.n.forward(data)
        self.assertEqual(self.n.lines(), data)
        oklog.send(self.n.durable, data)
        self.assertEqual(self.n.lines(), data + data)
        self.assertEqual(self.n.metric("oklog_ingest_split_lines_total"), 2)

    def test_lines_around_64_kib_are_lines(self):
        """D3, D4: neither the end of forward nor a pill for the consumer."""
        data = b"".join(bytes([97 + i]) * (65536 + i - 1) + b"\n" for i in range(3))
        oklog.send(self.n.fast, data)
        self.n.forward(data)
        self.assertEqual(self.n.lines(), data + data)
        self.assertEqual(self.n.lines("-c"), b"6\n")
        self.assertEqual(self.n.stop(), 0)
        self.assertEqual(self.n.waiting_segments(), [])
        self.assertEqual(self.n.start().lines(), data + data)

    def test_prefixes_stand_in_front_of_each_line(self):
        self.n.forward(b"x\n\ny", "-prefix", "A", "-prefix", "B")
        self.assertEqual(self.n.lines(), b"A B x\nA B \nA B y\n")

    def test_json_has_ulid_time_topic_and_line(self):
        self.n.forward(b'plain "quoted" \\ \ttab\n\xff\xfe\0bytes\n')
        records = [json.loads(line) for line in self.n.lines("-o", "json").splitlines()]
        self.assertEqual(len(records), 2)
        for r in records:
            self.assertRegex(r["ulid"], f"^{ULID}$")
            self.assertRegex(r["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertEqual(r["topic"], "default")
        self.assertEqual(records[0]["line"], 'plain "quoted" \\ \ttab')
        self.assertEqual(base64.b64decode(records[1]["line_base64"]), b"\xff\xfe\0bytes")
        self.assertNotIn("line", records[1])
        self.assertLess(records[0]["ulid"], records[1]["ulid"])

    def test_prefixes_of_the_answer(self):
        began = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        self.n.forward(b"one\ntwo\n")
        self.assertRegex(self.n.lines("-ulid").decode(), rf"\A{ULID} one\n{ULID} two\n\Z")
        for zone, suffix in (("UTC", "Z"), ("UTC-1:30", r"\+01:30")):
            done = self.n.query("-time", "-q", "one", env={"TZ": zone})
            found = re.fullmatch(rf"(\S+{suffix}) one\n", done.stdout.decode())
            self.assertTrue(found, done.stdout)
            said = datetime.datetime.fromisoformat(found.group(1).replace("Z", "+00:00"))
            self.assertLess(abs(said - began), datetime.timedelta(seconds=10))

    def test_stats_nocopy_and_v_say_what_it_cost(self):
        self.n.forward(b"one\ntwo\n")
        block = (r"{method} http://\S+/store/query\?\S+\nResponse in \S+s\nQueried from {{{ulid} \S+}}\nQueried to {{{ulid} \S+}}\n"
                 r'Queried {kind} "o"\n1 node\(s\) queried\n\d+ segment\(s\) queried\n\d+B \(\d+MiB\) maximum data set size\n'
                 r"0 error\(s\)\n\S+s server-reported duration\nfull coverage\n")
        for flags, method, kind, out in ((["-v"], "GET", "normal string", b"one\ntwo\n"),
                                         (["-v", "-regex"], "GET", "regular expression", b"one\ntwo\n"),
                                         (["-stats"], "HEAD", "normal string", b""), (["-nocopy", "-v"], "GET", "normal string", b"")):
            done = self.n.query(*flags, "-q", "o")
            self.assertEqual((done.returncode, done.stdout), (0, out), flags)
            table = r"blocks +\d(?:.+\n){9}" if out else ""
            self.assertRegex(done.stderr.decode(), r"\A" + block.format(method=method, kind=kind, ulid=ULID) + table + r"\Z", flags)
        done = self.n.query("-nocopy", "-q", "o")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))

    def test_ranges(self):
        self.n.forward(b"old\n")
        first = self.n.lines("-ulid").split()[0].decode()
        oklog.send(self.n.fast, b"new\n")
        second = self.n.lines("-ulid", "-q", "new").split()[0].decode()
        for flags, found in ((["-from", "5m"], b"old\nnew\n"), (["-from=-5m"], b"old\nnew\n"), (["-to", "5m"], b""),
                             (["-from", first, "-to", first], b"old\n"), (["-from", second], b"new\n"),
                             (["-from", "2020-01-01T00:00:00Z", "-to", "2020-01-01T00:00:00Z"], b""),
                             (["-from", "2020-01-01T00:00:00Z"], b"old\nnew\n")):
            self.assertEqual(self.n.lines(*flags), found, flags)

    def test_text_in_a_question_is_only_text(self):
        text = "a&b=c#d+e%41?f/g\\h\"i'j é <k>"
        self.n.forward(text.encode() + b"\nother\n")
        self.assertEqual(self.n.lines("-q", text), text.encode() + b"\n")
        self.assertEqual(self.n.lines("-q", "%41"), text.encode() + b"\n")
        self.assertEqual(self.n.lines("-q", "A"), b"")

    def test_a_stream_prints_what_matches_from_now_on(self):
        self.n.forward(b"yes before\n")
        watcher = self.popen("stream", "-store", self.n.api, "-q", "yes", stdout=subprocess.PIPE)
        oklog.until(lambda: self.n.metric("oklog_store_streams") == 1, "the stream")
        self.n.forward(b"no\nyes 1\n")
        self.assertEqual(watcher.stdout.readline(), b"yes 1\n")
        oklog.send(self.n.durable, b"yes 2\nno\n")
        self.assertEqual(watcher.stdout.readline(), b"yes 2\n")
        watcher.terminate()
        self.assertEqual(watcher.wait(oklog.PATIENCE), 0)


class MaxLine(oklog.Case):
    def test_lines_at_the_limit_are_kept_and_longer_ones_put_together_again(self):
        n = self.node("-ingest.max-line", "4096").start()
        data = b"".join(bytes([97 + i]) * size + b"\n" for i, size in enumerate((4095, 4096, 4097, 8192, 8193, 0, 20000)))
        oklog.send(n.fast, data)
        self.assertEqual(n.lines(), data)
        self.assertEqual(n.metric("oklog_ingest_split_lines_total"), 4)
        n.forward(data)
        self.assertEqual(n.lines(), data + data)
        records = [json.loads(line) for line in n.lines("-o", "json", "-q", "ccc").splitlines()]
        self.assertEqual([len(r["line"]) for r in records], [4096, 4096], "the rest of one byte does not match")
        whole = [json.loads(line) for line in n.lines("-o", "json", "-regex", "-q", "^[c]+$").splitlines()]
        self.assertEqual([(len(r["line"]), r.get("continuation", False)) for r in whole], [(4096, False), (1, True)] * 2)

    def test_the_largest_limit_works(self):
        largest = 4 * MIB - 64 * 1024
        n = self.node("-ingest.max-line", str(largest)).start()
        data = b"x" * largest + b"\n" + b"y" * (largest + 1) + b"\n"
        oklog.send(n.durable, data)
        self.assertEqual(n.lines(), data)


class Topics(oklog.Case):
    def test_the_first_word_is_the_topic_and_leaves_the_line(self):
        n = self.node("-ingest.topic-mode", "dynamic", "-ingest.topic", "rest").start()
        sent = (b"web GET /\nweb  two spaces\ndb\n-bad first\n\n b leading space\nw\xc3\xa9b x\n" + b"t" * 128 + b" long\n" +
                b"t" * 129 + b" longer\nA_b-9 ok\r\nnul\0x y\n")
        oklog.send(n.fast, sent)
        got = [(r["topic"], r.get("line")) for r in map(json.loads, n.lines("-o", "json").splitlines())]
        self.assertEqual(got, [("web", "GET /"), ("web", " two spaces"), ("db", ""), ("rest", "-bad first"), ("rest", ""),
                               ("rest", " b leading space"), ("rest", "wéb x"), ("t" * 128, "long"), ("rest", "t" * 129 + " longer"),
                               ("A_b-9", "ok\r"), ("rest", "nul\0x y")])
        self.assertEqual(n.metric("oklog_ingest_lines_without_topic_total"), 6)
        self.assertEqual(n.lines("-topic", "web"), b"GET /\n two spaces\n")
        self.assertEqual(n.lines("-topic", "db", "-topic", "A_b-9"), b"\nok\r\n")
        self.assertEqual(n.lines("-topic", "nobody"), b"")
        self.assertEqual(n.lines("-q", "web"), b"", "the topic is no part of the line")

    def test_a_bad_line_does_not_end_its_connection(self):
        """As it did in Go's dynamic mode."""
        n = self.node("-ingest.topic-mode", "dynamic").start()
        with oklog.connect(n.fast) as s:
            s.sendall(b"!!! bad\n")
            oklog.until(lambda: n.lines() == b"!!! bad\n", "the bad line")
            s.sendall(b"web good\n")
            oklog.until(lambda: n.lines() == b"!!! bad\ngood\n", "the good line")

    def test_a_split_line_stays_in_its_topic(self):
        n = self.node("-ingest.topic-mode", "dynamic", "-ingest.max-line", "1024").start()
        n.forward(b"web " + b"x" * 3000 + b"\nmail y\n")
        self.assertEqual(n.lines("-topic", "web"), b"x" * 3000 + b"\n")
        self.assertEqual(n.lines("-topic", "mail"), b"y\n")

    def test_the_static_topic_is_only_a_name(self):
        n = self.node("-ingest.topic", "mail").start()
        n.forward(b"web x\n")
        self.assertEqual(n.lines("-topic", "mail"), b"web x\n")
        self.assertEqual(n.lines("-topic", "web"), b"")

    def test_streams_know_topics(self):
        n = self.node("-ingest.topic-mode", "dynamic").start()
        watcher = self.popen("stream", "-store", n.api, "-topic", "web", "-o", "json", stdout=subprocess.PIPE)
        oklog.until(lambda: n.metric("oklog_store_streams") == 1, "the stream")
        n.forward(b"db 1\nweb 2\n")
        r = json.loads(watcher.stdout.readline())
        self.assertEqual((r["topic"], r["line"]), ("web", "2"))


class Halves(oklog.Case):
    def test_an_ingester_alone_takes_lines_and_keeps_them(self):
        n = self.node("-topic-mode", "dynamic", verb="ingest").start()
        oklog.send(n.durable, b"web x\n")
        oklog.until(lambda: n.metric("oklog_ingest_unconsumed_segments") == 1, "a flushed segment")
        status, headers, segment = n.get("/ingest/next")
        self.assertEqual((status, headers["X-Oklog-Raw-Bytes"] is not None), (200, True))
        self.assertEqual(n.get("/store/query")[0], 404)
        self.assertEqual(n.request("POST", f"/ingest/commit?id={segment.decode()}&hash={'0' * 32}")[0], 428)
        status, headers, body = n.get("/ingest/read?id=" + segment.decode())
        self.assertEqual((status, len(body)), (200, int(headers["X-Oklog-Bytes"])))
        self.assertEqual(n.request("POST", f"/ingest/commit?id={segment.decode()}&hash={'0' * 32}")[0], 409)
        nobody = n.request("POST", f"/ingest/commit?id={segment.decode()}&hash={headers['X-Oklog-Hash']}")
        self.assertEqual((nobody[0], nobody[2]), (409, b"0 stores have it, 1 are wanted\n"))
        done = n.request("POST", f"/ingest/commit?id={segment.decode()}&hash={headers['X-Oklog-Hash']}&stores={'0' * 25}1")
        self.assertEqual((done[0], done[2]), (200, b"Commit OK"))
        self.assertEqual(n.request("POST", f"/ingest/commit?id={segment.decode()}&hash={headers['X-Oklog-Hash']}")[0], 404)
        self.assertEqual(n.waiting_segments(), [])

    def test_a_store_alone_answers_queries_over_what_it_has(self):
        both = self.node().start()
        both.forward(b"one\ntwo\n")
        self.assertEqual(both.stop(), 0)
        alone = self.node(verb="store").start()
        self.assertEqual(alone.lines(), b"one\ntwo\n")
        self.assertEqual(alone.get("/ingest/next")[0], 404)


class OnDisk(oklog.Case):
    def test_segments_are_plain_text_for_zstdcat(self):
        if shutil.which("zstdcat") is None:
            self.skipTest("zstdcat is not installed")
        n = self.node(*oklog.QUICK).start()
        sent = b"".join(b"line %d\n" % i for i in range(1000))
        oklog.send(n.durable, sent)
        oklog.until(lambda: n.metric("oklog_store_segments") > 0, "a store segment")
        store = os.path.join(self.where, "store")
        files = [os.path.join(store, f) for f in os.listdir(store) if f.endswith(".flushed")]
        shown = subprocess.run(["zstdcat", *files], capture_output=True, check=True)
        self.assertEqual(shown.stdout, sent)


if __name__ == "__main__":
    unittest.main()
