"""What repeated runs of one thing cost. Figures are medians; memory is the peak of all runs."""
import statistics


class Measure:
    def __init__(self):
        self.walls, self.cpus, self.peak = [], [], 0

    def add(self, wall, cpu=0.0, peak=0):
        self.walls.append(wall)
        self.cpus.append(cpu)
        self.peak = max(self.peak, peak)

    @property
    def wall(self):
        return statistics.median(self.walls)

    @property
    def cpu(self):
        return statistics.median(self.cpus)

    def as_json(self):
        return {"seconds": round(self.wall, 6), "cpu_seconds": round(self.cpu, 6), "peak_bytes": self.peak,
                "least_seconds": round(min(self.walls), 6), "runs": len(self.walls)}


def percentile(times, share):
    return sorted(times)[max(0, round(len(times) * share) - 1)]
