"""Nodes of one cluster, on loopback ports."""
import json
import os

import oklog


class ClusterCase(oklog.Case):
    def member(self, name, *flags, verb="ingeststore", peer=None):
        where = os.path.join(self.where, name)
        os.makedirs(where, exist_ok=True)
        joined = ("-peer", peer.addresses["cluster"]) if peer else ()
        return self.node(*oklog.QUICK[:2] if verb == "ingest" else oklog.QUICK[2:] if verb == "store" else oklog.QUICK,
                         *joined, *flags, verb=verb, where=where)

    def three(self, *verbs, flags=()):
        first = self.member("n1", *flags, verb=verbs[0]).start()
        return [first] + [self.member(f"n{i + 2}", *flags, verb=verb, peer=first).start() for i, verb in enumerate(verbs[1:])]

    @staticmethod
    def members(node):
        status, headers, body = node.get("/-/cluster")
        assert status == 200 and headers["Content-Type"] == "application/json; charset=utf-8", (status, headers)
        return json.loads(body)["members"]

    def states(self, node):
        return sorted(m["state"] for m in self.members(node))

    def see(self, nodes, *states):
        oklog.until(lambda: all(self.states(n) == sorted(states) for n in nodes), f"{states} from each")
