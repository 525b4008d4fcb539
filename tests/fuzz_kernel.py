"""Any bytes into both twins of the hot loops: `python -m tests.fuzz_kernel --inputs N`.

Bodies follow one another as those of a target do, each nearly the one before; numbers are made of
random digits; pushed messages hold series that are known, and damage. Both twins must say the same;
under `make asan` no byte outside of a body is read.
Prints how many inputs there were; an AssertionError shows the first that broke the law.
"""

import argparse
import random
import sys
import time
from importlib import import_module

from scraper.exposition.dialect import OPENMETRICS, TEXT
from tests.fuzz_exposition import OPENMETRICS as OPENMETRICS_SEED
from tests.fuzz_exposition import TEXT as TEXT_SEED
from tests.fuzz_exposition import mutated
from tests.receivers.passing import PASSING, compare_passing, messages
from tests.scraper.exposition.kernels import compare, followed
from tests.scraper.exposition.pages import BAD_SERIES, GOOD_VALUES, SERIES
from tests.scraper.exposition.test_prediction import check_number, lines

SEQUENCE = 8
TWINS = ("scraper.exposition.prediction", "scraper.exposition.prediction_c")


def page(chance: random.Random) -> bytes:
    rows = [
        chance.choice(SERIES) + b" " + chance.choice(GOOD_VALUES)
        for _ in range(chance.choice((0, 1, 3, 10, 40, 150)))
    ]
    if chance.random() < 0.1:
        rows.append(chance.choice(BAD_SERIES) + b" 1")
    return b"\n".join(rows) + chance.choice((b"\n", b""))


def bodies(chance: random.Random) -> list[bytes]:
    """One that may be anything, and what may follow."""
    regular = lines(0, chance.choice((9, 60, 300)))
    first = chance.choice((TEXT_SEED, OPENMETRICS_SEED, regular, page(chance), page(chance)))
    made = [first]
    while len(made) < SEQUENCE:
        before = chance.choice(made)
        made.append(
            mutated(before or b"\n", chance) if chance.random() < 0.2 else followed(before, chance)
        )
    return made


def number(chance: random.Random) -> bytes:
    digits = str(chance.getrandbits(chance.randint(1, 80)))
    if chance.random() < 0.5:
        at = chance.randint(0, len(digits))
        digits = digits[:at] + "." + digits[at:]
    if chance.random() < 0.5:
        digits += f"e{chance.randint(-340, 320)}"
    if chance.random() < 0.05:
        digits += chance.choice(("e", "-", "+", ".", "_", "x", "\0", "é"))
    return chance.choice((b"", b"-", b"+")) + digits.encode()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    twins = [import_module(name) for name in TWINS]
    passing = [import_module(name) for name in PASSING]
    started = time.perf_counter()
    count = 0
    while count < arguments.inputs:
        dialect = chance.choice((TEXT, TEXT, OPENMETRICS))
        made = bodies(chance)
        compare(
            twins,
            made,
            dialect,
            step=chance.choice((1, 2, 5, 8000)),
            is_lenient=chance.random() < 0.2,
        )
        for _ in range(SEQUENCE):
            check_number(twins[1], number(chance))
        pushed = messages(chance, SEQUENCE)
        compare_passing(passing, pushed, most=chance.choice((1, 3, 4000)))
        count += 3 * SEQUENCE
    print(f"{count} inputs, seed {arguments.seed}: {time.perf_counter() - started:.0f} s, no fault")
    return 0


if __name__ == "__main__":
    sys.exit(main())
