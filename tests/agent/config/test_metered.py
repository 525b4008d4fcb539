"""Data budgets and drain windows as people write them."""

import pytest

from agent.config.metered import budget_text, parse_budget, parse_window, window_text
from pushqueue.metered import DailyWindow, DataBudget, Period


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("2GiB/month", DataBudget(2 * 2**30, Period.MONTH)),
        ("50MB/day", DataBudget(50_000_000, Period.DAY)),
        ("1000/day", DataBudget(1000, Period.DAY)),
    ],
)
def test_budgets(text: str, budget: DataBudget) -> None:
    assert parse_budget(text) == budget
    assert parse_budget(budget_text(budget)) == budget


@pytest.mark.parametrize("text", ["", "2GiB", "2GiB/week", "/day", "0/day", "x/day", "-5/day"])
def test_no_budgets(text: str) -> None:
    with pytest.raises(ValueError, match="data budget"):
        parse_budget(text)


@pytest.mark.parametrize(
    ("text", "window"),
    [("01:00-05:00", DailyWindow(60, 300)), ("23:30-00:00", DailyWindow(1410, 0))],
)
def test_windows(text: str, window: DailyWindow) -> None:
    assert parse_window(text) == window
    assert window_text(window) == text


@pytest.mark.parametrize("text", ["", "1:00-5:00", "01:00", "24:00-05:00", "01:00-01:00", "a-b"])
def test_no_windows(text: str) -> None:
    with pytest.raises(ValueError, match="a window"):
        parse_window(text)
