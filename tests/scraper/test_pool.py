"""One job's targets as discovery comes, changes and fails."""

from collections.abc import Sequence

import attrs
import pytest
import trio
from trio.testing import MockClock

from scraper.clock import GridClock
from scraper.discovery import Discovery, Publish
from scraper.loop import Surroundings
from scraper.pool import FIRST_SET_WAIT_S, Pool
from scraper.settings import DiscoverySettings, FileDiscovery, ScrapeJob, TargetGroup
from scraper.setup import set_up
from tests.scraper.batches import STALE
from tests.scraper.fleet import Fleet, job_of, page


@attrs.define
class Told:
    """A discovery that finds what it is told."""

    last_error: str = ""
    publish: Publish | None = None
    is_running: bool = False

    async def run(self, publish: Publish) -> None:
        self.publish = publish
        self.is_running = True
        try:
            await trio.sleep_forever()
        finally:
            self.is_running = False

    def find(self, *targets: str, **labels: str) -> None:
        assert self.publish is not None
        self.publish((TargetGroup(targets=targets, labels=labels),))


class World:
    """A pool whose discoveries are known by their first file name."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.discoveries: dict[str, Told] = {}
        clock = GridClock(fleet.wall_ms)
        fleet.nursery.start_soon(clock.run)
        self._around = Surroundings(
            sink=fleet, clock=clock, client_for=fleet.client_for(), open_discovery=self._open
        )

    def _open(self, settings: DiscoverySettings) -> Discovery:
        assert isinstance(settings, FileDiscovery)
        return self.discoveries.setdefault(settings.files[0], Told())

    async def start(self, job: ScrapeJob) -> Pool:
        pool = Pool(set_up(job, {}), self._around)
        self.fleet.nursery.start_soon(pool.run)
        await trio.testing.wait_all_tasks_blocked()
        return pool


def job_with(*names: str, **settings: object) -> ScrapeJob:
    discoveries = tuple([FileDiscovery(files=(name,)) for name in names])
    return job_of(discoveries=discoveries, **settings)


@pytest.fixture
def world(nursery: trio.Nursery) -> World:
    fleet = Fleet(nursery)
    for number in range(1, 10):
        fleet.scripts[f"h:{number}"] = page("a 1\n")
    return World(fleet)


def instances(pool: Pool) -> list[str]:
    return [status.labels["instance"] for status in pool.statuses()]


async def settle() -> None:
    await trio.testing.wait_all_tasks_blocked()


async def test_targets_come_and_go_with_discovery(world: World, autojump_clock: MockClock) -> None:
    pool = await world.start(job_with("one"))
    one = world.discoveries["one"]
    for found in (["h:1"], ["h:1", "h:2"], ["h:2"], []):
        one.find(*found)
        await settle()
        assert sorted(instances(pool)) == found


async def test_a_target_that_stays_is_not_disturbed(
    world: World, autojump_clock: MockClock
) -> None:
    pool = await world.start(job_with("one"))
    world.discoveries["one"].find("h:1")
    await world.fleet.wait_puts(1)
    world.discoveries["one"].find("h:1", "h:2")
    await world.fleet.wait_puts(4)
    stamps = [stamp for name, _, stamp in world.fleet.of("up") if "h:1" in name]
    assert stamps[1] - stamps[0] == 10_000
    assert len(pool.statuses()) == 2
    assert not any(value == STALE for _, value, _ in world.fleet.rows)


async def test_other_discovered_labels_of_the_same_target_show(
    world: World, autojump_clock: MockClock
) -> None:
    pool = await world.start(job_with("one"))
    for meta in ("1", "2"):
        world.discoveries["one"].find("h:1", __meta_x=meta)
        await settle()
        (status,) = pool.statuses()
        assert status.discovered_labels["__meta_x"] == meta


async def test_a_discovery_that_finds_nothing_is_waited_for_a_while_only(
    world: World, autojump_clock: MockClock
) -> None:
    pool = await world.start(job_with("one", "never"))
    world.discoveries["one"].find("h:1")
    await world.fleet.wait_puts(1)
    assert trio.current_time() < FIRST_SET_WAIT_S + 10.1
    # And it holds up nobody any more.
    world.discoveries["one"].find("h:2")
    await settle()
    assert instances(pool) == ["h:2"]


async def test_a_reload_keeps_discoveries_that_stay(
    world: World, autojump_clock: MockClock
) -> None:
    pool = await world.start(job_with("one", "two"))
    world.discoveries["one"].find("h:1")
    world.discoveries["two"].find("h:2")
    await settle()
    pool.reconfigure(set_up(job_with("two", "three"), {}))
    await settle()
    # Until the new one has found its first set, nothing is stopped.
    assert sorted(instances(pool)) == ["h:1", "h:2"]
    world.discoveries["three"].find("h:3")
    await settle()
    assert sorted(instances(pool)) == ["h:2", "h:3"]
    running = {name for name, told in world.discoveries.items() if told.is_running}
    assert running == {"two", "three"}


async def test_a_reload_that_leaves_no_discovery_leaves_no_target(
    world: World, autojump_clock: MockClock
) -> None:
    pool = await world.start(job_with("one"))
    world.discoveries["one"].find("h:1")
    await world.fleet.wait_puts(1)
    pool.reconfigure(set_up(job_with(), {}))
    await settle()
    assert instances(pool) == []
    assert world.fleet.rows[-1][1] == STALE


async def test_a_reload_while_discovery_is_awaited(world: World, autojump_clock: MockClock) -> None:
    pool = await world.start(job_with("never"))
    pool.reconfigure(set_up(job_with("one"), {}))
    await trio.sleep(FIRST_SET_WAIT_S + 0.1)
    world.discoveries["one"].find("h:1")
    await settle()
    assert instances(pool) == ["h:1"]


async def test_stop_ends_discoveries_and_targets(world: World, autojump_clock: MockClock) -> None:
    pool = await world.start(job_with("one"))
    world.discoveries["one"].find("h:1")
    await world.fleet.wait_puts(1)
    pool.stop()
    await settle()
    assert not world.discoveries["one"].is_running
    assert pool.statuses() == []
    ended: Sequence[str] = [name for name, value, _ in world.fleet.rows if value == STALE]
    assert len(ended) == 6


async def test_what_keeps_a_discovery_from_its_targets_is_told(
    world: World, autojump_clock: MockClock
) -> None:
    pool = await world.start(job_with("one", "two"))
    world.discoveries["two"].last_error = "no such host"
    assert pool.discovery_errors() == ["no such host"]
