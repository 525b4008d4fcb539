"""Whether the disk works, as the queue sees it, and when it is worth another attempt.

Takes errors and `now`; gives a state. Pure but for the log: one line when the disk fails, one
when it works again.
"""

import logging

import attrs

from pushqueue.errors import DiskError

logger = logging.getLogger("promferry.pushqueue")

RETRY_MIN_S, RETRY_MAX_S = 1.0, 30.0


@attrs.define
class DiskState:
    """`error`: the sentence of the failure that lasts, "" if none does; `retry_at`: for writes."""

    name: str
    error: str = ""
    retry_at: float = float("-inf")
    _delay_s: float = RETRY_MIN_S

    def failed(self, exc: DiskError) -> None:
        """Something did not work that does not keep the queue from writing."""
        if not self.error:
            logger.error("queue %s: %s; data stays in memory until it works", self.name, exc)
        self.error = str(exc)

    def write_failed(self, exc: DiskError, now: float) -> None:
        self.failed(exc)
        self.retry_at = now + self._delay_s
        self._delay_s = min(2 * self._delay_s, RETRY_MAX_S)

    def write_succeeded(self) -> None:
        if self.error:
            logger.info("queue %s: the disk works again", self.name)
        self.error = ""
        self.retry_at = float("-inf")
        self._delay_s = RETRY_MIN_S
