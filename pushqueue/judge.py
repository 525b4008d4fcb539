"""What to do with a Block, given the remote's answer (table in docs/remote-write.md).

Takes a status, its Retry-After and the wall clock's `now`; gives a verdict. DESIGN section 8, 7.
Never: sleeps, counts, looks at the body of an answer (remote-write 1.0: MUST NOT interpret it).
"""

import enum
from collections.abc import Mapping
from typing import assert_never

import attrs

from pushqueue.clock import PLAUSIBLE_MS


class Kind(enum.Enum):
    """What an answer is; the values are the words of a configuration."""

    DONE = "done"
    RETRY = "retry"
    HOLD = "hold"
    SPLIT = "split"
    REFUSE = "refuse"


# Statuses that mean something else for one remote.
Answers = Mapping[int, Kind]
NO_ANSWERS: Answers = {}

# Everything else below 500 is refused; an unknown refusal should cost one Block, not the queue.
RETRIED = frozenset({408, 425, 429})
HELD = frozenset({401, 403, 404, 405, 407})
TOO_LARGE = 413

# An answer in this class is a matter for a person, so there is no hurry.
HOLD_MIN_S = 10.0
# Retry-After is honoured, not truncated to the back-off's maximum; but one of a year is a lie
# that would silence a remote for good, so a day is the most that is believed.
MAX_RETRY_AFTER_S = 86_400.0


@attrs.frozen
class Done:
    """Delivered."""


@attrs.frozen
class Retry:
    """Try the same bytes again: after `after_s`, or by back-off where the remote said nothing."""

    reason: str
    after_s: float | None = None


@attrs.frozen
class Hold:
    """The remote does not let us in: keep the data, try seldom, tell a person."""

    reason: str
    after_s: float = HOLD_MIN_S


@attrs.frozen
class TooLarge:
    """Split it by bytes and try the parts."""

    reason: str


@attrs.frozen
class Refuse:
    """These bytes will never be accepted."""

    reason: str


Verdict = Done | Retry | Hold | TooLarge | Refuse


def kind_of(status: int, answers: Answers = NO_ANSWERS) -> Kind:
    """What the status is. Statuses that no server should send are retried."""
    if 200 <= status < 300:
        return Kind.DONE
    if status in answers:
        return answers[status]
    if status in HELD or 300 <= status < 400:
        return Kind.HOLD
    if status == TOO_LARGE:
        return Kind.SPLIT
    if status in RETRIED or not 400 <= status < 500:
        return Kind.RETRY
    return Kind.REFUSE


def judge(
    status: int, retry_after: str | None, now_ms: int, answers: Answers = NO_ANSWERS
) -> Verdict:
    """The verdict on an answer; `answers`: statuses that this remote means otherwise."""
    reason = f"HTTP {status}"
    match kind := kind_of(status, answers):
        case Kind.DONE:
            return Done()
        case Kind.RETRY:
            return Retry(reason, parse_retry_after(retry_after, now_ms))
        case Kind.HOLD:
            return Hold(reason, max(HOLD_MIN_S, parse_retry_after(retry_after, now_ms) or 0.0))
        case Kind.SPLIT:
            return TooLarge(reason)
        case Kind.REFUSE:
            return Refuse(reason)
        case _:
            assert_never(kind)


def parse_retry_after(text: str | None, now_ms: int) -> float | None:
    """Seconds to wait, of a number or an HTTP date; None for garbage, the past and nothing."""
    if not text:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:12])
    else:
        seconds = _seconds_until(text, now_ms)
    return min(seconds, MAX_RETRY_AFTER_S) if seconds > 0 else None


def _seconds_until(date: str, now_ms: int) -> float:
    if now_ms < PLAUSIBLE_MS:
        return 0.0
    from email.utils import parsedate_to_datetime  # late: few remotes answer by a date

    try:
        return parsedate_to_datetime(date).timestamp() - now_ms / 1000
    except (ValueError, OverflowError):
        return 0.0
