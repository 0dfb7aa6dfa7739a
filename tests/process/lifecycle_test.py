"""Starting, stopping and dying: what was confirmed is there afterwards, once; what is refused says so; nobody is cut off without need."""
import json
import os
import random
import re
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest

import oklog


def numbered(name, count, start=0):
    return [b"%s %d" % (name.encode(), i) for i in range(start, start + count)]


def text(lines):
    return b"".join(line + b"\n" for line in lines)


class Stopping(oklog.Case):
    def test_sigterm_hands_everything_over_and_ends_with_0(self):
        """D20: nothing stays behind on the ingester's disk."""
        for signum in (signal.SIGTERM, signal.SIGINT):
            n = self.node("-ingest.segment-flush-age", "1h").start()
            before = n.lines()
            lines = text(numbered(f"s{signum}", 20000))
            n.forward(lines)
            n.process.send_signal(signum)
            self.assertEqual(n.wait(), 0, n.log())
            self.assertEqual(n.waiting_segments(), [])
            self.assertRegex(n.log().splitlines()[-1], "msg=stopped segments_left=0 bytes_left=0")
            n.start()
            self.assertEqual(n.lines(), before + lines)
            self.assertEqual(n.stop(), 0)

    def test_what_lies_in_open_connections_is_kept(self):
        n = self.node().start()
        lines = text(numbered("open", 3000))
        with oklog.connect(n.fast) as a, oklog.connect(n.durable) as b:
            a.sendall(lines + b"a partial line")
            b.sendall(lines)
            n.terminate()
            self.assertEqual(oklog.read_all(a) + oklog.read_all(b), b"")
        self.assertEqual(n.wait(), 0)
        self.assertEqual(n.waiting_segments(), [])
        n.start()
        got = n.lines()
        self.assertEqual(sorted(got.splitlines()), sorted((lines + lines + b"a partial line").splitlines()))

    def test_a_second_signal_ends_at_once(self):
        n = self.node("-drain-timeout", "1h", verb="ingeststore").start()
        with oklog.connect(n.api) as client:  # an answer that nobody reads holds the stop up
            n.forward(b"kept\n" * 400000)
            client.sendall(b"GET /store/query HTTP/1.1\r\nHost: x\r\n\r\n")
            client.recv(1)
            sender = oklog.connect(n.fast)  # and a sender that does not end
            n.terminate()
            oklog.until(lambda: "stopping" in n.log(), "the first signal")
            n.terminate()
            self.assertIn(n.wait(), (0, 1))
            sender.close()
        self.assertEqual(n.start().lines("-c"), b"400000\n")

    def test_ports_are_closed_and_not_ready_is_said_while_stopping(self):
        n = self.node().start()
        self.assertEqual(n.get("/-/ready")[0], 200)
        sender = oklog.connect(n.fast)  # holds the drain up for its second
        n.terminate()
        seen = set()

        def ready():
            try:
                seen.add(n.get("/-/ready")[0])
            except OSError:
                return True
            return not n.alive()
        oklog.until(ready, "the end of the API")
        self.assertEqual(n.wait(), 0)
        sender.close()
        self.assertLessEqual({503}, seen)

    def test_an_ingester_alone_keeps_what_no_store_took(self):
        n = self.node(verb="ingest").start()
        oklog.send(n.fast, b"one\ntwo\n")
        began = time.monotonic()
        self.assertEqual(n.stop(), 0)
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(len(n.waiting_segments()), 1)
        both = self.node(*oklog.QUICK).start()
        self.assertEqual(both.lines(), b"one\ntwo\n")
        oklog.until(lambda: both.waiting_segments() == [], "the store to take it")
        self.assertEqual(both.lines(), b"one\ntwo\n")


