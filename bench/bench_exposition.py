"""Reading pages of the text format, by both twins of the hot loops: microseconds a sample.

Run: `python bench/bench_exposition.py`. DESIGN section 4: pure Python below 1 us warm, compiled at
most 0.06; another order or a series that comes and goes at most twice that (docs/performance.md
says where that does not hold, and why).
"""

import argparse
import random
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from scraper.exposition import outline
from scraper.exposition.outline import Outlines
from scraper.exposition.page import Page
from scraper.exposition.reader import Reader

TWINS = {"py": "scraper.exposition.prediction", "c": "scraper.exposition.prediction_c"}
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

    def knows(self, keys: Sequence[bytes]) -> bool:
        return all(map(self.__contains__, keys))


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


def in_turn(first: bytes, bodies: list[bytes]) -> Callable[[], None]:
    """Reads `first` once, then all of `bodies` again and again."""
    reader, known = Reader(Outlines()), Known()
    for body in (first, *bodies):
        read(reader, body, known)

    def read_all() -> None:
        for body in bodies:
            read(reader, body, known)

    return read_all


def cold_read(body: bytes) -> Callable[[], Page]:
    return lambda: read(Reader(Outlines()), body, Known())


def cases(count: int) -> dict[str, list[bytes]]:
    """The first page of each is read before, the others are measured."""
    lines = lines_of(count, 1)
    inserted = [*lines[:20], 'new_series{of="a target"} 1', *lines[20:]]
    # Whole families move; no two pages in a row have the same order.
    orders = [lines[8 * step :] + lines[: 8 * step] for step in (0, 1, 2, 3)]
    shuffled = [random.Random(seed).sample(lines, len(lines)) for seed in (0, 1, 2)]
    fresh = [[*lines[:20], f'new_series{{of="{number}"}} 1', *lines[20:]] for number in range(5)]
    return {
        "warm, other values": [body_of(lines_of(count, seed)) for seed in (1, 2, 1)],
        "warm, with timestamps": [body_of(lines_of(count, seed, STAMP)) for seed in (1, 2, 1)],
        "one series comes and goes": [body_of(lines), body_of(inserted), body_of(lines)],
        "one series is another each time": list(map(body_of, fresh)),
        "families in another order": list(map(body_of, orders)),
        "lines in any order": list(map(body_of, [lines, *shuffled])),
    }


def built() -> dict[str, str]:
    """The twins that are there."""
    found = {}
    for name, module in TWINS.items():
        try:
            import_module(module)
        except ImportError:
            continue
        found[name] = module
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="run once, small")
    rounds = 2 if parser.parse_args().smoke else 200
    for count in (507, 10_140):
        pages = cases(count)
        cost: dict[str, list[float]] = {name: [] for name in [*pages, "cold"]}
        for module in built().values():
            outline.hot = import_module(module)
            for name, (first, *bodies) in pages.items():
                samples = count * len(bodies)
                cost[name].append(best_us(samples, rounds, in_turn(first, bodies)))
            cold = cold_read(pages["warm, other values"][0])
            cost["cold"].append(best_us(count, max(2, rounds // 50), cold))
        for name, figures in cost.items():
            told = ", ".join(
                f"{twin} {figure:.3f}" for twin, figure in zip(built(), figures, strict=True)
            )
            print(
                f"{count:6} series, {name}: {told} us/sample, ratio {figures[-1] / figures[0]:.2f}"
            )


if __name__ == "__main__":
    main()
