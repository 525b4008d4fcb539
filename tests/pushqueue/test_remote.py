"""A whole remote: from batches to the far end, its stop, its statistics."""

import os
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from pushqueue.errors import QueueError
from pushqueue.fanout import FanOut
from pushqueue.remote import Remote
from pushqueue.settings import CommonSteps
from relabel.limits import LabelLimits
from relabel.rule import RelabelRule
from series.batch import Sink
from series.histogram import Histogram
from tests.pushqueue.blocks import NOW_MS, batch
from tests.pushqueue.fake_remote import FakeRemote, Reply, always, in_turn
from tests.pushqueue.remotes import remote_on, running
from transport.errors import TransportError


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


def files(path: Path) -> list[str]:
    return sorted(os.listdir(path / "queues" / "r"))


def times(far_end: FakeRemote) -> list[int]:
    return [time_ms - NOW_MS for _, _, time_ms in far_end.accepted]


# Batching


async def test_batches_of_a_flush_interval_are_one_request(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote()
    async with running(remote_on(tmp_path, far_end)) as remote:
        for number in range(40):
            remote.put_nowait([batch(5, key=number)])
            await trio.sleep(0.1)
        await trio.sleep(2)
    assert 4 <= len(far_end.requests) <= 5
    assert len(far_end.accepted) == 200


class Wakes(trio.abc.Instrument):
    """Counts how often tasks other than the current one are woken."""

    def __init__(self) -> None:
        self._own, self.count = trio.lowlevel.current_task(), 0

    def task_scheduled(self, task: trio.lowlevel.Task) -> None:
        self.count += task is not self._own


async def test_a_steady_stream_wakes_the_remote_for_its_flushes_only(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running(remote_on(tmp_path, FakeRemote())) as remote:
        wakes = Wakes()
        trio.lowlevel.add_instrument(wakes)
        for _ in range(1000):
            remote.put_nowait([batch(1)])
            await trio.sleep(0.01)
        trio.lowlevel.remove_instrument(wakes)
        assert remote.statistics().requests_total == pytest.approx(10, abs=1)
    # One to make the Block, one to look at the disk's time, the others to send.
    assert wakes.count <= 10 * 10


async def test_full_blocks_go_at_once(tmp_path: Path, autojump_clock: MockClock) -> None:
    far_end = FakeRemote()
    async with running(remote_on(tmp_path, far_end, max_rows_per_block=10)) as remote:
        remote.put_nowait([batch(10, key=key) for key in range(3)])
        await trio.sleep(0.001)
        assert [len(request.samples) for request in far_end.requests] == [10, 10, 10]


async def test_a_block_stays_within_its_bytes(tmp_path: Path, autojump_clock: MockClock) -> None:
    far_end = FakeRemote()
    async with running(remote_on(tmp_path, far_end, max_block_bytes=1000)) as remote:
        remote.put_nowait([batch(100)])
        await trio.sleep(2)
    assert len(far_end.requests) > 4
    assert len(far_end.accepted) == 100


async def test_a_long_flush_interval_does_not_outlast_the_promise(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote(always(503))
    async with running(remote_on(tmp_path, far_end, flush_interval_s=60.0)) as remote:
        remote.put_nowait([batch(5)])
        await trio.sleep(1.001)
        assert remote.statistics().queue.disk_samples == 5


async def test_what_is_put_before_the_start_is_sent(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote()
    remote = remote_on(tmp_path, far_end)
    remote.put_nowait([batch(5)])
    async with running(remote):
        await trio.sleep(2)
    assert len(far_end.accepted) == 5


async def test_native_histograms_are_dropped_and_never_sent_as_floats(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote()
    held = Histogram(schema=0, count=1, sum=1.0)
    native = attrs.evolve(batch(2), histograms={0: held, 1: held})
    async with running(remote_on(tmp_path, far_end)) as remote:
        remote.put_nowait([native, batch(5)])
        await trio.sleep(2)
        assert remote.statistics().dropped_samples["native_histogram"] == 2
    assert len(far_end.accepted) == 5


async def test_own_rules_and_labels(tmp_path: Path, autojump_clock: MockClock) -> None:
    rule = RelabelRule(action="drop", source_labels=("__name__",), regex="metric_0000[1-3]")
    far_end = FakeRemote()
    remote = remote_on(
        tmp_path, far_end, write_relabel_configs=(rule,), extra_labels={"region": "eu"}
    )
    async with running(remote):
        remote.put_nowait([batch(5)])
        await trio.sleep(2)
        assert remote.statistics().dropped_by_rules_total == 3
    assert [name for name, _, _ in far_end.accepted] == ["metric_00000", "metric_00004"]


async def test_the_steps_of_all_remotes_come_before_its_own(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    rename = RelabelRule(target_label="__name__", replacement="a.b", regex=".*")
    own = RelabelRule(action="drop", source_labels=("__name__",), regex="a\\.b")
    far_end = FakeRemote()
    common = CommonSteps(relabel_configs=(rename,), is_compatible_naming=True)
    remote = remote_on(tmp_path, far_end, common=common, write_relabel_configs=(own,))
    async with running(remote):
        remote.put_nowait([batch(1)])
        await trio.sleep(2)
    assert [name for name, _, _ in far_end.accepted] == ["a_b"]


async def test_a_limit_on_labels_drops_the_series(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote()
    common = CommonSteps(limits=LabelLimits(max_labels=1))
    async with running(remote_on(tmp_path, far_end, common=common)) as remote:
        remote.put_nowait([batch(2)])
        await trio.sleep(2)
        assert remote.statistics().dropped_by_rules_total == 2
    assert far_end.accepted == []


# The stop


async def test_a_stop_flushes_to_a_remote_that_answers(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote(lambda request: Reply(after_s=0.3))
    async with running(remote_on(tmp_path, far_end)) as remote:
        for number in range(3):
            remote.put_nowait([batch(1, time_ms=NOW_MS + number)])
            await trio.sleep(1)
        remote.put_nowait([batch(1, time_ms=NOW_MS + 3)])
    assert times(far_end) == [0, 1, 2, 3]
    assert far_end.is_closed
    assert files(tmp_path) == ["lock"]


async def test_a_stop_lets_the_request_in_flight_end(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote(lambda request: Reply(after_s=1.5))
    async with running(remote_on(tmp_path, far_end)) as remote:
        remote.put_nowait([batch(1)])
        await trio.sleep(1.1)
        assert far_end.in_flight == 1
    assert times(far_end) == [0]
    assert len(far_end.requests) == 1


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(always(503), id="a failing remote"),
        pytest.param(always(401), id="a remote that holds us off"),
        pytest.param(lambda request: Reply(after_s=50), id="a remote that does not answer"),
        pytest.param(lambda request: TransportError("connect", "no"), id="no remote at all"),
    ],
)
async def test_a_stop_keeps_what_is_not_delivered(
    script: Any, tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running(remote_on(tmp_path, FakeRemote(script))) as remote:
        for number in range(5):
            remote.put_nowait([batch(1, time_ms=NOW_MS + number)])
            await trio.sleep(1)
        remote.put_nowait([batch(1, time_ms=NOW_MS + 5)])
        stopped_at = trio.current_time()
    assert trio.current_time() - stopped_at < 5
    assert remote.statistics().dropped_samples == {}
    far_end = FakeRemote()
    async with running(remote_on(tmp_path, far_end)):
        await trio.sleep(1)
    assert times(far_end) == [0, 1, 2, 3, 4, 5]


async def test_a_stop_does_not_wait_for_a_remote_that_is_known_to_fail(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running(remote_on(tmp_path, FakeRemote(always(503)))) as remote:
        remote.put_nowait([batch(1)])
        await trio.sleep(10)
        stopped_at = trio.current_time()
    assert trio.current_time() - stopped_at < 0.1


async def test_a_stop_with_a_long_backlog_keeps_its_rest(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running(remote_on(tmp_path, FakeRemote(always(503)))) as remote:
        for number in range(60):
            remote.put_nowait([batch(1, time_ms=NOW_MS + number)])
            await trio.sleep(1)
    slow = FakeRemote(lambda request: Reply(after_s=0.4))
    async with running(remote_on(tmp_path, slow)):
        await trio.sleep(1)
        stopped_at = trio.current_time()
    assert trio.current_time() - stopped_at < 5
    rest = FakeRemote()
    async with running(remote_on(tmp_path, rest)):
        await trio.sleep(5)
    assert sorted({*times(slow), *times(rest)}) == list(range(60))
    assert 0 < len(times(slow)) < 60


async def test_a_stop_at_once_is_a_stop(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running(remote_on(tmp_path, FakeRemote())):
        pass
    assert files(tmp_path) == ["lock"]


# An outage


async def test_after_an_outage_everything_is_delivered_in_order(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote()
    async with running(remote_on(tmp_path, far_end)) as remote:
        for number in range(30):
            far_end.script = always(200) if number < 10 or number >= 20 else always(502)
            remote.put_nowait([batch(1, time_ms=NOW_MS + number)])
            await trio.sleep(1)
        await trio.sleep(120)
        assert remote.statistics().pending_samples == 0
    assert times(far_end) == list(range(30))


# Looking in


async def test_statistics(tmp_path: Path, autojump_clock: MockClock) -> None:
    far_end = FakeRemote(in_turn(200, 200, 500, 500, 500))
    remote = remote_on(tmp_path, far_end)
    async with running(remote):
        for number in range(4):
            remote.put_nowait([batch(10, time_ms=NOW_MS + 1000 * number)])
            await trio.sleep(1.2)
        remote.put_nowait([batch(7, time_ms=NOW_MS + 5000)])
        found = remote.statistics()
        assert (found.name, found.key, found.url) == ("r", "r", "http://127.0.0.1:9/write")
        assert found.put_samples_total == 47
        assert found.sent_samples_total + found.pending_samples == 47
        assert found.sent_bytes_total == sum(len(r.body) for r in far_end.requests[:2])
        assert found.answers == {200: 2, 500: 2}
        assert found.requests_total == 4
        assert found.state == "retrying"
        assert found.oldest_age_s == pytest.approx(2.8)
        assert found.lag_s == pytest.approx(2.0)
        assert (found.spill_after_s, found.send_timeout_s) == (1.0, 60.0)
        assert "secret" not in repr(found)


async def test_statistics_before_the_start(tmp_path: Path) -> None:
    remote = remote_on(tmp_path, FakeRemote())
    found = remote.statistics()
    assert (found.pending_blocks, found.lag_s, found.oldest_age_s) == (0, None, None)


async def test_batches_without_anybody_to_take_them_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pushqueue.press.MAX_OPEN_SAMPLES", 100)
    remote = remote_on(tmp_path, FakeRemote(), max_rows_per_block=10)
    for number in range(30):
        remote.put_nowait([batch(10, key=number)])
    found = remote.statistics()
    assert (found.pending_samples, found.dropped_samples) == (100, {"memory": 200})


# Directories


async def test_two_remotes_on_one_directory_are_refused(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running(remote_on(tmp_path, FakeRemote())):
        other = remote_on(tmp_path, FakeRemote())
        with pytest.raises(QueueError, match=r"queues/r: another process uses it; stop that"):
            await other.run()
        with pytest.raises(QueueError):
            other.check_path()


def test_a_path_is_checked_ahead(tmp_path: Path) -> None:
    (tmp_path / "queues").write_text("a file")
    with pytest.raises(QueueError, match="give a path that this user may write to"):
        remote_on(tmp_path, FakeRemote()).check_path()
    remote_on(tmp_path, FakeRemote(), disable_disk=True).check_path()


async def test_a_key_is_a_folder_whatever_is_in_it(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    template = remote_on(tmp_path, FakeRemote())
    settings = attrs.evolve(template.settings, key="../../a b")
    remote = Remote(
        settings,
        data_path=tmp_path,
        contexts=template._contexts,
        run_sync=template._queue._run_sync,
        wall_ms=lambda: NOW_MS,
        version="1",
        connect=FakeRemote,
    )
    async with running(remote):
        pass
    assert os.listdir(tmp_path / "queues") == ["..%2F..%2Fa%20b"]


# Fan-out


async def test_every_remote_gets_every_batch(tmp_path: Path, autojump_clock: MockClock) -> None:
    well, ill = FakeRemote(), FakeRemote(always(500))
    first, second = remote_on(tmp_path / "1", well), remote_on(tmp_path / "2", ill)
    sink: Sink = FanOut([first, second])
    async with running(first), running(second):
        sink.put_nowait([batch(5)])
        await trio.sleep(30)
        assert len(well.accepted) == 5
        assert second.statistics().pending_samples == 5


async def test_replaced_remotes_get_what_comes_next(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    old, new = remote_on(tmp_path / "1", FakeRemote()), remote_on(tmp_path / "2", FakeRemote())
    fan_out = FanOut([old])
    fan_out.put_nowait([batch(1)])
    fan_out.replace([new])
    fan_out.put_nowait([batch(2)])
    assert old.statistics().put_samples_total == 1
    assert new.statistics().put_samples_total == 2
