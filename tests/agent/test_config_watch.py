"""Looking at the configuration at an interval, on a mock clock."""

from collections.abc import Callable
from typing import TypeVar

import attrs
import pytest
import trio
from trio.testing import MockClock

from agent.config_watch import watch_config
from agent.settings import Settings
from agent.start import SettingsError

T = TypeVar("T")

RUNNING = Settings()
CHANGED = attrs.evolve(RUNNING, data_path="elsewhere")
BROKEN = SettingsError(["p.yml:1:1: no mapping"])
BROKEN_OTHERWISE = SettingsError(["p.yml:2:1: unknown key"])


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


async def in_line(function: Callable[[], T]) -> T:
    await trio.lowlevel.checkpoint()
    return function()


@pytest.mark.parametrize(
    ("looks", "reloads_at"),
    [
        pytest.param([RUNNING, RUNNING], [], id="an unchanged configuration touches nothing"),
        pytest.param([RUNNING, CHANGED, CHANGED], [20], id="a change is loaded once"),
        pytest.param([CHANGED, RUNNING], [10, 20], id="and so is the way back"),
        pytest.param([BROKEN, BROKEN, BROKEN], [10], id="a mistake that stays is told once"),
        pytest.param([BROKEN, BROKEN_OTHERWISE], [10, 20], id="another mistake is told, too"),
        pytest.param([BROKEN, RUNNING, BROKEN], [10, 30], id="and the same one if it comes again"),
    ],
)
async def test_looks(
    looks: list[Settings | SettingsError], reloads_at: list[float], autojump_clock: MockClock
) -> None:
    state = {"running": RUNNING, "wanted": RUNNING}
    reloads: list[float] = []
    coming = iter(looks)
    start = trio.current_time()

    def load() -> Settings:
        look = next(coming, state["running"])
        if isinstance(look, SettingsError):
            raise look
        state["wanted"] = look
        return look

    async def reload() -> None:
        await trio.lowlevel.checkpoint()
        reloads.append(trio.current_time() - start)
        state["running"] = state["wanted"]

    with trio.move_on_after(10 * len(looks) + 5):
        await watch_config(
            10, load=load, running=lambda: state["running"], reload=reload, run_sync=in_line
        )
    assert reloads == reloads_at


async def test_an_interval_of_0_never_looks() -> None:
    async def reload() -> None:
        raise AssertionError

    await watch_config(0, load=Settings, running=Settings, reload=reload)
