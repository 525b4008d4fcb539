"""Failed scrapes in a file."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from scraper import failure_log
from scraper.failure_log import FailureLog


async def at_once(function: Callable[[str, str], None], path: str, text: str) -> None:
    """In place of a thread, which the mock clock does not wait for."""
    function(path, text)


def note(log: FailureLog, path: Path, reason: str) -> None:
    url = "http://h:1/metrics"
    log.note(str(path), now_ms=1_790_000_000_123, job_name="j", url=url, reason=reason)


async def test_a_line_for_each_failure(
    tmp_path: Path, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    path, log = tmp_path / "failures.log", FailureLog(at_once)
    nursery.start_soon(log.run)
    note(log, path, 'said "no"\n')
    await trio.sleep(2)
    # As logrotate does it.
    path.rename(tmp_path / "failures.log.1")
    note(log, path, "gone")
    await trio.sleep(2)
    assert json.loads((tmp_path / "failures.log.1").read_text()) == {
        "time": "2026-09-21T14:13:20.123Z",
        "level": "ERROR",
        "msg": 'said "no"\n',
        "job_name": "j",
        "target": "http://h:1/metrics",
    }
    assert json.loads(path.read_text())["msg"] == "gone"


async def test_what_is_noted_at_the_end_is_written(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    path, log = tmp_path / "failures.log", FailureLog(at_once)
    with trio.move_on_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(log.run)
            await trio.sleep(4.9)
            note(log, path, "late")
    assert json.loads(path.read_text())["msg"] == "late"


async def test_a_file_that_cannot_be_written_is_told_once(
    tmp_path: Path,
    nursery: trio.Nursery,
    autojump_clock: MockClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR)
    log = FailureLog(at_once)
    nursery.start_soon(log.run)
    for _ in range(3):
        note(log, tmp_path / "none" / "failures.log", "no")
        await trio.sleep(2)
    assert (len(caplog.records), log.dropped) == (1, 3)


def test_what_waits_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failure_log, "MAX_LINES", 2)
    log = FailureLog(at_once)
    for _ in range(5):
        note(log, tmp_path / "x", "no")
    assert log.dropped == 3
