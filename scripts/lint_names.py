#!/usr/bin/env python3
"""Names in unnamed namespaces are unique within a module: its files are compiled together (docs/decisions/0021-files-compiled-together.md)."""
import collections
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
ALONE = ("tests/fuzz", "tests/process")  # a program a file
TYPE = re.compile(r"(?:struct|class|enum class|enum|using)\s+(\w+)")
FUNCTION = re.compile(r"(?<![\w:])(\w+)\(")
VALUE = re.compile(r"(?!const\b|noexcept\b)\b(\w+)(?:\[\w*\])?\s*[={;]")


def parameter_types(text):
    """Of "(const query& q, std::size_t n = 3) {": what tells one overload from another."""
    types, depth, one = [], 0, ""
    for c in text[1:]:
        depth += (c in "(<[{") - (c in ")>]}")
        if depth < 0:
            break
        if c == "," and depth == 0:
            types.append(one)
            one = ""
        else:
            one += c
    names_away = [re.sub(r"(?<=[\s&*>])\w+$", "", t.split("=")[0].strip()) for t in [*types, one]]
    return ",".join("".join(t.split()) for t in names_away)


def declared(text):
    """(line number, name, how it is told from others) of each declaration at the left margin of unnamed namespaces."""
    inside, at = False, 0
    for number, line in enumerate(text.split("\n"), 1):
        begin, at = at, at + len(line) + 1
        if line.startswith("namespace {"):
            inside = True
        elif line == "}  // namespace":
            inside = False
        elif inside and re.match(r"[A-Za-z]", line) and not re.match(r"namespace|using (?!\w+ =)|template|public|private|extern", line):
            kind, call, value = TYPE.match(line), FUNCTION.search(line), VALUE.search(line)
            if kind:
                alias = line if line.startswith("using") else ""  # the same one may be said again
                yield number, kind.group(1), f"type {alias}"
            elif value and (not call or value.start() < call.start()):
                yield number, value.group(1), ""
            elif call:
                yield number, call.group(1), f"({parameter_types(text[begin + call.end() - 1:])})"


def same(one, other):
    """Whether the two cannot stand in one file: overloads can, and equal aliases."""
    both_functions = one.startswith("(") and other.startswith("(")
    both_aliases = one.startswith("type using") and other.startswith("type using")
    return one == other if both_functions else not (both_aliases and one == other)


def complaints(files):
    """`files`: pairs of a path and its text, of one module."""
    seen = collections.defaultdict(list)
    for path, text in files:
        for number, name, how in declared(text):
            for before, where, how_before in seen[name]:
                if before != path and same(how, how_before):
                    yield f"{path}:{number}: {name}: {before}:{where} has it, too; call it otherwise, or have one for both"
            seen[name].append((path, number, how))


def main():
    probe = "namespace {{\n{}\n}}  // namespace\n"
    two = lambda a, b: list(complaints([("a.cc", probe.format(a)), ("b.cc", probe.format(b))]))
    assert two("constexpr int n = 3;", "int n(char c) {")
    assert two("struct x {", "class x final : public y {")
    assert two("int f(const a& b,\n      int c = 3) {", "void f(const a& d, int e) {")
    assert not two("int f(const a& b) {", "int f(const c& b) {")
    assert not two("using a = b;", "using a = b;")
    assert two("using a = b;", "using a = c;")
    modules = collections.defaultdict(list)
    for path in sorted(p for d in ("src", "cmd", "tests") for p in (TOP / d).rglob("*.cc")):
        name = str(path.relative_to(TOP))
        if not name.startswith(ALONE):
            modules[path.parent].append((name, path.read_text(errors="replace")))
    found = [c for files in modules.values() for c in complaints(files)]
    print("\n".join(found) or f"names are unique in {len(modules)} modules")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
