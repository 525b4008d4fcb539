"""The order of each series over many lanes, with delays and failures by chance."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from pushqueue.remote import Remote
from tests.pushqueue.blocks import NOW_MS, batch, layout
from tests.pushqueue.fake_remote import FakeRemote, Reply, Request, Sample
from tests.pushqueue.remotes import remote_on, running
from transport.errors import TransportError

SERIES, TARGETS = 25, 40


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


def by_chance(seed: int) -> Callable[[Request], Reply | TransportError]:
    """Every third request fails; an answer takes up to two seconds."""
    draw = random.Random(seed)

    def script(request: Request) -> Reply | TransportError:
        after_s = 2 * draw.random()
        match draw.randrange(9):
            case 0:
                return Reply(503, after_s=after_s)
            case 1:
                return Reply(429, headers=(("retry-after", "1"),), after_s=after_s)
            case 2:
                return TransportError("closed", "by chance", may_have_arrived=True)
        return Reply(after_s=after_s)

    return script


def inversions(accepted: list[Sample]) -> int:
    """How many samples came after a newer one of their series, or twice."""
    newest: dict[str, int] = {}
    found = 0
    for name, _, timestamp_ms in accepted:
        found += newest.get(name, 0) >= timestamp_ms
        newest[name] = timestamp_ms
    return found


async def put_rounds(remote: Remote, rounds: range) -> None:
    """A scrape of each target in a round."""
    layouts = [layout(SERIES, f"t{target}") for target in range(TARGETS)]
    for number in rounds:
        time_ms = NOW_MS + 1000 * number
        remote.put_nowait(
            [
                batch(SERIES, key=target, time_ms=time_ms, of=layouts[target])
                for target in range(TARGETS)
            ]
        )
        await trio.sleep(1)


async def test_eight_lanes_keep_the_order_of_100_000_samples(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote(by_chance(1))
    async with running(remote_on(tmp_path, far_end, lanes=8)) as remote:
        await put_rounds(remote, range(100))
        await trio.sleep(2000)
        assert remote.statistics().pending_samples == 0
    assert len(far_end.accepted) == 100_000
    assert inversions(far_end.accepted) == 0
    assert far_end.most_in_flight == 8


@pytest.mark.parametrize("before_and_after", [(8, 3), (1, 8)])
async def test_another_number_of_lanes_keeps_the_order(
    before_and_after: tuple[int, int], tmp_path: Path, autojump_clock: MockClock
) -> None:
    before, after = before_and_after
    far_end = FakeRemote(lambda request: Reply(503))
    async with running(remote_on(tmp_path, far_end, lanes=before)) as remote:
        await put_rounds(remote, range(10))
    far_end.script = by_chance(2)
    async with running(remote_on(tmp_path, far_end, lanes=after)) as remote:
        await put_rounds(remote, range(10, 20))
        await trio.sleep(2000)
    assert len(far_end.accepted) == 20 * SERIES * TARGETS
    assert inversions(far_end.accepted) == 0
