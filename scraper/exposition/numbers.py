"""Values and timestamps of the text format.

Takes the text of one number or of a whole page's; gives floats as Go's `ParseFloat` reads them in
Prometheus, bit for bit.
Invariant: every NaN has the canonical bits, so that no target can expose a staleness marker.
Python's `float` rounds as Go does but accepts more: underscores, blanks, signed NaN, digits of
other scripts, and it overflows silently where Go reports a range error.
"""

from array import array
from collections.abc import Sequence
from math import isfinite, isinf, isnan

from series.stale import CANONICAL_NAN_BYTES

# What `float` reads from these letters is refused by Go only if it overflows or is a signed NaN.
PLAIN_BYTES = b"0123456789+-.eENaInf"

_DIGIT_BYTES = b"0123456789+-.eE"
_INFINITIES = (b"inf", b"infinity")

# In place of the timestamp of a line that has none; no target can expose it, since the format
# knows no sign.
NO_TIMESTAMP = -(2**63)
MAX_TIMESTAMP = 2**63 - 1


def parse_value(text: bytes) -> float:
    """One value. Raises ValueError with the reason. A NaN may have any bits."""
    if not text.translate(None, _DIGIT_BYTES):
        try:
            value = float(text)
        except ValueError:
            raise ValueError("value is not a number") from None
        if isinf(value):
            raise ValueError("value is out of range")
        return value
    lowered = text.lower()
    unsigned = lowered[1:] if lowered[:1] in (b"+", b"-") else lowered
    if lowered == b"nan" or unsigned in _INFINITIES:
        return float(text)
    raise ValueError("value is not a number")


def parse_values(texts: Sequence[bytes]) -> "array[float]":
    """All values of a page. Raises ValueError if one is wrong; `parse_value` tells which."""
    # Hot: bench/bench_exposition.py holds the figure.
    if b"".join(texts).translate(None, PLAIN_BYTES):
        floats = list(map(parse_value, texts))
    else:
        floats = list(map(float, texts))
    values = array("d", floats)
    # A sum is finite only if all its terms are: one addition a value finds overflow and NaN.
    if not isfinite(sum(floats)):
        _judge_nonfinite(texts, values)
    return values


def _judge_nonfinite(texts: Sequence[bytes], values: "array[float]") -> None:
    # Bytes, not floats, are written: a NaN that travels through a register may be changed.
    raw = memoryview(values).cast("B")
    for index, value in enumerate(values):
        if not isfinite(value):
            parse_value(texts[index])
            if isnan(value):
                raw[8 * index : 8 * index + 8] = CANONICAL_NAN_BYTES


def parse_timestamp(text: bytes) -> int:
    """Milliseconds; digits only, without a sign. Raises ValueError with the reason."""
    if not text.isdigit():
        raise ValueError("timestamp is not a whole number of milliseconds")
    digits = text.lstrip(b"0") or b"0"
    # The length first: int() of a megabyte of digits is slow, and refused by Python.
    if len(digits) > len(str(MAX_TIMESTAMP)) or int(digits) > MAX_TIMESTAMP:
        raise ValueError("timestamp is out of range")
    return int(digits)


def check_rest(rest: bytes) -> None:
    """One line's `value` or `value timestamp`. Raises ValueError with the reason."""
    value, blank, stamp = rest.partition(b" ")
    parse_value(value)
    if blank:
        parse_timestamp(stamp)


def parse_rests(rests: Sequence[bytes]) -> "tuple[array[float], array[int] | None]":
    """Values and timestamps of texts of the form `value` or `value timestamp`.

    Without any timestamp the second is None. Raises ValueError if one is wrong.
    """
    # Fast path: no line has a timestamp.
    if b" " not in b"".join(rests):
        return parse_values(rests), None
    texts, blanks, stamps = zip(*[rest.partition(b" ") for rest in rests], strict=True)
    values = parse_values(texts)
    # Fast path: every line has a timestamp, of at most 18 digits, which no int64 is too small for.
    if all(blanks) and b"".join(stamps).isdigit() and max(map(len, stamps)) <= 18:
        return values, array("q", map(int, stamps))
    parsed = [
        parse_timestamp(stamp) if blank else NO_TIMESTAMP
        for blank, stamp in zip(blanks, stamps, strict=True)
    ]
    return values, array("q", parsed)
