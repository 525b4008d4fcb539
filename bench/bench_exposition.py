"""Reading pages of the text format: microseconds a sample.

Run: `python bench/bench_exposition.py`. DESIGN section 4: pure Python below 1 us warm.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator, Mapping

from scraper.exposition.outline import Outlines
from scraper.exposition.page import Page
from scraper.exposition.reader import Reader

STAMP = " 1790000000000"


def lines_of(count: int, seed: int, ending: str = "") -> list[str]:
    """A page like a node exporter's: families of some series, values as Go prints them."""
    dice = random.Random(seed)
    lines = []
    for number in range(count):
        family = f"node_subsystem{number // 6}_things_total"
        if number % 6 == 0:
            lines.append(f"# HELP {family} What the kernel counts of subsystem {number // 6}.")
            lines.append(f"# TYPE {family} counter")
        value = dice.choice((0, 1, dice.randrange(10**6), dice.random() * 1e5, dice.random()))
        lines.append(f'{family}{{cpu="{number % 6}",mode="iowait"}} {value}{ending}')
    return lines


def body_of(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


class Known(set[bytes]):
    """Keys alone: what relabelling and encoding cost is measured by bench_scrape.py."""

    def learn(self, key: bytes, raw: Mapping[str, str]) -> None:
        self.add(key)


def read(reader: Reader, body: bytes, known: Known) -> Page:
    steps = reader.read(body, known)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            page: Page = done.value
            return page


def best_us(count: int, rounds: int, work: Callable[[], object]) -> float:
    """The best round's microseconds a sample."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best / count * 1e6


def alternating(bodies: list[bytes], known: Known) -> Callable[[], Page]:
    """Reads one body after the other, for ever."""
    reader = Reader(Outlines())

    def endless() -> Iterator[bytes]:
        while True:
            yield from bodies

    source = endless()
    for body in bodies:
        read(reader, body, known)
    return lambda: read(reader, next(source), known)


def cold_read(body: bytes) -> Callable[[], Page]:
    return lambda: read(Reader(Outlines()), body, Known())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="run once, small")
    rounds = 2 if parser.parse_args().smoke else 300
    for count in (507, 10_140):
        first, second = lines_of(count, 1), lines_of(count, 2)
        stamped = [body_of(lines_of(count, seed, STAMP)) for seed in (1, 2)]
        inserted = [*first[:20], 'new_series{of="a target"} 1', *first[20:]]
        cases = {
            "warm, other values": [body_of(first), body_of(second)],
            "warm, with timestamps": stamped,
            "one series comes and goes": [body_of(first), body_of(inserted)],
            "changed order": [body_of(first), body_of(first[8:] + first[:8])],
        }
        for name, bodies in cases.items():
            cost_us = best_us(count, rounds, alternating(bodies, Known()))
            print(f"{count:6} series, {name}: {cost_us:.3f} us/sample")
        cold = best_us(count, max(2, rounds // 30), cold_read(body_of(first)))
        print(f"{count:6} series, cold: {cold:.3f} us/sample")


if __name__ == "__main__":
    main()
