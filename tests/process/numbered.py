"""Numbered lines, and an account of what a cluster has to give back of them.

What is acknowledged: a batch whose sender half-closed the durable port and then saw an orderly close, not a reset. Each of
its lines is found exactly once. Any other line is found at most once for each time it was sent, and nothing else is found.
"""
import collections
import contextlib
import datetime
import os
import random
import socket
import threading
import time

import oklog

MARGIN = 2.0  # seconds between our clock's word and a record's place in a window
SHOWN = 5     # wrong lines that are printed


class Batch:
    """Lines that were sent together; `begun` and `ended` are wall times, `ended` of the last try."""

    def __init__(self, lines):
        self.lines = lines
        self.begun = time.time()
        self.ended = None
        self.sent = 0    # how often it was, or may have been
        self.acked = 0   # how often an orderly close was seen
        self.by = ""     # the node that was last to give one


class Account:
    """All batches of a test. Every method may be called from any thread."""

    def __init__(self):
        self.lock = threading.Lock()
        self.batches = []
        self.lost = collections.Counter()  # lines that a destroyed queue held: they may be gone

    def open(self, lines):
        batch = Batch(lines)
        with self.lock:
            self.batches.append(batch)
        return batch

    def sending(self, batch):
        with self.lock:
            batch.sent += 1

    def acknowledged(self, batch, by=""):
        with self.lock:
            batch.acked += 1
            batch.ended = time.time()
            batch.by = by

    def give_up(self, lines):
        """What an ingester's queue held whose disk is no more: before answers no longer say that they miss it."""
        with self.lock:
            self.lost.update(lines)

    def least(self, since, until):
        """line -> how often it has to be found, of what was sent and acknowledged between these times."""
        least = collections.Counter()
        with self.lock:
            for b in self.batches:
                if b.acked and b.begun >= since and b.ended <= until:
                    for line in b.lines:
                        least[line] += b.acked
        return least

    def owed(self, least):
        """Without what was given up by now."""
        with self.lock:
            return least - self.lost

    def most(self):
        """line -> how often it may be found."""
        most = collections.Counter()
        with self.lock:
            for b in self.batches:
                for line in b.lines:
                    most[line] += b.sent
        return most

    def most_of(self, since):
        """How many lines there may be from then on."""
        with self.lock:
            return sum(len(b.lines) * b.sent for b in self.batches if b.ended is None or b.ended >= since)

    def acknowledged_lines(self):
        with self.lock:
            return sum(len(b.lines) for b in self.batches if b.acked)

    def check(self, answer, least, what):
        """`answer`: bytes. Raises unless `least` and nothing but what was sent is in it."""
        found = collections.Counter(answer.splitlines())
        missing = self.owed(least) - found
        surplus = found - self.most()
        if missing or surplus:
            raise AssertionError(f"{what}: {shown('lacks', missing)}; {shown('has too often', surplus)}; "
                                 f"{found.total()} lines were found, {least.total()} had to be; {self.takers(missing)}")

    def takers(self, lines):
        """Which nodes took these, and how long ago: where to look for what became of them."""
        now = time.time()
        with self.lock:
            of = [b for b in self.batches if b.acked and any(line in lines for line in b.lines)]
        nodes = collections.Counter(b.by for b in of)
        ages = f", {now - max(b.ended for b in of):.1f} to {now - min(b.ended for b in of):.1f} s ago" if of else ""
        return f"batches of the missing were taken by {dict(nodes)}{ages}"

    def check_all(self, answer, what):
        self.check(answer, self.least(0, time.time()), what)


def shown(what, lines):
    some = ", ".join(f"{n} x {line.decode(errors='replace')}" for line, n in sorted(lines.items())[:SHOWN])
    return f"{what} {lines.total()} lines" + (f" ({some})" if some else "")


class Worker(threading.Thread):
    """A thread that does one thing again and again until it is ended; what it raises, end() raises again."""

    def __init__(self, rhythm):
        super().__init__(daemon=True)
        self.rhythm = rhythm  # seconds between two turns
        self.over = threading.Event()
        self.failure = None

    def run(self):
        try:
            while not self.over.wait(self.rhythm):
                self.turn()
        except BaseException as e:  # pylint: disable=broad-except
            self.failure = e

    def check(self):
        if self.failure:
            raise self.failure

    def end(self):
        self.over.set()
        self.join(oklog.PATIENCE * 2)
        assert not self.is_alive(), f"{self.name} does not end"
        self.check()


