"""A remote's rate limit, data budget and drain window, on a clock that the tests set."""

import logging
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from pushqueue.metered import DailyWindow, DataBudget, Period
from pushqueue.remote import Remote
from pushqueue.throttle import REQUEST_OVERHEAD_BYTES, Throttle
from tests.pushqueue.blocks import NOW_MS, batch
from tests.pushqueue.fake_remote import FakeRemote, Reply, Request
from tests.pushqueue.remotes import in_line, remote_on, running, wall_ms

DAY_S = 86_400


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """`NOW_MS` is 22:13:20 there; a day of the budget ends 6400 s later."""
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


async def test_a_rate_holds_over_live_data_and_backlog(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    is_dead = [True]
    far_end = FakeRemote(lambda _: Reply(503 if is_dead[0] else 200))
    async with running(remote_on(tmp_path, far_end, rate_limit_bytes=1000)) as remote:
        await put_for(remote, 60)
        is_dead[0] = False
        await put_for(remote, 60)
        start = trio.current_time() - 60
        sent = [request for request in far_end.requests if request.at >= start]
        assert sum(len(one.body) for one in sent) <= 1000 * 61 + max(len(one.body) for one in sent)
        assert remote.statistics().throttle.rate_limit_reached_total > 10
        await trio.sleep(600)
        assert len({stamp for _, _, stamp in far_end.accepted}) == 120


async def put_for(remote: Remote, seconds: int) -> None:
    for _ in range(seconds):
        remote.put_nowait([batch(100, time_ms=wall_ms())])
        await trio.sleep(1)


async def test_a_backlog_waits_for_its_hours_and_live_data_does_not(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """Down for ten minutes at 22:13; the window opens at 01:00, 10 000 s after the beginning."""
    far_end = FakeRemote(lambda _: Reply(503 if trio.current_time() < 600 else 200))
    remote = remote_on(tmp_path, far_end, backlog_window=DailyWindow(60, 300))
    opens_at = 3 * 3600 - (13 * 60 + 20)
    async with running(remote):
        while trio.current_time() < opens_at + 600:
            remote.put_nowait([batch(1, time_ms=int(trio.current_time()))])
            await trio.sleep(30)
            if trio.current_time() == 9000:
                assert remote.statistics().throttle.backlog_window_open is False
                assert remote.statistics().pending_samples in range(15, 22)
    accepted = [request for request in far_end.requests if request.at >= 630]
    live = [one for one in accepted if stamps(one)[0] > 600]
    late = [one for one in accepted if stamps(one)[0] <= 600]
    assert all(one.at - stamps(one)[0] < 5 for one in live)
    assert len(late) > 15
    assert all(one.at >= opens_at for one in late)


def stamps(request: Request) -> list[int]:
    return [stamp for _, _, stamp in request.samples]


async def test_a_budget_near_its_end(
    tmp_path: Path, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A warning, then the backlog is held, live data thinned, everything kept; a new day frees."""
    caplog.set_level(logging.INFO)
    far_end = FakeRemote()
    budget = DataBudget(400_000, Period.DAY)
    async with running(remote_on(tmp_path, far_end, data_budget=budget)) as remote:
        seen: list[str] = []
        while trio.current_time() < 6400 + 3600:
            remote.put_nowait([batch(1, time_ms=wall_ms())])
            await trio.sleep(10)
            throttle = remote.statistics().throttle
            if not seen or seen[-1] != throttle.pressure:
                seen.append(throttle.pressure)
            assert throttle.budget_spent_bytes < 400_000 + 2 * REQUEST_OVERHEAD_BYTES
        assert seen[:5] == ["free", "warn", "hold", "thin", "stop"]
        found = remote.statistics()
        assert found.dropped_samples["budget"] in range(30, 90)
        assert "age" not in found.dropped_samples
        await trio.sleep(DAY_S)
        kept = 1000 - remote.statistics().dropped_samples["budget"]
        assert len(far_end.accepted) == kept
    told = [record.levelname for record in caplog.records if "data budget" in record.message]
    assert told[:4] == ["WARNING"] * 4


async def test_metadata_is_charged_and_waits_first(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    throttle = Throttle(budget=DataBudget(10_000, Period.DAY), wall_ms=wall_ms)
    throttle.charge(1000)
    assert throttle.statistics().budget_spent_bytes == 1000 + REQUEST_OVERHEAD_BYTES


async def test_what_was_spent_is_known_after_a_restart(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    budget = DataBudget(10**9, Period.MONTH)
    for runs in (1, 2):
        async with running(remote_on(tmp_path, FakeRemote(), data_budget=budget)) as remote:
            remote.put_nowait([batch(5)])
            await trio.sleep(2)
            spent = remote.statistics().throttle.budget_spent_bytes
            assert spent // REQUEST_OVERHEAD_BYTES == runs


async def test_a_file_that_cannot_be_read_is_told_and_begins_anew(
    tmp_path: Path, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "budgets" / "r"
    path.parent.mkdir()
    path.write_bytes(b"\xff nonsense")
    throttle = Throttle(budget=DataBudget(1, Period.DAY), wall_ms=wall_ms, name="r", path=path)
    with trio.move_on_after(1):
        await throttle.keep(in_line)
    assert "remote r: what was spent of the data budget is not known" in caplog.text


async def test_before_the_clock_is_set_nothing_is_spent(autojump_clock: MockClock) -> None:
    throttle = Throttle(budget=DataBudget(1, Period.DAY), wall_ms=lambda: 1000)
    await throttle.wait(1000)
    await throttle.wait(1000)
    assert throttle.statistics().budget_spent_bytes == 0


def test_the_clock_of_the_tests() -> None:
    assert NOW_MS // 1000 % DAY_S == DAY_S - 6400
