"""The raw file that is measured with, and the copy of it that a thrifty user would keep."""
import pathlib
import subprocess

import report

NEEDLES = 20


class LinesFile:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.bytes = self.path.stat().st_size
        self.lines = int(subprocess.run(["wc", "-l", self.path], stdout=subprocess.PIPE).stdout.split()[0])
        self._packed_bytes = None

    @property
    def packed_bytes(self):
        """Under zstd -3."""
        if self._packed_bytes is None:
            report.progress("zstd -3 of the raw file")
            with subprocess.Popen(["zstd", "-3", "-q", "-c", self.path], stdout=subprocess.PIPE) as p:
                self._packed_bytes = sum(len(piece) for piece in iter(lambda: p.stdout.read(1 << 20), b""))
        return self._packed_bytes

    def pack(self, path):
        report.progress("zstd -3 of the raw file")
        subprocess.run(["zstd", "-3", "-q", "-f", self.path, "-o", path], check=True)
        self._packed_bytes = path.stat().st_size
        return path


def make(args, work, way):
    """way: vary (every run of digits other than in the source) or keep."""
    sources = sorted(str(p) for p in pathlib.Path(args.lines).glob("*.log")) if args.lines else []
    path = work / f"lines-{way}.log"
    report.progress(f"making {args.bytes} bytes")
    with open(path, "wb") as out:
        subprocess.run([args.build / "bench/make_lines", str(args.bytes), way, str(NEEDLES), *sources], stdout=out,
                       check=True)
    made = "digits as they are" if way == "keep" else "every run of digits varied"
    file = LinesFile(path)
    report.say(f"data: {file.bytes} bytes, {file.lines} lines from {len(sources) or 'built-in'} sources, {made}")
    return file