class Dying(oklog.Case):
    def test_what_a_close_confirmed_is_there_once_after_kill_9(self):
        n = self.node("-ingest.segment-flush-age", "200ms", "-ingest.segment-flush-size", "65536").start()
        r = random.Random(11)
        confirmed = []
        for generation in range(4):
            mine = []
            sent = []
            stop = threading.Event()

            def sender(who):
                number = 0
                while not stop.is_set():
                    lines = numbered(f"g{generation} w{who} n{number}", r.randrange(1, 40))
                    number += 1
                    sent.append(lines)
                    try:
                        oklog.send(n.fast if who % 2 else n.durable, text(lines))
                    except OSError:
                        return
                    mine.append(lines)
            workers = [threading.Thread(target=sender, args=(w,)) for w in range(4)]
            for w in workers:
                w.start()
            oklog.until(lambda: len(mine) > 60 + 40 * generation, "some confirmations")
            n.process.kill()
            stop.set()
            for w in workers:
                w.join()
            n.wait()
            confirmed += [line for lines in mine for line in lines]
            n.start()
            got = n.lines().splitlines()
            self.assertEqual(len(got), len(set(got)), "a line is there twice")
            missing = set(confirmed) - set(got)
            self.assertEqual(missing, set())
            invented = {g for g in got if g.startswith(b"g%d " % generation)} - {line for lines in sent for line in lines}
            self.assertEqual(invented, set())

    def test_forward_finds_the_node_again_after_kill_9(self):
        n = self.node().start()
        f = self.popen("forward", n.fast, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        f.stdin.write(b"x\n")
        f.stdin.flush()
        oklog.until(lambda: n.lines() == b"x\n", "the line")
        n.kill()
        f.stdin.write(b"y\n")
        f.stdin.close()
        n.flags += ["-ingest.fast", n.fast]
        n.start()
        self.assertEqual(f.wait(oklog.PATIENCE), 0)
        self.assertEqual(n.lines()[-2:], b"y\n", "x was with the node, which did not confirm it")


class Forwarding(oklog.Case):
    def test_lines_survive_a_restart_of_the_node(self):
        """D7: Go's forward lost the line in hand."""
        n = self.node("-ingest.segment-flush-age", "500ms").start()
        n.flags += ["-ingest.fast", n.fast]  # the same port again
        f = self.popen("forward", "tcp://" + n.fast, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        lines = numbered("line", 60)
        for i, line in enumerate(lines):
            f.stdin.write(line + b"\n")
            f.stdin.flush()
            if i in (15, 35):
                self.assertEqual(n.stop(), 0)
                n.spawn()
            if i < 50:
                time.sleep(0.02)  # a pace, not a wait: the restarts fall between lines
        f.stdin.close()
        self.assertEqual(f.wait(oklog.PATIENCE), 0)
        oklog.until(lambda: os.path.exists(n.address_file), "the node")
        with open(n.address_file) as file:
            n.addresses = json.load(file)
        self.assertEqual(n.lines(), text(lines))

    def test_a_flood_survives_a_restart_of_the_node(self):
        n = self.node().start()
        n.flags += ["-ingest.fast", n.fast]
        f = self.popen("forward", n.fast, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        count = 300000

        def feed():
            for at in range(0, count, 1000):
                f.stdin.write(text(numbered("line", 1000, at)))
            f.stdin.close()
        feeder = threading.Thread(target=feed)
        feeder.start()
        oklog.until(lambda: n.metric("oklog_ingest_writer_records_written_total") > 20000, "some lines")
        self.assertEqual(n.stop(), 0)
        n.start()
        feeder.join()
        self.assertEqual(f.wait(oklog.PATIENCE), 0)
        got = n.lines().splitlines()
        self.assertEqual(set(numbered("line", count)) - set(got), set(), "lost lines")
        self.assertEqual(len(got), count, "lines twice")

    def test_another_target_takes_over(self):
        n = self.node().start()
        with socket.create_server(("127.0.0.1", 0)) as s:
            dead = "tcp://127.0.0.1:%d" % s.getsockname()[1]
        for i in range(6):  # the order is random
            done = oklog.run("forward", dead, "tcp://" + n.fast, stdin=b"%d\n" % i)
            self.assertEqual(done.returncode, 0)
        self.assertEqual(n.lines(), b"".join(b"%d\n" % i for i in range(6)))

    def test_metrics_of_forward(self):
        n = self.node().start()
        with socket.create_server(("127.0.0.1", 0)) as s:
            dead = "127.0.0.1:%d" % s.getsockname()[1]
        file = os.path.join(self.where, "forward.json")
        f = self.popen("forward", "-api", "127.0.0.1:0", "-addr.file", file, n.fast, dead, stdin=subprocess.PIPE,
                       stderr=subprocess.DEVNULL)
        f.stdin.write(b"abc\ndefg\n")
        f.stdin.flush()
        oklog.until(lambda: os.path.exists(file) and n.lines() == b"abc\ndefg\n", "the lines")
        me = oklog.Node(self.where)
        with open(file) as opened:
            me.addresses = json.load(opened)
        oklog.until(lambda: me.metric("oklog_forward_records_total") == 2, "the count")
        self.assertEqual(me.metric("oklog_forward_bytes_total"), 9)
        shown = me.get("/metrics")[2].decode()
        for name in ("disconnects", "short_writes"):
            self.assertRegex(shown, rf"(?m)^# TYPE oklog_forward_{name}_total counter$")
            self.assertRegex(shown, rf"(?m)^# TYPE oklog_forward_{name} untyped$")
            self.assertEqual(me.metric(f"oklog_forward_{name}"), me.metric(f"oklog_forward_{name}_total"))
        self.assertEqual(me.get("/health")[2], b"OK\n")
        self.assertEqual(me.get("/store/query")[0], 404)
        f.stdin.close()
        self.assertEqual(f.wait(oklog.PATIENCE), 0)

    def test_a_refusing_port_is_tried_until_sigterm(self):
        with socket.create_server(("127.0.0.1", 0)) as s:
            dead = "127.0.0.1:%d" % s.getsockname()[1]
        log = os.path.join(self.where, "forward.log")
        with open(log, "wb") as out:
            f = self.popen("forward", dead, stdin=subprocess.PIPE, stderr=out)
        f.stdin.write(b"waiting\n")
        f.stdin.flush()

        def tries():
            with open(log) as opened:
                return opened.read().count("no connection")
        oklog.until(lambda: tries() >= 3, "three tries")
        self.assertIsNone(f.poll())
        f.terminate()
        self.assertEqual(f.wait(20), 1, "a line was left")
        with open(log) as opened:
            self.assertIn("stopped before all lines", opened.read())

    def test_a_second_signal_ends_forward_at_once(self):
        with socket.create_server(("127.0.0.1", 0)) as deaf:  # takes bytes, confirms nothing
            f = self.popen("forward", "127.0.0.1:%d" % deaf.getsockname()[1], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
            f.stdin.write(b"x\n")
            f.stdin.flush()
            with deaf.accept()[0] as c:
                self.assertEqual(c.recv(10), b"x\n")
                f.terminate()
                self.assertEqual(c.recv(10), b"", "it half-closes")
                began = time.monotonic()
                f.terminate()
                self.assertEqual(f.wait(oklog.PATIENCE), 1)
                self.assertLess(time.monotonic() - began, 4)

    def test_sigterm_sends_what_was_read(self):
        n = self.node().start()
        f = self.popen("forward", n.fast, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        f.stdin.write(b"whole\npart")
        f.stdin.flush()
        oklog.until(lambda: n.lines() == b"whole\n", "the whole line")
        f.terminate()
        self.assertEqual(f.wait(oklog.PATIENCE), 0)
        self.assertEqual(n.lines(), b"whole\npart\n")


class Durable(oklog.Case):
    def test_32_durable_connections_are_closed_after_their_data_is_on_disk(self):
        n = self.node("-ingest.segment-flush-age", "1h").start()
        barrier = threading.Barrier(32)
        answers = [None] * 32

        def sender(i):
            with oklog.connect(n.durable) as s:
                barrier.wait(oklog.PATIENCE)
                s.sendall(text(numbered(f"c{i}", 50)))
                s.shutdown(socket.SHUT_WR)
                answers[i] = oklog.read_all(s)
        workers = [threading.Thread(target=sender, args=(i,)) for i in range(32)]
        for w in workers:
            w.start()
        for w in workers:
            w.join()
        n.kill()
        self.assertEqual(answers, [b""] * 32)
        n.start()
        got = n.lines().splitlines()
        self.assertEqual(sorted(got), sorted(line for i in range(32) for line in numbered(f"c{i}", 50)))

    def test_one_sync_serves_many(self):
        n = self.node().start()
        before = n.metric("oklog_ingest_writer_syncs_total")
        conns = [oklog.connect(n.durable) for _ in range(50)]
        for i, c in enumerate(conns):
            c.sendall(b"%d\n" % i)
        for c in conns:
            c.shutdown(socket.SHUT_WR)
        for c in conns:
            oklog.read_all(c)
            c.close()
        self.assertGreater(n.metric("oklog_ingest_writer_syncs_total"), before)
        self.assertLess(n.metric("oklog_ingest_writer_syncs_total") - before, 50)


class StrangeSenders(oklog.Case):
    def setUp(self):
        super().setUp()
        self.n = self.node("-ingest.max-line", "65536").start()

    def well(self):
        """The node lives, and takes lines."""
        self.assertTrue(self.n.alive())
        mark = b"mark %d" % random.getrandbits(60)
        oklog.send(self.n.fast, mark + b"\n")
        self.assertEqual(self.n.lines("-q", mark.decode()), mark + b"\n")

    def test_a_session_greeting_is_refused(self):
        for address in (self.n.fast, self.n.durable):
            for parts in ([b"OKLOG/2 token=x\nline\n"], [b"OK", b"LOG/", b"2 ", b"\n"], [b"OKLOG/2 "]):
                with oklog.connect(address) as s:
                    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    answer = b""
                    for part in parts:
                        s.sendall(part)
                    while not answer.endswith(b"\n"):
                        answer += s.recv(4096)
                    self.assertRegex(answer.decode(), r"\AERR 501 [^\n]+\n\Z")
                    try:
                        self.assertEqual(s.recv(1), b"")
                    except ConnectionResetError:
                        pass  # what we sent behind the greeting was not read
        self.assertEqual(self.n.lines(), b"")
        oklog.send(self.n.fast, b"OKLOG/2\nOKLOG/3 x\n OKLOG/2 x\n")
        oklog.send(self.n.fast, b"OKLOG/2")
        oklog.send(self.n.fast, b"first\nOKLOG/2 second\n")
        self.assertEqual(self.n.lines("-c"), b"6\n")
        self.well()

    def test_other_protocols_are_lines(self):
        hello = bytes.fromhex("16030100f8010000f40303") + random.Random(5).randbytes(180)
        for data in (hello, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x80\x2e\x01\x00\x02", b"\0" * 1000, b"SSH-2.0-OpenSSH_9.2\r\n"):
            before = self.n.lines()
            with oklog.connect(self.n.fast) as s:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                self.assertEqual(oklog.read_all(s), b"")
            self.assertEqual(self.n.lines(), before + data + (b"" if data.endswith(b"\n") else b"\n"))
        self.well()

    def test_a_reset_in_the_middle_of_a_line_keeps_the_whole_lines(self):
        for address in (self.n.fast, self.n.durable):
            name = b"fast" if address == self.n.fast else b"durable"
            s = oklog.connect(address)
            s.sendall(name + b" one\n" + name + b" two\n" + name + b" thr")
            oklog.until(lambda: self.n.lines("-c", "-q", name.decode()) >= b"2\n", "the whole lines")
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()
            oklog.until(lambda: self.n.metric("oklog_connected_clients", '{modality="%s"}' % name.decode()) == 0, "the end")
            got = self.n.lines("-q", name.decode()).splitlines()
            self.assertEqual(got[:2], [name + b" one", name + b" two"])
            self.assertIn(got[2:], ([], [name + b" thr"]))
        self.well()

    def test_300_idle_connections_cost_little_and_block_nobody(self):
        before = oklog.peak_kib(self.n.process)
        idle = [oklog.connect(self.n.fast) for _ in range(150)] + [oklog.connect(self.n.durable) for _ in range(150)]
        oklog.until(lambda: self.n.metric("oklog_connected_clients", '{modality="fast"}') == 150, "fast clients")
        oklog.until(lambda: self.n.metric("oklog_connected_clients", '{modality="durable"}') == 150, "durable clients")
        self.well()
        self.assertLess(oklog.peak_kib(self.n.process) - before, 30 * 1024)
        idle[0].sendall(b"still here\n")
        oklog.until(lambda: self.n.lines("-q", "still here") == b"still here\n", "a line of an idle one")
        for s in idle:
            s.close()
        oklog.until(lambda: self.n.metric("oklog_connected_clients", '{modality="fast"}') == 0, "their end")

    def test_a_line_without_end_costs_no_memory(self):
        before = oklog.peak_kib(self.n.process)
        piece = b"x" * (1 << 20)
        with oklog.connect(self.n.fast) as s:
            for _ in range(100):
                s.sendall(piece)
            s.shutdown(socket.SHUT_WR)
            self.assertEqual(oklog.read_all(s), b"")
        self.assertLess(oklog.peak_kib(self.n.process) - before, 150 * 1024)
        self.assertEqual(self.n.metric("oklog_ingest_split_lines_total"), 1)
        self.assertEqual(self.n.lines("-c"), b"1600\n")
        self.well()

    def test_a_sender_that_writes_a_byte_at_a_time(self):
        with oklog.connect(self.n.durable) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in b"slow line\nnext":
                s.sendall(bytes([byte]))
            s.shutdown(socket.SHUT_WR)
            self.assertEqual(oklog.read_all(s), b"")
        self.assertEqual(self.n.lines(), b"slow line\nnext\n")


class DiskFull(oklog.Case):
    def test_senders_wait_and_the_node_says_why(self):
        n = self.node("-disk.reserve", str(1 << 62)).start()
        status, _, why = n.get("/-/ready")
        self.assertEqual(status, 503)
        self.assertRegex(why.decode(), r"nearly full: \d+ bytes are free, \d+ are kept in reserve")
        self.assertEqual(n.get("/-/healthy")[0], 200)
        self.assertEqual(n.metric("oklog_disk_full"), 1)
        self.assertRegex(n.log(), r"lines are not taken in.*nearly full")
        with oklog.connect(n.fast) as s:
            s.sendall(b"waits\n")
            s.shutdown(socket.SHUT_WR)
            s.settimeout(0.5)
            with self.assertRaises(TimeoutError):
                s.recv(1)
            self.assertEqual(n.lines(), b"")
            s.settimeout(oklog.PATIENCE)
            n.terminate()
            try:
                confirmed = s.recv(1) == b""
            except ConnectionResetError:
                confirmed = False
        self.assertEqual(n.wait(), 0)
        n.flags = []
        n.start()
        self.assertEqual(n.get("/-/ready")[0], 200)
        self.assertIn(n.lines(), (b"waits\n",) if confirmed else (b"", b"waits\n"))


if __name__ == "__main__":
    unittest.main()
