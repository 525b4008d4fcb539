"""What a store tells of itself: an immutable snapshot, replaced after each call."""

import attrs


@attrs.frozen(kw_only=True)
class StoreStatistics:
    """`damages_total`: damaged places and lost records; `damaged_samples_total`: where known.

    `oldest_epoch`: of the first segment with anything to send. The order of epochs is that of the
    segments, not of their numbers, which only tell them apart.
    `unsettled`: acknowledgements that a failing disk keeps from being booked; those Blocks are
    among `blocks` and will not be given again.
    """

    is_open: bool = False
    epoch: int = 0
    oldest_epoch: int | None = None
    segments: int = 0
    file_bytes: int = 0
    blocks: int = 0
    samples: int = 0
    payload_bytes: int = 0
    unsettled: int = 0
    oldest_ms: int | None = None
    written_bytes_total: int = 0
    syncs_total: int = 0
    damages_total: int = 0
    damaged_samples_total: int = 0
