"""Times as Prometheus and people write them. Pure text; takes numbers, never a clock."""

from datetime import UTC, datetime

# What Prometheus' API shows for a target that was never scraped: Go's zero time.
NEVER = "0001-01-01T00:00:00Z"
_UNITS_MS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))


def duration_text(seconds: float) -> str:
    """As Prometheus prints a configured duration: 15s, 1m30s, 500ms."""
    left_ms = round(seconds * 1000)
    if left_ms <= 0:
        return "0s"
    parts = []
    for unit, unit_ms in _UNITS_MS:
        count, left_ms = divmod(left_ms, unit_ms)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


def rfc3339(time_ms: int | None) -> str:
    """UTC with milliseconds; NEVER for None and 0."""
    if not time_ms or time_ms < 0:
        return NEVER
    moment = datetime.fromtimestamp(time_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03d}Z"


def ago_text(age_s: float) -> str:
    """How long ago, as a person says it: now, 12 s, 3 min, 2 h, 5 d."""
    if age_s < 1:
        return "now"
    for limit_s, unit_s, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if age_s < limit_s:
            return f"{age_s / unit_s:.0f} {unit} ago"
    return f"{age_s / 86_400:.0f} d ago"
