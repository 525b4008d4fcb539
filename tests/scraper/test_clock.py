"""Waiting for the wall clock."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from scraper.clock import GridClock


class Wall:
    """A wall clock that can be stepped."""

    def __init__(self) -> None:
        self.ahead_ms = 1_000_000

    def now_ms(self) -> int:
        return round(trio.current_time() * 1000) + self.ahead_ms


async def woken_at(clock: GridClock, due_ms: int) -> tuple[float, int]:
    woken_ms = await clock.wait_until(due_ms)
    return round(trio.current_time() * 1000), woken_ms


async def test_waiters_are_woken_at_their_time(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    clock = GridClock(Wall().now_ms)
    nursery.start_soon(clock.run)
    woken = []

    async def wait(due_ms: int) -> None:
        woken.append((due_ms, await clock.wait_until(due_ms)))

    async with trio.open_nursery() as waiting:
        for due_ms in (1_000_300, 1_000_100, 1_000_300, 1_000_200):
            waiting.start_soon(wait, due_ms)
    assert sorted(woken) == [
        (1_000_100, 1_000_100),
        (1_000_200, 1_000_200),
        (1_000_300, 1_000_300),
        (1_000_300, 1_000_300),
    ]


async def test_one_who_comes_later_may_be_due_earlier(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    clock = GridClock(Wall().now_ms)
    nursery.start_soon(clock.run)
    nursery.start_soon(clock.wait_until, 1_005_000)
    await wait_all_tasks_blocked()
    assert await woken_at(clock, 1_000_500) == (500, 1_000_500)


async def test_a_time_in_the_past_wakes_at_once(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    clock = GridClock(Wall().now_ms)
    nursery.start_soon(clock.run)
    assert await woken_at(clock, 999_000) == (0, 1_000_000)


@pytest.mark.parametrize("step_ms", [3_600_000, -900_000])
async def test_a_step_of_the_clock_changes_no_waiting(
    nursery: trio.Nursery, autojump_clock: MockClock, step_ms: int
) -> None:
    wall = Wall()
    clock = GridClock(wall.now_ms)
    nursery.start_soon(clock.run)

    async def step() -> None:
        await trio.sleep(2)
        wall.ahead_ms += step_ms

    nursery.start_soon(step)
    assert await woken_at(clock, 1_010_000) == (10_000, 1_010_000 + step_ms)
    # The next time is found on the clock as it is now.
    assert await woken_at(clock, 1_015_000 + step_ms) == (15_000, 1_015_000 + step_ms)


async def test_one_who_is_cancelled_is_forgotten(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    clock = GridClock(Wall().now_ms)
    nursery.start_soon(clock.run)
    with trio.move_on_after(1) as scope:
        await clock.wait_until(1_005_000)
    assert scope.cancelled_caught
    assert await woken_at(clock, 1_006_000) == (6_000, 1_006_000)
