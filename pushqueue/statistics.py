"""What a remote tells of itself: immutable snapshots with named fields.

Read by pages and metrics when asked; nothing here pushes.
"""

from collections.abc import Mapping

import attrs

from pushqueue.throttle import ThrottleStatistics
from series.ranges import Ranges


@attrs.frozen(kw_only=True)
class QueueStatistics:
    """`memory_*`: what is in memory only; `disk_*`: what is durable and not acknowledged.

    `disk_state` is "ok", "off", or the sentence of the error that keeps the queue in memory.
    `dropped_samples`: by reason, for drops of the queue itself.
    """

    memory_blocks: int = 0
    memory_samples: int = 0
    memory_bytes: int = 0
    disk_blocks: int = 0
    disk_samples: int = 0
    disk_bytes: int = 0
    disk_file_bytes: int = 0
    disk_segments: int = 0
    disk_written_bytes_total: int = 0
    disk_syncs_total: int = 0
    damages_total: int = 0
    damaged_samples_total: int = 0
    disk_state: str = "ok"
    oldest_ms: int | None = None
    dropped_samples: Mapping[str, int] = attrs.field(factory=dict)
    dropped_blocks_total: int = 0
    dropped_bytes_total: int = 0
    disk_read_bytes_total: int = 0
    disk_read_seconds_total: float = 0.0
    disk_write_seconds_total: float = 0.0
    disk_sync_seconds_total: float = 0.0


@attrs.frozen(kw_only=True)
class RemoteStatistics:
    """One remote. `url` is shown without credentials and query.

    `pending_*` are in memory and on disk together, with the batches that make no Block yet;
    `lag_s`: newest timestamp read against newest one delivered, None before the first delivery.
    `state`: "ok", "retrying" or "holding". `answers`: HTTP answers by status. `dropped_samples`
    by reason: memory, disk_bound, thinned (for room on the disk), budget (thinned for money), age,
    shutdown, refused, maybe_delivered, damaged; not_written by a 2.0 receiver that said so;
    native_histogram where they are not sent, custom_buckets in 1.0.
    `encoding`: that of new Blocks, by the name of `pushqueue.block.Encoding`.
    """

    name: str
    key: str
    url: str
    state: str
    queue: QueueStatistics
    pending_blocks: int
    pending_samples: int
    pending_bytes: int
    oldest_age_s: float | None
    lag_s: float | None
    put_samples_total: int
    dropped_by_rules_total: int
    sent_samples_total: int
    sent_bytes_total: int
    sent_blocks_total: int
    requests_total: int
    retries_total: int
    request_errors_total: int
    request_seconds_total: float
    answers: Mapping[int, int]
    dropped_samples: Mapping[str, int]
    last_error: str
    last_error_ms: int | None
    last_sent_ms: int | None
    spill_after_s: float
    send_timeout_s: float
    lanes: int = 1
    refused_blocks_total: int = 0
    connections: int = 0
    connection_sent_bytes_total: int = 0
    request_durations_s: Ranges = Ranges()
    block_samples: Ranges = Ranges()
    block_bytes: Ranges = Ranges()
    rejected_lines_total: int = 0
    rejected_lines_lost_total: int = 0
    newest_put_ms: int | None = None
    newest_sent_ms: int | None = None
    encoding: str = ""
    unwritten_exemplars_total: int = 0
    metadata_sent_total: int = 0
    metadata_dropped_total: int = 0
    throttle: ThrottleStatistics = ThrottleStatistics()

    @property
    def bytes_per_sample(self) -> float | None:
        """Of what was sent, compressed; None before the first success."""
        return self.sent_bytes_total / self.sent_samples_total if self.sent_samples_total else None
