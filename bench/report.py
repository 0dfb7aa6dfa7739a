"""What was measured: printed as it comes, kept for the tables and the JSON file. And wrong answers."""
import json
import pathlib
import sys

figures = []    # of single workloads
rows = []       # of comparisons
cold_rows = []  # of comparisons with the page cache dropped
gossip_rows = []  # of simulated clusters
wrong = []          # answers of oklog
disagreements = []  # of the others


def figure(workload, value, unit, note=""):
    figures.append({"workload": workload, "figure": round(value, 4), "unit": unit, "note": note})
    progress("")
    print(f"  {workload:<52} {value:>10.3f} {unit:<12} {note}", flush=True)


def row(r):
    rows.append(r)
    progress("")
    print("  " + r.line(), flush=True)


def gossip_row(r):
    gossip_rows.append(r)
    progress("")
    print(f"  {r['what']:<28} {r['ours']:<48} {r['memberlist']:<48} goal {r['goal']:<24} {r['reached']:<4}"
          f" worst: {r['worst']}", flush=True)


def say(text):
    progress("")
    print(text, flush=True)


def progress(what):
    """Runs along on a terminal; elsewhere rows alone are printed."""
    if sys.stdout.isatty():
        print(f"\r\033[K{'  … ' + what if what else ''}", end="", flush=True)


def check(condition, what):
    """A wrong answer is told of at once and at the end, and is the exit code."""
    if not condition:
        wrong.append(what)
        say(f"  WRONG ANSWER: {what}")
    return bool(condition)


def disagree(what):
    """Other programs among themselves: told of, but no error of ours."""
    disagreements.append(what)
    say(f"  NOTE: {what}")


def save(path, setting):
    whole = {"setting": setting, "figures": figures, "rows": [r.as_json() for r in rows],
             "cold_rows": [r.as_json() for r in cold_rows], "gossip": gossip_rows, "wrong": wrong,
             "disagreements": disagreements}
    pathlib.Path(path).write_text(json.dumps(whole, indent=1) + "\n")
