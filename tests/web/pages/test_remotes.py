"""The remotes' page: what waits, and when it will be gone."""

from typing import Any

import pytest

from pushqueue.throttle import ThrottleStatistics
from tests.web.snapshots import NASTY, NOW_MS, remote
from web.pages.remotes import forecast_text, remotes_html
from web.views import Track


def page(**changes: Any) -> str:
    return "".join(remotes_html([remote(**changes)], (), NOW_MS, 3600.0))


def test_the_facts() -> None:
    text = page(dropped_samples={"refused": 3})
    for fact in (
        "nothing waits",
        "1.5 s, newest sample read against newest delivered",
        "1,000 samples in 4 requests, 19.5 KiB",
        "20.00 bytes a sample",
        "4 x 204, 1 x 503",
        "3 refused",
        "4.0 KiB in 1 files; the disk is fine",
        "2 s ago",
    ):
        assert fact in text


def test_limits_and_what_they_do_now() -> None:
    throttle = ThrottleStatistics(
        rate_limit_bytes=2048,
        rate_limit_reached_total=7,
        budget_bytes=2**30,
        budget_spent_bytes=2**29,
        budget_forecast_bytes=2**31,
        pressure="hold",
        backlog_window_open=False,
    )
    text = page(throttle=throttle)
    for fact in (
        "2.0 KiB a second, waited for 7 times",
        "512.0 MiB of 1.0 GiB spent, 2.0 GiB by its end at this rate; the backlog waits",
        "<dt>backlog<dd>waits for its hours",
    ):
        assert fact in text
    assert "data budget" not in page()


def test_an_error_is_told_with_its_time_and_escaped() -> None:
    text = page(state="retrying", last_error=NASTY, last_error_ms=NOW_MS - 5000)
    assert NASTY not in text
    assert "5 s ago" in text


def test_without_a_remote() -> None:
    assert "There is no remote" in "".join(remotes_html([], (), NOW_MS, 60.0))


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        pytest.param([], "not known yet", id="no history"),
        pytest.param([100, 200, 300], "not before the backlog shrinks", id="it grows"),
        pytest.param([300, 300, 300], "not before the backlog shrinks", id="it stays"),
        pytest.param([100, 50, 20, 10], "within a minute or two", id="nearly done"),
        pytest.param([6000, 5900, 5800], "in about 10 min", id="it drains"),
        pytest.param([10, 6000, 5900, 5800], "in about 10 min", id="after an outage"),
        pytest.param([90_000, 89_990, 89_980], "in about 25.0 h", id="slowly"),
    ],
)
def test_the_forecast(points: list[float], expected: str) -> None:
    track = Track(name="pending_samples", remote="far", step_s=10.0, points=points)
    assert forecast_text(remote(pending_samples=100), (track,)).startswith(expected)


def test_nothing_waits_nothing_to_catch_up() -> None:
    assert forecast_text(remote(), ()) == "now"
