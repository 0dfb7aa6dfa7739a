"""The searches that are compared."""
import dataclasses

import needles
import peers

COMMON = "INFO"
REGEX_LITERALS = r"(fail|error)\w*; .* user=\w+"
REGEX_NONE = "[0-9]{3}-[0-9]{4}"


@dataclasses.dataclass
class Case:
    workload: str
    patterns: list
    kind: str = "count"  # count, lines, everything, histogram
    regex: bool = False
    ignore_case: bool = False
    limit: int = 0
    newest_first: bool = False
    context: int = 0
    note: str = ""

    def parameters(self, pattern):
        """Of /store/query."""
        p = {"q": pattern, "regex": int(self.regex), "i": int(self.ignore_case)}
        if self.kind == "count":
            p["count"] = 1
        if self.kind in ("lines", "everything"):
            p["format"] = "raw"
        if self.limit:
            p["limit"] = self.limit
        if self.newest_first:
            p["order"] = "desc"
        if self.context:
            p["before"] = p["after"] = self.context
        return p


def hits(case, path):
    """How many lines hold each pattern, says ripgrep."""
    return [peers.count_of(case, pattern, path) for pattern in case.patterns]


def with_hits(case, path):
    found = hits(case, path)
    if len(case.patterns) == 1:
        case.note = f"{found[0]} hits"
    elif len(set(found)) == 1:
        case.note = ", ".join(f"`{p}`" for p in case.patterns) + f": {found[0]} hit{'s'[found[0] == 1:]} each"
    else:
        case.note = "hits: " + ", ".join(f"`{p}` {n}" for p, n in zip(case.patterns, found))
    return case


def made_of_parts(path):
    """Words that look like the data's own, rare and absent, and rare ones that are its own."""
    words, strewn = needles.Words(path), needles.strewn(path, "word")
    tried = Case("", words.made_up())
    absent = [p for p, n in zip(tried.patterns, hits(tried, path)) if n == 0][:needles.EACH]
    yield Case("rare word of common parts", strewn)
    yield Case("absent word of common parts", absent)
    yield Case("rare word of common parts, -i", [w.swapcase() for w in strewn], ignore_case=True)
    yield Case("absent word of common parts, -i", [w.swapcase() for w in absent], ignore_case=True)
    yield Case("least frequent words of the lines", words.rare())


def counted(path):
    """Those whose hits are told of, one by one."""
    strewn, absent = needles.strewn(path, "hex"), needles.hex_digits()
    yield Case("rare 16 hex digits", strewn)
    yield Case("absent 16 hex digits", absent)
    yield Case("rare 16 hex digits, -i", [h.upper() for h in strewn], ignore_case=True)
    yield Case("absent 16 hex digits, -i", [h.upper() for h in absent], ignore_case=True)
    yield from made_of_parts(path)
    yield Case("random IPv4", needles.ipv4_addresses())
    yield Case("random number of 7 digits", needles.numbers())
    yield Case("common word, counted", [COMMON])
    yield Case("common word, counted, -i", [COMMON.lower()], ignore_case=True)
    yield Case("regex with literals, counted", [REGEX_LITERALS], regex=True)
    yield Case("regex without a literal, counted", [REGEX_NONE], regex=True)


def all_of(path):
    """Every case for which the data has something, and the names of the others."""
    chosen, left_out = [], []
    for case in counted(path):
        if case.patterns:
            chosen.append(with_hits(case, path))
        else:
            left_out.append(case.workload)
    chosen.append(Case("100,000 matching lines", [COMMON], kind="lines", limit=100_000))
    chosen.append(Case("last 100 of a common word", [COMMON], kind="lines", limit=100, newest_first=True,
                       note="beside it tac | rg -m 100, tac | grep -m 100, zstd -dc | rg | tail"))
    strewn = needles.strewn(path, "hex", 1)
    if strewn:
        chosen.append(Case("a rare line and 5 on each side", strewn, kind="lines", context=5))
    chosen.append(Case("histogram of 60 spans, everything", [""], kind="histogram"))
    chosen.append(Case("histogram of 60 spans, a common word", [COMMON], kind="histogram"))
    # The last one: the node keeps some of the memory that it takes, and others are measured beside it.
    chosen.append(Case("everything back", [""], kind="everything", note="rg '', grep '', zstd -dc"))
    return chosen, left_out
