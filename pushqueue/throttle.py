"""How fast and how much one remote may be sent: its rate limit, data budget, drain window.

Takes the sizes of requests; lets their senders wait, tells the queue when a backlog may go.
Invariant: every attempt is charged, live or backlog, answered or not: all of it crosses the link.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs
import trio

from pushqueue.clock import PLAUSIBLE_MS
from pushqueue.metered import DailyWindow, DataBudget, Pressure, Spending
from pushqueue.token_bucket import TokenBucket

logger = logging.getLogger("promferry.pushqueue")

# Heads, the answer and what TCP and TLS put around them; measured bodies are in the kilobytes.
REQUEST_OVERHEAD_BYTES = 1024
# A power cut forgets so much of what was spent.
SAVE_EVERY_S = 60.0
# A clock may step, so nothing is waited for longer without another look.
_MAX_WAIT_S = 60.0

_SENTENCES = {
    Pressure.FREE: "the data budget lasts",
    Pressure.WARN: "at this rate the data budget will not last",
    Pressure.HOLD: "most of the data budget is spent: the backlog waits for the next period",
    Pressure.THIN: "nearly all of the data budget is spent: live data goes by every second tick",
    Pressure.STOP: "the data budget is spent: everything waits on this host for the next period",
}


@attrs.frozen(kw_only=True)
class ThrottleStatistics:
    """`budget_bytes` 0 and `backlog_window_open` None: there is none. `pressure`: by its name."""

    rate_limit_bytes: int = 0
    rate_limit_reached_total: int = 0
    budget_bytes: int = 0
    budget_spent_bytes: int = 0
    budget_forecast_bytes: int | None = None
    pressure: str = "free"
    backlog_window_open: bool | None = None


class Throttle:
    """One for all lanes of a remote. `path`: where what was spent is remembered."""

    def __init__(
        self,
        *,
        rate_bytes: int = 0,
        budget: DataBudget | None = None,
        window: DailyWindow | None = None,
        wall_ms: Callable[[], int],
        name: str = "",
        path: Path | None = None,
    ) -> None:
        self._rate_bytes = rate_bytes
        self._rate: TokenBucket | None = None
        self._spending = Spending(budget) if budget is not None else None
        self._window = window
        self._wall_ms = wall_ms
        self._name = name
        self._path = path
        self._saved = ""
        self._told = Pressure.FREE
        self.reached_total = 0

    @property
    def _local(self) -> datetime:
        return datetime.fromtimestamp(self._wall_ms() / 1000)

    async def wait(self, body_bytes: int) -> None:
        """Returns when a request of that size may go, and charges it."""
        await self._wait_budget()
        await self._wait_rate(body_bytes)
        self.charge(body_bytes)

    async def _wait_rate(self, body_bytes: int) -> None:
        if not self._rate_bytes:
            return
        now = trio.current_time()
        if self._rate is None:
            self._rate = TokenBucket(self._rate_bytes, now)
        if self._rate.wait_s(now):
            self.reached_total += 1
        while wait_s := self._rate.wait_s(trio.current_time()):  # noqa: ASYNC110  (it is known)
            await trio.sleep(wait_s)
        self._rate.take(body_bytes, trio.current_time())

    async def _wait_budget(self) -> None:
        while self.pressure is Pressure.STOP:
            assert self._spending is not None
            await trio.sleep(min(_MAX_WAIT_S, self._spending.renewed_in_s(self._local)))

    def charge(self, body_bytes: int) -> None:
        # A host that begins in 1970 sends in no month of ours.
        if self._spending is not None and self._wall_ms() > PLAUSIBLE_MS:
            self._spending.spend(body_bytes + REQUEST_OVERHEAD_BYTES, self._local)

    @property
    def pressure(self) -> Pressure:
        if self._spending is None or self._wall_ms() <= PLAUSIBLE_MS:
            return Pressure.FREE
        found = self._spending.pressure(self._local)
        if found is not self._told:
            level = logging.WARNING if found > self._told else logging.INFO
            logger.log(level, "remote %s: %s", self._name, _SENTENCES[found])
            self._told = found
        return found

    @property
    def thins(self) -> bool:
        return self.pressure >= Pressure.THIN

    def backlog_wait_s(self) -> float:
        """How long the backlog is to wait before another look; 0: it may go."""
        if self._window is not None and (wait_s := self._window.wait_s(self._local)):
            return min(_MAX_WAIT_S, wait_s)
        return _MAX_WAIT_S if self.pressure >= Pressure.HOLD else 0.0

    # What was spent outlives the process.

    async def keep(self, run_sync: Callable[..., Awaitable[Any]]) -> None:
        """Reads what was spent before, and keeps it written, until cancelled."""
        if self._spending is None or self._path is None:
            return
        await run_sync(self._load)
        while True:
            await trio.sleep(SAVE_EVERY_S)
            await run_sync(self.save)

    def _load(self) -> None:
        assert self._spending is not None
        assert self._path is not None
        before = self._spending.spent_bytes
        try:
            self._spending.restore(self._path.read_text())
            self._spending.spent_bytes += before
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as exc:
            told = "remote %s: what was spent of the data budget is not known: %s"
            logger.warning(told, self._name, exc)

    def save(self) -> None:
        if self._spending is None or self._path is None:
            return
        text = self._spending.encode()
        if text == self._saved:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside = self._path.with_name(self._path.name + ".new")
            beside.write_text(text)
            beside.replace(self._path)
            self._saved = text
        except OSError as exc:
            logger.warning("remote %s: data budget not saved: %s", self._name, exc)

    def statistics(self) -> ThrottleStatistics:
        spending = self._spending
        forecast = None if spending is None else spending.forecast_bytes(self._local)
        return ThrottleStatistics(
            rate_limit_bytes=self._rate_bytes,
            rate_limit_reached_total=self.reached_total,
            budget_bytes=0 if spending is None else spending.budget.max_bytes,
            budget_spent_bytes=0 if spending is None else spending.spent_bytes,
            budget_forecast_bytes=forecast,
            pressure=self.pressure.name.lower(),
            backlog_window_open=(
                None if self._window is None else not self._window.wait_s(self._local)
            ),
        )
