"""The tours in README.md, docs/query.md and docs/cluster.md, each followed line by line in one shell: each "$ command" must print what stands under it.

Blocks behind "<!-- tour -->" count. "..." stands for any text within a line; a line of "..." alone for any lines.
Only ports are changed: the node is told by OKLOG_* variables to take free ones, and 7650, 7651, 7652 in the
commands become those. In docs/cluster.md, where each node is given its ports, 77xx become free ones.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
TOUR = re.compile(r"<!-- tour -->\n```console\n(.*?)```", re.S)
PATIENCE = float(os.environ.get("OKLOG_TEST_PATIENCE", "60"))
NODE = "oklog ingeststore"


def read_tour(text):
    """[(command, [expected lines])], in order."""
    steps = []
    for block in TOUR.findall(text):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], []))
            else:
                steps[-1][1].append(line)
    return steps


def pattern_of(expected):
    parts = []
    for line in expected:
        if line == "...":
            parts.append(r"(?:[^\n]*\n)+")
        else:
            parts.append(r"[^\n]*".join(re.escape(piece) for piece in line.split("...")) + "\n")
    return re.compile("".join(parts))


def free_ports(count):
    """For nodes that must know each other's before they start. Taken by nobody a moment ago, for TCP and UDP."""
    held, ports = [], []
    while len(ports) < count:
        tcp = socket.create_server(("127.0.0.1", 0))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        held += [tcp, udp]
        try:
            udp.bind(tcp.getsockname())
            ports.append(str(tcp.getsockname()[1]))
        except OSError:
            pass
    for s in held:
        s.close()
    return ports


class Shell:
    """One bash that is fed a line at a time, as a person would."""

    def __init__(self, where, env):
        self.errors = open(os.path.join(where, "stderr"), "w+")
        self.process = subprocess.Popen(["bash", "--norc", "--noprofile"], cwd=where, env=env, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.errors, start_new_session=True)
        self.output = ""
        self.news = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.count = 0

    def read(self):
        while chunk := os.read(self.process.stdout.fileno(), 65536):
            with self.news:
                self.output += chunk.decode(errors="replace")
                self.news.notify_all()

    def run(self, command, matches):
        """Until the command has ended and `matches` says yes to what was printed since; else what was printed."""
        self.count += 1
        mark = f"[end of step {self.count}]\n"
        with self.news:
            self.output = ""
        self.process.stdin.write(f"{command}\necho '{mark.strip()}'\n")
        self.process.stdin.flush()
        until = time.monotonic() + PATIENCE
        with self.news:
            while time.monotonic() < until:
                printed = self.output.replace(mark, "")
                if mark in self.output and matches(printed):
                    return None
                self.news.wait(0.1)
            return self.output.replace(mark, "")

    def stop(self):
        os.killpg(self.process.pid, signal.SIGKILL)  # the shell and what it started
        self.process.wait()
        self.reader.join()
        self.process.stdin.close()
        self.process.stdout.close()
        self.errors.close()


class Readme(unittest.TestCase):
    def setUp(self):
        for tool in ("bash", "curl", "nc", "zstdcat"):
            if not shutil.which(tool):
                self.skipTest(f"{tool} is not installed")
        self.where = tempfile.mkdtemp(prefix="oklog-readme.")
        self.addCleanup(shutil.rmtree, self.where, ignore_errors=True)
        self.ports = {}
        path = os.path.dirname(os.environ["OKLOG_BIN"]) + ":" + os.environ["PATH"]
        home = {"PATH": path, "HOME": self.where, "LC_ALL": "C.UTF-8"}
        self.shell = Shell(self.where, home)
        self.addCleanup(self.shell.stop)

    def address(self, flag):
        return "tcp://127.0.0.1:" + self.ports.get(flag, "0")

    def start_of_node(self):
        file = os.path.join(self.where, "addresses")
        return (f"OKLOG_API={self.address('7650')} OKLOG_INGEST_FAST={self.address('7651')} "
                f"OKLOG_INGEST_DURABLE={self.address('7652')} OKLOG_CLUSTER=127.0.0.1:0 OKLOG_ADDR_FILE={file} ")

    def learn_ports(self):
        """Waits for the first node; later ones get the same ports."""
        file = os.path.join(self.where, "addresses")
        until = time.monotonic() + PATIENCE
        while not os.path.exists(file):
            self.assertLess(time.monotonic(), until, "the node did not start:\n" + self.node_log())
            time.sleep(0.05)
        with open(file) as f:
            said = json.load(f)
        for port, name in (("7650", "api"), ("7651", "fast"), ("7652", "durable")):
            self.ports[port] = said[name].rsplit(":", 1)[1]
        self.assertIsNone(self.shell.run(f"export OKLOG_STORE=localhost:{self.ports['7650']}", lambda _: True))

    def with_ports(self, command):
        return re.sub(r"(?<=localhost[: ])765[012]", lambda m: self.ports[m.group(0)], command)

    def node_log(self):
        log = pathlib.Path(self.where, "node.log")
        return log.read_text(errors="replace")[-3000:] if log.exists() else ""

    def test_the_tour_does_what_it_says(self):
        self.follow("README.md")

    def test_what_is_said_of_queries_is_so(self):
        self.follow("docs/query.md")

    def test_what_is_said_of_clusters_is_so(self):
        steps = read_tour((TOP / "docs/cluster.md").read_text())
        wanted = sorted({port for command, _ in steps for port in re.findall(r"localhost:(77\d\d)", command)})
        ports = dict(zip(wanted, free_ports(len(wanted))))
        for command, expected in steps:
            told = re.sub(r"(?<=localhost:)77\d\d", lambda m: ports[m.group(0)], command)
            self.step(command, told, expected)

    def follow(self, document):
        steps = read_tour((TOP / document).read_text())
        self.assertGreater(len(steps), 15, "the tour is gone")
        for command, expected in steps:
            self.step(command, self.with_ports(command).replace(NODE, self.start_of_node() + NODE), expected)
            if NODE in command and not self.ports:
                self.learn_ports()

    def step(self, command, told, expected):
        left = self.shell.run(told, pattern_of(expected).fullmatch)
        if left is not None:
            errors = pathlib.Path(self.shell.errors.name).read_text(errors="replace")[-2000:]
            self.fail(f"$ {command}\nprinted:\n{left}\nexpected:\n" + "\n".join(expected) +
                      f"\nstderr:\n{errors}\nnode.log:\n{self.node_log()}")


class TheCheck(unittest.TestCase):
    def test_it_can_fail(self):
        self.assertTrue(pattern_of(["a...c", "..."]).fullmatch("abc\nx\ny\n"))
        self.assertFalse(pattern_of(["a...c"]).fullmatch("abd\n"))
        self.assertFalse(pattern_of(["a"]).fullmatch("a\na\n"))
        self.assertFalse(pattern_of([]).fullmatch("a\n"))


if __name__ == "__main__":
    unittest.main()
