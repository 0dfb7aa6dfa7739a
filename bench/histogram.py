"""Counts over time: asked, and checked against counts of each span asked alone."""
import json

from api import target

SPANS = 60
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(ms, rest):
    value = ms << 80 | rest
    return "".join(CROCKFORD[value >> shift & 31] for shift in range(125, -1, -5))


def first_of(ms):
    return ulid(ms, 0)


def last_of(ms):
    return ulid(ms, (1 << 80) - 1)


def path(pattern, span_ms):
    begin, end = span_ms
    return target("/store/histogram", q=pattern, buckets=SPANS, **{"from": first_of(begin), "to": last_of(end)})


def count_between(api, pattern, begin, end):
    return int(api.get(target("/store/query", q=pattern, count=1,
                              **{"from": first_of(begin), "to": last_of(end)})).body)


def wrong_spans(api, pattern, body):
    """What does not add up, as a sentence; nothing where all does."""
    h = json.loads(body)
    if len(h["counts"]) != SPANS or sum(h["counts"]) != h["total"]:
        return f"{len(h['counts'])} spans, sum {sum(h['counts'])}, total {h['total']}"
    for n, count in enumerate(h["counts"]):
        begin = h["from_ms"] + n * h["width_ms"]
        alone = count_between(api, pattern, begin, begin + h["width_ms"] - 1)
        if alone != count:
            return f"span {n} has {count}, asked alone {alone}"
    return None
