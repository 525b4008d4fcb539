"""A long outage costs density, no hole: segments thinned within the byte bound."""

import contextlib
import random
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from pushqueue.block import Block
from pushqueue.codec import series_of
from pushqueue.segment import BESIDE_NAME
from pushqueue.segment_thinner import Thinned
from pushqueue.store import Store
from tests.pushqueue.blocks import NOW_MS, batch, layout
from tests.pushqueue.fake_directory import Crash, Disk
from tests.pushqueue.fake_remote import FakeRemote, Reply
from tests.pushqueue.remotes import remote_on, running, wall_ms
from tests.pushqueue.stores import opened, restarted, take
from tests.pushqueue.test_thinning import made

BOUND = 64 * 1024
OPTIONS: dict[str, Any] = {"max_bytes": BOUND}
NAMES = layout(20)


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


def stored(number: int, *, is_markers: bool = False) -> Block:
    time_ms = NOW_MS + 1000 * number
    kinds = {"is_markers": is_markers, "of": NAMES, "time_ms": time_ms}
    one = made([batch(20, key=7, **kinds), batch(20, key=number % 5, **kinds)])  # type: ignore[arg-type]
    return attrs.evolve(one, lane=0, sequence=number)


def fill(store: Store, numbers: range, markers: frozenset[int] = frozenset()) -> Counter[str]:
    lost: Counter[str] = Counter()
    for number in numbers:
        result = store.append([stored(number, is_markers=number in markers)], NOW_MS)
        assert result.error is None
        lost["thinned"] += sum(one.lost_samples for one in result.thinned)
        lost["dropped"] += sum(drop.tally.samples for drop in result.drops)
    return lost


