"""What the fuzzers share: decisions taken from bytes, and a run with coverage guidance or without."""

# ruff: noqa: T201, S311

import argparse
import random
import sys
import time


class Choices:
    """Decisions taken from the fuzzer's bytes, one after another."""

    def __init__(self, data):
        self.data, self.place = data, 0

    def below(self, limit):
        taken = self.data[self.place : self.place + 2].ljust(2, b"\0")
        self.place += 2
        return int.from_bytes(taken, "big") % limit

    def one_of(self, values):
        return values[self.below(len(values))]

    def take(self, count):
        """The next ``count`` bytes, fewer at the end."""
        taken = self.data[self.place : self.place + count]
        self.place += count
        return taken

    def rest(self):
        return self.data[self.place :]


def blindly(check, seed, count):
    """Try ``count`` inputs without coverage guidance."""
    chance = random.Random(seed)
    for _ in range(count):
        check(chance.randbytes(chance.randrange(2, 120)))


def main(check, atheris, description):
    """Run until the time is up or something is found. With atheris, libFuzzer's own options are understood."""
    if atheris:
        atheris.Setup(sys.argv, check)
        atheris.Fuzz()
        return
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    end, tried = time.monotonic() + options.seconds, 0
    while time.monotonic() < end:
        blindly(check, options.seed + tried, 1000)
        tried += 1000
    print(f"seed {options.seed}: {tried} inputs, nothing found")
