"""How a remote's queue is written in `remote_write`, and what of it the flags decide.

Takes the keys of an entry and the flags that stand for all remotes, gives QueueSettings.
Source: reference/prometheus.md 3.5, DESIGN section 8, 3 and 4.
Invariant: a key of the entry wins over a flag, a flag over Prometheus' default.
"""

import re
from typing import Any

import attrs

from agent.config.cursor import Cursor
from agent.config.decode import key
from agent.config.registry import check
from agent.config.scalars import Duration
from pushqueue.settings import DEFAULT_LANES, QueueSettings

_PERCENT = re.compile(r"([0-9]+(?:\.[0-9]+)?)%")
# Fields of RemoteDefaults that are no fields of QueueSettings.
_NOT_OF_QUEUES = frozenset({"send_timeout_s", "zstd_level"})
# A lane costs a connection, and whoever asks for a thousand shards means as many as it takes.
_MAX_LANES = 64


@attrs.frozen(kw_only=True)
class RemoteDefaults:
    """What flags with one value say for all remotes; None where the flag is not given.

    Only sizes and times: authentication and TLS flags reach remotes from flags alone.
    """

    send_timeout_s: float | None = None
    flush_interval_s: float | None = None
    max_rows_per_block: int | None = None
    max_block_bytes: int | None = None
    max_request_bytes: int | None = None
    retry_min_interval_s: float | None = None
    retry_max_interval_s: float | None = None
    spill_after_s: float | None = None
    max_disk_bytes: int | None = None
    min_free_disk_percent: float | None = None
    max_age_s: float | None = None
    lanes: int | None = None
    disable_disk: bool | None = None
    fresh_first: bool | None = None
    zstd_level: int | None = None


@attrs.frozen(kw_only=True)
class QueueSection:
    """`queue_config`, with Prometheus' defaults."""

    here: Cursor | None = attrs.field(default=None, metadata=key(None), eq=False, repr=False)
    capacity: int = 10_000
    max_shards: int = 50
    min_shards: int = 1
    max_samples_per_send: int = 2000
    batch_send_deadline: Duration = Duration(5)
    min_backoff: Duration = Duration(0.03)
    max_backoff: Duration = Duration(5)
    retry_on_http_429: bool = True
    sample_age_limit: Duration = Duration(0)


@check(QueueSection)
def _check_queue(section: QueueSection, cursor: Cursor) -> None:
    for name in ("capacity", "max_shards", "min_shards", "max_samples_per_send"):
        if getattr(section, name) <= 0:
            cursor.at(name).error(f"remote write queue {name} must be positive")
    if section.min_shards > section.max_shards > 0:
        message = "remote write queue min_shards must not be greater than max_shards"
        cursor.at("min_shards").error(message)
    if section.max_backoff < section.min_backoff:
        message = "remote write queue max_backoff must not be less than min_backoff"
        cursor.at("max_backoff").error(message)
    _warn_without_effect(section, cursor)


def _warn_without_effect(section: QueueSection, cursor: Cursor) -> None:
    if cursor.has("capacity"):
        cursor.key_of("capacity").warning("no effect here: the queue is on disk")
    if not section.retry_on_http_429:
        message = "no effect here: 429 is always retried, as nothing is lost by waiting"
        cursor.key_of("retry_on_http_429").warning(message)


# A smaller bound holds no segment, so that nothing would be kept; vmagent rounds up as well.
MIN_DISK_BYTES = 2**20


def disk_bound(wanted: int) -> int:
    """The bound that is kept to; 0 is none."""
    return max(wanted, MIN_DISK_BYTES) if wanted else 0


def parse_percent(text: str) -> float | None:
    """`5%` as 5.0; None if it is no percentage from 0 to 100."""
    match = _PERCENT.fullmatch(text.strip())
    return float(match[1]) if match and float(match[1]) <= 100 else None


def queue_settings(
    entry: dict[str, Any], section: QueueSection, defaults: RemoteDefaults
) -> QueueSettings:
    """The settings. `entry`: fields given beside `queue_config`, None where they are not."""
    keys = {
        "flush_interval_s": "batch_send_deadline",
        "max_rows_per_block": "max_samples_per_send",
        "retry_min_interval_s": "min_backoff",
        "retry_max_interval_s": "max_backoff",
        "max_age_s": "sample_age_limit",
    }
    values: dict[str, Any] = {field: getattr(section, name) for field, name in keys.items()}
    for field in attrs.fields(RemoteDefaults):
        name, flag = field.name, getattr(defaults, field.name)
        is_given = section.here is not None and section.here.has(keys.get(name, ""))
        if name not in _NOT_OF_QUEUES and flag is not None and not is_given:
            values[name] = flag
    values |= {name: value for name, value in entry.items() if value is not None}
    values.setdefault("lanes", _lanes(section))
    values["max_disk_bytes"] = disk_bound(values.get("max_disk_bytes", 0))
    return QueueSettings(**values)


def _lanes(section: QueueSection) -> int:
    """Prometheus shards by series and grows; here order is kept in a fixed number of lanes, which
    its bounds bound."""
    return min(max(DEFAULT_LANES, section.min_shards), max(section.max_shards, 1), _MAX_LANES)
