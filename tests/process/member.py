"""Nodes of a cluster on one machine, each with a loopback address of its own: one that is started anew is where it was."""
import json
import os

import oklog

PORTS = (("api", 27650), ("ingest.fast", 27651), ("ingest.durable", 27652), ("cluster", 27659))  # not those that are given out
MEMBERS_MAX = 62


def address(number):
    """One of 127/8 that no other run has, as long as process ids differ in their last 18 bits."""
    n = (os.getpid() % (1 << 18)) * 64 + number + 1
    return f"127.{n >> 16}.{n >> 8 & 255}.{n & 255}"


class Member(oklog.Node):
    """Number `number`, that asks the others for each other."""

    def __init__(self, where, number, count, verb="ingeststore", flags=oklog.QUICK):
        super().__init__(where, verb, flags)
        self.ip = address(number)
        self.seeds = [address(i) for i in range(count) if i != number][:3]

    def command(self):
        args = [oklog.BIN, self.verb, "-addr.file", self.address_file]
        for flag, port in PORTS:
            if self.verb != "store" or not flag.startswith("ingest."):
                args += ["-" + flag, f"tcp://{self.ip}:{port}"]
        for half in ("ingest", "store"):
            if self.verb in (half, "ingeststore"):
                args += [f"-{half}.path", os.path.join(self.where, half)]
        for seed in self.seeds:
            args += ["-peer", f"{seed}:27659"]
        return args + self.flags

    def members(self):
        """id -> state, as it sees them; empty while it does not answer."""
        try:
            status, _, body = self.get("/-/cluster")
        except OSError:
            return {}
        return {m["name"]: m["state"] for m in json.loads(body)["members"]} if status == 200 else {}


class Case(oklog.Case):
    """Members that end with the test."""

    def group(self, *verbs, flags=()):
        """Started, and seen by each other."""
        assert len(verbs) <= MEMBERS_MAX
        nodes = []
        for i, verb in enumerate(verbs):
            where = os.path.join(self.where, f"n{i}")
            os.mkdir(where)
            half = {"ingest": oklog.QUICK[:2], "store": oklog.QUICK[2:]}.get(verb, oklog.QUICK)
            nodes.append(Member(where, i, len(verbs), verb, (*half, *flags)))
            self.addCleanup(nodes[-1].kill)
        for n in nodes:
            n.spawn()
        for n in nodes:
            n.wait_until_ready()
        self.see(nodes, len(nodes))
        return nodes

    def see(self, nodes, alive):
        oklog.until(lambda: all(list(n.members().values()).count("alive") == alive for n in nodes), f"{alive} living members")

    def drained(self, nodes):
        oklog.until(lambda: all(n.queue_is_empty() for n in nodes), "the stores to take everything")
