"""Durations, sizes and percentages as flags write them.

Takes text such as `1m30s`, `2d`, `1.5GiB`; gives seconds or bytes, or a ValueError that says what
is allowed. Go's durations, with vmagent's units d, w and y added; vmagent's sizes.
Never: guesses a unit. A bare number is a size in bytes and no duration.
"""

import re

_UNITS_S = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,  # U+00B5, micro sign
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 7 * 86400.0,
    "y": 365 * 86400.0,
}
# Greatest to least, for writing a duration.
_WRITTEN = (("h", 3_600_000), ("m", 60_000), ("s", 1000))
# Go holds durations as nanoseconds in an int64; the same bound keeps arithmetic on clocks sane.
_LONGEST_S = 2**63 / 1e9
_DURATION = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|[smhdwy])")

_SIZES = {
    "": 1,
    "kb": 1000,
    "mb": 1000**2,
    "gb": 1000**3,
    "tb": 1000**4,
    "kib": 1024,
    "mib": 1024**2,
    "gib": 1024**3,
    "tib": 1024**4,
}
_SIZE = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?)([A-Za-z]*)")
_LARGEST_BYTES = 2**63 - 1

_PERCENT = re.compile(r"([0-9]+(?:\.[0-9]+)?)%")


def parse_duration(text: str) -> float:
    """Seconds. `0` needs no unit; a sign goes before the whole."""
    unsigned = text[1:] if text[:1] in ("+", "-") else text
    if unsigned == "0":
        return 0.0
    seconds, end = 0.0, 0
    for found in _DURATION.finditer(unsigned):
        if found.start() != end:
            break
        seconds += float(found[1]) * _UNITS_S[found[2]]
        end = found.end()
    if not unsigned or end != len(unsigned):
        raise ValueError(_duration_hint(unsigned))
    if seconds >= _LONGEST_S:
        raise ValueError("a duration must be shorter than 292 years")
    return -seconds if text[0] == "-" else seconds


def _duration_hint(text: str) -> str:
    if text.isascii() and text.isdigit():
        return f"a duration needs a unit, such as {text[:20]}s"
    return "a duration is written like 300ms, 1m30s or 2d (units ns us ms s m h d w y)"


def render_duration(seconds: float) -> str:
    """The shortest usual way to write it: `1m30s`, `500ms`, `1d` as `24h`."""
    left_ms = round(abs(seconds) * 1000)
    sign = "-" if seconds < 0 else ""
    parts = []
    for unit, size_ms in _WRITTEN:
        count, left_ms = divmod(left_ms, size_ms)
        if count:
            parts.append(f"{count}{unit}")
    if left_ms:
        parts.append(f"{left_ms}ms")
    return sign + "".join(parts) if parts else "0s"


def parse_size(text: str) -> int:
    """Bytes, whatever the case of the unit; an empty text is 0, as in vmagent."""
    if not text:
        return 0
    found = _SIZE.fullmatch(text)
    if found is None or found[2].lower() not in _SIZES:
        raise ValueError(
            "a size is written like 16777216, 512MB or 1.5GiB (KB MB GB TB KiB MiB ...)"
        )
    size = float(found[1]) * _SIZES[found[2].lower()]
    if abs(size) > _LARGEST_BYTES:
        raise ValueError("a size must be below 8388608TiB")
    return int(size)


def render_size(size: int) -> str:
    """In the greatest binary unit that leaves a whole number."""
    for unit, factor in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size and size % factor == 0:
            return f"{size // factor}{unit}"
    return str(size)


def parse_percent(text: str) -> float:
    found = _PERCENT.fullmatch(text)
    if found is None or float(found[1]) > 100:
        raise ValueError("a percentage is written like 5% and at most 100%")
    return float(found[1])
