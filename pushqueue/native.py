"""Native histograms of a part that a remote may not get.

Takes a part, gives what of it may go, or None. The batch is never changed.
"""

from pushqueue.selection import Choice
from pushqueue.wire.part import Part
from series.histogram import CUSTOM_BUCKETS_SCHEMA


def without_custom_buckets(part: Part) -> Part | None:
    """Remote write 1.0 has no place for custom buckets (schema -53)."""
    held = part.batch.histograms
    if held is None:
        return part
    kept = tuple(
        [at for at in range(part.start, part.stop) if held[at].schema != CUSTOM_BUCKETS_SCHEMA]
    )
    # Fast path: there are none.
    if len(kept) == part.sample_count:
        return part
    if not kept:
        return None
    return Part(Choice.of(part.batch.layout, kept).of_batch(part.batch), 0, len(kept))
