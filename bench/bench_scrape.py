"""A whole scrape without its network: body in, batches out.

Run: `python bench/bench_scrape.py`. `many` of bench/compare.py is 200 targets of 507 series.
"""

import argparse
import random
import time

import trio

from scraper.exposition.outline import Outlines
from scraper.loop import drive
from scraper.report import Outcome
from scraper.scrape import SampleCounts, TargetScrape
from scraper.settings import ScrapeJob, StaticDiscovery, TargetGroup
from scraper.setup import set_up
from scraper.shapes import Shapes
from scraper.target import TargetSetBuilder, addresses
from series.frame import frame

NOW_MS = 1_790_000_000_000


def body_of(series: int, seed: int) -> bytes:
    """A page like a node exporter's: families of some series, values as Go prints them."""
    dice = random.Random(seed)
    lines = []
    for number in range(series):
        family = f"node_subsystem{number // 6}_things_total"
        if number % 6 == 0:
            lines.append(f"# HELP {family} What the kernel counts of subsystem {number // 6}.")
            lines.append(f"# TYPE {family} counter")
        value = dice.choice((0, 1, dice.randrange(10**6), dice.random() * 1e5, dice.random()))
        lines.append(f'{family}{{cpu="{number % 6}",mode="iowait"}} {value}')
    return ("\n".join(lines) + "\n").encode()


def scrapes_of(targets: int) -> list[TargetScrape]:
    group = TargetGroup(targets=tuple([f"10.0.{n // 250}.{n % 250}:9100" for n in range(targets)]))
    job = ScrapeJob(job_name="node", discoveries=(StaticDiscovery(groups=(group,)),))
    setup = set_up(job, {"region": "north"})
    builder = TargetSetBuilder(job, setup.target_pipeline)
    for address, labels in addresses((group,)):
        builder.add(address, labels)
    counts, outlines, shapes = SampleCounts(), Outlines(), Shapes()
    found = builder.result().targets.values()
    return [TargetScrape(setup, target, counts, outlines, shapes) for target in found]


async def scrape_all(
    scrapes: list[TargetScrape], body: bytes, now_ms: int, *, framed: bool
) -> None:
    for scrape in scrapes:
        rendered = await drive(scrape.render(body, now_ms))
        outcome = Outcome(is_up=True, duration_s=0.01, scraped=rendered.scraped)
        for batch in (*rendered.batches, *scrape.report(outcome, now_ms)):
            if framed:
                frame(batch)


async def time_scrapes(targets: int, series: int, rounds: int) -> None:
    bodies = [body_of(series, seed) for seed in (1, 2)]
    scrapes = scrapes_of(targets)
    samples = targets * series
    for name, framed, count in (
        ("cold", False, 1),
        ("warm", False, rounds),
        ("framed", True, rounds),
    ):
        best = float("inf")
        for number in range(count):
            start = time.perf_counter()
            await scrape_all(scrapes, bodies[number % 2], NOW_MS + number * 1000, framed=framed)
            best = min(best, time.perf_counter() - start)
        cost_us = best / samples * 1e6
        print(f"{targets:4} targets x {series:5} series, {name}: {cost_us:.3f} us/sample")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="run once, small")
    is_smoke = parser.parse_args().smoke
    shapes = ((2, 20),) if is_smoke else ((1, 507), (200, 507), (10, 10_140))
    for targets, series in shapes:
        trio.run(time_scrapes, targets, series, 2 if is_smoke else 10)


if __name__ == "__main__":
    main()
