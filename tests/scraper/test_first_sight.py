"""The turn of targets whose page is not known yet."""

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from scraper.first_sight import MOST_WAIT_S, FirstSight


@attrs.define
class Log:
    """Who had a turn, and when, in seconds since the start."""

    sight: FirstSight = attrs.field(factory=FirstSight)
    start_s: float = attrs.field(factory=trio.current_time)
    lines: list[str] = attrs.field(factory=list)

    async def stay(self, name: str, seconds: float) -> None:
        async with self.sight.turn():
            self.lines.append(f"{name} begins at {trio.current_time() - self.start_s:g}")
            await trio.sleep(seconds)
            self.lines.append(f"{name} ends at {trio.current_time() - self.start_s:g}")


async def told(*seconds: float) -> list[str]:
    """What happens when tasks a, b, ... come in this order and need so long."""
    log = Log()
    async with trio.open_nursery() as nursery:
        for name, each in zip("abc", seconds, strict=False):
            nursery.start_soon(log.stay, name, each)
            await wait_all_tasks_blocked()
    return log.lines


async def test_one_after_the_other(autojump_clock: MockClock) -> None:
    assert await told(1, 2) == ["a begins at 0", "a ends at 1", "b begins at 1", "b ends at 3"]


async def test_nobody_waits_long_for_a_huge_page(autojump_clock: MockClock) -> None:
    wait = f"{MOST_WAIT_S:g}"
    assert {f"b begins at {wait}", f"c begins at {wait}", "a ends at 25"} <= set(
        await told(25, 1, 1)
    )


async def test_a_page_that_fails_gives_its_turn_back(autojump_clock: MockClock) -> None:
    log = Log()
    with pytest.raises(ValueError, match="a bad page"):
        async with log.sight.turn():
            raise ValueError("a bad page")
    await log.stay("b", 1)
    assert log.lines == ["b begins at 0", "b ends at 1"]
