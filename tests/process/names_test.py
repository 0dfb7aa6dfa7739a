"""forward finds ingesters through a live name server: one of ours, which the system's resolver is pointed at.

The resolver asks port 53 of the servers in /etc/resolv.conf alone. So the server takes port 53 of a loopback address,
and forward runs in a mount namespace of its own, where another file is bound over /etc/resolv.conf: both need root.
"""
import os
import shutil
import socket
import struct
import subprocess
import threading
import unittest

import oklog

SERVER = "127.53.7.1"
A, PTR, AAAA, SRV = 1, 12, 28, 33


def encode_name(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


class NameServer:
    """Answers over UDP from `records`: (name, type) -> [data]; no such name: NXDOMAIN."""

    def __init__(self):
        self.records = {}
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self.socket.bind((SERVER, 53))
        except OSError:
            self.socket.close()
            raise
        self.socket.settimeout(0.1)
        self.closed = False
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def add_srv(self, name, port, host):
        self.records.setdefault((name, SRV), []).append(struct.pack(">HHH", 10, 5, port) + encode_name(host))

    def serve(self):
        while not self.closed:
            try:
                query, sender = self.socket.recvfrom(4096)
            except TimeoutError:
                continue
            self.socket.sendto(self.answer(query), sender)

    def answer(self, query):
        parts, at = [], 12
        while query[at]:
            parts.append(query[at + 1:at + 1 + query[at]].decode().lower())
            at += 1 + query[at]
        name, kind = ".".join(parts), struct.unpack(">H", query[at + 1:at + 3])[0]
        self.asked.append((name, kind))
        found = self.records.get((name, kind), [])
        known = any(n == name for n, _ in self.records)
        head = query[:2] + struct.pack(">HHHHH", 0x8580 | (0 if known else 3), 1, len(found), 0, 0)
        body = b"".join(struct.pack(">HHHIH", 0xC00C, kind, 1, 0, len(data)) + data for data in found)
        return head + query[12:at + 5] + body

    def close(self):
        self.closed = True
        self.thread.join()
        self.socket.close()


class Names(oklog.Case):
    def setUp(self):
        super().setUp()
        self.resolv_conf = os.path.join(self.where, "resolv.conf")
        with open(self.resolv_conf, "w") as f:
            f.write(f"nameserver {SERVER}\noptions timeout:1 attempts:3\n")
        can = subprocess.run(self.inside("true"), capture_output=True, text=True) if shutil.which("unshare") else None
        if can is None or can.returncode != 0:
            self.skipTest("the resolver cannot be pointed at another server here (this needs root and unshare)")
        try:
            self.server = NameServer()
        except OSError as e:
            self.skipTest(f"port 53 of {SERVER} is not to be had: {e}")
        self.addCleanup(self.server.close)
        self.server.records[("node.test", A)] = [socket.inet_aton("127.0.0.1")]

    def inside(self, *command):
        script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", script, self.resolv_conf, *command]

    def forward(self, data, target):
        return subprocess.run(self.inside(oklog.BIN, "forward", target), input=data, capture_output=True, env=oklog.environment(),
                              timeout=oklog.PATIENCE)

    def sender(self, target):
        process = subprocess.Popen(self.inside(oklog.BIN, "forward", target), stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=oklog.environment())
        self.addCleanup(self.end, process)
        return process

    def arrives(self, n, target):
        line = target.encode() + b"\n"
        done = self.forward(line, target)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(n.lines("-q", target), line)

    def test_services_addresses_and_pointers_lead_to_the_node(self):
        n = self.node().start()
        port = oklog.place(n.fast)[1]
        self.server.add_srv("_oklog._tcp.logs.test", port, "node.test")
        self.server.add_srv("_._tcp.go.test", port, "node.test")  # what Go's forward asks for
        self.server.records[("1.0.0.127.in-addr.arpa", PTR)] = [encode_name("node.test")]
        for target in (f"tcp+dns://node.test:{port}", f"tcp+dnsip://node.test:{port}", "tcp+dnssrv://_oklog._tcp.logs.test",
                       "tcp+dnssrv://go.test", f"tcp+dnsaddr://127.0.0.1:{port}"):
            self.arrives(n, target)
        self.assertIn(("_oklog._tcp.logs.test", SRV), self.server.asked)
        self.assertIn(("_._tcp.go.test", SRV), self.server.asked)
        self.assertIn(("1.0.0.127.in-addr.arpa", PTR), self.server.asked)

    def test_a_service_that_moves_is_found_again_at_the_next_connection(self):
        first = self.node(where=os.path.join(self.where, "first"))
        second = self.node(where=os.path.join(self.where, "second"))
        for n in (first, second):
            os.makedirs(n.where)
            n.start()
        service = "_oklog._tcp.logs.test"
        self.server.add_srv(service, oklog.place(first.durable)[1], "node.test")
        sender = self.sender("tcp+dnssrv://" + service)
        sender.stdin.write(b"to the first\n")
        sender.stdin.flush()
        oklog.until(lambda: first.lines() == b"to the first\n", "the first line")
        self.server.records[(service, SRV)] = []
        self.server.add_srv(service, oklog.place(second.durable)[1], "node.test")
        self.assertEqual(first.stop(), 0)
        sender.stdin.write(b"to the second\n")
        sender.stdin.close()
        self.assertEqual(sender.wait(oklog.PATIENCE), 0, sender.stderr.read())
        self.assertEqual(second.lines("-q", "second"), b"to the second\n")

    def test_a_name_that_is_not_there_is_asked_for_again_until_it_is(self):
        n = self.node().start()
        sender = self.sender(f"tcp+dns://late.test:{oklog.place(n.fast)[1]}")
        sender.stdin.write(b"late\n")
        sender.stdin.close()
        oklog.until(lambda: ("late.test", A) in self.server.asked, "the question")
        self.assertIsNone(sender.poll())
        self.server.records[("late.test", A)] = [socket.inet_aton("127.0.0.1")]
        self.assertEqual(sender.wait(oklog.PATIENCE), 0, sender.stderr.read())
        self.assertEqual(n.lines(), b"late\n")


if __name__ == "__main__":
    unittest.main()
