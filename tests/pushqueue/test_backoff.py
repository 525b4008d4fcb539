"""Delays grow, are spread, and stay within their bounds."""

import pytest

from pushqueue.backoff import Backoff


def delays(low: float, high: float, draw: float, count: int = 6) -> list[float]:
    backoff = Backoff(low, high, lambda: draw)
    return [backoff.next_delay_s() for _ in range(count)]


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        pytest.param(0.0, [1, 2, 4, 8, 16, 30], id="the lowest draw gives half of the ceiling"),
        pytest.param(1.0, [2, 4, 8, 16, 32, 60], id="the highest draw gives the ceiling"),
    ],
)
def test_delays_double_up_to_the_maximum(draw: float, expected: list[float]) -> None:
    assert delays(1, 60, draw) == expected


def test_a_delay_is_never_below_the_minimum() -> None:
    assert delays(10, 1, 0.0) == [10] * 6


def test_a_success_starts_it_anew() -> None:
    backoff = Backoff(1, 60, lambda: 0.0)
    assert [backoff.next_delay_s() for _ in range(3)] == [1, 2, 4]
    backoff.reset()
    assert backoff.next_delay_s() == 1


def test_a_long_outage_does_not_overflow() -> None:
    assert delays(0.03, 5, 1.0, count=5000)[-1] == 5