class Producer(Worker):
    """Sends batches to one node or another; a batch that was not acknowledged is sent again, maybe elsewhere."""

    def __init__(self, name, nodes, account, seed, size=20, rhythm=0.05, tries=3, patience=20.0):
        super().__init__(rhythm)
        self.name = name
        self.nodes = nodes
        self.account = account
        self.random = random.Random(f"{seed} {name}")
        self.size, self.tries, self.patience = size, tries, patience
        self.number = 0

    def turn(self):
        lines = [b"%s %08d GET /tea/%d" % (self.name.encode(), self.number + i, self.random.randrange(1000)) for i in range(self.size)]
        self.number += self.size
        batch = self.account.open(lines)
        for _ in range(self.tries):
            if self.send(batch, self.random.choice(self.nodes)) or self.over.wait(self.rhythm):
                return

    def send(self, batch, node):
        """Whether it was acknowledged."""
        try:
            with node.there(), socket.create_connection(oklog.place(node.durable), timeout=self.patience) as s:
                self.account.sending(batch)
                s.sendall(b"".join(line + b"\n" for line in batch.lines))
                s.shutdown(socket.SHUT_WR)
                if s.recv(1) != b"":
                    raise AssertionError("the durable port talks")
        except OSError:
            return False
        self.account.acknowledged(batch, node.api)
        return True


class Answer:
    """What `oklog query` said: `complete` is full or degraded."""

    def __init__(self, done):
        self.code = done.returncode
        self.lines = done.stdout
        self.said = done.stderr.decode(errors="replace")
        self.complete = self.code in (0, 1)

    @property
    def coverage(self):
        if self.code == 3:
            return "partial"
        if not self.complete:
            return "error"
        return "degraded" if "not everybody gave one" in self.said else "full"


def ask(node, *flags, patience=oklog.PATIENCE):
    with node.there():
        return Answer(oklog.run("query", "-store", node.api, *flags, patience=patience))


def rfc3339(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Asker(Worker):
    """Asks one node or another, in one form or another, and checks each answer that says that it is complete."""

    def __init__(self, name, nodes, account, seed, window=20.0, rhythm=0.1):
        super().__init__(rhythm)
        self.name = name
        self.nodes = nodes
        self.account = account
        self.random = random.Random(f"{seed} {name}")
        self.window = window
        self.seen = collections.Counter()  # answers by coverage
        self.slowest = 0.0

    def turn(self):
        node = self.random.choice(self.nodes)
        asked = time.time()
        since = asked - self.window
        least = self.account.least(since + MARGIN, asked)
        flags = self.random.choice(((), (), ("-order", "desc"), ("-c",), ("-q", "tea/7"), ("-q", "7", "-C", "1")))
        answer = ask(node, "-from", rfc3339(since), *flags)
        self.slowest = max(self.slowest, time.time() - asked)
        self.seen[answer.coverage] += 1
        if answer.code not in (0, 1, 2, 3):
            raise AssertionError(f"query ended with {answer.code}: {answer.said}")
        if answer.complete:
            what = f"{answer.coverage} answer of {node.api} to {flags}"
            if "-c" in flags:
                self.check_count(int(answer.lines), self.account.owed(least).total(), self.account.most_of(since - MARGIN), what)
            else:
                self.check_lines(answer, flags, least, what)

    @staticmethod
    def check_count(count, least, most, what):
        if not least <= count <= most:
            raise AssertionError(f"{what}: {count} lines, of at least {least} and at most {most}")

    def check_lines(self, answer, flags, least, what):
        if "-q" in flags:
            word = flags[1].encode()
            least = collections.Counter({line: n for line, n in least.items() if word in line})
        text = b"\n".join(line for line in answer.lines.splitlines() if line != b"--")
        self.account.check(text, least, what)


@contextlib.contextmanager
def at_work(workers):
    """They work meanwhile, and have ended well afterwards."""
    for w in workers:
        w.start()
    try:
        yield
    finally:
        for w in workers:
            w.over.set()
    for w in workers:
        w.end()


def queue_of(node):
    """The lines that lie in the queue of an ingester that does not run; what is torn there was not acknowledged."""
    lines = []
    for name in node.waiting_segments():  # one by one: of several, lines would be printed with their file's name
        done = oklog.run("query", "-allow-partial", "-files", os.path.join(node.where, "ingest", name))
        if done.returncode not in (0, 1):
            raise AssertionError(f"query -files ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
        lines += done.stdout.splitlines()
    return lines
