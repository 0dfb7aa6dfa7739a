"""A workload, measured for oklog and what there is beside it."""
from aims import AIMS
from peers import NAMES


def shown(seconds):
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"


class Row:
    """Times of several programs; with `rate_of` bytes the rate is what counts."""

    def __init__(self, workload, oklog, peers, gigabytes, note="", rate_of=None):
        self.workload, self.oklog, self.peers = workload, oklog, peers
        self.gigabytes, self.note, self.rate_of = gigabytes, note, rate_of

    def value(self):
        return self.rate_of / self.oklog.wall / 1e6 if self.rate_of else self.oklog.wall

    def cell(self, measure):
        if measure is None:
            return ""
        if self.rate_of:
            return f"{self.rate_of / measure.wall / 1e6:.0f} MB/s ({measure.cpu:.2f})"
        return f"{shown(measure.wall)} ({measure.cpu:.{2 if measure.cpu >= 0.1 else 3}f})"

    def ratio(self):
        """How many times faster than ripgrep."""
        rg = self.peers.get(NAMES[0])
        return f"{rg.wall / self.oklog.wall:.3g}x" if rg else ""

    def reached(self, rows):
        aim = AIMS.get(self.workload)
        return "" if aim is None else "yes" if aim.reached(self.value(), self.gigabytes, rows) else "no"

    def cells(self, rows):
        aim = AIMS.get(self.workload)
        return [self.workload, aim.text if aim else "", self.cell(self.oklog),
                *(self.cell(self.peers.get(name)) for name in NAMES), self.ratio(), self.reached(rows), self.note]

    def memory_cells(self):
        measures = [self.oklog, *(self.peers.get(name) for name in NAMES)]
        return [self.workload, *(f"{m.peak / 1e6:.1f}" if m and m.peak else "" for m in measures)]

    def line(self):
        beside = ", ".join(f"{name} {self.cell(m)}" for name, m in self.peers.items())
        return f"{self.workload:<42} {self.cell(self.oklog):>20}  {self.ratio():>6}  {beside}  {self.note}"

    def as_json(self):
        return {"workload": self.workload, "value": self.value(), "unit": "MB/s" if self.rate_of else "s",
                "ratio": self.ratio(), "note": self.note, "oklog": self.oklog.as_json(),
                **{name: m.as_json() for name, m in self.peers.items()}}


class Single:
    """One figure of oklog's alone."""
    oklog, peers = None, {}

    def __init__(self, workload, value, unit, note=""):
        self.workload, self.figure, self.unit, self.note = workload, value, unit, note

    def value(self):
        return self.figure

    def reached(self, rows):
        aim = AIMS.get(self.workload)
        return "" if aim is None else "yes" if aim.reached(self.figure, 1, rows) else "no"

    def cells(self, rows):
        aim = AIMS.get(self.workload)
        value = f"{self.figure:.3g}{self.unit}"
        return [self.workload, aim.text if aim else "", value, "", "", "", "", self.reached(rows), self.note]

    def line(self):
        value = f"{self.figure:.3g}{self.unit}"
        return f"{self.workload:<42} {value:>20}  {self.note}"

    def as_json(self):
        return {"workload": self.workload, "value": self.figure, "unit": self.unit.strip(), "note": self.note}
