"""How a remote is doing: one state for all its lanes, and its counts.

Takes what senders saw, gives whether and when the next attempt may be made.
Invariant: one log line for a change of state, not one for each failure.
"""

import logging
from collections import Counter

import attrs

from series.ranges import RangeCounts

OK, RETRYING, HOLDING = "ok", "retrying", "holding"

REFUSAL_LOG_INTERVAL_MS = 60_000

logger = logging.getLogger("promferry.pushqueue")


@attrs.define
class Health:
    """Counts of one remote; `hold_until` keeps every lane still while the remote holds us off."""

    name: str
    state: str = OK
    hold_until: float = float("-inf")
    last_error: str = ""
    last_error_ms: int | None = None
    last_sent_ms: int | None = None
    newest_sent_ms: int | None = None
    newest_of_lane: dict[int, int] = attrs.field(factory=dict)
    sent_samples: int = 0
    sent_bytes: int = 0
    sent_blocks: int = 0
    requests: int = 0
    retries: int = 0
    request_errors: int = 0
    request_seconds: float = 0.0
    refused_blocks: int = 0
    unwritten_exemplars: int = 0
    durations: RangeCounts = attrs.field(factory=RangeCounts)
    answers: Counter[int] = attrs.field(factory=Counter)
    dropped: Counter[str] = attrs.field(factory=Counter)
    encoding: str = ""
    _asking_lane: int | None = None
    _refusal_logged_ms: int | None = None
    _refused_unlogged: int = 0

    def delivered(
        self, samples: int, body_bytes: int, newest_ms: int, now_ms: int, lane: int = 0
    ) -> None:
        self.sent_samples += samples
        self.sent_bytes += body_bytes
        self.sent_blocks += 1
        self.last_sent_ms = now_ms
        self.newest_sent_ms = max(newest_ms, self.newest_sent_ms or newest_ms)
        self.newest_of_lane[lane] = newest_ms
        self.answered(now_ms)

    def answered(self, now_ms: int) -> None:
        """The remote takes requests: whatever kept us is over."""
        if self.state != OK:
            logger.info("remote %s: works again", self.name)
        self.state = OK
        self.hold_until = float("-inf")
        self._asking_lane = None

    def may_try(self, lane: int, now: float) -> bool:
        """Whether this lane may make a request. While the remote holds us off one lane asks for
        all, when the pause is over (DESIGN section 8, 7: one state per remote)."""
        if self.state != HOLDING:
            return True
        if now < self.hold_until:
            return False
        if self._asking_lane is None:
            self._asking_lane = lane
        return self._asking_lane == lane

    def let_go(self, lane: int) -> None:
        """The lane has nothing to send any more; another may ask."""
        if self._asking_lane == lane:
            self._asking_lane = None

    def failed(self, reason: str, now_ms: int) -> None:
        """An attempt that will be made again."""
        self._remember(reason, now_ms)
        if self.state != RETRYING:
            logger.warning("remote %s: %s; trying again, data is kept", self.name, reason)
        self.state = RETRYING

    def held(self, reason: str, until: float, now_ms: int) -> None:
        """The remote does not let us in."""
        self._remember(reason, now_ms)
        if self.state != HOLDING:
            logger.error(
                "remote %s: %s; holding, data is kept: check URL and credentials",
                self.name,
                reason,
            )
        self.state = HOLDING
        self.hold_until = max(self.hold_until, until)

    def speaks(self, encoding: str, words: str) -> None:
        """What the remote is spoken to in; told when it changes."""
        if encoding != self.encoding:
            logger.info("remote %s: is sent %s from now on", self.name, words)
        self.encoding = encoding

    def refused(self, reason: str, samples: int, now_ms: int, *, kind: str) -> None:
        """Samples that the remote will never take."""
        self._remember(reason, now_ms)
        self.dropped[kind] += samples
        self.refused_blocks += 1
        self._refused_unlogged += samples
        last_ms = self._refusal_logged_ms
        # A clock that stepped back must not silence the log for years.
        if last_ms is None or not 0 <= now_ms - last_ms < REFUSAL_LOG_INTERVAL_MS:
            count, self._refused_unlogged = self._refused_unlogged, 0
            self._refusal_logged_ms = now_ms
            logger.warning("remote %s: %d samples %s: %s", self.name, count, kind, reason)

    def _remember(self, reason: str, now_ms: int) -> None:
        self.last_error, self.last_error_ms = reason, now_ms
