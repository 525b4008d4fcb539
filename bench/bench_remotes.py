"""What a second remote costs: CPU of scraping pages and bringing them to one remote or to two.

Run: `python bench/bench_remotes.py [--smoke]`. Pages of 507 series are read against their layouts,
batched, encoded, compressed and taken by far ends that answer at once. Issue 10: two remotes with
the same rules cost at most 1.3 times one, with different rules at most 1.8 times. The ratios are of
one run, round by round, so that a busy host disturbs them little.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import trio

from bench_batcher import NullClient
from bench_scrape import NOW_MS, body_of, scrapes_of
from pushqueue.fanout import FanOut
from pushqueue.remote import Remote
from pushqueue.settings import FrontSettings, QueueSettings, RemoteSettings, ShardSettings
from relabel.rule import RelabelRule
from scraper.loop import drive
from transport.tls import TlsContexts

SERIES = 507

SAME: tuple[dict[str, Any], ...] = ({}, {})
DIFFERENT: tuple[dict[str, Any], ...] = (
    {"extra_labels": {"region": "eu"}},
    {
        "write_relabel_configs": (
            RelabelRule(action="drop", source_labels=("__name__",), regex="no_such_.*"),
            RelabelRule(action="labeldrop", regex="nothing"),
        )
    },
)
CASES = {
    "one remote": (SAME[:1], None),
    "two, the same rules": (SAME, None),
    "one remote with a label": (DIFFERENT[:1], None),
    "two, different rules": (DIFFERENT, None),
    "two that share series": (SAME, ShardSettings()),
}


class Rig:
    """Remotes of one case behind their fan-out, and targets of their own."""

    def __init__(self, name: str, path: Path, targets: int) -> None:
        fields, sharding = CASES[name]
        self.name = name
        self.scrapes = scrapes_of(targets)
        self.costs_us: list[float] = []
        self.remotes = [
            Remote(
                RemoteSettings(
                    url=f"http://127.0.0.1:9/{at}", key=f"r{at}", queue=QueueSettings(), **each
                ),
                data_path=path,
                contexts=TlsContexts(),
                run_sync=trio.to_thread.run_sync,
                wall_ms=lambda: int(time.time() * 1000),
                version="bench",
                connect=NullClient,
            )
            for at, each in enumerate(fields)
        ]
        self.fan_out = FanOut(self.remotes, settings=FrontSettings(sharding=sharding))

    async def round(self, body: bytes, now_ms: int) -> None:
        start = time.process_time()
        samples = 0
        for scrape in self.scrapes:
            rendered = await drive(scrape.render(body, now_ms))
            samples += rendered.scraped
            self.fan_out.put_nowait(rendered.batches)
        for remote in self.remotes:
            remote.make_blocks_now()
        while any(remote.statistics().pending_samples for remote in self.remotes):
            await trio.lowlevel.checkpoint()
        self.costs_us.append((time.process_time() - start) / samples * 1e6)

    @property
    def cost_us(self) -> float:
        return statistics.median(self.costs_us[1:] or self.costs_us)


async def compare(path: Path, targets: int, series: int, rounds: int) -> None:
    rigs = [Rig(name, path / str(at), targets) for at, name in enumerate(CASES)]
    bodies = [body_of(series, seed) for seed in (1, 2)]
    async with trio.open_nursery() as nursery:
        for rig in rigs:
            for remote in rig.remotes:
                await nursery.start(_run, remote)
        for number in range(rounds):
            for rig in rigs:
                await rig.round(bodies[number % 2], NOW_MS + number * 1000)
        nursery.cancel_scope.cancel()
    one, labelled = rigs[0].cost_us, rigs[2].cost_us
    for rig in rigs:
        ratio = rig.cost_us / one
        print(f"{rig.name + ':':28}{rig.cost_us:.3f} us a sample, {ratio:.2f} times one")
    print(f"{'different rules:':28}{rigs[3].cost_us / labelled:.2f} times one that has a label")


async def _run(remote: Remote, *, task_status: trio.TaskStatus[None]) -> None:
    await remote.run(task_status=task_status)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="run once, small")
    is_smoke = parser.parse_args().smoke
    with tempfile.TemporaryDirectory() as path:
        trio.run(compare, Path(path), *((3, 20, 2) if is_smoke else (100, SERIES, 30)))


if __name__ == "__main__":
    main()
