"""The command line: flags, environment, exit codes, messages, and what a terminal is shown."""
import os
import pty
import re
import socket
import subprocess
import tty
import unittest

import oklog

SERVE = ("ingest", "store", "ingeststore")
MODES = ("forward", "query", "stream", "testsvc", "segment") + SERVE
GO_FLAGS = {
    "forward": "api debug prefix",
    "ingest": "api cluster cluster.advertise-addr debug filesystem peer ingest.fast ingest.durable ingest.bulk ingest.path "
              "ingest.segment-flush-age ingest.segment-flush-size ingest.segment-pending-timeout topic topic-mode",
    "store": "api cluster cluster.advertise-addr debug filesystem peer store.path store.segment-consumers store.segment-target-size "
             "store.segment-target-age store.segment-delay store.segment-buffer-size store.segment-replication-factor "
             "store.segment-retain store.segment-purge ui.local",
    "query": "store from to q regex stats nocopy ulid time v",
    "stream": "store q regex window ulid",
    "testsvc": "id rate size",
}
GO_FLAGS["ingeststore"] = (GO_FLAGS["ingest"].replace(" topic topic-mode", "") + " " + GO_FLAGS["store"] +
                           " ingest.topic ingest.topic-mode")
GO_DEFAULTS = {
    "api": "tcp://0.0.0.0:7650", "cluster": "tcp://0.0.0.0:7659", "ingest.fast": "tcp://0.0.0.0:7651",
    "ingest.durable": "tcp://0.0.0.0:7652", "ingest.bulk": "tcp://0.0.0.0:7653", "ingest.path": "data/ingest",
    "ingest.segment-flush-age": "3s", "ingest.segment-flush-size": "16777216", "ingest.segment-pending-timeout": "1m0s",
    "ingest.topic": "default", "ingest.topic-mode": "static", "store.path": "data/store", "store.segment-consumers": "1",
    "store.segment-target-size": "134217728", "store.segment-target-age": "3s", "store.segment-delay": "100ms",
    "store.segment-buffer-size": "1048576", "store.segment-replication-factor": "2", "store.segment-retain": "168h0m0s",
    "store.segment-purge": "24h0m0s", "ui.local": "false", "filesystem": "real", "debug": "false", "peer": "...",
}


