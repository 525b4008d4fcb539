"""Each row of the table of answers: both versions, Blocks of all sizes, no culprit, one, nothing
but culprits (issue 9, checks)."""

from pathlib import Path

import attrs
import pytest
import trio
from trio.testing import MockClock

from pushqueue.delivery import MAX_PARTS, SMALL_BLOCK_SAMPLES
from pushqueue.settings import RW1, RW2
from pushqueue.statistics import RemoteStatistics
from tests.pushqueue.blocks import batch
from tests.pushqueue.fake_remote import FakeRemote, Reply, Request
from tests.pushqueue.remotes import remote_on, running

NONE, ONE, ALL = "no culprit", "one culprit", "culprits only"
SIZES = (1, 32, 33, 10_000)


@attrs.frozen
class Judged:
    """`tried`: sizes of the requests for the Block, in order; `accepted`: its samples."""

    tried: list[int]
    accepted: list[int]
    bodies: set[bytes]
    statistics: RemoteStatistics

    @property
    def dropped(self) -> int:
        return sum(self.statistics.dropped_samples.values())


@attrs.define
class Remote:
    """Answers with `status` to whatever holds a culprit."""

    status: int
    culprits: range
    is_armed: bool = False
    tried: list[int] = attrs.field(factory=list)
    accepted: list[int] = attrs.field(factory=list)
    known: dict[bytes, list[int]] = attrs.field(factory=dict)

    def __call__(self, request: Request) -> Reply:
        if (numbers := self.known.get(request.body)) is None:
            numbers = self.known[request.body] = [int(value) for _, value, _ in request.samples]
        if not self.is_armed:
            return Reply(204, headers=written(len(numbers)))
        self.tried.append(len(numbers))
        if any(number in self.culprits for number in numbers):
            return Reply(self.status, headers=written(0))
        self.accepted += numbers
        return Reply(204, headers=written(len(numbers)))


def written(samples: int) -> tuple[tuple[str, str], ...]:
    kinds = {"samples": samples, "histograms": 0, "exemplars": 0}
    return tuple((f"x-prometheus-remote-write-{k}-written", str(n)) for k, n in kinds.items())


async def judged(path: Path, version: int, size: int, culprits: str, status: int) -> Judged:
    """What becomes of a Block of `size` series at a remote that took one before."""
    first, last = {NONE: (0, 0), ONE: (size // 3, size // 3 + 1), ALL: (0, size)}[culprits]
    script = Remote(status, range(first, last))
    far_end = FakeRemote(script)
    message = RW2 if version == 2 else RW1
    async with running(remote_on(path, far_end, protobuf_message=message)) as remote:
        remote.put_nowait([batch(1)])
        await trio.sleep(5)
        script.is_armed = True
        before = len(far_end.requests)
        remote.put_nowait([batch(size)])
        await trio.sleep(60)
        bodies = {request.body for request in far_end.requests[before:]}
        return Judged(script.tried, script.accepted, bodies, remote.statistics())


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


pytestmark = [
    pytest.mark.parametrize("version", [1, 2], ids=["1.0", "2.0"]),
    pytest.mark.parametrize("size", SIZES),
]


@pytest.mark.parametrize("status", [503, 401, 413, 400])
async def test_without_a_culprit_it_is_one_request(
    status: int, size: int, version: int, tmp_path: Path, autojump_clock: MockClock
) -> None:
    seen = await judged(tmp_path, version, size, NONE, status)
    assert seen.tried == [size]
    assert seen.accepted == list(range(size))


@pytest.mark.parametrize("culprits", [ONE, ALL])
@pytest.mark.parametrize(
    ("status", "state", "attempts"),
    [(429, "retrying", 6), (503, "retrying", 6), (401, "holding", 6)],
)
async def test_what_is_retried_or_held_is_kept_whole(
    status: int,
    state: str,
    attempts: int,
    culprits: str,
    size: int,
    version: int,
    tmp_path: Path,
    autojump_clock: MockClock,
) -> None:
    seen = await judged(tmp_path, version, size, culprits, status)
    assert len(seen.bodies) == 1
    assert len(seen.tried) <= attempts
    assert (seen.accepted, seen.dropped) == ([], 0)
    assert (seen.statistics.state, seen.statistics.pending_samples) == (state, size)


@pytest.mark.parametrize("status", [400, 422])
async def test_one_culprit_is_found(
    status: int, size: int, version: int, tmp_path: Path, autojump_clock: MockClock
) -> None:
    seen = await judged(tmp_path, version, size, ONE, status)
    if size <= SMALL_BLOCK_SAMPLES:
        assert (seen.tried, seen.dropped) == ([size], size)
        return
    assert len(seen.tried) <= MAX_PARTS
    assert 0 < seen.dropped <= SMALL_BLOCK_SAMPLES
    assert seen.statistics.dropped_samples == {"refused": seen.dropped}
    assert seen.accepted == sorted(set(seen.accepted))
    assert len(seen.accepted) == size - seen.dropped


async def test_nothing_but_culprits_costs_a_bounded_number_of_requests(
    size: int, version: int, tmp_path: Path, autojump_clock: MockClock
) -> None:
    seen = await judged(tmp_path, version, size, ALL, 400)
    assert len(seen.tried) <= (1 if size <= SMALL_BLOCK_SAMPLES else MAX_PARTS + 1)
    assert seen.accepted == []
    assert seen.statistics.dropped_samples == {"refused": size}


async def test_of_what_is_too_large_only_that_is_lost(
    size: int, version: int, tmp_path: Path, autojump_clock: MockClock
) -> None:
    seen = await judged(tmp_path, version, size, ONE, 413)
    assert seen.accepted == [number for number in range(size) if number != size // 3]
    assert seen.statistics.dropped_samples == {"refused": 1}


async def test_where_everything_is_too_large_the_halving_ends(
    size: int, version: int, tmp_path: Path, autojump_clock: MockClock
) -> None:
    seen = await judged(tmp_path, version, size, ALL, 413)
    assert len(seen.tried) < 100
    assert (seen.accepted, seen.dropped) == ([], size)
