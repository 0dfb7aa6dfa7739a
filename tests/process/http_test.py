"""The HTTP side as clients see it: raw bytes in, what Go's client needs out, and what monitoring reads."""
import email.utils
import http.client
import json
import re
import shutil
import socket
import subprocess
import time
import unittest
import urllib.parse

import oklog

ULID = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
RFC3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
GO_DURATION = r"(\d+(\.\d+)?(ns|µs|ms|s|m|h))+"
# Section 6 of Go OK Log's facts: name, type here.
GO_METRICS = [
    ("oklog_connected_clients", "gauge"), ("oklog_ingest_writer_bytes_written_total", "counter"),
    ("oklog_ingest_writer_records_written_total", "counter"), ("oklog_ingest_writer_syncs_total", "counter"),
    ("oklog_ingest_writer_flushes_total", "counter"), ("oklog_ingest_segment_flush_age_seconds", "histogram"),
    ("oklog_ingest_segment_flush_size_bytes", "histogram"), ("oklog_ingest_failed_segments", "old"),
    ("oklog_ingest_committed_segments", "old"), ("oklog_ingest_committed_bytes", "old"),
    ("oklog_store_compact_duration_seconds", "histogram"), ("oklog_store_consumed_segments", "old"),
    ("oklog_store_consumed_bytes", "old"), ("oklog_store_replicated_segments", "old"), ("oklog_store_replicated_bytes", "old"),
    ("oklog_store_trashed_segments", "old"), ("oklog_store_purged_segments", "old"),
    ("oklog_api_request_duration_seconds", "histogram"), ("oklog_cluster_size", "gauge"),
]