def drain(store: Store) -> list[tuple[int, bool, int]]:
    """Second, whether markers, samples: in the order of the Blocks."""
    found = []
    while (one := take(store)) is not None:
        entry = one.batches[0]
        assert len(series_of(one)) == one.sample_count
        found.append(((entry.time_ms - NOW_MS) // 1000, entry.is_markers, one.sample_count))
    return found


def outage_of(times: int) -> int:
    """So many Blocks fill the bound so many times."""
    return times * BOUND // (64 + stored(1).size_bytes)


def test_an_outage_of_ten_times_the_bound() -> None:
    disk = Disk()
    store = opened(disk, **OPTIONS)
    total = outage_of(10)
    markers = frozenset(range(50, total, total // 10))
    lost = fill(store, range(1, total), markers)
    assert disk.most_bytes <= BOUND
    assert lost["dropped"] == 0
    assert store.statistics.samples == 40 * (total - 1) - lost["thinned"]
    found = drain(store)
    seconds = [second for second, _, _ in found]
    assert seconds == sorted(seconds)
    assert {second for second, is_marker, _ in found if is_marker} == markers
    tenths = Counter(10 * second // total for second in seconds)
    assert set(tenths) == set(range(10))
    assert max(b - a for a, b in pairwise(seconds)) < total // 10
    counts: Counter[int] = Counter()
    for second, _, samples in found:
        counts[10 * second // total] += samples
    # Files of 4 KiB hold few ticks, so that the old tenths differ by chance.
    assert counts[9] > 5 * max(counts[at] for at in range(9))
    assert sum(counts[at] for at in range(5)) < sum(counts[at] for at in range(5, 10))


def test_what_is_left_survives_a_restart_and_goes_on_being_thinned() -> None:
    disk = Disk()
    store = opened(disk, **OPTIONS)
    lost = fill(store, range(1, outage_of(3)))
    again = restarted(disk, **OPTIONS)
    assert again.statistics.samples == store.statistics.samples
    assert again.statistics.damages_total == 0
    for number in range(1, outage_of(3)):
        block = attrs.evolve(stored(number), sequence=number)
        lost["thinned"] += sum(one.lost_samples for one in again.append([block], NOW_MS).thinned)
    assert disk.most_bytes <= BOUND
    assert again.statistics.samples == 2 * 40 * (outage_of(3) - 1) - lost["thinned"]


def test_what_the_sender_has_in_hand_stays_whole() -> None:
    disk = Disk()
    store = opened(disk, **OPTIONS)
    fill(store, range(1, 10))
    held = store.next_block(0)
    assert held is not None
    fill(store, range(10, outage_of(4)))
    assert store.next_block(0) == held
    before = store.statistics.samples
    store.acknowledge(held)
    assert store.statistics.samples == before - 40
    assert len(drain(store)) > 10
    assert store.statistics.samples == store.statistics.blocks == 0


def test_pushed_data_goes_whole_and_oldest_first_as_ever() -> None:
    store = opened(Disk(), **OPTIONS)
    lost = 0
    for number in range(1, outage_of(3)):
        one = made([batch(20, of=NAMES, time_ms=NOW_MS + number, is_pushed=True)])
        result = store.append([attrs.evolve(one, lane=0, sequence=number)], NOW_MS)
        assert not result.thinned
        lost += sum(drop.tally.samples for drop in result.drops)
    assert lost > 0


def test_a_damaged_segment_is_left_alone() -> None:
    disk = Disk()
    store = opened(disk, **OPTIONS)
    fill(store, range(1, outage_of(1) // 2))
    node = disk.nodes[sorted(name for name in disk.nodes if name.endswith(".pfq"))[0]]
    node.data[len(node.data) // 2] ^= 255
    lost = fill(store, range(outage_of(1) // 2, outage_of(3)))
    assert lost["thinned"] > 0
    assert disk.most_bytes <= BOUND


@pytest.mark.parametrize("operation", ["create", "rename", "sync_directory"])
def test_a_disk_that_fails_while_thinning_costs_nothing_else(operation: str) -> None:
    disk = Disk()
    store = opened(disk, **OPTIONS)
    fill(store, range(1, outage_of(1) - 20))
    for number in range(outage_of(1) - 20, outage_of(2)):
        disk.faults = {operation: 5} if number % 3 == 0 else {}
        store.append([stored(number)], NOW_MS)
        assert disk.most_bytes <= BOUND
    disk.faults = {}
    before = store.statistics.samples
    assert sum(samples for _, _, samples in drain(store)) == before


def _crashed_at(calls: int, rng: random.Random | None) -> tuple[Disk, Store]:
    disk = Disk()
    store = opened(disk, **OPTIONS)
    fill(store, range(1, outage_of(1) - 12))
    disk.calls_left = calls
    with contextlib.suppress(Crash):
        fill(store, range(outage_of(1) - 12, outage_of(2)))
    if rng is None:
        disk.kill()
    else:
        disk.cut_power(rng)
    return disk, opened(disk, **OPTIONS)


@pytest.mark.parametrize("has_power", [True, False])
def test_a_crash_at_any_instant_leaves_one_of_the_two(has_power: bool) -> None:
    for calls in range(3, 150, 13):
        disk, store = _crashed_at(calls, None if has_power else random.Random(calls))
        assert BESIDE_NAME not in disk.nodes
        expected = store.statistics.samples
        found = drain(store)
        assert sum(samples for _, _, samples in found) == expected
        seconds = [second for second, _, _ in found]
        assert seconds == sorted(set(seconds))
        assert seconds[0] < 10


async def test_the_queue_counts_what_was_thinned(tmp_path: Path, autojump_clock: MockClock) -> None:
    """A whole remote, down for long: what it sends and what it counts as lost is all there was."""
    is_dead = [True]
    far_end = FakeRemote(lambda _: Reply(503 if is_dead[0] else 200))
    names = layout(400)
    remote = remote_on(tmp_path, far_end, max_disk_bytes=2**20)
    async with running(remote):
        for _ in range(120):
            times = {"time_ms": wall_ms(), "of": names}
            remote.put_nowait([batch(400, key=key, **times) for key in range(10)])  # type: ignore[arg-type]
            await trio.sleep(15)
        files = sum(path.stat().st_size for path in (tmp_path / "queues").rglob("*.pfq"))
        assert files <= 2**20
        lost = remote.statistics().dropped_samples
        assert set(lost) == {"thinned"}
        is_dead[0] = False
        await trio.sleep(300)
        assert remote.statistics().pending_samples == 0
        assert len(far_end.accepted) + lost["thinned"] == 120 * 4000


def test_a_note_of_what_went() -> None:
    store = opened(Disk(), **OPTIONS)
    notes: list[Thinned] = []
    for number in range(1, outage_of(2)):
        notes += store.append([stored(number)], NOW_MS).thinned
    assert all(note.key == (store.epoch, 0) for note in notes)
    assert any(note.left is None for note in notes)
    assert {note.lost_samples for note in notes} <= {20, 40}
