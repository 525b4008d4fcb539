"""Rounded values are those of vmagent (the rows are VictoriaMetrics' own cases and some more)."""

import math
from array import array

import pytest

from pushqueue.rounding import Rounding, round_digits, round_figures
from series.stale import STALE_NAN_BYTES


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [
        (12.34, 0, 12),
        (12.57, 0, 13),
        (-1.578, 2, -1.58),
        (-1.578, 3, -1.578),
        (1234, -2, 1200),
        (1235, -1, 1240),
        (1234, 0, 1234),
        (1234.6, 0, 1235),
        (123.4e-99, 99, 123e-99),
        (0.5, 0, 1),
        (-0.5, 0, -1),
        (2.5, 0, 3),
        (12.345, 100, 12.345),
        (12.345, -100, 12.345),
        (1e308, 5, math.inf),  # as vmagent: the product is beyond what a double holds
    ],
)
def test_round_digits(value: float, digits: int, rounded: float) -> None:
    assert round_digits(float(value), digits) == rounded


@pytest.mark.parametrize(
    ("value", "figures", "rounded"),
    [
        (1234, 0, 1234),
        (1234, 20, 1234),
        (12, 1, 10),
        (25, 1, 30),
        (2.5, 1, 3),
        (-0.56, 1, -0.6),
        (1234567, 3, 1230000),
        (-1.234567, 4, -1.235),
        (0.1234567, 3, 0.123),
        (1e-9, 2, 1e-9),
        (2**63, 3, 9220000000000000000),
        (2.0**70, 4, 1181000000000000000000),
        (5e-324, 2, 0.0),  # as vmagent: 10**325 is beyond what a double holds
        (0.0, 3, 0.0),
    ],
)
def test_round_figures(value: float, figures: int, rounded: float) -> None:
    assert round_figures(float(value), figures) == rounded


def test_figures_come_before_digits() -> None:
    rounding = Rounding(significant_figures=3, round_digits=1)
    assert rounding.round(1.2345) == 1.2
    assert rounding.round(123.45) == 123


def test_what_is_no_number_stays() -> None:
    values = array("d")
    values.frombytes(STALE_NAN_BYTES)
    values.extend([math.inf, -math.inf, 1.26])
    rounded = Rounding(significant_figures=2, round_digits=1).apply(values)
    assert rounded.tobytes()[:8] == STALE_NAN_BYTES
    assert list(rounded[1:]) == [math.inf, -math.inf, 1.3]
    assert values[3] == 1.26


@pytest.mark.parametrize(
    ("figures", "digits", "is_idle"),
    [(0, 100, True), (18, 100, True), (3, 100, False), (0, 2, False), (0, -100, True)],
)
def test_is_idle(figures: int, digits: int, is_idle: bool) -> None:
    assert Rounding(significant_figures=figures, round_digits=digits).is_idle is is_idle
