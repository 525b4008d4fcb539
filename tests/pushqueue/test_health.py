"""One state of a remote, one log line for a change of it."""

import logging

import pytest

from pushqueue.health import HOLDING, OK, REFUSAL_LOG_INTERVAL_MS, RETRYING, Health


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


def messages(log: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in log.records]


def test_one_lane_asks_for_all_while_the_remote_holds() -> None:
    health = Health("far")
    assert health.may_try(0, 0.0)
    health.held("HTTP 401", until=20.0, now_ms=1)
    assert not health.may_try(0, 19.0)
    assert health.may_try(1, 20.0)
    assert not health.may_try(0, 20.0)
    health.held("HTTP 401", until=40.0, now_ms=2)
    assert not health.may_try(1, 39.0)
    assert health.may_try(1, 40.0)
    health.let_go(1)
    assert health.may_try(0, 40.0)
    assert not health.may_try(1, 40.0)
    health.answered(3)
    assert health.may_try(1, 40.0)


def test_a_remote_is_well_until_it_is_not(log: pytest.LogCaptureFixture) -> None:
    health = Health("r")
    assert health.state == OK
    health.failed("refused", 1)
    health.failed("refused", 2)
    assert (health.state, health.last_error, health.last_error_ms) == (RETRYING, "refused", 2)
    health.delivered(10, 100, 5, 3)
    assert health.state == OK
    assert messages(log) == [
        "remote r: refused; trying again, data is kept",
        "remote r: works again",
    ]


def test_a_hold_is_loud_and_ends_with_an_answer(log: pytest.LogCaptureFixture) -> None:
    health = Health("r")
    health.held("HTTP 401: who are you", until=20.0, now_ms=1)
    health.held("HTTP 401: who are you", until=40.0, now_ms=2)
    assert (health.state, health.hold_until) == (HOLDING, 40.0)
    health.answered(3)
    assert (health.state, health.hold_until) == (OK, float("-inf"))
    assert messages(log)[0] == (
        "remote r: HTTP 401: who are you; holding, data is kept: check URL and credentials"
    )
    assert log.records[0].levelno == logging.ERROR


def test_what_was_delivered_is_counted() -> None:
    health = Health("r")
    health.delivered(10, 100, newest_ms=50, now_ms=60)
    health.delivered(5, 70, newest_ms=40, now_ms=61)
    assert (health.sent_samples, health.sent_bytes, health.sent_blocks) == (15, 170, 2)
    assert (health.newest_sent_ms, health.last_sent_ms) == (50, 61)


def test_refusals_are_logged_once_a_minute_with_their_number(
    log: pytest.LogCaptureFixture,
) -> None:
    health = Health("r")
    for now_ms in (0, 10, 20, REFUSAL_LOG_INTERVAL_MS, REFUSAL_LOG_INTERVAL_MS + 1):
        health.refused("HTTP 400: out of order", 7, now_ms, kind="refused")
    assert health.dropped == {"refused": 35}
    assert messages(log) == [
        "remote r: 7 samples refused: HTTP 400: out of order",
        "remote r: 21 samples refused: HTTP 400: out of order",
    ]


def test_a_clock_that_steps_back_does_not_silence_the_log(log: pytest.LogCaptureFixture) -> None:
    health = Health("r")
    health.refused("no", 1, 10**12, kind="refused")
    health.refused("no", 1, 5, kind="refused")
    assert len(messages(log)) == 2
