#!/usr/bin/env python3
"""The layers, enforced: no file includes upwards. The table is docs/architecture.md's drawing."""
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent

# module: what it may include, by module or by single header
MAY = {
    "base": set(),
    "record": {"base"},
    "query": {"base", "record"},
    "env": {"base"},
    "segment": {"base", "record", "env/fs.h", "env/clock.h"},
    "ingest": {"base", "record", "segment", "env/fs.h", "env/clock.h"},
    "store": {"base", "record", "segment", "query", "env/fs.h", "env/clock.h"},
    "forward": {"base", "record", "segment", "env/fs.h", "env/clock.h"},
    "grep": {"base", "record", "query", "env/fs.h"},
    "cluster": {"base"},
    "http": {"base", "env"},
    "api": {"base", "record", "query", "env", "segment", "ingest", "store", "cluster", "http", "ui"},
    "node": {"base", "record", "query", "env", "segment", "ingest", "store", "forward", "cluster",
             "http", "api"},
    "sim": {"base", "env", "cluster"},
    "history": {"base", "record", "env", "segment", "store", "cluster", "http", "api", "node", "sim"},
}
# Who may include a third party's heavy headers.
ONLY = {
    r"<spdlog/": lambda f: f == "src/base/log.cc",
    r"<prometheus/": lambda f: f == "src/base/metrics.cc",
    r"<CLI/": lambda f: f.startswith("cmd/"),
    r"<boost/beast": lambda f: f.startswith("src/http/"),
    r"<boost/asio": lambda f: f.startswith(("include/oklog/env/", "src/env/", "src/sim/", "include/oklog/sim/")),
    r"<re2/": lambda f: f.startswith("src/query/"),
    r"<zstd": lambda f: f.startswith(("src/segment/", "src/grep/")),
    r"<openssl/": lambda f: f.startswith("src/cluster/"),
    r"<zlib": lambda f: f.startswith("src/grep/"),
}
OURS = re.compile(r'^\s*#include "(?:oklog/)?([a-z]+)/([a-z_]+\.h)"', re.M)
THEIRS = re.compile(r"^\s*#include (<[^>]+>)", re.M)


def module_of(path: str):
    for prefix in ("include/oklog/", "src/"):
        if path.startswith(prefix):
            return path[len(prefix):].split("/")[0]
    return None


def complaints(path: str, text: str):
    module = module_of(path)
    if module in MAY:
        for target, header in OURS.findall(text):
            if target == module or target in MAY[module] or f"{target}/{header}" in MAY[module]:
                continue
            yield f"{path}: {module} may not include {target}/{header}"
    for header in THEIRS.findall(text):
        for pattern, allowed in ONLY.items():
            if re.match(pattern, header) and not allowed(path):
                yield f"{path}: {header} does not belong here"


def main():
    found = []
    files = [p for d in ("include", "src", "cmd") for p in (TOP / d).rglob("*") if p.suffix in (".h", ".cc")]
    for file in sorted(files):
        path = str(file.relative_to(TOP))
        found += complaints(path, file.read_text())
    # The check checks itself: an upward include must be seen.
    assert list(complaints("src/base/x.cc", '#include "oklog/node/roles.h"\n'))
    assert list(complaints("src/segment/x.cc", '#include "oklog/env/net.h"\n'))
    assert list(complaints("src/store/x.cc", "#include <spdlog/spdlog.h>\n"))
    print("\n".join(found) or f"{len(files)} files, all arrows point down")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