class OneNode(oklog.Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = oklog.Case()
        cls.shared.setUp()
        cls.n = cls.shared.node(*oklog.QUICK).start()
        cls.n.forward(b"alpha\nbeta\n")

    @classmethod
    def tearDownClass(cls):
        cls.shared.doCleanups()

    def raw(self, data, patience=oklog.PATIENCE):
        """All that is answered to these bytes until the server closes, or until one whole answer is there."""
        with oklog.connect(self.n.api) as s:
            s.settimeout(patience)
            try:
                s.sendall(data)
            except OSError:
                pass  # refused before all of it was read
            got = b""
            try:
                while part := s.recv(65536):
                    got += part
                    head, gap, body = got.partition(b"\r\n\r\n")
                    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
                    if gap and length and len(body) >= int(length.group(1)):
                        break
            except ConnectionResetError:
                pass
            return got

    def status(self, data):
        answer = self.raw(data)
        found = re.match(rb"HTTP/1\.1 (\d{3}) [^\r\n]+\r\n", answer)
        self.assertTrue(found, (data[:80], answer[:200]))
        return int(found.group(1))


class BadRequests(OneNode):
    def tearDown(self):
        self.assertTrue(self.n.alive())
        self.assertEqual(self.n.get("/-/healthy")[0], 200)

    def test_limits(self):
        h = b"Host: x\r\n\r\n"
        for data, status in (
                (b"GET /health HTTP/1.1\r\nA: " + b"a" * (1 << 20) + b"\r\n" + h, 431),
                (b"GET /health HTTP/1.1\r\n" + b"A: a\r\n" * 10000 + h, 431),
                (b"GET /health HTTP/1.1\r\n" + b"A: a\r\n" * 150 + h, 431),
                (b"GET /" + b"a" * 65536 + b" HTTP/1.1\r\n" + h, 414),
                (b"GET /store/query?q=" + b"a" * 9000 + b" HTTP/1.1\r\n" + h, 414),
                (b"G" * 100000, 414),
                (b"POST /ingest/failed?id=x HTTP/1.1\r\nContent-Length: 99999999999\r\n" + h, 413),
                (b"POST /ingest/failed?id=x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + h + b"fffffffff\r\n" + b"a" * 2000000, 413),
        ):
            self.assertEqual(self.status(data), status, data[:60])

    def test_what_could_be_read_in_two_ways_is_refused(self):
        for request in (
                b"POST /ingest/failed HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                b"POST /ingest/failed HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
                b"POST /ingest/failed HTTP/1.1\r\nHost: x\r\nContent-Length: 4, 4\r\n\r\nabcd",
                b"POST /ingest/failed HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd",
                b"POST /ingest/failed HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                b"POST /ingest/failed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                b"POST /ingest/failed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n",
                b"GET /health HTTP/1.1\nHost: x\n\n",
                b"GET /health HTTP/1.1\r\nHost: x\n\r\n",
                b"GET /health HTTP/1.1\r\nHost : x\r\n\r\n",
                b"GET /health HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
                b"GET /health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
                b"GET /health HTTP/1.1\r\n\r\n",
                b"GET /health HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n",
                b"GET /hea\0lth HTTP/1.1\r\nHost: x\r\n\r\n",
                b"GET /hea%00lth HTTP/1.1\r\nHost: x\r\n\r\n",
                b"GET /ui/../health HTTP/1.1\r\nHost: x\r\n\r\n",
                b"GET /ui/%2e%2e/health HTTP/1.1\r\nHost: x\r\n\r\n",
                b"GET /ui/%2e%2e%2fhealth HTTP/1.1\r\nHost: x\r\n\r\n",
                b"GET /ui/..\\health HTTP/1.1\r\nHost: x\r\n\r\n",
                b"GET //health HTTP/1.1\r\nHost: x\r\n\r\n",
                b"GET http://x/health HTTP/1.1\r\nHost: x\r\n\r\n",
                b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
                b"GET /store/query?q=%zz HTTP/1.1\r\nHost: x\r\n\r\n",
                b"GET  /health HTTP/1.1\r\nHost: x\r\n\r\n",
                b"GET /health HTTP/1.1 \r\nHost: x\r\n\r\n",
                b"GET /health\r\n\r\n",
                b"nonsense\r\n\r\n",
                bytes.fromhex("1603010005010000010303") + b"\r\n\r\n",
        ):
            self.assertEqual(self.status(request), 400, request[:90])

    def test_methods_and_paths(self):
        for request, status in (
                (b"GET /nothing HTTP/1.1", 404), (b"GET /store/nothing HTTP/1.1", 404), (b"GET /debug/pprof/ HTTP/1.1", 404),
                (b"GET /debug/pprof/heap HTTP/1.1", 404), (b"GET /ui/../../etc/passwd HTTP/1.1", 400),
                (b"GET /ui/favicon.png HTTP/1.1", 404), (b"TRACE /health HTTP/1.1", 405), (b"CONNECT x:1 HTTP/1.1", 405),
                (b"OPTIONS /store/query HTTP/1.1", 405), (b"DELETE /store/query HTTP/1.1", 405), (b"POST /store/query HTTP/1.1", 405),
                (b"GET /ingest/commit?id=x HTTP/1.1", 405), (b"BREW /health HTTP/1.1", 405), (b"GET /health HTTP/2.0", 505),
                (b"GET /health HTTP/1.1\r\nExpect: 200-maybe", 417), (b"GET /health HTTP/1.1\r\nUpgrade: websocket", 400),
                (b"GET /health HTTP/1.1\r\nRange: bytes=0-1", 200), (b"GET /health HTTP/1.0", 200),
                (b"GET /ingest/read?id=../../etc/passwd HTTP/1.1", 404), (b"GET /ingest/read HTTP/1.1", 404),
                (b"POST /ingest/failed?id=nobody HTTP/1.1", 404),
        ):
            self.assertEqual(self.status(request + b"\r\nHost: x\r\n\r\n"), status, request)
        self.assertRegex(self.raw(b"DELETE /store/query HTTP/1.1\r\nHost: x\r\n\r\n"), rb"(?i)\r\nallow: GET, HEAD\r\n")
        status, _, body = self.n.get("/%3Cscript%3E-not-echoed")
        self.assertEqual((status, b"not-echoed" in body), (404, False))

    def test_pages_of_other_sites_are_refused(self):
        for origin, status in ((b"http://evil.com", 403), (b"null", 403), (b"http://x:81", 403), (b"https://x:80", 403),
                               (b"http://x.evil.com", 403), (b"http://x", 200), (b"http://X:80", 200)):
            got = self.raw(b"GET /store/query?q=beta HTTP/1.1\r\nHost: x\r\nOrigin: " + origin + b"\r\nConnection: close\r\n\r\n")
            self.assertEqual(int(got.split()[1]), status, origin)
            self.assertNotRegex(got.decode(errors="replace"), r"(?i)access-control")
            self.assertEqual(b"beta" in got, status == 200)

    def test_hosts_are_checked_where_they_are_named(self):
        n = self.node("-api.host", "logs.example", "-api.host", "127.0.0.1", *oklog.QUICK).start()
        for host, status in (("logs.example", 200), ("LOGS.example:1", 200), ("127.0.0.1", 200), ("evil.com", 421), ("localhost", 421)):
            self.assertEqual(n.get("/health", {"Host": host})[0], status, host)
        n.forward(b"x\n")
        oklog.until(lambda: n.metric("oklog_store_consumed_segments_total") > 0, "consuming from itself")

    def test_slow_clients_are_let_go(self):
        with oklog.connect(self.n.api) as head, oklog.connect(self.n.api) as line, oklog.connect(self.n.api) as body:
            began = time.monotonic()
            head.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n")
            line.sendall(b"GET /hea")
            body.sendall(b"POST /ingest/commit?id=x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 50)
            for s, longest in ((head, 9), (line, 9), (body, 15)):
                s.settimeout(longest + 10)
                answer = oklog.read_all(s)
                self.assertLess(time.monotonic() - began, longest)
                self.assertIn(b" 408 ", answer.split(b"\r\n")[0])

    def test_pipelined_requests_are_answered_in_turn(self):
        one = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
        last = b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        with oklog.connect(self.n.api) as s:
            s.sendall(one * 20 + last)
            answer = oklog.read_all(s)
        self.assertEqual(re.findall(rb"HTTP/1.1 (\d+)", answer), [b"200"] * 20 + [b"404"])

    def test_many_connections_come_and_go(self):
        conns = [oklog.connect(self.n.api) for _ in range(200)]
        self.assertEqual(self.n.get("/health")[0], 200)
        for c in conns:
            c.close()
        oklog.until(lambda: self.n.metric("oklog_api_connections") < 10, "their end")


class Questions(OneNode):
    def ask(self, **params):
        return self.n.get("/store/query?" + urllib.parse.urlencode(params))

    def test_bad_questions_are_answered_with_the_reason(self):
        low = "01CQ0000000000000000000000"
        for params, reason in (
                ({"from": "now", "to": "1h"}, r"'from' .* is later than 'to'"),
                ({"from": low[:25]}, r"parsing 'from': \S+: can't parse as ULID or RFC3339 time"),
                ({"from": low + "0"}, r"parsing 'from': .*can't parse as ULID"),
                ({"to": "8ZZZZZZZZZZZZZZZZZZZZZZZZZ"}, r"parsing 'to': .*can't parse as ULID"),
                ({"to": "NaN"}, r"parsing 'to': NaN: can't parse"),
                ({"from": "0000-00-00T00:00:00Z"}, r"parsing 'from': "),
                ({"from": "2026-13-01T00:00:00Z"}, r"parsing 'from': "),
                ({"from": "2026-02-30T00:00:00Z"}, r"parsing 'from': "),
                ({"from": ""}, r"parsing 'from': "),
                ({"from": "\x1b[2J"}, r"parsing 'from': \\x1b\[2J"),
                ({"q": "(", "regex": "true"}, r"compiling regex: error parsing regexp: missing closing \): `\(`"),
                ({"q": "a{1001}", "regex": "true"}, r"compiling regex: "),
                ({"q": "(?:(?:a{1000}){1000}){1000}", "regex": "true"}, r"compiling regex: "),
                ({"q": r"(a)\1", "regex": "true"}, r"compiling regex: "),
                ({"q": "(?=a)", "regex": "true"}, r"compiling regex: "),
                ({"topic": "a b"}, r"parsing 'topic': "),
                ({"format": "xml"}, r"parsing 'format': "),
        ):
            began = time.monotonic()
            status, headers, body = self.ask(**params)
            self.assertEqual(status, 400, params)
            self.assertRegex(body.decode(), rf"\A{reason}.*\n\Z", params)
            self.assertTrue(headers["Content-Type"].startswith("text/plain"))
            self.assertLess(time.monotonic() - began, 5)

    def test_good_questions(self):
        for params, lines in (
                ({}, 2), ({"q": ""}, 2), ({"q": "alpha"}, 1), ({"q": "ALPHA"}, 0), ({"q": "(?i)ALPHA", "regex": "true"}, 1),
                ({"q": "^alpha$", "regex": "1"}, 1), ({"q": "^alpha$", "regex": "false"}, 0), ({"q": "alpha$", "regex": ""}, 1),
                ({"q": r"(a*)*b", "regex": "true"}, 1), ({"q": r"\p{L}+", "regex": "true"}, 2), ({"q": "default"}, 0),
                ({"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, 0), ({"from": "5m", "to": "now"}, 2),
                ({"from": "2020-01-01T00:00:00+14:00"}, 2), ({"from": "01cq0000000000000000000000"}, 2), ({"unknown": "x"}, 2),
                ({"from": "00000000000000000000000000", "to": "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"}, 2), ({"q": "\0"}, 0),
                ({"q": "a" * 7000}, 0), ({"q": b"\xff"}, 0), ({"topic": "default"}, 2), ({"topic": "other"}, 0),
        ):
            status, _, body = self.ask(**params)
            self.assertEqual((status, body.count(b"\n")), (200, lines), params)
            self.assertRegex(body.decode(), rf"\A({ULID} (alpha|beta)\n)*\Z")

    def test_the_end_of_an_answer_says_what_it_covers(self):
        with oklog.connect(self.n.api) as s:
            s.sendall(b"GET /store/query HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = oklog.read_all(s).decode()
        head, _, body = answer.partition("\r\n\r\n")
        self.assertRegex(head, r"(?i)\r\ntransfer-encoding: chunked\b")
        self.assertRegex(head, r"(?i)\r\ntrailer: X-Oklog-Coverage, X-Oklog-Summary")
        self.assertRegex(head, r"(?i)\r\nx-oklog-coverage: full\b")
        trailers = body.rpartition("\r\n0\r\n")[2]
        self.assertRegex(trailers, r"(?i)\Ax-oklog-coverage: full\r\n")
        summary = json.loads(re.search(r"(?i)x-oklog-summary: (.*)\r\n", trailers).group(1))
        self.assertEqual((summary["coverage"], summary["records"], summary["errors"]), ("full", 2, 0))

    def test_head_answers_the_head_alone(self):
        status, headers, body = self.n.request("HEAD", "/store/query?q=beta")
        self.assertEqual((status, body), (200, b""))
        self.assertEqual(headers["X-Oklog-Nodes-Queried"], "1")
        self.assertEqual(self.n.request("HEAD", "/store/query?q=(&regex=1")[0], 400)
        self.assertEqual(self.n.request("HEAD", "/health")[0], 200)

    def test_statistics_cost_nothing_that_stays(self):
        """D21: Go's HEAD leaked a file and a goroutine each."""
        self.n.request("HEAD", "/store/query")
        before = self.n.open_files()
        for _ in range(100):
            self.n.request("HEAD", "/store/query")
        oklog.until(lambda: self.n.open_files() <= before + 2, "the files to be closed")

    def test_too_many_questions_at_once_are_told_so(self):
        n = self.node().start()
        n.forward(b"".join(b"%06d a line to fill a socket's buffer with\n" % i for i in range(200000)))
        asking = [oklog.connect(n.api) for _ in range(70)]
        for s in asking:
            s.sendall(b"GET /store/query HTTP/1.1\r\nHost: x\r\n\r\n")
        answers = [s.recv(12)[9:] for s in asking]
        self.assertEqual((answers.count(b"200"), answers.count(b"429")), (64, 6))
        n.forward(b"taken meanwhile\n")
        self.assertEqual(n.metric("oklog_store_queries_refused_total"), 6)
        for s in asking:
            s.close()
        oklog.until(lambda: n.query("-q", "taken meanwhile").stdout == b"taken meanwhile\n", "room for a question")

    def test_a_stream_that_nobody_reads_is_cut_off(self):
        """D27: Go's slow client blocked the others under a lock."""
        n = self.node().start()
        with oklog.connect(n.api) as slow:
            slow.sendall(b"GET /store/stream HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertIn(b" 200 ", slow.recv(4096))
            n.forward(b"".join(b"%07d a line to fill a socket's buffer, and then a queue, with\n" % i for i in range(400000)))
            oklog.until(lambda: n.metric("oklog_store_slow_streams_total") == 1, "the slow stream's end", 20)
            self.assertEqual(n.metric("oklog_store_streams"), 0)
            with self.assertRaises(ConnectionResetError):
                oklog.read_all(slow)
        self.assertEqual(n.lines("-c"), b"400000\n")

    def test_count_and_json(self):
        self.assertEqual(self.ask(count="1")[2], b"2\n")
        status, headers, body = self.ask(format="json", q="beta")
        self.assertEqual(headers["Content-Type"], "application/x-ndjson; charset=utf-8")
        self.assertEqual(json.loads(body)["line"], "beta")

    def test_an_answer_that_nobody_reads_is_given_up(self):
        n = self.node().start()
        n.forward(b"".join(b"%06d a line to fill a socket's buffer with\n" % i for i in range(300000)))
        for _ in range(3):
            s = oklog.connect(n.api)
            s.sendall(b"GET /store/query HTTP/1.1\r\nHost: x\r\n\r\n")
            s.recv(1000)
            s.close()
        oklog.until(lambda: n.metric("oklog_api_clients_gone_total") >= 3, "three clients gone")
        self.assertEqual(n.lines("-c"), b"300000\n")


class GoClient(OneNode):
    """Go's query and stream, as net/http sends and reads them (section 11 of its facts)."""

    def go(self, method, target):
        gzip = b"Accept-Encoding: gzip\r\n" if method == "GET" else b""
        return (f"{method} {target} HTTP/1.1\r\nHost: {self.n.api}\r\nUser-Agent: Go-http-client/1.1\r\n".encode() + gzip + b"\r\n")

    def decode(self, headers):
        """As pkg/store/query_result.go does: every one of these must parse."""
        for name in ("X-Oklog-From", "X-Oklog-To"):
            self.assertRegex(headers[name], rf"\A({ULID}|{RFC3339})\Z")
        self.assertIn(headers["X-Oklog-Regex"], ("1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"))
        for name in ("X-Oklog-Nodes-Queried", "X-Oklog-Segments-Queried", "X-Oklog-Max-Data-Set-Size", "X-Oklog-Error-Count"):
            self.assertRegex(headers[name], r"\A[+-]?\d+\Z", name)
            self.assertLess(int(headers[name]), 1 << 63)
        self.assertRegex(headers["X-Oklog-Duration"].encode("latin-1").decode(), rf"\A{GO_DURATION}\Z")
        self.assertEqual(headers["Content-Encoding"], None)

    def answer(self, method, target):
        with oklog.connect(self.n.api) as s:
            s.sendall(self.go(method, target))
            r = http.client.HTTPResponse(s, method=method)
            r.begin()
            return r.status, r.headers, r.read()

    def test_query(self):
        now = time.time()
        stamp = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t)) for t in (now - 3600, now + 1)]
        span = urllib.parse.urlencode({"from": stamp[0], "q": "be ta", "to": stamp[1]})
        for query, regex, lines in ((span.replace("be+ta", "beta"), "false", 1),
                                    (span.replace("be+ta", "%5E%28alpha%7Cbeta%29%24") + "&regex=true", "true", 2),
                                    (span, "false", 0), (span.replace("be+ta", "%5Ebeta%24") + "&regex=true", "true", 1)):
            for method in ("GET", "HEAD"):
                status, headers, body = self.answer(method, "/store/query?" + query)
                self.assertEqual(status, 200)
                self.decode(headers)
                self.assertEqual(headers["X-Oklog-Regex"], regex)
                self.assertEqual(len(body.splitlines()), lines if method == "GET" else 0)
                for line in body.splitlines():
                    self.assertGreaterEqual(len(line), 27)
                    self.assertRegex(line[:27].decode(), rf"\A{ULID} \Z")
            self.assertEqual(headers["X-Oklog-From"][:19], stamp[0][:19])
        self.decode(self.answer("GET", "/store/_query?" + span)[1])

    def test_query_with_an_offset_in_its_time(self):
        status, headers, body = self.answer("GET", "/store/query?from=2020-01-01T00%3A00%3A00%2B02%3A00&q=beta&"
                                            "to=2120-01-01T00%3A00%3A00%2B02%3A00")
        self.assertEqual((status, len(body.splitlines())), (200, 1))
        self.decode(headers)

    def test_the_redirect_of_store_leads_to_query(self):
        """D29."""
        status, headers, _ = self.answer("GET", "/store/")
        self.assertEqual((status, headers["Location"]), (307, "/store/query"))

    def test_stream(self):
        with oklog.connect(self.n.api) as s:
            s.settimeout(5)
            s.sendall(self.go("GET", "/store/stream?q=&window=3s"))
            got = b""
            while b"\r\n\r\n" not in got:
                got += s.recv(65536)
            self.assertRegex(got.decode(), r"\AHTTP/1.1 200 OK\r\n")
            self.assertRegex(got.decode(), r"(?i)\r\ntransfer-encoding: chunked\r\n")
            began = time.monotonic()
            oklog.send(self.n.fast, b"streamed\n")
            while b"streamed\n" not in got:
                got += s.recv(65536)
            self.assertLess(time.monotonic() - began, 1)
            self.assertRegex(got.decode(), rf"(?m)^{ULID} streamed$")
        self.assertEqual(self.answer("GET", "/store/stream?q=(&regex=true&window=3s")[0], 400)
        oklog.until(lambda: self.n.metric("oklog_store_streams") == 0, "the end of the stream")

    def test_forward(self):
        """It connects, writes lines, never reads, and closes."""
        s = oklog.connect(self.n.fast)
        s.sendall(b"".join(b"from go %d\n" % i for i in range(100)))
        s.close()
        oklog.until(lambda: self.n.lines("-c", "-q", "from go") == b"100\n", "its lines")


class Monitoring(OneNode):
    def test_health(self):
        for path in ("/-/healthy", "/health", "/-/ready"):
            status, headers, body = self.n.get(path)
            self.assertEqual((status, body), (200, b"OK\n"), path)
        self.assertIsNotNone(email.utils.parsedate_to_datetime(headers["Date"]))

    def test_metrics_have_every_name_of_go(self):
        oklog.until(lambda: self.n.metric("oklog_ingest_committed_segments_total") > 0, "a committed segment")
        text = self.n.get("/metrics")[2].decode()
        types = dict(re.findall(r"(?m)^# TYPE (\S+) (\S+)$", text))
        for name, kind in GO_METRICS:
            if kind == "old":
                self.assertEqual((types.get(name), types.get(name + "_total")), ("untyped", "counter"), name)
                old = re.findall(rf"(?m)^{name}(?:\{{.*\}})? .*$", text)
                new = re.findall(rf"(?m)^{name}_total(?:\{{.*\}})? .*$", text)
                self.assertTrue(old, name)
                self.assertEqual([line.replace(name + "_total", name) for line in new], old)
            elif name != "oklog_store_compact_duration_seconds" or name in types:
                self.assertEqual(types.get(name), kind, name)
        for sample in ('oklog_connected_clients{modality="fast"} ', 'oklog_connected_clients{modality="durable"} ',
                       'oklog_store_replicated_segments{direction="egress"} 0\n', 'oklog_store_trashed_segments{success="true"} 0\n',
                       'oklog_api_request_duration_seconds_bucket{method="GET",path="/metrics",status_code="200",le="+Inf"}',
                       "oklog_cluster_size 1\n", 'oklog_ingest_segment_flush_size_bytes_bucket{le="16384"}'):
            self.assertIn(sample, text)
        self.assertEqual(self.n.metric("oklog_ingest_writer_records_written_total"), 2)
        self.assertEqual(self.n.metric("oklog_ingest_writer_bytes_written_total"), len(b"alpha\nbeta\n"))

    def test_unknown_paths_do_not_grow_the_metrics(self):
        for i in range(50):
            self.n.get(f"/unknown/{i}")
            self.n.get(f"/ui/{i}")
            self.n.get(f"/ingest/read?id={i}")
        text = self.n.get("/metrics")[2].decode()
        self.assertLess(len(set(re.findall(r'path="([^"]*)"', text))), 30)

    def test_promtool_finds_nothing_to_say(self):
        if shutil.which("promtool") is None:
            self.skipTest("promtool (Debian package prometheus) is not installed")
        for target in ("/store/query?q=x", "/nothing", "/ui/"):
            self.n.get(target)
        done = subprocess.run(["promtool", "check", "metrics"], input=self.n.get("/metrics")[2], capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""))

    def test_cluster_state_has_the_shape_of_go(self):
        for path in ("/store/_clusterstate", "/ingest/_clusterstate"):
            status, headers, body = self.n.get(path)
            self.assertEqual((status, headers["Content-Type"]), (200, "application/json; charset=utf-8"))
            self.assertIn(b'\n    "members": [', body)
            state = json.loads(body)
            self.assertEqual((state["n"], len(state["members"])), (1, 1))
            self.assertEqual(set(state["self"]), set("Name Addr Port Meta PMin PMax PCur DMin DMax DCur".split()))
            host, port = oklog.place(self.n.api)
            self.assertEqual(state["delegate"][state["self"]["Name"]], {"type": "ingeststore", "api_addr": host, "api_port": port})

    def test_segment_state(self):
        status, _, body = self.n.get("/ingest/_segmentstate")
        self.assertEqual(status, 200)
        self.assertRegex(body.decode(), r"\A\d+ pending\n")
        self.assertEqual(self.n.get("/ingest/next")[0], 404)

    def test_the_page_comes_with_a_policy(self):
        for path in ("/", "/ui"):
            status, headers, _ = self.n.get(path)
            self.assertEqual((status, headers["Location"]), (301, "/ui/"))
        status, headers, page = self.n.get("/ui/")
        self.assertEqual(status, 200)
        self.assertTrue(headers["Content-Type"].startswith("text/html"))
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        named = re.findall(r'(?:src|href)="([^"]+)"', page.decode())
        self.assertTrue(named)
        for link in named:
            self.assertNotRegex(link, r"^(https?:)?//", "another host")
            if not link.startswith("data:"):
                target = urllib.parse.urljoin("/ui/", link)
                status, headers, body = self.n.get(target)
                self.assertEqual((status, len(body) > 0), (200, True), target)
                self.assertIn("default-src 'none'", headers["Content-Security-Policy"])


if __name__ == "__main__":
    unittest.main()
