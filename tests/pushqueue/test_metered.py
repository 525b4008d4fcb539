"""Data budgets and drain windows on clocks that the tests set."""

from datetime import datetime

import pytest

from pushqueue.metered import DailyWindow, DataBudget, Period, Pressure, Spending

MB = 10**6


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute)


def spending(begun: datetime, spent: int) -> Spending:
    found = Spending(DataBudget(100 * MB, Period.MONTH))
    found.look(begun)
    found.spend(spent, begun)
    return found


@pytest.mark.parametrize(
    ("spent_mb", "now", "pressure"),
    [
        pytest.param(1, at(1, 0, 5), Pressure.FREE, id="too early for a rate"),
        pytest.param(30, at(15), Pressure.FREE, id="at this rate it lasts"),
        pytest.param(60, at(10), Pressure.WARN, id="at this rate it does not last"),
        pytest.param(85, at(10), Pressure.HOLD, id="most is spent"),
        pytest.param(85, at(28), Pressure.FREE, id="most is spent at the end, where it lasts"),
        pytest.param(95, at(10), Pressure.THIN, id="nearly all is spent"),
        pytest.param(95, at(1, 0, 5), Pressure.THIN, id="nearly all is spent at once"),
        pytest.param(100, at(30, 23), Pressure.STOP, id="all is spent"),
    ],
)
def test_what_a_budget_asks_for(spent_mb: int, now: datetime, pressure: Pressure) -> None:
    assert spending(at(1), spent_mb * MB).pressure(now) is pressure


def test_a_forecast_is_the_rate_so_far() -> None:
    found = spending(at(1), 20 * MB)
    assert found.forecast_bytes(at(1, 0, 9)) is None
    assert found.forecast_bytes(at(11)) == 60 * MB


def test_a_rate_is_reckoned_from_when_it_was_counted() -> None:
    assert spending(at(21), 10 * MB).forecast_bytes(at(26)) == 20 * MB


def test_a_new_period_forgets() -> None:
    found = spending(at(1), 100 * MB)
    assert found.renewed_in_s(at(30, 23)) == 3600
    assert found.pressure(datetime(2026, 12, 1)) is Pressure.FREE
    assert found.spent_bytes == 0


@pytest.mark.parametrize(
    ("period", "end"),
    [
        pytest.param(Period.DAY, datetime(2026, 12, 16), id="a day"),
        pytest.param(Period.MONTH, datetime(2027, 1, 1), id="a month over the year's end"),
    ],
)
def test_periods_end(period: Period, end: datetime) -> None:
    assert period.end_of(datetime(2026, 12, 15, 13, 30)) == end


def test_what_was_spent_outlives_the_process() -> None:
    before, after = spending(at(3), 7 * MB), Spending(DataBudget(100 * MB, Period.MONTH))
    after.restore(before.encode())
    after.spend(1, at(4))
    assert (after.spent_bytes, after.since) == (7 * MB + 1, at(3))


@pytest.mark.parametrize("text", ["", "x y", "x y z", "2026-11-01 2026-11-01 many"])
def test_a_broken_file_is_said_to_be(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Spending(DataBudget(1, Period.DAY)).restore(text)


@pytest.mark.parametrize(
    ("window", "now", "wait_s"),
    [
        pytest.param(DailyWindow(60, 300), at(1, 1), 0, id="it opens"),
        pytest.param(DailyWindow(60, 300), at(1, 4, 59), 0, id="it is open"),
        pytest.param(DailyWindow(60, 300), at(1, 5), 20 * 3600, id="it has just closed"),
        pytest.param(DailyWindow(60, 300), at(1, 0, 30), 1800, id="it is to open"),
        pytest.param(DailyWindow(1380, 60), at(1, 23, 30), 0, id="before midnight"),
        pytest.param(DailyWindow(1380, 60), at(1, 0, 59), 0, id="after midnight"),
        pytest.param(DailyWindow(1380, 60), at(1, 12), 11 * 3600, id="at noon"),
    ],
)
def test_a_window(window: DailyWindow, now: datetime, wait_s: float) -> None:
    assert window.wait_s(now) == wait_s
