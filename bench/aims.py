"""What each row is meant to reach, for 1 GB and less; what grows with the data is allowed in proportion."""


class Aim:
    def __init__(self, text, reached):
        self.text = text
        self.reached = reached  # (value, gigabytes, rows by name) -> bool


def within(ms, grows=True):
    """Milliseconds."""
    return Aim(f"<= {ms:g} ms" + ("/GB" if grows else ""),
               lambda seconds, gb, _: seconds * 1000 <= ms * (max(gb, 1) if grows else 1))


def within_times(factor, other, short):
    return Aim(f"<= {factor}x {short}",
               lambda seconds, _, rows: other in rows and seconds <= factor * rows[other].value())


def at_least(mb_per_second):
    return Aim(f">= {mb_per_second} MB/s", lambda rate, *_: rate >= mb_per_second)


def at_most(value, unit):
    return Aim(f"<= {value}{unit}", lambda v, *_: v <= value)


AIMS = {
    "rare 16 hex digits": within(10),
    "absent 16 hex digits": within(10),
    "rare 16 hex digits, -i": within_times(1.5, "rare 16 hex digits", "without -i"),
    "absent 16 hex digits, -i": within_times(1.5, "absent 16 hex digits", "without -i"),
    "rare word of common parts": within(30),
    "absent word of common parts": within(30),
    "rare word of common parts, -i": within_times(1.5, "rare word of common parts", "without -i"),
    "absent word of common parts, -i": within_times(1.5, "absent word of common parts", "without -i"),
    "random IPv4": within(30),
    "random number of 7 digits": within(100),
    "common word, counted": within(500),
    "common word, counted, -i": within(500),
    "regex with literals, counted": within(550),
    "regex without a literal, counted": within(1300),
    "100,000 matching lines": within(80, grows=False),
    "everything back": at_least(800),
    "everything back, CLI": at_least(300),
    "last 100 of a common word": within(10, grows=False),
    "disk, of zstd -3 of the raw file (vary)": at_most(1.35, "x"),
    "disk, of zstd -3 of the raw file (keep)": at_most(1.35, "x"),
    "memory of a query: everything back": at_most(64, " MB"),
    "memory of a query: the worst other": at_most(64, " MB"),
    "durable line acknowledged in a scan, p50": at_most(2, "x idle"),
    "durable line acknowledged in a scan, p99": at_most(2, "x idle"),
    "line seen by stream in a scan, p50": at_most(2, "x idle"),
    "line seen by stream in a scan, p99": at_most(2, "x idle"),
    "client gone until the CPU rests": at_most(100, " ms"),
}
