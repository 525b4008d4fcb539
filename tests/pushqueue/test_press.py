"""What is the same is made once for several remotes, and none of them waits for another."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from pushqueue.block import Block
from pushqueue.fanout import FanOut
from pushqueue.remote import Remote
from pushqueue.settings import RW2, CommonSteps, FrontSettings, ShardSettings
from relabel.rule import RelabelRule
from series.histogram import CUSTOM_BUCKETS_SCHEMA, Histogram
from tests.pushqueue.blocks import batch, layout
from tests.pushqueue.fake_remote import FakeRemote, Reply, Script, always, in_turn, ok
from tests.pushqueue.remotes import remote_on, running

DROP_0 = RelabelRule(action="drop", source_labels=("__name__",), regex="metric_00000")


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


class Pair:
    """Two remotes behind one fan-out; `blocks`: what each queue was given."""

    def __init__(self, path: Path, first: Script = ok, second: Script = ok) -> None:
        self._path = path
        self.ends = (FakeRemote(first), FakeRemote(second))
        self.blocks: tuple[list[Block], list[Block]] = ([], [])
        self.remotes: tuple[Remote, ...] = ()

    @asynccontextmanager
    async def running(
        self,
        one: dict[str, Any],
        other: dict[str, Any],
        front: FrontSettings = FrontSettings(),  # noqa: B008
    ) -> AsyncIterator[FanOut]:
        self.remotes = tuple(
            remote_on(self._path / str(at), end, **fields)
            for at, (end, fields) in enumerate(zip(self.ends, (one, other), strict=True))
        )
        for remote, seen in zip(self.remotes, self.blocks, strict=True):
            _spy(remote, seen)
        fan_out = FanOut(self.remotes, settings=front)
        async with running(self.remotes[0]), running(self.remotes[1]):
            yield fan_out

    @property
    def shares(self) -> bool:
        first, second = self.blocks
        return bool(first) and all(a.body is b.body for a, b in zip(first, second, strict=True))


def _spy(remote: Remote, seen: list[Block]) -> None:
    queue = remote._queue
    put = queue.put_nowait

    def put_nowait(block: Block) -> None:
        seen.append(block)
        put(block)

    queue.put_nowait = put_nowait  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("other", "shares"),
    [
        pytest.param({}, True, id="the same settings"),
        pytest.param({"send_timeout_s": 5.0, "max_disk_bytes": 2**20}, True, id="other queues"),
        pytest.param({"extra_labels": {"a": "b"}}, False, id="other labels"),
        pytest.param({"write_relabel_configs": (DROP_0,)}, False, id="other rules"),
        pytest.param({"max_rows_per_block": 7}, False, id="other Blocks"),
        pytest.param({"obfuscated_labels": ("job",)}, False, id="other secrets"),
        pytest.param({"protobuf_message": RW2}, False, id="another protocol"),
    ],
)
async def test_who_shares(
    tmp_path: Path, autojump_clock: MockClock, other: dict[str, Any], shares: bool
) -> None:
    answer = Reply(headers=(("x-prometheus-remote-write-samples-written", "5"),))
    pair = Pair(tmp_path, second=lambda request: answer)
    async with pair.running({}, other) as fan_out:
        for _ in range(3):
            fan_out.put_nowait([batch(5)])
            await trio.sleep(2)
    assert len(pair.blocks[0]) == 3
    assert len(pair.ends[0].accepted) == 15
    assert len(pair.ends[1].accepted) == 15 - 3 * ("write_relabel_configs" in other)
    if shares:
        assert pair.shares
    else:
        assert not any(a.body is b.body for a in pair.blocks[0] for b in pair.blocks[1])


async def test_a_dead_remote_takes_nothing_from_the_other(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """An hour; the other is unaffected to the sample, and the dead one catches up."""
    is_dead = [True]
    pair = Pair(tmp_path, lambda _: Reply(503 if is_dead[0] else 200))
    alone = FakeRemote()
    single = remote_on(tmp_path / "alone", alone)
    async with pair.running({}, {}) as fan_out, running(single):
        for _ in range(360):
            for sink in (fan_out, single):
                sink.put_nowait([batch(5)])
            await trio.sleep(10)
        assert not pair.ends[0].accepted
        assert [(one.at, one.body) for one in pair.ends[1].requests] == [
            (one.at, one.body) for one in alone.requests
        ]
        is_dead[0] = False
        await trio.sleep(120)
    assert pair.ends[0].accepted == pair.ends[1].accepted == alone.accepted
    assert len(alone.accepted) == 360 * 5


async def test_a_slow_remote_does_not_delay_the_other(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    pair = Pair(tmp_path, lambda _: Reply(after_s=30.0))
    async with pair.running({}, {}) as fan_out:
        for _ in range(20):
            fan_out.put_nowait([batch(5)])
            await trio.sleep(2)
        assert len(pair.ends[1].accepted) == 100
        assert len(pair.ends[0].accepted) <= 5


async def test_when_the_first_of_them_goes_the_others_go_on(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    pair = Pair(tmp_path)
    async with pair.running({}, {}) as fan_out:
        fan_out.put_nowait([batch(5)])
        fan_out.replace(pair.remotes[1:])
        fan_out.put_nowait([batch(3)])
        await trio.sleep(2)
        fan_out.replace(pair.remotes)
        fan_out.put_nowait([batch(2)])
        await trio.sleep(2)
        assert [one.statistics().put_samples_total for one in pair.remotes] == [7, 10]
    assert [len(end.accepted) for end in pair.ends] == [7, 10]


async def test_each_remote_counts_what_it_did_not_get(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    pair = Pair(tmp_path)
    rules = {"write_relabel_configs": (DROP_0,)}
    held = Histogram(schema=0, count=1, sum=1.0)
    native = attrs.evolve(batch(1, of=layout(1, "native")), histograms={0: held})
    async with pair.running(rules, rules) as fan_out:
        fan_out.put_nowait([batch(5), native])
        await trio.sleep(2)
        for remote in pair.remotes:
            found = remote.statistics()
            assert (found.put_samples_total, found.dropped_by_rules_total) == (6, 1)
            assert found.dropped_samples == {"native_histogram": 1}
            assert found.pending_samples == 0
        assert pair.shares


async def test_custom_buckets_go_only_where_there_is_a_place_for_them(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    answer = Reply(headers=(("x-prometheus-remote-write-histograms-written", "2"),))
    pair = Pair(tmp_path, second=lambda request: answer)
    plain = Histogram(schema=0, count=1, sum=1.0)
    custom = Histogram(schema=CUSTOM_BUCKETS_SCHEMA, count=1, sum=1.0, custom_values=(1.0,))
    native = attrs.evolve(batch(2), histograms={0: custom, 1: plain})
    both = {"send_native_histograms": True}
    async with pair.running(both, {**both, "protobuf_message": RW2}) as fan_out:
        fan_out.put_nowait([native])
        await trio.sleep(2)
        assert pair.remotes[0].statistics().dropped_samples == {"custom_buckets": 1}
        assert pair.remotes[1].statistics().dropped_samples == {}
    assert [len(end.accepted) for end in pair.ends] == [1, 2]


async def test_steps_of_all_remotes_are_done_once_and_before_the_shards(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """What the rules of all remotes make equal goes the same way."""
    pair = Pair(tmp_path)
    rule = RelabelRule(target_label="__name__", replacement="one", regex=".*")
    common = {"common": CommonSteps(relabel_configs=(rule, DROP_0))}
    front = FrontSettings(sharding=ShardSettings())
    async with pair.running(common, common, front) as fan_out:
        fan_out.put_nowait([batch(40)])
        await trio.sleep(2)
    assert sorted(len(end.accepted) for end in pair.ends) == [0, 40]


async def test_shards_are_whole_together(tmp_path: Path, autojump_clock: MockClock) -> None:
    pair = Pair(tmp_path, in_turn(503, 503))
    async with pair.running({}, {}, FrontSettings(sharding=ShardSettings())) as fan_out:
        for _ in range(3):
            fan_out.put_nowait([batch(40)])
            await trio.sleep(20)
    names = [{name for name, _, _ in end.accepted} for end in pair.ends]
    assert not names[0] & names[1]
    assert len(names[0] | names[1]) == 40
    assert sum(len(end.accepted) for end in pair.ends) == 120


async def test_too_much_at_once(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Pushers are refused, ticks of targets dropped, markers and admitted pushes pass."""
    pair = Pair(tmp_path)
    async with pair.running({}, {}, FrontSettings(max_ingestion_rate=10)) as fan_out:
        assert fan_out.refusal() is None
        fan_out.put_nowait([batch(30)])
        refused = fan_out.refusal()
        assert refused is not None
        assert (refused.status, refused.retry_after_s) == (503, 3)
        fan_out.put_nowait([batch(4), batch(3, is_markers=True), batch(2, is_pushed=True)])
        await trio.sleep(3)
        assert fan_out.refusal() is None
        assert fan_out.statistics().dropped_samples == {"ingestion_rate": 4}
    assert [len(end.accepted) for end in pair.ends] == [35, 35]


async def test_series_are_limited_before_any_remote(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    pair = Pair(tmp_path, always(200))
    async with pair.running({}, {}, FrontSettings(max_hourly_series=10)) as fan_out:
        fan_out.put_nowait([batch(8), batch(8, of=layout(8, "more"))])
        await trio.sleep(2)
        found = fan_out.statistics()
        assert (found.hourly.current, found.daily.limit) == (10, 0)
        assert found.dropped_samples == {"hourly_series": 6}
    assert [len(end.accepted) for end in pair.ends] == [10, 10]