class WithoutNode(oklog.Case):
    def says(self, code, pattern, *args, env=None):
        """The exit code, and one line of stderr that matches; nothing on stdout."""
        done = oklog.run(*args, env=env)
        said = done.stderr.decode()
        self.assertEqual((done.returncode, done.stdout), (code, b""), (args, said))
        self.assertRegex(said, pattern, args)
        return said

    def test_no_arguments_and_unknown_modes_are_wrong_usage(self):
        self.says(2, r"\AUSAGE\n  oklog <mode> \[flags\]\n")
        self.says(2, r'\Aoklog: "bogus" is no mode\n\nUSAGE', "bogus")
        self.says(2, r'\Aoklog: "-bogus" is no mode', "-bogus")
        self.says(2, r'"bogus" is no mode', "help", "bogus")

    def test_help_and_version_are_answers_on_stdout(self):
        for args in (["help"], ["-h"], ["--help"], ["-help"]):
            done = oklog.run(*args)
            self.assertEqual((done.returncode, done.stderr), (0, b""), args)
            for mode in MODES:
                self.assertRegex(done.stdout.decode(), rf"(?m)^  {mode}\b")
        for args in (["--version"], ["-version"], ["version"]):
            done = oklog.run(*args)
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout.decode(), r"\Aoklog \d+\.\d+\.\d+\n\Z")

    def test_every_mode_shows_its_flags(self):
        for mode, flags in GO_FLAGS.items():
            shown = {tuple(oklog.run(*args).stdout.decode().splitlines())
                     for args in (["help", mode], [mode, "-h"], [mode, "--help"], [mode.upper(), "-help"], [mode, "-bogus", "-h"])}
            self.assertEqual(len(shown), 1, mode)
            lines = shown.pop()
            self.assertEqual(lines[:2], ("USAGE", f"  oklog {mode} " + lines[1].split(mode, 1)[1].strip()))
            known = {line.split()[0][1:]: line for line in lines if line.startswith("  -")}
            for flag in flags.split():
                self.assertIn(flag, known, mode)
                if mode == "ingeststore":
                    self.assertRegex(known[flag], rf"^  -{re.escape(flag)} +{re.escape(GO_DEFAULTS.get(flag, ''))}  ", flag)

    def test_an_unknown_flag_names_the_nearest(self):
        for mode, flag, near in (("query", "-stor", "-store"), ("query", "--form", "-from"), ("stream", "-regx", "-regex"),
                                 ("ingeststore", "-ingest.fats", "-ingest.fast"), ("ingeststore", "-retain", "-store.segment-retain"),
                                 ("ingeststore", "-topic", "-ingest.topic"), ("forward", "-prefx", "-prefix")):
            said = self.says(2, rf"\Aoklog {mode}: flag provided but not defined: {flag.replace('--', '-')}; did you mean {near}",
                             mode, flag, "x")
            self.assertIn(f"oklog help {mode}", said)
        self.says(2, "not defined: -zzzzzzzzz\n", "query", "-zzzzzzzzz")

    def test_wrong_values_name_their_flag(self):
        cases = [
            (["query", "-from", "bogus"], r'-from: couldn\'t parse "bogus" as either duration or time'),
            (["query", "-to", ""], r"-to: "),
            (["query", "-regex", "-q", "("], r"-q: compiling regex: error parsing regexp: missing closing \): `\(`"),
            (["query", "-regex", "-q", r"(a)\1"], r"-q: compiling regex: "),
            (["query", "-regex=maybe"], r'-regex: "maybe" is neither true nor false'),
            (["query", "-o", "xml"], r"-o: must be text, json or raw"),
            (["query", "-store", "a b"], r"-store: "),
            (["query", "-store", "ftp://x"], r"-store: "),
            (["query", "-store", "x:70000"], r"-store: .*port"),
            (["query", "-topic", "a b"], r"-topic: "),
            (["query", "-q"], r"flag needs an argument: -q"),
            (["query", "extra"], r'unexpected argument "extra"'),
            (["stream", "-window", "1 fortnight"], r'-window: "1 fortnight" is not a duration'),
            (["stream", "-topic", "a b"], r"-topic: "),
            (["testsvc", "-size", "3"], r"-size: .*least"),
            (["testsvc", "-rate", "0"], r"-rate: "),
            (["testsvc", "-rate", "-1"], r"-rate: "),
            (["forward"], r"specify at least one ingest address as an argument"),
            (["forward", "127.0.0.1:70000"], r'"127.0.0.1:70000": a port'),
            (["forward", "127.0.0.1:0"], r"a port from 1"),
            (["forward", "udp://127.0.0.1:7651"], r"TCP"),
            (["forward", "http://127.0.0.1:7651"], r"scheme"),
            (["forward", "-api", "nonsense:x", "127.0.0.1:1"], r"-api: "),
            (["forward", "[::1"], r"bracket"),
            (["ingeststore", "-ingest.topic", "a b"], r'-ingest.topic: topic name "a b" invalid'),
            (["ingest", "-topic", "-x"], r'-topic: topic name "-x" invalid'),
            (["ingeststore", "-ingest.topic-mode", "bogus"],
             r'-ingest.topic-mode: topic mode "bogus" invalid, must be "static" or "dynamic"'),
            (["ingest", "-topic-mode", "bogus"], r'-topic-mode: topic mode "bogus" invalid'),
            (["ingeststore", "-ingest.max-line", "1023"], r"-ingest.max-line: must be from 1024 to \d+ bytes"),
            (["ingeststore", "-ingest.max-line", "99999999"], r"-ingest.max-line: "),
            (["ingeststore", "-ingest.max-line", "1k"], r'-ingest.max-line: "1k" is not a whole number'),
            (["ingeststore", "-ingest.segment-flush-size", "-1"], r"-ingest.segment-flush-size: "),
            (["ingeststore", "-ingest.segment-flush-age", "3"], r"-ingest.segment-flush-age: "),
            (["ingeststore", "-drain-timeout", "-3s"], r'-drain-timeout: "-3s" is negative'),
            (["ingeststore", "-api", "127.0.0.1:x"], r"-api: "),
            (["ingeststore", "-ingest.fast", "example.com:7651"], r"-ingest.fast: .*IP address"),
            (["ingeststore", "-ingest.durable", "tcp://::1:99999"], r"-ingest.durable: "),
            (["store", "-store.segment-replication-factor", "17"], r"-store.segment-replication-factor: must be from 1 to 16"),
            (["store", "-store.repair-rate", "50MB"], r'-store.repair-rate: "50MB" is not a whole number'),
            (["store", "-store.segment-consumers", "2"], r"-store.segment-consumers: 1 is the only"),
            (["store", "-filesystem", "nop"], r"-filesystem: "),
        ]
        for args, pattern in cases:
            self.says(2, r"\Aoklog " + args[0] + ": .*" + pattern, *args)

    def test_wrong_cluster_flags_are_refused_with_a_sentence(self):
        for mode in SERVE:
            self.says(2, r"-peer: \"10.0.0.1:x\": a port from 0 to 65535", mode, "-peer", "10.0.0.1:x")
            self.says(2, r"-cluster: .*IP address", mode, "-cluster", "example.com:7659")
            self.says(2, r'-cluster.encrypt: "yes" is none of off, send, require', mode, "-cluster.encrypt", "yes")
            self.says(2, r"-cluster.encrypt: require needs a -cluster.keyring", mode, "-cluster.encrypt", "require")

    def test_a_dead_store_is_an_error(self):
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = s.getsockname()[1]
        self.says(2, rf"\Aoklog query: -store 127.0.0.1:{port}: .*refused\n\Z", "query", "-store", f"127.0.0.1:{port}")
        self.says(1, rf"\Aoklog stream: -store 127.0.0.1:{port}: .*refused\n\Z", "stream", "-store", f"127.0.0.1:{port}")
        self.says(2, r"\Aoklog query: -store no.such.host.invalid: ", "query", "-store", "no.such.host.invalid")

    def test_a_store_that_hangs_up_or_talks_nonsense_is_an_error(self):
        for answer in (b"", b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", b"HTTP/1.1 200 OK\r\n"):
            with socket.create_server(("127.0.0.1", 0)) as s:
                asked = self.popen("query", "-store", f"127.0.0.1:{s.getsockname()[1]}", stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
                c, _ = s.accept()
                with c:
                    c.recv(65536)
                    c.sendall(answer)
                    c.shutdown(socket.SHUT_WR)
                    _, said = asked.communicate(timeout=oklog.PATIENCE)
                self.assertEqual(asked.returncode, 2, (answer, said))
                self.assertRegex(said.decode(), r"\Aoklog query: .+\n\Z", answer)

    def test_testsvc_writes_lines_until_its_reader_has_gone(self):
        t = self.popen("testsvc", "-id", "me", "-rate", "1000", "-size", "100", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for i in range(1, 51):
            line = t.stdout.readline()
            self.assertEqual(len(line), 100)
            self.assertRegex(line.decode(), rf"^\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ me {i:09} ")
        t.stdout.close()
        self.assertEqual(t.wait(oklog.PATIENCE), 0)
        self.assertRegex(t.stderr.read().decode(), r"\Ame starting, 100 bytes/record, 1000 records/sec\n\Z")


class WithNode(oklog.Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = oklog.Case()
        cls.shared.setUp()
        cls.n = cls.shared.node().start()
        cls.n.forward(b"-x dashed\nplain\nyes\nno\n")

    @classmethod
    def tearDownClass(cls):
        cls.shared.doCleanups()

    def codes(self, code, out, *flags, env=None):
        done = self.n.query(*flags, env=env)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (code, out, b""), flags)

    def test_exit_codes_of_query(self):
        self.codes(0, b"plain\n", "-q", "plain")
        self.codes(1, b"", "-q", "absent")
        self.codes(0, b"1\n", "-c", "-q", "plain")
        self.codes(1, b"0\n", "-c", "-q", "absent")
        self.codes(1, b"", "-o", "json", "-q", "absent")
        done = self.n.query("-from", "1m", "-to", "2m")
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"later than 'to'", done.stderr)

    def test_flags_are_written_in_many_ways(self):
        everything = b"-x dashed\nplain\nyes\nno\n"
        for flags in (["-q="], ["--q="], ["-q", ""], ["--q", ""], ["-from", "5m"], ["-from=5m"], ["--from", "5m"], ["--from=5m"],
                      ["-q", "absent", "-q="], ["-regex=false"], ["-regex", "-q", "."], ["--regex=true", "--q=."]):
            self.codes(0, everything, *flags)
        for flags in (["-q", "-x"], ["-q=-x"], ["--q", "-x"]):
            self.codes(0, b"-x dashed\n", *flags)
        self.codes(1, b"", "-regex=false", "-q", "^")
        self.codes(0, b"yes\n", "-q=yes")
        done = oklog.run("QuErY", "-store", self.n.api, "-q", "yes")
        self.assertEqual((done.returncode, done.stdout), (0, b"yes\n"))

    def test_store_addresses(self):
        port = oklog.place(self.n.api)[1]
        for store in (f"tcp://127.0.0.1:{port}", f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port}/", f"localhost:{port}",
                      f"LOCALHOST:{port}"):
            self.codes(0, b"yes\n", "-store", store, "-q", "yes")

    def test_the_environment_gives_values_and_flags_beat_it(self):
        def asked(env, *flags):
            done = oklog.run("query", *flags, env={"OKLOG_STORE": self.n.api, **env})
            self.assertEqual(done.stderr, b"")
            return done.stdout
        self.assertEqual(asked({"OKLOG_Q": "yes"}), b"yes\n")
        self.assertEqual(asked({"OKLOG_Q": "yes"}, "-q", "plain"), b"plain\n")
        self.assertEqual(asked({"OKLOG_REGEX": "true", "OKLOG_Q": "^n"}), b"no\n")
        self.assertEqual(asked({"OKLOG_REGEX": "true", "OKLOG_Q": "^n"}, "-regex=false"), b"")
        done = oklog.run("ingeststore", env={"OKLOG_INGEST_SEGMENT_FLUSH_AGE": "soon"})
        self.assertEqual(done.returncode, 2)
        self.assertIn(b'-ingest.segment-flush-age: "soon"', done.stderr)

    def test_a_closed_output_ends_quietly(self):
        n = self.node().start()
        n.forward(b"".join(b"line %d of many that fill a pipe\n" % i for i in range(100000)))
        for flags in ([], ["-o", "json"], ["-ulid"]):
            head = self.popen("query", "-store", n.api, *flags, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertIn(b"line 0", head.stdout.readline())
            head.stdout.close()
            self.assertEqual(head.wait(oklog.PATIENCE), 0)
            self.assertEqual(head.stderr.read(), b"")
        s = self.popen("stream", "-store", n.api, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        oklog.until(lambda: n.metric("oklog_store_streams") == 1, "the stream")
        s.stdout.close()
        oklog.until(lambda: oklog.send(n.fast, b"x\n") == b"" and s.poll() is not None, "the end of the stream")
        self.assertEqual((s.returncode, s.stderr.read()), (0, b""))


class OnATerminal(oklog.Case):
    ROWS = [  # sent, shown on a terminal
        (b"tab\tstays", b"tab\tstays"),
        (b"cr\r", b"cr"),
        (b"cr\rinside", rb"cr\x0dinside"),
        (b"\x1b[31mred\x1b[0m \x1b[1;38:5:9mx", b"red x"),
        (b"\x1b]0;title\x07", rb"\x1b]0;title\x07"),
        (b"\x1b[2J", rb"\x1b[2J"),
        (b"c1 \x9b2J", rb"c1 \x9b2J"),
        (b"c1 \xc2\x9b2J", rb"c1 \u{9b}2J"),
        ("bidi \u202eevil".encode(), rb"bidi \u{202e}evil"),
        (b"\xff\xfe", rb"\xff\xfe"),
        (b"nul\0del\x7f", rb"nul\x00del\x7f"),
        ("żółć 漢字 🙂".encode(), "żółć 漢字 🙂".encode()),
        (b"\xed\xa0\x80", rb"\xed\xa0\x80"),
        (b"", b""),
    ]

    def shown(self, *command):
        master, slave = pty.openpty()
        tty.setraw(slave)
        process = self.popen(*command, stdout=slave)
        os.close(slave)
        parts = []
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:
                break  # the other side is closed
            if not part:
                break
            parts.append(part)
        os.close(master)
        self.assertEqual(process.wait(oklog.PATIENCE), 0)
        return b"".join(parts)

    def test_a_line_cannot_drive_the_terminal_and_a_pipe_gets_its_bytes(self):
        n = self.node().start()
        sent = b"".join(row[0] + b"\n" for row in self.ROWS)
        n.forward(sent)
        self.assertEqual(n.lines(), sent)
        self.assertEqual(self.shown("query", "-store", n.api).split(b"\n"), [row[1] for row in self.ROWS] + [b""])
        self.assertNotIn(b"\x1b", self.shown("query", "-store", n.api, "-ulid", "-color", "never"))
        colored = self.shown("query", "-store", n.api, "-ulid", "-regex", "-q", "t.|x|2J|")
        self.assertIn(b"\x1b[01;31m\x1b[Kta\x1b[m\x1b[Kb", colored)
        self.assertNotIn(b"\x1b", re.sub(rb"\x1b\[(01;31|32)?m\x1b\[K", b"", colored))
        self.assertEqual(self.shown("query", "-store", n.api, "-o", "raw", "-color", "never"), sent)
        self.assertNotIn(b"\x1b", self.shown("query", "-store", n.api, "-o", "json"))


class Starting(oklog.Case):
    def refused(self, node, pattern):
        node.spawn()
        self.assertEqual(node.wait(), 1, node.log())
        self.assertRegex(node.log(), pattern)
        self.assertFalse(os.path.exists(node.address_file))

    def inside(self, *path):
        return os.path.join(self.where, *path)

    def fill(self, path, data=b""):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)

    def test_a_port_in_use_names_flag_and_address(self):
        with socket.create_server(("127.0.0.1", 0)) as s:
            at = "127.0.0.1:%d" % s.getsockname()[1]
            for flag in ("api", "cluster", "ingest.fast", "ingest.durable"):
                self.refused(self.node("-" + flag, at), rf"-{flag} {at}.*[Aa]ddress already in use")
            f = oklog.run("forward", "-api", at, "127.0.0.1:1")
            self.assertEqual(f.returncode, 1)
            self.assertRegex(f.stderr.decode(), rf"-api {at}.*[Aa]ddress already in use")

    def test_a_second_process_is_refused(self):
        first = self.node().start()
        first.forward(b"kept\n")
        for verb, half in (("ingeststore", "ingest"), ("ingest", "ingest"), ("store", "store")):
            other = self.node(verb=verb)
            other.address_file = self.inside("other.json")
            other.log_path = self.inside("other.log")
            self.refused(other, rf"-{half}.path \S+: \S+/{half} is in use by another process")
            os.remove(other.log_path)
        self.assertEqual(first.lines(), b"kept\n")

    def test_a_go_directory_is_refused_and_untouched(self):
        uuid = "d4a0b3f2-0c0e-4f6d-9a3e-2a1b3c4d5e6f"
        low, high = "01CQ0000000000000000000000", "01CQ0000000000000000000001"
        for half, file in (("ingest", uuid + ".flushed"), ("ingest", uuid + ".active"), ("store", f"{low}-{high}.flushed"),
                           ("store", f"{low}-{high}.trashed"), ("ingest", "LOCK")):
            where = self.inside(half + "-" + file[-12:].replace(".", "-"))
            path = os.path.join(where, half, file)
            self.fill(path, b"old data\n" if file != "LOCK" else b"")
            before = os.stat(path)
            self.refused(self.node(where=where), rf"-{half}.path .*Go's OK Log.*(another|give)")
            self.assertEqual(os.listdir(os.path.join(where, half)), [file])
            self.assertEqual(os.stat(path).st_mtime_ns, before.st_mtime_ns)

    def test_a_newer_or_damaged_format_is_refused(self):
        for half in ("ingest", "store"):
            for content, why in ((b'{"format":99,"kind":"%s","store_id":"x"}' % half.encode(), "newer oklog .*run that version"),
                                 (b"{", "damaged: restore"), (b"", "damaged: restore"), (b'{"format":1}', "damaged: restore")):
                path = self.inside(half, "oklog.json")
                self.fill(path, content)
                self.refused(self.node(), rf"-{half}.path .*{why}")
                with open(path, "rb") as f:
                    self.assertEqual(f.read(), content)
                os.remove(path)
        self.fill(self.inside("store", "oklog.json"), b'{"format":1,"kind":"ingest","store_id":"01CQ0000000000000000000000"}')
        self.refused(self.node(), r"half: give each its own")

    def test_a_directory_that_cannot_be_made_is_named(self):
        self.fill(self.inside("file"))
        self.refused(self.node("-store.path", self.inside("file", "store")), r"-store.path .*file")
        self.refused(self.node("-addr.file", self.inside("none", "a.json")), r"-addr.file \S+none")

    def test_foreign_files_are_left_alone_and_counted(self):
        """D13: Go's OK Log removed what it could not name."""
        n = self.node().start()
        n.forward(b"kept\n")
        self.assertEqual(n.stop(), 0)
        ours = {"ingest": "01CQ0000000000000000000000.flushed",
                "store": "2026-11-20T20Z-s0-01CQ0000000000000000000000.flushed"}
        for half, name in ours.items():
            os.makedirs(self.inside(half, "lost+found"))
            self.fill(self.inside(half, "my-backup.flushed"), b"a user's copy\n")
            self.fill(self.inside(half, "copy of " + name), b"")
            self.fill(self.inside(half, "empty.active"))
            os.symlink("/etc/hostname", self.inside(half, "link.flushed"))
            os.symlink("/nonexistent", self.inside(half, name.replace("000.", "00A.")))
            os.mkfifo(self.inside(half, name.replace("000.", "00B.")))
            os.makedirs(self.inside(half, name.replace("000.", "00C.")))
        before = {half: sorted(os.listdir(self.inside(half))) for half in ours}
        n = self.node().start()
        for half in ours:
            self.assertEqual(n.metric(f"oklog_{half}_foreign_files"), 8, half)
        self.assertEqual(n.lines(), b"kept\n")
        n.forward(b"more\n")
        self.assertEqual(n.stop(), 0)
        for half in ours:
            self.assertLessEqual(set(before[half]), set(os.listdir(self.inside(half))) | {f for f in before[half] if "s0-" in f}, half)
        n = self.node().start()
        self.assertEqual(n.lines(), b"kept\nmore\n")

    def test_an_empty_file_of_our_name_goes_to_quarantine(self):
        """D15: what is there of a partial answer is printed; Go's query printed nothing."""
        n = self.node().start()
        n.forward(b"kept\n")
        self.assertEqual(n.stop(), 0)
        stored = [f for f in os.listdir(self.inside("store")) if f.endswith(".flushed")]
        damaged = stored[0][:-len("01CQ0000000000000000000000.flushed")] + "01CQ0000000000000000000000.flushed"
        self.fill(self.inside("store", damaged))
        self.fill(self.inside("ingest", "01CQ0000000000000000000000.flushed"))
        n = self.node().start()
        self.assertEqual(os.listdir(self.inside("store", "quarantine")), [damaged])
        self.assertEqual(os.listdir(self.inside("ingest", "quarantine")), ["01CQ0000000000000000000000.flushed"])
        self.assertEqual(n.metric("oklog_store_quarantined_files"), 1)
        self.assertEqual(n.metric("oklog_ingest_quarantined_files_total"), 1)
        asked = n.query()
        self.assertEqual((asked.returncode, asked.stdout), (3, b"kept\n"))
        self.assertRegex(asked.stderr.decode(), r"\Aoklog query: the answer is partial, records may be missing:\n  .*1 damaged files lie in .*quarantine")

    def test_the_ready_line_names_the_addresses(self):
        n = self.node().start()
        said = re.findall(r"(?m)^.*msg=ready.*$", n.log())
        self.assertEqual(len(said), 1)
        for name, address in n.addresses.items():
            self.assertIn(f"{name}={address}", said[0])
        self.assertEqual(set(n.addresses), {"api", "cluster", "fast", "durable"})

    def test_ipv6_addresses_in_brackets(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            self.skipTest("this machine has no IPv6")
        n = self.node("-api", "[::1]:0", "-ingest.fast", "tcp://[::1]:0", "-ingest.durable", "[::1]:0", "-cluster", "[::1]:0",
                      *oklog.QUICK).start()
        self.assertTrue(all(a.startswith("[::1]:") for a in n.addresses.values()), n.addresses)
        n.forward(b"six\n")
        self.assertEqual(n.lines(), b"six\n")
        oklog.until(lambda: n.metric("oklog_store_consumed_segments_total") > 0, "consuming over [::1]")


if __name__ == "__main__":
    unittest.main()
