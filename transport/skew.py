"""How far this machine's clock is from a server's, by the Date of an answer.

A signature has its time in it and is refused when that is minutes off; a machine at the edge may
not know the time. Takes an answer and our time; gives what to add to it.
"""

from email.utils import parsedate_to_datetime

from transport.response import Response

# Amazon accepts five minutes either way.
LEAST_S = 120.0


def skew_of(answer: Response, now_s: float, *, least_s: float = LEAST_S) -> float | None:
    """None if the clocks agree to `least_s`, or the server does not tell the time."""
    text = answer.header("date")
    if text is None:
        return None
    try:
        skew_s = parsedate_to_datetime(text).timestamp() - now_s
    except ValueError:
        return None
    return skew_s if abs(skew_s) > least_s else None
