"""What a series costs in memory and at first sight: shared by targets, or not.

Run: `python bench/bench_shapes.py`. Traced are all objects that a job's targets hold once they have
been scraped: texts of pages, what is known of series, plans, layouts; not what is on its way.
Figures to hold: an unshared series 300 bytes, a shared one 1 byte a target, first sight 25 us.
"""

import argparse
import gc
import time
import tracemalloc

from relabel.rule import RelabelRule
from scraper.exposition.outline import Outlines
from scraper.scrape import SampleCounts, TargetScrape
from scraper.settings import ScrapeJob, StaticDiscovery, TargetGroup
from scraper.setup import set_up
from scraper.shapes import Shapes
from scraper.target import TargetSetBuilder, addresses

NOW_MS = 1_790_000_000_000


def body_of(series: int, unique: str, round_: int) -> bytes:
    """A page like a node exporter's; `unique`: makes all of its series others than elsewhere."""
    lines = []
    for number in range(series):
        family = f"node_subsystem{unique}{number // 6}_things_total"
        if number % 6 == 0:
            lines.append(f"# HELP {family} What the kernel counts of subsystem {number // 6}.")
            lines.append(f"# TYPE {family} counter")
        lines.append(f'{family}{{cpu="{number % 6}",mode="iowait"}} {number + round_}')
    return ("\n".join(lines) + "\n").encode()


class Fleet:
    """Targets of one job."""

    def __init__(self, targets: int, *rules: RelabelRule) -> None:
        hosts = tuple([f"10.0.{number // 250}.{number % 250}:9100" for number in range(targets)])
        group = TargetGroup(targets=hosts)
        discovery = StaticDiscovery(groups=(group,))
        job = ScrapeJob(job_name="node", discoveries=(discovery,), metric_relabel_configs=rules)
        setup = set_up(job, {"region": "north"})
        builder = TargetSetBuilder(job, setup.target_pipeline)
        for address, labels in addresses((group,)):
            builder.add(address, labels)
        counts, outlines, self.shapes = SampleCounts(), Outlines(), Shapes()
        self.scrapes = [
            TargetScrape(setup, target, counts, outlines, self.shapes)
            for target in builder.result().targets.values()
        ]

    def scrape(self, series: int, round_: int, *, is_distinct: bool) -> None:
        for number, scrape in enumerate(self.scrapes):
            body = body_of(series, f"_{number}_" if is_distinct else "", round_)
            for _ in scrape.render(body, NOW_MS + round_ * 1000):
                pass


def traced(fleet: Fleet, series: int, *, is_distinct: bool) -> int:
    """Bytes that a fleet holds after some scrapes."""
    gc.collect()
    tracemalloc.start()
    for round_ in range(4):
        fleet.scrape(series, round_, is_distinct=is_distinct)
    gc.collect()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return held


def show_memory(targets: int, series: int) -> None:
    distinct = traced(Fleet(targets), series, is_distinct=True)
    print(f"unshared: {distinct / targets / series:.1f} bytes a series")
    bare, bare_of_few = [traced(Fleet(n), 1, is_distinct=False) for n in (targets, 2)]
    equal, equal_of_few = [traced(Fleet(n), series, is_distinct=False) for n in (targets, 2)]
    print(f"shared: {equal_of_few / series:.1f} bytes a series, once")
    for_series = equal - equal_of_few - (bare - bare_of_few)
    print(f"  and {for_series / (targets - 2) / series:.3f} bytes for each further target")
    read = RelabelRule(action="drop", source_labels=("instance",), regex="never")
    apart = traced(Fleet(targets, read), series, is_distinct=False)
    print(f"a rule reads instance: {apart / targets / series:.1f} bytes a target and series")


def show_first_sight(targets: int, series: int) -> None:
    rules = [RelabelRule(action="drop", source_labels=("__name__",), regex=f"x{n}") for n in (1, 2)]
    fleet = Fleet(targets, *rules)
    start = time.process_time()
    fleet.scrapes, others = fleet.scrapes[:1], fleet.scrapes[1:]
    fleet.scrape(series, 0, is_distinct=False)
    first_s = time.process_time() - start
    fleet.scrapes = others
    start = time.process_time()
    fleet.scrape(series, 0, is_distinct=False)
    others_s = time.process_time() - start
    print(f"first sight: {first_s / series * 1e6:.1f} us a series, once")
    if others:
        per_series = others_s / len(others) / series * 1e6
        print(f"  by the other targets of the shape: {per_series:.2f} us a series")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="run once, small")
    is_smoke = parser.parse_args().smoke
    targets, series = (3, 20) if is_smoke else (100, 507)
    show_first_sight(targets, series)
    show_memory(targets, series)


if __name__ == "__main__":
    main()
