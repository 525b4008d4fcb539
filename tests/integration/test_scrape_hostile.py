"""A scraper with every hostile target at once over real sockets, a thousand scrapes.

Each gives `up 0` and a reason; an honest neighbour is scraped in time all along; nothing is left
behind: neither descriptors nor tasks nor memory. Its mock-clock twin is in tests/scraper.
"""

import gc
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import attrs
import trio

from scraper.manager import Manager
from scraper.settings import ScrapeJob, StaticDiscovery, TargetGroup
from series.batch import Batch
from series.labels import readable
from tests import hostile_server
from tests.hostile_server import CASES, PAGE, answering, page
from transport.tls import TlsContexts

ROUNDS = 1000 // len(CASES) + 1
INTERVAL_S = 0.3
TIMEOUT_S = 0.25
# A tick that is served by a machine with two busy cores.
MAX_LAG_MS = 150
# Measured: 1 MiB up or down from run to run, and no trend.
MAX_GROWTH_KIB = 8 * 1024
# Loads this module and runs the check, in a process whose heap no other test has touched.
ALONE = f"from {__name__} import check_a_thousand_scrapes; check_a_thousand_scrapes()"


@attrs.define
class Ups:
    """A sink that keeps `up` by job, and how late each scrape reached it."""

    values: dict[str, list[float]] = attrs.field(factory=dict)
    lags_ms: list[float] = attrs.field(factory=list)

    def put_nowait(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            for index, template in enumerate(batch.layout.templates):
                labels = template.labels(batch.chunks)
                if readable(labels).startswith("up{"):
                    job = dict(labels)["job"]
                    self.values.setdefault(job, []).append(batch.values[index])
                    if job == "honest":
                        self.lags_ms.append(time.time() * 1000 - batch.timestamp_of(index))


def job_of(name: str, port: int) -> ScrapeJob:
    group = TargetGroup(targets=(f"127.0.0.1:{port}",))
    return ScrapeJob(
        job_name=name,
        scrape_interval_s=INTERVAL_S,
        scrape_timeout_s=TIMEOUT_S,
        max_scrape_size_bytes=hostile_server.MAX_BODY_BYTES,
        suppress_scrape_errors=True,
        discoveries=(StaticDiscovery(groups=(group,)),),
    )


async def scrape_all(rounds: int) -> tuple[Ups, dict[str, str]]:
    ups = Ups()
    manager = Manager(
        ups, contexts=TlsContexts(), version="test", wall_ms=lambda: time.time_ns() // 1_000_000
    )
    async with trio.open_nursery() as nursery:
        jobs = [
            job_of(name, await hostile_server.listen(case.behaviour, nursery))
            for name, case in CASES.items()
        ]
        jobs.append(job_of("honest", await hostile_server.listen(answering(page(PAGE)), nursery)))
        await nursery.start(manager.run, jobs, {})
        await trio.sleep(rounds * INTERVAL_S)
        errors = {status.job: status.last_error for status in manager.active_targets()}
        nursery.cancel_scope.cancel()
    return ups, errors


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def resident_kib() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


def test_a_thousand_scrapes_of_hostile_targets() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ALONE],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def check_a_thousand_scrapes() -> None:
    trio.run(scrape_all, ROUNDS)  # what is loaded once is loaded, and the heap as large as it gets
    gc.collect()
    before, held_before = descriptors(), resident_kib()
    ups, errors = trio.run(scrape_all, ROUNDS)
    assert descriptors() == before
    hostile = [name for name, case in CASES.items() if case.kind is not None]
    assert {name for name in hostile if set(ups.values[name]) != {0.0}} == set()
    assert {name for name in hostile if not errors[name]} == set()
    assert sum(map(len, ups.values.values())) > 0.9 * ROUNDS * len(CASES)
    assert set(ups.values["honest"]) == {1.0}
    assert sorted(ups.lags_ms)[int(0.9 * len(ups.lags_ms))] < MAX_LAG_MS
    gc.collect()
    assert resident_kib() - held_before < MAX_GROWTH_KIB
