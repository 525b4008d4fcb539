"""Data budgets and drain windows as people write them.

Takes `2GiB/month` or `01:00-05:00`; gives settings, or a ValueError that says what is allowed.
"""

import re

from agent.config.scalars import BYTES_UNITS, Wrong, parse_size
from pushqueue.metered import DailyWindow, DataBudget, Period

_WINDOW = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")


def parse_budget(text: str) -> DataBudget:
    size, slash, period = text.partition("/")
    hint = "a data budget is written like 2GiB/month or 50MB/day"
    if not slash or period not in ("day", "month"):
        raise ValueError(hint)
    try:
        limit = parse_size(size, BYTES_UNITS)
    except Wrong:
        raise ValueError(hint) from None
    if limit <= 0:
        raise ValueError("a data budget must be more than nothing")
    return DataBudget(limit, Period(period))


def parse_window(text: str) -> DailyWindow:
    found = _WINDOW.fullmatch(text)
    if found is None:
        raise ValueError("a window is written like 01:00-05:00, in local time")
    hour, minute, end_hour, end_minute = map(int, found.groups())
    start, end = 60 * hour + minute, 60 * end_hour + end_minute
    if start == end:
        raise ValueError("a window must begin and end at different times")
    return DailyWindow(start, end)


def budget_text(budget: DataBudget | None) -> str:
    return "" if budget is None else f"{budget.max_bytes}/{budget.period.value}"


def window_text(window: DailyWindow | None) -> str:
    if window is None:
        return ""
    times = [divmod(minute, 60) for minute in (window.start_minute, window.end_minute)]
    return "-".join([f"{hour:02}:{minute:02}" for hour, minute in times])
