"""The same searches with the page cache dropped before each run, where the machine allows that."""
import os
import pathlib

import report

DROP = pathlib.Path("/proc/sys/vm/drop_caches")
RUNS = 3


def drop():
    os.sync()
    DROP.write_text("1")


def run(bench, chosen, compare):
    if not os.access(DROP, os.W_OK):
        report.say(f"  --cold: {DROP} cannot be written here (root can): left out")
        return
    report.say("query, page cache dropped before each run")
    bench.before_each = drop
    warm, report.rows = report.rows, []
    for case in chosen:
        compare(bench, case, RUNS)
    bench.before_each = lambda: None
    report.cold_rows, report.rows = report.rows, warm
