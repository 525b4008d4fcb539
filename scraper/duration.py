"""Durations as Prometheus writes them in labels: `1m30s`, `1d`, `500ms`.

Takes a text, gives seconds, and back. Same grammar as in the configuration: units in falling
order, each at most once, whole numbers only.
"""

import re
from functools import lru_cache

_UNITS_MS = (
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
)
# Years and weeks are written only where nothing is left over, as Prometheus does.
_EXACT_ONLY = frozenset(("y", "w"))
_GRAMMAR = re.compile("".join(rf"(?:([0-9]+){unit}(?![a-z]))?" for unit, _ in _UNITS_MS))


def parse_duration(text: str) -> float:
    """Seconds. Raises ValueError."""
    if text == "0":
        return 0.0
    match = _GRAMMAR.fullmatch(text)
    if match is None or not text:
        raise ValueError(f"not a duration like 30s or 1m30s: {text[:80]!r}")
    counts = match.groups(default="0")
    return sum(int(count) * ms for count, (_, ms) in zip(counts, _UNITS_MS, strict=True)) / 1000


# The targets of a job have the same few: one text for all.
@lru_cache(maxsize=256)
def format_duration(seconds: float) -> str:
    rest = round(seconds * 1000)
    if rest == 0:
        return "0s"
    parts = []
    for unit, ms in _UNITS_MS:
        if rest < ms or (unit in _EXACT_ONLY and rest % ms):
            continue
        count, rest = divmod(rest, ms)
        parts.append(f"{count}{unit}")
    return "".join(parts)
