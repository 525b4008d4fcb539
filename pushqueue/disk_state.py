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
    """`errors`: what fails now, by what was tried; `retry_at`: when writing may be tried again."""

    name: str
    errors: dict[str, str] = attrs.field(factory=dict)
    retry_at: float = float("-inf")
    _delay_s: float = RETRY_MIN_S

    @property
    def error(self) -> str:
        """The sentence of a failure that lasts, "" if there is none."""
        return next(iter(self.errors.values()), "")

    @property
    def is_write_failing(self) -> bool:
        """Anything but reading, which is tried again by who reads."""
        return bool(self.errors.keys() - {"read"})

    def failed(self, exc: DiskError) -> None:
        if not self.errors:
            logger.error("queue %s: %s; data stays in memory until it works", self.name, exc)
        self.errors[exc.action] = str(exc)

    def write_failed(self, exc: DiskError, now: float) -> None:
        self.failed(exc)
        self.retry_at = now + self._delay_s
        self._delay_s = min(2 * self._delay_s, RETRY_MAX_S)

    def succeeded(self, *actions: str) -> None:
        # Fast path: nothing failed, as nearly always.
        if not self.errors:
            return
        for action in actions:
            self.errors.pop(action, None)
        if not self.errors:
            logger.info("queue %s: the disk works again", self.name)

    def write_succeeded(self) -> None:
        self.succeeded("open", "write")
        self.retry_at = float("-inf")
        self._delay_s = RETRY_MIN_S
