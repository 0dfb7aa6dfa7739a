"""What is searched for: taken from the data, or drawn from a fixed seed."""
import collections
import random
import re
import subprocess

SEED = 2026
SAMPLE = 16 << 20
EACH = 5


def strewn(path, what, count=EACH):
    """What make_lines has put into lines of which there are 20; nothing where it has not."""
    pattern = {"hex": r" needle-([0-9a-f]{16})\b", "word": r" seldom-([A-Za-z]{8,12})$"}[what]
    command = ["rg", "--no-config", "-a", "-N", "-o", "-r", "$1", "-m", str(count), pattern, str(path)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout.split()[:count]


def hex_digits(count=EACH):
    r = random.Random(SEED)
    return ["".join(r.choice("0123456789abcdef") for _ in range(16)) for _ in range(count)]


def ipv4_addresses(count=EACH):
    r = random.Random(SEED + 1)
    return [".".join(str(r.randint(1, 254)) for _ in range(4)) for _ in range(count)]


def numbers(count=EACH):
    r = random.Random(SEED + 2)
    return [str(r.randint(1_000_000, 9_999_999)) for _ in range(count)]


class Words:
    """The runs of letters at the beginning of a file, and how often each is there."""

    def __init__(self, path):
        with open(path, "rb") as lines:
            words = re.findall(rb"[A-Za-z]{4,40}", lines.read(SAMPLE))
        self.counts = collections.Counter(w.decode() for w in words)

    def frequency(self, part):
        return sum(n for word, n in self.counts.items() if part in word)

    def rare(self, count=EACH):
        """The rarest of 8 to 12 letters whose halves are both far more frequent than they."""
        chosen = []
        by_frequency = sorted((n, w) for w, n in self.counts.items() if 8 <= len(w) <= 12)
        for n, word in by_frequency:
            half = len(word) // 2
            if all(self.frequency(part) >= 10 * n for part in (word[:half], word[half:])):
                chosen.append(word)
            if len(chosen) == count:
                break
        return chosen

    def made_up(self, count=4 * EACH):
        """The first half of one frequent word and the second of another. Most are nowhere in the data."""
        r = random.Random(SEED + 3)
        frequent = [w for w, _ in self.counts.most_common(100) if 8 <= len(w) <= 12]
        chosen = []
        for _ in range(1000):
            if len(frequent) < 2 or len(chosen) == count:
                break
            a, b = r.sample(frequent, 2)
            word = a[:len(a) // 2] + b[len(b) // 2:]
            if 8 <= len(word) <= 12 and word not in chosen and word not in self.counts:
                chosen.append(word)
        return chosen
