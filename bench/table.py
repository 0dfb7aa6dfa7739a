"""Rows as the tables of docs/benchmarks.md."""
from peers import NAMES

COLUMNS = ["workload", "aim", "oklog", *NAMES, "ratio", "reached", ""]


def markdown(columns, lines):
    out = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    out += ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
    return "\n".join(out)


def of(rows):
    by_name = {r.workload: r for r in rows}
    return markdown(COLUMNS, [r.cells(by_name) for r in rows])


def of_memory(rows):
    return markdown(["peak memory, MB", "oklog", *NAMES], [r.memory_cells() for r in rows if r.oklog is not None])


def of_gossip(rows):
    columns = ["simulated", "ours", "memberlist's rules", "goal", "reached", "seeds", "the worst world"]
    return markdown(columns, [[r["what"], r["ours"], r["memberlist"], r["goal"], r["reached"],
                               f"{r['seeds']}; {r['memberlist_seeds']}", f"`{r['worst']}`"] for r in rows])
