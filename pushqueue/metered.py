"""Links that cost money: how much may be sent in a day or a month, and when a backlog may go.

Takes local times and bytes; gives what is allowed now. Pure.
Invariant: what was sent is only forgotten when a new period begins, by a plausible clock.
"""

import enum
from datetime import datetime, timedelta

import attrs

# Of the budget: from here on the backlog waits for the next period, unless at this rate it lasts.
HOLD_SHARE = 0.8
# From here on live data goes by every second tick of each target, unless at this rate it lasts.
THIN_SHARE = 0.9
# A rate is only judged after so much of the time that it is reckoned from.
_LEAST_ELAPSED_S = 600.0


class Period(enum.Enum):
    DAY = "day"
    MONTH = "month"

    def start_of(self, local: datetime) -> datetime:
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight if self is Period.DAY else midnight.replace(day=1)

    def end_of(self, local: datetime) -> datetime:
        start = self.start_of(local)
        if self is Period.DAY:
            return start + timedelta(days=1)
        return (start + timedelta(days=32)).replace(day=1)


@attrs.frozen
class DataBudget:
    """So many bytes in each calendar day or month, local time."""

    max_bytes: int
    period: Period


@attrs.frozen
class DailyWindow:
    """Minutes of the day, local time; an end before the start is on the next day."""

    start_minute: int
    end_minute: int

    def wait_s(self, local: datetime) -> float:
        """How long until it is open; 0 while it is."""
        second = local.hour * 3600 + local.minute * 60 + local.second
        start, end = 60 * self.start_minute, 60 * self.end_minute
        is_open = start <= second < end if start < end else not end <= second < start
        return 0.0 if is_open else float((start - second) % 86_400)


class Pressure(enum.IntEnum):
    """What the state of the budget asks for; each includes those before it."""

    FREE = 0
    WARN = 1  # at this rate it will not last
    HOLD = 2  # the backlog waits for the next period
    THIN = 3  # live data goes by every second tick
    STOP = 4  # nothing is left: everything waits


@attrs.define
class Spending:
    """What was sent in the current period. `since`: from when on it was counted."""

    budget: DataBudget
    start: datetime | None = None
    since: datetime | None = None
    spent_bytes: int = 0

    def look(self, local: datetime) -> None:
        """Begins a new period when it is time."""
        start = self.budget.period.start_of(local)
        if start != self.start:
            self.start, self.since, self.spent_bytes = start, local, 0

    def spend(self, size: int, local: datetime) -> None:
        self.look(local)
        self.spent_bytes += size

    def forecast_bytes(self, local: datetime) -> int | None:
        """What will have been spent at the end of the period; None before there is a rate."""
        self.look(local)
        assert self.since is not None
        elapsed_s = (local - self.since).total_seconds()
        if elapsed_s < _LEAST_ELAPSED_S:
            return None
        left_s = (self.budget.period.end_of(local) - local).total_seconds()
        return self.spent_bytes + int(self.spent_bytes / elapsed_s * left_s)

    def pressure(self, local: datetime) -> Pressure:
        forecast = self.forecast_bytes(local)
        share = self.spent_bytes / self.budget.max_bytes
        if share >= 1:
            return Pressure.STOP
        if forecast is not None and forecast <= self.budget.max_bytes:
            return Pressure.FREE
        if share >= THIN_SHARE:
            return Pressure.THIN
        if share >= HOLD_SHARE:
            return Pressure.HOLD
        return Pressure.FREE if forecast is None else Pressure.WARN

    def renewed_in_s(self, local: datetime) -> float:
        """How long until the next period."""
        return max(1.0, (self.budget.period.end_of(local) - local).total_seconds())

    def encode(self) -> str:
        """One line for a file."""
        if self.start is None or self.since is None:
            return ""
        return f"{self.start.isoformat()} {self.since.isoformat()} {self.spent_bytes}\n"

    def restore(self, text: str) -> None:
        """From such a line. Raises ValueError."""
        start, since, spent = text.split()
        self.start, self.since = datetime.fromisoformat(start), datetime.fromisoformat(since)
        self.spent_bytes = max(0, int(spent))
