#!/usr/bin/env python3
"""House rules that a compiler does not know. Each rule: what is banned, where, and what to use."""
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
LINES_MAX = 500
COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70

BANNED = [
    (r"std::(mutex|thread|jthread|condition_variable|this_thread|shared_mutex)\b", "use env (scheduler, task_group)"),
    (r"(system_clock|steady_clock|high_resolution_clock)::now|\bstd::random_device\b|\bclock_gettime\b", "use env (clock, random)"),
    (r"\busleep\(|\bnanosleep\(|sleep_for", "use env::scheduler::sleep"),
    (r"(?<![\w>])::open\(|\bfopen\(|std::[io]?fstream\b|::socket\(", "use env (filesystem, network)"),
    (r"asio::detached", "spawn through env::task_group"),
    (r"\bTODO\b|\bFIXME\b|\bXXX\b", "finish it, or say it in docs"),
    (r"\bthrow\b(?! away)", "return a result<T>"),
]
BRACED_AWAIT = re.compile(r"co_await [^;\n]*[(,]\s*[a-z_:]*\{[^}]*\}")
CONDITION_AWAIT = re.compile(r"\b(?:if|while|switch) \((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\bco_await|(\?|&&|\|\|) *!?co_await|[(!]co_await")
OWNING_LAMBDA_AWAIT = re.compile(r"co_await [^;\n]*\[[^\]&]*=[^\]]*\]")


def code_only(line):
    return re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//")[0]


def complaints(path, lines):
    if len(lines) > LINES_MAX:
        yield f"{path}: {len(lines)} lines, at most {LINES_MAX}: one noun a file"
    outside_world = path.startswith(("include/", "src/")) and not re.match(r"(include/oklog|src)/(env|sim)/", path)
    for number, line in enumerate(lines, 1):
        where = f"{path}:{number}"
        code = code_only(line)
        if len(line) > COLUMNS_MAX:
            yield f"{where}: {len(line)} columns, at most {COLUMNS_MAX}"
        if outside_world:
            for pattern, instead in BANNED:
                if re.search(pattern, code):
                    yield f"{where}: {re.search(pattern, code).group(0)}: {instead}"
        if path.startswith(("include/", "src/", "cmd/")):
            if BRACED_AWAIT.search(code):
                yield f"{where}: a braced temporary in co_await is destroyed twice by g++ 12: name it first"
            if CONDITION_AWAIT.search(re.sub(r"\b(CO_TRY|CO_TRY_LET)\(", "", code)):
                yield f"{where}: co_await inside a condition is miscompiled by g++ 12: name its value first"
            if OWNING_LAMBDA_AWAIT.search(code):
                yield f"{where}: an owning lambda in co_await is destroyed twice by g++ 12: name it first"
    yield from long_functions(path, lines)


def long_functions(path, lines):
    """A function begins at a line in column 0 that ends with '{', and ends at '}' in column 0."""
    begin = None
    for number, line in enumerate(lines, 1):
        if begin is None and re.match(r"[A-Za-z].*[)a-z] \{$|  +.*\) (const )?\{$", line) and not re.match(
                r"(namespace|struct|class|enum|union|extern)\b", line) and not line.startswith("  "):
            begin = number
        elif begin is not None and line == "}":
            if number - begin > FUNCTION_LINES_MAX:
                yield f"{path}:{begin}: a function of {number - begin} lines, at most {FUNCTION_LINES_MAX}"
            begin = None


def main():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=TOP, capture_output=True, text=True)
    names = listed.stdout.split() if listed.returncode == 0 else [
        str(p.relative_to(TOP)) for d in ("include", "src", "cmd", "tests", "bench") for p in (TOP / d).rglob("*")]
    found, files = [], 0
    for name in sorted(names):
        if re.match(r"(include|src|cmd|tests|bench)/.*\.(h|cc)$", name) and (TOP / name).is_file():
            files += 1
            found += complaints(name, (TOP / name).read_text(errors="replace").split("\n"))
    assert list(complaints("src/node/x.cc", ["auto t = std::chrono::steady_clock::now();"]))
    assert list(complaints("src/node/x.cc", ["  co_await f(options{.x = s});"]))
    assert list(complaints("src/node/x.cc", ["  while (!co_await stopped()) {"]))
    assert not list(complaints("src/node/x.cc", ["  if (wanted) co_await f();"]))
    assert list(complaints("src/node/x.cc", ["void f() {"] + [""] * 80 + ["}"]))
    print("\n".join(found) or f"{files} files keep the house rules")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
