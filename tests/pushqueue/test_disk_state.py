"""One line when a disk fails, one when it works again."""

import errno
import logging

import pytest

from pushqueue.disk_state import RETRY_MAX_S, DiskState
from pushqueue.errors import DiskError

FULL = DiskError("write", "/q", OSError(errno.ENOSPC, "No space left on device"))


def test_a_failure_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    state = DiskState("r")
    with caplog.at_level(logging.INFO):
        for now in range(5):
            state.write_failed(FULL, now)
        state.write_succeeded()
        state.write_succeeded()
    assert [record.getMessage() for record in caplog.records] == [
        "queue r: cannot write /q: No space left on device; data stays in memory until it works",
        "queue r: the disk works again",
    ]


def test_attempts_become_rare() -> None:
    state = DiskState("r")
    pauses = []
    for _ in range(8):
        state.write_failed(FULL, 100.0)
        pauses.append(state.retry_at - 100.0)
    assert pauses == [1, 2, 4, 8, 16, RETRY_MAX_S, RETRY_MAX_S, RETRY_MAX_S]
    state.write_succeeded()
    assert state.retry_at == float("-inf")
    assert state.error == ""


def test_each_kind_of_failure_ends_by_itself() -> None:
    state = DiskState("r")
    state.failed(DiskError("read", "/q", OSError(errno.EIO, "Input/output error")))
    state.write_failed(FULL, 0.0)
    state.succeeded("read")
    assert state.error == "cannot write /q: No space left on device"
    state.write_succeeded()
    assert state.error == ""


def test_what_does_not_concern_writing_does_not_delay_it() -> None:
    state = DiskState("r")
    state.failed(FULL)
    assert state.error
    assert state.retry_at == float("-inf")
