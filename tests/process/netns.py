"""Machines of our own making: network namespaces, each with a node, joined by a switch that this process is.

The switch passes Ethernet frames between TAP devices, so that loss, delay and partitions (also one-way ones) need nothing of
the kernel but namespaces and /dev/net/tun. All of it goes with the test; what a killed run has left is removed by the next one.
"""
import contextlib
import ctypes
import fcntl
import heapq
import os
import random
import re
import select
import signal
import struct
import subprocess
import threading
import time

import oklog

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
FRAME_MAX = 65536
PREFIX = "oklog-"
LIBC = ctypes.CDLL(None, use_errno=True)


def ip(*args):
    subprocess.run(["ip", *args], check=True, capture_output=True, text=True)


def enter(fd):
    if LIBC.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def inside(namespace):
    """Sockets that are made meanwhile belong to the namespace, and go on working afterwards."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open("/run/netns/" + namespace, os.O_RDONLY)
    try:
        enter(there)
        yield
    finally:
        enter(home)
        os.close(there)
        os.close(home)


def remove_left_behind():
    """Namespaces of test runs that are no more."""
    names = subprocess.run(["ip", "netns", "list"], check=True, capture_output=True, text=True).stdout
    for name, pid in re.findall(rf"^({PREFIX}(\d+)-\d+)\b", names, re.M):
        if not os.path.exists("/proc/" + pid):
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


def missing():
    """Why there can be no machines here; empty where there can."""
    try:
        remove_left_behind()
        Network(1).close()
        return ""
    except subprocess.CalledProcessError as e:
        return f"no network namespaces here: {' '.join(e.cmd)}: {e.stderr.strip()}"
    except OSError as e:
        return f"no network namespaces here: {e}"


class Network:
    """`count` namespaces, 10.77.0.1 and up, and the switch between them. Machines are numbered from 0."""

    def __init__(self, count):
        self.namespaces = []
        self.taps = []
        self.loss = 0.0  # of frames, 0 to 1
        self.delay = (0.0, 0.0)  # seconds, uniform
        self.blocked = set()  # (from, to)
        self.random = random.Random(1)
        self.late = []  # frames that wait: when, order, tap, bytes
        self.order = 0
        self.wake, self.ended = os.pipe()
        self.thread = None
        try:
            for i in range(count):
                self.add(i)
        except BaseException:
            self.close()
            raise
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def add(self, i):
        name = f"{PREFIX}{os.getpid()}-{i}"
        ip("netns", "add", name)
        self.namespaces.append(name)
        with inside(name):  # where it is opened, there the device is
            tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            self.taps.append(tap)
            fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"eth0", IFF_TAP | IFF_NO_PI))
        ip("-n", name, "link", "set", "eth0", "address", f"02:00:00:00:00:{i + 1:02x}")
        ip("-n", name, "addr", "add", f"{self.address(i)}/24", "dev", "eth0")
        ip("-n", name, "link", "set", "lo", "up")
        ip("-n", name, "link", "set", "eth0", "up")

    @staticmethod
    def address(i):
        return f"10.77.0.{i + 1}"

    def close(self):
        os.close(self.ended)
        if self.thread:
            self.thread.join()
        os.close(self.wake)
        for tap in self.taps:
            os.close(tap)
        for name in self.namespaces:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)

    # -- faults

    def partition(self, inside_, outside):
        """Nothing passes between the two groups, until heal()."""
        self.blocked |= {(a, b) for a in inside_ for b in outside} | {(b, a) for a in inside_ for b in outside}

    def block(self, source, target):
        """Nothing passes this one way."""
        self.blocked |= {(source, target)}

    def heal(self):
        self.blocked = set()

    # -- the switch

    def run(self):
        while True:
            wait = max(0, self.late[0][0] - time.monotonic()) if self.late else None
            ready, _, _ = select.select([*self.taps, self.wake], [], [], wait)
            if self.wake in ready:
                return
            for tap in ready:
                self.take(self.taps.index(tap), tap)
            while self.late and self.late[0][0] <= time.monotonic():
                _, _, target, frame = heapq.heappop(self.late)
                self.put(target, frame)

    def take(self, source, tap):
        try:
            frame = os.read(tap, FRAME_MAX)
        except BlockingIOError:
            return
        target = frame[5] - 1 if frame[:5] == b"\x02\0\0\0\0" else None
        if target is None and not frame[0] & 1:
            return
        for i in range(len(self.taps)):
            if i == source or target not in (None, i) or (source, i) in self.blocked:
                continue
            if self.random.random() < self.loss:
                continue
            self.order += 1
            when = time.monotonic() + self.random.uniform(*self.delay)
            heapq.heappush(self.late, (when, self.order, i, frame))

    def put(self, target, frame):
        # A full queue is a loss, as on any wire.
        with contextlib.suppress(BlockingIOError, OSError):
            os.write(self.taps[target], frame)


class Machine(oklog.Node):
    """A node in a namespace, on its usual ports."""

    def __init__(self, network, number, where, seeds, flags=()):
        super().__init__(where, "ingeststore", flags)
        self.number = number
        self.namespace = network.namespaces[number]
        self.ip = network.address(number)
        self.seeds = [network.address(s) for s in seeds if s != number]

    def command(self):
        args = ["ip", "netns", "exec", self.namespace, oklog.BIN, self.verb, "-addr.file", self.address_file]
        for flag, port in (("api", 7650), ("ingest.fast", 7651), ("ingest.durable", 7652), ("cluster", 7659)):
            args += ["-" + flag, f"tcp://{self.ip}:{port}"]
        for name in ("ingest", "store"):
            args += [f"-{name}.path", os.path.join(self.where, name)]
        for seed in self.seeds:
            args += ["-peer", f"{seed}:7659"]
        return args + self.flags

    def there(self):
        return inside(self.namespace)

    def request(self, method, target, headers=None):
        with self.there():
            return super().request(method, target, headers)

    def send_lines(self, data):
        """To the durable port; returns when they are on disk."""
        with inside(self.namespace):
            return oklog.send(f"{self.ip}:7652", data)

    def members(self):
        """IP -> state, as this node sees it, of whoever lives there now. Empty while it does not answer."""
        try:
            status, _, body = self.get("/-/cluster")
        except OSError:
            return {}
        if status != 200:
            return {}
        members = sorted(oklog.json.loads(body)["members"], key=lambda m: m["state"] == "alive")
        return {oklog.place(m["address"])[0]: m["state"] for m in members}

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def cont(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
        super().kill()


class Case(oklog.Case):
    """A network and machines that end with the test."""

    def network(self, count):
        network = Network(count)
        self.addCleanup(network.close)
        return network

    def machines(self, network, seeds=(0, 1), flags=()):
        """All of the network, started together."""
        all_ = []
        for i in range(len(network.namespaces)):
            where = os.path.join(self.where, str(i))
            os.mkdir(where)
            machine = Machine(network, i, where, seeds, flags)
            self.addCleanup(machine.kill)
            all_.append(machine)
        for machine in all_:
            machine.spawn()
        for machine in all_:
            machine.wait_until_ready()
        return all_

    def wait_members(self, at, of, states, limit):
        """Until every machine of `at` sees every one of `of` in one of the states. The seconds that it took."""
        begin = time.monotonic()
        views = {}
        while time.monotonic() - begin < limit:
            views = {m.ip: m.members() for m in at}
            if all(view.get(m.ip) in states for view in views.values() for m in of):
                return time.monotonic() - begin
            time.sleep(0.02)
        wrong = {seer: {m.ip: view.get(m.ip) for m in of if view.get(m.ip) not in states} for seer, view in views.items()}
        raise AssertionError(f"not {states} within {limit} s: { {k: v for k, v in wrong.items() if v} }")
