"""Every behaviour of the hostile server as a target: `up 0`, a reason, nobody else delayed.

The twin over real sockets, a thousand rounds: tests/integration/test_scrape_hostile.py.
"""

from itertools import pairwise

import pytest
import trio
from trio.testing import MockClock

from scraper.settings import ScrapeJob
from scraper.setup import JobSetup
from scraper.target import Target
from tests.hostile_server import (
    CASES,
    MAX_BODY_BYTES,
    MAX_HEADER_BYTES,
    Case,
    MemoryServer,
    say_nothing,
)
from tests.scraper.fleet import Fleet, job_of, page
from transport.client import Client
from transport.tls import TlsContexts

# Inflating 64 MiB in a thread takes real time, during which the mock clock would jump.
SLOW = {"a gzip bomb"}


class HostileFleet(Fleet):
    """Beside the scripted targets one hostile one, `evil:1`."""

    server: MemoryServer

    async def connect(self, host: str, port: int) -> trio.abc.Stream:
        if host == "evil":
            return await self.server.connect(host, port)
        return await super().connect(host, port)

    def client_for(self):  # type: ignore[no-untyped-def]
        def client(target: Target, setup: JobSetup) -> Client:
            return Client(
                target.url,
                setup.job.http,
                contexts=TlsContexts(),
                user_agent="test",
                max_header_bytes=MAX_HEADER_BYTES,
                connector=self.connect,
            )

        return client


def jobs() -> list[ScrapeJob]:
    settings = {"scrape_interval_s": 10.0, "scrape_timeout_s": 5.0}
    return [
        job_of("evil:1", job_name="evil", max_scrape_size_bytes=MAX_BODY_BYTES, **settings),
        job_of("good:1", job_name="good", **settings),
    ]


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=name) for name, case in CASES.items() if name not in SLOW]
)
async def test_a_hostile_target(
    case: Case, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    fleet = HostileFleet(nursery)
    fleet.scripts["good:1"] = page("a 1\n")
    fleet.server = MemoryServer(case.behaviour, nursery)
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as inner:
            manager = fleet.manager()
            await inner.start(manager.run, jobs(), {})
            await trio.sleep(35)
            evil, good = manager.active_targets()
            scope.cancel()
    ups = {
        job: [(value, stamp) for name, value, stamp in fleet.of("up") if f'job="{job}"' in name]
        for job in ("evil", "good")
    }
    is_fine = case.kind is None
    # The first answer of a server that closes between requests, or says too much, is a good one.
    assert {value for value, _ in ups["evil"]} == {1.0 if is_fine else 0.0}
    assert len(ups["evil"]) >= 3
    assert bool(evil.last_error) is not is_fine
    # The neighbour: on the grid, each time, at once.
    stamps = [stamp for _, stamp in ups["good"]]
    assert {value for value, _ in ups["good"]} == {1.0}
    assert [after - before for before, after in pairwise(stamps)] == [10_000] * (len(stamps) - 1)
    assert good.last_duration_s < 0.01
    # All that is left of it is closed with it; who says nothing does not notice either.
    await trio.testing.wait_all_tasks_blocked()
    assert fleet.server.open_count == 0 or case.behaviour is say_nothing
